"""Assess how near each design comes to the truth on twins of the cohort."""

from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.validation import Performance, Replicates, Truths
from twoarm.validation.twin_study import assess_twins


def main(patients, replicates, performance, truths, *, drawn, plan, grace_days):
    """Write the performance of each contrast, and the truth that it is held to."""
    cohort = Patients.read(patients).sort("patient_id")
    found = Replicates.read_all(replicates).unique(maintain_order=True)
    assessed, true = assess_twins(cohort, found, plan, grace_days=grace_days, **drawn)
    Performance.write(assessed, performance)
    Truths.write(true, truths)


if __name__ == "__main__":
    run(main, snakemake)
