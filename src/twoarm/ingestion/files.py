"""Files of every kind that hospitals and statisticians hand over."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import LONGEST, list_rows
from twoarm.ingestion.databases import read_database, read_query
from twoarm.ingestion.delimited import parse_text
from twoarm.ingestion.digits import find_cut
from twoarm.ingestion.doors import DAMAGED, check_place, read_blocks
from twoarm.ingestion.frames import (
    read_parquet,
    read_r,
    read_statistics,
    rows_of_frames,
)
from twoarm.ingestion.json_files import read_json
from twoarm.ingestion.pages import find_page, read_page
from twoarm.ingestion.reading import (
    NOTHING,
    Fault,
    Reading,
    Rows,
    add_notes,
    join_pieces,
    rows_of,
)
from twoarm.ingestion.redcap import label_codes
from twoarm.ingestion.stated import find_contrary_units
from twoarm.ingestion.text import (
    detect_decimal,
    detect_delimiter,
    may_have_commas,
    parse_encoding,
    parse_numbers,
)
from twoarm.ingestion.workbooks import COMPOUND, PACKED, read_workbook

Reader = Callable[[Path, Reading], Iterator[Rows]]


def read_file(path: Path | str | None = None, **how: Any) -> Rows:
    """Read one table as text, all of it at once, as `read_in_pieces` does."""
    return add_notes(join_pieces(read_in_pieces(path, **how)))


def read_in_pieces(path: Path | str | None = None, **how: Any) -> Iterator[Rows]:
    """Read one table as text, whatever kind of file holds it, piece by piece.

    Of a text, of Parquet and of a database no more than a piece is held, however long
    it is; what must be known of all of a text, as its encoding and its decimal mark, is
    found by reading it twice. Any other file is held whole.

    Parameters
    ----------
    path
        The file; its suffix tells its kind: csv, tsv, txt, xlsx, xls, xlsm, xlsb, ods,
        html, htm, json, jsonl, ndjson, duckdb, db, sqlite, parquet, sas7bdat, xpt, sav,
        zsav, dta, rds, RData, rda. A text may be packed (csv.gz), and a `.xls` may be a
        page or a text. None for a query to a server.
    **how
        As the fields of `Reading`; what is left out is detected.

    Yields
    ------
    Rows
        A piece; one at least.

    Raises
    ------
    UnreadableError
        Says why the file cannot be read and what to do. Some pieces may have passed
        before; then they stand for nothing.
    """
    reading = Reading(**how)
    if reading.connection or path is None:
        yield from _check_cells(read_query(reading))
        return
    path = Path(path)
    check_place(path, reading.within)
    reader = READERS.get(_kind_of(path))
    if not reader:
        known = ", ".join(READERS)
        raise UnreadableError(f"is of no known kind; known suffixes: {known}")
    pieces = _check_cells(_read(reader, path, reading))
    if reading.dictionary:
        codes = _read_dictionary(Path(reading.dictionary), reading.within)
        pieces = iter([label_codes(join_pieces(pieces), codes, reading.instrument)])
    stated = reading.stated
    for read in pieces:
        faults = (
            *read.faults,
            *find_cut(read.rows),
            *find_contrary_units(read.units, stated),
        )
        stated = {}  # units are those of the whole file
        asked = set(reading.columns or read.rows.columns)
        told = tuple(each for each in faults if each.column in asked)
        yield read._replace(faults=told)


def _read_dictionary(path: Path, within: str | None) -> pl.DataFrame:
    try:
        return read_file(path, within=within).rows
    except UnreadableError as error:
        raise UnreadableError(f"has a dictionary, {path.name}, that {error}") from None


def read_or_tell(path: Path | str | None = None, **how: Any) -> Iterator[Rows]:
    """Read one table; of one that cannot be read the last piece says why."""
    try:
        yield from read_in_pieces(path, **how)
    except UnreadableError as error:
        fault = Fault(None, None, "file_unreadable", str(error))
        yield NOTHING._replace(faults=(fault,))


def _kind_of(path: Path) -> str:
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        inner = suffixes[-2:-1]
        return inner[0][1:] if inner and inner[0][1:] in TEXT else "gz"
    return (suffixes or ["."])[-1][1:]


def _read(reader: Reader, path: Path, reading: Reading) -> Iterator[Rows]:
    """Read a file.

    The libraries raise whatever they like on a broken file; each means the same here.
    """
    try:
        yield from reader(path, reading)
    except UnreadableError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        raise UnreadableError(
            f"cannot be read as {path.suffix} ({type(error).__name__}); {DAMAGED}"
        ) from None


def _check_cells(pieces: Iterator[Rows]) -> Iterator[Rows]:
    """Refuse a table with a cell that no spreadsheet could hold."""
    texts, places = pl.selectors.string(), list[int]()
    for read in pieces:
        long = read.rows.filter(pl.any_horizontal(texts.str.len_bytes() > LONGEST))
        if long.height:
            long = long.filter(pl.any_horizontal(texts.str.len_chars() > LONGEST))
        places += long["source_row"].to_list()
        if not places:
            yield read
    if places:
        raise UnreadableError(
            f"has cells of more than {LONGEST:,} characters in "
            f"{list_rows(places)}; shorten them"
        )


def _read_text(path: Path, reading: Reading) -> Iterator[Rows]:
    text, found = parse_encoding(
        partial(read_blocks, path), reading.encoding, reading.undecodable
    )
    delimiter = reading.delimiter or detect_delimiter(text())
    decimal = reading.decimal or "."
    # Nothing else is known of all rows but by cutting them once for this alone.
    bearer = b'"' if delimiter == "," else b","
    borne = not reading.decimal and any(bearer in block for block in read_blocks(path))
    if borne and may_have_commas(text(), delimiter):
        grids = parse_text(text(), delimiter, reading.layout)
        decimal = detect_decimal(grid.rows for grid in grids)
    grids = parse_text(text(), delimiter, reading.layout)
    for read in rows_of(grids, found):
        rows = parse_numbers(read.rows, decimal, reading.thousands)
        yield read._replace(rows=rows, lost=_list_lost(rows))


def _list_lost(rows: pl.DataFrame) -> tuple[int, ...]:
    """List rows with characters that stand for bytes which fit no encoding."""
    lost = pl.selectors.string().str.contains("\ufffd", literal=True)
    return tuple(rows.filter(pl.any_horizontal(lost))["source_row"])


def _read_old_workbook(path: Path, reading: Reading) -> Iterator[Rows]:
    """Read a `.xls`, which may be a page or a text that only bears the name."""
    with path.open("rb") as file:
        begin = file.read(4096)
    if begin.startswith((COMPOUND, PACKED)):
        return read_workbook(path, reading)
    if find_page(begin):
        return read_page(path, reading)
    if b"\0" in begin and not begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise UnreadableError(f"cannot be read as .xls: it is none; {DAMAGED}")
    return _read_text(path, reading)


TEXT = ("csv", "tsv", "txt", "json", "jsonl", "ndjson")
READERS: dict[str, Reader] = {
    **dict.fromkeys(("csv", "tsv", "txt"), _read_text),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "ods"), read_workbook),
    "xls": _read_old_workbook,
    **dict.fromkeys(("html", "htm"), read_page),
    **dict.fromkeys(("json", "jsonl", "ndjson"), read_json),
    **dict.fromkeys(("duckdb", "db", "sqlite", "sqlite3"), read_database),
    "parquet": rows_of_frames(read_parquet),
    **dict.fromkeys(
        ("sas7bdat", "xpt", "sav", "zsav", "dta"), rows_of_frames(read_statistics)
    ),
    **dict.fromkeys(("rds", "rdata", "rda"), rows_of_frames(read_r)),
}
