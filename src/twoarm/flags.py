"""Flags of a cell: what was done to it, or what is odd about it, as a set of bits."""

import polars as pl

FLAGS = {
    "unit_inferred": "The unit was inferred from the value",
    "unit_converted": "Converted to the dictionary's unit",
    "comparator": "Beyond a limit of measurement: the limit stands for it",
    "range_soft": "Unusual",
    "range_hard": "Not possible, and not used",
    "date_partial": "A day was taken for a month or a year",
    "date_inferred": "The form of the date was inferred",
    "dup_merged": "Told by another row too",
    "order_violation": "Not in the order of the other dates",
    "source_conflict": "Another row says otherwise",
    "text_parsed": "Read out of a longer text",
    "imputed": "Not observed",
}
"""Flag to what it says, in the order of the bits, the lowest first."""
BITS = {name: 1 << place for place, name in enumerate(FLAGS)}
TYPE = pl.UInt16


def flag_if(condition: pl.Expr, name: str) -> pl.Expr:
    """Give the bit of a flag where a condition holds, else 0.

    >>> frame = pl.DataFrame({"a": [1, None, 3]})
    >>> frame.select(flag_if(pl.col("a") > 2, "comparator")).to_series().to_list()
    [0, 0, 4]
    """
    bit = pl.when(condition).then(BITS[name]).otherwise(0)
    return bit.cast(TYPE)


def has_flag(flags: pl.Expr, name: str) -> pl.Expr:
    """Tell whether a flag is set.

    >>> frame = pl.DataFrame({"flags": [0, 4, 5]})
    >>> frame.select(has_flag(pl.col("flags"), "comparator")).to_series().to_list()
    [False, True, True]
    """
    return (flags.cast(TYPE) & BITS[name]) > 0
