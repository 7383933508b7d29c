"""Cumulative incidence of an event that a competing one may forestall."""

from typing import NamedTuple

import numpy as np


class Incidence(NamedTuple):
    """Cumulative incidence and its standard error, shape (n_horizons,)."""

    estimate: np.ndarray
    std_error: np.ndarray


def estimate_incidence(
    time: np.ndarray, cause: np.ndarray, horizons: np.ndarray
) -> Incidence:
    """Estimate the cumulative incidence of an event by Aalen and Johansen.

    The variance is the infinitesimal jackknife: the sum of squares of the derivatives
    of the estimate by each patient's weight.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to whatever came first, positive; at risk at t if `time >= t`.
    cause : ndarray of int, shape (n_patients,)
        1 the event, 2 a competing one, 0 censored.
    horizons : ndarray of float
        Times at which to estimate.

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
    steps = np.unique(time[cause > 0])
    n = len(steps)
    place = np.searchsorted(steps, time[cause > 0])
    died = np.bincount(place, minlength=n)
    mine = np.bincount(place, cause[cause > 0] == 1, minlength=n)
    n_risk = len(time) - np.searchsorted(np.sort(time), steps, side="left")
    any_hazard = died / n_risk
    before = np.cumprod(np.r_[1.0, 1 - any_hazard])[:-1]
    incidence = np.cumsum(before * mine / n_risk)
    last = np.searchsorted(steps, time, side="right")
    own = np.where(cause > 0, last - 1, n)
    # Where nobody is left nothing follows, so what would be divided by 0 counts 0.
    spare = np.where(any_hazard < 1, n_risk * (1 - any_hazard), np.inf)
    estimates, errors = [], []
    for horizon in horizons:
        reach = int(np.searchsorted(steps, horizon, side="right"))
        level = incidence[reach - 1] if reach else 0.0
        within = np.arange(n) < reach
        rest = np.where(within, (level - incidence) / spare, 0.0)
        jump = np.where(within, before / n_risk, 0.0)
        sums = np.r_[0.0, np.cumsum(rest * any_hazard - jump * mine / n_risk)]
        gain = np.r_[jump, 0.0][own] * (cause == 1) - np.r_[rest, 0.0][own]
        influence = gain + sums[last]
        estimates.append(level)
        errors.append(float((influence**2).sum()) ** 0.5)
    return Incidence(np.array(estimates), np.array(errors))
