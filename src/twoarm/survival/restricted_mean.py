"""Restricted mean survival time: the area under a survival curve up to a horizon."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from twoarm.survival.influence import estimate_influence
from twoarm.weights import check_weights


class Estimate(NamedTuple):
    """An estimate and its standard error."""

    estimate: float
    std_error: float


def estimate_rmst(
    time: np.ndarray,
    event: np.ndarray,
    horizon: float,
    weight: np.ndarray | None = None,
) -> Estimate:
    """Estimate the restricted mean survival time by the area under Kaplan-Meier.

    Without weights the variance is Greenwood's plug-in, the sum over event times u of
    A(u)^2 d / (n (n - d)), with A(u) the area from u to the horizon. With weights it is
    the infinitesimal jackknife: the sum of squares of each patient's weight times the
    derivative of the area by it.

    Parameters
    ----------
    time, event, weight
        Of one arm, shape (n_patients,); at risk at t if `time >= t`.
    horizon
        Horizon in the unit of `time`, within the follow-up.

    References
    ----------
    .. [1] Royston P, Parmar MKB. Restricted mean survival time: an alternative to the
       hazard ratio. BMC Med Res Methodol 2013;13:152. doi:10.1186/1471-2288-13-152

    Examples
    --------
    >>> time = np.array([3.0, 5, 5, 8, 10, 12])
    >>> event = np.array([True, True, False, True, False, True])
    >>> round(estimate_rmst(time, event, 12.0).estimate, 4)
    8.4444
    """
    return estimate_rmst_along(time, event, [horizon], weight)[0]


def estimate_rmst_along(
    time: np.ndarray,
    event: np.ndarray,
    horizons: Sequence[float],
    weight: np.ndarray | None = None,
) -> list[Estimate]:
    """Estimate the restricted mean survival time up to each of several horizons.

    Parameters are those of `estimate_rmst`.
    """
    check_weights(weight)
    if weight is None:
        return [_unweighted(time, event, each) for each in horizons]
    found = estimate_influence(
        np.zeros(len(time)),
        time,
        event,
        weight,
        np.arange(len(time)),
        horizons=np.array(horizons),
        n_patients=len(time),
    )
    variances = (found.of_mean**2).sum(axis=0).tolist()
    pairs = zip(found.mean.tolist(), variances, strict=True)
    return [Estimate(mean, variance**0.5) for mean, variance in pairs]


def _unweighted(time: np.ndarray, event: np.ndarray, horizon: float) -> Estimate:
    steps, place = np.unique(time, return_inverse=True)
    n_event = np.bincount(place, event, minlength=len(steps))
    leaving = np.bincount(place, minlength=len(steps))
    n_risk = np.cumsum(leaving[::-1])[::-1]
    survival = np.cumprod(1 - n_event / n_risk)
    edges = np.minimum(np.r_[0.0, steps], horizon)
    area = np.diff(np.r_[edges, horizon]) * np.r_[1.0, survival]
    beyond = (np.cumsum(area[::-1])[::-1])[1:]
    # Nobody is left after a last event: the curve is 0 and so is the area beyond.
    counts = (steps <= horizon) & (beyond > 0)
    survivors = np.where(counts, n_risk - n_event, 1.0)
    terms = np.where(counts, beyond**2 * n_event / (n_risk * survivors), 0.0)
    return Estimate(float(area.sum()), float(terms.sum()) ** 0.5)
