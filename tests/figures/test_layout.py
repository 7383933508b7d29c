import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from twoarm.figures.house import house_style
from twoarm.figures.layout import axes_within, free_place, text_width, wrap

WORDS = st.lists(st.text("abcmiWM-3", min_size=1, max_size=25), min_size=1, max_size=12)


@given(words=WORDS, width=st.floats(0.3, 2))
def test_wrapped_text_keeps_its_letters_and_its_width(words, width):
    lines = wrap(" ".join(words), width)

    assert text_width(lines) <= width
    assert lines.replace("\n", "").replace(" ", "") == "".join(words)


def test_words_held_together_stay_on_a_line():
    assert wrap("Excluded (n\u00a0=\u00a012)", 0.7) == "Excluded\n(n\u00a0=\u00a012)"


@pytest.mark.parametrize(
    ("taken", "corner"),
    [
        ((0.0, 1.0, 0.6, 1.0), (0.025, 0.03)),
        ((0.0, 1.0, 0.0, 0.4), (0.695, 0.79)),
        ((0.0, 1.0, 0.0, 1.0), None),
    ],
)
def test_notes_take_a_corner_that_is_free(taken, corner):
    assert free_place(np.array([taken]), 0.3, 0.2) == (corner and pytest.approx(corner))


def test_area_without_room_is_refused():
    with pytest.raises(ValueError, match="25 mm x 25 mm is too small"):
        axes_within(Figure(figsize=(1, 1)), left=0.5, right=0.5, bottom=0, top=0)


@pytest.mark.parametrize("dpi", [300, 600])
def test_text_is_as_wide_on_a_screen_as_measured(dpi):
    text = "Full: the 95 % limits hold the truth in 90 % of the cohorts or more"
    with house_style():
        figure = Figure(figsize=(7, 1), dpi=dpi)
        renderer = FigureCanvasAgg(figure).get_renderer()
        drawn = figure.text(0, 0.5, text).get_window_extent(renderer).width / dpi

    assert drawn == pytest.approx(text_width(text), rel=0.002)
