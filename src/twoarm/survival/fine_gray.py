"""The regression of Fine and Gray: hazard of a subdistribution, with exact errors."""

from typing import NamedTuple

import numpy as np

from twoarm.ties import sum_after
from twoarm.weights import check_weights

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

    `last` counts the steps up to each row's time, `deaths` is the weight of the events
    of a step, `ahead` the chance to be uncensored until just before it. `gone` is 1
    over that chance at the time of a row with a competing event, and 0 for others.
    """

    time: np.ndarray
    cause: np.ndarray
    matrix: np.ndarray
    weight: np.ndarray
    steps: np.ndarray
    last: np.ndarray
    deaths: np.ndarray
    ahead: np.ndarray
    gone: np.ndarray


class _Sums(NamedTuple):
    """Weighted sums over who is at risk at each step, and of Newton's step."""

    mean: np.ndarray
    hazard: np.ndarray
    score: np.ndarray
    information: np.ndarray
    likelihood: float

    def parts(self) -> np.ndarray:
        """Return the hazard of each step, and the hazard times the means."""
        return np.column_stack([self.hazard, self.hazard[:, None] * self.mean])


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
    All are at risk from time 0: late entries come with arms that change, of which a
    subdistribution has no hazard (see `twoarm.survival.forestalled`).

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
    check_weights(weight)
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
    last = np.searchsorted(steps, time, side="right")
    gone = np.where(cause == 2, 1 / own, 0.0)
    return _Sample(time, cause, matrix, weight, steps, last, deaths, ahead, gone)


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
    """Sum weights and covariates over who is at risk at each step.

    Their products need no sum by step: in the information a row's count as often as it
    is at risk, so that it is one product of matrices.
    """
    line = rows.matrix @ beta
    risk = rows.weight * np.exp(line)
    total = _sum_steps(rows, risk)
    moment = [_sum_steps(rows, risk * each) for each in rows.matrix.T]
    mean = np.column_stack(moment) / total[:, None]
    hazard = rows.deaths / total
    mine = rows.cause == 1
    dead = rows.weight[mine]
    score = dead @ rows.matrix[mine] - rows.deaths @ mean
    until, beyond = _exposure(rows, hazard[:, None])
    often = risk * (until + rows.gone[:, None] * beyond)[:, 0]
    square = rows.matrix.T @ (often[:, None] * rows.matrix)
    information = square - mean.T @ (rows.deaths[:, None] * mean)
    likelihood = float(dead @ line[mine] - rows.deaths @ np.log(total))
    return _Sums(mean, hazard, score, information, likelihood)


def _sum_steps(rows: _Sample, mass: np.ndarray) -> np.ndarray:
    """Sum a mass over who is at risk at each step, also after a competing event."""
    size = len(rows.steps) + 1
    later = sum_after(np.bincount(rows.last, mass, size))[1:]
    gone = np.cumsum(np.bincount(rows.last, rows.gone * mass, size))[:-1]
    return np.asarray(later + rows.ahead * gone)


def _exposure(rows: _Sample, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum a step's parts up to each row's time; and, times `ahead`, those after it."""
    forward = _running(parts)[rows.last]
    backward = _running(rows.ahead[:, None] * parts)
    return forward, backward[-1] - backward[rows.last]


def _residuals(rows: _Sample, beta: np.ndarray, sums: _Sums) -> np.ndarray:
    """Return the score residuals, times the weights, shape (n_patients, n_terms)."""
    risk = rows.weight * np.exp(rows.matrix @ beta)
    until, beyond = _exposure(rows, sums.parts())
    # After a competing event the risk goes on, and falls as others are censored.
    seen = until + rows.gone[:, None] * beyond
    lost = risk[:, None] * (rows.matrix * seen[:, :1] - seen[:, 1:])
    mine = np.flatnonzero(rows.cause == 1)
    gain = np.zeros_like(lost)
    centred = rows.matrix[mine] - sums.mean[rows.last[mine] - 1]
    gain[mine] = rows.weight[mine, None] * centred
    return np.asarray(gain - lost)


def _residuals_of_censoring(rows: _Sample, beta: np.ndarray, sums: _Sums) -> np.ndarray:
    """Return what the estimated chance of censoring adds to each residual.

    At a time u of censoring it is that of who had a competing event before u: their
    score from u on, by patient at risk of being censored.
    """
    times, lost = np.unique(rows.time[rows.cause == 0], return_counts=True)
    n_risk = len(rows.time) - np.searchsorted(rows.time, times, side="left")
    seen = np.searchsorted(times, rows.time, side="right")
    ended = rows.weight * rows.gone * np.exp(rows.matrix @ beta)
    powers = (np.ones(len(ended)), *rows.matrix.T)
    before = [np.cumsum(np.bincount(seen, ended * x, len(times) + 1)) for x in powers]
    mass, *moment = (each[:-1, None] for each in before)
    backward = _running(rows.ahead[:, None] * sums.parts())
    rest = backward[-1] - backward[np.searchsorted(rows.steps, times, side="left")]
    slope = np.hstack(moment) * rest[:, :1] - mass * rest[:, 1:]
    slope = slope / n_risk[:, None]
    drift = _running(slope * (lost / n_risk)[:, None])
    found = -drift[seen]
    censored = np.flatnonzero(rows.cause == 0)
    found[censored] += slope[seen[censored] - 1]
    return np.asarray(found)


def _running(parts: np.ndarray) -> np.ndarray:
    """Sum the parts of the steps up to each, from 0."""
    return np.vstack([np.zeros(parts.shape[1]), np.cumsum(parts, axis=0)])
