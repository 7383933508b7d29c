"""Designs in one form: who is in, with what weight, in which set, on which clock."""

import polars as pl

from twoarm.tables.propensity import Designs

NO_SET = pl.lit(None, pl.String)
FOREVER = pl.lit(None, pl.Float64)


def design_of_all(scores: pl.DataFrame) -> pl.DataFrame:
    """Take all patients, each with weight 1.

    Parameters
    ----------
    scores
        As the contract Scores, of one score and imputation.
    """
    return _design("unadjusted", scores.with_columns(weight=1.0))


def design_of_weights(
    name: str, scores: pl.DataFrame, weights: pl.DataFrame
) -> pl.DataFrame:
    """Take the patients to whom a weighted design gives a weight.

    Parameters
    ----------
    scores
        As in `design_of_all`.
    weights
        As the contract Weights.
    """
    rows = weights.filter(design=name).select("patient_id", "weight")
    return _design(name, scores.join(rows, on="patient_id"))


def design_of_sets(name: str, scores: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    """Take the matched patients; the set of one who is in several is null.

    Parameters
    ----------
    scores
        As in `design_of_all`.
    sets
        As the contract Sets.
    """
    set_id = pl.when(pl.len() == 1).then(pl.col("set_id").first())
    members = sets.group_by("patient_id", "treated").agg(
        pl.col("weight", "entry_days", "exit_days").first(), set_id=set_id
    )
    return _design(name, scores.drop("treated").join(members, on="patient_id"))


def _design(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Bring rows to the form of the contract Designs."""
    usual = {"set_id": NO_SET, "entry_days": pl.lit(0.0), "exit_days": FOREVER}
    absent = {key: value for key, value in usual.items() if key not in rows.columns}
    return rows.with_columns(design=pl.lit(name), **absent).select(
        Designs.column_names()
    )
