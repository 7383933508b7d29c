"""Estimate the survival curves of an endpoint: each design, each arm."""

import polars as pl

from twoarm.runner import run
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.survival.pooled_curves import pool_curves
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves


def main(patients, designs, curves, *, endpoint, labels, confidence, limits):
    """Write a row an arm and time, pooled over the imputations."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    one = ["imputation", "design"]
    parts = [
        estimate_curve(arm, confidence=confidence, limits=limits).with_columns(
            imputation=pl.lit(number, pl.Int64),
            design=pl.lit(design),
            endpoint=pl.lit(endpoint),
        )
        for (number, design), rows in members.group_by(one, maintain_order=True)
        for arm in arms_of(cohort, rows, endpoint=endpoint, labels=labels).values()
    ]
    Curves.write(pool_curves(pl.concat(parts), confidence=confidence), curves)


if __name__ == "__main__":
    run(main, snakemake)
