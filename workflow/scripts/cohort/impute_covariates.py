"""Complete the covariates that are not known, once for each imputation."""

from twoarm.cohort.imputation import impute_covariates
from twoarm.runner import run
from twoarm.tables.cohort import Patients, Trace


def main(
    patients, completed, trace, *, imputation, covariates, structural, endpoints,
    settings,
):  # fmt: skip
    """Write the completed patients, and what was drawn at each iteration."""
    chosen = {key: settings[key] for key in ("iterations", "donors", "seed")}
    found = impute_covariates(
        Patients.read(patients),
        covariates=covariates,
        endpoints=endpoints,
        imputation=int(imputation),
        skip=structural,
        **chosen,
    )
    Patients.write(found.completed, completed)
    Trace.write(found.trace, trace)


if __name__ == "__main__":
    run(main, snakemake)
