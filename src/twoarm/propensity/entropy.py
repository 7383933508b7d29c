"""Entropy balancing: the weights nearest to even ones that balance the arms exactly."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from twoarm.errors import InputError
from twoarm.propensity.balancing import (
    ALONE,
    ROUNDING,
    NoMinimumError,
    Point,
    add_products,
    find_basis,
    find_beyond,
    find_minimum,
)

LEAST = 1e-300
"""Least weight, over the greatest: of who is so far off that a float has none."""


class Moments(NamedTuple):
    """Columns of an arm whose weighted means shall be 0, and their names."""

    columns: np.ndarray
    names: list[str]


class Reach(NamedTuple):
    """One arm to weight: which, and the base weights of whom it shall stand for."""

    arm: str
    rows: np.ndarray
    standing_for: np.ndarray


def weight_by_entropy(
    matrix: np.ndarray,
    treated: np.ndarray,
    *,
    estimand: Literal["ATT", "ATC", "ATE"],
    base: np.ndarray | None = None,
    names: Sequence[str] = (),
    moments: int | Sequence[int] = 1,
    key: str = "propensity.covariates",
) -> np.ndarray:
    """Weight patients so that the arms' means are exactly those of the estimand.

    Of all weights that do, these are the nearest to the base weights by
    Kullback-Leibler divergence. ATT: controls get the means of the treated, who keep
    their base weights. ATC: the reverse. ATE: each arm gets the means of all patients.
    A reweighted arm weighs as much in all as those whom it stands for.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_terms)
        Terms without the intercept. One that follows from others, or is the same in all
        of an arm, is no trouble as long as the means to reach follow in the same way.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    estimand
        Whom the weighted patients stand for.
    base : ndarray of float, shape (n_patients,)
        Weights to stay near, above 0; 1 for all if None.
    names
        What the columns are, for the messages.
    moments
        1: means; 2: variances too; of all columns or of each. The variance is about the
        mean to reach, with the sum of weights as divisor. That of a column with two
        values follows from its mean, so 2 asks nothing more of it.
    key
        Of the terms in the study file, for the message.

    Returns
    -------
    ndarray of float, shape (n_patients,)
        All above 0.

    Raises
    ------
    InputError
        If no weights reach the means; with the names of the columns at fault.

    References
    ----------
    .. [1] Hainmueller J. Entropy balancing for causal effects. Polit Anal
       2012;20:25-46. doi:10.1093/pan/mpr025

    Examples
    --------
    >>> age = np.array([[60.0], [50.0], [70.0]])
    >>> weight_by_entropy(age, np.array([True, False, False]), estimand="ATT")
    array([1. , 0.5, 0.5])
    """
    weight = np.ones(len(treated)) if base is None else base.astype(float)
    balanced, faults = weight.copy(), []
    for reach in _reaches(treated, weight, estimand):
        wanted = _moments(matrix, names, moments, reach)
        try:
            shares = _balance(wanted.columns, weight[reach.rows])
        except NoMinimumError:
            faults.append(_tell(reach.arm, wanted))
        else:
            balanced[reach.rows] = shares * reach.standing_for.sum()
    if faults:
        raise InputError(
            f"{key}: {'; '.join(faults)}; take them out, or restrict the cohort to "
            "patients whom both arms have"
        )
    return balanced


def _reaches(
    treated: np.ndarray, base: np.ndarray, estimand: Literal["ATT", "ATC", "ATE"]
) -> list[Reach]:
    """Name the arms to weight, and the base weights of those they shall stand for."""
    target = {"ATT": treated, "ATC": ~treated, "ATE": np.ones(len(treated), bool)}
    standing_for = np.where(target[estimand], base, 0.0)
    return [
        Reach(arm, rows, standing_for)
        for arm, rows, untouched in (
            ("treated", treated, "ATT"),
            ("controls", ~treated, "ATC"),
        )
        if estimand != untouched
    ]


def _moments(
    matrix: np.ndarray,
    names: Sequence[str],
    moments: int | Sequence[int],
    reach: Reach,
) -> Moments:
    named = list(names) or [f"column {place + 1}" for place in range(matrix.shape[1])]
    orders = np.broadcast_to(moments, matrix.shape[1])
    columns = _centre(matrix, reach)
    if (orders == 1).all():
        return Moments(columns, named)
    share = reach.standing_for / reach.standing_for.sum()
    squares = (matrix[:, orders == 2] - share @ matrix[:, orders == 2]) ** 2
    squared = [
        f"spread of {name}" for name, o in zip(named, orders, strict=True) if o == 2
    ]
    return Moments(np.hstack([columns, _centre(squares, reach)]), named + squared)


def _centre(columns: np.ndarray, reach: Reach) -> np.ndarray:
    """Return an arm's rows less the means to reach, over the spread among all."""
    mean = reach.standing_for @ columns / reach.standing_for.sum()
    least, most = columns.min(axis=0), columns.max(axis=0)
    same = most - least <= ROUNDING * np.maximum(np.abs(least), np.abs(most))
    centred = np.asarray(columns[reach.rows])
    centred -= mean
    # A constant is 0, not what rounding left of it.
    centred /= np.where(same, np.inf, columns.std(axis=0))
    return centred


def _balance(columns: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Return shares of an arm's patients with which the mean of each column is 0.

    Raises
    ------
    NoMinimumError
        If there are none.
    """
    basis = find_basis(columns)
    mean = columns.mean(axis=0)
    follows = mean[basis.kept] @ basis.combination
    off = np.abs(mean[basis.dropped] - follows)
    if (off > ALONE * (1 + np.abs(basis.combination).sum(axis=0))).any():
        raise NoMinimumError
    independent = columns @ basis.matrix
    log_base = np.log(base / base.sum())

    def at(coefficient: np.ndarray) -> Point:
        exponent = independent @ coefficient + log_base
        highest = exponent.max()
        weight = np.exp(exponent - highest)
        total = weight.sum()
        weight /= total
        gradient = weight @ independent
        products = add_products(independent, weight)
        value = float(highest + np.log(total))
        return Point(value, gradient, products - np.outer(gradient, gradient))

    found = find_minimum(at, np.zeros(independent.shape[1]), independent)
    exponent = independent @ found + log_base
    weight = np.maximum(np.exp(exponent - exponent.max()), LEAST)
    return np.asarray(weight / weight.sum())


def _tell(arm: str, wanted: Moments) -> str:
    beyond = find_beyond(wanted.columns)
    means = "the means to reach"
    if not len(beyond):
        return f"{means} are at the edge of what the {arm} can be weighted to"
    listed = ", ".join(wanted.names[place] for place in beyond)
    return f"the {arm} cannot be weighted to {means} of {listed}"
