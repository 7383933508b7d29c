"""Effects pooled over imputed data sets, each measure on its own scale."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.survival.pooled_curves import pool_medians
from twoarm.survival.pooling import (
    Pooled,
    pool_chi_squared,
    pool_estimates,
    pool_survival,
)
from twoarm.survival.regression import ADJUSTED

KEY = ["endpoint", "design", "measure", "term", "months"]
COUNTS = ["n_treated", "n_control", "events_treated", "events_control"]
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
REACHED = ("median", "median_follow_up", "e_value")
Row = dict[str, Any]
Arm = tuple[str, str, str]


class _Frame(NamedTuple):
    """What the pooling of one group must know of the others."""

    m: int
    confidence: float
    medians: Mapping[Arm, Row]
    sizes: Mapping[Arm, int]
    n_terms: Mapping[tuple[str, str], int]


def pool_effects(
    rows: pl.DataFrame, *, confidence: float, curves: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Pool each estimate over the imputed data sets.

    Ratios are pooled as logarithms, differences and restricted means as they are,
    probabilities as log(-log S), chi-squared statistics by D2. Limits and p are by the
    t distribution with Barnard and Rubin's degrees of freedom, were nothing missing:
    events less coefficients for a ratio, patients less arms for the rest. Medians are
    read off the pooled curves, if given. Otherwise, as the median follow-up and the
    E-value, they are the median of the data sets', limits by Rubin's rules on the log
    scale, or the widest of the data sets' where one has none.

    A row that is the same in all data sets keeps its numbers. What one of them does not
    have, or could not estimate, is not estimable. Counts are rounded means.

    Parameters
    ----------
    rows
        Rows of the contract Effects, and `imputation`; with a single one they are
        returned as they are, without it.
    confidence
        Level of the two-sided limits, in the rows and in the result.
    curves
        Rows of the contract Curves, pooled.

    Returns
    -------
    pl.DataFrame
        As the contract Effects.

    References
    ----------
    .. [1] White IR, Royston P, Wood AM. Multiple imputation using chained equations.
       Stat Med 2011;30:377-399. doi:10.1002/sim.4067
    """
    m = rows["imputation"].n_unique()
    if m <= 1:
        return rows.drop("imputation")
    frame = _Frame(m, confidence, *_read_curves(curves), _count_terms(rows))
    groups = rows.sort("imputation", maintain_order=True).partition_by(
        KEY, maintain_order=True
    )
    schema = rows.drop("imputation").schema
    pooled = [_pool_group(group, frame) for group in groups]
    return pl.DataFrame(pooled, schema=schema, orient="row")


def _read_curves(
    curves: pl.DataFrame | None,
) -> tuple[dict[Arm, Row], dict[Arm, int]]:
    """Take from pooled curves the medians, and the patients of each arm."""
    if curves is None:
        return {}, {}
    name = ["endpoint", "design", "arm"]
    medians = {
        (row["endpoint"], row["design"], row["arm"]): row
        for row in pool_medians(curves).to_dicts()
    }
    first = curves.filter(months=0).select(*name, "n_risk").rows()
    return medians, {(row[0], row[1], row[2]): row[3] for row in first}


def _count_terms(rows: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Count the coefficients of each regression with covariates."""
    terms = rows.filter(
        (pl.col("measure") == "hazard_ratio")
        & ~pl.col("term").str.contains(": ", literal=True)
        & (~pl.col("term").str.starts_with("treated") | (pl.col("term") == ADJUSTED))
    )
    counted = terms.group_by("endpoint", "design").agg(pl.col("term").n_unique())
    return {(row[0], row[1]): row[2] for row in counted.rows()}


def _pool_group(group: pl.DataFrame, frame: _Frame) -> Row:
    """Pool the rows of one estimate."""
    counts = {name: round(group[name].mean()) for name in COUNTS}  # type: ignore[arg-type]
    row = {**group.row(0, named=True), **counts}
    del row["imputation"]
    arm = (row["endpoint"], row["design"], row["term"])
    estimated = not row["method"].startswith("not estimated")
    if row["measure"] == "median" and arm in frame.medians and estimated:
        return {**row, **_median_of_curve(row, frame.medians[arm], frame.m)}
    if group.height == frame.m and group.drop("imputation").n_unique() == 1:
        return _add_words(row, f"the same in all {frame.m} imputations")
    if row["measure"] in REACHED:
        return {**row, **_pool_quantile(group, frame)}
    failed = frame.m - group["estimate"].count()
    if failed:
        return {**row, **dict.fromkeys(NUMBERS), "method": _why(group, failed, frame.m)}
    if row["measure"] in TESTS:
        return {**row, **_pool_test(group)}
    pooled = POOLS[row["measure"]](group, _complete_degrees(row, frame), frame)
    numbers = dict(zip(NUMBERS, (*pooled[:2], *pooled[3:6]), strict=True))
    found = {name: _or_none(value) for name, value in numbers.items()}
    if group["p_value"].null_count() == group.height:
        found["p_value"] = None
    return _add_words({**row, **found}, f"pooled over {frame.m} imputations")


def _why(group: pl.DataFrame, failed: int, m: int) -> str:
    """Say in how many data sets an estimate is missing, and why in the first."""
    told = group.filter(pl.col("estimate").is_null())["method"]
    reason = (
        told[0].removeprefix("not estimable: ") if len(told) else "not estimated there"
    )
    return f"not estimable in {failed} of {m} imputations: {reason}"


def _complete_degrees(row: Row, frame: _Frame) -> float:
    """Return the degrees of freedom the analysis had, were nothing missing."""
    name = (row["endpoint"], row["design"])
    n_treated, n_control = row["n_treated"], row["n_control"]
    if row["measure"] in RATIOS:
        alone = row["term"].startswith("treated") and row["term"] != ADJUSTED
        alone = alone or ": " in row["term"]
        n_terms = 1 if alone else frame.n_terms.get(name, 1)
        degrees = row["events_treated"] + row["events_control"] - n_terms
    elif row["measure"].endswith(("_difference", "_ratio")):
        degrees = n_treated + n_control - 2
    else:
        degrees = _size(row, frame) - 1
    return float(max(degrees, 1))


def _size(row: Row, frame: _Frame) -> int:
    """Return the patients of a row's arm; of the smaller arm, if no curve tells."""
    arm = (row["endpoint"], row["design"], row["term"])
    smaller: int = min(row["n_treated"], row["n_control"])
    return max(frame.sizes.get(arm, smaller), 1)


def _arrays(group: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return estimates and errors; NaN for what is null."""
    estimates, errors = group["estimate"], group["std_error"]
    return estimates.to_numpy(), errors.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _pool_plain(group: pl.DataFrame, degrees: float, frame: _Frame) -> Pooled:
    estimates, errors = _arrays(group)
    return pool_estimates(
        estimates, errors, complete_degrees=degrees, confidence=frame.confidence
    )


def _pool_ratio(group: pl.DataFrame, degrees: float, frame: _Frame) -> Pooled:
    found = _pool_plain(group.with_columns(pl.col("estimate").log()), degrees, frame)
    ratio, low, high = np.exp([found.estimate, found.conf_low, found.conf_high])
    return found._replace(estimate=ratio, conf_low=low, conf_high=high)


def _pool_probability(
    group: pl.DataFrame, degrees: float, frame: _Frame, *, of_event: bool = False
) -> Pooled:
    estimates, errors = _arrays(group)
    found = pool_survival(
        1 - estimates if of_event else estimates,
        errors,
        n_patients=_size(group.row(0, named=True), frame),
        complete_degrees=degrees,
        confidence=frame.confidence,
    )
    if not of_event:
        return found
    turned = (1 - found.estimate, 1 - found.conf_high, 1 - found.conf_low)
    return found._replace(estimate=turned[0], conf_low=turned[1], conf_high=turned[2])


POOLS: dict[str, Callable[[pl.DataFrame, float, _Frame], Pooled]] = {
    "hazard_ratio": _pool_ratio,
    "subdistribution_hazard_ratio": _pool_ratio,
    "rmst_difference": _pool_plain,
    "rmst_ratio": _pool_ratio,
    "rmst": _pool_plain,
    "survival_difference": _pool_plain,
    "n_risk_weighted": _pool_plain,
    "survival": _pool_probability,
    "cumulative_incidence": partial(_pool_probability, of_event=True),
    "cumulative_incidence_difference": _pool_plain,
    "cure_fraction": _pool_probability,
    "cure_fraction_difference": _pool_plain,
    "cure_plateau": _pool_probability,
    "cure_fraction_shared": _pool_probability,
    "cure_odds_ratio": _pool_ratio,
}
RATIOS = ("hazard_ratio", "subdistribution_hazard_ratio")
TESTS = ("logrank", "proportional_hazards", "wald", "gray")


def _pool_test(group: pl.DataFrame) -> Row:
    """Pool chi-squared statistics."""
    told = re.split(r", (\d+) degree", group["method"][0])
    name, degrees = told[0], told[1] if len(told) > 1 else "1"
    if "maxcombo" in group["term"][0]:
        # No chi-squared law: the median of the p values, which holds its level.
        # SOURCE: Eekhout 2017, doi:10.1186/s12874-017-0404-7
        middle = {key: group[key].median() for key in ("estimate", "p_value")}
        return {**middle, "method": f"{name}; median p of {group.height} imputations"}
    found = pool_chi_squared(group["estimate"].to_numpy(), float(degrees))
    within = f"{found.degrees_within:.0f}"
    pooled = f"{name}; D2 of {group.height} imputations, F with {degrees} and {within}"
    return {
        "estimate": found.statistic,
        "p_value": found.p_value,
        "method": f"{pooled} degrees of freedom",
    }


def _pool_quantile(group: pl.DataFrame, frame: _Frame) -> Row:
    """Take the median of the data sets'; one not reached is beyond all others."""
    lines = [
        np.r_[
            group[name].cast(pl.Float64).fill_null(np.inf).to_numpy(),
            np.full(frame.m - group.height, np.inf),
        ]
        for name in ("estimate", "conf_low", "conf_high")
    ]
    reached = int(np.isfinite(lines[0]).sum())
    middle = float(np.median(lines[0]))
    empty = dict.fromkeys(NUMBERS)
    if np.isinf(middle):
        told = f"not reached in {frame.m - reached} of {frame.m} imputations"
        return {**empty, "method": told}
    limits = lines[1].min(), lines[2].max()
    if np.isfinite(lines).all() and (np.array(lines) > 0).all():
        z = float(ndtri((1 + frame.confidence) / 2))
        estimates, lows, highs = np.log(lines)
        row = group.row(0, named=True)
        found = pool_estimates(
            estimates,
            (highs - lows) / (2 * z),
            complete_degrees=float(max(_size(row, frame) - 1, 1)),
            confidence=frame.confidence,
        )
        reach = np.exp(found.conf_high - found.estimate)
        limits = middle / reach, middle * reach
    low, high = (_or_none(limit) for limit in limits)
    method = group.filter(pl.col("estimate").is_not_null())["method"][0]
    told = f"{method}; median of {frame.m} imputations"
    found_row = {"estimate": middle, "conf_low": low, "conf_high": high}
    return {**empty, **found_row, "method": told}


def _median_of_curve(row: Row, median: Row, m: int) -> Row:
    """Take a median, and say that it was read off the pooled curve."""
    numbers = {name: median[name] for name in ("estimate", "conf_low", "conf_high")}
    curve = f"the curve pooled over {m} imputations"
    told = f"Kaplan-Meier, log-log; read off {curve}"
    if median["estimate"] is None:
        told = f"not reached on {curve}"
    return {**dict.fromkeys(NUMBERS), **numbers, "method": told}


def _add_words(row: Row, words: str) -> Row:
    return {**row, "method": f"{row['method']}; {words}"}


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
