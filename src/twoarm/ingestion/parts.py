"""The rows of one table's files in one frame, each column known by its file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import polars as pl

from twoarm.tables.harmonisation import PART


def label_files(
    formats: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[str]:
    """Name the files of a centre so that no two of one table have one name.

    Rows are known by the name of their file. Where several sheets of a workbook hold
    one table, each is a file of its own; what is the same still is numbered.

    Parameters
    ----------
    formats
        Of each file its `table` and its `reading`, which may name a `sheet`.
    names
        Of the files.

    Examples
    --------
    >>> both = [{"table": "labs", "reading": {"sheet": name}} for name in ("A", "B")]
    >>> label_files([*both, {"table": "patients", "reading": {}}], ["a.xlsx"] * 3)
    ['a.xlsx (A)', 'a.xlsx (B)', 'a.xlsx']
    """
    tables = [form["table"] for form in formats]
    often = Counter(zip(tables, names, strict=True))
    sheets = [form["reading"].get("sheet") for form in formats]
    shown = [
        f"{name} ({sheet})" if sheet and often[table, name] > 1 else name
        for table, name, sheet in zip(tables, names, sheets, strict=True)
    ]
    often, seen, unique = Counter(zip(tables, shown, strict=True)), Counter[Any](), []
    for key in zip(tables, shown, strict=True):
        seen[key] += 1
        unique.append(f"{key[1]} ({seen[key]})" if often[key] > 1 else key[1])
    return unique


def label_parts(parts: Sequence[Iterable[pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    """Stack the rows of a table's files.

    Parameters
    ----------
    parts
        Rows of text and `source_row` of each file, in pieces; one at least.

    Yields
    ------
    pl.DataFrame
        The pieces, those of each file behind those of the one before, and first the
        columns without rows: `part`, the file's number from 1, and those of each file
        behind `part:`.
    """
    begun = [iter(pieces) for pieces in parts]
    firsts = [next(pieces) for pieces in begun]
    labelled = [_label(rows.clear(), part) for part, rows in enumerate(firsts, start=1)]
    nothing = pl.DataFrame(schema={PART: pl.Int64})
    columns = pl.concat([nothing, *labelled], how="diagonal")
    yield columns
    for part, (first, rest) in enumerate(zip(firsts, begun, strict=True), start=1):
        for rows in chain([first], rest):
            yield pl.concat([columns, _label(rows, part)], how="diagonal")


def _label(rows: pl.DataFrame, part: int) -> pl.DataFrame:
    named = rows.rename({column: f"{part}:{column}" for column in rows.columns})
    return named.select(pl.lit(part, pl.Int64).alias(PART), pl.all())
