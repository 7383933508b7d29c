"""The propensity score: the probability of treatment given the covariates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, xlogy

from twoarm.errors import InputError

MOST_STEPS = 50
FLAT = 1e-12
"""Relative change of the deviance at which Newton's steps end, below R's 1e-8."""
CERTAIN = 1e-10
"""A fitted probability nearer to 0 or 1 than this is a sign of separation."""


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
        If a column is a combination of others, or the columns separate the arms.

    References
    ----------
    .. [1] Rosenbaum PR, Rubin DB. The central role of the propensity score in
       observational studies for causal effects. Biometrika 1983;70:41-55.
       doi:10.1093/biomet/70.1.41
    """
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    if not scale.all():
        raise InputError("a covariate of the propensity score is the same in all")
    columns = np.column_stack([np.ones(len(treated)), (matrix - centre) / scale])
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise InputError(
            "a covariate of the propensity score is a combination of others; "
            "take one out"
        )
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
        if np.minimum(fitted, 1 - fitted).min() < CERTAIN:
            break
        if abs(before - deviance) <= FLAT * (abs(deviance) + FLAT):
            return estimate, np.linalg.inv(information)
        estimate = estimate + np.linalg.solve(
            information, columns.T @ (outcome - fitted)
        )
    raise np.linalg.LinAlgError("no maximum of the likelihood")


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
