"""Hazards of a cohort, fitted with its covariates, and times drawn from them."""

from typing import NamedTuple

import numpy as np

from twoarm.engine import fit_cox

# SOURCE: Peduzzi et al. 1995, doi:10.1016/0895-4356(95)00048-8, on events a variable;
# five, as Vittinghoff and McCulloch 2007, doi:10.1093/aje/kwk052, find enough.
EVENTS_A_TERM = 5
FEWEST = 10
"""Events below which a hazard is fitted without covariates."""
FEWEST_IN_ARM = 5
"""Events before, and after treatment, below which its effect is not fitted."""


class Course(NamedTuple):
    """Stretches of follow-up: row of the patient, (start, stop] in days, its end.

    `event` is True where the stretch ends with it, `treated` where the patient is.
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    treated: np.ndarray


class Hazard(NamedTuple):
    """A proportional hazard of the patients, its baseline in steps.

    Attributes
    ----------
    days, cumulative : ndarray of float, shape (n_times,)
        Distinct days of an event, rising, and the cumulative baseline from each on, of
        an untreated patient whose score is 0.
    score : ndarray of float, shape (n_patients,)
        Log hazard ratio of each patient of the cohort; minus infinity for those of whom
        nobody alike had the event, where the hazard bars them.
    effect
        Hazard ratio of treatment from its day on, as the cohort has it; 1 where too few
        events would tell.
    donors, first : ndarray of int
        Rows of the patients with the event by their day; and where in them each of
        `days` begins, with their number at the end.
    """

    days: np.ndarray
    cumulative: np.ndarray
    score: np.ndarray
    effect: float
    donors: np.ndarray
    first: np.ndarray


def fit_hazard(
    course: Course,
    matrix: np.ndarray,
    *,
    score: np.ndarray | None = None,
    bars: bool = False,
) -> Hazard:
    """Fit a Cox regression of the covariates and the treatment, with its baseline.

    The log hazard ratios are shrunk by one factor, (gain - terms / 2) / gain in
    log-likelihood, as those of a model of many terms are too far from 0 and a cohort
    drawn from it would be confounded more than its parent. The baseline is Breslow's.

    Parameters
    ----------
    course
        Follow-up of the patients.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates of each patient.
    score : ndarray of float, shape (n_patients,), optional
        One term that stands for all of them where events are few.
    bars
        Whether who is at a level at which nobody had the event can never have it.

    References
    ----------
    .. [1] van Houwelingen JC, le Cessie S. Predictive value of statistical models.
       Stat Med 1990;9:1303-1325. doi:10.1002/sim.4780091109
    .. [2] Franklin JM et al. Plasmode simulation for the evaluation of
       pharmacoepidemiologic methods in complex healthcare databases. Comput Stat Data
       Anal 2014;72:219-226. doi:10.1016/j.csda.2013.10.018
    """
    n_event = int(course.event.sum())
    terms = _terms(matrix, score, n_event)
    terms, barred = _restrict_terms(terms, course, bars=bars)
    both = min(int((course.event & (course.treated == arm)).sum()) for arm in (0, 1))
    columns = terms[course.row]
    arm = course.treated.astype(float)[:, None][:, : int(both >= FEWEST_IN_ARM)]
    found = _fit(course, np.hstack([columns, arm]))
    plain = _fit(course, arm)
    ratios, effect = found[0][: terms.shape[1]], found[0][terms.shape[1] :]
    ratios = ratios * _shrinkage(found[1] - plain[1], terms.shape[1])
    centred = (terms - terms.mean(axis=0)) @ ratios
    treated = float(effect[0]) if len(effect) else 0.0
    weight = np.exp(centred[course.row] + treated * course.treated)
    days, rises = _rises(course, weight)
    ended = course.row[course.event]
    order = np.lexsort((ended, course.stop[course.event]))
    places = np.searchsorted(course.stop[course.event][order], days)
    return Hazard(
        days,
        np.cumsum(rises),
        np.where(barred, -np.inf, centred),
        float(np.exp(treated)),
        ended[order],
        np.append(places, n_event),
    )


def draw_days(
    hazard: Hazard,
    exponential: np.ndarray,
    score: np.ndarray,
    *,
    switch: np.ndarray | float = np.inf,
    effect: float = 1.0,
    after: np.ndarray | float = -np.inf,
) -> np.ndarray:
    """Turn unit exponentials into places among the hazard's days.

    Parameters
    ----------
    exponential
        Draws of the unit exponential distribution.
    score
        Log hazard ratio of each.
    switch
        Day from which on, without it, the hazard is `effect` times as much.
    after
        Day up to which nothing happens: times are drawn of those who pass it.

    Returns
    -------
    ndarray of int
        Place of the day; the number of days where the event never comes.
    """
    with np.errstate(divide="ignore", over="ignore"):
        needed = exponential / np.exp(score)
    begun = _cumulative_at(hazard, after)
    turn = np.maximum(_cumulative_at(hazard, switch), begun)
    reached = begun + needed
    late = turn + (reached - turn) / effect
    reached = np.where(reached <= turn, reached, late)
    return np.asarray(np.searchsorted(hazard.cumulative, reached, side="left"))


def days_at(hazard: Hazard, place: np.ndarray) -> np.ndarray:
    """Return the days of places that `draw_days` gave; infinite for never."""
    return np.asarray(np.append(hazard.days, np.inf)[place])


def donors_at(hazard: Hazard, place: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Pick for each place a patient who had the event that day; -1 for never."""
    known = place < len(hazard.days)
    low = hazard.first[np.where(known, place, 0)]
    high = hazard.first[np.where(known, place + 1, 0)]
    picked = low + np.floor(uniform * (high - low)).astype(int)
    return np.asarray(np.where(known, np.append(hazard.donors, -1)[picked], -1))


def _terms(matrix: np.ndarray, score: np.ndarray | None, n_event: int) -> np.ndarray:
    """Take as many terms as the events carry: all, the score, or none."""
    if n_event >= max(EVENTS_A_TERM * matrix.shape[1], FEWEST):
        return matrix
    if score is not None and n_event >= FEWEST:
        return score[:, None]
    return matrix[:, :0]


def _restrict_terms(
    terms: np.ndarray, course: Course, *, bars: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out terms that have no estimate, and tell which patients they bar."""
    barred = np.zeros(len(terms), bool)
    if not terms.shape[1]:
        return terms, barred
    columns = terms[course.row]
    found = fit_cox(course.stop, course.event, columns, entry=course.start)
    known = np.isfinite(found.estimate)
    for place in np.flatnonzero(~known):
        levels, seen = np.unique(terms[:, place]), columns[course.event, place]
        if bars and len(levels) == 2 and len(seen) and (seen == seen[0]).all():
            barred |= terms[:, place] != seen[0]
    kept = terms[:, known]
    if known.all():
        return kept, barred
    return _restrict_terms(kept, course, bars=False)[0], barred


def _fit(course: Course, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit log hazard ratios, 0 where there is no estimate, and the gain."""
    if not matrix.shape[1]:
        return np.empty(0), 0.0
    found = fit_cox(course.stop, course.event, matrix, entry=course.start)
    return np.nan_to_num(found.estimate, nan=0.0), found.gain


def _shrinkage(gain: float, n_terms: int) -> float:
    return max(gain - n_terms / 2, 0.0) / gain if gain > 0 else 0.0


def _rises(course: Course, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the days of events, and by how much the baseline rises on each."""
    days, deaths = np.unique(course.stop[course.event], return_counts=True)
    return days, deaths / (
        _above(course.stop, weight, days) - _above(course.start, weight, days)
    )


def _above(times: np.ndarray, weight: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Sum the weights of the times that are not before each day."""
    order = np.argsort(times, kind="stable")
    sums = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return np.asarray(sums[np.searchsorted(times[order], days, side="left")])


def _cumulative_at(hazard: Hazard, day: np.ndarray | float) -> np.ndarray:
    """Return the cumulative baseline at a day, its own event counted."""
    steps = np.append(0.0, hazard.cumulative)
    return np.asarray(steps[np.searchsorted(hazard.days, day, side="right")])
