"""Terms of a model, written as a statistician writes them.

`age`, `age^2`, `spline(age, 4)`, `age:sex`; `age*sex` for `age`, `sex` and `age:sex`.
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.terms import expand_terms

# SOURCE: Harrell, Regression Modeling Strategies, 2nd ed. 2015, table 2.3.
KNOTS = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975),
}
"""Quantiles at which a spline has its knots, by their number."""
NAME = r"[a-z][a-z0-9_]*"
PLAIN = re.compile(rf"({NAME})")
SQUARE = re.compile(rf"({NAME})\s*\^\s*2")
SPLINE = re.compile(rf"spline\(\s*({NAME})\s*,\s*(\d+)\s*\)")


class Factor(NamedTuple):
    """One covariate in a term: as it is, its square, or a spline with `knots`."""

    name: str
    square: bool = False
    knots: int = 0


def parse_term(text: str) -> list[list[Factor]]:
    """Parse a term into products of factors; only `a*b` gives more than one.

    Raises
    ------
    InputError
        Says what cannot be read, and what can.

    Examples
    --------
    >>> [[factor.name for factor in each] for each in parse_term("age*sex")]
    [['age'], ['sex'], ['age', 'sex']]
    """
    parts = [part.strip() for part in re.split(r"[:*]", text)]
    factors = [_parse_factor(part, text) for part in parts]
    if "*" not in text:
        return [factors]
    if len(factors) != 2:
        raise InputError(f"term {text!r}: a*b joins two covariates, no more")
    return [[factors[0]], [factors[1]], factors]


def names_of(text: str) -> list[str]:
    """List the covariates in a term, each once.

    >>> names_of("spline(age, 4):sex")
    ['age', 'sex']
    """
    return list(dict.fromkeys(f.name for each in parse_term(text) for f in each))


def expand_formula(
    patients: pl.DataFrame, terms: Sequence[str], *, without: str | None = None
) -> tuple[np.ndarray, list[str]]:
    """Expand terms into numeric columns.

    Parameters
    ----------
    patients
        Continuous covariates as Float64, others as Enum; nothing null.
    terms
        As `parse_term` reads them; a product that stands twice counts once.
    without
        Covariate whose products are left out.

    Returns
    -------
    matrix : ndarray of float, shape (n_patients, n_columns)
        The first level of a covariate is the reference.
    names
        What each column is.

    Raises
    ------
    InputError
        If a spline or a square is asked of a covariate with levels, or a spline has
        more knots than the covariate has values for.
    """
    every = {tuple(each): None for text in terms for each in parse_term(text)}
    products = [each for each in every if without not in {part.name for part in each}]
    columns: list[np.ndarray] = []
    names: list[str] = []
    for factors in products:
        parts = [_expand_factor(patients, factor) for factor in factors]
        for chosen in product(*(list(zip(*part, strict=True)) for part in parts)):
            columns.append(np.prod([column for column, _ in chosen], axis=0))
            names.append(":".join(name for _, name in chosen))
    matrix = np.column_stack(columns) if columns else np.empty((patients.height, 0))
    return matrix, names


def expand_spline(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Expand values into a restricted cubic spline: linear beyond the outer knots.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
    knots : ndarray of float, shape (k,)
        Rising, at least three.

    Returns
    -------
    ndarray of float, shape (n, k - 1)
        The values themselves, then k - 2 columns that are divided by the square of the
        distance of the outer knots.

    References
    ----------
    .. [1] Harrell FE. Regression modeling strategies, 2nd ed. Springer 2015.
       doi:10.1007/978-3-319-19425-7
    """
    last, before = knots[-1], knots[-2]
    width = last - before

    def cube(knot: float) -> np.ndarray:
        return np.maximum(values - knot, 0.0) ** 3

    bent = [
        cube(knot)
        - cube(before) * (last - knot) / width
        + cube(last) * (before - knot) / width
        for knot in knots[:-2].tolist()
    ]
    return np.column_stack([values, *(b / (last - knots[0]) ** 2 for b in bent)])


def _parse_factor(part: str, text: str) -> Factor:
    if found := PLAIN.fullmatch(part):
        return Factor(found[1])
    if found := SQUARE.fullmatch(part):
        return Factor(found[1], square=True)
    if found := SPLINE.fullmatch(part):
        knots = int(found[2])
        if knots not in KNOTS:
            raise InputError(f"term {text!r}: a spline has 3 to 7 knots")
        return Factor(found[1], knots=knots)
    raise InputError(
        f"term {text!r}: cannot read {part!r}; write age, age^2, spline(age, 4), "
        "age:sex or age*sex"
    )


def _expand_factor(
    patients: pl.DataFrame, factor: Factor
) -> tuple[list[np.ndarray], list[str]]:
    """Return the columns of a factor and their names."""
    column = patients[factor.name]
    if column.dtype != pl.Float64:
        if factor.square or factor.knots:
            raise InputError(
                f"covariate {factor.name} has levels: no square, no spline"
            )
        matrix, terms = expand_terms(patients, [factor.name])
        return list(matrix.T), [term.name for term in terms]
    values = column.to_numpy()
    if factor.square:
        return [values**2], [f"{factor.name}^2"]
    if not factor.knots:
        return [values], [factor.name]
    knots = np.quantile(values, KNOTS[factor.knots])
    if len(np.unique(knots)) < factor.knots:
        raise InputError(
            f"covariate {factor.name} has too few values for {factor.knots} knots; "
            "take fewer, or the covariate as it is"
        )
    spline = expand_spline(values, knots)
    return list(spline.T), [factor.name + "'" * k for k in range(spline.shape[1])]
