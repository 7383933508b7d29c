"""Whether the arms of each design are balanced, in one row and a few words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.terms import Term

ROUNDING = 1e-9
"""Means that differ by less, of the greater, are the same."""


def summarise_imputations(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Take the mean of each figure over imputations, and of `smd_max` the greatest.

    Parameters
    ----------
    rows
        A table of balance with `imputation`, which has the columns `key` and figures.
    key
        Columns of a row. A figure that some imputation does not have is null.
    """
    figures = [name for name in rows.columns if name not in (*key, "imputation")]
    counts = [name for name in figures if rows.schema[name] == pl.Int64]
    floats = [name for name in figures if name not in (*counts, "smd_max", "why")]
    known = pl.col(floats).null_count() == 0
    return (
        rows.group_by(key, maintain_order=True)
        .agg(
            pl.when(known).then(pl.col(floats).mean()),
            pl.col(counts).mean().round().cast(pl.Int64),
            *(pl.col(name).max() for name in ("smd_max",) if name in figures),
            *(pl.col(name).max() for name in ("why",) if name in figures),
        )
        .select(*key, *figures)
    )


def judge_design(
    balance: pl.DataFrame,
    interactions: pl.DataFrame,
    prognosis: pl.DataFrame,
    *,
    smd: float,
    variance_ratio: tuple[float, float],
) -> dict[str, Any]:
    """Say whether the arms of one design are balanced, and what is the furthest apart.

    A design is balanced if no covariate level exceeds `smd`, in any imputation, and
    none has another mean in either arm but no spread to measure it by: under ATT a
    level that all of the treated are at, where the controls are not.
    Variance ratios, squares and products, and prognostic scores are reported beside.

    Parameters
    ----------
    balance, interactions, prognosis
        Rows of one design of the contracts Balance, Interactions and Prognosis.
    smd
        Greatest absolute standardised mean difference.
    variance_ratio
        Bounds of the ratios of variances.

    Returns
    -------
    dict
        Columns of the contract Diagnostics, `verdict` the last.
    """
    known = balance.drop_nulls("smd_max")
    over = known.filter(pl.col("smd_max") > smd)
    apart = balance.filter(
        pl.col("smd").is_null(), pl.col("smd_max").is_null(), _differ()
    )
    worst = _worst(known, "covariate")
    # Of levels, distances are the differences of their shares.
    shape = balance.filter(pl.col("level").is_null())
    low, high = variance_ratio
    ratio = pl.col("variance_ratio")
    product = _worst(interactions.drop_nulls("smd_max"), "term")
    verdict = "balanced"
    if apart.height:
        verdict = f"not balanced: {_label(apart)} without spread"
    elif over.height:
        verdict = f"not balanced: {_label(over)} {_beyond(worst[1], smd)}"
    return {
        "n_levels": balance.height,
        "n_over": over.height + apart.height,
        "smd_max": worst[1],
        "smd_covariate": worst[0],
        "ks_max": shape["ks"].max(),
        "ecdf_max": shape["ecdf_mean"].max(),
        "n_ratios_over": balance.filter((ratio < low) | (ratio > high)).height,
        "interaction_max": product[1],
        "interaction_term": product[0],
        "prognosis_max": prognosis["smd_max"].max(),
        "verdict": verdict,
    }


def _differ() -> pl.Expr:
    treated, control = pl.col("mean_treated"), pl.col("mean_control")
    greater = pl.max_horizontal(treated.abs(), control.abs())
    return (treated - control).abs() > ROUNDING * greater


def _label(rows: pl.DataFrame) -> str:
    """Name the level that is furthest apart; of equals the first by name."""
    order = ["smd_max", "covariate", "level"]
    first = rows.sort(order, descending=[True, False, False]).row(0, named=True)
    return Term(first["covariate"], first["level"]).name


def _beyond(number: float, threshold: float) -> str:
    """Write a number with as many decimals as show that it is beyond a threshold.

    >>> _beyond(0.234, 0.1), _beyond(0.1004, 0.1)
    ('0.23', '0.1004')
    """
    shown = (f"{number:.{digits}f}" for digits in range(2, 10))
    return next((each for each in shown if float(each) > threshold), f"{number:.9f}")


def _worst(rows: pl.DataFrame, name: str) -> tuple[Any, Any]:
    """Name the row that is furthest apart; of equals the first by name."""
    if rows.is_empty():
        return None, None
    return rows.sort(["smd_max", name], descending=[True, False]).row(0, named=True)[
        name
    ], rows["smd_max"].max()


def summarise_diagnostics(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Take the mean of a design's numbers over imputations, counts made whole."""
    frame = pl.DataFrame(rows)
    means = frame.mean().row(0, named=True)
    whole = [name for name, kind in frame.schema.items() if kind == pl.Int64]
    return {k: round(v) if k in whole else v for k, v in means.items()}
