"""What of a large cohort a figure can show: curves and marks on fewer points."""

import polars as pl

from twoarm.figures.phrases import say

MOST = 500
"""Patients of whom a figure shows each with a bar, a line or a lane."""
FINEST = 400
"""Parts of an axis that are told apart: on the 110 mm of the widest curves one is
0.8 points, less than the 1.2 of a line."""


def thin_out(n: int) -> int:
    """Return one in how many of `n` patients is shown, 1 for all.

    >>> thin_out(500), thin_out(501)
    (1, 2)
    """
    return max(-(-n // MOST), 1)


def thinned_note(every: int) -> str:
    """Say that not every patient is shown, if that is so."""
    return say("1 in {every} patients shown.", every=every) if every > 1 else ""


def keep_steps(rows: pl.DataFrame, last: float) -> pl.DataFrame:
    """Keep the rows of a step curve that can be told apart on a figure.

    The curve drawn through them runs through points of the whole one, and nowhere lies
    further from it than one part in `FINEST` of either axis.

    Parameters
    ----------
    rows
        `months`, ascending, and the shares `estimate`, `conf_low` and `conf_high`.
    last
        Months at which the axis of time ends.

    Returns
    -------
    pl.DataFrame
        All rows if there are no more than `FINEST`.
    """
    if rows.height <= FINEST:
        return rows
    part = _part(last)
    level = pl.struct(
        (pl.col("estimate", "conf_low", "conf_high").cast(pl.Float64) * FINEST).floor()
    )
    row = pl.int_range(pl.len())
    ends = rows.filter(part.ne_missing(part.shift(-1)) | (row == 0))
    return ends.filter(level.ne_missing(level.shift(1)) | (row == pl.len() - 1))


def keep_marks(rows: pl.DataFrame, last: float) -> pl.DataFrame:
    """Keep the first of the rows whose marks would stand on one another.

    Parameters
    ----------
    rows, last
        As `keep_steps` takes them.
    """
    if rows.height <= FINEST:
        return rows
    return rows.filter(_part(last).is_first_distinct())


def _part(last: float) -> pl.Expr:
    return (pl.col("months") * (FINEST / last)).floor()
