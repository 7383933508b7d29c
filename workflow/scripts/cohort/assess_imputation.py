"""Compare the imputed values of each covariate with the observed ones."""

from twoarm.cohort.imputed_values import assess_imputation
from twoarm.runner import run
from twoarm.tables.cohort import ImputedValues, Patients


def main(patients, completed, values, *, covariates):
    """Count both in bins or levels, for each completed data set."""
    found = assess_imputation(
        Patients.read(patients),
        list(map(Patients.read, completed)),
        covariates=covariates,
    )
    ImputedValues.write(found, values)


if __name__ == "__main__":
    run(main, snakemake)
