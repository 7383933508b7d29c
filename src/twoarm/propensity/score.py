"""The propensity score: the probability of treatment given the covariates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, xlogy

from twoarm.errors import InputError
from twoarm.terms import check_terms

MOST_STEPS = 50
FLAT = 1e-12
"""Relative change of the deviance at which Newton's steps end, below R's 1e-8."""
STILL = 1e-3
"""Change of a logit by which a last step may at most move it.

Where covariates separate the arms, the deviance flattens but each of Newton's steps
still moves a logit by 1, for ever.
"""


class Score(NamedTuple):
    """A fitted logistic regression; coefficients with the intercept first."""

    probability: np.ndarray
    logit: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray


def estimate_score(
    treated: np.ndarray, matrix: np.ndarray, names: Sequence[str] = ()
) -> Score:
    """Fit a logistic regression by maximum likelihood, to full convergence.

    Columns are centred and scaled while fitting, so that a calendar year beside an
    indicator costs no digits.

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
        Of each patient the probability and its logit; of each term the log odds ratio
        and its standard error.

    Raises
    ------
    InputError
        If a column is the same in all or a combination of others, or the columns
        separate the arms, with the names of the columns where it can tell; or if a
        probability is 0 or 1 to all digits of a float.

    References
    ----------
    .. [1] Rosenbaum PR, Rubin DB. The central role of the propensity score in
       observational studies for causal effects. Biometrika 1983;70:41-55.
       doi:10.1093/biomet/70.1.41
    """
    check_terms(matrix, names, "propensity.covariates")
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    columns = np.column_stack([np.ones(len(treated)), (matrix - centre) / scale])
    try:
        scaled, covariance = _newton(treated.astype(float), columns)
    except np.linalg.LinAlgError:
        alone = [
            name for name, x in zip(names, matrix.T, strict=False) if _parts(x, treated)
        ]
        raise InputError(
            "the covariates of the propensity score separate the arms: for some "
            "patients the treatment is certain; take out of propensity.covariates "
            + (
                f"what does so by itself: {', '.join(alone)}"
                if alone
                else "one of them"
            )
        ) from None
    logit = columns @ scaled
    _check_doubt(expit(logit))
    back = np.diag(np.r_[1.0, 1 / scale])
    back[0, 1:] = -centre / scale
    return Score(
        probability=expit(logit),
        logit=logit,
        estimate=back @ scaled,
        std_error=np.sqrt(np.diag(back @ covariance @ back.T)),
    )


def _newton(outcome: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients and their covariance."""
    estimate = np.zeros(columns.shape[1])
    deviance = np.inf
    for _ in range(MOST_STEPS):
        fitted = expit(columns @ estimate)
        information = (columns * (fitted * (1 - fitted))[:, None]).T @ columns
        before, deviance = deviance, _deviance(outcome, fitted)
        step = np.linalg.solve(information, columns.T @ (outcome - fitted))
        if abs(before - deviance) <= FLAT * (deviance + FLAT):
            if np.abs(columns @ step).max() > STILL:
                break
            return estimate, np.linalg.inv(information)
        estimate = estimate + step
    raise np.linalg.LinAlgError("no maximum of the likelihood")


def _check_doubt(probability: np.ndarray) -> None:
    """Check that nobody's treatment is certain: such a patient has no weight."""
    if certain := int(((probability == 0) | (probability == 1)).sum()):
        raise InputError(
            f"the propensity score is 0 or 1, to all digits, for {certain} patient(s) "
            "far from all others in a covariate; check its values, or take its "
            "logarithm"
        )


def _parts(column: np.ndarray, treated: np.ndarray) -> bool:
    """Tell whether an extreme value of a column occurs in one arm alone."""
    inside, outside = column[treated], column[~treated]
    levels = len(np.unique(column)) == 2
    ends = inside.min() != outside.min() or inside.max() != outside.max()
    return bool(levels and ends) or bool(
        inside.min() > outside.max() or outside.min() > inside.max()
    )


def _deviance(outcome: np.ndarray, fitted: np.ndarray) -> float:
    likelihood = xlogy(outcome, fitted) + xlogy(1 - outcome, 1 - fitted)
    return float(-2 * likelihood.sum())
