"""The report as a PDF."""

from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from twoarm.disclosure.readable import read_words
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
from twoarm.reporting.typesetting import render_paper

TEMPLATE = Path(__file__).parents[2] / "workflow" / "templates" / "report.typ"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="%dpt" height="72pt">'
    b'<rect width="72" height="72" fill="red"/></svg>'
)
WIDTHS = {"small": 72, "curves": 368, "wide": 450, "large": 7200}
DRAWN = {name: SVG % width for name, width in WIDTHS.items()}
A4 = (595, 842)


def paper_of(*blocks, title="Title"):
    report = Report(title, "Why?", blocks, ["Small print."])
    return render_paper(TEMPLATE.read_text(encoding="utf-8"), report, DRAWN)


def pages_of(content):
    with PdfDocument(content) as pdf:
        return [
            (
                [round(each) for each in page.get_size()],
                page.get_textpage().get_text_range(),
            )
            for page in pdf
        ]


def test_same_report_gives_the_same_bytes_without_author_or_day():
    first, second = (paper_of(Picture("small", "Red.", "A square.")) for _ in range(2))

    assert first == second
    assert first.startswith(b"%PDF")
    with PdfDocument(first) as pdf:
        told = pdf.get_metadata_dict(skip_empty=True)
    assert set(told) == {"Title", "Creator"}
    assert b"xmp:CreateDate" not in first
    assert "Red." in read_words("report.pdf", first)


@pytest.mark.parametrize("columns", [4, 13])
def test_no_table_is_cut_and_its_head_comes_again(columns):
    heads = [f"head{place}" for place in range(columns)]
    rows = [[f"{row}x{place}x" for place in range(columns)] for row in range(120)]
    rows[40] = ["a sentence that is broken " * 3] * columns
    grid = Grid("Numbers.", heads, rows, ["head", *["number"] * (columns - 1)])

    content = paper_of(Heading("Table"), grid)

    pages = pages_of(content)
    laid = [(size, text) for size, text in pages if "x0x" in text]
    assert len(laid) > 1
    for size, text in laid:
        assert size == (list(A4[::-1]) if columns > 8 else list(A4))
        assert not [head for head in heads if head not in text]
    text = "".join("".join(text for _, text in pages).split())
    assert not [
        cell for row in rows for cell in row if "".join(cell.split()) not in text
    ]
    with PdfDocument(content) as pdf:
        for page in pdf:
            words, (width, height) = page.get_textpage(), page.get_size()
            for place in range(words.count_rects()):
                left, bottom, right, top = words.get_rect(place)
                assert left >= 0
                assert right <= width
                assert bottom >= 0
                assert top <= height


def test_large_picture_is_made_to_fit():
    with PdfDocument(paper_of(Picture("large", "Broad.", "B."))) as pdf:
        drawn = [each.get_bounds() for each in pdf[0].get_objects()]

    assert max(right for _, _, right, _ in drawn) <= A4[0]


def test_narrow_pictures_of_a_pair_stand_abreast_and_wide_ones_below_each_other():
    def lefts(name):
        pair = Pair([Picture(name, "Red.", "A square.")] * 3)
        with PdfDocument(paper_of(pair)) as pdf:
            bounds = [each.get_bounds() for each in pdf[0].get_objects()]
        squares = [each for each in bounds if each[3] - each[1] > 50]
        return [round(left) for left, *_ in squares]

    left, right, below = lefts("small")
    assert left == below < right
    assert len(set(lefts("wide"))) == 1


def test_curves_lie_on_their_side_two_abreast_as_large_as_a_journal_prints_them():
    pair = Pair([Picture("curves", "Red.", "A square.")] * 2, large=True)

    with PdfDocument(paper_of(Paragraph("Upright."), pair)) as pdf:
        sizes = [page.get_size() for page in pdf]
        bounds = [each.get_bounds() for each in pdf[1].get_objects()]

    assert [wide > high for wide, high in sizes] == [False, True]
    squares = [each for each in bounds if each[3] - each[1] > 50]
    assert len({round(left) for left, *_ in squares}) == 2
    # The square is 72 pixels wide, 54 points.
    assert all(right - left > 0.9 * 54 for left, _, right, _ in squares)


@pytest.mark.parametrize("hostile", ["#panic()", "*a* _b_ $c$ = `d`", '\\ " <x> @y //'])
def test_words_are_shown_as_they_are(hostile):
    grid = Grid(hostile, [hostile], [[hostile]], ["words"])
    blocks = [Items([(hostile, hostile)]), Box([hostile], "biased"), Paragraph(hostile)]

    ((_, text),) = pages_of(paper_of(grid, *blocks, title=hostile))

    shown = "".join(text.split()).count("".join(hostile.split()))
    assert shown == 8


@pytest.mark.parametrize("words", ["手术，不死时间（95 %）", "éß–”…"])
def test_letters_are_those_of_shipped_fonts(words):
    content = paper_of(Paragraph(words))

    ((_, text),) = pages_of(content)
    assert "".join(words.split()) in "".join(text.split())
    with PdfDocument(content) as pdf:
        fonts = {
            each.get_font().get_base_name().split("+")[-1]
            for each in pdf[0].get_objects()
            if hasattr(each, "get_font")
        }
    assert fonts <= {
        "LibertinusSerif-Regular",
        "LibertinusSerif-Bold",
        "TwoarmSansSC-Regular",
    }


def test_letters_that_the_fonts_lack_do_not_stop_the_report():
    assert paper_of(Paragraph("한국")).startswith(b"%PDF")
