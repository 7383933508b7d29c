"""What each patient weighs in a weighted survival curve, and in the area beneath it."""

from typing import NamedTuple

import numpy as np

from twoarm.ties import sum_after


class Influence(NamedTuple):
    """Survival and restricted means at horizons, with the influence of each patient.

    Attributes
    ----------
    survival, mean : ndarray of float, shape (n_horizons,)
        Kaplan-Meier survival, and the area under it from 0.
    of_survival, of_mean : ndarray of float, shape (n_patients, n_horizons)
        A patient's weight times the derivative of the estimate by it; the squares sum
        to the variance of the infinitesimal jackknife.
    """

    survival: np.ndarray
    mean: np.ndarray
    of_survival: np.ndarray
    of_mean: np.ndarray


def estimate_influence(
    entry: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    patient: np.ndarray,
    *,
    horizons: np.ndarray,
    n_patients: int,
) -> Influence:
    """Estimate survival and restricted means of rows in (entry, time] form.

    With h the hazard d/n at an event time and A the area from there to the horizon, the
    derivative of log S(t) by the weight of a row is the sum over event times in the row
    up to t of h/(n(1-h)), less 1/(n(1-h)) at its event; that of the area has A S^-1 in
    it likewise. Rows of one patient are added: intervals, or clones.

    Parameters
    ----------
    entry, time, weight : ndarray of float, shape (n_rows,)
        A row is at risk at t if `entry < t <= time`.
    event : ndarray of bool, shape (n_rows,)
        True for an event at `time`.
    patient : ndarray of int, shape (n_rows,)
        Number of the patient, from 0.
    horizons : ndarray of float
        Times at which to estimate.
    n_patients
        How many patients there are, also without a row.

    References
    ----------
    .. [1] Reid N. Influence functions for censored data. Ann Stat 1981;9:78-92.
       doi:10.1214/aos/1176345334

    Examples
    --------
    Of four patients one dies at 1: the variance is Greenwood's, 3/64.

    >>> start, end = np.zeros(4), np.array([1.0, 2, 2, 2])
    >>> dead = np.array([True, False, False, False])
    >>> found = estimate_influence(start, end, dead, np.ones(4), np.arange(4),
    ...     horizons=np.array([1.5]), n_patients=4)
    >>> found.survival, float((found.of_survival**2).sum() * 64)
    (array([0.75]), 3.0)
    """
    steps = np.unique(time[event])
    at_event = np.searchsorted(steps, time[event])
    died = np.bincount(at_event, weight[event], minlength=len(steps))
    first = np.searchsorted(steps, entry, side="right")
    last = np.searchsorted(steps, time, side="right")
    n_risk = mass_at_risk(first, last, weight, len(steps))
    hazard = np.minimum(died / n_risk, 1.0)
    curve = np.cumprod(1 - hazard)
    # Where nobody is left the curve is 0 and moves no more.
    spare = np.where(hazard < 1, n_risk * (1 - hazard), np.inf)
    own = np.where(event, last - 1, -1)
    edges = np.r_[0.0, steps]
    found = []
    for horizon in horizons:
        reach = int(np.searchsorted(steps, horizon, side="right"))
        within = np.arange(len(steps)) < reach
        area = np.clip(np.r_[steps, np.inf], None, horizon) - np.minimum(edges, horizon)
        parts = area * np.r_[1.0, curve]
        beyond = np.cumsum(parts[::-1])[::-1][1:]
        level = curve[reach - 1] if reach else 1.0
        for scale in (np.full(len(steps), level), beyond):
            gain = np.where(within, scale * hazard / spare, 0.0)
            loss = np.r_[np.where(within, scale / spare, 0.0), 0.0]
            sums = np.r_[0.0, np.cumsum(gain)]
            rows = weight * (sums[last] - sums[first] - loss[own])
            found.append(np.bincount(patient, rows, minlength=n_patients))
        found.append(np.array([level, parts.sum()]))
    by_horizon = [found[place : place + 3] for place in range(0, len(found), 3)]
    estimates = np.array([each[2] for each in by_horizon]).reshape(-1, 2).T
    matrices = [
        np.array([each[which] for each in by_horizon]).reshape(-1, n_patients).T
        for which in (0, 1)
    ]
    return Influence(estimates[0], estimates[1], matrices[0], matrices[1])


def mass_at_risk(
    first: np.ndarray, last: np.ndarray, weight: np.ndarray, n_steps: int
) -> np.ndarray:
    """Sum at each step the weights of the rows at risk: from step `first` to `last`."""
    ends, starts = (
        sum_after(np.bincount(at, weight, n_steps + 1))[1:] for at in (last, first)
    )
    return np.asarray(ends - starts)
