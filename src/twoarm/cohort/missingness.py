"""What is missing among the covariates, and how the imputed values compare."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import polars as pl

FEWEST = 20
MANY_PERCENT = 50.0


def assess_missingness(
    patients: pl.DataFrame, *, covariates: Sequence[str], skip: Sequence[str] = ()
) -> pl.DataFrame:
    """Count what is missing, a row a covariate, with a word where it is much.

    Returns
    -------
    pl.DataFrame
        `covariate`, `n_missing`, `percent` of the patients, `note`.
    """
    rows = []
    for name in covariates:
        n_missing = patients[name].null_count()
        percent = 100 * n_missing / max(patients.height, 1)
        note = "complete" if not n_missing else "imputed"
        if n_missing and name in skip:
            note = "structural: left as it is"
        elif percent > MANY_PERCENT:
            note = "imputed, though missing in more than half: rests on the model"
        rows.append((name, n_missing, percent, note))
    types = {"covariate": pl.String, "n_missing": pl.Int64, "percent": pl.Float64}
    return pl.DataFrame(rows, schema={**types, "note": pl.String}, orient="row")


def select_imputations(patients: pl.DataFrame, *, covariates: Sequence[str]) -> int:
    """Choose how many data sets: as many as the percent of incomplete patients.

    20 at the least, and 0 where nothing is missing.

    References
    ----------
    .. [1] White IR, Royston P, Wood AM. Multiple imputation using chained equations.
       Stat Med 2011;30:377-399. doi:10.1002/sim.4067
    """
    missing = patients.select(pl.any_horizontal(pl.col(covariates).is_null()).sum())
    n_incomplete = int(missing.item())
    if not n_incomplete:
        return 0
    return max(FEWEST, ceil(100 * n_incomplete / patients.height))


def compare_imputed(
    patients: pl.DataFrame,
    completed: pl.DataFrame,
    *,
    covariates: Sequence[str],
    bins: int = 20,
) -> pl.DataFrame:
    """Compare the distribution of the imputed values with that of the observed.

    Parameters
    ----------
    patients
        As they were imputed, with their gaps.
    completed
        The same patients without gaps.
    covariates
        Those without gaps, or still with the same gaps, give no rows.
    bins
        Equal parts of the observed range of a continuous covariate.

    Returns
    -------
    pl.DataFrame
        A row a bin or level: `covariate`, `level` or the bin's `low` and `high`
        (the other is null), and of the observed and the imputed values `n_` and
        `share_` in it.
    """
    gaps = patients.sort("patient_id")
    filled = completed.sort("patient_id")
    parts = []
    for name in covariates:
        imputed = gaps[name].is_null() & filled[name].is_not_null()
        if imputed.any():
            seen, drawn = gaps[name].drop_nulls(), filled[name].filter(imputed)
            count = _count_bins if seen.dtype == pl.Float64 else _count_levels
            parts.append(count(seen, drawn, bins))
    counted = pl.concat([_NONE, *parts])
    return counted.with_columns(
        (pl.col(f"n_{of}") / pl.col(f"n_{of}").sum().over("covariate")).alias(
            f"share_{of}"
        )
        for of in ("observed", "imputed")
    )


_NONE = pl.DataFrame(
    schema={
        "covariate": pl.String,
        "level": pl.String,
        "low": pl.Float64,
        "high": pl.Float64,
        "n_observed": pl.Int64,
        "n_imputed": pl.Int64,
    }
)


def _count_bins(seen: pl.Series, drawn: pl.Series, bins: int) -> pl.DataFrame:
    edges = np.histogram_bin_edges(seen.to_numpy(), bins)
    counts = [np.histogram(each.to_numpy(), edges)[0] for each in (seen, drawn)]
    columns = (seen.name, None, edges[:-1], edges[1:], *counts)
    return pl.DataFrame(dict(zip(_NONE.columns, columns, strict=True))).cast(
        _NONE.schema
    )


def _count_levels(seen: pl.Series, drawn: pl.Series, _bins: int) -> pl.DataFrame:
    levels = seen.dtype.categories.to_list()  # type: ignore[attr-defined]
    counts = [
        [int((each.cast(pl.String) == level).sum()) for level in levels]
        for each in (seen, drawn)
    ]
    columns = (seen.name, levels, None, None, *counts)
    return pl.DataFrame(dict(zip(_NONE.columns, columns, strict=True))).cast(
        _NONE.schema
    )
