"""Effects of a cloned design: survival, restricted means, and their differences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, fit_arm
from twoarm.survival.horizons import Reading, log_row
from twoarm.survival.influence import Influence, estimate_influence

Row = dict[str, Any]
CURVE = "weighted Kaplan-Meier of {of}"
AREA = "area under weighted Kaplan-Meier of {of}"
CLUSTERED = "variance clustered by patient"


def estimate_clones(
    arms: Mapping[str, Arm],
    *,
    horizons_months: Sequence[float],
    rmst_months: Sequence[float],
    reading: Reading,
) -> Iterator[Row]:
    """Estimate what each strategy would give, and the differences.

    A patient has a clone in either arm, so the arms are not independent: the variance
    of a difference is that of each patient's difference of influences. Weights are
    taken for known, which makes the limits somewhat wide.

    Parameters
    ----------
    arms
        `treated` and `control`, with weights, entries and clusters.
    horizons_months, rmst_months
        Months at which survival is estimated, and up to which the mean.
    reading
        How the curves are read; limits of survival are log-log.

    Returns
    -------
    iterator of dict
        Rows of the contract Effects, without endpoint, design and counts.

    References
    ----------
    .. [1] Hernan MA. How to estimate the effect of treatment duration on survival
       outcomes using observational data. BMJ 2018;360:k182. doi:10.1136/bmj.k182
    """
    for arm in arms.values():
        _, median = fit_arm(arm, confidence=reading.confidence)
        middle, low, high = (
            None if np.isnan(each) else each / DAYS_PER_MONTH for each in median
        )
        method = (
            "not reached" if middle is None else f"{CURVE.format(of=arm.of)}, log-log"
        )
        row: Row = {"measure": "median", "term": arm.label, "months": None}
        limits = {"conf_low": low, "conf_high": high}
        yield {**row, "estimate": middle, **limits, "method": method}
    asked = [("survival", each) for each in horizons_months]
    asked += [("rmst", each) for each in rmst_months]
    found = _influences(arms, [each for _, each in asked])
    for place, (measure, months) in enumerate(asked):
        if months * DAYS_PER_MONTH > min(arm.time.max() for arm in arms.values()):
            yield from _beyond(arms, measure, months)
        else:
            yield from _estimates(arms, found, measure, months, place, reading)


def _influences(
    arms: Mapping[str, Arm], months: Sequence[float]
) -> dict[str, Influence]:
    both = np.concatenate([_cluster(arm) for arm in arms.values()])
    names, number = np.unique(both, return_inverse=True)
    cut = len(arms["treated"].time)
    of_arm = dict(zip(arms, (number[:cut], number[cut:]), strict=True))
    return {
        name: estimate_influence(
            np.zeros(len(arm.time)) if arm.entry is None else arm.entry,
            arm.time,
            arm.event,
            np.ones(len(arm.time)) if arm.weight is None else arm.weight,
            of_arm[name],
            horizons=np.array(months) * DAYS_PER_MONTH,
            n_patients=len(names),
        )
        for name, arm in arms.items()
    }


def _cluster(arm: Arm) -> np.ndarray:
    return np.arange(len(arm.time)) if arm.cluster is None else arm.cluster


def _estimates(
    arms: Mapping[str, Arm],
    found: Mapping[str, Influence],
    measure: str,
    months: float,
    place: int,
    reading: Reading,
) -> Iterator[Row]:
    z, days = reading.z, months * DAYS_PER_MONTH
    unit = DAYS_PER_MONTH if measure == "rmst" else 1.0
    values, parts = {}, {}
    for name, each in found.items():
        value = each.mean if measure == "rmst" else each.survival
        part = each.of_mean if measure == "rmst" else each.of_survival
        values[name], parts[name] = value[place] / unit, part[:, place] / unit
    words = AREA if measure == "rmst" else CURVE
    how = words.format(of=arms["treated"].of)
    for name, arm in arms.items():
        row: Row = {"measure": measure, "term": arm.label, "months": months}
        error = float((parts[name] ** 2).sum()) ** 0.5
        numbers = _limited(values[name], error, z, measure)
        few = reading.marks([arm], days)
        yield {**row, **numbers, "method": f"{how}, {CLUSTERED}{few}"}
    few = reading.marks([*arms.values()], days)
    error = float(((parts["treated"] - parts["control"]) ** 2).sum()) ** 0.5
    difference = values["treated"] - values["control"]
    row = {"measure": f"{measure}_difference", "term": "treated", "months": months}
    p_value = float(2 * ndtr(-abs(difference / error))) if error > 0 else None
    numbers = _limited(difference, error, z, "difference")
    method = f"difference of {how}, {CLUSTERED}{few}"
    yield {**row, **numbers, "p_value": p_value, "method": method}
    if measure == "rmst":
        row = {**row, "measure": "rmst_ratio"}
        method = f"ratio of {how}, log scale, {CLUSTERED}{few}"
        yield {**row, **_ratio(values, parts, z), "method": method}


def _ratio(
    values: Mapping[str, float], parts: Mapping[str, np.ndarray], z: float
) -> Row:
    """Divide the areas; the error of the logarithm is that of shares of influence."""
    if min(values.values()) <= 0:
        return {}
    shares = [parts[name] / values[name] for name in ("treated", "control")]
    error = float(((shares[0] - shares[1]) ** 2).sum()) ** 0.5
    return log_row(float(values["treated"] / values["control"]), error, z)


def _limited(value: float, error: float, z: float, scale: str) -> Row:
    """Give limits: log-log for survival, else on the scale of the estimate."""
    row = {"estimate": float(value), "std_error": error}
    if error <= 0 or (scale == "survival" and not 0 < value < 1):
        return row
    if scale == "survival":
        reach = np.exp(z * error / (value * abs(np.log(value))))
        limits = value**reach, value ** (1 / reach)
    else:
        limits = value - z * error, value + z * error
    return {**row, "conf_low": float(limits[0]), "conf_high": float(limits[1])}


def _beyond(arms: Mapping[str, Arm], measure: str, months: float) -> Iterator[Row]:
    empty: Row = {"months": months, "method": "not estimable: beyond the follow-up"}
    for arm in arms.values():
        yield {"measure": measure, "term": arm.label, **empty}
    yield {"measure": f"{measure}_difference", "term": "treated", **empty}
    if measure == "rmst":
        yield {"measure": "rmst_ratio", "term": "treated", **empty}
