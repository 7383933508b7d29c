"""Describe the arms before and after each design: Table 1."""

from twoarm.propensity.assessment import weights_of
from twoarm.propensity.description import describe_arms, summarise_descriptions
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.description import Description
from twoarm.tables.propensity import Balance, Designs


def main(
    patients, before, designs, balance, description, *, covariates, estimands
):  # fmt: skip
    """Describe each completed data set; write means over them."""
    members, gaps, parts = Designs.read(designs), Patients.read(before), []
    numbers = members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        cohort = Patients.read(path)
        weights = weights_of(cohort, members.filter(imputation=number), estimands)
        parts.append(describe_arms(cohort, gaps, weights, covariates))
    found = summarise_descriptions(parts, Balance.read(balance))
    Description.write(found, description)


if __name__ == "__main__":
    run(main, snakemake)
