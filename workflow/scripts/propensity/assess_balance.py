"""Assess the balance of the covariates in each design."""

import polars as pl

from twoarm.clocks import cohorts_at
from twoarm.propensity.assessment import assess_prognoses, weights_of
from twoarm.propensity.balance import assess_balance
from twoarm.propensity.interactions import assess_interactions
from twoarm.propensity.verdicts import summarise_imputations
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Balance, Designs, Interactions, Prognosis


def main(
    patients, arms, designs, balance, interactions, prognosis, *, covariates,
    endpoints, estimands,
):  # fmt: skip
    """Compare the arms of each design, in each imputation; write means over them."""
    members, found = Designs.read(designs), ([], [], [])
    clocks, numbers = Arms.read(arms), members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        own = members.filter(imputation=number)
        for names, cohort in cohorts_at(Patients.read(path), clocks, endpoints):
            weights = weights_of(cohort, own, estimands, names)
            parts = (
                assess_balance(cohort, weights, covariates),
                assess_interactions(cohort, weights, covariates),
                assess_prognoses(cohort, weights, covariates, endpoints),
            )
            for each, part in zip(found, parts, strict=True):
                each.append(part.with_columns(imputation=number))
    targets = ((Balance, balance), (Interactions, interactions), (Prognosis, prognosis))
    for parts, (contract, path) in zip(found, targets, strict=True):
        table = summarise_imputations(pl.concat(parts), contract.key())
        contract.write(table, path)


if __name__ == "__main__":
    run(main, snakemake)
