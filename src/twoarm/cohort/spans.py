"""Members of a design's arms, and when each is at risk."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.clocks import spans_of

DAYS_PER_YEAR = 365.25


class Spans(NamedTuple):
    """Members of a design's arms for one endpoint, in days on its clock.

    Each is at risk from `entry` to `end`; `event` is True if it happened then. `wait`
    is when the member was treated, NaN if never or not known. `before` is for how long
    the clock ran before time zero, which all members lived to see. `cloned`: the
    patient is in the other arm, too, from the same time on. `patient` numbers the
    patients, who may be members of several trials.
    """

    treated: np.ndarray
    entry: np.ndarray
    end: np.ndarray
    event: np.ndarray
    wait: np.ndarray
    before: np.ndarray
    year: np.ndarray
    cloned: np.ndarray
    patient: np.ndarray


def find_spans(patients: pl.DataFrame, members: pl.DataFrame, endpoint: str) -> Spans:
    """Follow the members of a design for one endpoint (`twoarm.clocks.spans_of`)."""
    day = pl.col("index_date")
    year = day.dt.year() + (day.dt.ordinal_day() - 1) / DAYS_PER_YEAR
    rows = (
        spans_of(patients, members, endpoint)
        .select(
            "treated",
            "end",
            "event",
            "wait",
            entry="start",
            before=(-pl.col("entry_days")).clip(lower_bound=0),
            cloned=_cloned(),
            patient=pl.col("patient_id").rank("dense"),
            year=year.cast(pl.Float64),
        )
        .with_columns(pl.col("wait", "year").fill_null(np.nan))
    )
    return Spans(*(rows[name].to_numpy() for name in Spans._fields))


def _cloned() -> pl.Expr:
    """Tell who is in both arms from one time on, if all of the control arm are.

    Where the treated alone are in both, they are those who lived to be treated.
    """
    twice = pl.len().over("patient_id", "origin_days", "start") > 1
    return twice & (twice | pl.col("treated")).all()
