"""What exact balance needs: independent columns, a minimum, and who is at fault."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr, solve_triangular

ALONE = 1e-9
"""Least share of a column's length that the columns before it may leave over."""
MOST_STEPS = 100
MOST_HALVINGS = 40
NEAR = 1e-10
"""Gradient, in standard deviations, from which one more step reaches the last digit."""
STILL = 1e-3
"""Log weight by which that last step may at most change a weight."""
GONE = 1e-15
"""Gradient at which there is no minimum if steps are not still.

At the edge of what can be balanced the gradient falls, but each step still moves a log
weight by 1, for ever.
"""
ENOUGH = 1e-4
"""Share of the promised descent that a step must bring."""
ROUNDING = 1e-13
"""Relative difference that rounding alone may make."""
BLOCK = 16_384
"""Rows of a block: its columns stay in the cache of a core."""


class NoMinimumError(Exception):
    """The function has no minimum, or none that could be reached."""


class Basis(NamedTuple):
    """Independent columns, as combinations of columns given.

    `matrix`, of shape (n_columns, n_independent), makes them: centred, they are
    orthogonal and of mean square 1. A column of `dropped` is, but for a constant,
    the columns of `kept` times its column of `combination`.
    """

    matrix: np.ndarray
    kept: np.ndarray
    dropped: np.ndarray
    combination: np.ndarray


class Point(NamedTuple):
    """Value, gradient and matrix of second derivatives of a function."""

    value: float
    gradient: np.ndarray
    curvature: np.ndarray


def find_basis(columns: np.ndarray) -> Basis:
    """Find independent columns that span the columns given and are well conditioned.

    Parameters
    ----------
    columns : ndarray of float, shape (n_patients, n_columns)
        In units of their spread, so that a length near 0 means a constant.
    """
    size, count = columns.shape
    centred = columns - columns.mean(axis=0)
    # Pivoting is slow on many rows; the triangle of a first pass has few.
    triangle, order = qr(np.linalg.qr(centred, mode="r"), mode="r", pivoting=True)
    left = np.abs(np.diag(triangle))
    rank = int((left > ALONE * np.sqrt(size)).sum())
    head, tail = triangle[:rank, :rank], triangle[:rank, rank:]
    matrix = np.zeros((count, rank))
    matrix[order[:rank]] = solve_triangular(head, np.eye(rank)) * np.sqrt(size)
    return Basis(matrix, order[:rank], order[rank:], solve_triangular(head, tail))


def find_minimum(
    at: Callable[[np.ndarray], Point], start: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Find the minimum of a convex function by Newton's method, halving long steps.

    Parameters
    ----------
    at
        Of coefficients the value of the function and its derivatives; the value is
        infinite where a float is too small for it.
    start : ndarray of float, shape (n_columns,)
    columns : ndarray of float, shape (n_patients, n_columns)
        What the coefficients multiply: their product is a log weight.

    Raises
    ------
    NoMinimumError
    """
    place, here = start, at(start)
    for _ in range(MOST_STEPS):
        try:
            step = -np.linalg.solve(here.curvature, here.gradient)
        except np.linalg.LinAlgError:
            break
        left = np.abs(here.gradient).max(initial=0.0)
        if left <= NEAR and np.abs(columns @ step).max() <= STILL:
            return np.asarray(place + step)
        if left <= GONE:
            break
        place, here = _descend(at, place, here, step)
    raise NoMinimumError


def _descend(
    at: Callable[[np.ndarray], Point], place: np.ndarray, here: Point, step: np.ndarray
) -> tuple[np.ndarray, Point]:
    """Go along a step as far as the function falls by a fair part of the promise."""
    slope = float(here.gradient @ step)
    noise = ROUNDING * (1 + abs(here.value))
    for halvings in range(MOST_HALVINGS if slope < 0 else 0):
        part = 0.5**halvings
        there = at(place + part * step)
        if there.value <= here.value + ENOUGH * part * slope + noise:
            return place + part * step, there
    raise NoMinimumError


def add_products(columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighted sums of products of columns, without a copy of them."""
    total = np.zeros((columns.shape[1],) * 2)
    for start in range(0, len(columns), BLOCK):
        rows = columns[start : start + BLOCK]
        total += (rows * weight[start : start + BLOCK, None]).T @ rows
    return total


def find_beyond(columns: np.ndarray) -> np.ndarray:
    """Find columns of which no weighted mean, all weights above 0, is 0.

    Parameters
    ----------
    columns : ndarray of float, shape (n_patients, n_columns)
        Of the patients to weight, less the means to reach, in units of the spread.

    Returns
    -------
    ndarray of int
        Columns that are above 0, or below it, in all patients, or 0 in all but some
        on one side. If there are none, those that must miss if the sum of what is
        missed is as small as it can be; empty if nothing need be missed.
    """
    least, most = columns.min(axis=0), columns.max(axis=0)
    same = (np.abs(least) <= ALONE) & (np.abs(most) <= ALONE)
    alone = np.flatnonzero(~same & ((least >= -ROUNDING) | (most <= ROUNDING)))
    return alone if len(alone) else _find_jointly_beyond(columns)


def _find_jointly_beyond(columns: np.ndarray) -> np.ndarray:
    # Imported when something is wrong: it takes a quarter of a second.
    from scipy.optimize import linprog

    size, count = columns.shape
    equal = np.zeros((count + 1, size + 2 * count))
    equal[:count, :size] = columns.T
    equal[:count, size:] = np.hstack([np.eye(count), -np.eye(count)])
    equal[count, :size] = 1.0
    cost = np.r_[np.zeros(size), np.ones(2 * count)]
    found = linprog(cost, A_eq=equal, b_eq=np.r_[np.zeros(count), 1.0], method="highs")
    missed = found.x[size : size + count] + found.x[size + count :]
    return np.asarray(np.flatnonzero(missed > ALONE))
