"""Steps of curves that stand for several events."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.disclosure.counts import suppress_effects
from twoarm.disclosure.curves import find_months, suppress_curves, suppress_months
from twoarm.figures.endpoint import draw_endpoint
from twoarm.figures.phrases import speaking
from twoarm.figures.risk_counts import is_entered_late, numbers_told
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, estimate_curve
from twoarm.tables.survival import Curves, Differences, Effects

NAMED = {"endpoint": "os", "design": "unadjusted"}
COLOURS = {"A": "#D7263D", "B": "#5B2A86"}


def curve_of(months, events, entry=None, label="A"):
    """The curve that the survival stage estimates; times in months."""
    days = np.array(months) * DAYS_PER_MONTH
    entry = None if entry is None else np.array(entry) * DAYS_PER_MONTH
    arm = Arm(label, days, np.array(events, dtype=bool), None, None, entry)
    rows = estimate_curve(arm, confidence=0.95)
    lits = [pl.lit(value).alias(name) for name, value in NAMED.items()]
    return Curves.check(rows.with_columns(*lits))


def join(curve, **changed):
    how = {"minimum_at_risk": 5, "minimum_mark": 5, "tick_months": 12, **changed}
    return suppress_curves(curve, **how)


# Events at 1.5, 2.5, ... 12.5 months, six censored at 12.7, the rest followed to 30.
MONTHS = [k + 1.5 for k in range(12)] + [12.7] * 6 + [30.0] * 22
EVENTS = [True] * 12 + [False] * 28


def test_steps_gather_five_events_and_the_last_has_the_rest():
    found = join(curve_of(MONTHS, EVENTS))

    assert found.select("months", "n_event").rows() == [
        (0.0, 0),
        (6.0, 5),
        (13.0, 7),
        (24.0, 0),
        (29.0, 0),
    ]
    # Nobody was censored before the last event: 28 of 40 are left then.
    lines = [1, 35 / 40, *[28 / 40] * 3]
    assert found["estimate"].to_list() == pytest.approx(lines)


def test_numbers_are_told_at_ticks_by_which_enough_left_or_nobody():
    found = join(curve_of(MONTHS, EVENTS))

    # At month 12 the twelfth event would follow alone.
    assert numbers_told(found, [0, 12, 24, 29]) == {
        "n_risk": [40, None, 22, None],
        "n_censor": [0, None, 6, None],
        "n_event": [0, None, 12, None],
    }


def test_mark_of_one_leaves_each_step():
    curve = curve_of(MONTHS, EVENTS)

    assert join(curve, minimum_mark=1, minimum_at_risk=1).equals(curve)


def test_arm_with_few_events_ends_before_the_first():
    found = join(curve_of([4.5, 5.5, *[20.0] * 30], [True, True, *[False] * 30]))

    assert found.select("months", "n_event", "estimate").rows() == [
        (0.0, 0, 1.0),
        (4.0, 0, 1.0),
    ]


times = st.lists(st.floats(0.1, 40), min_size=5, max_size=60)


@given(times, st.randoms(use_true_random=False), st.booleans(), st.integers(2, 6))
@settings(max_examples=80, deadline=None)
def test_no_difference_of_rows_is_a_small_count(months, random, late, mark):
    events = [random.random() < 0.6 for _ in months]
    entry = [random.uniform(0, each / 2) for each in months] if late else None
    curve = curve_of(months, events, entry)

    found = join(curve, minimum_mark=mark)

    assert all(month == int(month) for month in found["months"])
    counts = [*found["n_event"], *found["n_censor"].drop_nulls()]
    told = numbers_told(found, found["months"].to_list())
    known = [
        (n, c + e)
        for n, c, e in zip(*(told[k] for k in ("n_risk", "n_censor", "n_event")),
                           strict=True)
        if n is not None and c is not None
    ]  # fmt: skip
    for (n, gone), (later, then) in pairwise(known):
        counts += [then - gone, later - n + then - gone]
    assert all(n == 0 or n >= mark for n in counts), counts
    # What is told is true: the estimate of the month, and who is then at risk.
    for month, estimate in found.select("months", "estimate").rows():
        exact = curve.filter(pl.col("months") <= month)["estimate"][-1]
        assert estimate == exact
    starts = [0.0] * len(months) if entry is None else entry
    for month, n in zip(found["months"], told["n_risk"], strict=True):
        here = zip(starts, months, strict=True)
        assert n in (None, sum(a <= month < b for a, b in here))
    if not late:
        assert not is_entered_late(found)


def test_most_months_are_chosen_and_the_furthest_of_these():
    totals = np.array([[0, 2, 5, 8, 10, 12]])

    assert find_months(totals, np.ones(6, dtype=bool), 5).tolist() == [0, 2, 5]


def test_differences_stand_where_both_curves_are_told():
    curves = join(pl.concat(curve_of(MONTHS, EVENTS, label=arm) for arm in COLOURS))
    rows = [
        {**NAMED, "months": float(month), "estimate": 0.1, "n_risk_treated": 30,
         "n_risk_control": 30, "weight_treated": 1.5, "weight_control": 2.5}
        for month in range(31)
    ]  # fmt: skip

    found = suppress_months(
        Differences.of(rows), curves, {"treated": "A", "control": "B"}
    )

    assert found["months"].to_list() == [0, 6, 13, 24, 29]
    assert found["n_risk_treated"].null_count() == 5
    assert found["weight_control"].to_list() == [2.5, None, None, 2.5, None]


def test_median_keeps_one_place_where_marks_stand_for_several():
    row = {**NAMED, "measure": "median", "term": "A", "estimate": 14.7843,
           "conf_low": 9.0349, "method": "Kaplan-Meier"}  # fmt: skip
    one, several = (
        suppress_effects(Effects.of([row]), minimum_count=5, minimum_mark=mark)
        for mark in (1, 5)
    )

    assert one["estimate"].to_list() == [14.7843]
    assert several.select("estimate", "conf_low").row(0) == (14.8, 9.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figure_draws_the_steps_that_are_told(language):
    curves = join(pl.concat(curve_of(MONTHS, EVENTS, label=arm) for arm in COLOURS))

    effects = [
        {**NAMED, "measure": "median", "term": arm, "estimate": 14.8, "method": ""}
        for arm in COLOURS
    ]
    style = {"tick_months": 12, "minimum_at_risk": 5, "minimum_mark": 5}
    with speaking(language):
        figure = draw_endpoint(
            curves,
            Effects.of(effects),
            Differences.create_empty(),
            label="OS",
            arms=COLOURS,
            style=style,
        )
    above, below = figure.axes
    lines = {line.get_label(): line for line in above.lines}
    assert lines["A"].get_xdata().tolist() == [0, 6, 13, 24, 29]
    # Neither a median nor a censoring is the mark of one patient.
    assert len(lines["A: censored"].get_xdata()) == 0
    assert not [name for name in lines if "median" in name]
    words = "\n".join(text.get_text() for text in above.texts)
    assert {"en": "5 events or more", "zh": "至少 5 个事件"}[language] in words
    assert "–" in [text.get_text() for text in below.texts]
