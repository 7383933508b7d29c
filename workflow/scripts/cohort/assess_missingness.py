"""Count which covariates are missing, in whom, and what becomes of it."""

from twoarm.cohort.missingness import assess_missingness, select_considered
from twoarm.cohort.selection import transform_covariates
from twoarm.runner import run
from twoarm.tables.cohort import Candidates, Missingness, Patients, Quarantine


def main(
    candidates, patients, quarantine, missingness, *, covariates, labels, structural,
    imputed,
):  # fmt: skip
    """Count by arm and centre, also those set aside for a covariate."""
    considered = select_considered(
        Candidates.read(candidates),
        Patients.read(patients),
        Quarantine.read(quarantine),
    )
    found = assess_missingness(
        transform_covariates(considered, covariates),
        covariates=list(covariates),
        labels=labels,
        structural=structural,
        imputed=imputed,
    )
    Missingness.write(found, missingness)


if __name__ == "__main__":
    run(main, snakemake)
