"""Weight the patients of each weighted design."""

import polars as pl

from twoarm.propensity.sample import select_sample
from twoarm.propensity.weighting import weight_design
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Scores, Weights


def main(patients, scores, weights, *, weighted, model):
    """Write a row a patient and design."""
    cohort, scored = Patients.read(patients), Scores.read(scores)
    parts, score = [Weights.of([])], dict(model)
    within = score.pop("within")
    for name, design in weighted.items():
        rows = scored.filter(score=design["score"])
        sample = select_sample(cohort, rows, design, within=within)
        found = weight_design(sample, design, score, name)
        table = rows.select("patient_id", design=pl.lit(name))
        named = table.with_columns(weight=found.weight, altered=found.altered)
        parts.append(named.filter(pl.col("weight") > 0).select(Weights.column_names()))
    Weights.write(pl.concat(parts), weights)


if __name__ == "__main__":
    run(main, snakemake)
