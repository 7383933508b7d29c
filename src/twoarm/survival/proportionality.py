"""Are hazards proportional: tests, and the log hazard ratio along time."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from twoarm.engine import fit_residuals
from twoarm.fits import NO_TEST, ChiSquared, Residuals
from twoarm.formula import expand_spline
from twoarm.survival.score_rows import ScoreRows, score_rows
from twoarm.survival.stack import Stack

SCALES = {"km": "1 - S(t-)", "rank": "rank", "identity": "t", "log": "log(t)"}
DEGREES = 4
"""Degrees of freedom of a smooth, as R's `plot.cox.zph` has them."""
PLACES = 40
"""Places of R's plot; its knots are quantiles of these and the events together."""
FLAT = 1e-10
"""Least variance of a score, over its square's size, that is more than rounding."""


class Smooth(NamedTuple):
    """Log hazard ratios along time, shape (n_places, n_terms), and their errors."""

    estimate: np.ndarray
    std_error: np.ndarray


def assess_proportionality(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    entry: np.ndarray | None = None,
    *,
    transform: str = "km",
) -> ChiSquared:
    """Test proportional hazards of all terms together: the last of `assess_terms`."""
    return assess_terms(time, event, matrix, entry, transform=transform)[-1]


def assess_terms(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    entry: np.ndarray | None = None,
    *,
    weight: np.ndarray | None = None,
    transform: str = "km",
) -> list[ChiSquared]:
    """Test proportional hazards of each term, then of all together.

    Weights count as copies, as in R; for a variance that is valid with them, or with
    sets, see `assess_robustly`.

    Parameters
    ----------
    time, event, matrix, weight, entry
        As in `twoarm.engine.fit_cox`.
    transform
        Scale of time on which a trend is looked for: `km`, which is 1 - S(t-) of all
        rows without weights; `rank` among the times of all rows; `identity`; `log`.

    References
    ----------
    .. [1] Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on
       weighted residuals. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515
    """
    how = {"weight": weight, "entry": entry}
    found = fit_residuals(time, event, matrix, **how, transform=transform)
    return [NO_TEST] * (matrix.shape[1] + 1) if found is None else found.tests


def assess_robustly(
    both: Stack, matrix: np.ndarray, *, transform: str = "km"
) -> list[ChiSquared]:
    """Test proportional hazards of each term, then of all, with a robust variance.

    The score is that of `assess_terms`. Its variance is the sum of squares of what each
    patient, or set, adds to it, less what the estimates of the hazard ratios take away:
    the generalised score test. It takes neither weights for copies, nor the members of
    a set for strangers.

    Parameters
    ----------
    both
        The arms, stacked; of weights, sets and entries what there is.
    matrix : ndarray of float, shape (n_rows, n_terms)
        Covariates, the treatment among them.
    transform
        As in `assess_terms`.

    References
    ----------
    .. [1] Boos DD. On generalized score tests. Am Stat 1992;46:327-333.
       doi:10.1080/00031305.1992.10475921
    .. [2] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model.
       J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874
    """
    terms = matrix.shape[1]
    how = {"weight": both.weight, "entry": both.entry}
    found = fit_residuals(both.time, both.event, matrix, **how, transform=transform)
    if found is None:
        return [NO_TEST] * (terms + 1)
    place = _at_steps(found, both.time[both.event])
    place = place - found.place.mean()
    functions = np.column_stack([np.ones(len(place)), place])
    rows, information = _score(both, matrix, found, functions)
    taken = np.linalg.solve(information[0, 0], information[0, 1]).T
    parts = sum_clusters(rows[:, 1] - rows[:, 0] @ taken.T, both.cluster)
    score, variance = rows[:, 1].sum(axis=0), parts.T @ parts
    each = [np.array([column]) for column in range(terms)]
    return [_test(score, variance, which) for which in [*each, np.arange(terms)]]


def _test(score: np.ndarray, variance: np.ndarray, which: np.ndarray) -> ChiSquared:
    part, spread = score[which], variance[np.ix_(which, which)]
    scale = np.sqrt(np.diag(spread))
    if not (scale > FLAT * np.maximum(1.0, np.abs(part))).all():
        return NO_TEST
    correlation = spread / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < FLAT:
        return NO_TEST
    statistic = float(part / scale @ np.linalg.solve(correlation, part / scale))
    degrees = float(len(which))
    p_value = float(chdtrc(degrees, max(statistic, 0.0)))
    return ChiSquared(statistic, degrees, p_value)


def smooth_residuals(
    found: Residuals, both: Stack, matrix: np.ndarray, at: np.ndarray
) -> Smooth | None:
    """Draw a natural spline through scaled Schoenfeld residuals, against time.

    Without weights and sets the error is that of R's `plot.cox.zph`, which holds if the
    hazards are proportional. With them it is robust: the spline's coefficients are one
    step from the estimates along their scores, so that what each patient, or set, adds
    to these scores gives it.

    Parameters
    ----------
    found
        From `twoarm.engine.fit_residuals`, of the arms and the matrix given.
    both, matrix
        As in `assess_robustly`.
    at : ndarray of float, shape (n_places,)
        Places on the scale of time at which the log hazard ratios are asked for.

    Returns
    -------
    Smooth or None
        None where the events have too few distinct times for the spline.

    References
    ----------
    .. [1] Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on
       weighted residuals. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515
    """
    place = found.place
    grid = np.linspace(place.min(), place.max(), PLACES)
    knots = np.quantile(np.r_[grid, place], np.linspace(0, 1, DEGREES))
    if len(np.unique(place)) < DEGREES or (np.diff(knots) <= 0).any():
        return None
    basis, asked = (_basis(each, knots) for each in (place, at))
    inverse = np.linalg.pinv(basis)
    if np.linalg.matrix_rank(basis) < DEGREES:
        return None
    if both.weight is None and both.cluster is None:
        spread = np.outer(
            ((asked @ inverse) ** 2).sum(axis=1), np.diag(found.covariance)
        )
        return Smooth(asked @ inverse @ found.scaled, np.sqrt(spread))
    functions = _basis(_at_steps(found, both.time[both.event]), knots)
    rows, _ = _score(both, matrix, found, functions)
    # ORACLE: R divides residuals by a variance with weights but does not multiply them
    # by these, so that their mean is not the estimate. Here a death counts its weight.
    line = asked @ inverse @ inverse.T
    moved = line @ rows.sum(axis=0) @ found.covariance
    summed = sum_clusters(rows.reshape(len(rows), -1), both.cluster)
    summed = summed.reshape(-1, *rows.shape[1:]) @ found.covariance
    error = np.sqrt((np.einsum("af,cfj->caj", line, summed) ** 2).sum(axis=0))
    return Smooth(found.estimate + moved, error)


def _score(
    both: Stack, matrix: np.ndarray, found: Residuals, functions: np.ndarray
) -> ScoreRows:
    named = (both.time, both.event, matrix, found.estimate, functions)
    return score_rows(*named, weight=both.weight, entry=both.entry)


def _basis(place: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(place)), expand_spline(place, knots)])


def _at_steps(found: Residuals, time: np.ndarray) -> np.ndarray:
    """Read the scale of time at each distinct time of an event."""
    steps = np.unique(time)
    return found.place[np.searchsorted(found.time, steps)]


def sum_clusters(parts: np.ndarray, cluster: np.ndarray | None) -> np.ndarray:
    """Sum rows by who belongs together, shape (n_clusters, n_columns)."""
    if cluster is None:
        return parts
    _, number = np.unique(cluster, return_inverse=True)
    return np.column_stack([np.bincount(number, each) for each in parts.T])
