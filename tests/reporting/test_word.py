"""The report as a Word file."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn

from twoarm.reporting.blocks import (
    Box,
    Fold,
    Grid,
    Heading,
    Items,
    Pair,
    Paragraph,
    Picture,
    Report,
)
from twoarm.reporting.sheets import sheets_of, widths_of
from twoarm.reporting.typesetting import pictures_of
from twoarm.reporting.word import render_word
from twoarm.reporting.word_styles import ORDER

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="%dpt" height="72pt">'
    b'<rect width="72" height="72" fill="red"/></svg>'
)
DRAWN = pictures_of({"small": SVG % 72, "large": SVG % 7200})
NARROW = Grid("Sizes.", ["Arm", "n"], [["A", "1"], ["B", "2"]], ["head", "number"])
WIDE = Grid("Wide.", ["x"] * 9, [["1"] * 9], [""] * 9)


def word_of(*blocks):
    report = Report("Title", "Why?", blocks, ["Small print."])
    return Document(BytesIO(render_word(report, DRAWN)))


def texts(document):
    return [each.text for each in document.paragraphs]


def test_same_report_gives_the_same_bytes_without_author_or_day():
    report = Report("Title", "", [NARROW, Picture("small", "Red.", "A square.")])

    first, second = (render_word(report, DRAWN) for _ in range(2))

    assert first == second
    with ZipFile(BytesIO(first)) as archive:
        assert {each.date_time[:3] for each in archive.infolist()} == {(1980, 1, 1)}
        texts = [
            archive.read(name) for name in archive.namelist() if "media" not in name
        ]
    assert not [text for text in texts if re.search(rb"\d{4}-\d\d-\d\dT|creator", text)]
    assert not [
        text for text in texts if b"python-docx" in text or b"thumbnail" in text
    ]


def test_table_is_of_three_lines_and_its_head_comes_again():
    (table,) = word_of(NARROW).tables

    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["Arm", "n"],
        ["A", "1"],
        ["B", "2"],
    ]
    xml = table._tbl
    borders = xml.tblPr.find(qn("w:tblBorders"))
    assert [each.tag for each in borders] == [qn("w:top"), qn("w:bottom")]
    lined = [bool(list(line.iter(qn("w:tcBorders")))) for line in xml.tr_lst]
    assert lined == [True, False, False]
    again = [bool(list(line.iter(qn("w:tblHeader")))) for line in xml.tr_lst]
    assert again == [True, False, False]
    assert all(list(line.iter(qn("w:cantSplit"))) for line in xml.tr_lst)


def test_properties_stand_in_the_order_of_the_format():
    grid = Grid("Rows.", ["a", "b"], [["x", "1"]], ["head", "number"], frozenset({0}))
    body = word_of(grid, Box(["Mind."], "biased")).element.body

    for kind in ("pPr", "tblPr", "tcPr"):
        found = [[qn_less(e.tag) for e in each] for each in body.iter(qn(f"w:{kind}"))]
        known = [[e for e in each if e in ORDER] for each in found]
        assert any(len(each) > 1 for each in known)
        assert all(sorted(each, key=ORDER.index) == each for each in known)


def test_head_of_a_group_stays_with_what_it_heads():
    rows = [["A", ""], ["x", "1"], ["y", "2"], ["B", "3"]]
    grid = Grid("Rows.", ["a", "b"], rows, ["head", "number"], frozenset({1, 2}))

    (table,) = word_of(grid).tables

    held = [len([*line.iter(qn("w:keepNext"))]) for line in table._tbl.tr_lst]
    assert held == [2, 2, 0, 0, 0]


def qn_less(tag):
    return tag.split("}")[1]


def test_words_are_checked_as_british_and_chinese():
    (language,) = word_of().styles.element.iter(qn("w:lang"))

    assert language.get(qn("w:val")) == "en-GB"
    assert language.get(qn("w:eastAsia")) == "zh-CN"


def test_wide_table_lies_on_its_side_with_its_heading():
    sections = word_of(Paragraph("One."), Heading("Two"), WIDE, NARROW).sections

    lying = [each.page_width > each.page_height for each in sections]
    assert lying == [False, True, False]
    blocks = [Paragraph("One."), Heading("Two"), WIDE, Heading("Last")]
    sheets = sheets_of(blocks)
    assert [[each.kind for each in sheet.blocks] for sheet in sheets] == [
        ["paragraph"],
        ["heading", "grid"],
        ["heading"],
    ]


def test_what_a_page_folds_away_is_open():
    said = texts(word_of(Fold("More", [Paragraph("Hidden?"), NARROW])))

    assert said[2:5] == ["More", "Hidden?", "Sizes."]


def test_pictures_fit_the_page_and_say_what_they_are():
    small, large = Picture("small", "Red.", "A."), Picture("large", "Broad.", "B.")
    document = word_of(Pair([small, large]))

    sizes = [each.width.mm for each in document.inline_shapes]
    assert sizes == pytest.approx([25.4, 178], abs=0.2)
    alts = [each._inline.docPr.get("descr") for each in document.inline_shapes]
    assert alts == ["Red.", "Broad."]
    assert [text for text in texts(document) if text][2:4] == ["A.", "B."]


def test_words_are_shown_as_they_are_and_what_no_file_may_hold_is_replaced():
    hostile = "<w:p>&amp; =1+1 \x0b"
    grid = Grid(hostile, [hostile], [[hostile]], ["words"])
    document = word_of(Items([(hostile, hostile)]), grid)

    clean = hostile.replace("\x0b", "\ufffd")
    assert f"{clean}. {clean}" in texts(document)
    assert [c.text for row in document.tables[0].rows for c in row.cells] == [clean] * 2


def test_columns_are_as_wide_as_their_words_ask_and_the_page_has_room():
    words = "a sentence of many words that may be broken into lines, as it is long"
    number = "0.50 (0.25–0.75)"

    def widths(*cells):
        return widths_of(Grid("", [""] * len(cells), [cells], [""] * len(cells)))

    assert widths("1", number, words) == [6, len(number) + 2, 62]
    many = widths(number, words, words, words)
    assert many[0] == len(number) + 2
    assert sum(many) == pytest.approx(120)
    assert sum(widths(*[number] * 7)) == 7 * (len(number) + 2)
    assert widths("手术不死时间") == [14]
    # Where there is no room for all numbers, what gives way are sentences, no word.
    full = widths(*["0.27 (0.13–0.54)"] * 12, "0.137", "a word " * 9)
    assert sum(full) == pytest.approx(1.1 * 180)
    assert full[12] == 8
    assert min(full[:12]) >= len("(0.13–0.54)") + 2
    assert widths_of(Grid("", ["Characteristics"], [], [""])) == [15 * 1.25 + 2]


def test_no_picture_needs_no_typesetting():
    assert pictures_of({}) == {}
    assert DRAWN["small"].startswith(b"\x89PNG")
