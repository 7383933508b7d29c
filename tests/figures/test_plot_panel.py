from functools import partial

import polars as pl
import pytest

from twoarm.figures.courses import draw_courses
from twoarm.figures.panel import draw_panel
from twoarm.figures.responses import draw_responses
from twoarm.figures.survival_curves import draw_survival_curves
from twoarm.tables.contract import write_csv
from twoarm.tables.figures import Courses, Responses, States
from twoarm.tables.survival import Curves, Effects

COLOURS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}


def panels():
    curves = Curves.of(
        [
            {
                "endpoint": "os",
                "design": "unadjusted",
                "arm": arm,
                "months": float(month),
                "n_risk": 60 - month,
                "n_event": 1,
                "n_censor": 0,
                "estimate": 1 - month / 60,
            }
            for arm in COLOURS
            for month in range(60)
        ]
    )
    responses = Responses.of(
        [
            {
                "arm": "Surgery",
                "rank": rank,
                "change_percent": 50.0 - rank * 2,
                "response": ("PD", "SD", "PR", "CR")[rank // 19],
                "new_lesion": rank % 9 == 0,
                "n_patients": 1,
            }
            for rank in range(1, 75)
        ]
    )
    courses = Courses.of(
        [
            {
                "arm": arm,
                "lane": lane,
                "what": what,
                "start_months": 0.0,
                "end_months": 60.0 - lane / 2,
            }
            for arm in COLOURS
            for lane in range(1, 65)
            for what in ("follow_up", "treatment", "surgery", "death")
        ]
    )
    of_arms = {"arms": list(COLOURS), "colours": COLOURS}
    survival = partial(
        draw_survival_curves,
        curves,
        ticks_months=range(0, 61, 12),
        minimum_at_risk=10,
        notes=["HR 0.42 (95% CI 0.26–0.67)", "Log-rank p < 0.001"],
        **of_arms,
    )
    return [
        partial(survival, label="Overall survival (%)"),
        partial(survival, label="Progression-free survival (%)"),
        partial(draw_responses, responses, title="Surgery"),
        partial(draw_courses, courses, **of_arms),
    ]


def letters(figure, drawn):
    return {
        text.get_text(): box
        for text, box in drawn(figure)
        if text.get_weight() == "bold" and len(text.get_text()) == 1
    }


def test_page_holds_four_panels_in_two_rows(drawn, check_legible):
    figure = draw_panel(panels(), letters="ABCD")

    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    assert figure.get_figheight() * 25.4 < 225
    at = letters(figure, drawn)
    assert list(at) == list("ABCD")
    assert at["A"].y0 == pytest.approx(at["B"].y0, abs=2)
    assert at["C"].y1 < at["A"].y0
    assert at["A"].x0 < figure.bbox.width / 2 < at["B"].x0
    check_legible(figure)


def test_panels_draw_what_they_draw_alone():
    survival = panels()[0]
    alone, page = survival(), draw_panel([survival])

    for one, other in zip(alone.axes[0].lines, page.axes[0].lines, strict=True):
        assert pl.Series(one.get_ydata()).equals(pl.Series(other.get_ydata()))


@pytest.mark.parametrize("n_panels", [1, 2, 3])
def test_fewer_panels_fill_the_page(n_panels, drawn, check_legible):
    figure = draw_panel(panels()[:n_panels], letters="abcd")

    assert "".join(letters(figure, drawn)) == "abcd"[:n_panels]
    last = max(axes.get_position().x1 for axes in figure.axes)
    assert last > 0.9
    check_legible(figure)


@pytest.mark.parametrize(
    ("n_panels", "options", "fault"),
    [
        (0, {}, "0 panels"),
        (5, {}, "5 panels"),
        (4, {"letters": "AB"}, "2 letters"),
        (3, {"heights_mm": (80,)}, "1 heights"),
    ],
)
def test_page_that_cannot_be_composed_is_refused(n_panels, options, fault):
    with pytest.raises(ValueError, match=fault):
        draw_panel([panels()[0]] * n_panels, **options)


def test_same_panels_give_the_same_bytes(check_same_bytes):
    check_same_bytes(lambda: draw_panel(panels()))


@pytest.mark.parametrize(
    ("mark", "words"),
    [(1, ("Ongoing",)), (5, ("End of follow-up", "Each step: 5 events or more"))],
)
def test_script_draws_patients_or_states(script, tmp_path, mark, words):
    named = {"endpoint": "os", "design": "unadjusted"}
    steps = [(0.0, 60, 0, 1.0), (12.0, 60, 9, 0.85), (24.0, 51, 6, 0.75)]
    curves = [
        {**named, "arm": arm, "months": month, "n_risk": left, "n_event": events,
         "n_censor": 0, "estimate": estimate}
        for arm in COLOURS for month, left, events, estimate in steps
    ]  # fmt: skip
    bar = {"arm": "Surgery", "rank": 1, "change_percent": -40.0, "response": "PR",
           "new_lesion": False, "operated": False, "n_patients": mark}  # fmt: skip
    lane = {"arm": "Surgery", "lane": 1, "start_months": 0.0, "end_months": 9.0}
    lanes = [{**lane, "what": what} for what in ("follow_up", "ongoing")]
    states = [
        {"arm": "Surgery", "months": month, "state": state, "share": 0.5,
         "n_patients": 60}
        for month in (0.0, 1.0) for state in ("treatment", "end")
    ]  # fmt: skip
    rest = [
        {"arm": "Surgery", "months": month, "state": state, "share": 0.0,
         "n_patients": 60}
        for month in (0.0, 1.0) for state in ("death", "progression", "surgery", "none")
    ]  # fmt: skip
    write_csv(Curves.of(curves), tmp_path / "curves")
    write_csv(Effects.create_empty(), tmp_path / "effects")
    Responses.write(Responses.of([bar]), tmp_path / "bars")
    Courses.write(Courses.of(lanes), tmp_path / "lanes")
    States.write(States.of([*states, *rest]), tmp_path / "states")

    script("figures/plot_panel").main(
        *(tmp_path / name for name in ("curves", "effects", "bars", "lanes", "states")),
        [tmp_path / "panel.svg"],
        labels={"os": "OS"},
        arms=COLOURS,
        style={"tick_months": 12, "minimum_at_risk": 10, "minimum_mark": mark},
    )

    drawn = (tmp_path / "panel.svg").read_text()
    assert all(each in drawn for each in words)
