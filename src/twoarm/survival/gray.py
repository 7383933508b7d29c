"""Gray's test of the cumulative incidence of several groups."""

import numpy as np
from scipy.special import chdtrc

from twoarm.fits import NO_TEST, ChiSquared


def compare_incidence(
    time: np.ndarray,
    cause: np.ndarray,
    group: np.ndarray,
    *,
    stratum: np.ndarray | None = None,
    rho: float = 0.0,
) -> ChiSquared:
    """Compare the cumulative incidence of groups by Gray's test.

    Parameters
    ----------
    time : ndarray of float, shape (n_patients,)
        Time to whatever came first, positive.
    cause : ndarray of int, shape (n_patients,)
        1 the event, 2 a competing one, 0 censored.
    group : ndarray, shape (n_patients,)
        Whose incidences are compared.
    stratum : ndarray, shape (n_patients,), optional
        Groups are compared within each.
    rho
        Power of 1 less the incidence by which each time counts; 0: all alike.

    Returns
    -------
    ChiSquared
        With one degree of freedom less than groups; NaN where the data carry no test.

    References
    ----------
    .. [1] Gray RJ. A class of K-sample tests for comparing the cumulative incidence of
       a competing risk. Ann Stat 1988;16:1141-1154. doi:10.1214/aos/1176350951
    """
    names, number = np.unique(group, return_inverse=True)
    degrees = len(names) - 1
    if stratum is None:
        stratum = np.zeros(len(time))
    score, variance = np.zeros(degrees), np.zeros((degrees, degrees))
    for each in np.unique(stratum):
        rows = stratum == each
        found = _sum_stratum(time[rows], cause[rows], number[rows], len(names), rho)
        score, variance = score + found[0], variance + found[1]
    scale = np.diag(variance)
    if not degrees or (scale <= 0).any():
        return NO_TEST
    if np.linalg.matrix_rank(variance, hermitian=True) < degrees:
        return NO_TEST
    statistic = float(score @ np.linalg.solve(variance, score))
    p_value = float(chdtrc(degrees, max(statistic, 0.0)))
    return ChiSquared(statistic, degrees, p_value)


def _sum_stratum(
    time: np.ndarray, cause: np.ndarray, group: np.ndarray, n_groups: int, rho: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of all groups but the last, and their covariance.

    Names are the paper's: `h` sums of those at risk over the chance to be without any
    event, by group and together; `f` is the pooled incidence.
    """
    steps = np.unique(time[cause > 0])
    counts = [_count(time, group, cause == k, steps, n_groups) for k in (1, 2)]
    n_risk = _count_risk(time, group, steps, n_groups)
    some = n_risk > 0
    at_risk = np.where(some, n_risk, 1.0)
    alive = np.cumprod(1 - (counts[0] + counts[1]) / at_risk, axis=0)
    before = np.vstack([np.ones(n_groups), alive])[:-1]
    own = np.cumsum(before * counts[0] / at_risk, axis=0)
    own_before = np.vstack([np.zeros(n_groups), own])[:-1]
    h = np.where(some, n_risk / np.where(some, before, 1.0), 0.0)
    together, died = h.sum(axis=1), counts[0].sum(axis=1)
    f = np.cumsum(died / together)
    f_before = np.r_[0.0, f[:-1]]
    left = np.where(1 - f_before > 1e-12, 1 - f_before, np.inf)
    scale = np.maximum(1 - f_before, 0.0) ** rho
    expected = h * (1 - own_before)
    share = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-300)
    score = (scale[:, None] * (counts[0] - died[:, None] * share) * some).sum(axis=0)
    a = -h[:, :, None] * h[:, None, :] / together[:, None, None]
    a[:, np.arange(n_groups), np.arange(n_groups)] += h
    a *= scale[:, None, None]
    c = np.cumsum(a * (died / (together * left))[:, None, None], axis=0)
    parts = _variances(counts, n_risk, before, alive, together, f)
    return score[:-1], _covariance(a, c, *parts)[:-1, :-1]


def _variances(
    counts: list[np.ndarray],
    n_risk: np.ndarray,
    before: np.ndarray,
    alive: np.ndarray,
    together: np.ndarray,
    f: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return by step and group how an event of either cause counts, and its variance.

    Ties lower a variance as drawing without replacement does.
    """
    died = counts[0].sum(axis=1)[:, None]
    some = n_risk > 0
    at_risk = np.where(some, n_risk, 1.0)
    living = np.where(alive > 0, alive, 1.0)
    ratio = (1 - f)[:, None] / living
    own = np.where(alive > 0, 1 - ratio, 1.0)
    spare = together[:, None] * before - 1
    tied = 1 - (died - 1) / np.where((died > 1) & (spare > 0), spare, np.inf)
    own_variance = np.where(
        some & (died > 0), tied * before * died / (together[:, None] * at_risk), 0.0
    )
    rivals = counts[1]
    tied = 1 - (rivals - 1) / np.where(rivals > 1, np.maximum(n_risk - 1, 1), np.inf)
    variance = np.where(alive > 0, tied * before**2 * rivals / at_risk**2, 0.0)
    return own, own_variance, ratio, variance


def _covariance(
    a: np.ndarray,
    c: np.ndarray,
    own: np.ndarray,
    own_variance: np.ndarray,
    ratio: np.ndarray,
    variance: np.ndarray,
) -> np.ndarray:
    """Sum over steps and groups what each event adds to the scores, squared.

    An event of group k adds to score i `x + y (C - c)`, with C the last of c.
    """
    rest = c[-1:] - c
    of_event = a + own[:, None, :] * rest
    of_rival = -ratio[:, None, :] * rest
    found = np.einsum("tik,tjk,tk->ij", of_event, of_event, own_variance)
    found += np.einsum("tik,tjk,tk->ij", of_rival, of_rival, variance)
    return np.asarray(found)


def _count(
    time: np.ndarray, group: np.ndarray, rows: np.ndarray, steps: np.ndarray, n: int
) -> np.ndarray:
    place = np.searchsorted(steps, time[rows]) * n + group[rows]
    return np.bincount(place, minlength=len(steps) * n).reshape(-1, n).astype(float)


def _count_risk(
    time: np.ndarray, group: np.ndarray, steps: np.ndarray, n: int
) -> np.ndarray:
    return np.column_stack(
        [
            (group == each).sum()
            - np.searchsorted(np.sort(time[group == each]), steps, side="left")
            for each in range(n)
        ]
    ).astype(float)
