"""Mixture cure of two arms: logistic incidence, Kaplan-Meier times of the uncured."""

from typing import NamedTuple

import numpy as np

from twoarm.weights import check_weights

MOST_STEPS = 5_000
STILL = 1e-11
"""Greatest move of a share at which the steps end; of a resample, `ROUGH`."""
ROUGH = 1e-6


class Latency(NamedTuple):
    """Shares of the cured under one curve of the uncured of both arms.

    Attributes
    ----------
    shares : ndarray of float, shape (2,)
        Of the treated and of the controls.
    log_odds_ratio : float
        Of cure, treated against control; NaN where a share is 0 or 1.
    shares_drawn : ndarray of float, shape (n_resamples, 2)
        The shares of each resample.
    """

    shares: np.ndarray
    log_odds_ratio: float
    shares_drawn: np.ndarray


class _Tally(NamedTuple):
    """Weights by resample, arm and distinct time, shape (n, 2, n_times)."""

    died: np.ndarray
    left: np.ndarray
    last: np.ndarray


def fit_latency(
    time: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    weight: np.ndarray | None = None,
    copies: np.ndarray | None = None,
) -> Latency:
    """Fit a share of cured an arm, the others' times one curve for both arms.

    The EM algorithm takes turns: the chance of who is censored to be of the uncured;
    then the shares, and the curve, each such row counting by its chance. After the last
    event nobody uncured is left. The shares of the uncured are logistic in the arm;
    their times have no shape, and do not depend on it. Of one arm alone the share is
    where the Kaplan-Meier curve ends.

    Parameters
    ----------
    time, event : ndarray, shape (n_patients,)
        Times, positive, and whether each ended with an event.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    weight : ndarray of float, shape (n_patients,), optional
        Positive weights.
    copies : ndarray of int, shape (n_resamples, n_patients), optional
        How often each resample has each patient; none without it.

    References
    ----------
    .. [1] Taylor JMG. Semi-parametric estimation in failure time mixture models.
       Biometrics 1995;51:899-907. doi:10.2307/2532991
    .. [2] Sy JP, Taylor JMG. Estimation in a Cox proportional hazards cure model.
       Biometrics 2000;56:227-236. doi:10.1111/j.0006-341X.2000.00227.x

    Examples
    --------
    Arms alike: one of two has the event, so the curve of all ends at one half.

    >>> time, event = np.array([1.0, 9, 1, 9]), np.array([1, 0, 1, 0], bool)
    >>> found = fit_latency(time, event, np.array([True, True, False, False]))
    >>> found.shares.round(9).tolist(), round(found.log_odds_ratio, 9)
    ([0.5, 0.5], 0.0)
    """
    check_weights(weight)
    mass = np.ones(len(time)) if weight is None else weight
    arm = np.where(treated, 0, 1)
    shares = _climb(_tally(time, event, arm, mass[None, :]), STILL)[0]
    drawn = np.empty((0, 2))
    if copies is not None:
        drawn = _climb(_tally(time, event, arm, copies * mass), ROUGH)
    return Latency(shares, float(log_odds_ratio(shares)), drawn)


def log_odds_ratio(shares: np.ndarray) -> np.ndarray:
    """Return the log odds ratio of cure, treated against control; NaN beyond it."""
    inside = ((shares > 0) & (shares < 1)).all(axis=-1, keepdims=True)
    held = np.where(inside, shares, np.nan)
    logits = np.log(held / (1 - held))
    return np.asarray(logits[..., 0] - logits[..., 1])


def _tally(
    time: np.ndarray, event: np.ndarray, arm: np.ndarray, masses: np.ndarray
) -> _Tally:
    times, place = np.unique(time, return_inverse=True)
    size, cell = len(times), arm * len(times) + place
    died, left = (
        np.array([np.bincount(cell[rows], each[rows], 2 * size) for each in masses])
        for rows in (event, ~event)
    )
    died, left = died.reshape(-1, 2, size), left.reshape(-1, 2, size)
    dead = died.sum(axis=1) > 0
    last = dead.shape[1] - 1 - np.argmax(dead[:, ::-1], axis=1)
    return _Tally(died, left, np.where(dead.any(axis=1), last, -1))


def _climb(tally: _Tally, still: float) -> np.ndarray:
    """Take turns until no share moves; shape (n_resamples, 2)."""
    total = (tally.died + tally.left).sum(axis=2)
    died = tally.died.sum(axis=1)
    ended = np.arange(died.shape[1]) >= tally.last[:, None]
    uncured = np.where(ended, 0.0, 1.0)[:, None, :] * np.ones((1, 2, 1))
    shares = np.full((len(died), 2), np.nan)
    for _ in range(MOST_STEPS):
        mass = tally.died + tally.left * uncured
        at_risk = np.cumsum(mass.sum(axis=1)[:, ::-1], axis=1)[:, ::-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            hazard = np.where(died > 0, died / at_risk, 0.0)
            chance = mass.sum(axis=2) / total
        curve = np.where(ended, 0.0, np.cumprod(1 - np.minimum(hazard, 1), axis=1))
        both = chance[:, :, None] * curve[:, None, :]
        floor = 1 - chance[:, :, None] + both
        uncured = np.divide(both, floor, out=np.zeros_like(both), where=floor > 0)
        moved = np.abs(1 - chance - shares)
        shares = 1 - chance
        if np.nanmax(moved, initial=0.0) <= still and np.isfinite(moved).any():
            break
    return shares
