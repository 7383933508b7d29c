"""Match the patients of a design."""

import logging

from twoarm.propensity.matching import list_members, match_design
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Scores, Sets


def main(patients, scores, sets, *, name, design, endpoints):
    """Write a row a member of a set."""
    scored = Scores.read(scores).filter(score=design["score"])
    sample = select_sample(Patients.read(patients), scored, design, endpoints=endpoints)
    matched = match_design(sample, design, name)
    Sets.write(list_members(matched, scored["patient_id"]), sets)
    logging.info("%d sets", len(set(matched.sets.set_number)))


if __name__ == "__main__":
    run(main, snakemake)
