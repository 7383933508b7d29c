import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from twoarm.figures.house import (
    WIDTHS_MM,
    arm_styles,
    house_style,
    mm,
    save,
    save_each,
)
from twoarm.figures.phrases import say


def test_arms_differ_in_colour_and_line():
    styles = arm_styles(["a", "b"], {"b": "#5B2A86", "a": "#D7263D"})

    assert styles["a"] == ("#D7263D", "solid")
    assert styles["b"].colour == "#5B2A86"
    assert styles["b"].line != "solid"


@pytest.mark.parametrize(
    ("arms", "fault"), [(["a", "x"], "no colour"), (["a"] * 5, "kinds of line")]
)
def test_arms_that_cannot_be_styled_are_refused(arms, fault):
    with pytest.raises(ValueError, match=fault):
        arm_styles(arms, {"a": "#D7263D"})


def test_style_ends_with_its_block_and_ignores_the_machine():
    with mpl.rc_context({"font.size": 30, "lines.marker": "o"}):
        with house_style():
            assert mpl.rcParams["font.size"] == 7
            assert mpl.rcParams["lines.marker"] == "None"
        assert mpl.rcParams["font.size"] == 30


def test_saved_file_has_no_date_and_leaves_nothing_beside(tmp_path):
    figure = Figure(figsize=(mm(85), 1))
    figure.text(0.1, 0.5, "Overall survival")
    for suffix in ("svg", "pdf", "png"):
        save(figure, tmp_path / f"figure.{suffix}")

    assert len(list(tmp_path.iterdir())) == 3
    drawing = (tmp_path / "figure.svg").read_text()
    assert "<dc:date>" not in drawing
    assert ">Overall survival</text>" in drawing
    assert b"CreationDate" not in (tmp_path / "figure.pdf").read_bytes()


@pytest.mark.parametrize("width", WIDTHS_MM.values())
def test_picture_has_600_dots_an_inch_at_its_width_in_print(width, tmp_path):
    figure = Figure(figsize=(mm(width), 0.5))
    figure.text(0.1, 0.5, "x")
    save(figure, tmp_path / "figure.png")

    # Of the PNG's header; the resolution is in dots a metre.
    data = (tmp_path / "figure.png").read_bytes()
    size, density = data[16:20], data[data.index(b"pHYs") + 4 :][:4]
    assert int.from_bytes(size) == pytest.approx(width / 25.4 * 600, abs=1)
    assert int.from_bytes(density) == pytest.approx(600 / 0.0254, abs=1)


def test_fonts_are_in_the_pdf_as_outlines_that_an_editor_keeps(tmp_path):
    figure = Figure(figsize=(mm(85), 1))
    figure.text(0.1, 0.5, "Overall survival")
    save(figure, tmp_path / "figure.pdf")

    drawing = (tmp_path / "figure.pdf").read_bytes()
    assert b"/CIDFontType2" in drawing or b"/TrueType" in drawing
    assert b"/FontFile2" in drawing
    assert b"/Type3" not in drawing


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.pdf or \.png"):
        save(Figure(), tmp_path / "figure.jpg")
    assert not list(tmp_path.iterdir())


def test_a_figure_of_several_formats_is_drawn_once(tmp_path):
    drawn = []

    def draw(name):
        drawn.append(name)
        figure = Figure(figsize=(1, 1))
        figure.text(0.1, 0.5, name)
        return figure

    paths = [tmp_path / f for f in ("one.svg", "one.pdf", "two.svg", "one.png")]
    save_each(paths, draw)

    assert drawn == ["one", "two"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert ">two</text>" in (tmp_path / "two.svg").read_text()


def test_a_second_suffix_is_the_language(tmp_path):
    def draw(name):
        figure = Figure()
        with house_style():
            figure.text(0.1, 0.5, f"{name}: {say('Death')}")
        return figure

    paths = [tmp_path / name for name in ("one.svg", "one.zh.svg")]
    for language, told in (("en", "one: Death"), ("zh", "one: 死亡")):
        save_each(paths, draw, language)
        assert f">{told}</text>" in paths[0].read_text(encoding="utf-8")
        assert ">one: 死亡</text>" in paths[1].read_text(encoding="utf-8")
