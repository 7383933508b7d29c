"""Estimate each patient's probability of treatment."""

import polars as pl

from twoarm.propensity.models import estimate_scores
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Coefficients, Scores


def main(patients, scores, coefficients, *, imputation, terms, model):
    """Fit the model of each score; write scores and coefficients."""
    cohort, parts = Patients.read(patients), []
    for name, chosen in terms.items():
        named = {"imputation": pl.lit(int(imputation)), "score": pl.lit(name)}
        found = estimate_scores(cohort, chosen, **model)
        parts.append([table.with_columns(**named) for table in found])
    for contract, target, tables in zip(
        (Scores, Coefficients),
        (scores, coefficients),
        zip(*parts, strict=True),
        strict=True,
    ):
        rows = pl.concat(tables).select(contract.column_names())
        contract.write(rows.cast({"imputation": pl.Int64}), target)


if __name__ == "__main__":
    run(main, snakemake)
