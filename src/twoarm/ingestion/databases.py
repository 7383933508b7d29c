"""Tables of a database: a file of SQLite or DuckDB, or a query to PostgreSQL."""

import math
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import parse_cells
from twoarm.ingestion.frames import write_text
from twoarm.ingestion.header import Layout, name_columns
from twoarm.ingestion.reading import Reading, Rows, rows_of
from twoarm.tables.pieces import PIECE_ROWS

LITE = b"SQLite format 3\0"
NAMED = Layout(header=(1,))
"""The names come first, and nothing stands above them."""
ADDRESS = "postgresql://user@server/database"
SECONDS = 10
"""Seconds to wait for a server to let us in."""


def read_database(path: Path, reading: Reading) -> Iterator[Rows]:
    """Read a table of a file of SQLite or DuckDB, or what a query finds in it."""
    with path.open("rb") as file:
        begin = file.read(16)
    if begin == LITE:
        return _read_lite(path, reading)
    if begin[8:12] == b"DUCK":
        return _read_duck(path, reading)
    raise UnreadableError("is a database neither of SQLite nor of DuckDB")


def _read_lite(path: Path, reading: Reading) -> Iterator[Rows]:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    opened = sqlite3.connect(uri, uri=True)
    try:
        asked = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        names = [name for (name,) in opened.execute(asked)]
        query = _query_of(reading, names)
        cells = _cells_of(opened.execute(query))
        yield from rows_of(parse_cells(cells, NAMED), "sqlite")
    except sqlite3.Error as error:
        raise UnreadableError(_describe_failure(error)) from None
    finally:
        opened.close()


def _read_duck(path: Path, reading: Reading) -> Iterator[Rows]:
    import duckdb

    # The query sees this file alone: neither another one nor the network.
    with duckdb.connect(str(path), read_only=True, config={"threads": 1}) as opened:
        opened.execute("SET enable_external_access = false")
        asked = "SELECT table_name FROM information_schema.tables"
        names = [name for (name,) in opened.execute(asked).fetchall()]
        query = _query_of(reading, names)
        try:
            found = opened.sql(query)
            if found is None:
                raise UnreadableError("gives no rows; the query must be a SELECT")
            name_columns(found.columns)
            kinds = zip(found.columns, found.types, strict=True)
            shown = found.project(", ".join(_show(*kind) for kind in kinds))
            yield from write_text(_frames_of(shown), "duckdb")
        except duckdb.Error as error:
            raise UnreadableError(_describe_failure(error)) from None


def _frames_of(found: Any) -> Iterator[pl.DataFrame]:
    """Yield what DuckDB finds piece by piece, its columns first."""
    batches = found.to_arrow_reader(PIECE_ROWS)
    yield pl.DataFrame(pl.from_arrow(batches.schema.empty_table()))
    for batch in batches:
        yield pl.DataFrame(pl.from_arrow(batch))


def _show(name: str, kind: Any) -> str:
    """Let DuckDB write a column as text, but those that are told or refused here.

    It knows days that polars does not, as `infinity`.
    """
    quoted = '"' + name.replace('"', '""') + '"'
    own = ("double", "float", "blob", "list", "array", "struct", "map", "union")
    return quoted if kind.id in own else f"CAST({quoted} AS VARCHAR) AS {quoted}"


def _query_of(reading: Reading, names: Sequence[str]) -> str:
    """Make the query: as given, or of all rows of a table."""
    if reading.query:
        return reading.query
    name = reading.sheet
    if name is None and len(names) != 1:
        raise UnreadableError(
            f"holds {len(names)} tables; name one as sheet: {', '.join(sorted(names))}"
        )
    if name is not None and name not in names:
        raise UnreadableError(
            f"has no table {name}; it has {', '.join(sorted(names)) or 'none'}"
        )
    quoted = (name or names[0]).replace('"', '""')
    return f'SELECT * FROM "{quoted}"'


def _describe_failure(error: Exception) -> str:
    """Say that a query failed; what the database says of it may hold values."""
    return f"cannot be asked ({type(error).__name__}); correct the query or the table"


def _cells_of(found: Any) -> Iterator[list[str | None]]:
    """Yield the names of a cursor's columns, then its rows as text."""
    if not found.description:
        raise UnreadableError("gives no rows; the query must be a SELECT")
    yield [column[0] for column in found.description]
    for row in found:
        yield [_text(value) for value in row]


def _text(value: object) -> str | None:
    """Write a value as text, whole numbers without a decimal point."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int | float):
        return None if isinstance(value, float) and math.isnan(value) else str(value)
    raise UnreadableError("has values that are no text, number or date; leave them out")


def read_query(reading: Reading) -> Iterator[Rows]:
    """Read what a query finds on a PostgreSQL server, as the server writes it.

    The transaction may read only. The address stands in an environment variable, and
    neither it nor what the server says of a failure is told: it may hold a password or
    a value.
    """
    import psycopg

    variable = str(reading.connection)
    if not (address := os.environ.get(variable)):
        raise UnreadableError(
            f"cannot be asked: the environment variable {variable} is not set; it "
            f"holds the server's address, as {ADDRESS}"
        )
    try:
        opened = psycopg.connect(
            address,
            client_encoding="utf8",
            connect_timeout=SECONDS,
            options="-c default_transaction_read_only=on -c datestyle=ISO",
        )
    except psycopg.Error:
        raise UnreadableError(
            f"cannot be asked: no server lets us in at the address in {variable}; "
            f"check that it is as {ADDRESS}, and that the server can be reached"
        ) from None
    with opened:
        try:
            yield from _ask(opened, str(reading.query))
        except psycopg.Error as error:
            raise UnreadableError(_describe_failure(error)) from None


def _ask(opened: Any, query: str) -> Iterator[Rows]:
    from psycopg.adapt import Loader

    class Text(Loader):
        def load(self, data: Any) -> str | None:
            return bytes(data).decode()

    class Number(Loader):
        def load(self, data: Any) -> str | None:
            return None if bytes(data) == b"NaN" else bytes(data).decode()

    class Truth(Loader):
        def load(self, data: Any) -> str:
            return "true" if bytes(data) == b"t" else "false"

    for kind in opened.adapters.types:
        opened.adapters.register_loader(kind.oid, Text)
    for kind in ("float4", "float8", "numeric"):
        opened.adapters.register_loader(kind, Number)
    opened.adapters.register_loader("bool", Truth)
    # The server keeps the rows and hands them over some thousands at a time.
    with opened.cursor("twoarm") as found:
        found.itersize = 20_000
        found.execute(query)
        yield from rows_of(parse_cells(_cells_of(found), NAMED), "postgresql")
