"""Describe the arms before and after each design: Table 1."""

import polars as pl

from twoarm.clocks import cohorts_at
from twoarm.propensity.assessment import weights_of
from twoarm.propensity.description import describe_arms, summarise_descriptions
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.description import Description
from twoarm.tables.propensity import Balance, Designs


def main(
    patients, arms, before, designs, balance, description, *, covariates, estimands,
    endpoints,
):  # fmt: skip
    """Describe each completed data set; write means over them."""
    members, gaps, parts = Designs.read(designs), Patients.read(before), []
    clocks, numbers = Arms.read(arms), members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        own, found = members.filter(imputation=number), []
        for names, cohort in cohorts_at(Patients.read(path), clocks, endpoints):
            weights = weights_of(cohort, own, estimands, names)
            found.append(describe_arms(cohort, gaps, weights, covariates))
        named = pl.col("design").cast(pl.Enum(list(estimands)))
        rows = pl.concat(found).sort(named, "row")
        parts.append(rows.with_columns(row=pl.int_range(1, pl.len() + 1)))
    found = summarise_descriptions(parts, Balance.read(balance))
    Description.write(found, description)


if __name__ == "__main__":
    run(main, snakemake)
