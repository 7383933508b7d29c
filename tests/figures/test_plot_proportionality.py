import numpy as np
import pytest

from twoarm.figures.proportionality import draw_proportionality
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Curves, Proportionality

COLOURS = {"Surgery": "#0072B2", "No surgery": "#D55E00"}
KEY = {"endpoint": "os", "design": "cloned"}
COUNTS = {"n_risk": 50, "n_event": 1, "n_censor": 0}
CURVES = [
    {**KEY, "arm": arm, "months": month, "estimate": left, **COUNTS}
    for arm, hazard in (("Surgery", 0.05), ("No surgery", 0.1))
    for month, left in ((m, float(np.exp(-hazard * m))) for m in (0.0, 1.0, 6.0, 12.0))
]
LINE = {"std_error": 0.2, "conf_low": 0.4, "conf_high": 0.9, "method": "spline"}
RATIOS = [
    {**KEY, "term": term, "months": month, "estimate": 0.5 + month / 10, **LINE}
    for term in ("age", "treated", "treated_adjusted")
    for month in (1.0, 2.0)
]
GONE = {**KEY, "term": "ecog=1", "method": "not shown: few events, or few at risk"}


@pytest.fixture(scope="module")
def axes():
    return draw_proportionality(
        Proportionality.of([*RATIOS, GONE]),
        Curves.of(CURVES),
        design="Clones",
        covariates={"age": "Age, years", "ecog": "ECOG"},
        arms=list(COLOURS),
        colours=COLOURS,
    ).axes


def test_proportional_arms_are_parallel_lines(axes):
    first, second = (line.get_ydata() for line in axes[0].get_lines())

    assert len(first) == 3  # at time 0 there is no logarithm
    assert second - first == pytest.approx(np.log(2))
    assert axes[0].get_xscale() == "log"


def test_each_ratio_is_drawn_the_arms_first(axes):
    titles = [each.get_title(loc="left") for each in axes if each.get_visible()]

    assert titles == [
        "",
        "Arms alone",
        "Arms, with covariates",
        "Age, years",
        "ECOG: 1",
    ]
    level, ratio = axes[1].get_lines()
    assert set(level.get_ydata()) == {1}
    assert ratio.get_ydata() == pytest.approx([0.6, 0.7])


def test_ticks_of_ratios_do_not_run_together(axes, check_legible):
    check_legible(axes[0].figure)
    assert axes[1].get_yticks().tolist() == [0.5, 1.0]


def test_what_is_not_shown_says_why(axes):
    (text,) = axes[4].texts

    assert text.get_text().startswith("Not shown: few events")


def test_script_writes_each_endpoint(script, tmp_path):
    write_csv(Proportionality.of(RATIOS), tmp_path / "ratios.csv")
    write_csv(Curves.of(CURVES), tmp_path / "curves.csv")
    figures = [tmp_path / f"proportionality_os.{end}" for end in ("svg", "png")]

    script("figures/plot_proportionality").main(
        tmp_path / "ratios.csv", tmp_path / "curves.csv", figures,
        designs={"cloned": "Clones"}, covariates={}, arms=COLOURS,
    )  # fmt: skip

    assert "Arms, with covariates" in figures[0].read_text()
    assert figures[1].stat().st_size > 10_000
