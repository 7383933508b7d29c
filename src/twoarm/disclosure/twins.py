"""What may leave of the twins of a cohort."""

import polars as pl

SAID = {
    "separate the arms": "the covariates separate the arms",
    "is the same in all": "a covariate is the same in all patients",
    "follows from others": "a covariate follows from others",
    "=": "a level of a covariate is too rare",
}
"""What a reason holds, and what is said for it without the name of a level."""


def suppress_levels(performance: pl.DataFrame) -> pl.DataFrame:
    """Name no level of a covariate in the reasons why cohorts failed.

    All else is of invented patients, and of many cohorts together: no count and no row
    is of a patient, so that small counts may be seen. But a level that the invented
    patients lack is one that few patients have.

    Parameters
    ----------
    performance
        As the contract Performance.
    """
    reason = told = pl.col("reason")
    for part, words in reversed(SAID.items()):
        holds = reason.str.contains(part, literal=True)
        told = pl.when(holds).then(pl.lit(words)).otherwise(told)
    return performance.with_columns(told.alias("reason"))
