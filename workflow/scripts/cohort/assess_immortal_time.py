"""Measure the time between time zero and treatment."""

from twoarm.cohort.audit import assess_immortal_time
from twoarm.runner import run
from twoarm.tables.cohort import Audit, Patients


def main(patients, audit, *, endpoints, labels):
    """Write what each arm could not have had before the treatment came."""
    found = assess_immortal_time(
        Patients.read(patients), endpoints=endpoints, labels=labels
    )
    Audit.write(found, audit)


if __name__ == "__main__":
    run(main, snakemake)
