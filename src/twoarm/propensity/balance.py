"""Balance of covariates between the arms of a design."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from twoarm.tables.propensity import Balance
from twoarm.terms import Term, expand_terms


def assess_balance(
    patients: pl.DataFrame,
    weights: pl.DataFrame,
    covariates: Sequence[str],
    *,
    estimand: str | None,
) -> pl.DataFrame:
    """Compare the arms of one design, level by level.

    The denominator of the standardised mean difference is fixed on all patients,
    unweighted, so that designs can be compared: the treated arm's standard deviation
    under ATT, else sqrt((v1 + v0) / 2). The variance of a level is p (1 - p); that of a
    continuous covariate has n - 1, and with weights w that sum to 1 the divisor
    1 - sum(w^2).

    Parameters
    ----------
    patients
        All analysed patients, with `patient_id`, `treated` and the covariates.
    weights
        `patient_id` and `weight` of the patients in the design.
    covariates
        Columns to compare.
    estimand
        Of the design; None for `unadjusted`.

    Returns
    -------
    pl.DataFrame
        As the contract Balance, without `design`. `smd` is null where the covariate
        does not vary, `variance_ratio` where it is not continuous.

    References
    ----------
    .. [1] Austin PC. Balance diagnostics for comparing the distribution of baseline
       covariates between treatment groups in propensity-score matched samples.
       Stat Med 2009;28:3083-3107. doi:10.1002/sim.3697
    """
    matrix, terms = expand_terms(patients, covariates, full=True)
    treated = patients["treated"].to_numpy()
    weighted = patients.join(
        weights, on="patient_id", how="left", maintain_order="left"
    )
    weight = weighted["weight"].fill_null(0.0).to_numpy()
    rows = [
        _compare(matrix[:, place], term, treated, weight, estimand)
        for place, term in enumerate(terms)
    ]
    return Balance.of(rows).drop("design")


def _compare(
    values: np.ndarray,
    term: Term,
    treated: np.ndarray,
    weight: np.ndarray,
    estimand: str | None,
) -> dict[str, object]:
    continuous = term.level is None
    arms = {True: treated, False: ~treated}
    means = {arm: _mean(values[rows], weight[rows]) for arm, rows in arms.items()}
    plain = {
        arm: _variance(values[rows], np.ones(rows.sum()), continuous=continuous)
        for arm, rows in arms.items()
    }
    spread = plain[True] if estimand == "ATT" else (plain[True] + plain[False]) / 2
    ratio = None
    if continuous:
        now = [_variance(values[r], weight[r], continuous=True) for r in arms.values()]
        ratio = now[0] / now[1] if now[1] > 0 else None
    return {
        "covariate": term.covariate,
        "level": term.level,
        "mean_treated": means[True],
        "mean_control": means[False],
        "smd": (means[True] - means[False]) / spread**0.5 if spread > 0 else None,
        "variance_ratio": ratio,
        "ks": _distance(values, weight, treated),
        "n_treated": None if continuous else int(values[treated & (weight > 0)].sum()),
        "n_control": None if continuous else int(values[~treated & (weight > 0)].sum()),
    }


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(values, weights=weight))


def _variance(values: np.ndarray, weight: np.ndarray, *, continuous: bool) -> float:
    inside = values[weight > 0]
    if inside.min() == inside.max():
        return 0.0  # what rounding leaves of it would pass for a variance
    share = weight / weight.sum()
    mean = float(share @ values)
    if not continuous:
        return mean * (1 - mean)
    divisor = 1 - float(share @ share)
    return float(share @ (values - mean) ** 2) / divisor if divisor > 0 else 0.0


def _distance(values: np.ndarray, weight: np.ndarray, treated: np.ndarray) -> float:
    """Greatest distance of the weighted distribution functions of the arms."""
    order = np.argsort(values, kind="stable")
    sorted_values, arm, mass = values[order], treated[order], weight[order]
    share = np.where(arm, mass / mass[arm].sum(), -mass / mass[~arm].sum())
    last = np.r_[sorted_values[1:] != sorted_values[:-1], True]
    return float(min(np.abs(np.cumsum(share)[last]).max(), 1.0))
