"""Endpoints of one arm alone, and those that a competing event may forestall."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_curve
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.incidence import estimate_incidence

Row = dict[str, Any]


def estimate_outcomes(
    outcomes: pl.DataFrame,
    *,
    endpoints: Sequence[str],
    labels: Mapping[str, str],
    horizons_months: Sequence[float],
    confidence: float,
) -> list[Row]:
    """Estimate what an arm by itself says of an endpoint; nothing is compared.

    Parameters
    ----------
    outcomes
        As the contract Outcomes, with `treated`.
    endpoints
        Names, in their order. One of whom anybody had a competing event has a
        cumulative incidence, any other survival and a median.
    labels
        `treated` and `control`: names of the arms. One that nobody of is followed past
        the endpoint's start has no rows.
    horizons_months
        Months at which to estimate.
    confidence
        Level of the two-sided limits, log-log.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `design`.
    """
    rows: list[Row] = []
    for endpoint in endpoints:
        followed = outcomes.filter(pl.col("days") > 0, endpoint=endpoint)
        competing = bool(followed["competing"].any())
        counts = {
            f"{what}_{arm}": int(count)
            for arm in labels
            for mine in [followed.filter(treated=arm == "treated")]
            for what, count in (("n", mine.height), ("events", mine["event"].sum()))
        }
        for arm, label in labels.items():
            mine = followed.filter(treated=arm == "treated")
            if mine.is_empty():
                continue
            months = (*horizons_months,)
            measures = _incidence if competing else _survival
            found = [*measures(mine, months, confidence), _follow_up(mine, confidence)]
            named = {"endpoint": endpoint, "term": label, **counts}
            rows += [{**row, **named} for row in found]
    return rows


def _survival(
    rows: pl.DataFrame, months: Sequence[float], confidence: float
) -> Iterator[Row]:
    time, event = rows["days"].to_numpy(), rows["event"].to_numpy()
    curve, median = fit_curve(time, event, confidence=confidence)
    reached = not np.isnan(median.estimate)
    method = "Kaplan-Meier, log-log" if reached else "not reached"
    numbers = [each / DAYS_PER_MONTH for each in median]
    yield _row("median", None, method, numbers[0], np.nan, numbers[1:])
    for each in months:
        place = int(np.searchsorted(curve.time, each * DAYS_PER_MONTH, side="right"))
        if each * DAYS_PER_MONTH > time.max():
            yield _row("survival", each, "not estimable: beyond the follow-up")
        elif not place:
            yield _row("survival", each, "Kaplan-Meier, log-log", 1.0, 0.0)
        else:
            limits = (curve.conf_low[place - 1], curve.conf_high[place - 1])
            share, error = curve.estimate[place - 1], curve.std_error[place - 1]
            yield _row("survival", each, "Kaplan-Meier, log-log", share, error, limits)


def _incidence(
    rows: pl.DataFrame, months: Sequence[float], confidence: float
) -> Iterator[Row]:
    time = rows["days"].to_numpy()
    cause = rows.select(
        pl.when("event").then(1).when("competing").then(2).otherwise(0)
    ).to_series()
    days = np.array(months) * DAYS_PER_MONTH
    found = estimate_incidence(time, cause.to_numpy(), days)
    z = float(ndtri((1 + confidence) / 2))
    for each, day, share, error in zip(
        months, days, found.estimate, found.std_error, strict=True
    ):
        if day > time.max():
            method = "not estimable: beyond the follow-up"
            yield _row("cumulative_incidence", each, method)
            continue
        limits = (np.nan, np.nan)
        if 0 < share < 1:
            reach = np.exp(z * error / (share * -np.log(share)))
            limits = (share**reach, share ** (1 / reach))
        method = "Aalen-Johansen, log-log"
        yield _row("cumulative_incidence", each, method, share, error, limits)


def _follow_up(rows: pl.DataFrame, confidence: float) -> Row:
    ended = rows["event"] | rows["competing"]
    _, median = fit_curve(
        rows["days"].to_numpy(), (~ended).to_numpy(), confidence=confidence
    )
    numbers = [each / DAYS_PER_MONTH for each in median]
    method = "not reached" if np.isnan(numbers[0]) else "reverse Kaplan-Meier, log-log"
    return _row("median_follow_up", None, method, numbers[0], np.nan, numbers[1:])


def _row(
    measure: str,
    months: float | None,
    method: str,
    estimate: float = np.nan,
    std_error: float = np.nan,
    limits: Sequence[float] = (np.nan, np.nan),
) -> Row:
    numbers = {
        "estimate": estimate,
        "std_error": std_error,
        "conf_low": limits[0],
        "conf_high": limits[1],
    }
    known = {k: None if np.isnan(v) else float(v) for k, v in numbers.items()}
    return {"measure": measure, "months": months, "method": method, **known}
