"""Effects: what one design says about one endpoint, an estimate a row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from twoarm.engine import (
    ChiSquared,
    Curve,
    assess_proportionality,
    compare_logrank,
    fit_cox,
    fit_curve,
)
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.clones import estimate_clones
from twoarm.survival.curves import Arm, count_arm
from twoarm.survival.forestalled import estimate_forestalled
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.stack import TREATED, Stack, stack_arms

Row = dict[str, Any]
LARGEST = 700.0
"""Greatest limit of a log hazard ratio whose exponential is still a number."""


def estimate_effects(
    arms: Mapping[str, Arm],
    *,
    horizons_months: Sequence[float],
    rmst_months: float | None,
    confidence: float,
) -> list[Row]:
    """Estimate all measures of one design and endpoint.

    Parameters
    ----------
    arms
        `treated` and `control`; times in days.
    horizons_months
        Months at which survival is reported.
    rmst_months
        Horizon of the restricted mean survival time; None for none.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`; an estimate that
        the data do not carry is None, and `method` says why.
    """
    z = float(norm.ppf((1 + confidence) / 2))
    rows = [*_contrasts(arms, z)]
    if arms[TREATED].competing is not None:
        rows = estimate_forestalled(arms, rows, horizons_months, confidence=confidence)
    elif arms[TREATED].entry is not None and arms[TREATED].cluster is not None:
        rows += estimate_clones(
            arms,
            horizons_months=horizons_months,
            rmst_months=rmst_months,
            confidence=confidence,
        )
    elif arms[TREATED].entry is not None:
        rows += _of_changing_arms(arms, horizons_months, rmst_months)
    else:
        rows += _medians(arms, confidence)
        rows += _survival(arms, horizons_months, confidence, z)
        if rmst_months is not None:
            rows += _restricted_means(arms, rmst_months, z)
    counts = {
        f"{what}_{arm}": count
        for arm, each in arms.items()
        for what, count in zip(("n", "events"), count_arm(each), strict=True)
    }
    return [{**row, **counts} for row in rows]


def select_horizons(arms: Mapping[str, Arm]) -> list[float]:
    """Take those of 12, 36 and 60 months that lie within the follow-up of both arms."""
    longest = min(float(arm.time.max()) for arm in arms.values())
    return [each for each in (12.0, 36.0, 60.0) if each * DAYS_PER_MONTH <= longest]


def ratio_row(
    term: str, estimate: float, std_error: float, z: float, method: str
) -> Row:
    """Write a log hazard ratio as a row: ratio, limits on the log scale, Wald p.

    A ratio without a finite estimate or an error is not estimable.
    """
    row = {**_empty("hazard_ratio", method), "term": term}
    if np.isnan(estimate):
        return {**row, "method": "not estimable: the likelihood has no single maximum"}
    if not std_error > 0 or abs(estimate) + z * std_error > LARGEST:
        return {**row, "method": "not estimable: its error is 0 or beyond all numbers"}
    return {
        **row,
        "estimate": float(np.exp(estimate)),
        "std_error": float(std_error),
        "conf_low": float(np.exp(estimate - z * std_error)),
        "conf_high": float(np.exp(estimate + z * std_error)),
        "p_value": float(2 * norm.sf(abs(estimate / std_error))),
    }


def _contrasts(arms: Mapping[str, Arm], z: float) -> Iterator[Row]:
    """Compare the arms: hazard ratio, its assumption, log-rank."""
    both = stack_arms(arms)
    time, event, weight, cluster = both.time, both.event, both.weight, both.cluster
    treated, late = both.treated, both.entry is not None
    if all(arm.event.any() for arm in arms.values()):
        fit = fit_cox(time, event, treated[:, None], **both.how())
        changing = "time-dependent treatment, " if late and cluster is None else ""
        method = f"Cox, Efron ties, {changing}{_variance_words(both)}"
        yield ratio_row(TREATED, fit.estimate[0], fit.std_error[0], z, method)
    else:
        yield _empty("hazard_ratio", "not estimable: an arm has no event")
    if weight is None:
        paired = "" if cluster is None else ", matched sets ignored"
        yield _test_row(
            "proportional_hazards",
            assess_proportionality(time, event, treated[:, None], both.entry),
            "score test, time scale 1 - S(t-)",
        )
        name = "Mantel-Byar" if late else "log-rank"
        yield _test_row(
            "logrank",
            compare_logrank(time, event, treated, both.entry),
            f"{name} chi-squared, 1 degree of freedom{paired}",
        )


def _test_row(measure: str, test: ChiSquared, method: str) -> Row:
    if np.isnan(test.statistic):
        return _empty(measure, "not estimable: too few events tell the arms apart")
    found = {"estimate": test.statistic, "p_value": test.p_value}
    return {**_empty(measure, method), **found}


def _variance_words(both: Stack) -> str:
    if both.cluster is not None:
        whom = "matched set" if both.entry is None else "patient"
        return f"robust variance clustered by {whom}"
    return (
        "model-based variance" if both.weight is None else "weighted, robust variance"
    )


def _of_changing_arms(
    arms: Mapping[str, Arm], horizons: Sequence[float], rmst_months: float | None
) -> Iterator[Row]:
    """Say what arms that patients change over time do not have."""
    labels = [arm.label for arm in arms.values()]
    contrast: list[str] = [TREATED]
    ends: list[float | None] = [*horizons]
    asked: list[tuple[str, list[str], list[float | None]]] = [
        ("median", labels, [None]),
        ("median_follow_up", labels, [None]),
        ("survival", labels, ends),
        ("survival_difference", contrast, ends),
    ]
    if rmst_months is not None:
        asked += [
            ("rmst", labels, [rmst_months]),
            ("rmst_difference", contrast, [rmst_months]),
        ]
    why = "not estimated: patients change arms, so no arm has a survival of its own"
    for measure, terms, months in asked:
        for each in months:
            for term in terms:
                yield {**_empty(measure, why, each), "term": term}


def _medians(arms: Mapping[str, Arm], confidence: float) -> Iterator[Row]:
    """Estimate the median time to the event, and the median follow-up, in months.

    The follow-up is that of reverse Kaplan-Meier: event and censoring exchanged.
    """
    for measure, reverse in (("median", False), ("median_follow_up", True)):
        for arm in arms.values():
            event = ~arm.event if reverse else arm.event
            _, found = fit_curve(arm.time, event, arm.weight, confidence=confidence)
            months = [_or_none(each / DAYS_PER_MONTH) for each in found]
            reached = months[0] is not None
            name = "reverse Kaplan-Meier" if reverse else "Kaplan-Meier"
            yield {
                **_empty(measure, f"{name}, log-log" if reached else "not reached"),
                "term": arm.label,
                "estimate": months[0],
                "conf_low": months[1],
                "conf_high": months[2],
            }


def _survival(
    arms: Mapping[str, Arm], horizons: Sequence[float], confidence: float, z: float
) -> Iterator[Row]:
    """Estimate survival of each arm at the horizons, and its difference."""
    curves = {
        name: fit_curve(arm.time, arm.event, arm.weight, confidence=confidence)[0]
        for name, arm in arms.items()
    }
    for months in horizons:
        at = {name: _at(curve, months) for name, curve in curves.items()}
        for name, found in at.items():
            row = _empty("survival", "Kaplan-Meier, log-log", months)
            yield {**row, "term": arms[name].label, **found}
        row = _empty("survival_difference", "difference of Kaplan-Meier", months)
        yield {**row, **_difference(at[TREATED], at["control"], z)}


def _at(curve: Curve, months: float) -> Row:
    """Read a curve at a horizon; nothing is known beyond its last time."""
    days = months * DAYS_PER_MONTH
    if days > curve.time[-1]:
        return {"estimate": None, "method": "not estimable: beyond the follow-up"}
    place = int(np.searchsorted(curve.time, days, side="right")) - 1
    if place < 0:
        return {"estimate": 1.0, "std_error": 0.0}
    columns = ("estimate", "std_error", "conf_low", "conf_high")
    return {name: _or_none(float(getattr(curve, name)[place])) for name in columns}


def _restricted_means(
    arms: Mapping[str, Arm], months: float, z: float
) -> Iterator[Row]:
    """Estimate the restricted mean of each arm and its difference, in months."""
    at: dict[str, Row] = {}
    for name, arm in arms.items():
        if months * DAYS_PER_MONTH > arm.time.max():
            at[name] = {
                "estimate": None,
                "method": "not estimable: beyond the follow-up",
            }
        else:
            horizon = months * DAYS_PER_MONTH
            found = estimate_rmst(arm.time, arm.event, horizon, arm.weight)
            mean, error = (each / DAYS_PER_MONTH for each in found)
            at[name] = {"estimate": mean, "std_error": error, **_limits(mean, error, z)}
        row = _empty("rmst", "area under Kaplan-Meier", months)
        yield {**row, "term": arm.label, **at[name]}
    row = _empty("rmst_difference", "difference of restricted means", months)
    yield {**row, **_difference(at[TREATED], at["control"], z)}


def _difference(treated: Row, control: Row, z: float) -> Row:
    """Subtract the arms; their errors are taken for independent."""
    if treated["estimate"] is None or control["estimate"] is None:
        return {"estimate": None, "method": "not estimable: beyond the follow-up"}
    difference = treated["estimate"] - control["estimate"]
    errors = [arm["std_error"] for arm in (treated, control)]
    if None in errors or not all(errors):
        return {"estimate": difference}
    error = float(np.hypot(*errors))
    p_value = float(2 * norm.sf(abs(difference / error)))
    limits = _limits(difference, error, z)
    return {"estimate": difference, "std_error": error, "p_value": p_value, **limits}


def _limits(estimate: float, std_error: float, z: float) -> Row:
    """Take limits on the estimate's own scale; none where it has no error."""
    if std_error == 0:
        return {}
    return {
        "conf_low": estimate - z * std_error,
        "conf_high": estimate + z * std_error,
    }


def _empty(measure: str, method: str, months: float | None = None) -> Row:
    return {"measure": measure, "term": TREATED, "months": months, "method": method}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
