from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_curve
from twoarm.survival.influence import estimate_influence
from twoarm.survival.restricted_mean import estimate_rmst


def estimate(time, event, weight=None, *, entry=None, patient=None, horizons):
    rows = np.array(time, float)
    who = np.arange(len(rows)) if patient is None else np.array(patient)
    return estimate_influence(
        np.zeros(len(rows)) if entry is None else np.array(entry, float),
        rows,
        np.array(event, bool),
        np.ones(len(rows)) if weight is None else np.array(weight),
        who,
        horizons=np.array(horizons, float),
        n_patients=int(who.max()) + 1,
    )


def errors(influence):
    return (influence**2).sum(axis=0) ** 0.5


def test_influence_of_each_patient_is_rs(oracle):
    block = oracle("incidence")["influence"]
    columns = ("time", "event", "weight")

    found = estimate(
        *(block[name] for name in columns),
        entry=block["entry"],
        patient=block["patient"],
        horizons=block["horizons"],
    )

    assert found.survival == pytest.approx(block["survival"], rel=1e-12)
    assert found.mean == pytest.approx(block["mean"], rel=1e-12)
    assert errors(found.of_survival) == pytest.approx(block["std_error"], rel=1e-10)
    for name in ("of_survival", "of_mean"):
        expected = np.array(block[name])
        assert getattr(found, name) == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_four_patients_by_hand():
    # S(1) = 3/4 and S(3) = 3/8, as of the two left at 3 one dies.
    found = estimate([1, 2, 3, 4], [True, False, True, False], horizons=[0.5, 1, 3, 4])

    assert found.survival == pytest.approx([1, 3 / 4, 3 / 8, 3 / 8])
    assert found.mean == pytest.approx([0.5, 1, 1 + 2 * 3 / 4, 2.5 + 3 / 8])
    # Greenwood: S^2 (1/(4*3) + 1/(2*1))
    variance = (3 / 8) ** 2 * (1 / 12 + 1 / 2)
    assert errors(found.of_survival)[2] == pytest.approx(variance**0.5)
    # From 1 on the area to 4 is 15/8, from 3 on 3/8.
    variance = (15 / 8) ** 2 / 12 + (3 / 8) ** 2 / 2
    assert errors(found.of_mean)[3] == pytest.approx(variance**0.5)
    # Nobody's weight moves what is before the first death.
    assert not found.of_survival[:, 0].any()


def test_nobody_left():
    found = estimate([1, 2], [True, True], horizons=[1, 2, 5])

    assert found.survival.tolist() == [0.5, 0, 0]
    assert found.mean.tolist() == [1, 1.5, 1.5]
    assert not found.of_survival[:, 1:].any()


def test_everybody_censored():
    found = estimate([1, 2], [False, False], horizons=[0.5, 2])

    assert found.survival.tolist() == [1, 1]
    assert found.mean.tolist() == [0.5, 2]
    assert not found.of_survival.any()
    assert not found.of_mean.any()


def test_patient_without_a_row_weighs_nothing():
    found = estimate([1, 2, 3], [True] * 3, patient=[0, 2, 3], horizons=[1])

    assert found.of_survival.shape == (4, 1)
    assert found.of_survival[1] == 0


seeds = st.integers(0, 10_000)


@given(seeds, st.booleans())
def test_it_is_the_engines_curve_and_the_restricted_mean(invent, seed, ties):
    time, event, _, weight = invent(seed, ties=ties)
    curve, _ = fit_curve(time, event, weight)
    inside = (curve.estimate > 1e-9) & (curve.time <= time.max())
    horizons = curve.time[inside]

    found = estimate(time, event, weight, horizons=horizons)

    expected = curve.std_error[inside]
    assert found.survival == pytest.approx(curve.estimate[inside], rel=1e-11)
    assert errors(found.of_survival) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    for place in (0, len(horizons) // 2, -1):
        mean = estimate_rmst(time, event, horizons[place], weight)
        assert found.mean[place] == pytest.approx(mean.estimate, rel=1e-11)
        error = errors(found.of_mean)[place]
        assert error == pytest.approx(mean.std_error, rel=1e-9, abs=1e-12)


@given(seeds, st.booleans())
def test_delayed_entries_are_the_engines(invent, seed, ties):
    time, event, _, weight = invent(seed, ties=ties)
    entry = np.random.default_rng([seed, 1]).random(len(time)) * time * 0.9
    curve, _ = fit_curve(time, event, weight, entry=entry)
    inside = curve.estimate > 1e-9
    horizons = curve.time[inside]

    found = estimate(time, event, weight, entry=entry, horizons=horizons)

    expected = curve.std_error[inside]
    assert found.survival == pytest.approx(curve.estimate[inside], rel=1e-10)
    assert errors(found.of_survival) == pytest.approx(expected, rel=1e-8, abs=1e-12)


@given(seeds, st.booleans(), st.lists(st.floats(0.05, 15), max_size=3, unique=True))
def test_rows_split_at_a_time_give_the_same(invent, seed, ties, cuts):
    time, event, _, weight = invent(seed, ties=ties)
    rows = []
    for number, (end, dead, mass) in enumerate(zip(time, event, weight, strict=True)):
        edges = [0.0, *sorted(cut for cut in cuts if cut < end), end]
        for low, high in pairwise(edges):
            rows.append((low, high, bool(dead and high == end), mass, number))
    entry, ends, died, masses, who = (
        np.array(each) for each in zip(*rows, strict=True)
    )
    horizons = [0.5, 3.0, 8.0]

    whole = estimate(time, event, weight, horizons=horizons)
    split = estimate(ends, died, masses, entry=entry, patient=who, horizons=horizons)

    for name in whole._fields:
        found, expected = getattr(split, name), getattr(whole, name)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(seeds, st.permutations(range(40)), st.sampled_from([0.01, 30.4375]))
def test_order_of_rows_and_unit_of_time_do_not_matter(invent, seed, order, scale):
    time, event, _, weight = invent(seed, ties=True)
    horizons = np.array([1.0, 4.5, 8.0])

    found = estimate(time, event, weight, horizons=horizons)
    again = estimate(
        time[order] * scale,
        event[order],
        weight[order],
        patient=np.arange(40)[order],
        horizons=horizons * scale,
    )

    assert again.survival == pytest.approx(found.survival, rel=1e-11)
    close = {"rel": 1e-9, "abs": 1e-12}
    assert again.of_survival == pytest.approx(found.of_survival, **close)
    assert again.of_mean / scale == pytest.approx(found.of_mean, **close)


@given(seeds, st.integers(0, 39))
def test_influence_is_the_derivative_by_the_weight(invent, seed, who):
    time, event, _, weight = invent(seed, ties=True)
    horizons = [2.0, 6.0]
    step = 1e-5 * weight[who]

    def moved(by):
        return weight + by * (np.arange(40) == who)

    found = estimate(time, event, weight, horizons=horizons)
    sides = [
        estimate(time, event, moved(by), horizons=horizons) for by in (step, -step)
    ]

    for of, name in (("of_survival", "survival"), ("of_mean", "mean")):
        slope = (getattr(sides[0], name) - getattr(sides[1], name)) / (2 * step)
        expected = getattr(found, of)[who]
        assert weight[who] * slope == pytest.approx(expected, rel=1e-5, abs=1e-8)
