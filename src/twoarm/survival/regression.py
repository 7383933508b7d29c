"""Cox regression of the treatment with covariates, on all patients."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from twoarm.engine import fit_cox
from twoarm.survival.effects import ratio_row
from twoarm.terms import check_terms, expand_terms

ADJUSTED = "treated_adjusted"


def fit_regression(
    patients: pl.DataFrame,
    *,
    endpoint: str,
    covariates: Sequence[str],
    confidence: float,
) -> list[dict[str, Any]]:
    """Fit a Cox regression of the treatment and covariates.

    Parameters
    ----------
    patients
        Analysed patients with `treated`, `<endpoint>_days`, `<endpoint>_event` and the
        covariates.
    covariates
        Covariates of the model; none gives no rows.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `endpoint` and `design`: the treatment as
        `treated_adjusted`, then each covariate level. The covariates' own ratios are
        not effects (the Table 2 fallacy).

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
    treated = patients["treated"].to_numpy()
    event = patients[f"{endpoint}_event"].to_numpy()
    columns, terms = expand_terms(patients, covariates)
    matrix = np.column_stack([treated.astype(float), columns])
    names = [ADJUSTED, *(term.name for term in terms)]
    check_terms(matrix, names, f"analysis.cox.covariates, endpoint {endpoint}")
    fit = fit_cox(patients[f"{endpoint}_days"].to_numpy(), event, matrix)
    per_term = event.sum() / matrix.shape[1]
    method = f"Cox with covariates, Efron ties, {per_term:.1f} events a term"
    z = float(norm.ppf((1 + confidence) / 2))
    counts = {
        "n_treated": int(treated.sum()),
        "n_control": int((~treated).sum()),
        "events_treated": int(event[treated].sum()),
        "events_control": int(event[~treated].sum()),
    }
    return [
        {**ratio_row(name, float(b), float(error), z, method), **counts}
        for name, b, error in zip(names, fit.estimate, fit.std_error, strict=True)
    ]
