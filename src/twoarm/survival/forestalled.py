"""Effects on an endpoint that a competing event may forestall."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from twoarm.engine import fit_curve
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.fine_gray import fit_fine_gray
from twoarm.survival.gray import compare_incidence
from twoarm.survival.incidence import Incidence, estimate_incidence, limit_share
from twoarm.survival.stack import TREATED, stack_arms

Row = dict[str, Any]
BEYOND = "not estimable: beyond the follow-up"
CHANGING = "not estimated: patients change arms, so no arm has an incidence of its own"
UNKNOWN = (
    "not estimated: patients change arms, and who had a competing event would stay at "
    "risk in an arm that nobody knows"
)
REPEATED = "not estimated: the weights of {} change, and take the place of censoring"
CENSORED = ("hazard_ratio", "logrank", "proportional_hazards")
"""Measures of the hazard of the event itself, which a competing one censors."""
LARGEST = 700.0
"""Greatest limit of a log hazard ratio whose exponential is still a number."""


def estimate_forestalled(
    arms: Mapping[str, Arm],
    contrasts: Iterable[Row],
    horizons_months: Sequence[float],
    *,
    confidence: float,
) -> list[Row]:
    """Estimate all measures of an endpoint that a competing event may forestall.

    Survival, medians and restricted means are not among them: they would be of a world
    in which nothing competes.

    Parameters
    ----------
    arms
        `treated` and `control`; times in days.
    contrasts
        Rows of the arms' contrast with competing events censored; they are named so.
    horizons_months
        Months at which the incidence is reported.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint`, `design` and counts.

    References
    ----------
    .. [1] Latouche A, Allignol A, Beyersmann J, Labopin M, Fine JP. A competing risks
       analysis should report results on all cause-specific hazards and cumulative
       incidence functions. J Clin Epidemiol 2013;66:648-653.
       doi:10.1016/j.jclinepi.2012.09.017
    """
    rows = [_named(row) for row in contrasts]
    z = float(ndtri((1 + confidence) / 2))
    whole = arms[TREATED].entry is None
    cloned = not whole and arms[TREATED].cluster is not None
    if whole:
        rows += [_ratio(arms, z), _test(arms), *_follow_up(arms, confidence)]
    else:
        why = REPEATED.format(arms[TREATED].of) if cloned else UNKNOWN
        rows += [_row("subdistribution_hazard_ratio", why), _row("gray", why)]
    if whole or cloned:
        rows += estimate_incidences(arms, horizons_months, confidence)
    else:
        rows += _of_changing_arms(arms, horizons_months)
    return rows


def _named(row: Row) -> Row:
    """Say of an estimate that competing events are censored in it."""
    told = row["measure"] in CENSORED and not row["method"].startswith("not ")
    method = f"cause-specific {row['method']}" if told else row["method"]
    return {**row, "method": method}


def _row(measure: str, method: str, months: float | None = None) -> Row:
    return {"measure": measure, "term": TREATED, "months": months, "method": method}


def _ratio(arms: Mapping[str, Arm], z: float) -> Row:
    """Compare the arms by the regression of Fine and Gray."""
    measure = "subdistribution_hazard_ratio"
    if not all(arm.event.any() for arm in arms.values()):
        return _row(measure, "not estimable: an arm has no event")
    both, cause = stack_arms(arms), _causes(arms)
    matrix = both.treated[:, None]
    members = members_of(arms)
    fit = fit_fine_gray(both.time, cause, matrix, weight=both.weight, cluster=members)
    estimate, error = float(fit.estimate[0]), float(fit.std_error[0])
    if np.isnan(estimate):
        return _row(measure, "not estimable: the likelihood has no single maximum")
    if not error > 0 or abs(estimate) + z * error > LARGEST:
        return _row(measure, "not estimable: its error is 0 or beyond all numbers")
    weighted = "" if both.weight is None else "weighted, "
    clustered = "" if both.cluster is None else " clustered by matched set"
    return {
        **_row(
            measure, f"Fine-Gray, Breslow ties, {weighted}robust variance{clustered}"
        ),
        "estimate": float(np.exp(estimate)),
        "std_error": error,
        "conf_low": float(np.exp(estimate - z * error)),
        "conf_high": float(np.exp(estimate + z * error)),
        "p_value": float(2 * ndtr(-abs(estimate / error))),
    }


def _test(arms: Mapping[str, Arm]) -> Row:
    """Compare the arms by Gray's test, whose variance takes no weights."""
    both = stack_arms(arms)
    if both.weight is not None:
        why = "its variance takes no weights; see the subdistribution hazard ratio"
        return _row("gray", f"not estimated: {why}")
    found = compare_incidence(both.time, _causes(arms), both.treated)
    if np.isnan(found.statistic):
        return _row("gray", "not estimable: too few events tell the arms apart")
    paired = "" if both.cluster is None else ", matched sets ignored"
    method = f"Gray's test, chi-squared, 1 degree of freedom{paired}"
    numbers = {"estimate": found.statistic, "p_value": found.p_value}
    return {**_row("gray", method), **numbers}


def estimate_incidences(
    arms: Mapping[str, Arm], horizons: Sequence[float], confidence: float
) -> Iterator[Row]:
    """Estimate the incidence of each arm at horizons in months, and its difference.

    Parameters are those of `estimate_forestalled`, and so are the rows.
    """
    members, cut = members_of(arms), len(arms[TREATED].time)
    cloned = arms[TREATED].entry is not None
    of_arm = {TREATED: members[:cut], "control": members[cut:]}
    days = np.array(horizons) * DAYS_PER_MONTH
    found = {
        name: _incidence(arm, days, of_arm[name] if cloned else None)
        for name, arm in arms.items()
    }
    weighted = "" if arms[TREATED].weight is None else "weighted "
    method = f"{weighted}Aalen-Johansen, log-log"
    for place, months in enumerate(horizons):
        short = {name for name, arm in arms.items() if days[place] > arm.time.max()}
        for name, arm in arms.items():
            row = {**_row("cumulative_incidence", BEYOND, months), "term": arm.label}
            share, error = found[name].estimate[place], found[name].std_error[place]
            if name not in short:
                low, high = limit_share(share, error, confidence)
                numbers = _known(share, error, float(low), float(high))
                row = {**row, **numbers, "method": method}
            yield row
        row = _row("cumulative_incidence_difference", BEYOND, months)
        if not short:
            pair = (found[TREATED], found["control"])
            whose = [None, None] if cloned else [*of_arm.values()]
            treated, control = (
                sum_members(each.influence[:, place], number, members.max() + 1)
                for each, number in zip(pair, whose, strict=True)
            )
            gap = pair[0].estimate[place] - pair[1].estimate[place]
            row |= _difference(gap, treated - control, confidence)
            row["method"] = f"difference of {weighted}Aalen-Johansen{_whom(arms)}"
        yield row


def _incidence(arm: Arm, days: np.ndarray, patient: np.ndarray | None) -> Incidence:
    how = {"weight": arm.weight, "entry": arm.entry, "patient": patient}
    return estimate_incidence(arm.time, arm.cause(), days, **how)


def sum_members(
    influence: np.ndarray, number: np.ndarray | None, size: int
) -> np.ndarray:
    """Sum what rows weigh by who belongs together; of patients already, fill up."""
    number = np.arange(len(influence)) if number is None else number
    return np.bincount(number, influence, minlength=size)


def _difference(gap: float, influence: np.ndarray, confidence: float) -> Row:
    error = float((influence**2).sum()) ** 0.5
    if not error > 0:
        return {"estimate": float(gap)}
    reach = float(ndtri((1 + confidence) / 2)) * error
    p_value = float(2 * ndtr(-abs(gap / error)))
    return {**_known(gap, error, gap - reach, gap + reach), "p_value": p_value}


def _known(share: float, error: float, low: float, high: float) -> Row:
    names = ("estimate", "std_error", "conf_low", "conf_high")
    pairs = zip(names, (share, error, low, high), strict=True)
    return {name: None if np.isnan(value) else float(value) for name, value in pairs}


def _whom(arms: Mapping[str, Arm]) -> str:
    if arms[TREATED].cluster is None:
        return ""
    whom = "matched set" if arms[TREATED].entry is None else "patient"
    return f", variance clustered by {whom}"


def _of_changing_arms(
    arms: Mapping[str, Arm], horizons: Sequence[float]
) -> Iterator[Row]:
    for each in horizons:
        for arm in arms.values():
            row = _row("cumulative_incidence", CHANGING, each)
            yield {**row, "term": arm.label}
        yield _row("cumulative_incidence_difference", CHANGING, each)


def _follow_up(arms: Mapping[str, Arm], confidence: float) -> Iterator[Row]:
    """Estimate the median follow-up, which an event of either kind ends."""
    for arm in arms.values():
        still = arm.cause() == 0
        _, found = fit_curve(arm.time, still, arm.weight, confidence=confidence)
        middle, low, high = (
            None if np.isnan(each) else each / DAYS_PER_MONTH for each in found
        )
        method = "not reached" if middle is None else "reverse Kaplan-Meier, log-log"
        row = {**_row("median_follow_up", method), "term": arm.label}
        yield {**row, "estimate": middle, "conf_low": low, "conf_high": high}


def _causes(arms: Mapping[str, Arm]) -> np.ndarray:
    return np.concatenate([arms[name].cause() for name in (TREATED, "control")])


def members_of(arms: Mapping[str, Arm]) -> np.ndarray:
    """Give who belongs together a number from 0: a set, else a patient."""
    pair = [arms[TREATED], arms["control"]]
    sets = [arm.cluster for arm in pair if arm.cluster is not None]
    names = [arm.patient_id for arm in pair if arm.patient_id is not None]
    if len(sets) == len(pair):
        named = np.concatenate(sets)
    elif len(names) == len(pair):
        named = pl.concat(names).to_numpy()
    else:
        named = np.arange(sum(len(arm.time) for arm in pair))
    return np.asarray(np.unique(named, return_inverse=True)[1])
