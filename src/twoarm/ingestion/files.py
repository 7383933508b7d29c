"""Files of every kind that hospitals and statisticians hand over."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import LONGEST, list_rows
from twoarm.ingestion.databases import read_database, read_query
from twoarm.ingestion.delimited import parse_text
from twoarm.ingestion.digits import find_cut
from twoarm.ingestion.doors import DAMAGED, check_place, read_content
from twoarm.ingestion.frames import (
    read_parquet,
    read_r,
    read_statistics,
    rows_of_frame,
)
from twoarm.ingestion.json_files import read_json
from twoarm.ingestion.pages import find_page, read_page
from twoarm.ingestion.reading import NOTHING, Fault, Reading, Rows, rows_of
from twoarm.ingestion.redcap import label_codes
from twoarm.ingestion.text import parse_encoding, parse_numbers
from twoarm.ingestion.workbooks import COMPOUND, PACKED, read_workbook


def read_file(path: Path | str | None = None, **how: Any) -> Rows:
    """Read one table as text, whatever kind of file holds it.

    Parameters
    ----------
    path
        The file; its suffix tells its kind: csv, tsv, txt, xlsx, xls, xlsm, xlsb, ods,
        html, htm, json, jsonl, ndjson, duckdb, db, sqlite, parquet, sas7bdat, xpt, sav,
        zsav, dta, rds, RData, rda. A text may be packed (csv.gz), and a `.xls` may be a
        page or a text. None for a query to a server.
    **how
        As the fields of `Reading`; what is left out is detected.

    Raises
    ------
    UnreadableError
        Says why the file cannot be read and what to do.
    """
    reading = Reading(**how)
    if reading.connection or path is None:
        return _check_cells(read_query(reading))
    path = Path(path)
    check_place(path, reading.within)
    reader = READERS.get(_kind_of(path))
    if not reader:
        known = ", ".join(READERS)
        raise UnreadableError(f"is of no known kind; known suffixes: {known}")
    read = _check_cells(_read(reader, path, reading))
    if reading.dictionary:
        codes = _read_dictionary(Path(reading.dictionary), reading.within)
        read = label_codes(read, codes, reading.instrument)
    faults = (*read.faults, *find_cut(read.rows))
    asked = set(reading.columns or read.rows.columns)
    return read._replace(faults=tuple(each for each in faults if each.column in asked))


def _read_dictionary(path: Path, within: str | None) -> pl.DataFrame:
    try:
        return read_file(path, within=within).rows
    except UnreadableError as error:
        raise UnreadableError(f"has a dictionary, {path.name}, that {error}") from None


def read_or_tell(path: Path | str | None = None, **how: Any) -> Rows:
    """Read one table; one that cannot be read has no rows, and a fault says why."""
    try:
        return read_file(path, **how)
    except UnreadableError as error:
        fault = Fault(None, None, "file_unreadable", str(error))
        return NOTHING._replace(faults=(fault,))


def _kind_of(path: Path) -> str:
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        inner = suffixes[-2:-1]
        return inner[0][1:] if inner and inner[0][1:] in TEXT else "gz"
    return (suffixes or ["."])[-1][1:]


def _read(
    reader: Callable[[Path, Reading], Rows], path: Path, reading: Reading
) -> Rows:
    """Read a file.

    The libraries raise whatever they like on a broken file; each means the same here.
    """
    try:
        return reader(path, reading)
    except UnreadableError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        raise UnreadableError(
            f"cannot be read as {path.suffix} ({type(error).__name__}); {DAMAGED}"
        ) from None


def _check_cells(read: Rows) -> Rows:
    """Refuse a table with a cell that no spreadsheet could hold."""
    texts = pl.selectors.string()
    long = read.rows.filter(pl.any_horizontal(texts.str.len_bytes() > LONGEST))
    if long.height:
        long = long.filter(pl.any_horizontal(texts.str.len_chars() > LONGEST))
    if long.height:
        raise UnreadableError(
            f"has cells of more than {LONGEST:,} characters in "
            f"{list_rows(long['source_row'].to_list())}; shorten them"
        )
    return read


def _read_text(path: Path, reading: Reading) -> Rows:
    text, found = parse_encoding(
        read_content(path), reading.encoding, reading.undecodable
    )
    grid = parse_text(text, reading.delimiter, reading.layout)
    rows = parse_numbers(grid.rows, reading.decimal, reading.thousands)
    return rows_of(grid._replace(rows=rows), found, notes=_tell_replaced(text, rows))


def _tell_replaced(text: str, rows: pl.DataFrame) -> list[str]:
    """Say which rows hold characters that stand for bytes which fit no encoding."""
    if "\ufffd" not in text:
        return []
    broken = pl.any_horizontal(
        pl.selectors.string().str.contains("\ufffd", literal=True)
    )
    places = rows.filter(broken)["source_row"].to_list()
    return [f"characters lost to broken bytes in {list_rows(places)}"] if places else []


def _read_old_workbook(path: Path, reading: Reading) -> Rows:
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
READERS: dict[str, Callable[[Path, Reading], Rows]] = {
    **dict.fromkeys(("csv", "tsv", "txt"), _read_text),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "ods"), read_workbook),
    "xls": _read_old_workbook,
    **dict.fromkeys(("html", "htm"), read_page),
    **dict.fromkeys(("json", "jsonl", "ndjson"), read_json),
    **dict.fromkeys(("duckdb", "db", "sqlite", "sqlite3"), read_database),
    "parquet": rows_of_frame(read_parquet),
    **dict.fromkeys(
        ("sas7bdat", "xpt", "sav", "zsav", "dta"), rows_of_frame(read_statistics)
    ),
    **dict.fromkeys(("rds", "rdata", "rda"), rows_of_frame(read_r)),
}
