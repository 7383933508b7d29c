"""Hide small counts in what tells of an imputation."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from twoarm.tables.cohort import ImputedValues


def suppress_values(values: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Join bins of few observed values with their neighbours; drop the counts.

    A covariate with a level that few observed patients have is left out, as is one of
    which few values are imputed, or few observed. An empty bin or level gives nobody
    away.

    Parameters
    ----------
    values
        As the contract ImputedValues.
    minimum_count
        Smallest count to show.
    """
    rows: list[dict[str, Any]] = []
    ordered = values.sort("covariate", "imputation", "bin")
    parts = ordered.partition_by("covariate", "imputation", maintain_order=True)
    for part in parts:
        counts = part["n_observed"].to_list()
        totals = (sum(counts), part["n_imputed"].sum())
        levelled = part["level"].is_not_null().all()
        if min(totals) < minimum_count:
            continue
        if levelled and any(0 < n < minimum_count for n in counts):
            continue
        bins = part.rows(named=True)
        groups = [[k] for k in range(len(bins))]
        if not levelled:
            groups = _groups(counts, minimum_count)
        rows += [
            _joined([bins[k] for k in group], number)
            for number, group in enumerate(groups, start=1)
        ]
    return ImputedValues.of(rows).drop("n_observed", "n_imputed")


def _groups(counts: Sequence[int], fewest: int) -> list[list[int]]:
    """Join neighbours until each group counts nobody or enough.

    >>> _groups([9, 0, 2, 3, 1], 5)
    [[0], [1], [2, 3, 4]]
    """
    groups: list[list[int]] = [[]]
    for place in range(len(counts)):
        groups[-1].append(place)
        total = sum(counts[k] for k in groups[-1])
        if total == 0 or total >= fewest:
            groups.append([])
    rest = groups.pop()
    while rest and 0 < sum(counts[k] for k in rest) < fewest:
        rest = groups.pop() + rest
    return [*groups, rest] if rest else groups


def _joined(bins: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    return {
        **bins[0],
        "bin": number,
        "high": bins[-1]["high"],
        "share_observed": sum(each["share_observed"] for each in bins),
        "share_imputed": sum(each["share_imputed"] for each in bins),
    }


def suppress_traces(
    traces: pl.DataFrame, values: pl.DataFrame, *, minimum_count: int
) -> pl.DataFrame:
    """Leave out the traces of a covariate of which few values are imputed.

    The mean of few draws may be the value of one patient who lent it.

    Parameters
    ----------
    traces
        As the contract Trace, of all data sets.
    values
        As the contract ImputedValues, with its counts.
    minimum_count
        Smallest count to show.
    """
    counts = values.group_by("covariate", "imputation").agg(pl.col("n_imputed").sum())
    enough = counts.filter(pl.col("n_imputed") >= minimum_count)
    return traces.join(
        enough, on=["covariate", "imputation"], how="semi", maintain_order="left"
    )
