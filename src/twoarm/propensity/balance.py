"""Balance of covariates between the arms of each design."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.tables.propensity import Balance
from twoarm.terms import Term, expand_terms

THREADS = 2
"""Covariates compared at once; the numbers do not depend on it."""


class DesignWeights(NamedTuple):
    """Weight of each patient in each arm of a design, 0 for who is not in it.

    In a risk-set design a patient may be in both, as a control first and treated later.
    """

    treated: np.ndarray
    control: np.ndarray
    estimand: str | None

    @property
    def share(self) -> np.ndarray:
        """What turns a column into the difference of the arms' weighted means."""
        of_treated = self.treated / self.treated.sum()
        return np.asarray(of_treated - self.control / self.control.sum())


class Spread(NamedTuple):
    """A term's values in order, for the distribution functions of any weights."""

    order: np.ndarray
    last: np.ndarray


def assess_balance(
    patients: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    covariates: Sequence[str],
) -> pl.DataFrame:
    """Compare the arms of each design, level by level.

    The denominator of the standardised mean difference is fixed on all patients,
    unweighted, so that designs can be compared: the treated arm's standard deviation
    under ATT, the control arm's under ATC, else sqrt((v1 + v0) / 2). The variance of a
    level is p (1 - p); that of a continuous covariate has n - 1, and with weights w
    that sum to 1 the divisor 1 - sum(w^2). Distribution functions are compared at the
    distinct values of all patients: `ks` is their greatest distance, `ecdf_mean` the
    mean one.

    Parameters
    ----------
    patients
        All analysed patients, with `treated` and the covariates.
    designs
        Name of a design to its weights, in the order of `patients`.
    covariates
        Columns to compare.

    Returns
    -------
    pl.DataFrame
        As the contract Balance; `smd_max` is the absolute `smd`. `smd` is null where
        the covariate does not vary, `variance_ratio` where it is not continuous.

    References
    ----------
    .. [1] Austin PC. Balance diagnostics for comparing the distribution of baseline
       covariates between treatment groups in propensity-score matched samples.
       Stat Med 2009;28:3083-3107. doi:10.1002/sim.3697
    """
    treated = patients["treated"].to_numpy()
    compare = partial(_compare_covariate, patients, treated, designs)
    with ThreadPoolExecutor(THREADS) as pool:
        rows = [row for part in pool.map(compare, covariates) for row in part]
    return Balance.of(rows)


def assess_values(
    values: np.ndarray,
    treated: np.ndarray,
    design: DesignWeights,
    *,
    spread: Spread | None = None,
    continuous: bool = True,
) -> dict[str, Any]:
    """Compare the arms of a design in one column, as `assess_balance` does."""
    arms = (design.treated, design.control)
    means = [float(np.average(values, weights=weight)) for weight in arms]
    scale = _denominator(values, treated, design.estimand, continuous=continuous)
    smd = (means[0] - means[1]) / scale if scale > 0 else None
    found = {
        "mean_treated": means[0],
        "mean_control": means[1],
        "smd": smd,
        "smd_max": None if smd is None else abs(smd),
    }
    if not continuous:
        apart = min(abs(means[0] - means[1]), 1.0)
        return {**found, "ks": apart, "ecdf_mean": apart}
    now = [_variance(values, weight, continuous=True) for weight in arms]
    found["variance_ratio"] = now[0] / now[1] if now[1] > 0 else None
    return {**found, **_distances(spread or spread_of(values), design)}


def spread_of(values: np.ndarray) -> Spread:
    """Sort a column once for all designs."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    last = np.r_[sorted_values[1:] != sorted_values[:-1], True]
    return Spread(order, np.flatnonzero(last))


def _compare_covariate(
    patients: pl.DataFrame,
    treated: np.ndarray,
    designs: Mapping[str, DesignWeights],
    name: str,
) -> list[dict[str, Any]]:
    matrix, terms = expand_terms(patients, [name], full=True)
    return [
        row
        for values, term in zip(matrix.T, terms, strict=True)
        for row in _compare_term(np.ascontiguousarray(values), term, treated, designs)
    ]


def _compare_term(
    values: np.ndarray,
    term: Term,
    treated: np.ndarray,
    designs: Mapping[str, DesignWeights],
) -> list[dict[str, Any]]:
    continuous = term.level is None
    spread = spread_of(values) if continuous else None
    rows = []
    for name, design in designs.items():
        row = assess_values(
            values, treated, design, spread=spread, continuous=continuous
        )
        counts = {}
        if not continuous:
            counts["n_treated"] = int(values[design.treated > 0].sum())
            counts["n_control"] = int(values[design.control > 0].sum())
        named = {"design": name, "covariate": term.covariate, "level": term.level}
        rows.append({**named, **row, **counts})
    return rows


def _denominator(
    values: np.ndarray, treated: np.ndarray, estimand: str | None, *, continuous: bool
) -> float:
    """Return the standard deviation that a difference is measured in."""
    first, second = (
        _variance(values, arm.astype(float), continuous=continuous)
        for arm in (treated, ~treated)
    )
    only = {"ATT": first, "ATC": second}
    return float(only.get(estimand or "", (first + second) / 2) ** 0.5)


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


def _distances(spread: Spread, design: DesignWeights) -> dict[str, float]:
    """Return the greatest and the mean distance of the arms' distribution functions."""
    apart = np.abs(np.cumsum(design.share[spread.order])[spread.last])
    return {
        "ks": float(min(apart.max(), 1.0)),
        "ecdf_mean": float(min(apart.mean(), 1.0)),
    }
