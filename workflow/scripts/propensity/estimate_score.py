"""Estimate each patient's probability of treatment."""

import polars as pl

from twoarm.clocks import patients_at
from twoarm.propensity.models import estimate_scores
from twoarm.runner import run
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Coefficients, Scores


def main(
    patients, arms, scores, coefficients, *, imputation, terms, model, endpoints
):  # fmt: skip
    """Fit the model of each score; write scores and coefficients."""
    cohort, clocks, parts = Patients.read(patients), Arms.read(arms), []
    for name, chosen in terms.items():
        named = {"imputation": pl.lit(int(imputation)), "score": pl.lit(name)}
        own = patients_at(cohort, clocks.filter(design=name), endpoints)
        found = estimate_scores(own, chosen, **model)
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
