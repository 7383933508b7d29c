"""Lay out the arms of each design: who, from when, until when."""

from twoarm.cohort.arms import check_arms, derive_arms
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients


def main(patients, arms, *, clocks, endpoints, labels):
    """Write a row a design, patient and arm; stop if an arm has nobody."""
    found = derive_arms(Patients.read(patients), clocks, endpoints)
    check_arms(found, clocks, labels=labels)
    Arms.write(found, arms)


if __name__ == "__main__":
    run(main, snakemake)
