"""Pooled logistic regression of treatment over the steps of a grace period."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit

from twoarm.propensity.newton import Columns
from twoarm.propensity.penalised import estimate_ridge
from twoarm.propensity.score import VARIED, check_doubt, estimate_score

DEGREE = 3
"""Degree of the polynomial of time, at most."""
PRODUCTS = 1
"""Degree of that by which each covariate is multiplied, at most.

With squares of time the weights of few patients carry simulated cohorts of 12,000.
"""

SAME = 1e-9
"""Share of its variance that a column must have of its own."""


def fit_pooled(
    matrix: np.ndarray,
    step: np.ndarray,
    came: np.ndarray,
    names: Sequence[str],
    *,
    middle: np.ndarray,
    penalty: float,
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Fit a logistic regression of treatment in each step in which it could come.

    Terms are a polynomial of time, the covariates, and their products with time; what
    follows from those before it is left out.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_terms)
        Covariates, a row a patient and step.
    step : ndarray of int, shape (n_rows,)
        Which step; only such as somebody is treated in.
    came : ndarray of bool, shape (n_rows,)
        Whether treatment came in it.
    names
        What each column is, for messages.
    middle : ndarray of float, shape (n_steps,)
        Days of the middles of the steps.
    penalty
        As in `estimate_ridge`; 0 for none.

    Returns
    -------
    function
        From covariates and steps, a row each, to the hazards of treatment.
    """
    used = np.unique(step)
    spread = max(float(np.ptp(middle[used])) / 2, 1.0)
    time = (middle - middle[used].mean()) / spread
    count = len(used)
    labels = names or [f"column {k + 1}" for k in range(matrix.shape[1])]
    columns = _over_time(matrix, time[step], count)
    told, titles = find_told(columns), _titles(labels, count)
    fit = fit_logistic(came, columns[:, told], [titles[k] for k in told], penalty)

    def predict(others: np.ndarray, steps: np.ndarray) -> np.ndarray:
        return fit(_over_time(others, time[steps], count)[:, told])

    return predict


def find_told(columns: np.ndarray) -> np.ndarray:
    """Find the columns that are no combination of those before them, by their place.

    A level that nobody has, in a resample perhaps, says nothing.
    """
    table, told = Columns(columns), []
    varied = table.scale[1:] > VARIED * np.abs(table.centre)
    left = table.correlation * np.outer(varied, varied)
    for place in range(len(left)):
        if left[place, place] > SAME:
            told.append(place)
            left = left - np.outer(left[:, place], left[place]) / left[place, place]
    return np.array(told, int)


def fit_logistic(
    outcome: np.ndarray, matrix: np.ndarray, names: Sequence[str], penalty: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Fit a logistic regression, and return what predicts by it."""
    if penalty > 0:
        fit = estimate_ridge(outcome, matrix, names, penalty=penalty)
    else:
        fit = estimate_score(outcome, matrix, names)

    def predict(others: np.ndarray) -> np.ndarray:
        lean = np.einsum("ij,j->i", others, fit.estimate[1:])
        probability = expit(fit.estimate[0] + lean)
        check_doubt(probability)
        return np.asarray(probability)

    return predict


def _over_time(matrix: np.ndarray, time: np.ndarray, count: int) -> np.ndarray:
    """Return time to its powers, covariates, and their products with time."""
    powers = [time**k for k in range(1, min(DEGREE, count - 1) + 1)]
    products = [
        matrix * time[:, None] ** k for k in range(min(PRODUCTS, count - 1) + 1)
    ]
    return np.column_stack([*powers, *products])


def _titles(names: Sequence[str], count: int) -> list[str]:
    powers = [f"time^{k}" for k in range(1, min(DEGREE, count - 1) + 1)]
    products = [
        f"{name} x time^{k}" if k else name
        for k in range(min(PRODUCTS, count - 1) + 1)
        for name in names
    ]
    return [*powers, *products]
