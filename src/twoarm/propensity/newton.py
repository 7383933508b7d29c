"""Newton's method for logistic regression, a block of rows at a time.

No copy of the matrix is made: each block is centred and scaled in the cache of a core.
Blocks are of a fixed size and summed in their order, so the number of cores does not
change a digit.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.special import expit
from threadpoolctl import ThreadpoolController

BLOCK = 16_384
"""Rows of a block: with 20 columns, 2.6 MB."""
MOST_STEPS = 50
FLAT = 1e-18
"""What a last step may still promise, as log-likelihood a patient of the smaller arm.

Newton's steps square the error, so after that step no digit is left to gain.
"""
QUIET = 1e-9
"""Log-likelihood that a step promises from which on it must be still."""
STILL = 0.1
"""Change of a logit by which a step is still.

Where covariates separate the arms, the steps promise ever less, but each moves a logit
by 1, until a probability is 1 to all digits.
"""
MANY = 200_000
"""Patients from which on the steps start at the estimate of every eighth patient."""
EVERY = 8

Result = TypeVar("Result")


class NoMaximumError(Exception):
    """The likelihood has no maximum: the columns separate the arms."""


class Newton(NamedTuple):
    """Coefficients of the scaled columns, intercept first, and their information."""

    estimate: np.ndarray
    information: np.ndarray


class Sums(NamedTuple):
    """Sums over patients at an estimate."""

    information: np.ndarray
    gradient: np.ndarray


class Columns:
    """Columns of a model, centred and scaled when used, with an intercept before them.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates without the intercept.

    Attributes
    ----------
    centre : ndarray, shape (n_terms,)
        Mean of each column.
    scale : ndarray, shape (n_terms + 1,)
        1 for the intercept, then the standard deviation (with n) of each column; 1
        where it is 0.
    correlation : ndarray, shape (n_terms, n_terms)
        Of the columns.
    """

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix
        self.count, terms = matrix.shape
        totals = self.walk(lambda rows: matrix[rows].sum(axis=0))
        self.centre = np.sum(totals, axis=0) / self.count
        self.scale = np.ones(terms + 1)
        products = sum(self.walk(lambda rows: _square(self.centred(rows))))
        spread = np.sqrt(np.diag(products) / self.count)
        self.scale = np.where(spread > 0, spread, 1.0)
        correlation = products / np.outer(self.scale, self.scale) / self.count
        self.correlation = correlation[1:, 1:]

    def centred(self, rows: slice) -> np.ndarray:
        """Return some rows, centred but not scaled, the intercept first.

        Scale is left to the coefficients: unlike a mean it costs them no digits.
        """
        raw = self.matrix[rows]
        block = np.empty((len(raw), raw.shape[1] + 1))
        block[:, 0] = 1
        with np.errstate(invalid="ignore"):  # infinite values are told by name
            np.subtract(raw, self.centre, out=block[:, 1:])
        return block

    def walk(self, visit: Callable[[slice], Result]) -> list[Result]:
        """Visit each block of rows; return what was found, in the order of the rows."""
        starts = range(0, self.count, BLOCK)
        blocks = [slice(start, min(start + BLOCK, self.count)) for start in starts]
        controller = _controller()
        cores = max(
            (
                each["num_threads"]
                for each in controller.info()
                if each["user_api"] == "blas"
            ),
            default=1,
        )
        with controller.limit(limits=1, user_api="blas"):
            if len(blocks) == 1 or cores == 1:
                return [visit(rows) for rows in blocks]
            with ThreadPoolExecutor(cores) as pool:
                return list(pool.map(visit, blocks))

    def logit(self, estimate: np.ndarray) -> np.ndarray:
        """Return each patient's logit."""
        slopes = estimate / self.scale
        parts = self.walk(lambda rows: self.centred(rows) @ slopes)
        return np.concatenate(parts)

    def unscaled(self, estimate: np.ndarray) -> np.ndarray:
        """Return the coefficients of the columns as they came, intercept first."""
        return np.asarray(self._back() @ estimate)

    def errors(self, information: np.ndarray) -> np.ndarray:
        """Return standard errors of the columns as they came, intercept first."""
        back = self._back()
        return np.sqrt(np.diag(back @ np.linalg.inv(information) @ back.T))

    def _back(self) -> np.ndarray:
        back = np.diag(1 / self.scale)
        back[0, 1:] = -self.centre / self.scale[1:]
        return back


def fit_newton(
    outcome: np.ndarray, columns: Columns, *, penalty: float = 0.0
) -> Newton:
    """Maximise the likelihood of a logistic regression, to full convergence.

    Parameters
    ----------
    outcome : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    columns
        Of the model.
    penalty
        Maximised is log-likelihood - penalty/2 * sum of squares of the coefficients of
        the scaled columns, the intercept left out.

    Raises
    ------
    NoMaximumError
        If the steps do not come to rest.
    """
    weight = penalty * np.r_[0.0, np.ones(columns.matrix.shape[1])]
    estimate = _start(outcome, columns, penalty)
    smaller = min(outcome.sum(), (~outcome).sum())
    for _ in range(MOST_STEPS):
        sums = _sums(outcome, columns, estimate)
        information = sums.information + np.diag(weight)
        gradient = sums.gradient - weight * estimate
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            break
        promise = abs(gradient @ step)
        if promise <= QUIET and not _is_still(columns, step):
            break
        if promise <= FLAT * smaller:
            return Newton(estimate + step, information)
        estimate = estimate + step
    raise NoMaximumError


def _start(outcome: np.ndarray, columns: Columns, penalty: float) -> np.ndarray:
    """Start from a fit of some patients where there are many, else from 0."""
    nothing = np.zeros(columns.matrix.shape[1] + 1)
    if columns.count < MANY:
        return nothing
    some = Columns(columns.matrix[::EVERY])
    some.centre, some.scale = columns.centre, columns.scale
    try:
        return fit_newton(outcome[::EVERY], some, penalty=penalty).estimate
    except NoMaximumError:
        return nothing


def _sums(outcome: np.ndarray, columns: Columns, estimate: np.ndarray) -> Sums:
    slopes = estimate / columns.scale

    def visit(rows: slice) -> Sums:
        block = columns.centred(rows)
        fitted = expit(block @ slopes)
        gradient = (outcome[rows] - fitted) @ block
        block *= np.sqrt(fitted * (1 - fitted))[:, None]
        return Sums(_square(block), gradient)

    parts = columns.walk(visit)
    information, gradient = (sum(part) for part in zip(*parts, strict=True))
    scale = columns.scale
    return Sums(information / np.outer(scale, scale), gradient / scale)


def _is_still(columns: Columns, step: np.ndarray) -> bool:
    """Tell whether a step moves no logit by more than STILL.

    A scaled column is nowhere beyond the square root of the number of patients.
    """
    if np.abs(step).sum() * np.sqrt(columns.count) <= STILL:
        return True
    return bool(np.abs(columns.logit(step)).max() <= STILL)


def _square(block: np.ndarray) -> np.ndarray:
    return np.asarray(block.T @ block)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
