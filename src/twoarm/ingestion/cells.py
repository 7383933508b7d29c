"""Rows of cells become columns: header, units, totals, and what is left out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.header import LOOKED_AT, PLAIN, Cells, Layout, blank, read_head
from twoarm.tables.pieces import PIECE_ROWS

CHUNK_ROWS = 20_000
"""Rows that are held as objects of Python at once."""
LONGEST = 32_767
"""Characters of a cell at most. SOURCE: what a cell of Excel can hold."""


class Grid(NamedTuple):
    """A piece of a sheet as columns of text, and what the sheet held beside them.

    `rows`: as `parse_cells` returns them. `header`: the rows that named the columns.
    `units`: column to unit. `left_out`: row and why (`title`, `unit`, `total`).
    """

    rows: pl.DataFrame
    header: tuple[int, ...]
    units: dict[str, str]
    left_out: tuple[tuple[int, str], ...]


def parse_cells(
    cells: Iterable[Cells | pl.DataFrame],
    layout: Layout = PLAIN,
    size: float | None = None,
) -> Iterator[Grid]:
    """Make columns of the cells of a sheet, named by its header.

    Without a stated header it is the first row that is not blank, or, where that row
    looks like a title, the first row whose columns are mostly filled, with texts that
    differ. Blank rows at the end are left out; any other keeps its place. Rows become
    columns some thousands at a time: as objects of Python they take ten times the
    memory.

    Parameters
    ----------
    cells
        Every row of the sheet from its first, blank ones too. Frames of text columns
        may stand for many rows at once, but for the first ones.
    layout
        Which rows are no data.
    size
        Rows of a piece at most; those that are held at once if not given.

    Yields
    ------
    Grid
        A piece; one at least. `rows` has columns of text, null where a cell is empty,
        and `source_row`, as a spreadsheet counts. What is left out is told with the
        piece where it stands.

    Raises
    ------
    UnreadableError
        If every row is blank, two columns have one name, a row has not as many
        columns as the header, or the header is not where it should be. It is raised
        behind the last piece where it names rows of all of them.
    """
    parts = iter(cells)
    top = list(islice(parts, LOOKED_AT))
    head = read_head([row for row in top if not isinstance(row, pl.DataFrame)], layout)
    body = _Body(head.names, head.last, layout.totals)
    size, left_out = size or PIECE_ROWS, head.left_out
    for part in _in_chunks(chain(top[head.last :], parts)):
        body.add(part)
        while body.n_held > size:
            rows, totals = body.take(int(size))
            yield Grid(rows, head.rows, head.units, left_out + totals)
            left_out = ()
    rows, totals = body.take(body.n_held)
    yield Grid(rows, head.rows, head.units, left_out + totals)


def _in_chunks(
    parts: Iterable[Cells | pl.DataFrame],
) -> Iterator[list[Cells] | pl.DataFrame]:
    """Gather single rows into chunks; frames pass as they are."""
    chunk: list[Cells] = []
    for part in parts:
        if isinstance(part, pl.DataFrame):
            if chunk:
                yield chunk
            yield part
            chunk = []
            continue
        chunk.append(part)
        if len(chunk) >= CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Body:
    """The rows under the header, as they become columns.

    `taken`, `filled` and `seen` are the last rows that were taken, that hold anything,
    and that came.
    """

    def __init__(
        self, names: Sequence[str], last: int, totals: tuple[str, ...]
    ) -> None:
        self.names, self.width, self.begins = names, len(names), totals
        self.taken = self.seen = self.filled = last
        self.ragged: list[int] = []
        self.totals: list[int] = []
        self.held = _columns([], self.width)

    @property
    def n_held(self) -> int:
        """Rows that can be taken, up to the last that holds anything."""
        return 0 if self.ragged else self.filled - self.taken

    def add(self, part: list[Cells] | pl.DataFrame) -> None:
        if isinstance(part, pl.DataFrame):
            self.hold(part)
            self.seen = self.filled = self.seen + part.height
            return
        for place, row in enumerate(part, start=self.seen + 1):
            if blank(row):
                continue
            if self.begins and _first(row).startswith(self.begins):
                self.totals.append(place)
            elif len(row) != self.width:
                self.ragged.append(place)
            self.filled = place
        if not self.ragged:
            out = {place - self.seen - 1 for place in self.totals}
            kept = [() if at in out else row for at, row in enumerate(part)]
            self.hold(_columns(kept, self.width))
        self.seen += len(part)

    def hold(self, frame: pl.DataFrame) -> None:
        self.held = pl.concat([self.held, frame])

    def take(self, n: int) -> tuple[pl.DataFrame, tuple[tuple[int, str], ...]]:
        """Take rows off the top, and say which of them are totals, and left out."""
        if self.ragged:
            raise UnreadableError(_describe_ragged(self.ragged, self.width))
        piece, self.held = self.held.head(n).rechunk(), self.held[n:]
        first, self.taken = self.taken + 1, self.taken + n
        rows = piece.rename(dict(zip(piece.columns, self.names, strict=True))).select(
            pl.int_range(first, first + n).alias("source_row"), pl.all()
        )
        totals = [row for row in self.totals if row <= self.taken]
        self.totals = self.totals[len(totals) :]
        kept = rows.filter(~pl.col("source_row").is_in(totals)) if totals else rows
        return kept, tuple((row, "total") for row in totals)


def _columns(rows: Sequence[Cells], width: int) -> pl.DataFrame:
    """Make columns of rows of one width; of a blank row, of whatever width, nulls."""
    nothing = [None] * width
    body = [nothing if blank(row) else row for row in rows]
    columns = zip(*body, strict=True) if body else [()] * width
    return pl.DataFrame(
        [
            pl.Series(f"{place}", [cell or None for cell in column], pl.String)
            for place, column in enumerate(columns)
        ]
    )


def _describe_ragged(places: Sequence[int], width: int) -> str:
    return (
        f"has {width} columns in its header, and more or fewer in {list_rows(places)}"
    )


def list_rows(places: Sequence[int]) -> str:
    """Count rows and name the first of them.

    >>> list_rows([3, 4])
    '2 rows (3, 4)'
    """
    shown = ", ".join(map(str, places[:10]))
    return (
        f"{len(places)} row{'s' if len(places) > 1 else ''} "
        f"({shown}{', ...' if len(places) > 10 else ''})"
    )


def _first(row: Cells) -> str:
    return next(cell.strip() for cell in row if cell and cell.strip())
