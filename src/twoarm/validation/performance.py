"""How near estimates come to the truth, over many cohorts."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from twoarm.tables.validation import Performance

KEY = ["scenario", "n_patients", "endpoint", "design", "measure", "term", "months"]
ASKED = ["scenario", "design", "endpoint", "measure", "term", "months"]
OF_DESIGN: tuple[dict[str, None], ...] = ({}, {"design": None})
"""A truth is asked for by the design first, then by all of them."""
UNKNOWN = (np.nan, 0.0)
RATIOS = ("hazard_ratio", "subdistribution_hazard_ratio", "rmst_ratio")
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
TESTS = ("logrank", "proportional_hazards")
"""Of these the p value tells whether they reject."""
OF_ARMS = ("survival", "rmst", "median")
"""Of these no value is that of no effect."""


def assess_performance(
    replicates: pl.DataFrame, truths: pl.DataFrame, *, confidence: float = 0.95
) -> pl.DataFrame:
    """Assess bias, errors, coverage and rejection of each contrast.

    Each has its Monte Carlo error; that of the bias counts in the truth's own. Where
    the truth is not known, what needs it is null. Ratios are taken as logarithms. A
    test rejects at the level of the limits. Limits of a median may be open above, also
    where the median itself is not reached; its mean would be of the cohorts in which it
    is, so there is none unless it is in all.

    Parameters
    ----------
    replicates
        As the contract Replicates.
    truths
        As the contract Truths.
    confidence
        Level of the limits.

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
        found = _performance(group, str(named["measure"]), *truth, level=confidence)
        rows.append({**named, **found})
    return Performance.of(rows)


def _performance(
    group: pl.DataFrame, measure: str, truth: float, error: float, *, level: float
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
    numbers = {name: _numbers(group, name, measure) for name in NUMBERS}
    if n and not (measure == "median" and failed.height):
        known = np.isfinite(numbers["estimate"])
        both = (numbers[name][known] for name in ("estimate", "std_error"))
        told |= dict(_figures(*both, truth=truth, error=error))
    told |= dict(_shares(numbers, measure, truth, level))
    return {k: v for k, v in told.items() if not isinstance(v, float) or v == v}


def _numbers(group: pl.DataFrame, name: str, measure: str) -> np.ndarray:
    """Take a column, NaN where it is null; ratios and their limits as logarithms."""
    column = group[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    logs = measure in RATIOS and name in ("estimate", "conf_low", "conf_high")
    return np.asarray(np.log(column) if logs else column)


def _figures(
    estimate: np.ndarray,
    std_error: np.ndarray,
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


def _shares(
    numbers: Mapping[str, np.ndarray], measure: str, truth: float, level: float
) -> Iterator[tuple[str, float]]:
    """Yield how often the limits hold the truth, and how often no effect is refused."""
    p_value = numbers["p_value"][np.isfinite(numbers["p_value"])]
    if measure in TESTS and len(p_value):
        yield from _share("rejection", p_value < 1 - level)
    low, high = numbers["conf_low"], numbers["conf_high"]
    if measure == "median":
        high = np.where(np.isnan(high), np.inf, high)
    limited = np.isfinite(low) & ~np.isnan(high)
    if not limited.any():
        return
    low, high = low[limited], high[limited]
    if np.isfinite(truth):
        yield from _share("coverage", (low <= truth) & (truth <= high))
    if measure not in OF_ARMS:
        yield from _share("rejection", (low > 0) | (high < 0))


def _share(name: str, held: np.ndarray) -> Iterator[tuple[str, float]]:
    share = float(held.mean())
    yield name, share
    yield f"{name}_mcse", float(np.sqrt(share * (1 - share) / len(held)))
