"""Estimate the effects on an endpoint: each design, and a regression."""

from twoarm.runner import run
from twoarm.survival.design import estimate_design
from twoarm.survival.pooled_effects import pool_effects
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Effects


def main(
    patients, designs, curves, effects, *, endpoint, labels, analysis, regressions
):  # fmt: skip
    """Write a row an estimate, pooled over the imputations."""
    members, rows = Designs.read(designs), []
    numbers = members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        cohort, own = Patients.read(path), members.filter(imputation=number)
        for (design,), part in own.group_by("design", maintain_order=True):
            found = estimate_design(
                cohort,
                part,
                endpoint=endpoint,
                labels=labels,
                asked=analysis,
                covariates=regressions.get(design, []),
                source=f"design {design}",
            )
            told = {"design": design, "imputation": number, "endpoint": endpoint}
            rows += [{**row, **told} for row in found]
    level = {"confidence": analysis["confidence"]}
    pooled = pool_effects(Effects.many(rows), curves=Curves.read(curves), **level)
    Effects.write(pooled, effects)


if __name__ == "__main__":
    run(main, snakemake)
