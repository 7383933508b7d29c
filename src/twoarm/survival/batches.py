"""Resamples of a design as rows, so that batches of them may be drawn apart."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from twoarm.bootstrap import Replicate
from twoarm.survival.resampling import Resampled

COUNTS = ["n_treated", "n_control", "events_treated", "events_control"]


def list_resamples(
    drawn: Resampled, design: str, *, imputation: int, numbers: range
) -> Iterator[dict[str, Any]]:
    """List a batch as rows of the contract Resamples.

    Parameters
    ----------
    drawn
        As `twoarm.survival.resampling.replicate_arms` returns it.
    design, imputation
        Whose it is.
    numbers
        Those of its replicates, from 0; the patients themselves go with the first.
    """
    own = {"design": design, "imputation": imputation}
    if numbers.start == 0:
        for place, value in enumerate(drawn.estimate):
            yield {**own, "replicate": 0, **_cell(place, value), **drawn.counts}
    for number, found in zip(numbers, drawn.replicates, strict=True):
        told = {**own, "replicate": number + 1}
        if isinstance(found, str):
            yield {**told, "place": 0, "reason": found}
        else:
            for place, value in enumerate(found):
                yield told | _cell(place, value)


def resampled_of(rows: pl.DataFrame) -> Resampled:
    """Put the batches of a design together again, to the bit.

    Parameters
    ----------
    rows
        Of the contract Resamples, all of one design and imputation.
    """
    ordered = rows.sort("replicate", "place").with_columns(
        pl.col("estimate").fill_null(np.nan)
    )
    own = ordered.filter(replicate=0)
    found = ordered.filter(pl.col("replicate") > 0)
    parts = found.partition_by("replicate", maintain_order=True)
    counts = own.select(COUNTS).row(0, named=True)
    replicates = [_replicate_of(part) for part in parts]
    return Resampled(own["estimate"].to_numpy(), counts, replicates)


def _cell(place: int, value: float) -> dict[str, Any]:
    return {"place": place, "estimate": None if np.isnan(value) else float(value)}


def _replicate_of(part: pl.DataFrame) -> Replicate:
    reason = part["reason"][0]
    return part["estimate"].to_numpy() if reason is None else str(reason)
