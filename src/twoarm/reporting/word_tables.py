"""Tables of a Word file: three lines, real cells."""

from collections.abc import Callable
from typing import Any

from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from twoarm.reporting.blocks import Grid
from twoarm.reporting.sheets import widths_of
from twoarm.reporting.word_styles import make, sort_properties

THICK, THIN = "12", "6"
"""Widths of the lines in eighths of a point."""
INDENT = "170"
"""How far a row below another is set in, in twentieths of a point."""


MARGINS = {"top": "30", "left": "40", "bottom": "30", "right": "80"}
"""Room beside the words of a cell, in twentieths of a point."""
EMU = 635
"""English metric units in a twentieth of a point."""
LETTER = 86
"""Width of a letter in a cell, in twentieths of a point."""


def add_table(
    document: Any, grid: Grid, room: int, clean: Callable[[str], str]
) -> None:
    """Add a table of three lines, whose head comes again on each page.

    Parameters
    ----------
    grid
        The table.
    room
        Width of the page between its margins, in EMU.
    clean
        Replaces what a file may not hold.
    """
    table = document.add_table(rows=1 + len(grid.rows), cols=len(grid.heads))
    table.autofit = False
    properties = table._tbl.tblPr
    properties.append(_lines("w:tblBorders", top=THICK, bottom=THICK))
    properties.append(_margins())
    sort_properties(properties)
    asked = widths_of(grid)
    letter = min(LETTER, room / EMU / sum(asked))
    widths = [str(int(letters * letter)) for letters in asked]
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.set(qn("w:w"), width)
    lines = table._tbl.tr_lst
    for place, words in enumerate([grid.heads, *grid.rows]):
        lines[place].get_or_add_trPr().append(make("w:cantSplit"))
        cells = zip(lines[place].tc_lst, words, grid.looks, widths, strict=True)
        for cell, text, look, width in cells:
            cell.get_or_add_tcPr().get_or_add_tcW().set(qn("w:w"), width)
            _fill(cell, clean(text), _kind(grid, place - 1, look))
    lines[0].trPr.append(make("w:tblHeader"))
    document.add_paragraph(style="Cell")


def _kind(grid: Grid, place: int, look: str) -> set[str]:
    """Say how a cell of a row looks; the row of heads is at -1."""
    kind = {look}
    if place + 1 in grid.inner and place not in grid.inner:
        kind.add("held")
    if place == -1:
        kind |= {"first", "held", "bold"}
    elif look == "head" and place in grid.inner:
        kind.add("inner")
    elif look == "head" and grid.grouped:
        kind.add("bold")
    return kind


def _fill(cell: Any, words: str, kind: set[str]) -> None:
    """Write a cell."""
    layout = cell.p_lst[0].get_or_add_pPr()
    layout.append(make("w:pStyle", val="Cell"))
    Paragraph(cell.p_lst[0], cell).add_run(words).bold = "bold" in kind or None
    if "held" in kind:  # no head is left at the foot of a page
        layout.append(make("w:keepNext"))
    if "first" in kind:
        cell.tcPr.append(_lines("w:tcBorders", bottom=THIN))
    if "inner" in kind:
        layout.append(make("w:ind", left=INDENT))
    if "number" in kind:
        layout.append(make("w:jc", val="right"))


def _lines(tag: str, **widths: str) -> Any:
    """Draw lines at sides."""
    borders = make(tag)
    for side, width in widths.items():
        drawn = {"val": "single", "sz": width, "space": "0", "color": "000000"}
        borders.append(make(f"w:{side}", **drawn))
    return borders


def _margins() -> Any:
    """Leave little room beside the words of a cell."""
    margins = make("w:tblCellMar")
    for side, width in MARGINS.items():
        margins.append(make(f"w:{side}", w=width, type="dxa"))
    return margins
