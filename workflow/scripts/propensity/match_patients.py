"""Match the patients of a design."""

import logging

from twoarm.clocks import patients_at
from twoarm.propensity.matching import list_members, match_design
from twoarm.propensity.sample import select_sample
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores, Sets


def main(patients, arms, scores, sets, *, name, design, endpoints):
    """Write a row a member of a set."""
    scored = Scores.read(scores).filter(score=design["score"])
    clock = Arms.read(arms).filter(design=name)
    cohort = patients_at(Patients.read(patients), clock, endpoints)
    sample = select_sample(cohort, scored, design, endpoints=endpoints)
    matched = match_design(sample, design, name)
    Sets.write(list_members(matched, scored["patient_id"]), sets)
    logging.info("%d sets", len(set(matched.sets.set_number)))


if __name__ == "__main__":
    run(main, snakemake)
