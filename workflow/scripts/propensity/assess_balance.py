"""Assess the balance of the covariates in each design."""

import polars as pl

from twoarm.propensity.balance import assess_balance
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Balance, Designs


def main(patients, designs, balance, *, covariates, estimands):
    """Compare the arms of each design, level by level."""
    cohort, members = Patients.read(patients), Designs.read(designs)
    parts = [
        assess_balance(
            cohort,
            members.filter(design=design).select("patient_id", "weight"),
            covariates,
            estimand=estimand,
        ).with_columns(design=pl.lit(design))
        for design, estimand in estimands.items()
    ]
    Balance.write(pl.concat(parts), balance)


if __name__ == "__main__":
    run(main, snakemake)
