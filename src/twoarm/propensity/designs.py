"""Designs in one form: who is in, with what weight, in which set, on which clock."""

import polars as pl

from twoarm.tables.propensity import Designs

NO_SET = pl.lit(None, pl.String)
COLUMNS = [name for name in Designs.column_names() if name != "imputation"]


def design_of_all(name: str, arms: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Take all members of the arms, each with weight 1.

    Parameters
    ----------
    name
        Of the design.
    arms
        Its rows of the contract Arms.
    scores
        As the contract Scores, of one score and imputation; empty for no score.
    """
    rows = arms.join(_scores_of(scores), on="patient_id", how="left")
    return _design(name, rows.with_columns(weight=1.0))


def design_of_weights(
    name: str, arms: pl.DataFrame, scores: pl.DataFrame, weights: pl.DataFrame
) -> pl.DataFrame:
    """Take the patients to whom a weighted design gives a weight.

    Parameters
    ----------
    name, arms, scores
        As in `design_of_all`.
    weights
        As the contract Weights.
    """
    rows = weights.filter(design=name).select("patient_id", "weight")
    scored = arms.join(_scores_of(scores), on="patient_id")
    return _design(name, scored.join(rows, on="patient_id"))


def design_of_sets(
    name: str, arms: pl.DataFrame, scores: pl.DataFrame, sets: pl.DataFrame
) -> pl.DataFrame:
    """Take the matched patients; the set of one who is in several is null.

    Parameters
    ----------
    name, arms, scores
        As in `design_of_all`.
    sets
        As the contract Sets. Where it has clocks of its own, those count.
    """
    set_id = pl.when(pl.len() == 1).then(pl.col("set_id").first())
    members = sets.group_by("patient_id", "treated").agg(
        pl.col("weight", "entry_days", "exit_days").first(), set_id=set_id
    )
    if members["entry_days"].null_count():
        rows = members.drop("entry_days", "exit_days")
        rows = rows.join(arms, on=["patient_id", "treated"])
    else:
        rows = members.with_columns(origin_days="entry_days")
    return _design(name, rows.join(_scores_of(scores), on="patient_id"))


def design_of_clones(name: str, clones: pl.DataFrame) -> pl.DataFrame:
    """Take the clones of a design; those of a patient are a set.

    Parameters
    ----------
    clones
        As the contract Clones.
    """
    rows = clones.filter(design=name).with_columns(
        origin_days=0.0,
        propensity_score=pl.lit(None, pl.Float64),
        set_id="patient_id",
    )
    return _design(name, rows)


def design_of_trials(name: str, trials: pl.DataFrame) -> pl.DataFrame:
    """Take the patients of nested trials; all that is of a patient is a set.

    Parameters
    ----------
    trials
        As the contract Trials.
    """
    rows = trials.filter(design=name).with_columns(
        propensity_score=pl.lit(None, pl.Float64), set_id="patient_id"
    )
    return _design(name, rows)


def _scores_of(scores: pl.DataFrame) -> pl.DataFrame:
    return scores.select("patient_id", "propensity_score")


def _design(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Bring rows to the form of the contract Designs, of one imputation."""
    absent = {} if "set_id" in rows.columns else {"set_id": NO_SET}
    named = rows.with_columns(design=pl.lit(name), **absent)
    return named.select(COLUMNS)
