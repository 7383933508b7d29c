"""Weight the patients of each weighted design."""

import polars as pl

from twoarm.propensity.members import weight_members
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores, Weights


def main(patients, arms, scores, weights, *, weighted, model, endpoints):
    """Write a row a patient and design."""
    cohort, clocks = Patients.read(patients), Arms.read(arms)
    scored, parts = Scores.read(scores), [Weights.of([])]
    for name, design in weighted.items():
        rows, clock = scored.filter(score=design["score"]), clocks.filter(design=name)
        how = {"name": name, "model": model, "endpoints": endpoints}
        parts.append(weight_members(cohort, clock, rows, design, **how))
    Weights.write(pl.concat(parts), weights)


if __name__ == "__main__":
    run(main, snakemake)
