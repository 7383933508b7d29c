import matplotlib.colors as colours
import numpy as np
import polars as pl
import pytest

from twoarm.figures.designs import WIDEST, draw_designs
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Effects

ARMS = ["Surgery", "No surgery"]
DESIGNS = {"unadjusted": "Unadjusted", "late": "Day 90", "lost": "Lost", "far": "Far"}


def row(design, *numbers, method="Cox"):
    counts = {"n_treated": 9, "n_control": 9, "events_treated": 3, "events_control": 3}
    ends = dict(zip(("estimate", "conf_low", "conf_high"), numbers, strict=False))
    named = {"endpoint": "os", "design": design, "measure": "hazard_ratio"}
    return {**named, "term": "treated", "method": method, **counts, **ends}


ROWS = [
    row("unadjusted", 0.35, 0.2, 0.6, method="Cox; biased: immortal time"),
    row("late", 0.8, 0.4, 1.6, method="Cox; not balanced: age 0.2"),
    row("lost", method="not estimable: an arm has no event"),
    row("far", 3.0, 0.01, 900.0),
]


@pytest.fixture(scope="module")
def axes():
    return draw_designs(Effects.of(ROWS), designs=DESIGNS, arms=ARMS).axes[0]


def test_sound_designs_stand_before_the_biased_ones(axes):
    labels = [text.get_text() for text in axes.texts]

    assert [each for each in labels if not each[0].isdigit()] == [
        "Sound", "Day 90", "Lost", "not estimable", "Far",
        "Biased: immortal time", "Unadjusted",
    ]  # fmt: skip
    assert labels.index("0.80 (0.40–1.60)") == labels.index("Day 90") + 1


def test_ratio_and_limits_are_those_of_the_table(axes):
    marks = [line for line in axes.lines if line.get_marker() == "s"]
    spans = [line for line in axes.lines if len(set(line.get_ydata())) == 1]
    spans = [line for line in spans if len(line.get_xdata()) == 2]

    assert [line.get_xdata()[0] for line in marks] == [0.8, 3.0, 0.35]
    assert np.allclose(spans[0].get_xdata(), [0.4, 1.6])
    assert np.allclose(spans[2].get_xdata(), [0.2, 0.6])
    # one that leaves the axis is cut off there, and arrows say so
    assert np.allclose(spans[1].get_xdata(), WIDEST)
    arrows = [line for line in axes.lines if line.get_marker() in "<>"]
    assert [line.get_marker() for line in arrows] == ["<", ">"]


def test_biased_marks_are_hollow(axes):
    marks = [line for line in axes.lines if line.get_marker() == "s"]

    filled = [colours.to_hex(line.get_markerfacecolor()) for line in marks]
    assert filled == ["#1b1b1b", "#1b1b1b", "#ffffff"]


def test_study_without_any_estimate_is_drawn():
    rows = Effects.of([row("unadjusted", method="not estimable: no event")])

    figure = draw_designs(rows, designs={"unadjusted": "Unadjusted"}, arms=ARMS)

    assert "not estimable" in [text.get_text() for text in figure.axes[0].texts]


def test_script_writes_each_format(script, tmp_path):
    other = Effects.of([{**ROWS[0], "endpoint": "pfs"}])
    write_csv(pl.concat([Effects.of(ROWS), other]), tmp_path / "effects.csv")
    paths = [tmp_path / f"designs_os.{end}" for end in ("svg", "png")]

    script("figures/plot_designs").main(
        tmp_path / "effects.csv", paths, endpoint="os", designs=DESIGNS, arms=ARMS
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert "Day 90" in paths[0].read_text(encoding="utf-8")
