"""Assess whether hazards are proportional: each ratio along time."""

import polars as pl

from twoarm.runner import run
from twoarm.survival.smooths import estimate_smooths, pool_smooths
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Proportionality


def main(
    patients, designs, smooths, *, endpoints, labels, regressions, supporting,
    confidence,
):  # fmt: skip
    """Write a row a term and month, pooled over the imputations."""
    members = Designs.read(designs).filter(pl.col("design").is_in(supporting))
    numbers, rows = members["imputation"].unique().sort(), []
    for number, path in zip(numbers, patients, strict=True):
        cohort, own = Patients.read(path), members.filter(imputation=number)
        for (design,), part in own.group_by("design", maintain_order=True):
            for endpoint in endpoints:
                found = estimate_smooths(
                    cohort,
                    part,
                    endpoint=endpoint,
                    labels=labels,
                    covariates=regressions.get(design, []),
                )
                told = {"design": design, "imputation": number, "endpoint": endpoint}
                rows += [{**row, **told} for row in found]
    pooled = pool_smooths(Proportionality.many(rows), confidence=confidence)
    Proportionality.write(pooled, smooths)


if __name__ == "__main__":
    run(main, snakemake)
