import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_curve
from twoarm.survival.restricted_mean import estimate_rmst

TIME = np.array([3.0, 5, 5, 8, 10, 12])
EVENT = np.array([True, True, False, True, False, True])


@pytest.mark.parametrize("arm", ["treated", "control"])
def test_restricted_mean_and_error_are_rs(study, arm):
    time, event, weight = study.arm(arm)

    for block in study.expected["rmst"].values():
        found = estimate_rmst(time, event, block["days"], weight)

        assert found.estimate == pytest.approx(block[arm]["rmst"], rel=1e-12)
        assert found.std_error == pytest.approx(block[arm]["se"], rel=1e-11)


def test_six_patients_by_hand():
    found = estimate_rmst(TIME, EVENT, 12.0)

    # 3 at 1, 2 at 5/6, 3 at 2/3, 4 at 4/9
    assert found.estimate == pytest.approx(3 + 2 * 5 / 6 + 3 * 2 / 3 + 4 * 4 / 9)
    assert found.estimate == pytest.approx(8.4444, abs=5e-5)
    # areas beyond 3, 5 and 8; at risk 6, 5 and 3
    areas = np.array([49 / 9, 34 / 9, 16 / 9])
    variance = (areas**2 / np.array([6 * 5, 5 * 4, 3 * 2])).sum()
    assert found.std_error == pytest.approx(variance**0.5)


@pytest.mark.parametrize(
    ("horizon", "mean"), [(1.0, 1.0), (3.0, 3.0), (5.0, 3 + 2 * 5 / 6), (6.0, 16 / 3)]
)
def test_a_drop_at_the_horizon_is_not_counted(horizon, mean):
    assert estimate_rmst(TIME, EVENT, horizon).estimate == pytest.approx(mean)


def test_before_the_first_event_nothing_is_uncertain():
    for weight in (None, np.linspace(0.5, 2, 6)):
        assert estimate_rmst(TIME, EVENT, 3.0, weight).std_error == 0


def test_one_patient():
    found = estimate_rmst(np.array([5.0]), np.array([True]), 5.0)

    assert found == (5.0, 0.0)


def area(time, event, horizon, weight):
    """The area under the engine's curve, step by step."""
    curve, _ = fit_curve(time, event, weight)
    edges = np.r_[0.0, curve.time[curve.time < horizon], horizon]
    heights = np.r_[1.0, curve.estimate[curve.time < horizon]]
    return (np.diff(edges) * heights).sum()


seeds = st.integers(0, 10_000)


@given(seeds, st.booleans(), st.booleans(), st.floats(0.1, 1))
def test_it_is_the_area_under_the_curve(invent, seed, ties, weighted, share):
    time, event, _, weight = invent(seed, ties=ties)
    weight, horizon = weight if weighted else None, share * time.max()

    found = estimate_rmst(time, event, horizon, weight)

    expected = area(time, event, horizon, weight)
    assert found.estimate == pytest.approx(expected, rel=1e-11)
    assert 0 < found.estimate <= horizon * (1 + 1e-12)


@given(seeds, st.booleans(), st.floats(0.2, 1))
def test_weights_of_one_are_no_weights(invent, seed, ties, share):
    time, event, *_ = invent(seed, ties=ties)
    horizon = share * time.max()

    plain = estimate_rmst(time, event, horizon)
    weighted = estimate_rmst(time, event, horizon, np.ones(len(time)))

    # Greenwood's plug-in is the infinitesimal jackknife's where weights are one.
    assert weighted.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert weighted.std_error == pytest.approx(plain.std_error, rel=1e-9, abs=1e-12)


@given(seeds, st.booleans(), st.lists(st.integers(1, 4), min_size=40, max_size=40))
def test_whole_weights_are_copies(invent, seed, ties, copies):
    time, event, *_ = invent(seed, ties=ties)
    copied = [np.repeat(each, copies) for each in (time, event)]
    horizon = 0.7 * time.max()

    weighted = estimate_rmst(time, event, horizon, np.array(copies, float))

    plain = estimate_rmst(*copied, horizon)
    assert weighted.estimate == pytest.approx(plain.estimate, rel=1e-12)


@given(seeds, st.sampled_from([0.01, 30.4375]), st.permutations(range(40)))
def test_unit_of_time_and_row_order_do_not_matter(invent, seed, scale, order):
    time, event, _, weight = invent(seed, ties=True)
    horizon = 0.8 * time.max()

    for w in (None, weight):
        before = np.array(estimate_rmst(time, event, horizon, w))
        moved = None if w is None else w[order]
        after = estimate_rmst(time[order] * scale, event[order], horizon * scale, moved)
        np.testing.assert_allclose(after, before * scale, rtol=1e-9)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("share", [0.4, 0.8, 1.0])
def test_weighted_error_is_the_infinitesimal_jackknife(invent, ties, share):
    time, event, _, weight = invent(5, ties=ties)
    horizon = share * time.max()

    def mean(w):
        return estimate_rmst(time, event, horizon, w).estimate

    slopes = []
    for place in range(len(weight)):
        step = 1e-5 * (np.arange(len(weight)) == place)
        slopes.append((mean(weight + step) - mean(weight - step)) / 2e-5)
    error = ((weight * slopes) ** 2).sum() ** 0.5
    found = estimate_rmst(time, event, horizon, weight).std_error
    assert found == pytest.approx(error, rel=1e-6)
