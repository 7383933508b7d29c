import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from twoarm.figures.risk_counts import numbers_at_risk
from twoarm.figures.survival_curves import draw_survival_curves
from twoarm.figures.thinning import FINEST
from twoarm.tables.survival import Curves

COLOURS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}
NOTES = ["Median 30.1 vs 14.0 months", "HR 0.42 (95% CI 0.26–0.67)", "p < 0.001"]


def estimate(arm, times, events):
    """A curve by hand, with limits five points around the estimate."""
    rows, survival = [], 1.0
    for month in [0.0, *sorted(set(times))]:
        at = [e for t, e in zip(times, events, strict=True) if t == month]
        n_risk = sum(t >= month for t in times)
        survival *= 1 - sum(at) / n_risk
        inside = 0 < survival < 1
        rows.append(
            {
                "endpoint": "os",
                "design": "unadjusted",
                "arm": arm,
                "months": month,
                "n_risk": n_risk,
                "n_event": sum(at),
                "n_censor": len(at) - sum(at),
                "estimate": survival,
                "conf_low": max(survival - 0.05, 0.0) if inside else None,
                "conf_high": min(survival + 0.05, 1.0) if inside else None,
            }
        )
    return Curves.check(Curves.of(rows))


def invented(arm, n, scale, seed):
    random = np.random.default_rng(seed)
    times, ends = random.exponential(scale, n), random.uniform(6, 60, n)
    months = np.round(np.minimum(times, ends), 2) + 0.01
    return estimate(arm, months.tolist(), (times <= ends).tolist())


@pytest.fixture
def curves():
    return pl.concat(
        [
            estimate("Surgery", [10.0, 20, 20, 30], [True, True, False, False]),
            estimate("Non-surgery", [5.0, 6, 12], [True, True, True]),
        ]
    )


def draw(curves, **options):
    settings = {
        "arms": list(COLOURS),
        "colours": COLOURS,
        "ticks_months": [0, 12, 24, 36],
        "label": "Overall survival (%)",
    }
    return draw_survival_curves(curves, **{**settings, **options})


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def table(figure, arms=COLOURS):
    """Rows of the table: arm to [(month, printed)]."""
    texts = figure.axes[1].texts
    rows = {}
    for arm in arms:
        (label,) = [t for t in texts if t.get_text().replace("\n", " ") == arm]
        y = label.get_position()[1]
        rows[arm] = [
            (t.get_position()[0], t.get_text())
            for t in texts
            if t is not label and t.get_position()[1] == y
        ]
    return rows


def test_curve_drawn_is_the_curve_given(curves):
    figure = draw(curves)

    for arm, colour in COLOURS.items():
        line, given_rows = lines(figure)[arm], curves.filter(arm=arm)
        np.testing.assert_array_equal(line.get_xdata(), given_rows["months"])
        np.testing.assert_allclose(line.get_ydata(), given_rows["estimate"] * 100)
        assert line.get_drawstyle() == "steps-post"
        assert to_hex(line.get_color(), keep_alpha=False).upper() == colour
    styles = [lines(figure)[arm].get_linestyle() for arm in COLOURS]
    assert styles == ["-", "--"]


def test_curve_of_very_many_steps_is_drawn_on_fewer():
    months = np.arange(4000) / 70
    survival = np.exp(-((months / 40) ** 1.5))
    rows = {
        **{"endpoint": "os", "design": "unadjusted", "months": months},
        **{"n_risk": 4000 - np.arange(4000), "n_event": 1, "n_censor": [0, 1] * 2000},
        **{"estimate": survival, "conf_low": survival / 2, "conf_high": survival},
    }
    many = pl.concat([pl.DataFrame(rows).with_columns(arm=pl.lit(a)) for a in COLOURS])
    axes = draw(many).axes[0]

    last, rows = axes.get_xlim()[1], many.filter(arm="Surgery")
    line = {line.get_label(): line for line in axes.lines}["Surgery"]
    months, drawn = line.get_xdata(), line.get_ydata() / 100
    assert months.size <= FINEST + 2
    # Each point drawn is one of the curve, the first and the last among them.
    given = dict(rows.select("months", "estimate").iter_rows())
    np.testing.assert_allclose(drawn, [given[month] for month in months])
    assert (months[0], months[-1]) == (0, rows["months"][-1])
    # No step is out of place by more than what cannot be seen.
    at, whole = rows["months"].to_numpy(), rows["estimate"].to_numpy()
    for side in (-1, 1):
        there = np.clip(at + side * last / FINEST, 0, None)
        step = drawn[np.searchsorted(months, there, side="right") - 1]
        assert (side * (whole - step) >= -1 / FINEST).all()
    ticks = {line.get_label(): line for line in axes.lines}["Surgery: censored"]
    assert set(ticks.get_xdata()) <= set(rows.filter(pl.col("n_censor") > 0)["months"])
    parts = np.floor(ticks.get_xdata() * (FINEST / last))
    assert np.unique(parts).size == parts.size > FINEST / 2


def test_axis_runs_from_0_to_100_percent(curves):
    axes = draw(curves).axes[0]

    assert axes.get_ylim()[0] == 0
    assert axes.get_yticks().tolist() == [0, 20, 40, 60, 80, 100]
    assert axes.get_ylabel() == "Overall survival (%)"


def test_ticks_of_censoring_stand_on_the_curve(curves):
    line = lines(draw(curves))["Surgery: censored"]

    assert line.get_xdata().tolist() == [20, 30]
    np.testing.assert_allclose(line.get_ydata(), [50, 50])


def test_limits_are_a_ribbon_that_null_interrupts(curves):
    ribbon = draw(curves).axes[0].collections[1]

    months = np.concatenate([path.vertices[:, 0] for path in ribbon.get_paths()])
    # Non-surgery: from the first event at 5 to the last at 12; none at 1 or 0.
    assert (months.min(), months.max()) == (5, 12)
    assert ribbon.get_alpha() == 0.15


def test_numbers_stand_exactly_below_the_ticks(curves):
    figure = draw(curves)
    above, below = figure.axes

    assert above.get_xlim() == below.get_xlim()
    assert above.get_position().x0 == pytest.approx(below.get_position().x0)
    assert above.get_position().x1 == pytest.approx(below.get_position().x1)
    assert table(figure) == {
        "Surgery": [(0, "4"), (12, "3"), (24, "1"), (36, "0")],
        "Non-surgery": [(0, "3"), (12, "1"), (24, "0"), (36, "0")],
    }


def test_numbers_that_would_meet_are_thinned_with_their_ticks(check_legible):
    figure = draw(
        pl.concat([invented(arm, 1200, 30, 1) for arm in COLOURS]),
        ticks_months=list(range(0, 61, 2)),
    )

    ticks = figure.axes[0].get_xticks().tolist()
    assert 3 < len(ticks) < 31
    for row in table(figure).values():
        assert [month for month, _ in row] == ticks
    check_legible(figure)


def test_few_at_risk_are_neither_printed_nor_drawn(curves):
    figure = draw(curves, minimum_at_risk=3)

    assert table(figure)["Surgery"] == [(0, "4"), (12, "3"), (24, "<3"), (36, "0")]
    assert lines(figure)["Surgery"].get_xdata().tolist() == [0, 10, 20]
    assert lines(figure)["Non-surgery"].get_xdata().tolist() == [0, 5]
    assert lines(figure)["Surgery: censored"].get_xdata().tolist() == [20]


def test_nothing_of_a_hidden_tail_is_in_the_file(curves):
    figure = draw(curves, minimum_at_risk=3, ticks_months=[0, 12])

    assert figure.axes[0].get_xlim() == (0, 20)


def test_arm_too_small_to_show_is_named(curves, check_legible):
    figure = draw(curves, minimum_at_risk=10)

    key = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert key == [f"{arm} (too few to show)" for arm in COLOURS]
    assert lines(figure)["Surgery"].get_xdata().size == 0
    check_legible(figure)


@pytest.mark.parametrize(("scale", "corner"), [(200, (0, 0)), (5, (1, 1))])
def test_notes_stand_where_no_curve_is(scale, corner, check_legible):
    rows = [invented(arm, 70, scale, seed) for seed, arm in enumerate(COLOURS)]
    figure = draw(pl.concat(rows), notes=NOTES)

    (notes,) = figure.axes[0].texts
    assert notes.get_text() == "\n".join(NOTES)
    x, y = notes.get_position()
    assert (x > 0.5, y > 0.5) == corner
    check_legible(figure)
    box = notes.get_window_extent()
    for shape in (*figure.axes[0].lines, *figure.axes[0].collections):
        paths = getattr(shape, "get_paths", lambda line=shape: [line.get_path()])()
        to_pixels = figure.axes[0].transData
        assert not any(p.transformed(to_pixels).intersects_bbox(box) for p in paths)


def test_notes_without_a_free_corner_stand_above_the_curves(check_legible):
    rows = pl.concat(
        [invented("Surgery", 60, 9, 1), invented("Non-surgery", 60, 90, 2)]
    )
    figure = draw(rows, notes=[*NOTES, "Adjusted for age and stage"] * 2)

    (notes,) = figure.axes[0].texts
    assert notes.get_position()[1] > 1
    check_legible(figure)


def test_notes_that_leave_no_room_are_refused(curves):
    with pytest.raises(ValueError, match="40 lines of notes leave no room"):
        draw(curves, notes=["A line"] * 40)


def test_long_labels_are_legible(check_legible):
    arms = [
        "Conversion surgery after systemic therapy with lenvatinib and TACE",
        "Continued systemic therapy plus immune checkpoint inhibitor",
    ]
    rows = pl.concat([invented(arm, 300, 30, seed) for seed, arm in enumerate(arms)])
    figure = draw(
        rows,
        arms=arms,
        colours=dict(zip(arms, COLOURS.values(), strict=True)),
        ticks_months=list(range(0, 61, 6)),
        label="Recurrence-free or progression-free survival since eligibility (%)",
        notes=NOTES,
        minimum_at_risk=10,
    )
    check_legible(figure)


def test_one_patient_without_event_is_drawn(check_legible):
    figure = draw(
        estimate("Surgery", [7.0], [False]), arms=["Surgery"], ticks_months=[0, 6]
    )

    assert lines(figure)["Surgery"].get_ydata().tolist() == [100, 100]
    check_legible(figure)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda rows: rows.clear(), "there are rows of"),
        (lambda rows: rows.filter(arm="Surgery"), "there are rows of"),
        (
            lambda rows: pl.concat([rows, rows.with_columns(design=pl.lit("matched"))]),
            "2 endpoints and designs",
        ),
    ],
)
def test_rows_that_make_no_figure_are_refused(curves, change, fault):
    with pytest.raises(ValueError, match=fault):
        draw(change(curves))


@given(
    patients=st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1),
    months=st.lists(st.floats(0, 40), max_size=5),
)
def test_numbers_at_risk_are_those_who_have_not_left_before(patients, months):
    times, events = [float(t) for t, _ in patients], [e for _, e in patients]

    counted = numbers_at_risk(estimate("Surgery", times, events), months)
    assert counted == [sum(t >= month for t in times) for month in months]


def test_numbers_after_a_curve_cut_short_are_those_left(curves):
    cut = curves.filter(pl.col("arm") == "Surgery", pl.col("months") <= 10)

    assert numbers_at_risk(cut, [10, 11]) == [4, 3]


def test_same_curves_give_the_same_bytes(curves, check_same_bytes):
    check_same_bytes(lambda: draw(curves, notes=NOTES))


def test_arms_all_too_small_to_show_give_an_empty_figure_that_says_so(check_legible):
    rows = {"endpoint": "os", "design": "unadjusted", "months": 0.0, "estimate": 1.0}
    counts = {"n_event": 0, "n_censor": 0}
    curves = pl.DataFrame(
        [{**rows, **counts, "arm": arm} for arm in ("Surgery", "None")],
    ).with_columns(
        n_risk=pl.lit(None, pl.Int64),
        conf_low=pl.lit(None, pl.Float64),
        conf_high=pl.lit(None, pl.Float64),
    )

    figure = draw_survival_curves(
        curves,
        arms=["Surgery", "None"],
        colours={"Surgery": "#D7263D", "None": "#5B2A86"},
        ticks_months=[0.0],
        label="Overall survival (%)",
        minimum_at_risk=10,
    )

    words = [text.get_text() for legend in figure.axes for text in legend.texts]
    assert words.count("<10") == 2
    check_legible(figure)
