"""Every sheet of a folder of exports, its header found by the names it holds."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file
from twoarm.ingestion.headers import list_matches, normal_name, parse_unit
from twoarm.ingestion.json_files import find_records
from twoarm.synonyms import LONG

LOOKED_AT = 15
"""Rows at the top of a sheet among which its header is looked for."""
TOTALS = ("合计", "总计", "小计", "共计", "total", "totals", "sum", "grandtotal")
ENCODINGS = ("utf-8", "utf-16", "gb18030")
"""Encodings that reading finds by itself."""


class Column(NamedTuple):
    """A column: its name, its texts without spaces around, what stands under its name.

    `under` is empty unless the sheet has a row of units.
    """

    name: str
    texts: pl.Series
    under: str = ""


class Sheet(NamedTuple):
    """A file or a sheet of one: where it is, how to read it, its columns.

    `how` has the keys of a codebook's table that say how to read it.
    """

    path: str
    sheet: str | None
    how: dict[str, Any]
    columns: list[Column]


def read_sheets(folder: Path) -> tuple[list[Sheet], list[str]]:
    """Read every sheet of every file of a folder.

    Returns
    -------
    sheets, faults
        What was read, in the order of the files' names; and of each file or sheet that
        could not be read its name and why.
    """
    sheets, faults = list[Sheet](), list[str]()
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "~$"))
    )
    for path in files:
        name = path.relative_to(folder).as_posix()
        for how in _list_hows(path):
            told = "".join([name, *(f", {key} {each}" for key, each in how.items())])
            try:
                sheets.append(_read_sheet(path, name, **how))
            except UnreadableError as error:
                faults.append(f"{told}: {error}")
                if (mixed := _read_mixed(path, name)) is not None:
                    sheets.append(mixed)
    return sheets, faults


def _read_sheet(path: Path, name: str, sheet: str | None = None, **how: str) -> Sheet:
    rows, encoding = read_file(path, sheet=sheet, **how)[:2]
    found = find_table(rows)
    known = {"encoding": encoding} if encoding in ENCODINGS else {}
    return found._replace(path=name, sheet=sheet, how={**known, **how, **found.how})


def _read_mixed(path: Path, name: str) -> Sheet | None:
    """Read a text of which some bytes fit no encoding; they are replaced, and told."""
    try:
        return _read_sheet(path, name, encoding="gb18030", undecodable="replace")
    except (UnreadableError, TypeError):
        return None


def _list_hows(path: Path) -> list[dict[str, str]]:
    """List how to read each table of a file: by its sheet, or the way to its records.

    Where there is one table alone nothing need be said.
    """
    suffix = path.suffix.lower()
    names: Sequence[str | None] = ()
    try:
        if suffix in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
            import fastexcel

            key, names = "sheet", fastexcel.read_excel(path).sheet_names
        elif suffix in (".json", ".jsonl", ".ndjson"):
            key, names = "records", find_records(path)
    except Exception:  # it is for reading to say what is wrong with the file
        return [{}]
    if len(names) == 1 and (suffix.startswith(".xls") or names[0] is None):
        return [{}]
    return [{key: name} if name else {} for name in names] or [{}]


def find_table(rows: pl.DataFrame) -> Sheet:
    """Find the header in a sheet, the row of units under it, and the row of totals.

    Parameters
    ----------
    rows
        Columns of text and `source_row`, named by what reading took for the header.

    Returns
    -------
    Sheet
        Without its place. `how` has `header`, the row, if reading took another one for
        it; `units`, if there is a row of units; and `totals`, how its row begins.
    """
    texts = rows.select(pl.exclude("source_row")).with_columns(
        pl.all().str.strip_chars().replace({"": None})
    )
    how: dict[str, Any] = {}
    names, start = texts.columns, 0
    known = [_count_known(names), *map(_count_known, texts.head(LOOKED_AT).rows())]
    if (best := known.index(max(known))) > 0 and known[best] >= 2:
        how["header"], start = rows["source_row"][best - 1], best
        names = [
            cell or f"(column {place})"
            for place, cell in enumerate(texts.row(best - 1), start=1)
        ]
    body = texts[start:]
    under = dict(zip(texts.columns, _unit_row(body) or (), strict=False))
    if under:
        how["units"], body = True, body[1:]
    if totals := _totals_of(body):
        how["totals"], body = totals, body[:-1]
    columns = [
        Column(name, body[column], under.get(column) or "")
        for name, column in zip(names, texts.columns, strict=True)
    ]
    return Sheet("", None, how, columns)


def _count_known(cells: Iterator[str | None] | list[str] | tuple[Any, ...]) -> int:
    """Count the cells that are names of fields, or of the columns of a long file."""
    long = {name for names in LONG.values() for name in names}
    shown = [str(cell) for cell in cells if cell and len(str(cell)) <= 40]
    return sum(bool(list_matches(x)) or normal_name(x) in long for x in shown)


def _unit_row(body: pl.DataFrame) -> tuple[str | None, ...] | None:
    """Give the first row, if it holds units and nothing that could be a value."""
    if body.is_empty():
        return None
    first = body.row(0)
    shown = [cell for cell in first if cell]
    units = [cell for cell in shown if parse_unit(cell)]
    values = [cell for cell in shown if not parse_unit(cell) and len(cell) > 1]
    enough = len(units) >= 1 and 2 * len(units) >= len(shown)
    return first if enough and len(values) <= len(units) // 4 else None


def _totals_of(body: pl.DataFrame) -> str | None:
    """Give what the last row begins with, if it is a row of totals."""
    if body.is_empty():
        return None
    first = next((cell for cell in body.row(-1) if cell), "")
    return first if normal_name(first) in TOTALS else None
