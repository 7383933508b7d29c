"""Curves in the form of KMunicate: medians, the difference, and the whole table."""

import numpy as np
import pytest

from twoarm.figures.endpoint import CHANGING, draw_endpoint
from twoarm.figures.risk_counts import is_entered_late, numbers_before
from twoarm.figures.survival_curves import draw_survival_curves
from twoarm.tables.survival import Curves, Differences, Effects

COLOURS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}
NAMED = {"endpoint": "os", "design": "iptw"}
# Months, at risk, events, censored; the estimate is that of the steps.
STEPS = {
    "Surgery": [(0, 40, 0, 0), (5, 40, 4, 0), (13, 36, 9, 1), (30, 26, 6, 20)],
    "Non-surgery": [(0, 30, 0, 0), (6, 30, 16, 2), (20, 12, 4, 4), (26, 4, 4, 0)],
}


def curves_of(steps=STEPS):
    rows = []
    for arm, table in steps.items():
        left = 1.0
        for months, n_risk, n_event, n_censor in table:
            left *= 1 - n_event / max(n_risk, 1)
            counts = {"n_risk": n_risk, "n_event": n_event, "n_censor": n_censor}
            row = {**NAMED, "arm": arm, "months": float(months), **counts}
            rows.append({**row, "estimate": left})
    return Curves.check(Curves.of(rows))


def differences_of(*points, weight=None):
    """Points of month, difference and its error."""
    rows = [
        {
            **NAMED,
            "measure": "survival_difference",
            "months": float(months),
            "estimate": gap,
            "conf_low": None if error is None else gap - 2 * error,
            "conf_high": None if error is None else gap + 2 * error,
            "weight_treated": weight,
            "weight_control": None if weight is None or months > 12 else weight / 2,
        }
        for months, gap, error in points
    ]
    return Differences.check(Differences.of(rows))


POINTS = [(0, 0.0, None), (6, 0.4, 0.1), (12, 0.44, 0.1), (24, None, None)]


def draw(steps=STEPS, points=POINTS, weight=None, **options):
    settings = {
        "arms": list(COLOURS),
        "colours": COLOURS,
        "ticks_months": [0, 12, 24],
        "label": "Overall survival (%)",
        "differences": differences_of(*points, weight=weight),
        "minimum_at_risk": 10,
    }
    return draw_survival_curves(curves_of(steps), **{**settings, **options})


def table(figure):
    """Lines of the table from the top: label and [(month, printed)]."""
    lines = {}
    for text in figure.axes[1].texts:
        lines.setdefault(round(text.get_position()[1], 6), []).append(text)
    return [
        (label.get_text(), [(t.get_position()[0], t.get_text()) for t in numbers])
        for _, (label, *numbers) in sorted(lines.items())
    ]


def test_each_arm_has_at_risk_censored_and_events_under_the_ticks(check_legible):
    figure = draw()

    assert table(figure) == [
        ("Surgery", []),
        ("At risk", [(0, "40"), (12, "36"), (24, "26")]),
        ("Censored", [(0, "0"), (12, "0"), (24, "1")]),
        ("Events", [(0, "0"), (12, "4"), (24, "13")]),
        ("Non-surgery", []),
        ("At risk", [(0, "30"), (12, "12"), (24, "<10")]),
        ("Censored", [(0, "0"), (12, "2"), (24, "–")]),
        ("Events", [(0, "0"), (12, "16"), (24, "–")]),
    ]
    limits = {axes.get_xlim() for axes in figure.axes}
    places = {round(axes.get_position().x0, 9) for axes in figure.axes}
    assert (len(limits), len(places)) == (1, 1)
    check_legible(figure)


def test_those_at_risk_and_those_gone_are_all_patients():
    curve = curves_of().filter(arm="Surgery")
    months = [0, 5, 5.5, 13, 29, 40]
    events, censored = (
        numbers_before(curve, what, months) for what in ("n_event", "n_censor")
    )

    assert events == [0, 0, 4, 4, 13, 19]
    assert censored == [0, 0, 0, 0, 1, 21]


def test_weighted_curves_have_raw_and_weighted_numbers(check_legible):
    figure = draw(weight=61.25)

    lines = [line for line in table(figure) if line[0] in ("At risk", "Weighted")]
    assert [label for label, _ in lines] == ["At risk", "Weighted"] * 2
    assert [n for _, n in lines[1][1]] == ["61.2", "61.2", "61.2"]
    assert [n for _, n in lines[3][1]] == ["30.6", "30.6", "–"]
    check_legible(figure)


def test_difference_drawn_is_the_difference_given():
    axes = draw().axes[2]

    (line,) = [each for each in axes.lines if each.get_label() == "difference"]
    np.testing.assert_array_equal(line.get_xdata(), [0, 6, 12])
    np.testing.assert_allclose(line.get_ydata(), [0, 40, 44])
    corners = np.concatenate([p.vertices for p in axes.collections[0].get_paths()])
    assert (corners[:, 1].min(), corners[:, 1].max()) == pytest.approx((20, 64))
    assert corners[:, 0].min() == 6
    assert axes.get_ylabel() == "Difference\n(% points)"


@pytest.mark.parametrize("points", [[], [(0, 0.0, None)], [(0, None, None)]])
def test_without_a_difference_there_is_no_empty_panel(points):
    figure = draw(points=points)

    assert len(figure.axes) == 2
    assert figure.axes[0].get_xlabel() == "Months since time zero"


def test_lines_lead_to_the_medians_that_the_curves_show():
    figure = draw(medians={"Surgery": 28.0, "Non-surgery": 6.0})
    lines = {line.get_label(): line for line in figure.axes[0].lines}

    # The curve of those not operated on ends at 20, of the others at 30 months.
    assert list(lines["Surgery: median"].get_xdata()) == [28, 28]
    assert list(lines["one half"].get_xdata()) == [0, 28]
    assert set(lines["one half"].get_ydata()) == {50}
    beyond = draw(medians={"Surgery": 60.0}).axes[0].lines
    assert not [line for line in beyond if "median" in line.get_label()]


LATE = {
    "Surgery": [(0, 0, 0, 0), (2, 12, 1, 0), (9, 20, 2, 0)],
    "Non-surgery": [(0, 60, 0, 0), (2, 48, 1, 12), (9, 30, 2, 9)],
}


def test_arms_that_are_entered_late_tell_who_is_at_risk_alone():
    whole = curves_of(LATE)
    figure = draw(LATE, points=[], ticks_months=[0, 6])

    assert [is_entered_late(whole.filter(arm=arm)) for arm in LATE] == [True, False]
    assert table(figure) == [
        ("Number at risk", []),
        ("Surgery", [(0, "0"), (6, "20")]),
        ("Non-surgery", [(0, "60"), (6, "30")]),
    ]


def test_curves_of_simon_and_makuch_are_called_so():
    figure = draw_endpoint(
        curves_of(LATE), Effects.create_empty(), Differences.create_empty(),
        label="Overall survival", arms=COLOURS,
        style={"tick_months": 6, "minimum_at_risk": 10},
    )  # fmt: skip

    words = [text.get_text().replace("\n", " ") for text in figure.axes[0].texts]
    assert words == [CHANGING]


def test_medians_come_from_the_effects():
    counts = {"n_treated": 9, "n_control": 9, "events_treated": 6, "events_control": 6}
    row = {**NAMED, "measure": "median", **counts, "method": "Kaplan-Meier"}
    effects = Effects.of(
        [{**row, "term": "Surgery", "estimate": 13.0}, {**row, "term": "Non-surgery"}]
    )

    figure = draw_endpoint(
        curves_of(), effects, label="Overall survival", arms=COLOURS,
        style={"tick_months": 12, "minimum_at_risk": 1},
    )  # fmt: skip

    lines = {line.get_label() for line in figure.axes[0].lines}
    assert "Surgery: median" in lines
    assert "Non-surgery: median" not in lines
