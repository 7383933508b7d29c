"""Balance of covariates between the arms of each design."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.tables.propensity import Balance

THREADS = 2
"""Covariates compared at once; the numbers do not depend on it.

Sums here are numpy's own: BLAS would start threads beneath these, which fight for the
cores, and rounds otherwise on another number of them.
"""
ALIKE = 1e-9
"""A standard deviation of so little of the mean may be rounding: look at the values."""
ALL_IN_ONE = 1e-12
"""One patient who leaves but this share of an arm's weight leaves it no variance."""


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
        the covariate does not vary in the arms of its denominator, `variance_ratio`
        where it is not continuous, or one patient has all the weight of an arm.

    Raises
    ------
    InputError
        Names every empty arm of a design and every covariate with missing values.

    References
    ----------
    .. [1] Austin PC. Balance diagnostics for comparing the distribution of baseline
       covariates between treatment groups in propensity-score matched samples.
       Stat Med 2009;28:3083-3107. doi:10.1002/sim.3697
    """
    treated = patients["treated"].to_numpy()
    check_comparable(patients, designs, covariates)
    shares = {name: design.share for name, design in designs.items()}
    compare = partial(_compare_covariate, treated, designs, shares)
    columns = [patients[name] for name in covariates]
    with ThreadPoolExecutor(THREADS) as pool:
        rows = [row for part in pool.map(compare, columns) for row in part]
    return Balance.of(rows)


def check_comparable(
    patients: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    covariates: Sequence[str],
) -> None:
    """Check that each design has both arms, and each covariate all its values.

    Raises
    ------
    InputError
        Names every fault at once.
    """
    faults = [
        f"design {name} has nobody in its {arm} arm; take it out of designs"
        for name, design in designs.items()
        for arm, weight in (("treated", design.treated), ("control", design.control))
        if not (weight > 0).any()
    ]
    for name in covariates:
        column = patients[name]
        broken = column.is_nan().sum() if column.dtype == pl.Float64 else 0
        if missing := column.null_count() + broken:
            faults.append(f"covariate {name} is missing in {missing} patient(s)")
    if faults:
        raise InputError("balance cannot be assessed: " + "; ".join(faults))


def assess_values(
    values: np.ndarray,
    treated: np.ndarray,
    design: DesignWeights,
    *,
    continuous: bool = True,
) -> dict[str, Any]:
    """Compare the arms of a design in one column, as `assess_balance` does."""
    variances = variances_of(values, treated, continuous=continuous)
    if continuous:
        spread = spread_of(values)
        return _compare_values(values, variances, spread, design, design.share)
    means = (mean_of(values, design.treated), mean_of(values, design.control))
    apart = min(abs(means[0] - means[1]), 1.0)
    found = _difference(means, variances, design.estimand)
    return {**found, "ks": apart, "ecdf_mean": apart}


def spread_of(values: np.ndarray) -> Spread:
    """Sort a column once for all designs."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    last = np.r_[sorted_values[1:] != sorted_values[:-1], True]
    return Spread(order, np.flatnonzero(last))


def variances_of(
    values: np.ndarray, treated: np.ndarray, *, continuous: bool
) -> tuple[float, float]:
    """Return the variances of the treated and of the controls, all unweighted."""
    arms = (treated.astype(float), (~treated).astype(float))
    first, second = (variance_of(values, arm, continuous=continuous) for arm in arms)
    return first, second


def denominator_of(
    treated: np.ndarray, control: np.ndarray, estimand: str | None
) -> np.ndarray:
    """Return what a difference of means is measured in; NaN where nothing varies.

    Parameters
    ----------
    treated, control : ndarray of float, any one shape
        Variances of the arms of all patients, unweighted.
    estimand
        ATT: the treated's standard deviation; ATC: the controls'; else of both.
    """
    both = (treated + control) / 2
    variance = {"ATT": treated, "ATC": control}.get(estimand or "", both)
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def _compare_covariate(
    treated: np.ndarray,
    designs: Mapping[str, DesignWeights],
    shares: Mapping[str, np.ndarray],
    column: pl.Series,
) -> list[dict[str, Any]]:
    if column.dtype != pl.Float64:
        return list(_compare_levels(treated, designs, column))
    values = column.to_numpy()
    spread = spread_of(values)
    variances = variances_of(values, treated, continuous=True)
    rows = []
    for name, design in designs.items():
        row = _compare_values(values, variances, spread, design, shares[name])
        rows.append({"design": name, "covariate": column.name, "level": None, **row})
    return rows


def _compare_values(
    values: np.ndarray,
    variances: tuple[float, float],
    spread: Spread,
    design: DesignWeights,
    share: np.ndarray,
) -> dict[str, Any]:
    means = (mean_of(values, design.treated), mean_of(values, design.control))
    now = [
        variance_of(values, weight, continuous=True)
        for weight in (design.treated, design.control)
    ]
    ratio = now[0] / now[1] if now[1] > 0 else np.nan
    return {
        **_difference(means, variances, design.estimand),
        "variance_ratio": None if np.isnan(ratio) else ratio,
        **_distances(spread, share),
    }


def _compare_levels(
    treated: np.ndarray, designs: Mapping[str, DesignWeights], column: pl.Series
) -> Iterator[dict[str, Any]]:
    """Compare all levels at once: every one of three or more, of two the second."""
    levels = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    codes = column.to_physical().to_numpy()
    plain = [
        shares_of(codes, arm.astype(float), len(levels)) for arm in (treated, ~treated)
    ]
    variances = [share * (1 - share) for share in plain]
    for name, design in designs.items():
        arms = (design.treated, design.control)
        shares = [shares_of(codes, weight, len(levels)) for weight in arms]
        counts = [np.bincount(codes[w > 0], minlength=len(levels)) for w in arms]
        for code in range(0 if len(levels) > 2 else 1, len(levels)):
            means = (float(shares[0][code]), float(shares[1][code]))
            apart = abs(means[0] - means[1])
            yield {
                "design": name,
                "covariate": column.name,
                "level": levels[code],
                **_difference(
                    means, (variances[0][code], variances[1][code]), design.estimand
                ),
                "ks": apart,
                "ecdf_mean": apart,
                "n_treated": int(counts[0][code]),
                "n_control": int(counts[1][code]),
            }


def shares_of(codes: np.ndarray, weight: np.ndarray, n_levels: int) -> np.ndarray:
    """Return the weighted share of each level: 1 exactly for that of all."""
    sums = np.bincount(codes, weights=weight, minlength=n_levels)
    return np.asarray(sums / sums.sum())


def _difference(
    means: tuple[float, float],
    variances: tuple[float, float],
    estimand: str | None,
) -> dict[str, Any]:
    treated, control = map(np.asarray, variances)
    scale = denominator_of(treated, control, estimand)
    smd = float((means[0] - means[1]) / scale)
    known = None if np.isnan(smd) else smd
    return {
        "mean_treated": means[0],
        "mean_control": means[1],
        "smd": known,
        "smd_max": None if known is None else abs(known),
    }


def mean_of(values: np.ndarray, weight: np.ndarray) -> float:
    """Return a weighted mean."""
    return float((weight * values).sum() / weight.sum())


def variance_of(values: np.ndarray, weight: np.ndarray, *, continuous: bool) -> float:
    """Return a weighted variance; NaN where one patient has all the weight."""
    mean, total = mean_of(values, weight), float(weight.sum())
    if not continuous:
        return mean * (1 - mean)
    squares = float((weight * (values - mean) ** 2).sum()) / total
    divisor = 1 - float(((weight / total) ** 2).sum())
    if divisor <= ALL_IN_ONE:
        return np.nan
    if squares <= (ALIKE * mean) ** 2:
        inside = values[weight > 0]
        # What rounding leaves of a constant would pass for a variance.
        squares = 0.0 if inside.min() == inside.max() else squares
    return squares / divisor


def _distances(spread: Spread, share: np.ndarray) -> dict[str, float]:
    """Return the greatest and the mean distance of the arms' distribution functions."""
    apart = np.abs(np.cumsum(share[spread.order])[spread.last])
    return {
        "ks": float(min(apart.max(), 1.0)),
        "ecdf_mean": float(min(apart.mean(), 1.0)),
    }
