import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.figures.mirrored import draw_mirrored

COLOURS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}


def scores_of(treated, control):
    return pl.DataFrame(
        {
            "treated": [True] * len(treated) + [False] * len(control),
            "propensity_score": [*treated, *control],
        },
        schema={"treated": pl.Boolean, "propensity_score": pl.Float64},
    )


def draw(treated, control, minimum=1):
    return draw_mirrored(
        scores_of(treated, control),
        "propensity_score",
        label="Propensity score",
        arms=list(COLOURS),
        colours=COLOURS,
        minimum_count=minimum,
    )


def bars(figure):
    """Heights of the treated arm's bars, then of the control arm's."""
    return [[bar.get_height() for bar in arm] for arm in figure.axes[0].containers]


def footnote(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def test_treated_stand_up_and_controls_hang_down():
    up, down = bars(draw([0.12, 0.14, 0.99], [0.11, 0.51]))

    assert up == [0, 0, 2, *[0] * 16, 1]
    assert down == [0, 0, -1, *[0] * 7, -1, *[0] * 9]


def test_axis_counts_patients_on_both_sides(drawn, check_legible):
    random = np.random.default_rng(3)
    figure = draw(random.beta(4, 2, 620), random.beta(2, 4, 733), 5)

    words = [text.get_text() for text, _ in drawn(figure)]
    assert not [word for word in words if word.startswith(("-", "−"))]
    low, high = figure.axes[0].get_ylim()
    assert low == -high
    check_legible(figure)


def test_bars_of_few_are_blank_and_a_footnote_says_so(check_legible):
    random = np.random.default_rng(1)
    figure = draw(random.beta(4, 2.5, 74), random.beta(2.5, 4, 54), 5)

    heights = [abs(height) for arm in bars(figure) for height in arm]
    assert len(heights) < 40  # wider bars than 1353 patients would have
    assert all(height == 0 or height >= 5 for height in heights)
    assert "fewer than 5 patients" in footnote(figure)
    check_legible(figure)


def test_nothing_hidden_needs_no_footnote():
    assert footnote(draw([0.3] * 5, [0.4] * 5, 5)) == ""


@settings(max_examples=25, deadline=None)
@given(
    treated=st.lists(st.floats(0.01, 0.99), max_size=40),
    control=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=40),
    minimum=st.integers(2, 8),
)
def test_what_is_hidden_cannot_be_worked_out(treated, control, minimum):
    for arm, heights in zip(
        (treated, control), bars(draw(treated, control, minimum)), strict=True
    ):
        shown = [abs(height) for height in heights if height]
        hidden = len(arm) - sum(shown)
        assert all(height >= minimum for height in shown)
        assert hidden == 0 or hidden >= minimum or not shown


def test_patients_of_one_arm_are_drawn(check_legible):
    figure = draw([0.5], [])

    assert sum(bars(figure)[0]) == 1
    assert sum(bars(figure)[1]) == 0
    check_legible(figure)


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="cannot draw 0 values"):
        draw([], [])


def test_same_scores_give_the_same_bytes(check_same_bytes):
    check_same_bytes(lambda: draw([0.2, 0.3], [0.4], 2))


def test_axis_of_an_open_scale_ends_with_the_last_bar():
    figure = draw([0.2, 3.4], [0.4])

    # twenty bars to 4, of which the seventeenth is the last
    assert figure.axes[0].get_xlim() == (0, pytest.approx(3.4))
    assert [sum(map(abs, arm)) for arm in bars(figure)] == [2, 1]
