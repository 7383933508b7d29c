"""What each covariate says of the hazard: alone, altogether, and along a curve."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.formula import expand_formula
from twoarm.survival.curves import Arm
from twoarm.survival.effects import ratio_row
from twoarm.survival.members import counts_of, join_members
from twoarm.survival.stack import stack_arms
from twoarm.survival.wald import assess_wald, wald_row
from twoarm.terms import check_terms, expand_terms

Row = dict[str, Any]


def describe_covariates(
    patients: pl.DataFrame,
    arms: Mapping[str, Arm],
    *,
    covariates: Sequence[str],
    splines: Mapping[str, int],
    confidence: float,
) -> list[Row]:
    """Tell what each covariate of a regression says of the hazard.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    arms
        As `twoarm.survival.curves.arms_of` returns them.
    covariates
        Covariates of the regression; none gives no rows.
    splines
        Continuous covariate to the knots of its restricted cubic spline.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`. `univariable: age`
        is a ratio in a model without anything else. The tests are of the regression
        with the treatment: `overall: ecog` that all levels are alike, and `linearity:
        age` that the curved parts of a spline are 0.

    References
    ----------
    .. [1] Harrell FE. Regression modeling strategies, 2nd ed. Springer 2015.
       doi:10.1007/978-3-319-19425-7
    """
    rows: list[Row] = []
    if covariates:
        members, counts = join_members(arms, patients), counts_of(arms)
        rows += _univariable(members, arms, covariates, confidence)
        rows += _overall(members, arms, covariates)
        for name, knots in splines.items():
            others = [each for each in covariates if each != name]
            rows.append(_linearity(members, arms, name, knots, others))
        rows = [{**row, **counts} for row in rows]
    return rows


def inflation_of(matrix: np.ndarray) -> np.ndarray:
    """Return by how much the other columns inflate the variance of each coefficient.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_terms)
        No column follows from the others.

    References
    ----------
    .. [1] Belsley DA, Kuh E, Welsch RE. Regression diagnostics. Wiley 1980.
       doi:10.1002/0471725153

    Examples
    --------
    With a correlation of 0.6 it is 1 / (1 - 0.36).

    >>> one, other = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])
    >>> inflation_of(np.column_stack([one, 0.6 * one + 0.8 * other])).round(9).tolist()
    [1.5625, 1.5625]
    """
    if matrix.shape[1] == 1:
        return np.ones(1)
    correlation = np.corrcoef(matrix, rowvar=False)
    return np.asarray(np.diag(np.linalg.inv(correlation)))


def _univariable(
    members: pl.DataFrame,
    arms: Mapping[str, Arm],
    covariates: Sequence[str],
    confidence: float,
) -> Iterator[Row]:
    """Fit each covariate alone."""
    z, both = float(ndtri((1 + confidence) / 2)), stack_arms(arms)
    for name in covariates:
        matrix, terms = expand_terms(members, [name])
        names = [f"univariable: {term.name}" for term in terms]
        try:
            check_terms(matrix, names, "")
        except InputError:
            why = "not estimable: a level that nobody has, or everybody"
            told = {"measure": "hazard_ratio", "months": None, "method": why}
            yield from ({**told, "term": each} for each in names)
            continue
        fit = fit_cox(both.time, both.event, matrix, **both.how())
        method = "Cox of the covariate alone, Efron ties"
        for each, estimate, error in zip(
            names, fit.estimate, fit.std_error, strict=True
        ):
            yield ratio_row(each, float(estimate), float(error), z, method)


def _overall(
    members: pl.DataFrame, arms: Mapping[str, Arm], covariates: Sequence[str]
) -> Iterator[Row]:
    """Test the levels of each covariate that has more than two together."""
    both = stack_arms(arms)
    columns, terms = expand_terms(members, covariates)
    matrix = np.column_stack([both.treated, columns])
    check_terms(matrix, ["treated", *(t.name for t in terms)], "the covariates")
    fit = fit_cox(both.time, both.event, matrix, **both.how())
    for name in covariates:
        places = [k for k, term in enumerate(terms, 1) if term.covariate == name]
        if len(places) > 1:
            test = assess_wald(fit, places)
            yield wald_row(f"overall: {name}", test, "all levels together")


def _linearity(
    members: pl.DataFrame,
    arms: Mapping[str, Arm],
    name: str,
    knots: int,
    others: Sequence[str],
) -> Row:
    """Test the curved parts of a spline beside the treatment and the others."""
    both = stack_arms(arms)
    columns, names = expand_formula(members, [f"spline({name}, {knots})", *others])
    matrix = np.column_stack([both.treated, columns])
    check_terms(matrix, ["treated", *names], f"the spline of {name}")
    # A column of cubes is large, and Newton's steps want columns alike in size.
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    fit = fit_cox(both.time, both.event, scaled, **both.how())
    places = [k for k, each in enumerate(names, 1) if each.startswith(f"{name}'")]
    words = f"the curved parts of a restricted cubic spline with {knots} knots"
    return wald_row(f"linearity: {name}", assess_wald(fit, places), words)
