"""Mixture cure: a share that will never have the event, the others' times Weibull."""

import itertools
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from twoarm.weights import check_weights

SHARES = (0.1, 0.3, 0.6)
SHAPES = (0.7, 1.0, 1.8)
"""Shares of the cured and shapes of the times from which the search starts."""
ENOUGH = 2_000
"""Patients from which the best start is told."""
MOST_STEPS = 100
FLAT = 1e-8
"""Relative slope of the log-likelihood at which the search has ended."""
NEVER = -9.0
"""Log odds of cure below which nobody is cured."""


class Cure(NamedTuple):
    """A mixture cure model of one arm; NaN where the likelihood has no maximum inside.

    Attributes
    ----------
    log_odds, scale, shape : float
        Of cure, and of the Weibull times of the uncured, in the unit of the times.
    share, std_error : float
        Share of the cured, and its error: of the observed information, or robust.
    influence : ndarray of float, shape (n_patients,)
        A patient's weight times the derivative of the share by it.
    likelihood : float
        Log-likelihood.
    """

    log_odds: float
    scale: float
    shape: float
    share: float
    std_error: float
    influence: np.ndarray
    likelihood: float

    def survival_of_uncured(self, time: float) -> float:
        """Return the survival of those who are not cured."""
        return float(np.exp(-((time / self.scale) ** self.shape)))


class _Slopes(NamedTuple):
    """Log-likelihood, its slopes by row, and its curvature, by (log odds, a, b)."""

    likelihood: float
    rows: np.ndarray
    curvature: np.ndarray


def fit_cure(
    time: np.ndarray, event: np.ndarray, weight: np.ndarray | None = None
) -> Cure:
    """Fit S(t) = p + (1 - p) exp(-(t / scale)^shape) by maximum likelihood.

    The search runs from several starts, with first and second derivatives, on the log
    odds of p and the logarithms of scale and shape. Where it ends at p = 0, or the
    likelihood is flat there, no share is estimated.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to event or censoring, positive.
    event : ndarray of bool, shape (n_patients,)
        True for an event.
    weight : ndarray of float, shape (n_patients,), optional
        Positive weights; with them the error is robust.

    References
    ----------
    .. [1] Farewell VT. The use of mixture models for the analysis of survival data with
       long-term survivors. Biometrics 1982;38:1041-1046. doi:10.2307/2529885
    """
    check_weights(weight)
    mass = np.ones(len(time)) if weight is None else weight / weight.mean()
    unknown = (np.nan, np.nan, np.nan, np.nan, np.nan)
    nothing = Cure(*unknown, np.full(len(time), np.nan), np.nan)
    if event.sum() < 3 or event.all():
        return nothing
    unit = float(np.median(time[event]))
    logs = np.log(time / unit)
    best = _search(logs, event, mass)
    at = _slopes(best, logs, event, mass)
    scale = np.sqrt(np.abs(np.diag(at.curvature)))
    if best[0] < NEVER or best[0] > -NEVER or not (scale > 0).all():
        return nothing
    roots = np.linalg.eigvalsh(-at.curvature / np.outer(scale, scale))
    if roots[0] <= FLAT or np.abs(at.rows.sum(axis=0)).max() > 1e-4 * len(time):
        return nothing
    spread = np.linalg.inv(-at.curvature)
    share = float(expit(best[0]))
    slope = share * (1 - share)
    influence = slope * (at.rows @ spread[0])
    robust = float((influence**2).sum()) ** 0.5
    error = slope * float(spread[0, 0]) ** 0.5 if weight is None else robust
    # The Jacobian of the unit: each event's density is by the time as it is given.
    likelihood = at.likelihood - float(mass[event].sum()) * float(np.log(unit))
    shape = float(np.exp(best[2]))
    found = (float(best[0]), float(np.exp(best[1])) * unit, shape, share, error)
    return Cure(*found, influence, likelihood)


def _search(logs: np.ndarray, event: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return the best end of all starts; of many patients every n-th is tried first."""
    order = np.lexsort((mass, event, logs))[:: max(1, len(logs) // ENOUGH)]
    few = (logs[order], event[order], mass[order])
    starts = (
        np.array([logit(share), 0.0, np.log(shape)])
        for share, shape in itertools.product(SHARES, SHAPES)
    )
    best = min((_climb(each, *few) for each in starts), key=lambda end: end[0])[1]
    found = _climb(best, logs, event, mass)[1]
    # Two more of Newton's steps reach the last digits.
    for _ in range(2):
        at = _slopes(found, logs, event, mass)
        if np.linalg.eigvalsh(-at.curvature)[0] > 0:
            step = np.linalg.solve(-at.curvature, at.rows.sum(axis=0))
            found = found + step * (np.abs(step).max() < 1e-2)
    return np.asarray(found)


def _climb(
    start: np.ndarray, logs: np.ndarray, event: np.ndarray, mass: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the negative log-likelihood where one search ends, and where that is."""

    def minus(at: np.ndarray) -> tuple[float, np.ndarray]:
        found = _slopes(at, logs, event, mass)
        return -found.likelihood, -found.rows.sum(axis=0)

    def curvature(at: np.ndarray) -> np.ndarray:
        return -_slopes(at, logs, event, mass).curvature

    options = {"gtol": FLAT * len(logs), "maxiter": MOST_STEPS}
    how = {"jac": True, "hess": curvature, "method": "trust-exact"}
    end = minimize(minus, start, **how, options=options)
    return float(end.fun), np.asarray(end.x)


def _slopes(
    at: np.ndarray, logs: np.ndarray, event: np.ndarray, mass: np.ndarray
) -> _Slopes:
    """Differentiate, with z = shape (log t - log scale), u = exp(z) the hazard so far.

    Of who is censored, `cured` is the chance to be so, given survival until then.
    """
    share, shape = expit(at[0]), np.exp(np.clip(at[2], -20, 20))
    z = np.clip(shape * (logs - at[1]), -500, 500)
    u = np.exp(np.minimum(z, 600))
    cured = expit(at[0] + u)
    log_cured, log_uncured = -np.logaddexp(0, -at[0]), -np.logaddexp(0, at[0])
    dead = log_uncured + at[2] - logs + z - u
    alive = np.logaddexp(log_cured, log_uncured - u)
    likelihood = float(mass @ np.where(event, dead, alive))
    mixed = np.where(cured < 1, cured * (1 - cured), 0.0)
    left = np.exp(np.log(u) - np.logaddexp(0, at[0] + u))
    by_odds = np.where(event, 0.0, cured) - share
    by_z = np.where(event, 1 - u, -left)
    rows = np.column_stack([by_odds, -shape * by_z, by_z * z + event])
    odds_odds = np.where(event, 0.0, mixed) - share * (1 - share)
    odds_z = np.where(event, 0.0, cured * left)
    z_z = np.where(event, -u, -left + cured * left * u)
    cells = {
        (0, 0): odds_odds,
        (0, 1): -shape * odds_z,
        (0, 2): odds_z * z,
        (1, 1): z_z * shape**2,
        (1, 2): -shape * (z_z * z + by_z),
        (2, 2): z_z * z**2 + by_z * z,
    }
    curvature = np.zeros((3, 3))
    for (i, j), cell in cells.items():
        curvature[i, j] = curvature[j, i] = mass @ cell
    return _Slopes(likelihood, mass[:, None] * rows, curvature)
