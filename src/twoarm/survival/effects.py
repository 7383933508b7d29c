"""Effects: what one design says about one endpoint, an estimate a row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from twoarm.engine import fit_cox
from twoarm.fits import ChiSquared
from twoarm.logrank import compare_logrank
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.clones import estimate_clones
from twoarm.survival.curves import Arm, count_arm
from twoarm.survival.forestalled import estimate_forestalled
from twoarm.survival.horizons import Reading, estimate_horizons
from twoarm.survival.proportionality import assess_proportionality, assess_robustly
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
    limits: str = "log-log",
    minimum_at_risk: int = 1,
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
    limits
        Scale of the limits of a curve, as in `twoarm.engine.fit_curve`.
    minimum_at_risk
        Where fewer are at risk at a horizon, the method says so.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`; an estimate that
        the data do not carry is None, and `method` says why.
    """
    reading = Reading(confidence, limits, minimum_at_risk)
    rows = [*_contrasts(arms, reading.z)]
    if arms[TREATED].competing is not None:
        rows = estimate_forestalled(arms, rows, horizons_months, confidence=confidence)
    elif arms[TREATED].entry is not None and arms[TREATED].cluster is not None:
        rows += estimate_clones(
            arms,
            horizons_months=horizons_months,
            rmst_months=[] if rmst_months is None else [rmst_months],
            reading=reading,
        )
    elif arms[TREATED].entry is not None:
        rows += _of_changing_arms(arms, horizons_months, rmst_months)
    else:
        rows += estimate_horizons(arms, horizons_months, rmst_months, reading)
    counts = count_arms(arms)
    return [{**row, **counts} for row in rows]


def count_arms(arms: Mapping[str, Arm]) -> dict[str, int]:
    """Count the patients and events of each arm, as the contract Effects has them."""
    return {
        f"{what}_{arm}": count
        for arm, each in arms.items()
        for what, count in zip(("n", "events"), count_arm(each), strict=True)
    }


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
        "p_value": float(2 * ndtr(-abs(estimate / std_error))),
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
    yield _proportional(both)
    if weight is None:
        paired = "" if cluster is None else ", matched sets ignored"
        name = "Mantel-Byar" if late else "log-rank"
        yield tested_row(
            "logrank",
            compare_logrank(time, event, treated, both.entry),
            f"{name} chi-squared, 1 degree of freedom{paired}",
        )


def _proportional(both: Stack) -> Row:
    """Test whether the hazards of the arms are proportional."""
    measure, treated = "proportional_hazards", both.treated[:, None]
    told = "score test, time scale 1 - S(t-)"
    if both.weight is not None:
        told += f", {_variance_words(both).removeprefix('weighted, ')}"
        return tested_row(measure, assess_robustly(both, treated)[-1], told)
    paired = "" if both.cluster is None else ", matched sets ignored"
    found = assess_proportionality(both.time, both.event, treated, both.entry)
    return tested_row(measure, found, f"{told}{paired}")


def tested_row(measure: str, test: ChiSquared, method: str) -> Row:
    """Write a test as a row, or that it could not be made."""
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
            ("rmst_ratio", contrast, [rmst_months]),
        ]
    why = "not estimated: patients change arms, so no arm has a survival of its own"
    for measure, terms, months in asked:
        for each in months:
            for term in terms:
                yield {**_empty(measure, why, each), "term": term}


def _empty(measure: str, method: str, months: float | None = None) -> Row:
    return {"measure": measure, "term": TREATED, "months": months, "method": method}
