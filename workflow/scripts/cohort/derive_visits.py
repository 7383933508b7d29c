"""Make candidates of visits: time zero is a patient's first."""

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.index_rows import derive_from_visits
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Records


def main(records, candidates, attrition, *, when):
    """Find each patient's index visit, and when the treatment came."""
    patients = derive_from_visits(Records.read(records), when=when)
    Candidates.write(patients, candidates)
    Attrition.write(start_attrition(patients.height), attrition)


if __name__ == "__main__":
    run(main, snakemake)
