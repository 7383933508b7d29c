"""What the curve of an arm says: medians, survival at horizons, restricted means."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from twoarm.engine import fit_curve
from twoarm.fits import Curve
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, count_at_risk
from twoarm.survival.restricted_mean import estimate_rmst_along
from twoarm.survival.stack import TREATED

Row = dict[str, Any]
BEYOND: Row = {"estimate": None, "method": "not estimable: beyond the follow-up"}


class Reading(NamedTuple):
    """How a curve is read: level and scale of its limits, and when few are left."""

    confidence: float
    limits: str = "log-log"
    minimum_at_risk: int = 1

    @property
    def z(self) -> float:
        """Half the width of the limits, in standard errors."""
        return float(ndtri((1 + self.confidence) / 2))

    def marks(self, arms: Sequence[Arm], days: float) -> str:
        """Say that few are at risk; how few would leave the hospital."""
        left = min(count_at_risk(arm, np.array([days]))[0] for arm in arms)
        least = self.minimum_at_risk
        return f"; rests on fewer than {least} at risk" if left < least else ""


def estimate_horizons(
    arms: Mapping[str, Arm],
    horizons_months: Sequence[float],
    rmst_months: float | None,
    reading: Reading,
) -> Iterator[Row]:
    """Estimate medians, survival at the horizons, restricted means, and contrasts.

    Parameters
    ----------
    arms
        `treated` and `control`, all from time 0.
    horizons_months, rmst_months
        As in `twoarm.survival.effects.estimate_effects`.
    reading
        How the curves are read.

    Returns
    -------
    iterator of dict
        Rows of the contract Effects, without endpoint, design and counts.
    """
    yield from _medians(arms, reading)
    yield from estimate_survival(arms, horizons_months, reading)
    if rmst_months is not None:
        yield from estimate_means(arms, [rmst_months], reading)


def normal_row(estimate: float, std_error: float, z: float) -> Row:
    """Give an estimate limits and p on its own scale; none where it has no error."""
    if not std_error > 0:
        return {"estimate": estimate}
    return {
        "estimate": estimate,
        "std_error": std_error,
        "conf_low": estimate - z * std_error,
        "conf_high": estimate + z * std_error,
        "p_value": float(2 * ndtr(-abs(estimate / std_error))),
    }


def log_row(estimate: float, std_error: float, z: float) -> Row:
    """Give a ratio of means limits and p on the log scale, where its error is."""
    row: Row = normal_row(float(np.log(estimate)), std_error, z)
    shown = {key: float(np.exp(row[key])) for key in row if key.startswith("conf_")}
    return {**row, **shown, "estimate": estimate}


def _medians(arms: Mapping[str, Arm], reading: Reading) -> Iterator[Row]:
    """Estimate the median time to the event, and the median follow-up, in months.

    The follow-up is that of reverse Kaplan-Meier: event and censoring exchanged.
    """
    for measure, reverse in (("median", False), ("median_follow_up", True)):
        for arm in arms.values():
            event = ~arm.event if reverse else arm.event
            how = {"confidence": reading.confidence, "limits": reading.limits}
            _, found = fit_curve(arm.time, event, arm.weight, **how)  # type: ignore[arg-type]
            months = [_or_none(each / DAYS_PER_MONTH) for each in found]
            method = f"{'reverse ' if reverse else ''}Kaplan-Meier, {reading.limits}"
            row = _row(measure, method if months[0] is not None else "not reached")
            limits = {"conf_low": months[1], "conf_high": months[2]}
            yield {**row, "term": arm.label, "estimate": months[0], **limits}


def estimate_survival(
    arms: Mapping[str, Arm], horizons: Sequence[float], reading: Reading
) -> Iterator[Row]:
    """Estimate survival of each arm at horizons in months, and its difference.

    Parameters are those of `estimate_horizons`, and so are the rows.
    """
    how = {"confidence": reading.confidence, "limits": reading.limits}
    curves = {
        name: fit_curve(arm.time, arm.event, arm.weight, **how)[0]  # type: ignore[arg-type]
        for name, arm in arms.items()
    }
    for months in horizons:
        days = months * DAYS_PER_MONTH
        at = {name: _at(curve, days) for name, curve in curves.items()}
        for name, found in at.items():
            few = reading.marks([arms[name]], days)
            row = _row("survival", f"Kaplan-Meier, {reading.limits}{few}", months)
            yield {**row, "term": arms[name].label, **found}
        yield from _weights_left(arms, months, reading)
        few = reading.marks([*arms.values()], days)
        row = _row("survival_difference", f"difference of Kaplan-Meier{few}", months)
        yield {**row, **_difference(at[TREATED], at["control"], reading.z)}


def _weights_left(
    arms: Mapping[str, Arm], months: float, reading: Reading
) -> Iterator[Row]:
    """Sum the weights of those at risk at a horizon, where patients are weighted.

    Of few patients the sum would be their weights, so it is not given.
    """
    for arm in arms.values():
        if arm.weight is None:
            continue
        left = arm.time >= months * DAYS_PER_MONTH
        row = _row("n_risk_weighted", "sum of the weights of those at risk", months)
        row["term"] = arm.label
        if left.sum() < reading.minimum_at_risk:
            few = f"fewer than {reading.minimum_at_risk} at risk"
            yield {**row, "method": f"not estimable: {few}"}
        else:
            yield {**row, "estimate": float(arm.weight[left].sum())}


def _at(curve: Curve, days: float) -> Row:
    """Read a curve at a horizon; nothing is known beyond its last time."""
    if days > curve.time[-1]:
        return BEYOND
    place = int(np.searchsorted(curve.time, days, side="right")) - 1
    if place < 0:
        return {"estimate": 1.0, "std_error": 0.0}
    columns = ("estimate", "std_error", "conf_low", "conf_high")
    return {name: _or_none(float(getattr(curve, name)[place])) for name in columns}


def estimate_means(
    arms: Mapping[str, Arm], horizons: Sequence[float], reading: Reading
) -> Iterator[Row]:
    """Estimate the restricted mean of each arm to horizons, difference and ratio.

    Parameters are those of `estimate_horizons`, and so are the rows; all is in months.
    """
    means = {name: _means(arm, horizons, reading.z) for name, arm in arms.items()}
    for months in horizons:
        at = {name: found.get(months, BEYOND) for name, found in means.items()}
        yield from _restricted_means(arms, months, at, reading)


def _means(arm: Arm, horizons: Sequence[float], z: float) -> dict[float, Row]:
    """Estimate the mean of an arm to each horizon within its follow-up."""
    within = [each for each in horizons if each * DAYS_PER_MONTH <= arm.time.max()]
    days = [each * DAYS_PER_MONTH for each in within]
    found = estimate_rmst_along(arm.time, arm.event, days, arm.weight)
    rows: dict[float, Row] = {}
    for months, each in zip(within, found, strict=True):
        mean, error = (number / DAYS_PER_MONTH for number in each)
        rows[months] = {**normal_row(mean, error, z), "std_error": error}
        rows[months].pop("p_value", None)
    return rows


def _restricted_means(
    arms: Mapping[str, Arm], months: float, at: Mapping[str, Row], reading: Reading
) -> Iterator[Row]:
    """Write the means of the arms at a horizon as rows, with their contrasts."""
    horizon, z = months * DAYS_PER_MONTH, reading.z
    for name, arm in arms.items():
        few = reading.marks([arm], horizon)
        row = _row("rmst", f"area under Kaplan-Meier{few}", months)
        yield {**row, "term": arm.label, **at[name]}
    few = reading.marks([*arms.values()], horizon)
    row = _row("rmst_difference", f"difference of restricted means{few}", months)
    yield {**row, **_difference(at[TREATED], at["control"], z)}
    row = _row("rmst_ratio", f"ratio of restricted means, log scale{few}", months)
    yield {**row, **_ratio(at[TREATED], at["control"], z)}


def _difference(treated: Row, control: Row, z: float) -> Row:
    """Subtract the arms; their errors are taken for independent."""
    if treated["estimate"] is None or control["estimate"] is None:
        return BEYOND
    difference = treated["estimate"] - control["estimate"]
    errors = [arm["std_error"] for arm in (treated, control)]
    if None in errors or not all(errors):
        return {"estimate": difference}
    return normal_row(difference, float(np.hypot(*errors)), z)


def _ratio(treated: Row, control: Row, z: float) -> Row:
    """Divide the arms, with the error of the logarithm by the delta method."""
    both = (treated, control)
    if None in [arm["estimate"] for arm in both]:
        return BEYOND
    shares = [arm["std_error"] / arm["estimate"] for arm in both]
    error = float(np.hypot(*shares)) if all(shares) else 0.0
    return log_row(treated["estimate"] / control["estimate"], error, z)


def _row(measure: str, method: str, months: float | None = None) -> Row:
    return {"measure": measure, "term": TREATED, "months": months, "method": method}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
