import pytest

from twoarm.figures.scenarios import draw_scenarios
from twoarm.tables.contract import write_csv
from twoarm.tables.validation import Performance

DESIGNS = {"unadjusted": "Unadjusted", "late": "Landmark at 91 days"}


def row(design, scenario, **values):
    place = {"scenario": scenario, "n_patients": 500, "endpoint": "os"}
    what = {"measure": "hazard_ratio", "term": "treated", "design": design}
    counts = {"n_replicates": 100, "n_failed": 0}
    return {**place, **what, **counts, "bias_mcse": 0.05, **values}


ROWS = [
    row("unadjusted", "null", bias=-0.9, coverage=0.1),
    row("late", "null", bias=0.02, coverage=0.95),
    row("unadjusted", "early_harm", bias=-0.8, coverage=0.2),
    row("late", "early_harm", bias=None, coverage=None),
    row("late", "null", n_patients=50, bias=-0.4, coverage=0.95),
]


def marks(axes):
    lines = [line for line in axes.lines if line.get_marker() == "o"]
    return [(line.get_xdata()[0], line.get_markerfacecolor()) for line in lines]


def test_a_panel_a_scenario_with_the_figures_of_the_largest_cohorts():
    figure = draw_scenarios(Performance.of(ROWS), designs=DESIGNS)

    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Early harm", "Null"]
    harm, null = figure.axes
    assert [value for value, _ in marks(harm)] == [-0.8]
    assert [value for value, _ in marks(null)] == [-0.9, 0.02]
    # Hollow: its limits miss the truth too often.
    assert marks(null)[0][1] == "white"
    assert marks(null)[1][1] != "white"


def test_lines_are_monte_carlo_limits():
    figure = draw_scenarios(Performance.of(ROWS), designs=DESIGNS)

    spans = [line.get_xdata() for line in figure.axes[1].lines]
    limits = [tuple(span) for span in spans if len(span) == 2]
    assert any(span == pytest.approx((-0.998, -0.802)) for span in limits)


def test_rule_draws_what_was_let_out(script, tmp_path):
    write_csv(Performance.of(ROWS), tmp_path / "performance.csv")
    files = [tmp_path / f"scenarios_os.{end}" for end in ("svg", "pdf", "png")]

    script("figures/plot_scenarios").main(
        tmp_path / "performance.csv", files, endpoint="os", designs=DESIGNS
    )

    assert all(file.stat().st_size for file in files)


def test_nothing_known_is_said():
    figure = draw_scenarios(Performance.of([]), designs=DESIGNS)

    assert "No truth is known" in figure.texts[0].get_text()
