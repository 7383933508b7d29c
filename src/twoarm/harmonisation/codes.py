"""Codes: one form of each, and the levels that they stand for."""

import math
from typing import Any

import polars as pl

from twoarm.parsers.normal import printable


def canonical(text: pl.Expr) -> pl.Expr:
    """Bring a code to one form: `1.0` and `01` are `1`, `TRUE` is `true`.

    What cannot be seen is no part of it.
    """
    lower = text.str.to_lowercase()
    number = text.cast(pl.Float64, strict=False)
    exact = number.abs() < 2**53  # neither NaN, nor too long to tell from another
    return (
        pl.when(exact & (number == number.round()))
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .when(exact)
        .then(number.cast(pl.String))
        .when(lower.is_in(["true", "false"]))
        .then(lower)
        .otherwise(printable(text))
    )


def canonical_code(code: Any) -> str:
    """Bring one code of a config to the form of `canonical`."""
    text = str(code).strip()
    return str(pl.select(canonical(pl.lit(text))).item())


def level_order(level: str) -> tuple[bool, float, str]:
    """Order levels: numbers by size, then texts.

    >>> sorted(["10", "9", "b", "a"], key=level_order)
    ['9', '10', 'a', 'b']
    """
    try:
        number = float(level)
    except ValueError:
        number = math.nan
    return (False, number, level) if math.isfinite(number) else (True, 0.0, level)
