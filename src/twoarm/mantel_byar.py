"""Mantel and Byar's test: the log-rank test of arms that patients change over time."""

import numpy as np
from scipy.stats import chi2


def sum_mantel_byar(
    time: np.ndarray, event: np.ndarray, treated: np.ndarray, entry: np.ndarray
) -> tuple[float, float, float]:
    """Sum observed less expected events of the treated; `survival` takes no entries.

    A patient is at risk in an arm at t if `entry < t <= time`. Variance is the
    hypergeometric one.

    Parameters
    ----------
    time, entry : ndarray of float, shape (n_rows,)
        End and start of each row, the entry before the time.
    event, treated : ndarray of bool, shape (n_rows,)
        True for an event at `time`, and for a row of the treated arm.

    Returns
    -------
    tuple of float
        Chi-squared, its degrees of freedom, and p; NaN if at no event it might have
        been either arm.

    References
    ----------
    .. [1] Mantel N, Byar DP. Evaluation of response-time data involving transient
       states. J Am Stat Assoc 1974;69:81-86. doi:10.1080/01621459.1974.10480131
    """
    times = np.unique(time[event])
    n, n_treated = (_at_risk(times, entry[rows], time[rows]) for rows in (..., treated))
    d = np.bincount(np.searchsorted(times, time[event]), minlength=len(times))
    mine = event & treated
    died = np.bincount(np.searchsorted(times, time[mine]), minlength=len(times))
    share = n_treated / n
    spare = np.divide(n - d, n - 1, out=np.zeros(len(times)), where=n > 1)
    variance = float((d * share * (1 - share) * spare).sum())
    if not variance > 0:
        return np.nan, np.nan, np.nan
    statistic = float((died - d * share).sum()) ** 2 / variance
    return statistic, 1.0, float(chi2.sf(statistic, 1))


def _at_risk(times: np.ndarray, entry: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Count who entered before a time and had not left before it."""
    entered = np.searchsorted(np.sort(entry), times, side="left")
    return np.asarray(entered - np.searchsorted(np.sort(end), times, side="left"))
