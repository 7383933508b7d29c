"""The propensity score: the probability of treatment given the covariates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from twoarm.errors import InputError
from twoarm.propensity.newton import Columns, NoMaximumError, fit_newton
from twoarm.terms import check_terms

CLEAR = 1e-5
"""Share of a column's length left over by those before it that needs no closer look."""
VARIED = 1e-7
"""Standard deviation, relative to the mean, of a column that surely varies."""
SEARCHED = 100_000
"""Cells of a matrix up to which it is searched for what separates together: a few s."""
INFINITE = 1e-6
"""Coefficient of the search, at most 1, from which on it is more than rounding."""


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
        If there is one arm only; if a column is the same in all or a combination of
        others; if the columns separate the arms, with the names of those that do so
        alone, else, in data of moderate size, of those that do so together; or if a
        probability is 0 or 1 to all digits of a float.

    References
    ----------
    .. [1] Rosenbaum PR, Rubin DB. The central role of the propensity score in
       observational studies for causal effects. Biometrika 1983;70:41-55.
       doi:10.1093/biomet/70.1.41
    """
    columns = Columns(matrix)
    check_columns(treated, columns, names)
    try:
        fit = fit_newton(treated, columns)
    except NoMaximumError:
        raise InputError(_separation(treated, columns, names)) from None
    return score_of(columns, fit.estimate, fit.information)


def score_of(columns: Columns, estimate: np.ndarray, information: np.ndarray) -> Score:
    """Turn coefficients of scaled columns into a score, if nobody's is 0 or 1."""
    logit = columns.logit(estimate)
    probability = expit(logit)
    check_doubt(probability)
    return Score(
        probability=probability,
        logit=logit,
        estimate=columns.unscaled(estimate),
        std_error=columns.errors(information),
    )


def check_arms(treated: np.ndarray) -> None:
    """Check that there are patients of both arms."""
    if treated.all() or not treated.any():
        arm = "treated" if treated.all() else "controls"
        raise InputError(
            f"all {len(treated)} patients are {arm}: there is no choice of treatment "
            "to model; check `arms` and the cohort's steps"
        )


def check_columns(
    treated: np.ndarray,
    columns: Columns,
    names: Sequence[str],
    *,
    combinations: bool = False,
) -> None:
    """Check that there are two arms and that each column says something of its own.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    columns
        Of the model.
    names
        What each column is.
    combinations
        Whether a column may be a combination of others, as with a ridge penalty.

    Raises
    ------
    InputError
        Names every column with a value that is no number; else every one that is the
        same in all patients, or a combination of others.
    """
    check_arms(treated)
    _check_numbers(columns, names)
    varied = columns.scale[1:] > VARIED * np.abs(columns.centre)
    if combinations:
        for place in np.flatnonzero(~varied).tolist():
            one = slice(place, place + 1)
            name = names[one] or [f"column {place + 1}"]
            check_terms(columns.matrix[:, one], name, "propensity.covariates")
        return
    if not (varied.all() and _is_clear(columns.correlation)):
        check_terms(columns.matrix, names, "propensity.covariates")


def _check_numbers(columns: Columns, names: Sequence[str]) -> None:
    """Check that nothing is missing or infinite: the mean of such a column is not."""
    faults = []
    for place in np.flatnonzero(~np.isfinite(columns.centre)).tolist():
        name = names[place] if names else f"column {place + 1}"
        count = int((~np.isfinite(columns.matrix[:, place])).sum())
        faults.append(f"{name} is missing or infinite in {count} patient(s)")
    if faults:
        raise InputError(
            f"propensity.covariates: {'; '.join(faults)}; impute it, or take it out"
        )


def _is_clear(correlation: np.ndarray) -> bool:
    """Tell whether no column comes near a combination of others."""
    try:
        lower = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        return False
    return bool((np.diag(lower) > CLEAR).all())


def check_doubt(probability: np.ndarray) -> None:
    """Check that nobody's treatment is certain: such a patient has no weight."""
    if certain := int(((probability == 0) | (probability == 1)).sum()):
        raise InputError(
            f"the propensity score is 0 or 1, to all digits, for {certain} patient(s) "
            "far from all others in a covariate; check its values, take its "
            "logarithm, or set `propensity.method: ridge` and a larger penalty"
        )


def _separation(treated: np.ndarray, columns: Columns, names: Sequence[str]) -> str:
    """Say that the arms are separated, by which columns, and the ways out."""
    named = list(names) or [f"column {k + 1}" for k in range(columns.matrix.shape[1])]
    alone = [
        name
        for name, column in zip(named, columns.matrix.T, strict=True)
        if _parts(column, treated)
    ]
    if alone:
        culprits = f"what does so by itself: {', '.join(alone)}"
    elif together := [named[place] for place in _find_together(treated, columns)]:
        culprits = f"one of them that do so together: {', '.join(together)}"
    else:
        culprits = "one of them"
    return (
        "the covariates of the propensity score separate the arms: for some patients "
        "the treatment is certain; set `propensity.method: firth` or `ridge`, or take "
        f"out of propensity.covariates {culprits}"
    )


def _find_together(treated: np.ndarray, columns: Columns) -> list[int]:
    """Find columns that separate the arms, of which none can be spared.

    None are found if the search is too long.
    """
    if columns.matrix.size > SEARCHED:
        return []
    rows = columns.centred(slice(None)) / columns.scale
    rows[~treated] *= -1
    needed = list(range(1, rows.shape[1]))
    for place in reversed(needed.copy()):
        rest = [other for other in needed if other != place]
        if _separate(rows[:, [0, *rest]]):
            needed = rest
    return [place - 1 for place in needed]


def _separate(rows: np.ndarray) -> bool:
    """Tell whether a logit can part the arms: on the wrong side for nobody.

    Rows of controls have their signs changed. Of coefficients between -1 and 1 the
    linear program seeks those that part the arms most [1]_.

    References
    ----------
    .. [1] Konis K. Linear programming algorithms for detecting separated data in binary
       logistic regression models. DPhil thesis, University of Oxford; 2007.
    """
    # Imported when something may be wrong: it takes a quarter of a second.
    from scipy.optimize import linprog

    found = linprog(
        -rows.mean(axis=0),
        A_ub=-rows,
        b_ub=np.zeros(len(rows)),
        bounds=(-1, 1),
        method="highs",
    )
    return found.x is not None and bool(np.abs(found.x).max() > INFINITE)


def _parts(column: np.ndarray, treated: np.ndarray) -> bool:
    """Tell whether an extreme value of a column occurs in one arm alone."""
    inside, outside = column[treated], column[~treated]
    levels = len(np.unique(column)) == 2
    ends = inside.min() != outside.min() or inside.max() != outside.max()
    return bool(levels and ends) or bool(
        inside.min() > outside.max() or outside.min() > inside.max()
    )
