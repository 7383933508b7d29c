"""The spider plot: one line a patient."""

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from twoarm.figures.changes import draw_changes
from twoarm.tables.figures import Changes, Quartiles, Responses

COLOURS = {"Surgery": "#D7263D", "No surgery": "#5B2A86"}
LINES = {
    ("Surgery", 1): [(0, 0), (2, -35), (4, -50)],
    ("Surgery", 2): [(0, 0), (3, -60)],
    ("No surgery", 1): [(0, 0), (2, -10), (30, 140)],
}


def changes_of(lines=LINES):
    rows = [
        {"arm": arm, "rank": rank, "months": float(months),
         "change_percent": float(change), "new_lesion": months == 30}
        for (arm, rank), points in lines.items()
        for months, change in points
    ]  # fmt: skip
    return Changes.check(Changes.of(rows))


def draw(rows):
    return draw_changes(rows, arms=list(COLOURS), colours=COLOURS)


def test_each_patient_is_a_line_of_the_arms_colour(check_legible):
    figure = draw(changes_of().sample(fraction=1, shuffle=True, seed=1))

    for axes, (arm, colour) in zip(figure.axes, COLOURS.items(), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        ranks = [rank for name, rank in LINES if name == arm]
        for rank in ranks:
            drawn = lines[f"{rank}"]
            points = np.column_stack([drawn.get_xdata(), drawn.get_ydata()])
            expected = np.minimum(LINES[arm, rank], [100, 100])
            np.testing.assert_array_equal(points, expected)
            assert to_hex(drawn.get_color(), keep_alpha=False).upper() == colour
        assert axes.get_title("left") == f"{arm} (n = {len(ranks)})"
    assert "Lines are cut at +100%." in [text.get_text() for text in figure.texts]
    check_legible(figure)


def test_new_lesions_are_marked_on_their_visits():
    marks = [
        list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for axes in draw(changes_of()).axes
        for line in axes.lines
        if line.get_label() == "new lesion"
    ]

    assert marks == [[], [(30, 100)]]


def test_a_month_is_as_wide_in_either_arm():
    first, second = draw(changes_of()).axes

    scales = [
        axes.get_position().width / axes.get_xlim()[1] for axes in (first, second)
    ]
    assert scales[0] == pytest.approx(scales[1])
    assert first.get_ylim() == second.get_ylim()
    assert second.get_xlim()[1] > 30


def test_rows_that_make_no_figure_are_refused():
    assert draw(changes_of().clear()).texts
    with pytest.raises(ValueError, match="there are rows of"):
        draw(changes_of().with_columns(arm=pl.lit("Other")))


def test_script_writes_both_figures(script, tmp_path):
    bars = {"arm": "Surgery", "change_percent": -50.0, "response": "PR",
            "new_lesion": False, "operated": True, "n_patients": 1}  # fmt: skip
    Responses.write(Responses.of([{**bars, "rank": 1}]), tmp_path / "bars")
    Changes.write(changes_of(), tmp_path / "lines")
    Quartiles.write(quartiles(), tmp_path / "quartiles")
    figures = [tmp_path / f"{name}.svg" for name in ("responses", "changes")]
    tables = [tmp_path / name for name in ("bars", "lines", "quartiles")]
    plot = script("figures/plot_responses").main

    plot(*tables, figures, arms=COLOURS, minimum_mark=1)

    assert "Best change in target lesions" in figures[0].read_text()
    assert "Months since first dose" in figures[1].read_text()
    plot(*tables, figures, arms=COLOURS, minimum_mark=5)
    assert "Line: median. Area: quartiles." in figures[1].read_text()


def test_of_very_many_patients_some_are_drawn_and_all_counted():
    ranks = range(1, 502)
    figure = draw(changes_of({("Surgery", rank): [(0, 0), (2, -9)] for rank in ranks}))

    (axes,) = figure.axes
    drawn = [line.get_label() for line in axes.lines]
    assert [name for name in drawn if name.isdigit()] == [f"{r}" for r in ranks[::2]]
    assert axes.get_title("left") == "Surgery (n = 501)"
    assert "1 in 2 patients shown." in [text.get_text() for text in figure.texts]


def quartiles():
    rows = [
        {"arm": "Surgery", "months": float(month), "change_percent": -5.0 * month,
         "low_percent": -8.0 * month, "high_percent": 30.0 * month, "n_patients": 60}
        for month in range(5)
    ]  # fmt: skip
    return Quartiles.check(Quartiles.of(rows))


def test_lines_of_several_patients_are_median_and_quartiles(check_legible):
    figure = draw(quartiles())
    (axes,) = figure.axes

    (line,) = [each for each in axes.lines if each.get_label() == "median"]
    assert line.get_ydata().tolist() == [0, -5, -10, -15, -20]
    corners = axes.collections[0].get_paths()[0].vertices
    # The upper quartile is cut where lines are.
    assert (corners[:, 1].min(), corners[:, 1].max()) == (-32, 100)
    assert axes.get_title("left") == "Surgery (n = 60)"
    assert axes.get_ylim()[1] == 108
    check_legible(figure)
