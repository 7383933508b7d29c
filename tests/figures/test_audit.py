"""The audit of immortal time, drawn."""

import pytest

from twoarm.figures.audit import draw_audit
from twoarm.tables.cohort import Audit

DESIGNS = {"unadjusted": "Unadjusted", "hidden": "Hidden", "day_90": "Landmark"}
IMMORTAL = "biased: immortal time"
TOLD = {
    "unadjusted": (1600.0, 106.0, 1.44, 2.62, IMMORTAL),
    "day_90": (1400.0, 0.0, None, 0.0, "sound"),
    "hidden": (900.0, None, None, None, IMMORTAL),
    "other": (1.0, 0.0, None, 0.0, "sound"),
}
NAMES = ("person_months", "immortal_months", "median_wait_months", "expected_events")


def rows():
    return Audit.of(
        [
            {"design": design, "endpoint": "os", "arm": arm, "verdict": verdict,
             **dict(zip(NAMES, numbers, strict=True))}
            for design, (*numbers, verdict) in TOLD.items()
            for arm in ("Surgery", "No surgery")
        ]
    )  # fmt: skip


def test_bars_are_the_follow_up_divided_by_treatment(check_legible):
    figure = draw_audit(rows(), designs=DESIGNS, arm="Surgery")

    (axes,) = figure.axes
    immortal, rest = axes.containers
    assert [bar.get_width() for bar in immortal] == [106, 0, 0]
    assert [bar.get_x() for bar in rest] == [106, 0, 0]
    assert [bar.get_x() + bar.get_width() for bar in rest] == [1600, 900, 1400]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == list(DESIGNS.values())
    check_legible(figure)


def test_cells_tell_the_wait_the_events_and_the_verdict():
    axes = draw_audit(rows(), designs=DESIGNS, arm="Surgery").axes[0]

    at = {}
    for text in axes.texts:
        at.setdefault(text.get_position()[1], []).append(text.get_text())
    assert at[0] == ["1.4", "2.6", "Biased: immortal time"]
    assert at[1] == ["–", "–", "Biased: immortal time"]
    assert at[2] == ["–", "0.0", "Sound"]


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="the audit has no row"):
        draw_audit(rows(), designs={"none": "None"}, arm="Surgery")
