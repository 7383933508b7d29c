"""The infinitesimal jackknife of a weighted survival curve, at all of its times."""

import numpy as np

from twoarm.ties import Ties, sum_after


def estimate_jackknife(ties: Ties, event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Estimate the standard error of log S at each time, of patients with weights.

    With n at risk and the hazard h at a time, let g = h / (n (1 - h)), and G its sum up
    to a time. The derivative of log S(t) by the weight of a patient is G(t) while
    followed, and stays at G(T) after T, less 1 / (n (1 - h)) at T for an event. It is
    the same for all that leave at one time with or without an event, so the sum of
    squares of weight times derivative is one of squared weights by time: one pass,
    where a row a patient and time would be quadratic.

    Parameters
    ----------
    ties
        Distinct times and the place of each patient's, of `twoarm.ties.find_ties`.
    event : ndarray of bool, shape (n_patients,)
        True for an event.
    weight : ndarray of float, shape (n_patients,)
        Positive weights.

    Returns
    -------
    ndarray of float, shape (n_times,)
        Without meaning where all that are at risk have the event, and after.

    References
    ----------
    .. [1] Reid N. Influence functions for censored data. Ann Stat 1981;9:78-92.
       doi:10.1214/aos/1176345334

    Examples
    --------
    Of four patients one dies at 1: S is 3/4, and its error is Greenwood's.

    >>> ties = Ties(np.array([1.0, 2.0]), np.array([0, 1, 1, 1]))
    >>> error = estimate_jackknife(ties, np.array([True] + 3 * [False]), np.ones(4))
    >>> round(float((error[0] * 3 / 4) ** 2 * 64), 9)
    3.0
    """
    cell, size = 2 * ties.place + event, 2 * len(ties.times)
    mass = np.bincount(cell, weight, size).reshape(-1, 2)
    squares = np.bincount(cell, weight**2, size).reshape(-1, 2)
    n_risk = sum_after(mass.sum(axis=1))
    hazard = mass[:, 1] / n_risk
    spare = np.where(hazard < 1, n_risk * (1 - hazard), np.inf)
    growth = np.cumsum(hazard / spare)
    moves = np.column_stack([growth, growth - 1 / spare])
    left = np.cumsum((squares * moves**2).sum(axis=1))
    staying = np.r_[sum_after(squares.sum(axis=1))[1:], 0.0]
    return np.asarray(np.sqrt(growth**2 * staying + left))
