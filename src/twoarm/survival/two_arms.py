"""Contrasts of two arms, in a form cheap enough to repeat a thousand times.

A resample differs from the patients in nothing but how often each is in it, so times
are sorted once (`two_arms_of`) and every resample is two arrays beside them: `copies`,
how many units a patient is, and `weight`, what these weigh together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from twoarm.ties import find_ties
from twoarm.weights import check_weights

STILL = 1e-10
"""Step of a log hazard ratio, relative to its size above 1, that is Newton's last."""
MOST_STEPS = 100


class TwoArms(NamedTuple):
    """Patients of two arms by the order of their times; made by `two_arms_of`.

    Attributes
    ----------
    times : ndarray of float, shape (n_times,)
        Distinct times, rising.
    cell : ndarray of int, shape (n_patients,)
        Place of a patient's time among them, and `n_times` more for the treated.
    dead : ndarray of int
        Rows of the patients with an event.
    """

    times: np.ndarray
    cell: np.ndarray
    dead: np.ndarray


class TwoArmFit(NamedTuple):
    """A log hazard ratio, treated against control.

    `std_error` is the model-based one, and None with weights, which it would take for
    copies of patients. NaN where the likelihood has no single maximum.
    """

    estimate: float
    std_error: float | None


class Contrasts(NamedTuple):
    """Contrasts of two arms, treated less control; NaN where undefined.

    Attributes
    ----------
    log_hazard_ratio
        As `fit_arms` has it.
    survival_difference : ndarray of float, shape (n_horizons,)
        Difference of Kaplan-Meier survival.
    rmst_difference
        Difference of restricted means, in the unit of the times.
    """

    log_hazard_ratio: float
    survival_difference: np.ndarray
    rmst_difference: float


class _Tally(NamedTuple):
    """Sums at each distinct time; those of the arms as (2, n_times), control first."""

    at_risk: np.ndarray
    died: np.ndarray
    deaths: np.ndarray


def two_arms_of(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> TwoArms:
    """Sort two arms by time, once for any number of resamples and weights.

    Times that differ by rounding are made one, as `twoarm.ties.find_ties` has it.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to event or censoring, positive.
    event, treated : ndarray of bool, shape (n_patients,)
        True for an event, and for the treated arm.
    """
    times, step = find_ties(time)
    return TwoArms(times, step + len(times) * treated, np.flatnonzero(event))


def fit_two_arms(
    time: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    weight: np.ndarray | None = None,
) -> TwoArmFit:
    """Fit a Cox regression of the one covariate treated, ties by Efron.

    Parameters
    ----------
    time, event, treated
        As in `two_arms_of`.
    weight : ndarray of float, shape (n_patients,), optional
        Weights; one of 0 leaves a patient out.

    Examples
    --------
    The treated die first and third of three: the maximum is at -log(2) / 2.

    >>> time, treated = np.array([1.0, 2, 3]), np.array([True, False, True])
    >>> fit = fit_two_arms(time, np.ones(3, bool), treated)
    >>> round(float(np.exp(2 * fit.estimate)), 9)
    0.5
    """
    check_weights(None if weight is None else weight[weight != 0])
    return fit_arms(two_arms_of(time, event, treated), weight=weight)


def fit_arms(
    arms: TwoArms,
    *,
    copies: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> TwoArmFit:
    """Fit a Cox regression of the one covariate treated, on arms already sorted.

    The same numbers as `twoarm.engine.fit_cox` on rows that are copied. Deaths at one
    time, and the copies of a death, are tied: Efron's rule with the mean weight of the
    units that die, as R has it. A weight of 2 is therefore not two copies.

    Parameters
    ----------
    arms
        From `two_arms_of`.
    copies : ndarray of int, shape (n_patients,), optional
        Units that each patient is; 0 leaves it out. One by default.
    weight : ndarray of float, shape (n_patients,), optional
        What the units of each patient weigh together, positive if there are any. Their
        number by default.

    Returns
    -------
    TwoArmFit
        NaN unless a treated and a control die while both arms are at risk: else the
        likelihood grows for ever, or is flat.

    References
    ----------
    .. [1] Efron B. The efficiency of Cox's likelihood function for censored data.
       J Am Stat Assoc 1977;72:557-565. doi:10.1080/01621459.1977.10480613
    """
    return _fit(_tally(arms, copies, weight), weighted=weight is not None)


def estimate_two_arms(
    arms: TwoArms,
    *,
    horizons: Sequence[float],
    rmst_horizon: float | None = None,
    copies: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> Contrasts:
    """Estimate hazard ratio, survival differences and difference of restricted means.

    Parameters
    ----------
    arms, copies, weight
        As in `fit_arms`.
    horizons, rmst_horizon
        In the unit of the times; no restricted mean if None. Beyond the last time of an
        arm nothing is known and the difference is NaN.
    """
    tally = _tally(arms, copies, weight)
    hazard = tally.died / np.where(tally.at_risk > 0, tally.at_risk, 1.0)
    curve = np.column_stack([np.ones(2), np.cumprod(1 - hazard, axis=1)])
    at = np.searchsorted(arms.times, horizons, side="right")
    ends = [_last(arms.times[row > 0]) for row in tally.at_risk]
    known = np.asarray(horizons, float) <= min(ends)
    mean = np.nan
    if rmst_horizon is not None and rmst_horizon <= min(ends):
        edges = np.minimum(np.r_[0.0, arms.times, np.inf], rmst_horizon)
        control, treated = curve @ np.diff(edges)
        mean = float(treated - control)
    return Contrasts(
        _fit(tally, weighted=weight is not None).estimate,
        np.where(known, curve[1, at] - curve[0, at], np.nan),
        mean,
    )


def _last(times: np.ndarray) -> float:
    """Return the end of an arm's follow-up; before all times if nobody is in it."""
    return float(times[-1]) if times.size else -np.inf


def _tally(
    arms: TwoArms, copies: np.ndarray | None, weight: np.ndarray | None
) -> _Tally:
    """Sum who is at risk and who dies; a patient is at risk at t if `time >= t`."""
    size, dead = len(arms.times), arms.dead
    if copies is None:
        copies = np.ones(len(arms.cell)) if weight is None else weight > 0
    mass = copies if weight is None else weight
    leaving = np.bincount(arms.cell, mass, 2 * size).reshape(2, size)
    died = np.bincount(arms.cell[dead], mass[dead], 2 * size).reshape(2, size)
    deaths = np.bincount(arms.cell[dead] % size, copies[dead], size)
    # From the end, so that nobody is exactly 0.
    return _Tally(np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1], died, deaths)


def _fit(tally: _Tally, *, weighted: bool) -> TwoArmFit:
    """Maximise the partial likelihood: a logistic regression with an offset.

    Each death of Efron's is one draw from those at risk: the treated weight `a1`, the
    controls' `a0`, and its chance to be of the treated is expit(b + log(a1 / a0)).
    """
    both = np.flatnonzero((tally.deaths > 0) & (tally.at_risk > 0).all(axis=0))
    died, deaths = tally.died[:, both], tally.deaths[both]
    of_control, of_treated = died.sum(axis=1)
    if not (of_control > 0 and of_treated > 0):
        return TwoArmFit(np.nan, None if weighted else np.nan)
    draw = np.repeat(np.arange(len(both)), deaths.astype(int))
    earlier = np.arange(len(draw)) - (np.cumsum(deaths) - deaths)[draw]
    left = tally.at_risk[:, both[draw]] - earlier / deaths[draw] * died[:, draw]
    share = (died.sum(axis=0) / deaths)[draw]
    # From the side of the lighter deaths, whose sum keeps its digits.
    side = 1.0 if of_treated <= of_control else -1.0
    offset = side * np.log(left[1] / left[0])
    estimate, information = _climb(offset, share, min(of_treated, of_control))
    return TwoArmFit(side * estimate, None if weighted else information**-0.5)


def _climb(
    offset: np.ndarray, share: np.ndarray, observed: float
) -> tuple[float, float]:
    """Solve observed = sum of share * expit(b + offset): Newton, kept in a bracket."""
    total = share.sum()
    beta = float(logit(observed / total) - share @ offset / total)
    low, high = -np.inf, np.inf
    for _ in range(MOST_STEPS):
        chance = expit(beta + offset)
        gap = float(observed - share @ chance)
        information = float(share @ (chance * (1 - chance)))
        low, high = (beta, high) if gap > 0 else (low, beta)
        step = gap / information if information > 0 else np.copysign(np.inf, gap)
        if min(abs(step), high - low) <= STILL * max(1.0, abs(beta)):
            return float(np.clip(beta + step, low, high)), information
        # Newton's step may leave the bracket where the slope is all but flat.
        beta += step if abs(step) < 2 else np.copysign(2.0, step)
        if not low < beta < high:
            beta = (low + high) / 2
    return np.nan, np.nan
