"""The log-rank test of two arms, also of arms that patients change over time."""

import numpy as np
from scipy.special import chdtrc

from twoarm.fits import NO_TEST, ChiSquared
from twoarm.ties import find_ties, sum_after


def compare_logrank(
    time: np.ndarray,
    event: np.ndarray,
    treated: np.ndarray,
    entry: np.ndarray | None = None,
) -> ChiSquared:
    """Compare two arms by the log-rank test: observed less expected events, squared.

    Variance is the hypergeometric one [1]_. With `entry` it is the test of Mantel and
    Byar [2]_: a row is at risk at t if `entry < t <= time`. Who is at risk is counted
    by distinct times, so of whole days the cost is of one pass over the rows.

    Parameters
    ----------
    time : ndarray of float, shape (n_rows,)
        Time to event or censoring, positive.
    event, treated : ndarray of bool, shape (n_rows,)
        True for an event at `time`, and for a row of the treated arm.
    entry : ndarray of float, shape (n_rows,), optional
        Start of each row, before `time`; 0 by default.

    Returns
    -------
    ChiSquared
        NaN if at no event it might have been either arm.

    References
    ----------
    .. [1] Mantel N. Evaluation of survival data and two new rank order statistics
       arising in its consideration. Cancer Chemother Rep 1966;50:163-170.
    .. [2] Mantel N, Byar DP. Evaluation of response-time data involving transient
       states. J Am Stat Assoc 1974;69:81-86. doi:10.1080/01621459.1974.10480131

    Examples
    --------
    Treated, control and treated die at 1, 2 and 3: 2 less 2/3 + 1/2 + 1 squared, over
    2/9 + 1/4.

    >>> treated = np.array([True, False, True])
    >>> test = compare_logrank(np.array([1.0, 2, 3]), np.ones(3, bool), treated)
    >>> round(float(test.statistic * 17), 9)
    1.0
    """
    treated = treated.astype(bool)
    if entry is None:
        ties = find_ties(time)
        times, place = ties.times, ties.place[event]
        leaving = np.bincount(
            ties.place + len(times) * treated, minlength=2 * len(times)
        )
        by_arm = sum_after(leaving.reshape(2, -1).T)
        n, n_treated = by_arm.sum(axis=1), by_arm[:, 1]
    else:
        times = np.unique(time[event])
        place = np.searchsorted(times, time[event])
        n, n_treated = (
            _at_risk(times, entry[rows], time[rows]) for rows in (..., treated)
        )
    d = np.bincount(place, minlength=len(times))
    died = np.bincount(place[treated[event]], minlength=len(times))
    share = n_treated / n
    spare = np.divide(n - d, n - 1, out=np.zeros(len(times)), where=n > 1)
    variance = float((d * share * (1 - share) * spare).sum())
    if not variance > 0:
        return NO_TEST
    statistic = float((died - d * share).sum()) ** 2 / variance
    return ChiSquared(statistic, 1.0, float(chdtrc(1, statistic)))


def _at_risk(times: np.ndarray, entry: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Count who entered before a time and had not left before it."""
    entered = np.searchsorted(np.sort(entry), times, side="left")
    return np.asarray(entered - np.searchsorted(np.sort(end), times, side="left"))
