import numpy as np
import polars as pl
import pytest

from twoarm.figures.twins import TITLES, draw_twins
from twoarm.tables.contract import write_csv
from twoarm.tables.validation import Performance

DESIGNS = {"unadjusted": "Unadjusted", "late": "Landmark at 90 days", "lost": "Lost"}


def row(design, scenario="1", term="treated", **values):
    place = {"scenario": scenario, "n_patients": 90, "endpoint": "os", "design": design}
    what = {"measure": "hazard_ratio", "term": term, "n_replicates": 100, "n_failed": 0}
    figures = {"bias": -0.5, "rejection": 0.8, "coverage": 0.3}
    errors = {f"{name}_mcse": 0.05 for name in figures}
    return {**place, **what, "mean": -0.5, **figures, **errors, **values}


ROWS = [
    row("unadjusted"),
    row("unadjusted", "0.7", bias=-0.6),
    row("late", bias=0.02, rejection=0.06, coverage=0.99, coverage_mcse=0.01),
    row("late", "0.7", bias=0.01),
    row("late", term="treated_adjusted", bias=0.1),
    row("lost", bias=None, rejection=None, coverage=None),
]


def draw(rows=ROWS, **changed):
    how = {"designs": DESIGNS, "confidence": 0.95, **changed}
    return draw_twins(Performance.of(rows), **how)


def panels(figure):
    return {axes.get_title(loc="left"): axes for axes in figure.axes}


def marks(axes):
    lines = [line for line in axes.lines if line.get_marker() not in ("None", None, "")]
    return [(line.get_xdata()[0], round(line.get_ydata()[0], 2)) for line in lines]


def test_figures_are_those_of_the_table():
    axes = panels(draw())

    bias = axes[TITLES["bias"]]
    labels = [text.get_text() for text in bias.get_yticklabels()]
    assert labels == [
        "Unadjusted", "Landmark at 90 days", "Landmark at 90 days, with covariates",
    ]  # fmt: skip
    assert [x for x, _ in marks(bias)] == [-0.5, 0.02, 0.1, -0.6, 0.01]
    assert marks(axes[TITLES["rejection"]]) == [(0.8, 0), (0.06, 1), (0.8, 2)]
    assert [x for x, _ in marks(axes[TITLES["coverage"]])][:2] == [0.3, 0.99]


def test_lines_are_monte_carlo_errors_within_what_a_share_can_be():
    axes = panels(draw())

    spans = [line.get_xdata() for line in axes[TITLES["bias"]].lines]
    spans = [each for each in spans if len(each) == 2 and each[0] != each[1]]
    assert np.allclose(spans[0], [-0.5 - 1.96 * 0.05, -0.5 + 1.96 * 0.05])
    shares = [line.get_xdata() for line in axes[TITLES["coverage"]].lines]
    assert max(max(each) for each in shares) == 1.0


def test_reference_is_what_should_be():
    axes = panels(draw(confidence=0.9))

    first = {name: each.lines[0].get_xdata()[0] for name, each in axes.items()}
    assert first[TITLES["bias"]] == 0
    assert first[TITLES["rejection"]] == pytest.approx(0.1)
    assert first[TITLES["coverage"]] == 0.9


def test_without_a_twin_of_no_effect_nothing_is_found_falsely():
    axes = panels(draw([row("late", "0.7")]))

    assert set(axes) == {TITLES["bias"], TITLES["coverage"]}


def test_no_twin_is_said():
    nothing = row("unadjusted", mean=None, bias=None, rejection=None, coverage=None)
    figure = draw([nothing])

    assert [text.get_text() for text in figure.texts] == [
        "No twin of this cohort was drawn."
    ]


def test_texts_are_legible_and_bytes_the_same(check_legible, check_same_bytes):
    many = {f"d{k}": f"Design {k} with a rather long label (ATT)" for k in range(12)}
    rows = [row(name, scenario) for name in many for scenario in ("1", "0.7")]

    check_legible(draw())
    check_legible(draw(rows, designs=many))
    check_same_bytes(draw)


def test_script_writes_each_format(script, tmp_path):
    other = [{**each, "endpoint": "pfs"} for each in ROWS]
    write_csv(Performance.of([*ROWS, *other]), tmp_path / "twins.csv")
    paths = [tmp_path / f"twins_os.{end}" for end in ("svg", "png")]

    script("figures/plot_twins").main(
        tmp_path / "twins.csv", paths, endpoint="os", designs=DESIGNS, confidence=0.95
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert "Landmark at 90 days" in paths[0].read_text(encoding="utf-8")
    assert pl.read_csv(tmp_path / "twins.csv").height == 12
