"""Assess how fragile the hazard ratios are: E-values, tipping points, influence."""

import polars as pl

from twoarm.runner import run
from twoarm.survival.curves import arms_of
from twoarm.survival.e_values import estimate_e_values
from twoarm.survival.fragile import assess_fragility
from twoarm.tables.cohort import Patients
from twoarm.tables.fragility import Influence, Tipping
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects


def main(
    patients, designs, estimates, effects, tipping, influence, *, labels, supporting,
    confidence,
):  # fmt: skip
    """Write E-values of all designs, and the rest of a few, of the first imputation."""
    found, cohort = Effects.read_all(estimates), Patients.read(patients)
    first = Designs.read(designs).filter(imputation=pl.col("imputation").min())
    ratios = found.filter(measure="hazard_ratio", term="treated")
    tips, moves = [], []
    for row in ratios.filter(pl.col("design").is_in(supporting)).rows(named=True):
        named = {"endpoint": row["endpoint"], "design": row["design"]}
        part = first.filter(design=row["design"])
        arms = arms_of(cohort, part, endpoint=row["endpoint"], labels=labels)
        tipped, moved = assess_fragility(row, arms, confidence=confidence)
        tips += [{**each, **named} for each in tipped]
        moves += [{**each, **named} for each in moved]
    Effects.write(Effects.of(estimate_e_values(found)), effects)
    Tipping.write(Tipping.of(tips), tipping)
    Influence.write(Influence.of(moves), influence)


if __name__ == "__main__":
    run(main, snakemake)
