"""How the imputed values of each covariate compare with the observed ones."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from twoarm.tables.cohort import ImputedValues

BINS = 20
"""Bins of a continuous covariate, about."""
STEPS = (1.0, 2.0, 5.0, 10.0)


def assess_imputation(
    patients: pl.DataFrame,
    completed: Sequence[pl.DataFrame],
    *,
    covariates: Sequence[str],
) -> pl.DataFrame:
    """Count the observed and the imputed values of each covariate in bins or levels.

    Parameters
    ----------
    patients
        As they were imputed, with their gaps.
    completed
        The same patients without gaps, one frame a data set.
    covariates
        Those without gaps give no rows.

    Returns
    -------
    pl.DataFrame
        As the contract ImputedValues. The ends of a bin are round numbers, so that none
        is a patient's own value.
    """
    gaps = patients.sort("patient_id")
    rows: list[dict[str, Any]] = []
    for name in covariates:
        missing = gaps[name].is_null()
        if not missing.any():
            continue
        seen = gaps[name].drop_nulls()
        places = _bins(seen) if seen.dtype == pl.Float64 else _levels(seen)
        observed = _count(seen, places)
        for number, each in enumerate(completed, start=1):
            drawn = each.sort("patient_id")[name].filter(missing)
            imputed = _count(drawn, places)
            rows += [
                {
                    "covariate": name,
                    "bin": k + 1,
                    "imputation": number,
                    **place,
                    "n_observed": int(observed[k]),
                    "n_imputed": int(imputed[k]),
                    "share_observed": observed[k] / observed.sum(),
                    "share_imputed": imputed[k] / imputed.sum(),
                }
                for k, place in enumerate(places)
            ]
    return ImputedValues.of(rows)


def round_edges(
    low: float, high: float, bins: int = BINS, least: float = 0.0
) -> np.ndarray:
    """Return round edges around a range: about `bins` parts, no narrower than `least`.

    >>> round_edges(31.2, 78.9, 5).tolist()
    [30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
    >>> round_edges(5.0, 7.0, least=1.0).tolist()
    [5.0, 6.0, 7.0, 8.0]
    >>> round_edges(3.0, 3.0).tolist()
    [3.0, 4.0]
    """
    width = max((high - low) / bins, least)
    if high <= low:
        start = float(np.floor(low))
        return np.array([start, start + 1])
    scale = 10.0 ** np.floor(np.log10(width))
    step = scale * next(each for each in STEPS if each >= width / scale * (1 - 1e-9))
    first, last = int(np.floor(low / step)), int(np.floor(high / step)) + 1
    return np.asarray(np.round(np.arange(first, last + 1) * step, 12))


def _bins(seen: pl.Series) -> list[dict[str, Any]]:
    values = seen.to_numpy()
    # Of whole numbers narrower bins would stand empty between them.
    least = 1.0 if (values == np.round(values)).all() else 0.0
    edges = round_edges(float(values.min()), float(values.max()), least=least)
    return [{"low": float(low), "high": float(high)} for low, high in pairwise(edges)]


def _levels(seen: pl.Series) -> list[dict[str, Any]]:
    levels = seen.dtype.categories.to_list()  # type: ignore[attr-defined]
    return [{"level": level} for level in levels]


def _count(values: pl.Series, places: Sequence[dict[str, Any]]) -> np.ndarray:
    """Count the values in each bin or level; the last bin has its upper end too."""
    if values.dtype == pl.Float64:
        edges = [places[0]["low"], *(place["high"] for place in places)]
        return np.asarray(np.histogram(values.to_numpy(), edges)[0])
    codes = values.to_physical().to_numpy()
    return np.asarray(np.bincount(codes, minlength=len(places)))
