"""Rubin's rules: one estimate from those of several imputed data sets."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

ROUNDING = 1e-9
"""A probability so near to 0 or 1 is there."""


class Pooled(NamedTuple):
    """A pooled estimate; NaN where the estimates have no error.

    Each field is a float, or an array of shape (n,) where n were pooled at once.
    `degrees` are those of the t distribution behind limits and p, infinite for the
    normal; `fraction_missing` is the share of the information that is missing.
    """

    estimate: Any
    std_error: Any
    degrees: Any
    conf_low: Any
    conf_high: Any
    p_value: Any
    fraction_missing: Any


class PooledTest(NamedTuple):
    """A pooled test: an F statistic, its two degrees of freedom, and p.

    With infinite `degrees_within`, `degrees` times the statistic is a chi-squared.
    """

    statistic: float
    degrees: float
    degrees_within: float
    p_value: float


def pool_estimates(
    estimates: np.ndarray,
    std_errors: np.ndarray,
    *,
    complete_degrees: float = np.inf,
    confidence: float = 0.95,
) -> Pooled:
    """Pool estimates on a scale on which they are about normal.

    One estimate, or estimates and errors all alike, are as they came: normal limits, to
    the last bit. A study without gaps so keeps its numbers, and so does an analysis
    that uses no imputed value.

    Parameters
    ----------
    estimates, std_errors : ndarray of float, shape (m,) or (m, n)
        Of each imputed data set; n of them at once.
    complete_degrees
        Degrees of freedom the analysis would have were nothing missing: observations
        less coefficients, and for a Cox regression events less coefficients.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    Pooled
        Limits and p by the t distribution with the degrees of freedom of [2]_.

    References
    ----------
    .. [1] Rubin DB. Multiple imputation for nonresponse in surveys. Wiley 1987, section
       3.3. doi:10.1002/9780470316696
    .. [2] Barnard J, Rubin DB. Small-sample degrees of freedom with multiple
       imputation. Biometrika 1999;86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> found = pool_estimates(np.array([1.0, 2, 3]), np.array([1.0, 1, 1]))
    >>> [round(each, 4) for each in found[:3]]
    [2.0, 1.5275, 6.125]
    """
    m = len(estimates)
    within, between = (std_errors**2).mean(axis=0), _variance(estimates)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / np.where(total > 0, total, 1.0)
    degrees = _degrees(m, share, complete_degrees)
    missing = share + (1 - share) * 2 / (degrees + 3)
    same = (np.ptp(estimates, axis=0) == 0) & (np.ptp(std_errors, axis=0) == 0)
    return _finish(
        np.where(same, estimates[0], estimates.mean(axis=0)),
        np.where(same, std_errors[0], np.sqrt(total)),
        np.where(same, np.inf, degrees),
        np.where(same, 0.0, missing),
        confidence,
    )


def pool_survival(
    estimates: np.ndarray,
    std_errors: np.ndarray,
    *,
    n_patients: float,
    complete_degrees: float = np.inf,
    confidence: float = 0.95,
) -> Pooled:
    """Pool probabilities of survival as log(-log S), and bring them back.

    The error goes there and back by the delta method, the limits by the scale itself.
    That scale has no place for 0 and 1: where some data sets are there and others not,
    1 is taken for 1 - 1 / (2 n_patients), as if half a patient had died, and 0 for
    1 / (2 n_patients). Where all are 0, or all are 1, so is the result. An error that
    is not known, as at 0 or 1, is taken for the root of the others' mean variance.

    Parameters
    ----------
    estimates, std_errors : ndarray of float, shape (m,) or (m, n)
        Probabilities and errors on the probability's own scale; NaN or 0 if unknown.
    n_patients
        Patients behind one estimate.
    complete_degrees, confidence
        As in `pool_estimates`.

    Returns
    -------
    Pooled
        On the probability's own scale; p is NaN.

    References
    ----------
    .. [1] Marshall A, Altman DG, Holder RL, Royston P. Combining estimates of interest
       in prognostic modelling studies after multiple imputation. BMC Med Res Methodol
       2009;9:57. doi:10.1186/1471-2288-9-57
    """
    low, high = estimates < ROUNDING, estimates > 1 - ROUNDING
    half = 1 / (2 * n_patients)
    held = np.where(low, half, np.where(high, 1 - half, estimates))
    known = ~low & ~high & (std_errors > 0)
    errors = np.where(known, std_errors / -(held * np.log(held)), np.nan)
    found = pool_estimates(
        np.log(-np.log(held)),
        fill_errors(errors),
        complete_degrees=complete_degrees,
        confidence=confidence,
    )
    lines = (found.estimate, found.conf_high, found.conf_low)
    with np.errstate(over="ignore"):  # a limit beyond all numbers is 0
        survival, *limits = (np.exp(-np.exp(line)) for line in lines)
    error = found.std_error * -survival * np.log(survival)
    # What is the same in all keeps its last bit, which the way there and back may not.
    same = np.ptp(estimates, axis=0) == 0
    survival = np.where(same | low.all(axis=0), estimates[0], survival)
    survival = np.where(high.all(axis=0), 1.0, survival)
    error = np.where(same & (np.ptp(std_errors, axis=0) == 0), std_errors[0], error)
    parts = (survival, error, found.degrees, *limits, np.nan * survival)
    return Pooled(*(_as_float(part) for part in (*parts, found.fraction_missing)))


def pool_chi_squared(statistics: np.ndarray, degrees: float = 1.0) -> PooledTest:
    """Pool chi-squared statistics: the statistic D2.

    It needs the statistics alone and is for that a rough test: its type I error may be
    off by a half where much is missing.

    Parameters
    ----------
    statistics : ndarray of float, shape (m,)
        Chi-squared statistics.
    degrees
        Their degrees of freedom.

    Returns
    -------
    PooledTest
        D2 may be negative, where the data sets disagree more than all of them tell; it
        is then given as 0.

    References
    ----------
    .. [1] Li KH, Meng XL, Raghunathan TE, Rubin DB. Significance levels from repeated
       p-values with multiply-imputed data. Stat Sin 1991;1:65-92.
    """
    m = len(statistics)
    mean = float(statistics.mean()) / degrees
    excess = (1 + 1 / m) * float(_variance(np.sqrt(statistics)))
    if not excess:
        p_value = float(chdtrc(degrees, mean * degrees))
        return PooledTest(mean, degrees, np.inf, p_value)
    statistic = max((mean - (m + 1) / (m - 1) * excess) / (1 + excess), 0.0)
    within = float(degrees ** (-3 / m) * (m - 1) * (1 + 1 / excess) ** 2)
    p_value = float(fdtrc(degrees, within, statistic))
    return PooledTest(statistic, degrees, within, p_value)


def fill_errors(std_errors: np.ndarray) -> np.ndarray:
    """Take an unknown error (NaN) for the root of the others' mean variance.

    Parameters
    ----------
    std_errors : ndarray of float, shape (m,) or (m, n)
    """
    known = ~np.isnan(std_errors)
    squares = np.where(known, std_errors**2, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    others = np.where(count > 0, np.sqrt(squares / np.maximum(count, 1)), np.nan)
    return np.asarray(np.where(known, std_errors, others))


def _variance(values: np.ndarray) -> np.ndarray:
    """Return the variance between data sets; 0 of one."""
    if len(values) == 1:
        return np.zeros(values.shape[1:])
    return np.asarray(values.var(axis=0, ddof=1))


def _degrees(m: int, share: np.ndarray, complete: float) -> np.ndarray:
    """Return Barnard and Rubin's degrees; infinite where nothing is lost."""
    lost = share**2 / max(m - 1, 1)
    if np.isfinite(complete):
        left = np.where(share < 1, 1 - share, np.nan)
        observed = (complete + 1) / (complete + 3) * complete * left
        lost = lost + np.where(share < 1, 1 / observed, 0.0)
    return np.asarray(np.where(lost == 0, np.inf, 1 / np.where(lost == 0, 1.0, lost)))


def _finish(
    estimate: np.ndarray,
    error: np.ndarray,
    degrees: np.ndarray,
    missing: np.ndarray,
    confidence: float,
) -> Pooled:
    """Add limits and p; an estimate without an error has none."""
    level, exact = (1 + confidence) / 2, np.isinf(degrees)
    known = np.where(error > 0, error, np.nan)
    statistic = np.abs(estimate / known)
    # For infinite degrees the very functions of an analysis without imputation.
    finite = np.where(exact, 1.0, degrees)
    reach = np.where(exact, ndtri(level), stdtrit(finite, level))
    tail = np.where(exact, ndtr(-statistic), stdtr(finite, -statistic))
    low, high = estimate - reach * known, estimate + reach * known
    parts = (estimate, error, degrees, low, high, 2 * tail, missing)
    return Pooled(*(_as_float(part) for part in parts))


def _as_float(value: np.ndarray) -> Any:
    return value if np.ndim(value) else float(value)
