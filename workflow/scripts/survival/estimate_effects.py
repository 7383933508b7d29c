"""Estimate the effects on an endpoint: each design, and a regression."""

from twoarm.runner import run
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.regression import fit_regression
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Effects


def main(
    patients, designs, curves, effects, *, endpoint, labels, analysis, regressions
):  # fmt: skip
    """Write a row an estimate, pooled over the imputations."""
    members, rows = Designs.read(designs), []
    level = {"confidence": analysis["confidence"]}
    numbers = members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        cohort, found = Patients.read(path), []
        own = members.filter(imputation=number)
        for (design,), part in own.group_by("design", maintain_order=True):
            arms = arms_of(cohort, part, endpoint=endpoint, labels=labels)
            months = analysis["horizons_months"] or select_horizons(arms)
            rmst = analysis["rmst_months"] or max(months, default=None)
            ends = {"horizons_months": months, "rmst_months": rmst}
            each = estimate_effects(arms, **ends, **level)
            model = {"covariates": regressions.get(design, []), **level}
            each += fit_regression(cohort, arms, **model, source=f"design {design}")
            found += [{**row, "design": design} for row in each]
        rows += [{**row, "imputation": number} for row in found]
    table = Effects.many([{**row, "endpoint": endpoint} for row in rows])
    pooled = pool_effects(table, curves=Curves.read(curves), **level)
    Effects.write(pooled, effects)


if __name__ == "__main__":
    run(main, snakemake)
