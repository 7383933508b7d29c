import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from twoarm.bootstrap import (
    bootstrap,
    draw_counts,
    draw_rows,
    summarise_replicates,
)
from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.survival.two_arms import fit_arms, two_arms_of

VALUES = np.random.default_rng(5).normal(size=30)


def mean(rows):
    return np.array([VALUES[rows].mean(), VALUES[rows].std()])


# ----------------------------------------------------------------------- resamples


@given(st.integers(1, 40), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_resample_has_as_many_as_there_are(n, replicate, seed):
    counts = draw_counts(n, replicate, seed)

    assert counts.shape == (n,)
    assert counts.sum() == n
    rows = draw_rows(n, replicate, seed)
    assert (np.diff(rows) >= 0).all()
    np.testing.assert_array_equal(np.bincount(rows, minlength=n), counts)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(0, 500))
def test_a_stratum_keeps_its_size(letters, replicate):
    strata = np.array(letters)

    rows = draw_rows(len(strata), replicate, 1, strata=strata)

    assert sorted(strata[rows]) == sorted(letters)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 500))
def test_a_cluster_is_drawn_whole(numbers, replicate):
    clusters = np.array(numbers)

    rows = draw_rows(len(clusters), replicate, 1, clusters=clusters)

    counts = np.bincount(rows, minlength=len(clusters))
    drawn = {number: set(counts[clusters == number]) for number in set(numbers)}
    assert all(len(each) == 1 for each in drawn.values())
    assert sum(each.pop() for each in drawn.values()) == len(drawn)


def test_clusters_are_drawn_within_their_stratum():
    clusters = np.repeat(np.arange(6), 2)
    strata = np.repeat(np.array(["a", "b"]), 6)

    drawn = [
        draw_rows(12, each, 1, clusters=clusters, strata=strata) for each in range(20)
    ]

    assert all((strata[rows] == "a").sum() == 6 for rows in drawn)
    assert len({tuple(rows) for rows in drawn}) > 15


def test_each_unit_is_as_likely():
    counts = np.array([draw_counts(4, each, 2) for each in range(4_000)])

    # Multinomial: mean 1, variance 3/4, covariance -1/4, within five standard errors.
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=5 * 0.75**0.5 / 4_000**0.5)
    expected = np.eye(4) - 0.25
    np.testing.assert_allclose(np.cov(counts.T), expected, atol=0.1)


def test_resamples_of_three_are_those_by_hand():
    """All 27 draws of 0, 3, 6 by hand: means 0 to 6, their variance 6 / 3."""
    values = np.array([0.0, 3, 6])
    by_hand = [np.mean(each) for each in product(values, repeat=3)]

    found = bootstrap(lambda rows: values[rows].mean(), 3, replicates=5_000, seed=3)

    levels, share = np.unique(by_hand, return_counts=True)
    reached, count = np.unique(found, return_counts=True)
    np.testing.assert_allclose(reached, levels)
    np.testing.assert_allclose(count / 5_000, share / 27, atol=0.03)
    assert np.var(by_hand) == pytest.approx(2)
    spread = summarise_replicates(np.array([3.0]), found, confidence=0.95)
    assert spread.std_error[0] == pytest.approx(2**0.5, rel=0.05)


# --------------------------------------------------------------------- replicates


def test_bits_are_the_same_for_batches_and_processes():
    whole = bootstrap(mean, 30, replicates=24, seed=7)

    parts = [
        bootstrap(mean, 30, replicates=8, seed=7, first=each) for each in (0, 8, 16)
    ]
    shared = bootstrap(mean, 30, replicates=24, seed=7, processes=2)

    assert whole.shape == (24, 2)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(shared, whole)
    assert not np.array_equal(bootstrap(mean, 30, replicates=24, seed=8), whole)


def test_work_is_shared_however_it_is_written():
    def slow(rows):  # no module has it, so it cannot be pickled
        time.sleep(0.01)
        return mean(rows)

    found = bootstrap(slow, 30, replicates=6, seed=7, processes=3)

    np.testing.assert_array_equal(found, bootstrap(mean, 30, replicates=6, seed=7))


@pytest.mark.parametrize("processes", [1, 2])
def test_linear_algebra_has_one_thread(processes):
    def threads(rows):
        used = [x for x in threadpool_info() if x["user_api"] == "blas"]
        return np.array([max(x["num_threads"] for x in used)])

    with threadpool_limits(2, user_api="blas"):
        found = bootstrap(threads, 30, replicates=2, seed=1, processes=processes)

    assert found.tolist() == [[1], [1]]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_replicate_that_fails_is_counted(processes):
    def fails(rows):
        if 0 not in rows:
            raise InputError("the first is not among them")
        return mean(rows)

    found = bootstrap(fails, 30, replicates=60, seed=1, processes=processes)

    absent = [0 not in draw_rows(30, each, 1) for each in range(60)]
    assert 3 < sum(absent) < 57
    np.testing.assert_array_equal(np.isnan(found), np.c_[absent, absent])
    spread = summarise_replicates(np.zeros(2), found, confidence=0.9)
    assert spread.n_failed.tolist() == [sum(absent)] * 2
    assert spread.n_replicates == 60
    assert spread.doubt[0].startswith(f"{sum(absent)} of 60 resamples have no estimate")
    kept = found[~np.isnan(found[:, 0])]
    np.testing.assert_allclose(spread.std_error, kept.std(axis=0, ddof=1))


def test_all_that_fail_are_an_error():
    def fails(rows):
        raise InputError("an arm is empty")

    with pytest.raises(InputError, match=r"any of 5 resamples.*an arm is empty"):
        bootstrap(fails, 30, replicates=5, seed=1)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_fault_of_the_code_is_not_a_failure(processes):
    def breaks(rows):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bootstrap(breaks, 30, replicates=5, seed=1, processes=processes)


# ------------------------------------------------------------------------- summary


def test_summary_by_hand():
    replicates = np.c_[np.arange(1.0, 20), np.r_[[np.nan], np.full(18, 4.0)]]

    spread = summarise_replicates(np.array([10.0, 4.0]), replicates, confidence=0.9)

    # 19 of them: places 1 and 19; R: quantile(1:19, c(.05, .95), type = 6)
    assert spread.percentile_low.tolist() == [1, 4]
    assert spread.percentile_high.tolist() == [19, 4]
    error = (19 * 20 / 12) ** 0.5
    assert spread.std_error == pytest.approx([error, 0])
    assert spread.normal_low == pytest.approx([10 - 1.6448536269514722 * error, 4])
    assert spread.normal_high == pytest.approx([10 + 1.6448536269514722 * error, 4])
    assert spread.n_failed.tolist() == [0, 1]
    assert spread.doubt[0] == ""
    assert spread.doubt[1].startswith("1 of 19 ")  # above 5 %


def test_one_in_twenty_may_fail():
    replicates = np.r_[[np.nan], np.arange(19.0)][:, None]

    spread = summarise_replicates(np.zeros(1), replicates, confidence=0.95)

    assert spread.n_failed.tolist() == [1]
    assert spread.doubt == ("",)


def test_limits_between_two_replicates_are_rs():
    spread = summarise_replicates(
        np.zeros(1), np.array([[3.0], [1], [4], [1.5], [9]]), confidence=0.5
    )

    # R: quantile(c(3, 1, 4, 1.5, 9), c(.25, .75), type = 6)
    assert spread.percentile_low.tolist() == [1.25]
    assert spread.percentile_high.tolist() == [6.5]


def test_one_replicate_has_no_spread():
    spread = summarise_replicates(np.zeros(1), np.ones((1, 1)), confidence=0.95)

    for each in spread[:5]:
        assert np.isnan(each).all()


def test_limits_of_a_mean_cover_it():
    rng = np.random.default_rng(11)
    covered = np.zeros(2)
    for study in range(200):
        values = rng.normal(size=40)

        def statistic(rows, values=values):
            return values[rows].mean(keepdims=True)

        found = bootstrap(statistic, 40, replicates=99, seed=study)
        spread = summarise_replicates(values.mean(keepdims=True), found, confidence=0.9)
        covered += [
            (spread.percentile_low <= 0)[0] & (spread.percentile_high >= 0)[0],
            (spread.normal_low <= 0)[0] & (spread.normal_high >= 0)[0],
        ]

    # 0.9 less the few hundredths that 40 patients cost; standard error 0.02
    np.testing.assert_allclose(covered / 200, 0.89, atol=0.065)


# ----------------------------------------------------- refits of score and effect


@pytest.fixture(scope="module")
def confounded():
    """Times, events, arms and two covariates that confound them."""
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(400, 2))
    treated = rng.random(400) < 1 / (1 + np.exp(-matrix @ [0.5, -0.4]))
    ends = rng.exponential(np.exp(2 + 0.4 * treated - matrix @ [0.6, 0.3]))
    leaves = rng.uniform(2, 40, 400)
    return np.minimum(ends, leaves), ends <= leaves, treated, matrix


def weighted(confounded, *, estimand, refit):
    """Estimate by weights; the score of all patients is kept if not to be refitted."""
    *outcome, treated, matrix = confounded
    arms, n = two_arms_of(*outcome, treated), len(treated)
    known = estimate_score(treated, matrix).probability

    def statistic(rows):
        score = (
            estimate_score(treated[rows], matrix[rows]).probability
            if refit
            else known[rows]
        )
        weight = weight_by_score(score, treated[rows], estimand=estimand)
        copies = np.bincount(rows, minlength=n)
        fit = fit_arms(arms, copies=copies, weight=np.bincount(rows, weight, n))
        return np.array([fit.estimate])

    return statistic


def matched(confounded):
    *outcome, treated, matrix = confounded
    arms, n = two_arms_of(*outcome, treated), len(treated)

    def statistic(rows):
        logit = estimate_score(treated[rows], matrix[rows]).logit
        found = match_nearest(
            logit, treated[rows], caliper=caliper_of(logit, treated[rows], 0.2)
        )
        chosen = rows[np.r_[found.treated, found.control]]
        return np.array([fit_arms(arms, copies=np.bincount(chosen, minlength=n))[0]])

    return statistic


def spread_of(statistic, replicates=400):
    found = bootstrap(statistic, 400, replicates=replicates, seed=2)
    estimate = statistic(np.arange(400))
    return estimate, summarise_replicates(estimate, found, confidence=0.95)


@pytest.mark.parametrize("estimand", ["ATE", "ATO"])
def test_with_known_weights_it_is_the_robust_error(confounded, estimand):
    *outcome, treated, matrix = confounded

    estimate, spread = spread_of(weighted(confounded, estimand=estimand, refit=False))

    score = estimate_score(treated, matrix).probability
    weight = weight_by_score(score, treated, estimand=estimand)
    fit = fit_cox(*outcome, treated[:, None].astype(float), weight=weight)
    assert estimate == pytest.approx(fit.estimate, rel=1e-9)
    # 400 replicates tell an error to 3.5 %
    assert spread.std_error == pytest.approx(fit.std_error, rel=0.12)


def test_fitting_the_score_again_narrows_the_error(confounded):
    _, known = spread_of(weighted(confounded, estimand="ATE", refit=False))
    _, fitted = spread_of(weighted(confounded, estimand="ATE", refit=True))

    assert fitted.std_error < 0.97 * known.std_error


def test_matching_again_is_near_the_error_by_pairs(confounded):
    *outcome, treated, matrix = confounded

    estimate, spread = spread_of(matched(confounded), 200)

    logit = estimate_score(treated, matrix).logit
    found = match_nearest(logit, treated, caliper=caliper_of(logit, treated, 0.2))
    rows, pair = np.r_[found.treated, found.control], np.arange(len(found.treated))
    fit = fit_cox(
        *(each[rows] for each in outcome),
        treated[rows, None].astype(float),
        cluster=np.r_[pair, pair],
    )
    assert estimate == pytest.approx(fit.estimate, rel=1e-9)
    assert spread.std_error == pytest.approx(fit.std_error, rel=0.3)
    assert not spread.n_failed.any()


def test_copies_of_a_patient_are_units_of_their_own():
    """Rows 0, 0, 1, 1: each copy of the treated takes a copy of the control."""
    rows = np.array([0, 0, 1, 1])
    treated, logit = np.array([True, False]), np.array([0.2, 0.1])

    found = match_nearest(logit[rows], treated[rows])

    assert sorted(found.treated) == [0, 1]
    assert sorted(found.control) == [2, 3]


def test_resamples_that_separate_the_arms_are_counted():
    matrix = np.array([[1.0], [2], [3], [4], [2.5], [6]])
    treated = np.array([False, True, False, True, False, True])

    def statistic(rows):
        return estimate_score(treated[rows], matrix[rows]).estimate

    found = bootstrap(statistic, 6, replicates=40, seed=1)

    lost = np.isnan(found[:, 0])
    assert 0 < lost.sum() < 40
    for number in np.flatnonzero(lost):
        with pytest.raises(InputError):
            statistic(draw_rows(6, number, 1))
