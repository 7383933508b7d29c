"""Workbooks: sheets, cells that are errors, systems of dates, protection."""

import io
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import parse_cells
from twoarm.ingestion.digits import CUT, LONG
from twoarm.ingestion.doors import check_archive
from twoarm.ingestion.reading import Fault, Reading, Rows, rows_of

COMPOUND, PACKED = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
"""How old workbooks, and new ones, begin."""
PROTECTED = "is protected by a password; open it and save it without one"
# SOURCE: names of calamine (CellErrorType) and texts of Excel (ERROR.TYPE).
ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def read_workbook(path: Path, reading: Reading) -> Iterator[Rows]:
    """Read a sheet: the one that is named, else the first that is not hidden.

    Formulas give the value that was saved; an error of one gives its text, as `#REF!`.
    """
    import fastexcel

    content = path.read_bytes()
    begin = content[:8]
    if begin.startswith(PACKED):
        check_archive(path)
    elif (
        begin.startswith(COMPOUND) and "EncryptedPackage".encode("utf-16-le") in content
    ):
        raise UnreadableError(PROTECTED)
    epoch = _read_epoch(path, begin)
    try:
        workbook = fastexcel.read_excel(content)
    except Exception as error:
        if "password" in str(error).lower():
            raise UnreadableError(PROTECTED) from None
        raise
    sheet, notes = _select_sheet(workbook, reading.sheet)
    cells = _cells_of(sheet)
    kind = path.suffix.lower()[1:]
    grids = parse_cells(cells.iter_rows(), reading.layout, size=math.inf)
    for read in rows_of(grids, kind, epoch=epoch, notes=notes):
        faults = _find_long(workbook, sheet.name, cells, read.rows)
        yield read._replace(faults=faults)


def _select_sheet(workbook: Any, name: str | None) -> tuple[Any, list[str]]:
    names = workbook.sheet_names
    if name is not None and name in names:
        return _load(workbook, name), []
    sheets = {each: _load(workbook, each) for each in names}
    told = [
        each if sheet.visible == "visible" else f"{each} (hidden)"
        for each, sheet in sheets.items()
    ]
    if name is not None:
        raise UnreadableError(f"has no sheet {name}; it has {', '.join(told)}")
    shown = [each for each, sheet in sheets.items() if sheet.visible == "visible"]
    if not shown:
        raise UnreadableError(f"has hidden sheets only: {', '.join(names)}; name one")
    note = f"sheet {shown[0]} read; it has {', '.join(told)}"
    return sheets[shown[0]], [note] if len(names) > 1 else []


def _load(workbook: Any, name: str) -> Any:
    return workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")


def _cells_of(sheet: Any) -> pl.DataFrame:
    """Take the cells as text; the library makes nothing of an error: it is put back."""
    batch, errors = sheet.to_arrow_with_errors()
    cells = pl.DataFrame(pl.from_arrow(batch))
    for error in errors.errors if errors else ():
        row, column = error.offset_position
        if found := re.search(r"Error\((\w+)\)", error.detail):
            cells[row, column] = ERRORS.get(found[1], "#ERROR!")
    return cells


def _find_long(
    workbook: Any, name: str, cells: pl.DataFrame, rows: pl.DataFrame
) -> tuple[Fault, ...]:
    """Find cells that hold a number of more digits than a number can keep.

    A text of as many digits is whole. Which of the two a cell is, the library tells
    only of one that it cannot take for what it was asked to be, a duration.
    """
    faults = []
    kept = set(rows["source_row"])
    long = cells.select(pl.all().str.contains(LONG).any())
    for place, column in enumerate(rows.columns[1:]):
        if not long.item(0, place):
            continue
        sheet = workbook.load_sheet(
            name, header_row=None, skip_rows=0, use_columns=[place], dtypes="duration"
        )
        _, errors = sheet.to_arrow_with_errors()
        texts = cells.to_series(place).str.contains(LONG)
        for error in errors.errors if errors else ():
            row = error.offset_position[0]
            if texts[row] and row + 1 in kept and "String(" not in error.detail:
                faults.append(Fault(row + 1, column, "digits_lost", CUT))
    return tuple(faults)


def _read_epoch(path: Path, begin: bytes) -> str | None:
    """Tell from which year a workbook counts days."""
    if begin.startswith(COMPOUND):
        import xlrd

        try:
            book = xlrd.open_workbook(path, on_demand=True, logfile=io.StringIO())
        except Exception as error:  # it knows fewer kinds than who reads the cells
            if "encrypted" in str(error):
                raise UnreadableError(PROTECTED) from None
            return None
        return "1904" if book.datemode else "1900"
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        if "xl/workbook.xml" in members:
            about = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            late = re.search(r"""\bdate1904\s*=\s*["'](1|true|on)["']""", about)
            return "1904" if late else "1900"
        return "1900" if "content.xml" in members else None
