import matplotlib.colors as colours
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from twoarm.figures.specifications import draw_specifications, list_specifications
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Effects

ARMS = ["Surgery", "No surgery"]
ENDS = {"os": "Overall survival", "pfs": "Progression-free"}
MADE = {
    "unadjusted": {"method": "Unadjusted", "covariates": "None"},
    "overlap": {"method": "Overlap", "covariates": "All of the study"},
    "overlap_lean": {"method": "Overlap", "covariates": "Lean"},
    "unused": {"method": "Unused", "covariates": "Lean"},
}


def row(endpoint, design, *numbers, method="Cox"):
    counts = {"n_treated": 9, "n_control": 9, "events_treated": 3, "events_control": 3}
    ends = dict(zip(("estimate", "conf_low", "conf_high"), numbers, strict=False))
    named = {"endpoint": endpoint, "design": design, "measure": "hazard_ratio"}
    return {**named, "term": "treated", "method": method, **counts, **ends}


EFFECTS = Effects.of(
    [
        row("os", "unadjusted", 0.3, 0.2, 0.5, method="Cox; biased: immortal time"),
        row("os", "overlap", 0.8, 0.5, 1.3),
        row("os", "overlap_lean", 0.6, 0.4, 0.9),
        row("pfs", "overlap", 0.7, 0.5, 1.0),
        row("pfs", "overlap_lean", method="not estimable: no event"),
        row("rfs", "resumed_60", 0.1, 0.05, 0.2),
    ]
)


@pytest.fixture(scope="module")
def figure():
    return draw_specifications(EFFECTS, specifications=MADE, endpoints=ENDS, arms=ARMS)


def test_estimates_are_sorted_and_only_those_there_are():
    found = list_specifications(EFFECTS, MADE, ENDS)

    assert [each.ratio for each in found] == [0.3, 0.6, 0.7, 0.8]
    assert [each.sound for each in found] == [False, True, True, True]
    assert found[1].choices == ("Overall survival", "Overlap", "Lean")


def test_marks_are_those_of_the_table_and_biased_ones_hollow(figure):
    upper = figure.axes[0]

    marks = [line for line in upper.lines if line.get_marker() == "s"]
    assert [line.get_ydata()[0] for line in marks] == [0.3, 0.6, 0.7, 0.8]
    filled = [colours.to_hex(line.get_markerfacecolor()) for line in marks]
    assert filled == ["#ffffff", "#1b1b1b", "#1b1b1b", "#1b1b1b"]


def test_matrix_has_a_mark_for_each_choice_and_no_row_without_one(figure):
    lower = figure.axes[1]

    labels = {text.get_text(): text.get_position()[1] for text in lower.texts}
    assert list(labels) == [
        "Overall survival", "Progression-free", "Unadjusted", "Overlap", "None",
        "All of the study", "Lean",
    ]  # fmt: skip
    dots = {
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in lower.lines
        if line.get_marker() == "o"
    }
    assert len(dots) == 4 * 3
    assert (1, labels["Lean"]) in dots
    assert (2, labels["Progression-free"]) in dots
    assert (0, labels["Overlap"]) not in dots


def test_type_is_six_points_at_least_and_inside_the_page(figure):
    FigureCanvasAgg(figure).draw()
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            assert text.get_fontsize() >= 6
            assert text.get_window_extent().x0 >= 0, text.get_text()


def test_study_without_any_estimate_is_drawn():
    figure = draw_specifications(
        Effects.of([]), specifications=MADE, endpoints=ENDS, arms=ARMS
    )

    assert not figure.axes[1].texts


def test_script_writes_each_format(script, tmp_path):
    write_csv(EFFECTS, tmp_path / "effects.csv")
    paths = [tmp_path / f"specifications.{end}" for end in ("svg", "png")]

    script("figures/plot_specifications").main(
        tmp_path / "effects.csv",
        paths,
        specifications=MADE,
        endpoints=ENDS,
        arms=ARMS,
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert "All of the study" in paths[0].read_text(encoding="utf-8")
