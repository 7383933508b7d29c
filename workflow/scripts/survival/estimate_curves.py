"""Estimate the survival curves of an endpoint: each design, each arm."""

import polars as pl

from twoarm.runner import run
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves


def main(patients, designs, curves, *, endpoint, labels, confidence):
    """Write a row an arm and time."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    parts = [
        estimate_curve(arm, confidence=confidence).with_columns(
            design=pl.lit(design), endpoint=pl.lit(endpoint)
        )
        for (design,), rows in members.group_by("design", maintain_order=True)
        for arm in arms_of(cohort, rows, endpoint=endpoint, labels=labels).values()
    ]
    Curves.write(pl.concat(parts), curves)


if __name__ == "__main__":
    run(main, snakemake)
