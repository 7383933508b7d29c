"""Survival curves pooled over imputed data sets."""

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.median import find_median
from twoarm.survival.pooling import pool_survival

ARM = ["endpoint", "design", "arm"]
COUNTS = ["n_risk", "n_event", "n_censor"]
LINES = ["estimate", "conf_low", "conf_high"]


def pool_curves(rows: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Pool the curves of each arm at every time at which one of them has a step.

    Estimates and limits are pooled as log(-log S); the error of an estimate is that
    which its log-log limits have. The curve ends with the shortest of those pooled, and
    only falls. Where the curves agree it is theirs, to the last bit. An arm that some
    data set has no curve of is left out.

    Counts are means over the data sets, made whole: events and censorings up to each
    time are rounded, and those at risk are what these leave.

    Parameters
    ----------
    rows
        Rows of the contract Curves, and `imputation`; with a single one they are
        returned as they are, without it.
    confidence
        Level of the two-sided limits, in the rows and in the result.

    Returns
    -------
    pl.DataFrame
        As the contract Curves.
    """
    m = rows["imputation"].n_unique()
    if m <= 1:
        return rows.drop("imputation")
    pooled = [
        _pool_arm(arm, confidence)
        for arm in rows.partition_by(ARM, maintain_order=True)
        if arm["imputation"].n_unique() == m
    ]
    empty = rows.drop("imputation").clear()
    return pl.concat([empty, *(arm.select(empty.columns) for arm in pooled)])


def pool_medians(curves: pl.DataFrame) -> pl.DataFrame:
    """Read medians off pooled curves, and their limits off the limit curves.

    A median has no normal scale to be pooled on; the curve has. It is the first time
    below one half, as for a curve of a single data set.

    Parameters
    ----------
    curves
        Rows of the contract Curves, pooled.

    Returns
    -------
    pl.DataFrame
        `endpoint`, `design`, `arm`, and in months `estimate`, `conf_low`, `conf_high`;
        null if not reached.
    """
    rows = []
    for arm in curves.partition_by(ARM, maintain_order=True):
        after = arm.sort("months").slice(1)  # the first row is time 0, not a step
        months = after["months"].to_numpy()
        lines = (after[line].to_numpy() for line in LINES)
        found = [find_median(months, line) for line in lines]
        rows.append((*arm.select(ARM).row(0), *found))
    types = dict.fromkeys(ARM, pl.String) | dict.fromkeys(LINES, pl.Float64)
    medians = pl.DataFrame(rows, schema=types, orient="row")
    return medians.with_columns(pl.col(LINES).fill_nan(None))


def _pool_arm(rows: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Pool the curves of one arm of one design."""
    curves = [
        curve.sort("months")
        for curve in rows.sort("imputation").partition_by("imputation")
    ]
    end = min(curve["months"][-1] for curve in curves)
    months = rows["months"].unique().sort().to_numpy()
    months = months[months <= end]
    counts = _count(curves, months)
    estimates, lows, highs = (
        np.array([_step(curve, line, months) for curve in curves]) for line in LINES
    )
    z = float(ndtri((1 + confidence) / 2))
    leaving = counts["n_event"] + counts["n_censor"]
    # Where patients enter later, those at risk at first are not all.
    entered = counts["n_risk"] + np.cumsum(leaving) - leaving
    n_patients = float(max(entered.max(), 1))
    found = pool_survival(
        estimates,
        _errors(estimates, lows, highs, z),
        n_patients=n_patients,
        complete_degrees=max(n_patients - 1, 1),
        confidence=confidence,
    )
    # A data set that leaves 1, or comes to 0, by less than half a patient, would
    # lift it.
    estimate = np.minimum.accumulate(found.estimate)
    same = np.ptp([estimates, lows, highs], axis=1)
    low, high = (
        np.where(alike == 0, first, limit)
        for alike, first, limit in (
            (same[1], lows[0], np.minimum(found.conf_low, estimate)),
            (same[2], highs[0], np.maximum(found.conf_high, estimate)),
        )
    )
    columns = {"estimate": estimate, "conf_low": low, "conf_high": high}
    named = {name: pl.lit(rows[name][0]) for name in ARM}
    return pl.DataFrame({"months": months, **counts, **columns}).with_columns(
        pl.col("conf_low", "conf_high").fill_nan(None), **named
    )


def _step(curve: pl.DataFrame, line: str, months: np.ndarray) -> np.ndarray:
    """Read a line of a curve at times: the last step at or before each."""
    place = np.searchsorted(curve["months"].to_numpy(), months, side="right") - 1
    return np.asarray(curve[line].to_numpy()[place])


def _errors(
    estimates: np.ndarray, lows: np.ndarray, highs: np.ndarray, z: float
) -> np.ndarray:
    """Return the errors of estimates that their log-log limits have; NaN without."""
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.log(-np.log(lows)) - np.log(-np.log(highs))
        errors = width / (2 * z) * -estimates * np.log(estimates)
    return np.asarray(np.where(np.isfinite(errors), errors, np.nan))


def _count(curves: list[pl.DataFrame], months: np.ndarray) -> dict[str, np.ndarray]:
    """Average the counts of the curves and make them whole, so that they add up."""
    leaving = pl.col("n_event") + pl.col("n_censor")
    came = pl.col("n_risk") + leaving.cum_sum() - leaving
    entered = [_step(curve.with_columns(came=came), "came", months) for curve in curves]
    size = np.rint(np.mean(entered, axis=0))
    totals = {}
    for name in ("n_event", "n_censor"):
        upto = [
            _step(curve.with_columns(pl.col(name).cum_sum()), name, months)
            for curve in curves
        ]
        totals[name] = np.rint(np.mean(upto, axis=0))
    # Half a patient more of each would be one more than there are.
    totals["n_censor"] = np.minimum(
        totals["n_censor"], size[-1] - totals["n_event"][-1]
    )
    steps = {name: np.diff(total, prepend=0) for name, total in totals.items()}
    gone = sum(totals.values()) - sum(steps.values())
    whole = {"n_risk": np.maximum(size - gone, 0), **steps}
    return {name: np.asarray(whole[name]).astype(int) for name in COUNTS}
