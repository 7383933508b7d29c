"""Table 1: the covariates of both arms, before and after each design."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.propensity.balance import (
    DesignWeights,
    mean_of,
    shares_of,
    variance_of,
)
from twoarm.propensity.verdicts import summarise_imputations
from twoarm.tables.description import Description

QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
JUMP = 1e-9
"""A share of the weight so near to the share asked for is that share."""
KEY = ["row", "design", "covariate", "level"]
FIGURES = ("mean", "sd", *QUARTILES)


def describe_arms(
    patients: pl.DataFrame,
    before: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    covariates: Sequence[str],
) -> pl.DataFrame:
    """Describe both arms of each design, covariate by covariate.

    Shares, means, standard deviations and quartiles have the design's weights, each as
    the balance has it: the variance of weights w that sum to 1 has the divisor
    1 - sum(w^2), which is n - 1 where they are alike. Quartiles: `quantiles_of`. The
    scale of the weights changes nothing: the weighted number of an arm is that of its
    patients.

    Parameters
    ----------
    patients
        All analysed patients, completed, with `patient_id` and the covariates.
        A covariate that is still null in some is described of those who have it.
    before
        The same patients before imputation.
    designs
        Name of a design to its weights, in the order of `patients`.
    covariates
        In the order of the table; levels follow in that of their Enum.

    Returns
    -------
    pl.DataFrame
        As the contract Description, without `smd`.
    """
    names = patients.select("patient_id")
    gaps = names.join(before, on="patient_id", how="left", maintain_order="left")
    rows = [
        {"design": design, "covariate": name, **row}
        for design, weights in designs.items()
        for name in covariates
        for row in _describe(patients[name], gaps[name].is_null().to_numpy(), weights)
    ]
    numbered = [{"row": place, **row} for place, row in enumerate(rows, start=1)]
    return Description.of(numbered).drop("smd")


def summarise_descriptions(
    parts: Sequence[pl.DataFrame], balance: pl.DataFrame
) -> pl.DataFrame:
    """Take the mean of each number over the completed data sets; add the differences.

    Parameters
    ----------
    parts
        What `describe_arms` returned, one of each completed data set.
    balance
        As the contract Balance, of all of them: it has the standardised mean
        differences, so that no second number can differ from them.

    Returns
    -------
    pl.DataFrame
        As the contract Description. Of a quartile too it is the mean.
    """
    numbered = [part.with_columns(imputation=k) for k, part in enumerate(parts)]
    means = summarise_imputations(pl.concat(numbered), KEY)
    differences = balance.select("design", "covariate", "level", "smd")
    return means.join(
        differences,
        on=["design", "covariate", "level"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def quantiles_of(
    values: np.ndarray, weight: np.ndarray, shares: Sequence[float]
) -> np.ndarray:
    """Return weighted quantiles: the second definition of Hyndman and Fan.

    It is the least value up to which the weights sum to the share; where they sum to
    just that, the midpoint to the next value. Without weights it is R's `type = 2` and
    the default of SAS, with them the rule `hf2` of R's survey.

    Parameters
    ----------
    values : ndarray of float, shape (n_patients,)
    weight : ndarray of float, shape (n_patients,)
        Not negative, of any scale; one of them above 0.
    shares
        0.5 for the median.

    References
    ----------
    .. [1] Hyndman RJ, Fan Y. Sample quantiles in statistical packages. Am Stat
       1996;50:361-365. doi:10.1080/00031305.1996.10473566

    Examples
    --------
    >>> quantiles_of(np.array([4.0, 1, 2, 3]), np.array([1.0, 1, 1, 1]), [0.25, 0.5])
    array([1.5, 2.5])
    >>> quantiles_of(np.array([1.0, 2, 3]), np.array([1.0, 1, 2]), [0.5])
    array([2.5])
    """
    order = np.argsort(values, kind="stable")
    order = order[weight[order] > 0]
    ordered, reached = values[order], np.cumsum(weight[order])
    reached = reached / reached[-1]
    asked = np.asarray(shares, float)
    first = np.searchsorted(reached, asked - JUMP)
    exact = np.abs(reached[first] - asked) <= JUMP
    after = np.minimum(first + exact, len(ordered) - 1)
    return np.asarray((ordered[first] + ordered[after]) / 2)


def _describe(
    column: pl.Series, missing: np.ndarray, design: DesignWeights
) -> Iterator[dict[str, Any]]:
    """Yield one row a level, or one of a continuous covariate."""
    known = column.is_not_null().to_numpy()
    every = {"treated": design.treated, "control": design.control}
    absent = {
        f"n_missing_{arm}": int((missing & (weight > 0)).sum())
        for arm, weight in every.items()
    }
    # Who has no value weighs nothing; where all have one the sums are the balance's.
    arms = {arm: np.where(known, weight, 0.0) for arm, weight in every.items()}
    if column.dtype == pl.Float64:
        values = column.fill_null(0.0).to_numpy()
        rows = [_described(values, arms)]
    else:
        rows = _levels(column, arms)
    yield from ({**row, **absent} for row in rows)


def _described(values: np.ndarray, arms: Mapping[str, np.ndarray]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for arm, weight in arms.items():
        n = int((weight > 0).sum())
        row[f"n_{arm}"] = n
        if n:
            sd = float(np.sqrt(variance_of(values, weight, continuous=True)))
            quartiles = quantiles_of(values, weight, [*QUARTILES.values()])
            spread = None if np.isnan(sd) else sd
            figures = (mean_of(values, weight), spread, *map(float, quartiles))
            names = [f"{name}_{arm}" for name in FIGURES]
            row |= dict(zip(names, figures, strict=True))
    return row


def _levels(column: pl.Series, arms: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    levels = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    codes = column.to_physical().fill_null(0).to_numpy()
    rows: list[dict[str, Any]] = [{"level": level} for level in levels]
    for arm, weight in arms.items():
        counts = np.bincount(codes[weight > 0], minlength=len(levels))
        n = int(counts.sum())
        if n:
            shares = shares_of(codes, weight, len(levels))
            sums = np.bincount(codes, weights=weight, minlength=len(levels))
            weighted = sums * (n / sums.sum())
        for code, row in enumerate(rows):
            row[f"n_{arm}"] = int(counts[code])
            if n:
                row[f"share_{arm}"] = float(shares[code])
                row[f"weighted_{arm}"] = float(weighted[code])
    return rows
