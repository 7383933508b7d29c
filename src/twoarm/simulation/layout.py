"""How a centre writes a table of the dictionary: names, units, codes, dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

DATES = {
    "slashes": "%Y/%-m/%-d",
    "dashes": "%Y-%m-%d",
    "compact": "%Y%m%d",
    "upper": "%d-%b-%Y",
    "chinese": "%Y年%-m月%-d日",
    "day_first": "%d/%m/%Y",
    "time": "%Y-%m-%d 08:30:00",
}
"""Forms of a date, as strptime writes them."""
EPOCHS = {
    "serial": (date(1899, 12, 30), 1),
    "serial_1904": (date(1904, 1, 1), 1),
    "epoch": (date(1970, 1, 1), 86_400_000),
}
"""Forms of a date that count from a day, and how much a day counts."""
PLACE = ("_record", "_place")
"""Hidden columns: the record's number, and which of its rows in the table it is."""


@dataclass(frozen=True)
class Column:
    """One column of an export."""

    header: str
    """Its name; `{repeat}` in it stands for each of the table's repeats."""
    codes: Mapping[str, str | int] = field(default_factory=dict)
    """Level of the dictionary, or "true" and "false", to what stands in the export."""
    factor: float = 1.0
    """What the centre's number is multiplied by to reach the dictionary's unit."""
    decimals: int = 0
    """Decimals of a number."""
    dates: Sequence[str] = ()
    """Forms of its dates, one of them drawn for each; those of the sheet if none."""
    missing: Sequence[str] = ()
    """Texts for what is not known, one of them drawn for each; none: it is empty."""


@dataclass(frozen=True)
class Sheet:
    """How one table of the dictionary is written."""

    table: str
    columns: Mapping[str, Column]
    """Field of the dictionary to its column, in the export's order."""
    dates: Sequence[str] = ("dashes",)
    missing: Sequence[str] = ()
    """As of a column, for all but identifiers and dates."""


class Pair(NamedTuple):
    """What a centre writes, and what is so, both as text: frames of one shape.

    Both have the columns of `PLACE`. `fields` gives the dictionary's `table.field` of
    each other column.
    """

    text: pl.DataFrame
    truth: pl.DataFrame
    fields: Mapping[str, str]


def write_cells(rng: np.random.Generator, rows: pl.DataFrame, sheet: Sheet) -> Pair:
    """Bring rows of the dictionary to a centre's names, units, codes and dates.

    Parameters
    ----------
    rng
        Source of the random numbers: of forms of dates, and of codes for the missing.
    rows
        Rows of one table at one centre.
    sheet
        How the centre writes them.
    """
    place = pl.int_range(pl.len()).over("patient_id").alias("_place")
    keys = rows.select(pl.col("patient_id").alias("_record"), place)
    text, truth = {}, {}
    for name, column in sheet.columns.items():
        written = _write(rng, rows[name], column, column.dates or sheet.dates)
        plain = name != "patient_id" and rows.schema[name] != pl.Date
        if codes := column.missing or (sheet.missing if plain else ()):
            drawn = pl.Series(rng.choice(codes, rows.height))
            written = pl.select(pl.coalesce(written, drawn)).to_series()
        text[column.header] = written
        truth[column.header] = _tell(rows[name], column)
    fields = {
        each.header: f"{sheet.table}.{name}" for name, each in sheet.columns.items()
    }
    return Pair(keys.with_columns(**text), keys.with_columns(**truth), fields)


def _write(
    rng: np.random.Generator, values: pl.Series, column: Column, forms: Sequence[str]
) -> pl.Series:
    if column.codes:
        codes = {level: str(code) for level, code in column.codes.items()}
        told = values.cast(pl.String)
        return told.replace_strict(codes, return_dtype=pl.String)
    if values.dtype == pl.Date:
        drawn = rng.integers(0, len(forms), len(values))
        written = [_write_dates(values, form) for form in forms]
        return pl.Series(
            [written[form][at] for at, form in enumerate(drawn)], dtype=pl.String
        )
    if values.dtype.is_float():
        rounded = (values / column.factor).round(column.decimals)
        if not column.decimals:
            return rounded.cast(pl.Int64).cast(pl.String)
        return rounded.cast(pl.String)
    return values.cast(pl.String)


def _write_dates(values: pl.Series, form: str) -> pl.Series:
    if form in EPOCHS:
        start, count = EPOCHS[form]
        return ((values - start).dt.total_days() * count).cast(pl.String)
    return values.dt.to_string(DATES[form]).str.to_uppercase()


def _tell(values: pl.Series, column: Column) -> pl.Series:
    """Write what is so, in the dictionary's unit, as the export's decimals allow."""
    if values.dtype.is_float():
        rounded = (values / column.factor).round(column.decimals)
        return (rounded * column.factor).cast(pl.String)
    return values.cast(pl.String)


def pool_pairs(pairs: Sequence[Pair]) -> Pair:
    """Set tables under one another: each row fills the columns of its own table."""
    return Pair(
        pl.concat([pair.text for pair in pairs], how="diagonal"),
        pl.concat([pair.truth for pair in pairs], how="diagonal"),
        {name: each for pair in pairs for name, each in pair.fields.items()},
    )


def add_pair(left: Pair, right: Pair, on: Sequence[str] = PLACE) -> Pair:
    """Set a table beside another, whose rows stay as they are."""
    shared = set(left.text.columns) & set(right.text.columns) - {*on}
    text, truth = (
        ours.join(theirs.drop(shared), on=list(on), how="left", maintain_order="left")
        for ours, theirs in zip(left[:2], right[:2], strict=True)
    )
    return Pair(text, truth, {**right.fields, **left.fields})


def derive_wide(left: Pair, right: Pair, repeats: Sequence[str], own: str) -> Pair:
    """Set each row of a record beside the record, in columns of its own.

    Parameters
    ----------
    left, right
        A row a record, and rows of records.
    repeats
        What `{repeat}` becomes in the names of the columns for each row.
    own
        Column of the record's number in `right`, which is left out.
    """
    wide = left
    for place, repeat in enumerate(repeats):
        names = {each: each.replace("{repeat}", repeat) for each in right.fields}
        text, truth = (
            part.filter(pl.col("_place") == place)
            .drop("_place", own)
            .rename({old: new for old, new in names.items() if old != own})
            for part in right[:2]
        )
        fields = {names[old]: each for old, each in right.fields.items() if old != own}
        wide = add_pair(wide, Pair(text, truth, fields), on=["_record"])
    return wide


def derive_long(
    pair: Pair, own: Sequence[str], items: Mapping[str, tuple[str, str]]
) -> Pair:
    """Make of each row one row an item that is known or has a code for the missing.

    Parameters
    ----------
    pair
        A row a sample.
    own
        Columns that each item keeps.
    items
        Column to the item's name and its unit. They go to the columns 项目, 结果 and
        单位.
    """
    text, truth = (
        pl.concat(
            part.select(
                *PLACE, *own, pl.lit(name).alias("项目"), pl.col(column).alias("结果"),
                pl.lit(unit).alias("单位"),
            )
            for column, (name, unit) in items.items()
        )
        for part in pair[:2]
    )  # fmt: skip
    known = text["结果"].is_not_null()
    fields = {name: pair.fields[name] for name in own} | {"结果": "labs.*"}
    text, truth = (
        part.filter(known).sort(*PLACE, maintain_order=True) for part in (text, truth)
    )
    return Pair(text, truth, fields)
