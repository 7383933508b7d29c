import numpy as np
import pytest
from matplotlib.colors import to_hex

from twoarm.figures.means import draw_means
from twoarm.figures.phrases import speaking
from twoarm.tables.contract import write_csv
from twoarm.tables.survival import Curves, Differences, Effects

ARMS = {"Surgery": "#D7263D", "No surgery": "#5B2A86"}
DESIGNS = {"unadjusted": "Unadjusted", "late": "Day 90", "changing": "Changing"}
HOW = {"design": "late", "designs": DESIGNS, "label": "Overall survival", "arms": ARMS}
COUNTS = {"n_treated": 9, "n_control": 9, "events_treated": 3, "events_control": 3}
STEPS = {
    "Surgery": [(0, 9, 1.0), (6, 9, 0.8), (20, 8, 0.7), (40, 6, 0.6)],
    "No surgery": [(0, 9, 1.0), (10, 9, 0.5)],
}


def curves():
    still = {"endpoint": "os", "design": "late", "n_event": 0, "n_censor": 0}
    return Curves.of(
        [
            {
                **still,
                "arm": arm,
                "months": float(at),
                "n_risk": left,
                "estimate": height,
            }
            for arm, steps in STEPS.items()
            for at, left, height in steps
        ]
    )


def differences():
    points = [(0, 0.0, None), (12, 1.5, 0.5), (24, 4.0, 1.5), (36, None, None)]
    return Differences.of(
        [
            {
                **{"endpoint": "os", "design": design, "measure": measure},
                **{"months": float(months), "estimate": gap},
                "conf_low": None if error is None else gap - error,
                "conf_high": None if error is None else gap + error,
            }
            for design in ("unadjusted", "late")
            for measure in ("rmst_difference", "survival_difference")
            for months, gap, error in points
        ]
    )


def effect(design, measure, term, *numbers, method="area"):
    ends = dict(zip(("estimate", "conf_low", "conf_high"), numbers, strict=False))
    named = {"endpoint": "os", "design": design, "measure": measure, "term": term}
    return {**named, "months": 36.0, **COUNTS, **ends, "method": method}


def effects():
    told = "difference; biased: immortal time"
    return Effects.of(
        [
            effect("late", "rmst", "Surgery", 27.84, 25.0, 30.0),
            effect("late", "rmst", "No surgery", 20.25, 17.0, 23.0),
            effect("late", "rmst_difference", "treated", 7.59, 3.0, 12.0),
            effect(
                "unadjusted", "rmst_difference", "treated", 9.0, 5.0, 13.0, method=told
            ),
            effect("changing", "rmst_difference", "treated", method="not estimated"),
        ]
    )


def drawn(**changed):
    return draw_means(curves(), differences(), effects(), **{**HOW, **changed})


@pytest.fixture(scope="module")
def axes():
    return drawn().axes


def test_area_is_that_under_the_curve_to_the_horizon(axes):
    for each, arm in zip(axes, ARMS, strict=False):
        (curve,) = [line for line in each.lines if line.get_label() == arm]
        kept = STEPS[arm]
        assert curve.get_xdata().tolist() == [at for at, *_ in kept]
        assert np.allclose(curve.get_ydata(), [100 * step[2] for step in kept])
        corners = each.collections[0].get_paths()[0].vertices
        assert corners[:, 0].max() == min(36, kept[-1][0])
    # 6 at 1, 14 at 0.8, 16 at 0.7, in percent
    (x, y), where = axes[0].collections[0].get_paths()[0].vertices.T, slice(None)
    shaded = abs(np.trapezoid(y[where], x[where]))
    assert shaded == pytest.approx(100 * (6 + 14 * 0.8 + 16 * 0.7))


def test_mean_of_each_arm_is_told(axes):
    titles = [each.get_title(loc="left") for each in axes[:2]]

    assert titles == [
        "Surgery: 27.8 (25.0–30.0) of 36 months",
        "No surgery: 20.2 (17.0–23.0) of 36 months",
    ]


def test_each_design_has_its_difference_and_its_mark(axes):
    assert [each.get_title(loc="left") for each in axes[2:]] == ["Unadjusted", "Day 90"]
    for each, numbers in zip(
        axes[2:], ([9.0, 5.0, 13.0], [7.59, 3.0, 12.0]), strict=True
    ):
        (line,) = [one for one in each.lines if one.get_label() == "difference"]
        assert line.get_xydata().tolist() == [[0, 0], [12, 1.5], [24, 4]]
        band = each.collections[0].get_paths()[0].vertices
        assert [band[:, 1].min(), band[:, 1].max()] == [1.0, 5.5]
        limits, mark = each.lines[-2:]
        assert (mark.get_xydata().tolist(), list(limits.get_ydata())) == (
            [[36, numbers[0]]],
            numbers[1:],
        )
    told = [[text.get_text() for text in each.texts] for each in axes[2:]]
    assert told == [["9.0 (5.0–13.0)"], ["7.6 (3.0–12.0)"]]


def test_biased_mark_is_hollow(axes):
    faces = [to_hex(each.lines[-1].get_markerfacecolor()) for each in axes[2:]]

    assert faces == ["#ffffff", "#1b1b1b"]


def test_study_without_a_horizon_has_the_lines_alone():
    without = Effects.create_empty()

    figure = draw_means(curves(), differences(), without, **HOW)

    assert [each.get_title(loc="left") for each in figure.axes] == [
        "Unadjusted",
        "Day 90",
    ]


def test_study_without_means_says_so():
    none = Differences.create_empty(), Effects.create_empty()

    figure = draw_means(curves(), *none, **HOW)

    words = [text.get_text() for text in figure.texts]
    assert (figure.axes, words) == ([], ["No design has restricted means."])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_is_legible(language, check_legible):
    designs = {**DESIGNS, "late": "A landmark at 90 days with overlap weights, liver"}
    with speaking(language):
        check_legible(drawn(designs=designs))


def test_same_bytes(check_same_bytes):
    check_same_bytes(drawn)


def test_script_writes_each_format(script, tmp_path):
    tables = {"curves": curves(), "effects": effects(), "differences": differences()}
    for name, table in tables.items():
        write_csv(table, tmp_path / name)
    paths = [tmp_path / f"means_os.{suffix}" for suffix in ("svg", "png")]

    main = script("figures/plot_means").main
    main(*(tmp_path / name for name in tables), paths, endpoint="os", **HOW)

    assert "Day 90" in paths[0].read_text(encoding="utf-8")
    assert all(path.stat().st_size > 1000 for path in paths)
