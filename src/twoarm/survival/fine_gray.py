"""The regression of Fine and Gray: hazard of a subdistribution, with exact errors."""

from typing import NamedTuple

import numpy as np

from twoarm.survival.influence import mass_before

STILL = 1e-9
"""Newton's steps end where one moves no log hazard by more, across a covariate."""
FAR = 25.0
"""Log hazard ratio across a covariate beyond which the likelihood grows for ever."""
MOST_STEPS = 50


class FineGray(NamedTuple):
    """Log subdistribution hazard ratios, shape (n_terms,); NaN without a maximum."""

    estimate: np.ndarray
    std_error: np.ndarray


class _Sample(NamedTuple):
    """Rows by time; `steps` are the times of events of interest.

    `place` is the first row at or after each step, `deaths` the weight of its events,
    `ahead` the chance to be uncensored until just before it, `own` that of each row.
    """

    time: np.ndarray
    cause: np.ndarray
    matrix: np.ndarray
    weight: np.ndarray
    steps: np.ndarray
    place: np.ndarray
    deaths: np.ndarray
    ahead: np.ndarray
    own: np.ndarray


class _Sums(NamedTuple):
    """Weighted sums over who is at risk at each step, and of Newton's step."""

    mean: np.ndarray
    hazard: np.ndarray
    score: np.ndarray
    information: np.ndarray
    likelihood: float


def fit_fine_gray(
    time: np.ndarray,
    cause: np.ndarray,
    matrix: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    of_censoring: bool = True,
) -> FineGray:
    """Fit the proportional hazards model of a subdistribution, ties by Breslow.

    Who had a competing event stays at risk, with the chance G(t-) / G(T-) not to be
    censored since; G is Kaplan-Meier's, of all rows and without weights, with events
    of a time at risk of being censored then. The standard error is a sandwich: of the
    score residuals, and of what the estimation of G adds to them. Its sums run over
    the sorted times once forwards and once backwards, so that the cost is of sorting.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to whatever came first, positive.
    cause : ndarray of int, shape (n_patients,)
        1 the event, 2 a competing one, 0 censored.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates.
    weight : ndarray of float, shape (n_patients,), optional
        Positive weights, 1 by default.
    cluster : ndarray of int, shape (n_patients,), optional
        Who belongs together; each patient alone by default.
    of_censoring
        Whether the error counts that G is estimated; R's `coxph` on rows of `finegray`
        does not.

    References
    ----------
    .. [1] Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a
       competing risk. J Am Stat Assoc 1999;94:496-509.
       doi:10.1080/01621459.1999.10474144
    .. [2] Kawaguchi ES, Shen JI, Suchard MA, Li G. Scalable algorithms for large
       competing risks data. J Comput Graph Stat 2021;30:685-693.
       doi:10.1080/10618600.2020.1841650

    Examples
    --------
    Without competing events it is Cox's regression:

    >>> x = np.array([[1.0], [0], [1], [0]])
    >>> found = fit_fine_gray(np.array([1.0, 2, 3, 4]), np.array([1, 1, 1, 0]), x)
    >>> bool(0 < found.estimate[0] < 2)
    True
    """
    order = np.argsort(time, kind="stable")
    rows = _read_sample(time, cause, matrix, weight, order)
    spread = np.ptp(matrix, axis=0)
    nothing = np.full(matrix.shape[1], np.nan)
    beta = _climb(rows, spread)
    if beta is None:
        return FineGray(nothing, nothing)
    sums = _sum_risk(rows, beta)
    residuals = _residuals(rows, beta, sums)
    if of_censoring:
        residuals = residuals + _residuals_of_censoring(rows, beta, sums)
    if cluster is not None:
        _, number = np.unique(cluster[order], return_inverse=True)
        residuals = np.column_stack([np.bincount(number, each) for each in residuals.T])
    bread = np.linalg.inv(sums.information)
    error = np.sqrt(((residuals @ bread) ** 2).sum(axis=0))
    return FineGray(beta, error)


def _read_sample(
    time: np.ndarray,
    cause: np.ndarray,
    matrix: np.ndarray,
    weight: np.ndarray | None,
    order: np.ndarray,
) -> _Sample:
    time, cause = time[order], cause[order]
    weight = np.ones(len(time)) if weight is None else weight[order]
    # A covariate counts from its mean, so that its sums keep their digits.
    matrix = (matrix - matrix.mean(axis=0))[order]
    steps = np.unique(time[cause == 1])
    at_step = np.searchsorted(steps, time[cause == 1])
    deaths = np.bincount(at_step, weight[cause == 1], minlength=len(steps))
    own = _uncensored_before(time, cause, time)
    ahead = _uncensored_before(time, cause, steps)
    place = np.searchsorted(time, steps, side="left")
    return _Sample(time, cause, matrix, weight, steps, place, deaths, ahead, own)


def _uncensored_before(
    time: np.ndarray, cause: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """Estimate the chance not to be censored before some times."""
    times, lost = np.unique(time[cause == 0], return_counts=True)
    n_risk = len(time) - np.searchsorted(time, times, side="left")
    curve = np.r_[1.0, np.cumprod(1 - lost / n_risk)]
    return np.asarray(curve[np.searchsorted(times, at, side="left")])


def _climb(rows: _Sample, spread: np.ndarray) -> np.ndarray | None:
    """Maximise the likelihood by Newton's steps, halved where they overshoot."""
    beta = np.zeros(rows.matrix.shape[1])
    if not len(rows.steps):
        return None
    sums = _sum_risk(rows, beta)
    for _ in range(MOST_STEPS):
        scale = np.diag(sums.information)
        if (scale <= 0).any() or np.linalg.cond(
            sums.information / np.sqrt(np.outer(scale, scale))
        ) > 1 / STILL:
            return None
        step = np.linalg.solve(sums.information, sums.score)
        if (np.abs(step) * spread <= STILL).all():
            return np.asarray(beta + step)
        for _ in range(MOST_STEPS):
            ahead = _sum_risk(rows, beta + step)
            if ahead.likelihood >= sums.likelihood - STILL:
                break
            step = step / 2
        beta, sums = beta + step, ahead
        if (np.abs(beta) * spread > FAR).any():
            return None
    return None


def _sum_risk(rows: _Sample, beta: np.ndarray) -> _Sums:
    """Sum weights, covariates and their products over who is at risk at each step."""
    line = rows.matrix @ beta
    risk = rows.weight * np.exp(line)
    n, terms = rows.matrix.shape
    powers = np.concatenate(
        [
            np.ones((n, 1)),
            rows.matrix,
            (rows.matrix[:, :, None] * rows.matrix[:, None, :]).reshape(n, -1),
        ],
        axis=1,
    )
    parts = risk[:, None] * powers
    ended = np.where(rows.cause == 2, 1 / rows.own, 0.0)
    later = np.cumsum(parts[::-1], axis=0)[::-1][rows.place]
    gone = np.cumsum(ended[:, None] * parts, axis=0)
    gone = np.vstack([np.zeros(parts.shape[1]), gone])[rows.place]
    total = later + rows.ahead[:, None] * gone
    mean = total[:, 1 : 1 + terms] / total[:, :1]
    square = (total[:, 1 + terms :] / total[:, :1]).reshape(-1, terms, terms)
    spread = square - mean[:, :, None] * mean[:, None, :]
    mine = rows.cause == 1
    dead = rows.weight[mine]
    score = dead @ rows.matrix[mine] - rows.deaths @ mean
    information = np.einsum("s,sij->ij", rows.deaths, spread)
    likelihood = float(dead @ line[mine] - rows.deaths @ np.log(total[:, 0]))
    hazard = rows.deaths / total[:, 0]
    return _Sums(mean, hazard, score, information, likelihood)


def _residuals(rows: _Sample, beta: np.ndarray, sums: _Sums) -> np.ndarray:
    """Return the score residuals, times the weights, shape (n_patients, n_terms)."""
    risk = rows.weight * np.exp(rows.matrix @ beta)
    last = np.searchsorted(rows.steps, rows.time, side="right")
    forward = _running(sums.hazard, sums.mean)
    until = rows.matrix * forward[last, :1] - forward[last, 1:]
    # After a competing event the risk goes on, and falls as others are censored.
    backward = _running(rows.ahead * sums.hazard, sums.mean)
    rest = backward[-1] - backward[last]
    beyond = rows.matrix * rest[:, :1] - rest[:, 1:]
    scale = np.where(rows.cause == 2, 1 / rows.own, 0.0)
    lost = risk[:, None] * (until + scale[:, None] * beyond)
    mine = np.flatnonzero(rows.cause == 1)
    gain = np.zeros_like(lost)
    centred = rows.matrix[mine] - sums.mean[last[mine] - 1]
    gain[mine] = rows.weight[mine, None] * centred
    return np.asarray(gain - lost)


def _residuals_of_censoring(rows: _Sample, beta: np.ndarray, sums: _Sums) -> np.ndarray:
    """Return what the estimated chance of censoring adds to each residual.

    At a time u of censoring it is that of who had a competing event before u: their
    score from u on, by patient at risk of being censored.
    """
    times, lost = np.unique(rows.time[rows.cause == 0], return_counts=True)
    n_risk = len(rows.time) - np.searchsorted(rows.time, times, side="left")
    ended = np.where(rows.cause == 2, rows.weight / rows.own, 0.0)
    ended = ended * np.exp(rows.matrix @ beta)
    mass = mass_before(times, rows.time, ended)
    moment = np.column_stack(
        [mass_before(times, rows.time, ended * each) for each in rows.matrix.T]
    )
    backward = _running(rows.ahead * sums.hazard, sums.mean)
    rest = backward[-1] - backward[np.searchsorted(rows.steps, times, side="left")]
    slope = (moment * rest[:, :1] - mass[:, None] * rest[:, 1:]) / n_risk[:, None]
    drift = np.cumsum(slope * (lost / n_risk)[:, None], axis=0)
    drift = np.vstack([np.zeros(rows.matrix.shape[1]), drift])
    found = -drift[np.searchsorted(times, rows.time, side="right")]
    censored = np.flatnonzero(rows.cause == 0)
    found[censored] += slope[np.searchsorted(times, rows.time[censored])]
    return np.asarray(found)


def _running(hazard: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Sum hazards, and hazards times the means, up to each step."""
    parts = np.column_stack([hazard, hazard[:, None] * mean])
    return np.vstack([np.zeros(parts.shape[1]), np.cumsum(parts, axis=0)])
