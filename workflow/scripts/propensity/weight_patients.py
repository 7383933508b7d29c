"""Weight the patients of each weighted design."""

import polars as pl

from twoarm.clocks import patients_at
from twoarm.propensity.sample import select_sample
from twoarm.propensity.weighting import weight_design
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores, Weights


def main(patients, arms, scores, weights, *, weighted, model, endpoints):
    """Write a row a patient and design."""
    cohort, clocks = Patients.read(patients), Arms.read(arms)
    scored, parts, score = Scores.read(scores), [Weights.of([])], dict(model)
    within = score.pop("within")
    for name, design in weighted.items():
        rows = scored.filter(score=design["score"])
        own = patients_at(cohort, clocks.filter(design=name), endpoints)
        sample = select_sample(own, rows, design, within=within)
        found = weight_design(sample, design, score, name)
        table = rows.select("patient_id", design=pl.lit(name))
        named = table.with_columns(weight=found.weight, altered=found.altered)
        parts.append(named.filter(pl.col("weight") > 0).select(Weights.column_names()))
    Weights.write(pl.concat(parts), weights)


if __name__ == "__main__":
    run(main, snakemake)
