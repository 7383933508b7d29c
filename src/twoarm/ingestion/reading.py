"""How a file is read, and what came of it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from twoarm.ingestion.cells import Grid
from twoarm.ingestion.header import Layout


class Reading(NamedTuple):
    """How to read one table.

    `encoding`, `undecodable`, `delimiter`, `decimal`, `thousands`: of text. `sheet`: of
    a workbook, or table of a database. `header`, `units`, `totals`: rows that are no
    data, as in `Layout`. `query`, `connection`: to a database, and the environment
    variable that holds its address. `records`: where a JSON file holds them.
    `dictionary`, `instrument`: of REDCap. `name`: of the data frame in an R file.
    `columns`: names that the codebook asks for. `within`: folder that the file must not
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
    """Rows of text and how they were read.

    `rows`: the file's columns as text, numbers with a decimal point, null where the
    file holds nothing, and `source_row`, as a spreadsheet counts. `encoding`: of a text
    file, else the kind of file. `header`: rows that named the columns. `units`: column
    to unit, from a row of units. `epoch`: `1900` or `1904`, from which a workbook
    counts days; None where there is none, or it is not known. `left_out`: row and why
    (`title`, `unit`, `total`, `instrument`). `notes`: what a person should know,
    without values. `faults`: cells that the file itself spoilt.
    """

    rows: pl.DataFrame
    encoding: str | None
    header: tuple[int, ...] = (1,)
    units: Mapping[str, str] = MappingProxyType({})
    epoch: str | None = None
    left_out: tuple[tuple[int, str], ...] = ()
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


def rows_of(grid: Grid, encoding: str, **more: Any) -> Rows:
    """Hand on what a sheet held."""
    notes = list(more.pop("notes", ()))
    if grid.left_out:
        kinds = [why for _, why in grid.left_out]
        counted = ", ".join(
            f"{kinds.count(why)} of {why}" for why in dict.fromkeys(kinds)
        )
        rows = ", ".join(str(row) for row, _ in grid.left_out[:10])
        more_rows = ", ..." if len(kinds) > 10 else ""
        header = " and ".join(map(str, grid.header))
        notes.append(
            f"row {header} taken for the header; rows that are no data: {counted} "
            f"({rows}{more_rows})"
        )
    return Rows(
        grid.rows,
        encoding,
        header=grid.header,
        units=grid.units,
        left_out=grid.left_out,
        notes=tuple(notes),
        **more,
    )
