"""The report as a Word file, whose tables can be edited."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Emu, Mm

from twoarm.reporting.blocks import (
    Box,
    Grid,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
    Report,
)
from twoarm.reporting.sheets import Flat, sheets_of
from twoarm.reporting.typesetting import PPI
from twoarm.reporting.word_styles import (
    add_page_number,
    draw_bar,
    set_styles,
)
from twoarm.reporting.word_tables import add_table

A4 = (Mm(210), Mm(297))
MARGIN = Mm(16)
UNMARKED = 72
"""Pixels an inch that are taken for granted of a picture that does not say."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip file can tell: its members have no other."""
CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
    'metadata/core-properties"/>'
)
"""Properties of a file of which nobody is said to be the author, on no day."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def render_word(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """Write the report as a Word file, the same bytes for the same report.

    Parameters
    ----------
    report
        What it says.
    pictures
        Name of a figure to PNG.

    Returns
    -------
    bytes
        A file of Office Open XML (ISO/IEC 29500), without author and dates.
    """
    document = Document()
    set_styles(document)
    document.add_paragraph(_clean(report.title), style="Title")
    if report.question:
        document.add_paragraph(_clean(report.question), style="Subtitle")
    for place, sheet in enumerate(sheets_of(report.blocks)):
        if place:
            document.add_section(WD_SECTION.NEW_PAGE)
        _turn(document.sections[-1], lying=sheet.lying)
        for block in sheet.blocks:
            WRITERS[type(block)](document, block, pictures)
    for words in report.footer:
        document.add_paragraph(_clean(words), style="Caption")
    add_page_number(document.sections[0])
    return _undated(document)


def _clean(words: str) -> str:
    """Replace what no XML may hold."""
    return UNWRITABLE.sub("\ufffd", words)


def _turn(section: Any, *, lying: bool) -> None:
    """Set the page upright or on its side."""
    width, height = reversed(A4) if lying else A4
    section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = width, height
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", MARGIN)


def _room(document: Any) -> int:
    """Width between the margins."""
    section = document.sections[-1]
    return int(section.page_width - section.left_margin - section.right_margin)


def _heading(document: Any, block: Heading, _: Any) -> None:
    document.add_heading(_clean(block.words), level=block.level - 1)


def _paragraph(document: Any, block: Paragraph, _: Any) -> None:
    document.add_paragraph(_clean(block.words))


def _box(document: Any, block: Box, _: Any) -> None:
    for place, words in enumerate(block.sentences):
        paragraph = document.add_paragraph()
        paragraph.add_run(_clean(words)).bold = place == 0
        draw_bar(paragraph, block.look)


def _items(document: Any, block: Items, _: Any) -> None:
    for about, words in block.rows:
        paragraph = document.add_paragraph(style="List Bullet")
        if about:
            paragraph.add_run(_clean(f"{about}. ")).bold = True
        paragraph.add_run(_clean(words))


def _grid(document: Any, block: Grid, _: Any) -> None:
    caption = document.add_paragraph(_clean(block.caption), style="Caption")
    caption.paragraph_format.keep_with_next = True
    add_table(document, block, _room(document), _clean)


def _picture(document: Any, block: Picture, pictures: Mapping[str, bytes]) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    drawn = paragraph.add_run().add_picture(BytesIO(pictures[block.name]))
    scale = min(UNMARKED / PPI, _room(document) / drawn.width)
    drawn.width, drawn.height = (
        Emu(int(side * scale)) for side in (drawn.width, drawn.height)
    )
    described = drawn._inline.docPr
    described.set("name", _clean(block.name))
    described.set("descr", _clean(block.alt))
    document.add_paragraph(_clean(block.caption), style="Caption")


def _pair(document: Any, block: Pair, pictures: Mapping[str, bytes]) -> None:
    for each in block.pictures:
        _picture(document, each, pictures)


WRITERS: dict[type[Flat], Any] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Box: _box,
    Items: _items,
    Grid: _grid,
    Picture: _picture,
    Pair: _pair,
}


def _undated(document: Any) -> bytes:
    """Save without author, dates and the picture of an empty page."""
    relations = document.part.package.rels
    for key in [key for key, each in relations.items() if "thumbnail" in each.reltype]:
        del relations[key]
    saved, kept = BytesIO(), BytesIO()
    document.save(saved)
    with ZipFile(saved) as made, ZipFile(kept, "w") as archive:
        for name in made.namelist():
            content = CORE if name == "docProps/core.xml" else made.read(name)
            member = ZipInfo(name, EARLIEST)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, ZIP_DEFLATED)
    return kept.getvalue()
