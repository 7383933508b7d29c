import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from twoarm.figures.courses import GREY, MARKS, draw_courses
from twoarm.figures.phrases import speaking
from twoarm.figures.states import COLOURS as OF_STATES
from twoarm.figures.states import draw_states
from twoarm.tables.figures import STATES, Courses, States

COLOURS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}


def courses_of(*rows):
    names = ["arm", "lane", "what", "start_months", "end_months"]
    return Courses.of([dict(zip(names, row, strict=True)) for row in rows])


@pytest.fixture
def courses():
    return courses_of(
        ("Surgery", 1, "follow_up", 0.0, 30.0),
        ("Surgery", 1, "treatment", 0.0, 10.0),
        ("Surgery", 1, "treatment", 12.0, 15.0),
        ("Surgery", 1, "surgery", 11.0, 11.0),
        ("Surgery", 1, "ongoing", 30.0, 30.0),
        ("Surgery", 2, "follow_up", 0.0, 8.0),
        ("Surgery", 2, "death", 8.0, 8.0),
        ("Non-surgery", 1, "follow_up", 0.0, 20.0),
        ("Non-surgery", 1, "progression", 5.0, 5.0),
    )


def invented(arm, n, seed):
    random, rows = np.random.default_rng(seed), []
    for lane, months in enumerate(np.sort(random.uniform(3, 60, n))[::-1], 1):
        met = months * random.uniform(0.1, 0.5)
        rows += [
            (arm, lane, "follow_up", 0.0, months),
            (arm, lane, "treatment", 0.0, months * 0.7),
            (arm, lane, "criteria_met", met, met),
            (arm, lane, "surgery", met + 1, met + 1),
            (arm, lane, "progression", months * 0.8, months * 0.8),
            (arm, lane, ("death", "ongoing")[lane % 2], months, months),
        ]
    return courses_of(*rows)


def draw(courses, arms=tuple(COLOURS)):
    return draw_courses(courses, arms=arms, colours=COLOURS)


def bars(figure):
    """(what, colour, start, end, middle) of each bar."""
    return [
        (
            container.get_label(),
            to_hex(bar.get_facecolor()).upper(),
            bar.get_x(),
            bar.get_x() + bar.get_width(),
            bar.get_y() + bar.get_height() / 2,
        )
        for container in figure.axes[0].containers
        for bar in container
    ]


def marks(figure, what):
    return [
        place
        for line in figure.axes[0].lines
        if line.get_label() == what
        for place in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_bars_are_follow_up_and_treatment(courses):
    drawn_bars = [bar[:4] for bar in bars(draw(courses))]

    assert sorted(drawn_bars) == [
        ("follow_up", GREY, 0, 8),
        ("follow_up", GREY, 0, 20),
        ("follow_up", GREY, 0, 30),
        ("treatment", "#D7263D", 0, 10),
        ("treatment", "#D7263D", 12, 15),
    ]


def test_treatment_is_thicker_than_follow_up(courses):
    containers = draw(courses).axes[0].containers
    heights = {c.get_label(): c[0].get_height() for c in containers if len(c)}

    assert heights["treatment"] > 2 * heights["follow_up"]


def test_lanes_run_downwards_in_two_blocks_with_a_gap(courses):
    figure = draw(courses)
    top, bottom = figure.axes[0].get_ylim()[::-1]

    follow_ups = [bar for bar in bars(figure) if bar[0] == "follow_up"]
    longest, shortest, other = (bar[4] for bar in follow_ups)
    assert top < longest < shortest < other < bottom
    assert other - shortest > 1.5 * (shortest - longest)
    headings = [text.get_text() for text in figure.axes[0].texts]
    assert headings == ["Surgery (n = 2)", "Non-surgery (n = 1)"]
    colours = [to_hex(text.get_color()).upper() for text in figure.axes[0].texts]
    assert colours == list(COLOURS.values())


def test_marks_stand_in_their_lane(courses):
    figure = draw(courses)
    lanes = [bar[4] for bar in bars(figure) if bar[0] == "follow_up"]

    assert marks(figure, "surgery") == [(11, pytest.approx(lanes[0]))]
    assert marks(figure, "ongoing") == [(30, pytest.approx(lanes[0]))]
    assert marks(figure, "death") == [(8, pytest.approx(lanes[1]))]
    assert marks(figure, "progression") == [(5, pytest.approx(lanes[2]))]
    assert marks(figure, "criteria_met") == []


def test_each_mark_has_its_shape_and_the_legend_only_what_is_drawn(courses):
    assert len({shape for shape, *_ in MARKS.values()}) == len(MARKS)
    key = [text.get_text() for text in draw(courses).axes[0].get_legend().get_texts()]
    assert key == [
        "On treatment",
        "Follow-up",
        "Progression",
        "Surgery",
        "Death",
        "Ongoing",
    ]


@pytest.mark.parametrize("numbers", [(74, 54), (1, 0), (300, 400)])
def test_few_and_many_lanes_are_legible(numbers, check_legible):
    rows = [invented(arm, n, n) for arm, n in zip(COLOURS, numbers, strict=True)]
    figure = draw(pl.concat(rows))

    assert figure.get_figheight() * 25.4 < 250
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    check_legible(figure)


def test_rows_that_make_no_figure_are_refused(courses):
    assert draw(courses.clear()).texts
    with pytest.raises(ValueError, match="there are rows of"):
        draw(courses, arms=("Surgery",))


def test_same_courses_give_the_same_bytes(courses, check_same_bytes):
    check_same_bytes(lambda: draw(courses))


def test_of_very_many_patients_some_are_drawn_and_all_counted():
    lanes = pl.int_range(1, 602, eager=True)
    many = courses_of(
        *(("Surgery", lane, "follow_up", 0.0, 60.0 - lane / 15) for lane in lanes),
        *(("Non-surgery", lane, "follow_up", 0.0, 9.0) for lane in (1, 2)),
    )

    figure = draw(many)

    heads = [text.get_text() for text in figure.axes[0].texts]
    told = ("n = 601; 1 in 2 shown", "n = 2; 1 in 2 shown")
    assert [part in head for part, head in zip(told, heads, strict=True)] == [True] * 2
    ends = [end for *_, end, _ in bars(figure)]
    assert len(ends) == 301 + 1
    # Evenly from the longest to the shortest.
    assert ends[:2] == pytest.approx([60 - 1 / 15, 60 - 3 / 15])
    assert min(ends[:-1]) == pytest.approx(60 - 601 / 15)


SHARES = {"Surgery": [(0, 0, 0, 1, 0, 0), (0.1, 0.2, 0.4, 0, 0.1, 0.2)],
          "Non-surgery": [(0, 0, 0, 0.9, 0.1, 0), (0.3, 0, 0, 0.7, 0, 0)]}  # fmt: skip


def states():
    rows = [
        {"arm": arm, "months": float(month), "state": state, "share": share}
        for arm, months in SHARES.items()
        for month, shares in enumerate(months)
        for state, share in zip(STATES, shares, strict=True)
    ]
    return States.check(States.of([{**row, "n_patients": 60} for row in rows]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_states_are_stacked_in_shares_of_the_arm(check_legible, language):
    with speaking(language):
        figure = draw_states(
            states(), arms=list(COLOURS), colours=COLOURS, minimum_mark=5
        )

    for axes, (arm, months) in zip(figure.axes, SHARES.items(), strict=True):
        assert axes.get_title("left") == f"{arm} (n = 60)"
        areas = {area.get_label(): area for area in axes.collections}
        below = 0.0
        for state, share in zip(STATES, months[0], strict=True):
            area = areas[state]
            assert to_hex(area.get_facecolor()[0]).upper() == OF_STATES[state]
            if share:
                corners = area.get_paths()[0].vertices
                at = corners[corners[:, 0] == 0, 1]
                assert (at.min(), at.max()) == pytest.approx(
                    (below, below + 100 * share)
                )
            below += 100 * share
    said = " ".join(text.get_text() for text in figure.texts)
    assert "5" in said
    check_legible(figure)


def test_states_of_other_arms_are_refused_and_none_are_told():
    how = {"colours": COLOURS, "minimum_mark": 5}
    with pytest.raises(ValueError, match="there are rows of"):
        draw_states(states(), arms=["Surgery"], **how)
    assert draw_states(states().clear(), arms=list(COLOURS), **how).texts


@pytest.mark.parametrize(("mark", "words"), [(1, "Ongoing"), (5, "End of follow-up")])
def test_script_draws_lanes_or_states(script, tmp_path, courses, mark, words):
    Courses.write(courses, tmp_path / "courses")
    States.write(states(), tmp_path / "states")
    figure = tmp_path / "courses.svg"

    script("figures/plot_courses").main(
        tmp_path / "courses", tmp_path / "states", [figure], arms=COLOURS,
        minimum_mark=mark,
    )  # fmt: skip

    assert words in figure.read_text()
