"""Whether the arms of each design are balanced, in one row and a few words."""

from collections.abc import Mapping
from typing import Any

import polars as pl


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

    A design is balanced if no covariate level exceeds `smd`, in any imputation.
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
    worst = _worst(known, "covariate")
    low, high = variance_ratio
    ratio = pl.col("variance_ratio")
    product = _worst(interactions.drop_nulls("smd_max"), "term")
    verdict = "balanced"
    if over.height:
        verdict = f"not balanced: {worst[0]} {worst[1]:.2f}"
    return {
        "n_levels": balance.height,
        "n_over": over.height,
        "smd_max": worst[1],
        "smd_covariate": worst[0],
        "n_ratios_over": balance.filter((ratio < low) | (ratio > high)).height,
        "interaction_max": product[1],
        "interaction_term": product[0],
        "prognosis_max": prognosis["smd_max"].max(),
        "verdict": verdict,
    }


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
