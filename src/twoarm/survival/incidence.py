"""Cumulative incidence of an event that a competing one may forestall."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from twoarm.fits import Curve
from twoarm.survival.influence import mass_at_risk
from twoarm.weights import check_weights


class Incidence(NamedTuple):
    """Cumulative incidence and its standard error, shape (n_horizons,).

    `influence`, shape (n_patients, n_horizons), is a patient's weight times the
    derivative of the estimate by it; the squares sum to the variance.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    influence: np.ndarray


class _Steps(NamedTuple):
    """What happens at each time of an event, of whatever kind, shape (n_steps,).

    `spare` is the weight at risk that is left, infinite where none is; `jump` what the
    incidence rises by for each weight of events of interest; `first` and `last` are
    the steps at which each row comes to be at risk, and no longer is.
    """

    time: np.ndarray
    hazard: np.ndarray
    own_hazard: np.ndarray
    jump: np.ndarray
    spare: np.ndarray
    incidence: np.ndarray
    first: np.ndarray
    last: np.ndarray


def estimate_incidence(
    time: np.ndarray,
    cause: np.ndarray,
    horizons: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    entry: np.ndarray | None = None,
    patient: np.ndarray | None = None,
) -> Incidence:
    """Estimate the cumulative incidence of an event by Aalen and Johansen.

    The variance is the infinitesimal jackknife: the sum of squares of the derivatives
    of the estimate by each patient's weight.

    Parameters
    ----------
    time : ndarray of float, shape (n_rows,)
        Time to whatever came first, positive; a row is at risk at t if
        `entry < t <= time`.
    cause : ndarray of int, shape (n_rows,)
        1 the event, 2 a competing one, 0 censored.
    horizons : ndarray of float
        Times at which to estimate.
    weight, entry : ndarray of float, shape (n_rows,), optional
        Positive weights, 1 by default; when a row comes to be at risk, 0 by default.
    patient : ndarray of int, shape (n_rows,), optional
        Whose row it is, from 0; each its own by default.

    References
    ----------
    .. [1] Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous
       Markov chains based on censored observations. Scand J Stat 1978;5:141-150.

    Examples
    --------
    Of four patients one has the event first, another the competing one:

    >>> found = estimate_incidence(np.array([1.0, 2, 3, 4]), np.array([1, 2, 0, 1]),
    ...     np.array([1.5, 4.0]))
    >>> found.estimate.tolist()
    [0.25, 0.75]
    """
    check_weights(weight)
    weight = np.ones(len(time)) if weight is None else weight
    who = np.arange(len(time)) if patient is None else patient
    steps = _sum_steps(time, cause, weight, entry)
    n = len(steps.time)
    own = np.where(cause > 0, steps.last - 1, n)
    estimates, influences = [], []
    for horizon in horizons:
        reach = int(np.searchsorted(steps.time, horizon, side="right"))
        level = steps.incidence[reach - 1] if reach else 0.0
        within = np.arange(n) < reach
        rest = np.where(within, (level - steps.incidence) / steps.spare, 0.0)
        jump = np.where(within, steps.jump, 0.0)
        sums = np.r_[0.0, np.cumsum(rest * steps.hazard - jump * steps.own_hazard)]
        gain = np.r_[jump, 0.0][own] * (cause == 1) - np.r_[rest, 0.0][own]
        rows = weight * (gain + sums[steps.last] - sums[steps.first])
        influences.append(np.bincount(who, rows))
        estimates.append(level)
    influence = np.array(influences).reshape(len(estimates), -1).T
    return Incidence(
        np.array(estimates), np.sqrt((influence**2).sum(axis=0)), influence
    )


def fit_incidence(
    time: np.ndarray,
    cause: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    entry: np.ndarray | None = None,
    patient: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Curve:
    """Estimate at every time the probability that the event has not come: 1 less it.

    Parameters are those of `estimate_incidence`. Limits are log-log on the scale of the
    incidence; NaN where it is 0 or 1. The variance at a step is a quadratic form of the
    incidence there, whose parts are running sums over rows that come and go: the cost
    is that of sorting.
    """
    check_weights(weight)
    weight = np.ones(len(time)) if weight is None else weight
    who = np.arange(len(time)) if patient is None else patient
    steps = _sum_steps(time, cause, weight, entry)
    times = np.unique(time)
    place = np.searchsorted(steps.time, times, side="right")
    share = np.r_[0.0, steps.incidence][place]
    error = np.r_[0.0, _errors(steps, cause, weight, who)][place]
    low, high = limit_share(share, error, confidence)
    return Curve(times, 1 - share, error, 1 - high, 1 - low)


def limit_share(
    share: np.ndarray, error: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give log-log limits of a probability; NaN where it is 0, 1, or has no error."""
    known = (share > 0) & (share < 1) & (error > 0)
    inside = np.where(known, share, 0.5)
    z = float(ndtri((1 + confidence) / 2))
    with np.errstate(over="ignore", under="ignore"):
        reach = np.exp(np.minimum(z * error / (inside * -np.log(inside)), 700.0))
        limits = inside**reach, inside ** (1 / reach)
    low, high = (np.where(known, each, np.nan) for each in limits)
    return low, high


def _sum_steps(
    time: np.ndarray, cause: np.ndarray, weight: np.ndarray, entry: np.ndarray | None
) -> _Steps:
    entry = np.zeros(len(time)) if entry is None else entry
    steps = np.unique(time[cause > 0])
    place, n = np.searchsorted(steps, time[cause > 0]), len(steps)
    ended = np.bincount(place, weight[cause > 0], minlength=n)
    mine = np.bincount(place, (weight * (cause == 1))[cause > 0], minlength=n)
    first = np.searchsorted(steps, entry, side="right")
    last = np.searchsorted(steps, time, side="right")
    n_risk = mass_at_risk(first, last, weight, n)
    hazard = ended / n_risk
    # Weights that sum in another order may miss the 1 by rounding.
    hazard = np.where(hazard > 1 - 1e-12, 1.0, hazard)
    before = np.cumprod(np.r_[1.0, 1 - hazard])[:-1]
    # Where nobody is left nothing follows, so what would be divided by 0 counts 0.
    spare = np.where(hazard < 1, n_risk * (1 - hazard), np.inf)
    parts = (hazard, mine / n_risk, before / n_risk, spare)
    incidence = np.minimum(np.cumsum(before * mine / n_risk), 1.0)
    return _Steps(steps, *parts, incidence, first, last)


def _errors(
    steps: _Steps, cause: np.ndarray, weight: np.ndarray, who: np.ndarray
) -> np.ndarray:
    """Return the standard error at each step.

    What a patient weighs at a step is `F a + b`, with F the incidence there. While at
    risk `a` and `b` grow by what is common to all; when a row ends they stay.
    """
    n = len(steps.time)
    common = np.column_stack(
        [
            steps.hazard / steps.spare,
            -steps.incidence * steps.hazard / steps.spare
            - steps.jump * steps.own_hazard,
        ]
    )
    sums = np.cumsum(np.vstack([np.zeros(2), common]), axis=0)
    seen = np.flatnonzero(steps.last > steps.first)
    first, last, mass = steps.first[seen], steps.last[seen], weight[seen]
    step, mine = last - 1, cause[seen] > 0
    own = np.column_stack([-1 / steps.spare, steps.incidence / steps.spare])[step]
    own[:, 1] += steps.jump[step] * (cause[seen] == 1)
    # A state a row: held (a, b) and the weight that still grows, from a step on.
    at = np.r_[first, step]
    moves = np.vstack(
        [
            np.column_stack([-mass[:, None] * sums[first], mass]),
            np.column_stack(
                [mass[:, None] * (sums[last] + own * mine[:, None]), -mass]
            ),
        ]
    )
    # Entries come after exits at one step: a row of the same patient follows another,
    # but a row that is at risk at one step only comes before it goes.
    brief = np.tile(first == step, 2)
    rank = np.where(brief, np.repeat([2, 3], len(seen)), np.repeat([1, 0], len(seen)))
    owner = np.tile(who[seen], 2)
    order = np.lexsort((rank, at, owner))
    squares, products, rest = _sum_squares(
        at[order], moves[order], owner[order], sums[1:], n
    )
    share = steps.incidence
    variance = share**2 * squares + 2 * share * products + rest
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _sum_squares(
    at: np.ndarray, moves: np.ndarray, who: np.ndarray, sums: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum over patients a^2, a b and b^2 at each step."""
    if not len(who):
        return np.zeros(n), np.zeros(n), np.zeros(n)
    held = np.cumsum(moves, axis=0)
    start = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    offset = np.vstack([np.zeros(3), held])[start]
    held = held - np.repeat(offset, np.diff(np.r_[start, len(who)]), axis=0)
    previous = np.vstack([np.zeros(3), held[:-1]])
    previous[start] = 0.0
    pairs = [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)]
    aa, ab, bb, aw, bw, ww = (
        np.cumsum(
            np.bincount(
                at, held[:, i] * held[:, j] - previous[:, i] * previous[:, j], n
            )
        )
        for i, j in pairs
    )
    # Each of the two numbers of a patient is what is held and weight * common.
    a, b = sums.T
    squares = aa + 2 * aw * a + ww * a * a
    products = ab + aw * b + bw * a + ww * a * b
    rest = bb + 2 * bw * b + ww * b * b
    return squares, products, rest
