"""The rows of one table's files in one frame, each column known by its file."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import polars as pl

from twoarm.tables.harmonisation import PART


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
