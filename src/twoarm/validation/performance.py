"""How near estimates come to the truth, over many cohorts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from twoarm.tables.validation import Performance

KEY = ["scenario", "n_patients", "endpoint", "design", "measure", "term", "months"]
ASKED = ["scenario", "design", "endpoint", "measure", "term", "months"]
OF_DESIGN: tuple[dict[str, None], ...] = ({}, {"design": None})
"""A truth is asked for by the design first, then by all of them."""
UNKNOWN = (np.nan, 0.0)
RATIOS = ("hazard_ratio", "subdistribution_hazard_ratio")
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")


def assess_performance(replicates: pl.DataFrame, truths: pl.DataFrame) -> pl.DataFrame:
    """Assess bias, errors, coverage and rejection of each contrast.

    Each has its Monte Carlo error; that of the bias counts in the truth's own. Where
    the truth is not known, what needs it is null. Ratios are taken as logarithms.

    Parameters
    ----------
    replicates
        As the contract Replicates.
    truths
        As the contract Truths.

    Returns
    -------
    pl.DataFrame
        As the contract Performance.

    References
    ----------
    .. [1] Morris TP, White IR, Crowther MJ. Using simulation studies to evaluate
       statistical methods. Stat Med 2019;38:2074-2102. doi:10.1002/sim.8086
    """
    known = {
        tuple(row[name] for name in ASKED): (row["truth"], row["std_error"])
        for row in truths.iter_rows(named=True)
    }
    rows = []
    groups = replicates.sort("replicate").partition_by(
        KEY, maintain_order=True, as_dict=True
    )
    for key, group in groups.items():
        named = dict(zip(KEY, key, strict=True))
        asked = [tuple({**named, **one}[name] for name in ASKED) for one in OF_DESIGN]
        truth = next((known[each] for each in asked if each in known), UNKNOWN)
        rows.append({**named, **_performance(group, str(named["measure"]), *truth)})
    return Performance.of(rows)


def _performance(
    group: pl.DataFrame, measure: str, truth: float, error: float
) -> dict[str, Any]:
    """Assess one contrast."""
    good = group.filter(pl.col("estimate").is_not_null())
    n, failed = good.height, group.filter(pl.col("estimate").is_null())
    reasons = failed["reason"].drop_nulls().value_counts(sort=True, name="n")
    commonest = reasons.sort("n", "reason", descending=[True, False])["reason"]
    told = {
        "truth": truth,
        "n_replicates": n,
        "n_failed": failed.height,
        "reason": commonest[0] if len(commonest) else None,
    }
    if n:
        columns = [
            good[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in NUMBERS
        ]
        if measure in RATIOS:
            columns = [
                np.log(each) if name != "std_error" else each
                for name, each in zip(NUMBERS, columns, strict=True)
            ]
        told |= dict(_figures(*columns, truth=truth, error=error))
    numbers = {k: v for k, v in told.items() if not isinstance(v, float) or v == v}
    return numbers


def _figures(
    estimate: np.ndarray,
    std_error: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    truth: float,
    error: float,
) -> Iterator[tuple[str, float]]:
    """Yield each figure, and its Monte Carlo error by Morris 2019, table 6."""
    n, mean = len(estimate), float(estimate.mean())
    yield "mean", mean
    yield "bias", mean - truth
    if n > 1:
        spread = float(estimate.std(ddof=1))
        yield "bias_mcse", float(np.hypot(spread / np.sqrt(n), error))
        yield "empirical_error", spread
        yield "empirical_error_mcse", spread / np.sqrt(2 * (n - 1))
    squares = std_error[np.isfinite(std_error)] ** 2
    if len(squares) > 1 and squares.mean() > 0:
        model = float(np.sqrt(squares.mean()))
        yield "model_error", model
        yield (
            "model_error_mcse",
            float(np.sqrt(squares.var(ddof=1) / (4 * len(squares)))) / model,
        )
    limited = np.isfinite(low) & np.isfinite(high)
    if limited.any():
        low, high = low[limited], high[limited]
        if np.isfinite(truth):
            yield from _share("coverage", (low <= truth) & (truth <= high))
        yield from _share("rejection", (low > 0) | (high < 0))


def _share(name: str, held: np.ndarray) -> Iterator[tuple[str, float]]:
    share = float(held.mean())
    yield name, share
    yield f"{name}_mcse", float(np.sqrt(share * (1 - share) / len(held)))
