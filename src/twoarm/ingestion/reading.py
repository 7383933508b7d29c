"""How a file is read, and what came of it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from twoarm.ingestion.cells import Grid, list_rows
from twoarm.ingestion.header import Layout

log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """How to read one table.

    `encoding`, `undecodable`, `delimiter`, `decimal`, `thousands`: of text. `sheet`: of
    a workbook, or table of a database. `header`, `units`, `totals`: rows that are no
    data, as in `Layout`. `query`, `connection`: to a database, and the environment
    variable that holds its address. `records`: where a JSON file holds them.
    `dictionary`, `instrument`: of REDCap. `name`: of the data frame in an R file.
    `columns`: names that the codebook asks for. `stated`: of those with a unit, the
    field of the dictionary and the unit. `within`: folder that the file must not
    lead out of.
    """

    encoding: str | None = None
    undecodable: str = "refuse"
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    sheet: str | None = None
    header: Sequence[int] = ()
    units: bool = False
    totals: Sequence[str] = ()
    query: str | None = None
    connection: str | None = None
    records: str | None = None
    dictionary: str | None = None
    instrument: str | None = None
    name: str | None = None
    columns: Sequence[str] = ()
    stated: Mapping[str, Sequence[str]] = MappingProxyType({})
    within: str | None = None

    @property
    def layout(self) -> Layout:
        """Which rows are no data."""
        return Layout(
            tuple(self.header), self.units, tuple(self.totals), tuple(self.columns)
        )


class Fault(NamedTuple):
    """What is wrong with a file or a cell of it: where, which rule, what to do."""

    row: int | None
    column: str | None
    rule: str
    what: str


class Rows(NamedTuple):
    """A piece of a table, or all of it, as rows of text, and how they were read.

    `rows`: the file's columns as text, numbers with a decimal point, null where the
    file holds nothing, and `source_row`, as a spreadsheet counts. `encoding`: of a text
    file, else the kind of file. `header`: rows that named the columns. `units`: column
    to unit, from a row of units. `epoch`: `1900` or `1904`, from which a workbook
    counts days; None where there is none, or it is not known. `left_out`: row and why
    (`title`, `unit`, `total`, `instrument`). `lost`: rows with characters that stand
    for bytes which fit no encoding. `notes`: what a person should know, without values.
    `faults`: cells that the file itself spoilt. What is left out, lost, noted or at
    fault is told with one piece each.
    """

    rows: pl.DataFrame
    encoding: str | None
    header: tuple[int, ...] = (1,)
    units: Mapping[str, str] = MappingProxyType({})
    epoch: str | None = None
    left_out: tuple[tuple[int, str], ...] = ()
    lost: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def counts(self) -> dict[str, Any]:
        """What the contract Files tells; nothing is known of a file unread."""
        if self.encoding is None:
            return {}
        return {
            "encoding": self.encoding,
            "epoch": self.epoch,
            "n_read": self.rows.height,
            "n_left_out": len(self.left_out),
        }


NOTHING = Rows(pl.DataFrame(schema={"source_row": pl.Int64}), None)
"""What is known of a file that cannot be read."""


def rows_of(
    grids: Iterable[Grid],
    encoding: str,
    *,
    epoch: str | None = None,
    notes: Sequence[str] = (),
) -> Iterator[Rows]:
    """Hand on what a sheet held; its notes with the first piece."""
    for grid in grids:
        yield Rows(
            grid.rows,
            encoding,
            header=grid.header,
            units=grid.units,
            epoch=epoch,
            left_out=grid.left_out,
            notes=tuple(notes),
        )
        notes = ()


def join_pieces(pieces: Iterable[Rows]) -> Rows:
    """Make one table of its pieces."""
    held = list(pieces)
    if held[-1].encoding is None:  # it could not be read to its end
        return held[-1]
    return held[0]._replace(
        rows=pl.concat([piece.rows for piece in held]),
        left_out=tuple(each for piece in held for each in piece.left_out),
        lost=tuple(row for piece in held for row in piece.lost),
        notes=tuple(note for piece in held for note in piece.notes),
        faults=tuple(fault for piece in held for fault in piece.faults),
    )


def add_notes(read: Rows) -> Rows:
    """Note which rows of a whole table were left out or lost characters."""
    notes = list(read.notes)
    if read.left_out:
        notes.append(_describe_left_out(read.left_out, read.header))
    if read.lost:
        notes.append(f"characters lost to broken bytes in {list_rows(read.lost)}")
    return read._replace(notes=tuple(notes))


def _describe_left_out(
    left_out: Sequence[tuple[int, str]], header: Sequence[int]
) -> str:
    kinds = [why for _, why in left_out]
    counted = ", ".join(f"{kinds.count(why)} of {why}" for why in dict.fromkeys(kinds))
    rows = ", ".join(str(row) for row, _ in left_out[:10])
    more = ", ..." if len(kinds) > 10 else ""
    shown = " and ".join(map(str, header))
    return (
        f"row {shown} taken for the header; rows that are no data: {counted} "
        f"({rows}{more})"
    )


class Passing:
    """A table whose pieces pass; what they told is known once all have.

    `place` says where it is, as the contract Files does; `account` is its row there,
    and `faults` are rows of the contract Faults.
    """

    def __init__(self, place: Mapping[str, Any], pieces: Iterable[Rows]) -> None:
        self.place, self._pieces = place, pieces
        self.account: dict[str, Any] = dict(place)
        self.faults: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[pl.DataFrame]:
        seen, n_read = [], 0
        for piece in self._pieces:
            n_read += piece.rows.height
            seen.append(piece._replace(rows=piece.rows.clear()))
            yield piece.rows
        told = add_notes(join_pieces(seen))
        if told.counts:
            self.account |= {**told.counts, "n_read": n_read}
        self.faults = [{**self.place, **fault._asdict()} for fault in told.faults]
        log.info("%s: %s", self.place["file"], "; ".join(told.notes) or "read")
