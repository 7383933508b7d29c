"""Boundaries held where floats would err."""

from collections.abc import Mapping

import polars as pl


def millionths(value: pl.Expr | float) -> pl.Expr:
    """Return a measured value in whole millionths of its unit.

    Multiples and sums of such numbers are exact, as those of floats are not.

    >>> 3 * 1.1 <= 3.3, pl.select(3 * millionths(1.1) <= millionths(3.3)).item()
    (False, True)
    """
    return _whole(value, 1_000_000)


def billionths(value: pl.Expr | float) -> pl.Expr:
    """Return a computed value in whole billionths.

    A root or logarithm is no fraction, so that nothing but the cut itself, and what
    rounding makes of it, lies so near to a cut.
    """
    return _whole(value, 1_000_000_000)


def _whole(value: pl.Expr | float, parts: int) -> pl.Expr:
    expression = value if isinstance(value, pl.Expr) else pl.lit(float(value))
    return (expression * parts).round().cast(pl.Int64)


def first_of(cases: Mapping[str, pl.Expr], otherwise: str) -> pl.Expr:
    """Take the first label whose condition holds; one that is not known does not.

    >>> pl.DataFrame({"x": [1, 5]}).select(
    ...     first_of({"low": pl.col("x") < 2}, "high")
    ... ).to_series().to_list()
    ['low', 'high']
    """
    told = (pl.when(holds).then(pl.lit(label)) for label, holds in cases.items())
    return pl.coalesce(*told, pl.lit(otherwise))


def points_of(*cuts: pl.Expr) -> pl.Expr:
    """Count the conditions that hold, from 1: the points of a table of columns."""
    return 1 + pl.sum_horizontal(cut.cast(pl.Int64) for cut in cuts)
