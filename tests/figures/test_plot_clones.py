import numpy as np
import polars as pl
import pytest

from twoarm.figures.clones import draw_clones
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.contract import write_csv

COLOURS = {"Surgery": "#0072B2", "No surgery": "#D55E00"}
BOX = dict(zip((5, 25, 50, 75, 95), (1.0, 1.2, 1.5, 2.0, 4.0), strict=True))


def row(arm, days, **changed):
    counts = {"n_at_risk": 60, "n_censored": 20, "effective_n": 40.0}
    weights = {f"weight_q{part:02d}": weight for part, weight in BOX.items()}
    return {
        **{"endpoint": "os", "design": "cloned", "arm": arm, "days": days},
        **{"grace_days": 91.3125, "largest_weight": 6.0},
        **counts,
        **weights,
        **changed,
    }


ROWS = [row(arm, days) for arm in COLOURS for days in (0.0, 91.3125, 182.625)]
ROWS[5] = row("No surgery", 182.625, n_at_risk=None, largest_weight=None)


@pytest.fixture(scope="module")
def axes():
    rows = ClonesOverTime.of(ROWS)
    return draw_clones(rows, arms=list(COLOURS), colours=COLOURS).axes


def test_what_is_drawn_is_what_the_table_holds(axes):
    lines = axes[0].get_lines()

    assert np.allclose(lines[0].get_xdata(), [0, 3, 6])
    assert set(lines[0].get_ydata()) == {60}
    assert set(lines[1].get_ydata()) == {40}
    assert set(axes[1].get_lines()[0].get_ydata()) == {20}


def test_line_ends_where_few_are_left(axes):
    assert axes[0].get_lines()[2].get_xdata().max() == pytest.approx(3)
    assert axes[2].get_lines()[1].get_xdata().max() == pytest.approx(3)


def test_box_has_the_quartiles(axes):
    (box, _) = axes[3].patches

    assert (box.get_x(), box.get_width()) == (1.2, pytest.approx(0.8))


def test_end_of_the_grace_period_is_marked(axes):
    assert axes[0].get_lines()[4].get_xdata()[0] == pytest.approx(3)


def test_script_writes_each_design(script, tmp_path):
    other = [{**each, "design": "late"} for each in ROWS]
    write_csv(ClonesOverTime.of([*ROWS, *other]), tmp_path / "clones.csv")
    paths = [tmp_path / f"clones_os_{name}.svg" for name in ("cloned", "late")]

    script("figures/plot_clones").main(
        tmp_path / "clones.csv", paths, endpoint="os", arms=COLOURS
    )

    assert all(path.stat().st_size > 1000 for path in paths)
    assert pl.read_csv(tmp_path / "clones.csv").height == 2 * len(ROWS)
