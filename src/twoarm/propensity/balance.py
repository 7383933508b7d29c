"""Balance of covariates between the arms of each design."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from twoarm.tables.propensity import Balance
from twoarm.terms import expand_terms

THREADS = 2
"""Covariates compared at once; the numbers do not depend on it."""
DOUBTFUL = 1e-10
"""Variance, relative to that of all patients, below which it may be but rounding."""


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


class _Shares(NamedTuple):
    """Shares of the patients in the arms of all designs, laid side by side.

    `mass` has a column for the treated of each design, then one for the controls of
    each, then the treated and the controls of the unmatched sample; each sums to 1.
    `signed` has a column a design, treated less control. `squares` are the sums of the
    squares of `mass`.
    """

    names: list[str]
    estimands: list[str | None]
    mass: np.ndarray
    signed: np.ndarray
    squares: np.ndarray


class _Moments(NamedTuple):
    """Mean and variance of a column in each arm, as `_Shares.mass` has the arms."""

    mean: np.ndarray
    variance: np.ndarray


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
    distinct values of all patients, in or out of the design, as MatchIt does: `ks` is
    their greatest distance, `ecdf_mean` the mean one.

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
    shares = _lay_out(patients["treated"].to_numpy(), designs)
    compare = partial(_compare_covariate, patients, shares)
    # One thread a product, so that its sums do not hang on the number of cores.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(THREADS) as pool:
        rows = [row for part in pool.map(compare, covariates) for row in part]
    return Balance.of(rows)


def assess_values(
    values: np.ndarray, treated: np.ndarray, design: DesignWeights
) -> dict[str, Any]:
    """Compare the arms of one design in one continuous column, as `assess_balance`."""
    with threadpool_limits(1, "blas"):
        return _compare(values, _lay_out(treated, {"one": design}), continuous=True)[0]


def _lay_out(treated: np.ndarray, designs: Mapping[str, DesignWeights]) -> _Shares:
    weights = [each.treated for each in designs.values()]
    weights += [each.control for each in designs.values()]
    weights += [treated.astype(float), (~treated).astype(float)]
    mass = np.column_stack([weight / weight.sum() for weight in weights])
    count = len(designs)
    return _Shares(
        list(designs),
        [each.estimand for each in designs.values()],
        mass,
        mass[:, :count] - mass[:, count : 2 * count],
        np.einsum("ij,ij->j", mass, mass),
    )


def _compare_covariate(
    patients: pl.DataFrame, shares: _Shares, name: str
) -> list[dict[str, Any]]:
    """Compare the arms in the terms of a covariate, a row a term and design."""
    matrix, terms = expand_terms(patients, [name], full=True)
    count, rows = len(shares.names), []
    for values, term in zip(matrix.T, terms, strict=True):
        column, continuous = np.ascontiguousarray(values), term.level is None
        has = np.zeros(2 * count)
        if not continuous:
            has = (shares.mass[column > 0] > 0).sum(axis=0)
        for place, row in enumerate(_compare(column, shares, continuous=continuous)):
            counts = {
                "n_treated": int(has[place]),
                "n_control": int(has[place + count]),
            }
            named = {"covariate": name, "level": term.level}
            rows.append({**row, **named, **({} if continuous else counts)})
    return rows


def _compare(
    values: np.ndarray, shares: _Shares, *, continuous: bool
) -> list[dict[str, Any]]:
    """Compare the arms of each design in one column."""
    count = len(shares.names)
    mean, variance = _moments(values, shares, continuous=continuous)
    scales = {"ATT": variance[-2], "ATC": variance[-1]}
    pooled = (variance[-2] + variance[-1]) / 2
    distances = _distances(values, shares.signed) if continuous else None
    rows = []
    for place, estimand in enumerate(shares.estimands):
        apart = float(mean[place] - mean[place + count])
        scale = float(scales.get(estimand or "", pooled) ** 0.5)
        smd = apart / scale if scale > 0 else None
        row = {
            "design": shares.names[place],
            "mean_treated": float(mean[place]),
            "mean_control": float(mean[place + count]),
            "smd": smd,
            "smd_max": None if smd is None else abs(smd),
        }
        if distances is None:
            row |= dict.fromkeys(("ks", "ecdf_mean"), min(abs(apart), 1.0))
        else:
            other = float(variance[place + count])
            ratio = float(variance[place]) / other if other > 0 else None
            greatest, average = distances[place]
            row |= {"variance_ratio": ratio, "ks": greatest, "ecdf_mean": average}
        rows.append(row)
    return rows


def _moments(values: np.ndarray, shares: _Shares, *, continuous: bool) -> _Moments:
    """Return mean and variance of all arms at once."""
    centre = float(values.mean())
    away = values - centre
    first = away @ shares.mass
    mean = centre + first
    if continuous:
        divisor = 1 - shares.squares
        spread = (away**2) @ shares.mass - first**2
        variance = np.divide(
            spread, divisor, out=np.zeros_like(spread), where=divisor > 0
        )
    else:
        variance = mean * (1 - mean)
    # What rounding leaves of a constant would pass for a variance.
    for arm in np.flatnonzero(variance <= DOUBTFUL * float((away**2).mean())):
        inside = values[shares.mass[:, arm] > 0]
        if inside.min() == inside.max():
            mean[arm], variance[arm] = inside[0], 0.0
    return _Moments(mean, np.maximum(variance, 0.0))


def _distances(values: np.ndarray, signed: np.ndarray) -> list[tuple[float, float]]:
    """Return the greatest and the mean distance of the arms' functions, by design."""
    order = np.argsort(values, kind="stable")
    line = values[order]
    last = np.flatnonzero(np.r_[line[1:] != line[:-1], True])
    apart = np.abs(np.cumsum(signed[order], axis=0)[last])
    greatest, average = apart.max(axis=0), apart.mean(axis=0)
    pairs = zip(greatest.tolist(), average.tolist(), strict=True)
    return [(min(one, 1.0), min(other, 1.0)) for one, other in pairs]
