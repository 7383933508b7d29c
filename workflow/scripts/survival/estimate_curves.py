"""Estimate the survival curves of an endpoint: each design, each arm."""

import polars as pl

from twoarm.runner import run
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.survival.differences import estimate_differences, pool_differences
from twoarm.survival.pooled_curves import pool_curves
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Differences


def main(
    patients, designs, curves, differences, *, endpoint, labels, confidence, limits
):  # fmt: skip
    """Write a row an arm and time, and one a month, pooled over the imputations."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    lines, apart, level = [], [], {"confidence": confidence}
    one = ["imputation", "design"]
    for (number, design), rows in members.group_by(one, maintain_order=True):
        arms = arms_of(cohort, rows, endpoint=endpoint, labels=labels)
        named = {"imputation": number, "design": design, "endpoint": endpoint}
        found = estimate_differences(arms, limits=limits, **level)
        apart += [{**row, **named} for row in found]
        for arm in arms.values():
            line = estimate_curve(arm, limits=limits, **level)
            lines.append(line.with_columns(**{k: pl.lit(v) for k, v in named.items()}))
    pooled = pool_curves(pl.concat(lines), **level)
    Curves.write(pooled, curves)
    Differences.write(pool_differences(apart, curves=pooled, **level), differences)


if __name__ == "__main__":
    run(main, snakemake)
