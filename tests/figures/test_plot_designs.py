from itertools import pairwise

import matplotlib.colors as colours
import numpy as np
import polars as pl
import pytest

from twoarm.figures.designs import WIDEST, draw_designs
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Effects

ARMS = ["Surgery", "No surgery"]
KINDS = {
    "unadjusted": "naive",
    "late": "landmark",
    "lost": "landmark",
    "far": "cloning",
}
MONTHS = {"survival": 36.0, "rmst": 24.0}
DESIGNS = {"unadjusted": "Unadjusted", "late": "Day 90", "lost": "Lost", "far": "Far"}


def row(design, *numbers, method="Cox"):
    counts = {"n_treated": 9, "n_control": 9, "events_treated": 3, "events_control": 3}
    ends = dict(zip(("estimate", "conf_low", "conf_high"), numbers, strict=False))
    named = {"endpoint": "os", "design": design, "measure": "hazard_ratio"}
    return {**named, "term": "treated", "method": method, **counts, **ends}


def other(design, measure, months, *numbers, method="Cox"):
    return {
        **row(design, *numbers, method=method),
        "measure": measure,
        "months": months,
    }


ROWS = [
    row("unadjusted", 0.35, 0.2, 0.6, method="Cox; biased: immortal time"),
    row("late", 0.8, 0.4, 1.6, method="Cox; not balanced: age 0.2"),
    row("lost", method="not estimable: an arm has no event"),
    row("far", 3.0, 0.01, 900.0),
    other("unadjusted", "survival_difference", 36.0, 0.333, 0.1, 0.5),
    other("unadjusted", "survival_difference", 12.0, 0.111, 0.1, 0.2),
    other("late", "survival_difference", 36.0, -0.05, -0.2, 0.1),
    other("late", "rmst_difference", 24.0, 1.26, -1.0, 3.5),
]


def drawn(rows=ROWS, months=MONTHS):
    how = {"designs": DESIGNS, "kinds": KINDS, "arms": ARMS, "months": months}
    return draw_designs(Effects.of(rows), **how)


@pytest.fixture(scope="module")
def axes():
    return drawn().axes


def marks_of(axes):
    return [line for line in axes.lines if line.get_marker() == "s"]


def test_designs_stand_kind_by_kind_whatever_their_verdict(axes):
    labels = [text.get_text() for text in axes[0].texts]

    named = [each for each in labels if each[0].isalpha()]
    assert named == [
        "Naive: ever treated", "Unadjusted", "Landmarks", "Day 90", "Lost",
        "Clone-censor-weight", "Far",
    ]  # fmt: skip
    assert labels.index("0.80 (0.40–1.60)") == labels.index("Day 90") + 1


def test_each_column_shows_the_table_at_its_horizon(axes):
    numbers = [[line.get_xdata()[0] for line in marks_of(each)] for each in axes]
    spans = [line for line in axes[0].lines if len(set(line.get_ydata())) == 1]
    spans = [line for line in spans if len(line.get_xdata()) == 2]

    assert numbers[0] == [0.35, 0.8, 3.0]
    assert np.allclose(numbers[1], [33.3, -5.0])
    assert numbers[2] == [1.26]
    assert np.allclose(spans[0].get_xdata(), [0.2, 0.6])
    # one that leaves the axis is cut off there, and arrows say so
    assert np.allclose(spans[2].get_xdata(), WIDEST)
    arrows = [line for line in axes[0].lines if line.get_marker() in "<>"]
    assert [line.get_marker() for line in arrows] == ["<", ">"]
    told = [[text.get_text() for text in each.texts] for each in axes[1:]]
    assert told == [
        ["33 (10–50)", "−5 (−20 to 10)", "–", "–"],
        ["–", "1.3 (−1.0 to 3.5)", "–", "–"],
    ]


def test_naive_contrast_is_carried_through_all_rows(axes):
    dashed = [line for line in axes[0].lines if line.is_dashed()]

    assert [line.get_xdata()[0] for line in dashed] == [0.35]


def test_biased_marks_are_hollow(axes):
    filled = [colours.to_hex(each.get_markerfacecolor()) for each in marks_of(axes[0])]

    assert filled == ["#ffffff", "#1b1b1b", "#1b1b1b"]


def test_column_without_a_horizon_is_left_out():
    assert len(drawn(months={"survival": None, "rmst": 24.0}).axes) == 2


def test_column_without_an_estimate_is_left_out():
    # Where an event competes no survival is estimated, nor a restricted mean.
    ratios = [each for each in ROWS if each["measure"] == "hazard_ratio"]
    told = other("late", "rmst_difference", 24.0)
    robust = {**other("late", "rmst_difference", 24.0, 1.2), "term": "treated_paired"}
    assert len(drawn([*ratios, told, robust]).axes) == 1


@pytest.mark.parametrize("size", [6, 25])
def test_few_and_many_designs_overlap_nowhere(size):
    names = {
        f"d{k}": f"Design {k} of a long name that needs two lines" for k in range(size)
    }
    rows = [row(name, 0.5, 0.3, 0.9) for name in names]
    kinds = dict.fromkeys(names, "weighted")
    how = {"kinds": kinds, "arms": ARMS, "months": MONTHS}
    figure = draw_designs(Effects.of(rows), designs=names, **how)
    figure.canvas.draw()

    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    bounds = figure.bbox
    assert all(bounds.x0 <= box.x0 and box.x1 <= bounds.x1 for box in boxes)
    left = sorted((box for box in boxes if box.x0 < 60), key=lambda box: box.y0)
    assert len(left) == size + 1
    assert all(a.y1 <= b.y0 + 1 for a, b in pairwise(left))


def test_study_without_any_estimate_is_drawn():
    rows = Effects.of([row("unadjusted", method="not estimable: no event")])

    how = {"kinds": KINDS, "arms": ARMS, "months": MONTHS}
    figure = draw_designs(rows, designs={"unadjusted": "Unadjusted"}, **how)

    assert "–" in [text.get_text() for text in figure.axes[0].texts]


def test_script_writes_each_format(script, tmp_path):
    pfs = Effects.of([{**ROWS[0], "endpoint": "pfs"}])
    write_csv(pl.concat([Effects.of(ROWS), pfs]), tmp_path / "effects.csv")
    paths = [tmp_path / f"designs_os.{end}" for end in ("svg", "png")]

    script("figures/plot_designs").main(
        tmp_path / "effects.csv",
        paths,
        **{"endpoint": "os", "designs": DESIGNS, "kinds": KINDS},
        **{"arms": ARMS, "months": MONTHS},
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert "Day 90" in paths[0].read_text(encoding="utf-8")
