"""Designs in one form: who is in, with what weight, in which matched set."""

from typing import Literal

import polars as pl

from twoarm.errors import InputError
from twoarm.propensity.weights import weight_by_score, weight_sets
from twoarm.tables.propensity import Designs


def design_of_all(scores: pl.DataFrame) -> pl.DataFrame:
    """Take all patients, each with weight 1."""
    return _design("unadjusted", scores.with_columns(weight=1.0, set_id=NO_SET))


def design_of_pairs(
    name: str, scores: pl.DataFrame, pairs: pl.DataFrame
) -> pl.DataFrame:
    """Take the matched patients.

    Raises
    ------
    InputError
        If nobody is matched.
    """
    if pairs.is_empty():
        raise InputError(
            f"design {name} matches nobody; widen designs.{name}.caliper_sd"
        )
    return _design(name, scores.join(weight_sets(pairs), on="patient_id"))


def design_of_score(
    name: str, scores: pl.DataFrame, estimand: Literal["ATE", "ATT", "ATO"]
) -> pl.DataFrame:
    """Take all patients, weighted by their score."""
    weight = weight_by_score(
        scores["propensity_score"].to_numpy(),
        scores["treated"].to_numpy(),
        estimand=estimand,
    )
    return _design(name, scores.with_columns(weight=weight, set_id=NO_SET))


NO_SET = pl.lit(None, pl.String)


def _design(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(design=pl.lit(name)).select(Designs.column_names())
