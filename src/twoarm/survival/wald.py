"""Wald's test of several coefficients together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import chdtrc

from twoarm.fits import NO_TEST, ChiSquared, Cox


def assess_wald(fit: Cox, places: Sequence[int] | np.ndarray) -> ChiSquared:
    """Test that some coefficients of a Cox regression are 0 together: Wald's test.

    Parameters
    ----------
    fit
        From `fit_cox`; with weights or clusters the test is the robust one.
    places
        Positions of the coefficients.

    References
    ----------
    .. [1] Wald A. Tests of statistical hypotheses concerning several parameters when
       the number of observations is large. Trans Am Math Soc 1943;54:426-482.
       doi:10.1090/S0002-9947-1943-0012401-3
    """
    chosen = np.asarray(places, int)
    estimate = fit.estimate[chosen]
    if fit.covariance is None or not chosen.size or np.isnan(estimate).any():
        return NO_TEST
    covariance = fit.covariance[np.ix_(chosen, chosen)]
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(chosen):
        return NO_TEST
    statistic = float(estimate @ np.linalg.solve(covariance, estimate))
    p_value = float(chdtrc(len(chosen), max(statistic, 0.0)))
    return ChiSquared(statistic, len(chosen), p_value)


def wald_row(term: str, test: ChiSquared, words: str = "") -> dict[str, Any]:
    """Write a Wald test as a row of the contract Effects."""
    row = {"measure": "wald", "term": term, "months": None}
    if np.isnan(test.statistic):
        return {**row, "method": "not estimable: a coefficient has no single maximum"}
    degrees = f"{test.degrees:g} degree{'s' if test.degrees > 1 else ''} of freedom"
    told = {"estimate": test.statistic, "p_value": test.p_value}
    head = f"Wald test of {words}" if words else "Wald test"
    return {**row, **told, "method": f"{head}, chi-squared, {degrees}"}
