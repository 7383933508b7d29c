import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from twoarm.engine import fit_cox, fit_curve
from twoarm.survival.restricted_mean import estimate_rmst
from twoarm.survival.two_arms import (
    estimate_two_arms,
    fit_arms,
    fit_two_arms,
    two_arms_of,
)

FIT = 1e-9
seeds = st.integers(0, 10_000)


def engine(time, event, treated, weight=None):
    return fit_cox(time, event, treated[:, None].astype(float), weight=weight)


def agree(found, expected, tolerance=FIT):
    """Compare a fit with the engine's, including where neither has an estimate."""
    np.testing.assert_allclose(
        found.estimate, expected.estimate[0], rtol=tolerance, atol=tolerance
    )
    if found.std_error is not None:
        assert not expected.robust
        np.testing.assert_allclose(found.std_error, expected.std_error[0], rtol=FIT)


# ------------------------------------------------------------------ the hazard ratio


def test_it_is_rs(study):
    fit = fit_two_arms(study.time, study.event, study.treated, study.weight)

    expected = study.expected["cox_treated"]["terms"]["treated"]
    assert fit.estimate == pytest.approx(expected["coef"], rel=FIT)
    if study.weight is None:
        assert fit.std_error == pytest.approx(expected["se"], rel=FIT)
    else:
        assert fit.std_error is None


def test_it_is_scikit_survivals(plain):
    fit = fit_two_arms(plain.time, plain.event, plain.treated)

    other = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12)
    other.fit(
        plain.treated[:, None].astype(float), Surv.from_arrays(plain.event, plain.time)
    )
    assert fit.estimate == pytest.approx(other.coef_[0], rel=1e-8)


@given(seeds, st.booleans(), st.booleans(), st.integers(4, 40))
def test_it_is_the_engines(invent, seed, ties, weighted, size):
    time, event, treated, weight = invent(seed, size, ties=ties)
    weight = weight if weighted else None
    found = fit_two_arms(time, event, treated, weight)
    if not (event[treated].any() and event[~treated].any()):
        assert np.isnan(found.estimate)
        return

    agree(found, engine(time, event, treated, weight))


@given(
    seeds,
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 4), min_size=25, max_size=25),
)
def test_counts_are_copies_of_rows(invent, seed, ties, weighted, counts):
    """Copies that die are tied deaths, whatever their weights, as in copied rows."""
    time, event, treated, weight = invent(seed, 25, ties=ties)
    copies = np.array(counts)
    rows = np.repeat(np.arange(25), copies)
    dies = event[rows]
    if not (dies[treated[rows]].any() and dies[~treated[rows]].any()):
        return
    total = copies * weight if weighted else None

    found = fit_arms(two_arms_of(time, event, treated), copies=copies, weight=total)

    copied = time[rows], dies, treated[rows], weight[rows] if weighted else None
    agree(found, engine(*copied))
    again = fit_two_arms(*copied).estimate
    np.testing.assert_allclose(found.estimate, again, rtol=FIT, atol=FIT)


@given(seeds, st.booleans())
def test_arms_exchanged_are_the_inverse(invent, seed, ties):
    time, event, treated, weight = invent(seed, ties=ties)

    found = fit_two_arms(time, event, treated, weight).estimate

    other = fit_two_arms(time, event, ~treated, weight).estimate
    np.testing.assert_allclose(found, -other, atol=1e-9)


@given(seeds, st.sampled_from([1e-9, 0.01, 1e9]))
def test_size_of_the_weights_does_not_matter(invent, seed, factor):
    time, event, treated, weight = invent(seed, ties=True)

    found = fit_two_arms(time, event, treated, weight * factor).estimate

    assert found == pytest.approx(
        fit_two_arms(time, event, treated, weight).estimate, abs=1e-9
    )


@given(seeds)
def test_weights_of_nothing_are_absence(invent, seed):
    time, event, treated, weight = invent(seed, ties=True)
    weight[::3] = 0
    kept = weight > 0

    found = fit_two_arms(time, event, treated, weight).estimate

    alone = fit_two_arms(time[kept], event[kept], treated[kept], weight[kept]).estimate
    np.testing.assert_allclose(found, alone, rtol=1e-12)


@given(seeds)
def test_order_of_the_rows_does_not_matter(invent, seed):
    patients = invent(seed, ties=True)
    mixed = np.random.default_rng(seed).permutation(40)

    found = fit_two_arms(*patients).estimate

    np.testing.assert_allclose(
        found, fit_two_arms(*(each[mixed] for each in patients)).estimate, atol=1e-9
    )


def test_times_that_differ_by_rounding_are_one():
    time = np.array([0.3, 0.1 + 0.2, 1, 2, 3, 3 + 1e-9])
    event, treated = np.ones(6, bool), np.array([True, False] * 3)

    arms = two_arms_of(time, event, treated)

    assert arms.times.tolist() == [0.3, 1, 2, 3]
    agree(fit_two_arms(time, event, treated), engine(time, event, treated))
    assert fit_two_arms(time, event, treated) != fit_two_arms(
        np.arange(6.0), event, treated
    )
    large = 1e6 + time * 1e-3  # all within rounding of each other
    assert two_arms_of(large, event, treated).times.tolist() == [large[0]]
    large[3:] *= 2
    agree(fit_two_arms(large, event, treated), engine(large, event, treated))


def test_a_large_ratio_is_found():
    """One treated among many controls dies late, of a great hazard ratio's inverse."""
    time = np.r_[np.arange(1.0, 500), 499.5, 500]
    treated = np.r_[np.zeros(499, bool), True, False]
    event = np.ones(501, bool)

    agree(fit_two_arms(time, event, treated), engine(time, event, treated), 1e-8)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e6, 1e12])
def test_weights_of_very_different_sizes_are_borne(size):
    """By hand: at 2 a treated (weight w) and a control are left, and the treated dies;
    at 1 a control dies of two controls and that treated."""
    time, treated = np.array([1.0, 2, 3]), np.array([False, True, False])
    weight = np.array([1, size, 1.0])

    fit = fit_two_arms(time, np.ones(3, bool), treated, weight)

    # Of the slope: w - w r / (r + 1) - r / (r + 2) = 0, with r = w exp(b)
    # Times (r + 1) (r + 2): w (r + 2) = r (r + 1), so r^2 + r (1 - w) - 2 w = 0
    root = np.sqrt((1 - size) ** 2 + 8 * size)
    r = 4 * size / (1 - size + root) if size < 1 else (size - 1 + root) / 2
    assert fit.estimate == pytest.approx(np.log(r / size), abs=1e-9)


@pytest.mark.parametrize("seed", [64, 134, 276, 1541])
def test_weights_that_lead_newton_astray_are_borne(seed):
    """Newton's steps alone leave the first three, and steps cut at 2 the last."""
    rng = np.random.default_rng(seed)
    n, spread = rng.integers(4, 30), rng.choice([1, 3, 6, 12])
    time, treated = rng.exponential(1, n), rng.random(n) < 0.5
    event, weight = rng.random(n) < 0.8, np.exp(spread * rng.normal(size=n))

    fit = fit_two_arms(time, event, treated, weight)

    def slope(beta):
        risk = weight * np.exp(beta * treated)
        total = 0.0
        for row in np.flatnonzero(event):
            at_risk = time >= time[row]
            chance = risk[at_risk & treated].sum() / risk[at_risk].sum()
            total += weight[row] * (treated[row] - chance)
        return total

    assert slope(fit.estimate - 1e-4) > 0 > slope(fit.estimate + 1e-4)


@pytest.mark.parametrize(
    ("time", "event", "treated"),
    [
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]),  # no control dies
        ([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0]),  # all treated die first
        ([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1]),  # all controls die first
        ([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 0, 0]),  # a death, never of two arms
        ([1, 2, 3, 4], [0, 0, 0, 0], [1, 0, 1, 0]),  # no event
        ([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1]),  # one arm
        ([], [], []),
    ],
)
def test_no_maximum_is_no_estimate(time, event, treated):
    arms = np.array(time, float), np.array(event, bool), np.array(treated, bool)

    fit = fit_two_arms(*arms)

    assert np.isnan([fit.estimate, fit.std_error]).all()
    weighted = fit_two_arms(*arms, np.ones(len(time)))
    assert np.isnan(weighted.estimate)
    assert weighted.std_error is None


# ------------------------------------------------------------ survival and its mean


def apart(time, event, treated, weight, horizons, rmst_horizon):
    """The contrasts by the modules that estimate arm by arm."""
    at, means = [], []
    for arm in (treated, ~treated):
        own = None if weight is None else weight[arm]
        curve, _ = fit_curve(time[arm], event[arm], own)
        place = np.searchsorted(curve.time, horizons, side="right")
        known = np.array(horizons) <= curve.time[-1]
        at.append(np.where(known, np.r_[1.0, curve.estimate][place], np.nan))
        means.append(estimate_rmst(time[arm], event[arm], rmst_horizon, own).estimate)
    return at[0] - at[1], means[0] - means[1]


def test_curves_of_the_studies_are_the_engines(study):
    end = min(study.time[arm].max() for arm in (study.treated, ~study.treated))
    horizons = [0.5, 0.3 * end, 0.7 * end, end]
    arms = two_arms_of(study.time, study.event, study.treated)

    found = estimate_two_arms(
        arms, horizons=horizons, rmst_horizon=end, weight=study.weight
    )

    expected = apart(*study[:4], horizons, end)
    np.testing.assert_allclose(found.survival_difference, expected[0], atol=1e-11)
    assert found.rmst_difference == pytest.approx(expected[1], rel=1e-9)
    assert found.log_hazard_ratio == fit_arms(arms, weight=study.weight).estimate


@given(seeds, st.booleans(), st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_curves_of_a_resample_are_the_engines(invent, seed, ties, counts):
    time, event, treated, weight = invent(seed, 30, ties=ties)
    copies = np.array(counts)
    copies[:2] += 1  # nobody's arm is empty
    rows = np.repeat(np.arange(30), copies)
    ends = [time[rows][arm].max() for arm in (treated[rows], ~treated[rows])]
    horizons = [0.001, 2.5, 7.0, min(ends), max(ends), 1e4]

    found = estimate_two_arms(
        two_arms_of(time, event, treated),
        copies=copies,
        weight=copies * weight,
        horizons=horizons,
        rmst_horizon=min(ends),
    )

    sample = [each[rows] for each in (time, event, treated, weight)]
    expected = apart(*sample, horizons, min(ends))
    np.testing.assert_allclose(found.survival_difference, expected[0], atol=1e-11)
    assert found.rmst_difference == pytest.approx(expected[1], abs=1e-9)


def test_contrasts_by_hand():
    """Treated die at 2 and are censored at 4; controls die at 1 and 3."""
    time, treated = np.array([2.0, 4, 1, 3]), np.array([True, True, False, False])
    arms = two_arms_of(time, np.array([True, False, True, True]), treated)

    found = estimate_two_arms(arms, horizons=[0, 1, 2, 3, 3.5], rmst_horizon=3)

    # Survival of the treated 1, 1, 1/2, 1/2; of the controls 1, 1/2, 1/2, 0.
    assert found.survival_difference[:4].tolist() == [0, 0.5, 0, 0.5]
    assert np.isnan(found.survival_difference[4])
    assert found.rmst_difference == pytest.approx(2.5 - 2)
    beyond = estimate_two_arms(arms, horizons=[], rmst_horizon=3.5)
    assert np.isnan(beyond.rmst_difference)
    assert beyond.survival_difference.shape == (0,)
    assert np.isnan(estimate_two_arms(arms, horizons=[]).rmst_difference)


def test_an_empty_arm_has_no_contrast():
    time, treated = np.array([1.0, 2, 3]), np.array([True, False, False])
    arms = two_arms_of(time, np.ones(3, bool), treated)

    found = estimate_two_arms(
        arms, copies=np.array([0, 1, 2]), horizons=[0.5], rmst_horizon=0.5
    )

    assert np.isnan([found.log_hazard_ratio, found.rmst_difference]).all()
    assert np.isnan(found.survival_difference).all()
