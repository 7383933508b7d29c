"""The hazard ratio of each term along time, from scaled Schoenfeld residuals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_residuals
from twoarm.fits import Residuals
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, arms_of, count_at_risk
from twoarm.survival.members import counts_of, join_members
from twoarm.survival.pooling import pool_estimates
from twoarm.survival.proportionality import DEGREES, smooth_residuals
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.stack import TREATED, Stack, stack_arms
from twoarm.terms import expand_terms

Row = dict[str, Any]
FEWEST = 5 * DEGREES
"""Events below which four degrees of freedom would draw the events themselves."""
STEPS = (0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0)
MOST = 60
"""Months at most at which a smooth is told, a step apart."""
TERM = ["endpoint", "design", "term"]
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")


class _Fit(NamedTuple):
    """A Cox regression of a design: what its terms are called, and its columns."""

    names: list[str]
    matrix: np.ndarray


def estimate_smooths(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    *,
    endpoint: str,
    labels: Mapping[str, str],
    covariates: Sequence[str],
) -> list[Row]:
    """Estimate hazard ratios along time: of the arms alone, and with covariates.

    They are told at round months from the first event to the last, on the scale
    1 - S(t-), and nowhere beyond.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    members
        Rows of one design and imputation of the contract Designs.
    endpoint, labels
        As in `twoarm.survival.curves.arms_of`.
    covariates
        Covariates of the design's own regression; may be none.

    Returns
    -------
    list of dict
        Logarithms of the ratios: rows of the contract Proportionality without
        `endpoint`, `design` and limits. A term that cannot be drawn has one row, and
        `method` says why.
    """
    arms = arms_of(patients, members, endpoint=endpoint, labels=labels)
    both, counts = stack_arms(arms), counts_of(arms)
    fits = [_Fit([TREATED], both.treated[:, None])]
    if covariates:
        columns, terms = expand_terms(join_members(arms, patients), covariates)
        names = [ADJUSTED, *(term.name for term in terms)]
        fits.append(_Fit(names, np.column_stack([both.treated, columns])))
    rows: list[Row] = []
    for fit in fits:
        rows += _smooth(both, arms, fit)
    return [{**row, **counts} for row in rows]


def _smooth(both: Stack, arms: Mapping[str, Arm], fit: _Fit) -> Iterator[Row]:
    """Draw the terms of a regression, or say why not."""
    found, smooth, why = None, None, f"fewer than {FEWEST} events"
    if both.event.sum() >= FEWEST:
        rows = (both.time, both.event, fit.matrix)
        found = fit_residuals(*rows, weight=both.weight, entry=both.entry)
        why = "the likelihood has no single maximum"
    if found is not None:
        months, place = _grid(found)
        smooth = smooth_residuals(found, both, fit.matrix, place)
        why = "too few distinct times of events"
    if smooth is None:
        for name in fit.names:
            yield {"term": name, "months": None, "method": f"not estimable: {why}"}
        return
    robust = both.weight is not None or both.cluster is not None
    variance = "robust" if robust else "model-based"
    told = f"natural spline of scaled Schoenfeld residuals, {variance} variance"
    days = months * DAYS_PER_MONTH
    at_risk = {name: count_at_risk(arm, days) for name, arm in arms.items()}
    for column, name in enumerate(fit.names):
        for line, month in enumerate(months.tolist()):
            yield {
                "term": name,
                "months": month,
                "estimate": float(smooth.estimate[line, column]),
                "std_error": float(smooth.std_error[line, column]),
                **{f"n_risk_{arm}": int(n[line]) for arm, n in at_risk.items()},
                "method": told,
            }


def _grid(found: Residuals) -> tuple[np.ndarray, np.ndarray]:
    """Choose round months between the events, and place them on the scale of time."""
    first, last = found.time[[0, -1]] / DAYS_PER_MONTH
    step = next((each for each in STEPS if last <= MOST * each), last / MOST)
    months = np.arange(np.ceil(first / step), np.floor(last / step) + 1) * step
    # A curve keeps its height from just after an event until the next.
    following = np.searchsorted(found.time, months * DAYS_PER_MONTH)
    return months, found.place[np.minimum(following, len(found.place) - 1)]


def pool_smooths(rows: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Pool the ratios of each term over the imputations, and give them limits.

    Parameters
    ----------
    rows
        As `estimate_smooths` returns them, with `endpoint`, `design`, `imputation`.
    confidence
        Level of the two-sided limits at each month.

    Returns
    -------
    pl.DataFrame
        As the contract Proportionality. A term is told at the months at which all data
        sets tell it; one that some data set does not tell is not told.
    """
    m, pooled = rows["imputation"].n_unique(), []
    for part in rows.partition_by(TERM, maintain_order=True):
        missing = part.filter(pl.col("months").is_null())
        if missing.height:
            pooled.append(missing.head(1))
            continue
        shared = part.filter(pl.len().over("months") == m).sort("months", "imputation")
        if shared.is_empty():
            why = pl.lit("not estimable: the imputations share no month")
            blank = [pl.lit(None).alias(name) for name in ("months", *NUMBERS)]
            pooled.append(part.head(1).with_columns(*blank, method=why))
            continue
        pooled.append(_pool_term(shared, m, confidence))
    return pl.concat(pooled, how="vertical_relaxed").drop("imputation")


def _pool_term(rows: pl.DataFrame, m: int, confidence: float) -> pl.DataFrame:
    estimates, errors = (
        rows[name].to_numpy().reshape(-1, m).T for name in ("estimate", "std_error")
    )
    events = rows["events_treated"][0] + rows["events_control"][0]
    how = {"complete_degrees": float(events - DEGREES), "confidence": confidence}
    found = pool_estimates(estimates, errors, **how)
    counts = [pl.col("n_risk_treated", "n_risk_control").min().over("months")]
    one = rows.with_columns(*counts).unique("months", keep="first", maintain_order=True)
    reach = float(ndtri((1 + confidence) / 2)) * errors[0]
    low, high = (
        (estimates[0] - reach, estimates[0] + reach)
        if m == 1
        else (found.conf_low, found.conf_high)
    )
    lines = (np.exp(found.estimate), found.std_error, np.exp(low), np.exp(high))
    return one.with_columns(
        pl.Series(name, line) for name, line in zip(NUMBERS, lines, strict=True)
    )
