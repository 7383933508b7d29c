"""Penalised logistic regression: a score where the arms are separated."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from twoarm.errors import InputError
from twoarm.propensity.newton import Columns, NoMaximumError, fit_newton
from twoarm.propensity.score import Score, check_columns, score_of

MOST_STEPS = 500
LONGEST = 5.0
"""Most that a step of Firth's may change a coefficient of a scaled column."""
SMALL = 1e-10
"""Step at which Firth's method ends, relative to the largest coefficient."""


def estimate_firth(
    treated: np.ndarray, matrix: np.ndarray, names: Sequence[str] = ()
) -> Score:
    """Fit a logistic regression by Firth's penalised likelihood.

    Maximised is the log-likelihood + log|information| / 2, which has a finite maximum
    whatever the data and takes out the bias of order 1/n. In a two by two table it is
    maximum likelihood with 1/2 added to each cell. The scores' mean is not the share of
    the treated, but nearer 1/2.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates without the intercept.
    names
        Names of the columns, for the messages.

    Returns
    -------
    Score
        Standard errors from the information without the penalty, as Heinze and
        Schemper do.

    Raises
    ------
    InputError
        If there is one arm only, a column is the same in all or a combination of
        others, or a probability is 0 or 1 to all digits of a float.

    References
    ----------
    .. [1] Firth D. Bias reduction of maximum likelihood estimates. Biometrika
       1993;80:27-38. doi:10.1093/biomet/80.1.27
    .. [2] Heinze G, Schemper M. A solution to the problem of separation in logistic
       regression. Stat Med 2002;21:2409-2419. doi:10.1002/sim.1047
    """
    columns = Columns(matrix)
    check_columns(treated, columns, names)
    try:
        estimate, information = _climb(treated, columns)
    except (NoMaximumError, np.linalg.LinAlgError):
        raise InputError(
            "propensity.method: firth comes to no rest: the covariates separate the "
            "arms too far; set `ridge`, or take fewer covariates"
        ) from None
    return score_of(columns, estimate, information)


def estimate_ridge(
    treated: np.ndarray,
    matrix: np.ndarray,
    names: Sequence[str] = (),
    *,
    penalty: float,
) -> Score:
    """Fit a logistic regression with a penalty on the size of the coefficients.

    Maximised is the log-likelihood - penalty/2 * sum of squares of the coefficients of
    the columns scaled to a standard deviation (with n) of 1, the intercept free: so the
    scores' mean is the share of the treated. Coefficients are of the columns as given.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates without the intercept; a combination of others is allowed.
    names
        Names of the columns, for the messages.
    penalty
        Above 0. As a prior belief: log odds ratios a standard deviation are spread
        around 0 with variance 1/penalty.

    Returns
    -------
    Score
        Standard errors from the penalised information: those of the posterior.

    Raises
    ------
    InputError
        If there is one arm only, a column is the same in all, or a probability is 0 or
        1 to all digits of a float.

    References
    ----------
    .. [1] le Cessie S, van Houwelingen JC. Ridge estimators in logistic regression.
       Appl Stat 1992;41:191-201. doi:10.2307/2347628
    """
    if not penalty > 0:
        raise InputError(f"propensity.penalty is {penalty:g}; it must be above 0")
    columns = Columns(matrix)
    check_columns(treated, columns, names, combinations=True)
    try:
        fit = fit_newton(treated, columns, penalty=penalty)
    except NoMaximumError:
        raise InputError(
            f"propensity.penalty: {penalty:g} is too small for these covariates, whose "
            "fit comes to no rest; raise it"
        ) from None
    return score_of(columns, fit.estimate, fit.information)


def _climb(treated: np.ndarray, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Return where Firth's likelihood is highest, and the information there."""
    estimate = np.zeros(len(columns.scale))
    here = _penalised(treated, columns, estimate)
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(here.curvature, here.gradient)
        step *= min(1.0, LONGEST / np.abs(step).max(initial=LONGEST))
        if np.abs(step).max() <= SMALL * (1 + np.abs(estimate).max()):
            return estimate + step, here.information
        there = _penalised(treated, columns, estimate + step)
        # Near the maximum its value is flat to all digits: rounding is no fall.
        while there.value < here.value - 1e-10 * (1 + abs(here.value)):
            step /= 2
            there = _penalised(treated, columns, estimate + step)
        estimate, here = estimate + step, there
    raise NoMaximumError


class _Penalised(NamedTuple):
    """Firth's likelihood at an estimate.

    `curvature` is the information of data in which each patient counts 1 + h times, h
    its leverage: the direction in which Firth's score is nought.
    """

    value: float
    information: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray


def _penalised(
    treated: np.ndarray, columns: Columns, estimate: np.ndarray
) -> _Penalised:
    slopes = estimate / columns.scale
    scales = np.outer(columns.scale, columns.scale)

    def visit(rows: slice) -> tuple[float, np.ndarray]:
        block = columns.centred(rows)
        logit = block @ slopes
        wrong = np.where(treated[rows], -logit, logit)
        value = -float(np.logaddexp(0, wrong).sum())
        return value, (block * _doubt(logit)[:, None]).T @ block

    def revisit(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        block = columns.centred(rows)
        logit = block @ slopes
        doubt, fitted = _doubt(logit), expit(logit)
        leverage = doubt * ((block @ root) ** 2).sum(axis=1)
        residual = treated[rows] - fitted + leverage * (0.5 - fitted)
        heavier = (doubt * (1 + leverage))[:, None]
        return residual @ block, (block * heavier).T @ block

    value, information = map(_total, zip(*columns.walk(visit), strict=True))
    information = information / scales
    lower = np.linalg.cholesky(information)
    value += float(np.log(np.diag(lower)).sum())
    root = np.linalg.inv(lower).T / columns.scale[:, None]
    gradient, curvature = map(_total, zip(*columns.walk(revisit), strict=True))
    return _Penalised(value, information, gradient / columns.scale, curvature / scales)


def _total(parts: Sequence[Any]) -> Any:
    """Add what the blocks of rows give."""
    return sum(parts[1:], parts[0])


def _doubt(logit: np.ndarray) -> np.ndarray:
    """Return p(1 - p), with digits however certain."""
    return np.asarray(expit(logit) * expit(-logit))
