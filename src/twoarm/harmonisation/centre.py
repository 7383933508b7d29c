"""One table of a centre: its files harmonised, and each row accounted for."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any, NamedTuple

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.cells import set_cells_aside
from twoarm.harmonisation.fields import nothing_made
from twoarm.harmonisation.parts import select_pieces
from twoarm.harmonisation.records import (
    harmonise_table,
    keep_visits_aside,
    set_aside,
)
from twoarm.harmonisation.values import has_open_levels
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside, Cells, Ledger
from twoarm.tables.ingestion import Faults
from twoarm.tables.pieces import PIECE_ROWS

TOLD = ("table", "file", "encoding", "n_read")
"""What the ledger tells of a file as it is."""


class TableOfCentre(NamedTuple):
    """Records of a table, or a piece, and what became of its rows and cells."""

    records: pl.DataFrame
    faults: pl.DataFrame
    quarantine: pl.DataFrame
    aside: pl.DataFrame
    ledger: pl.DataFrame
    cells: pl.DataFrame


class Part(NamedTuple):
    """A file of a table: what to make of it, its row of Files, and its spoilt cells."""

    form: Mapping[str, Any]
    file: Mapping[str, Any]
    spoilt: pl.DataFrame


def harmonise_table_files(
    stacked: Iterable[pl.DataFrame],
    forms: Sequence[Mapping[str, Any]],
    files: pl.DataFrame,
    spoilt: pl.DataFrame,
    table: str,
) -> Iterator[TableOfCentre]:
    """Harmonise the files of one table, and set aside the rows that break a rule.

    A table that is longer than a piece is not held whole, unless it has a code of which
    no levels are stated: these are sorted as all its rows have them.

    Parameters
    ----------
    stacked
        Rows of all files of the table in pieces, as ingestion hands them on: one at
        least.
    forms
        What to make of each file, in their order; none if the centre has no such table.
    files
        Rows of the contract Files of this table.
    spoilt
        Cells that the files themselves spoilt, as rows of the contract Faults.
    table
        Its name in the dictionary.

    Yields
    ------
    TableOfCentre
        A piece; one at least. The records of all have the same types. The ledger of a
        file comes behind its last piece.
    """
    if not forms:
        yield _nothing(nothing_made(table))
        return
    pieces = iter(stacked)
    told = [
        Part(form, file, _spoilt_in(file, spoilt))
        for form, file in zip(forms, files.iter_rows(named=True), strict=True)
    ]
    most = math.inf if any(map(_has_open_code, forms)) else PIECE_ROWS
    held, n_held = [next(pieces)], 0
    while n_held <= most and (piece := next(pieces, None)) is not None:
        held.append(piece)
        n_held = sum(each.height for each in held)
    if n_held <= most:
        yield join_pieces(_harmonise_pieces([pl.concat(held)], told))
        return
    none = join_pieces(_harmonise_pieces([held[0].clear()], told)).records
    for done in _harmonise_pieces(chain(held, pieces), told):
        records = pl.concat([none, done.records], how="vertical_relaxed")
        yield done._replace(records=records)


def _has_open_code(form: Mapping[str, Any]) -> bool:
    """Tell whether the levels of a code are those that are found."""
    fields = (Field(**field) for repeat in form["repeats"] for field in repeat)
    return any(each.column and has_open_levels(each) for each in fields)


def join_pieces(pieces: Iterable[TableOfCentre]) -> TableOfCentre:
    """Make one of the pieces of a table."""
    columns = zip(*pieces, strict=True)
    return TableOfCentre(
        *(pl.concat(parts, how="vertical_relaxed") for parts in columns)
    )


def _nothing(records: pl.DataFrame) -> TableOfCentre:
    contracts = (Faults, Quarantine, Aside, Ledger, Cells)
    return TableOfCentre(records, *(each.of([]) for each in contracts))


def _harmonise_pieces(
    stacked: Iterable[pl.DataFrame], told: Sequence[Part]
) -> Iterator[TableOfCentre]:
    """Harmonise each file piece by piece."""
    parts = select_pieces(stacked, len(told))
    for part, pieces in groupby(parts, key=lambda piece: piece[0]):
        yield from _harmonise_file((rows for _, rows in pieces), told[part - 1])


def _spoilt_in(file: Mapping[str, Any], spoilt: pl.DataFrame) -> pl.DataFrame:
    """Take the spoilt cells of one file; two parts may have read the same."""
    here = pl.col("sheet").eq_missing(pl.lit(file["sheet"], pl.String))
    own = spoilt.filter(pl.col("file") == file["file"], here)
    return own.unique(maintain_order=True)


def _harmonise_file(
    pieces: Iterator[pl.DataFrame], told: Part
) -> Iterator[TableOfCentre]:
    form, file, spoilt = told
    prefix, counts = form["prefix"], Counter[str]()
    result = None
    for rows in pieces:
        known = result is not None  # what is wrong with the whole file
        # Of a file that could not be read to its end no row counts.
        read = rows.clear() if file["n_read"] is None else rows
        result = harmonise_table(read, form, file, spoilt)
        kept, out = set_aside(result, form["reasons"], prefix=prefix)
        counts.update(_count(rows, kept, out))
        faults = result.faults
        yield TableOfCentre(
            kept,
            faults.filter(pl.col("row").is_not_null()) if known else faults,
            out,
            keep_visits_aside(result, out, prefix=prefix),
            Ledger.of([]),
            set_cells_aside(result.cells, out),
        )
    if result is not None and result.usable:
        ledger = [{"centre": "", **{key: file[key] for key in TOLD}, **counts}]
        yield _nothing(kept.clear())._replace(ledger=Ledger.of(ledger))


def _count(rows: pl.DataFrame, kept: pl.DataFrame, out: pl.DataFrame) -> dict[str, int]:
    """Count what became of the rows; the centre is told later."""
    used, gone = kept["source_row"].n_unique(), out["source_row"].n_unique()
    return {
        "n_used": used,
        "n_quarantined": gone,
        "n_merged": 0,
        "n_elsewhere": rows.height - used - gone,
    }
