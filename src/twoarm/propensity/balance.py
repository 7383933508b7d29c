"""Balance of covariates between the arms of each design."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.propensity.distances import compare_distributions, share_signed

COLUMNS = {
    "design": pl.String,
    "covariate": pl.String,
    "level": pl.String,
    "mean_treated": pl.Float64,
    "mean_control": pl.Float64,
    "smd": pl.Float64,
    "variance_ratio": pl.Float64,
    "ks": pl.Float64,
    "ecdf_mean": pl.Float64,
    "n_treated": pl.Int64,
    "n_control": pl.Int64,
}
"""Columns of a table of balance."""
ALL_IN_ONE = 1e-12
"""Of a design in which one patient has but this share of an arm's weight, that arm has
no variance."""
ALIKE = 1e-9
"""A standard deviation of so little of the mean may be rounding: look at the values."""

Weights = Mapping[str, tuple[np.ndarray, str | None]]
"""By design: a weight for each row of the patients, 0 for who is not in; estimand."""
Row = dict[str, object]


class Arm(NamedTuple):
    """One arm of a design: weights of its patients, 0 for who is not in."""

    weight: np.ndarray
    total: float
    divisor: float
    """1 - sum of the squared shares; NaN where one patient has all the weight."""


class Design(NamedTuple):
    """A design: both arms, the treated first."""

    name: str
    estimand: str | None
    arms: tuple[Arm, Arm]


class Comparison(NamedTuple):
    """What all covariates share: rows of each arm, all patients, designs, shares."""

    rows: tuple[np.ndarray, np.ndarray]
    everyone: Design
    designs: list[Design]
    shares: np.ndarray


def assess_balance(
    patients: pl.DataFrame,
    weights: Weights,
    covariates: Sequence[str],
    *,
    threads: int = 1,
) -> pl.DataFrame:
    """Compare the arms of all designs, level by level, in one pass of each covariate.

    The denominator of the standardised mean difference is fixed on all patients,
    unweighted, so that designs can be compared: under ATT the treated arm's standard
    deviation, under ATC the control arm's, else sqrt((v1 + v0) / 2). The variance of a
    level is p (1 - p); that of a continuous covariate has n - 1, and with weights w
    that sum to 1 the divisor 1 - sum(w^2). A level's distances of the distribution
    functions are both the difference of its shares. The numbers do not depend on
    `threads`.

    Parameters
    ----------
    patients
        All analysed patients, with `treated` and the covariates: continuous ones as
        Float64, others as Enum.
    weights
        By design its weights, shape (n_patients,) in the order of `patients`, 0 for who
        is not in; and its estimand, None for `unadjusted`.
    covariates
        Columns to compare. Every level of one with more than two; of two the second.
    threads
        Covariates worked on at a time; each needs some 20 bytes a patient and design.

    Returns
    -------
    pl.DataFrame
        Columns as `COLUMNS`, designs and covariates in the order given. `smd` is null
        where the covariate does not vary in the arms of its denominator;
        `variance_ratio` where it is not continuous, or has no variance; counts are of
        patients at the level, unweighted, null for a continuous covariate.

    Raises
    ------
    InputError
        If an arm of a design is empty, or a covariate has missing values: all faults.

    References
    ----------
    .. [1] Austin PC. Balance diagnostics for comparing the distribution of baseline
       covariates between treatment groups in propensity-score matched samples.
       Stat Med 2009;28:3083-3107. doi:10.1002/sim.3697
    .. [2] Austin PC, Stuart EA. Moving towards best practice when using inverse
       probability of treatment weighting (IPTW) using the propensity score. Stat Med
       2015;34:3661-3679. doi:10.1002/sim.6607
    """
    treated = patients["treated"].to_numpy()
    check_comparable(patients, weights, covariates)
    rows = (np.flatnonzero(treated), np.flatnonzero(~treated))
    stacked = np.column_stack(
        [np.ones((len(treated), 0)), *(w for w, _ in weights.values())]
    )
    known = Comparison(
        rows,
        _design("", np.ones(len(treated)), None, rows),
        [_design(name, *given, rows) for name, given in weights.items()],
        share_signed(stacked, treated),
    )
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda name: _compare(patients[name], known), covariates))
    ordered = [
        {"design": design.name, **row}
        for place, design in enumerate(known.designs)
        for part in parts
        for row in part[place]
    ]
    return pl.DataFrame(ordered, schema=COLUMNS, orient="row")


def check_comparable(
    patients: pl.DataFrame, weights: Weights, covariates: Sequence[str]
) -> None:
    """Check that each design has both arms and each covariate all its values.

    Raises
    ------
    InputError
        Names every empty arm and every covariate with missing values.
    ValueError
        If weights do not fit the patients: wrong length, negative, not finite.
    """
    treated = patients["treated"].to_numpy()
    faults = []
    for name, (weight, _) in weights.items():
        fits = weight.shape == treated.shape and np.isfinite(weight).all()
        if not fits or (weight < 0).any():
            raise ValueError(f"weights of {name}: one number >= 0 for each patient")
        faults += [
            f"design {name} has nobody in its {arm} arm; take the design out"
            for arm, rows in (("treated", treated), ("control", ~treated))
            if not weight[rows].any()
        ]
    for name in covariates:
        column = patients[name]
        broken = column.is_nan().sum() if column.dtype == pl.Float64 else 0
        if missing := column.null_count() + broken:
            faults.append(
                f"covariate {name} is missing in {missing} patients; impute it"
            )
    if faults:
        raise InputError("balance cannot be assessed: " + "; ".join(faults))


def summarise_balance(per_imputation: pl.DataFrame) -> pl.DataFrame:
    """Summarise tables of balance over imputations.

    Parameters
    ----------
    per_imputation
        Tables of `assess_balance` with a column `imputation`.

    Returns
    -------
    pl.DataFrame
        One row a design, covariate and level: the mean of each figure over the
        imputations that have it, counts rounded to whole patients; and `smd_max`, the
        greatest |smd| in any imputation, null where none has one.

    References
    ----------
    .. [1] Granger E, Sergeant JC, Lunt M. Avoiding pitfalls when combining multiple
       imputation and propensity scores. Stat Med 2019;38:5120-5132.
       doi:10.1002/sim.8355
    """
    keys = ["design", "covariate", "level"]
    return per_imputation.group_by(keys, maintain_order=True).agg(
        pl.selectors.float().mean(),
        pl.selectors.by_name("n_treated", "n_control").mean().round().cast(pl.Int64),
        smd_max=pl.col("smd").abs().max(),
    )


def variance_of(values: np.ndarray, arm: Arm) -> float:
    """Return the weighted variance of a continuous covariate in one arm.

    With weights w that sum to 1 it is sum(w (x - mean)^2) / (1 - sum(w^2)): with equal
    weights that with n - 1. Exactly 0 where all values are the same; NaN where one
    patient has all the weight.
    """
    mean = mean_of(values, arm)
    squares = float((arm.weight * (values - mean) ** 2).sum()) / arm.total
    if squares <= (ALIKE * mean) ** 2:
        inside = values[arm.weight > 0]
        squares = 0.0 if inside.min() == inside.max() else squares
    return squares / arm.divisor


def mean_of(values: np.ndarray, arm: Arm) -> float:
    """Return the weighted mean of a covariate in one arm."""
    # Not by BLAS, which rounds otherwise on another number of cores.
    return float((arm.weight * values).sum()) / arm.total


def arm_of(weight: np.ndarray) -> Arm:
    """Make an arm from the weights of its patients."""
    total = float(weight.sum())
    divisor = 1 - float((weight**2).sum()) / total**2 if total > 0 else 0.0
    return Arm(weight, total, divisor if divisor > ALL_IN_ONE else np.nan)


def denominator_of(
    estimand: str | None, treated: np.ndarray, control: np.ndarray
) -> np.ndarray:
    """Return what a difference of means is divided by; NaN where nothing varies.

    Parameters
    ----------
    estimand
        ATT: the standard deviation of the treated; ATC: of the controls; any other or
        None: the root of the mean of both variances.
    treated, control : ndarray of float, any one shape
        Variances in the arms of all patients, unweighted.
    """
    variance = {"ATT": treated, "ATC": control}.get(
        str(estimand), (treated + control) / 2
    )
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def _design(
    name: str,
    weight: np.ndarray,
    estimand: str | None,
    rows: tuple[np.ndarray, np.ndarray],
) -> Design:
    return Design(name, estimand, (arm_of(weight[rows[0]]), arm_of(weight[rows[1]])))


def _compare(column: pl.Series, known: Comparison) -> list[list[Row]]:
    """Compare the arms by one covariate: for each design its rows."""
    if column.dtype == pl.Float64:
        return [[row] for row in _compare_values(column, known)]
    return [list(rows) for rows in _compare_levels(column, known)]


def _compare_values(column: pl.Series, known: Comparison) -> Iterator[Row]:
    values = column.to_numpy()
    greatest, average = compare_distributions(values, known.shares)
    parts = [values[rows] for rows in known.rows]
    plain = _variances(parts, known.everyone)
    for place, design in enumerate(known.designs):
        means = [mean_of(x, arm) for x, arm in zip(parts, design.arms, strict=True)]
        now = _variances(parts, design)
        ratio = now[0] / now[1] if now[1] > 0 else np.nan
        yield {
            "covariate": column.name,
            "level": None,
            **_difference(design, *means, *plain),
            "variance_ratio": _known(ratio),
            "ks": float(greatest[place]),
            "ecdf_mean": float(average[place]),
        }


def _compare_levels(column: pl.Series, known: Comparison) -> Iterator[Iterator[Row]]:
    levels = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    codes = column.to_physical().to_numpy()
    parts = [codes[rows] for rows in known.rows]
    plain = _shares(parts, known.everyone, len(levels))
    variances = plain * (1 - plain)
    for design in known.designs:
        shares = _shares(parts, design, len(levels))
        counts = [
            np.bincount(codes[arm.weight > 0], minlength=len(levels))
            for codes, arm in zip(parts, design.arms, strict=True)
        ]
        yield (
            {
                "covariate": column.name,
                "level": levels[code],
                **_difference(design, *shares[:, code], *variances[:, code]),
                "ks": float(abs(shares[0, code] - shares[1, code])),
                "ecdf_mean": float(abs(shares[0, code] - shares[1, code])),
                "n_treated": int(counts[0][code]),
                "n_control": int(counts[1][code]),
            }
            for code in range(0 if len(levels) > 2 else 1, len(levels))
        )


def _variances(parts: list[np.ndarray], design: Design) -> list[float]:
    return [variance_of(x, arm) for x, arm in zip(parts, design.arms, strict=True)]


def _shares(parts: list[np.ndarray], design: Design, levels: int) -> np.ndarray:
    """Return the weighted share of each level; arms in rows."""
    sums = [
        np.bincount(codes, weights=arm.weight, minlength=levels)
        for codes, arm in zip(parts, design.arms, strict=True)
    ]
    return np.array([each / each.sum() for each in sums])


def _difference(
    design: Design, treated: float, control: float, *variances: float
) -> Row:
    divisor = denominator_of(design.estimand, *map(np.asarray, variances))
    return {
        "mean_treated": float(treated),
        "mean_control": float(control),
        "smd": _known(float((treated - control) / divisor)),
    }


def _known(number: float) -> float | None:
    return None if np.isnan(number) else number
