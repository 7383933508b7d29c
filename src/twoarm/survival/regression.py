"""Cox regression of the treatment with covariates, on the arms of a design."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twoarm.engine import fit_cox
from twoarm.survival.covariates import inflation_of
from twoarm.survival.curves import Arm
from twoarm.survival.effects import ratio_row
from twoarm.survival.stack import stack_arms
from twoarm.terms import check_terms, expand_terms

ADJUSTED = "treated_adjusted"
# SOURCE: Belsley, Kuh and Welsch 1980; 5 to 10 are the limits in use.
INFLATED = 5.0
"""Inflation of a variance from which on a covariate is collinear."""


def fit_regression(
    patients: pl.DataFrame,
    arms: Mapping[str, Arm],
    *,
    covariates: Sequence[str],
    confidence: float,
    source: str = "analysis.cox.covariates",
) -> list[dict[str, Any]]:
    """Fit a Cox regression of the treatment and covariates on the arms of a design.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    arms
        As `twoarm.survival.curves.arms_of` returns them; weights, sets and entries
        count as they do without covariates.
    covariates
        Covariates of the model; none gives no rows.
    source
        Where the covariates are named, for the error.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: the treatment as
        `treated_adjusted`, then each covariate level. The covariates' own ratios are
        not effects (the Table 2 fallacy).

    The method says how many events there are a term, and which covariate the others
    make uncertain: a variance inflated more than fivefold.

    Raises
    ------
    InputError
        Names the covariates that are the same in all, or a combination of others.

    References
    ----------
    .. [1] Westreich D, Greenland S. The Table 2 fallacy. Am J Epidemiol
       2013;177:292-298. doi:10.1093/aje/kws412
    """
    if not covariates:
        return []
    both = stack_arms(arms)
    named = [pl.DataFrame({"patient_id": arm.patient_id}) for arm in arms.values()]
    rows = pl.concat(named).join(patients, on="patient_id", maintain_order="left")
    columns, terms = expand_terms(rows, covariates)
    matrix = np.column_stack([both.treated, columns])
    names = [ADJUSTED, *(term.name for term in terms)]
    check_terms(matrix, names, source)
    fit = fit_cox(both.time, both.event, matrix, **both.how())
    per_term = both.event.sum() / matrix.shape[1]
    changing = "" if both.entry is None else ", time-dependent treatment"
    weighted = "" if both.weight is None else ", weighted, robust variance"
    method = f"Cox with covariates, Efron ties{changing}{weighted}"
    method += f", {per_term:.1f} events a term" + _collinearity(matrix, names)
    z = float(ndtri((1 + confidence) / 2))
    counts = {
        f"{what}_{arm}": count
        for arm, each in arms.items()
        for what, count in (("n", len(each.time)), ("events", int(each.event.sum())))
    }
    return [
        {**ratio_row(name, float(b), float(error), z, method), **counts}
        for name, b, error in zip(names, fit.estimate, fit.std_error, strict=True)
    ]


def _collinearity(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Name the term whose variance the others inflate most, if by much."""
    inflation = inflation_of(matrix)
    most = int(inflation.argmax())
    if inflation[most] <= INFLATED:
        return ""
    return f", variance of {names[most]} inflated {inflation[most]:.1f}-fold"
