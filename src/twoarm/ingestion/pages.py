"""Tables of an HTML page, as many a system exports them under the name `.xls`."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from twoarm.errors import UnreadableError
from twoarm.ingestion.cells import parse_cells
from twoarm.ingestion.doors import read_blocks
from twoarm.ingestion.reading import Reading, Rows, rows_of
from twoarm.ingestion.text import parse_encoding

PAGE = re.compile(rb"<(!doctype html|html|head|body|meta|style|table)\b", re.I)
OTHER = {
    "an XML spreadsheet": re.compile(rb"<\?xml[^>]*>.*<(ss:)?workbook\b", re.I | re.S),
    "a web archive": re.compile(rb"^\s*mime-version:", re.I | re.M),
}
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
# A page in a Chinese encoding says the oldest; GB18030 holds them all.
CHINESE = {"gb2312": "gb18030", "gbk": "gb18030"}
BREAK = "\u2028"
WIDEST = 1_000
"""Columns that a cell may span at most. SOURCE: the HTML standard, 4.9.11."""


def find_page(begin: bytes) -> bool:
    """Tell from its beginning whether a file is a page.

    Raises
    ------
    UnreadableError
        If it is of another kind that bears the name of a workbook.
    """
    text = begin.replace(b"\0", b"")
    for kind, pattern in OTHER.items():
        if pattern.search(text):
            raise UnreadableError(f"is {kind}; open it and save it as xlsx")
    return bool(PAGE.search(text))


def read_page(path: Path, reading: Reading) -> Iterator[Rows]:
    """Read a table of a page: the one with that number or id, else the largest.

    The value of a cell that spans rows is that of each; of one that spans columns, of
    the first, as in a workbook.
    """
    from lxml import html

    blocks = partial(read_blocks, path)
    charset = reading.encoding or _charset_of(next(blocks(), b""))
    pieces, found = parse_encoding(blocks, charset, reading.undecodable)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", "".join(pieces()))
    parser = html.HTMLParser(huge_tree=True)
    tables = {
        table.get("id") or f"{number}": table
        for number, table in enumerate(
            html.document_fromstring(text, parser=parser).iter("table"), start=1
        )
    }
    if not tables:
        raise UnreadableError("is a page without a table")
    sheet = reading.sheet
    if sheet is not None and sheet not in tables:
        raise UnreadableError(f"has no table {sheet}; it has {', '.join(tables)}")
    name = sheet or max(tables, key=lambda each: len(list(_rows_of(tables[each]))))
    notes = [f"table {name} read; it has {', '.join(tables)}"]
    grids = parse_cells(_cells_of(tables[name]), reading.layout)
    return rows_of(grids, found, notes=notes if len(tables) > 1 and not sheet else [])


def _charset_of(begin: bytes) -> str | None:
    """Find the encoding that a page says it has, if it is one that we know."""
    said = CHARSET.search(begin[:4096])
    if not said:
        return None
    name = said[1].decode().lower()
    name = CHINESE.get(name, name)
    try:
        "".encode(name)
    except LookupError:
        return None
    return name


def _rows_of(table: Any) -> Iterator[Any]:
    """Yield the rows of a table, but those of tables in its cells."""
    for row in table.iter("tr"):
        if next(row.iterancestors("table")) is table:
            yield row


def _cells_of(table: Any) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    below: dict[int, tuple[str | None, int]] = {}
    for row in _rows_of(table):
        line: list[str | None] = []
        for cell in row.iterchildren("td", "th"):
            _fill_down(line, below)
            text = _text_of(cell)
            for column in range(_span(cell, "colspan", WIDEST)):
                shown = None if column else text
                below[len(line)] = (shown, _span(cell, "rowspan", 65_534))
                line.append(shown)
        _fill_down(line, below)
        rows.append(line)
        below = {at: (text, n - 1) for at, (text, n) in below.items() if n > 1}
    width = max(map(len, rows), default=0)
    return [[*line, *[None] * (width - len(line))] for line in rows]


def _fill_down(
    line: list[str | None], below: dict[int, tuple[str | None, int]]
) -> None:
    """Go on with cells of rows above that span this one."""
    while len(line) in below and below[len(line)][1] > 0:
        line.append(below[len(line)][0])


def _span(cell: Any, key: str, most: int) -> int:
    said = re.match(r"\s*(\d{1,6})", cell.get(key) or "")
    return min(max(int(said[1]), 1), most) if said else 1


def _text_of(cell: Any) -> str | None:
    """Take the text of a cell, its lines parted where the page breaks them."""
    for line in cell.iter("br"):
        line.tail = BREAK + (line.tail or "")
    lines = [" ".join(line.split()) for line in cell.text_content().split(BREAK)]
    return "\n".join(lines).strip() or None
