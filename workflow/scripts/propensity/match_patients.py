"""Match the patients of a design."""

import logging

from twoarm.propensity.members import match_members
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores, Sets


def main(patients, arms, scores, sets, *, name, design, endpoints):
    """Write a row a member of a set."""
    scored = Scores.read(scores).filter(score=design["score"])
    clock, how = Arms.read(arms).filter(design=name), {"endpoints": endpoints}
    cohort = Patients.read(patients)
    found = match_members(cohort, clock, scored, design, name=name, **how)
    Sets.write(found, sets)
    logging.info("%d sets", found["set_id"].n_unique())


if __name__ == "__main__":
    run(main, snakemake)
