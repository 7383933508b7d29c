"""Covariates as numbers: one column a term of a model or a level of a balance table."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError

ALONE = 1e-9
"""Least share of a column's length that the columns before it may leave over."""


class Term(NamedTuple):
    """One numeric column: a continuous covariate, or one level of another."""

    covariate: str
    level: str | None

    @property
    def name(self) -> str:
        """Name in a table of coefficients: `age`, or `grade=3`."""
        return (
            self.covariate if self.level is None else f"{self.covariate}={self.level}"
        )


def expand_terms(
    patients: pl.DataFrame, covariates: Sequence[str], *, full: bool = False
) -> tuple[np.ndarray, list[Term]]:
    """Expand covariates into numeric columns.

    Parameters
    ----------
    patients
        Continuous covariates as Float64, others as Enum; nothing null.
    covariates
        Columns to expand, in this order.
    full
        False: every level but the first, the reference, as a model needs. True: every
        level of a covariate with more than two, as a balance table shows.

    Returns
    -------
    matrix : ndarray of float, shape (n_patients, n_terms)
        Levels as 0 and 1.
    terms
        What each column is.
    """
    columns: list[np.ndarray] = []
    terms: list[Term] = []
    for name in covariates:
        column = patients[name]
        if column.dtype == pl.Float64:
            columns.append(column.to_numpy())
            terms.append(Term(name, None))
            continue
        levels = column.dtype.categories.to_list()  # type: ignore[attr-defined]
        for level in levels if full and len(levels) > 2 else levels[1:]:
            columns.append((column.cast(pl.String) == level).to_numpy().astype(float))
            terms.append(Term(name, level))
    matrix = np.column_stack(columns) if columns else np.empty((patients.height, 0))
    return matrix, terms


def check_terms(matrix: np.ndarray, names: Sequence[str], model: str) -> None:
    """Check that each column says something that no other says.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_terms)
        Columns of a model, without the intercept.
    names
        What each column is; `column 1` and so on if empty.
    model
        What the model is called in the message.

    Raises
    ------
    InputError
        Names every column that is the same in all patients, or a combination of those
        before it.
    """
    named = list(names) or [f"column {place + 1}" for place in range(matrix.shape[1])]
    same = matrix.max(axis=0) == matrix.min(axis=0)
    centred = matrix - matrix.mean(axis=0)
    length = np.where(same, 1.0, np.sqrt((centred**2).sum(axis=0)))
    left = np.zeros(matrix.shape[1])
    left[: len(matrix)] = np.abs(np.diag(np.linalg.qr(centred / length, mode="r")))
    faults = [
        f"{name} " + ("is the same in all patients" if alike else "follows from others")
        for name, alike, rest in zip(named, same, left, strict=True)
        if alike or rest < ALONE
    ]
    if faults:
        raise InputError(f"{model}: {'; '.join(faults)}; take it out")
