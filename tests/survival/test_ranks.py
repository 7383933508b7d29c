import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, multivariate_normal, norm

from twoarm.engine import fit_cox
from twoarm.logrank import compare_logrank
from twoarm.survival.ranks import (
    COMBINED,
    EVEN,
    compare_greatest,
    compare_ranks,
    exceed_any,
    sum_scores,
)
from twoarm.survival.stack import Stack


def stack(time, event, treated, weight=None, cluster=None, entry=None):
    return Stack(
        np.asarray(time, float),
        np.asarray(event, bool),
        np.asarray(treated, float),
        weight,
        cluster,
        entry,
    )


# ------------------------------------------------------------------------- by hand


def test_weights_in_time_are_those_just_before():
    # Four at risk, S(t-) is 1, 3/4, 1/2 and 1/4; treated, control, treated, control.
    both = stack([1, 2, 3, 4], [1, 1, 1, 1], [1, 0, 1, 0])

    early, late = sum_scores(both, [(1.0, 0.0), (0.0, 1.0)]).total

    gaps = np.array([1 - 1 / 2, 0 - 1 / 3, 1 - 1 / 2, 0])
    assert early == pytest.approx(gaps @ [1, 3 / 4, 1 / 2, 1 / 4])
    assert late == pytest.approx(gaps @ [0, 1 / 4, 1 / 2, 3 / 4])


def test_late_difference_is_seen_by_late_weights():
    # Alike up to 5; then all controls die before any treated.
    first = np.repeat([1.0, 2, 3, 4, 5], 2)
    time = np.r_[first, np.arange(6.0, 16), np.arange(16.0, 26)]
    treated = np.r_[np.tile([1, 0], 5), np.zeros(10), np.ones(10)]
    both = stack(time, np.ones(30), treated)

    assert compare_ranks(both, (0.0, 1.0)).p_value < compare_ranks(both).p_value
    greatest = compare_greatest(both)
    tests = [compare_ranks(both, power) for power in COMBINED]
    assert greatest.statistic == pytest.approx(max(t.statistic for t in tests))
    least = min(test.p_value for test in tests)
    assert least < greatest.p_value < 4 * least


# --------------------------------------------------------------- two ways to a number


@given(st.integers(0, 10_000), st.booleans())
def test_plain_is_the_logrank_test(invent, seed, ties):
    time, event, treated, _ = invent(seed, ties=ties)

    found = compare_ranks(stack(time, event, treated))

    expected = compare_logrank(time, event, treated)
    assert found.statistic == pytest.approx(expected.statistic, nan_ok=True)


@given(st.integers(0, 10_000))
def test_entries_at_the_start_change_nothing(invent, seed):
    time, event, treated, weight = invent(seed, ties=True)
    both = stack(time, event, treated, weight)

    late = both._replace(entry=np.zeros(len(time)))

    assert compare_ranks(late).statistic == pytest.approx(
        compare_ranks(both).statistic, nan_ok=True
    )


@given(st.integers(0, 10_000))
def test_copies_of_patients_in_clusters_are_weights(invent, seed):
    time, event, treated, _ = invent(seed, ties=True)
    copies = 1 + np.arange(len(time)) % 3
    rows = np.repeat(np.arange(len(time)), copies)
    copied = stack(time[rows], event[rows], treated[rows], cluster=rows)

    weighted = stack(time, event, treated, weight=copies.astype(float))

    for power in COMBINED:
        one, other = (compare_ranks(both, power) for both in (copied, weighted))
        assert one.statistic == pytest.approx(other.statistic, nan_ok=True)


@given(st.integers(0, 10_000))
def test_unit_weights_are_near_the_unweighted(invent, seed):
    time, event, treated, _ = invent(seed, 2000, ties=False)
    both = stack(time, event, treated)

    robust = sum_scores(both._replace(weight=np.ones(2000)), COMBINED)

    plain = sum_scores(both, COMBINED)
    assert robust.total == pytest.approx(plain.total)
    # They differ as the arms do, and agree under the null hypothesis.
    assert robust.variance[0, 0] == pytest.approx(plain.variance[0, 0], rel=0.35)


@given(st.integers(0, 10_000))
def test_without_ties_the_plain_variance_is_that_of_cox(invent, seed):
    time, event, treated, _ = invent(seed, 200, ties=False)
    scores = sum_scores(stack(time, event, treated), [EVEN])

    # One step of Newton's from 0 is U / V.
    step = float(scores.total[0] / scores.variance[0, 0])
    fit = fit_cox(time, event, treated[:, None].astype(float))

    assert step == pytest.approx(fit.estimate[0], abs=0.25)


# ----------------------------------------------------------------------------- laws


@given(st.integers(0, 10_000), st.booleans())
def test_exchanged_arms_and_rows_change_nothing(invent, seed, weighted):
    time, event, treated, weight = invent(seed, ties=True)
    both = stack(time, event, treated, weight if weighted else None)
    order = np.random.default_rng(seed).permutation(len(time))

    moved = stack(
        time[order] * 30, event[order], ~treated[order], weight[order] * 7
    )._replace(**({} if weighted else {"weight": None}))

    for one, other in (
        (compare_ranks(both), compare_ranks(moved)),
        (compare_greatest(both), compare_greatest(moved)),
    ):
        assert one.statistic == pytest.approx(other.statistic, rel=1e-7, nan_ok=True)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-4, nan_ok=True)


@given(st.integers(0, 10_000))
def test_one_stratum_is_none_and_strata_add_up(invent, seed):
    time, event, treated, _ = invent(seed, ties=True)
    both, strata = stack(time, event, treated), np.arange(len(time)) % 2

    whole = sum_scores(both, COMBINED, np.zeros(len(time), int))
    parts = [
        sum_scores(stack(time[rows], event[rows], treated[rows]), COMBINED)
        for rows in (strata == 0, strata == 1)
    ]
    found = sum_scores(both, COMBINED, strata)

    assert whole.total == pytest.approx(sum_scores(both, COMBINED).total)
    assert found.total == pytest.approx(parts[0].total + parts[1].total)
    assert found.variance == pytest.approx(parts[0].variance + parts[1].variance)


@pytest.mark.parametrize("bound", [1.0, 1.96, 2.5, 3.0])
def test_chance_of_the_greatest(bound):
    one, other = np.array([[1.0, 0.4], [0.4, 1.0]]), np.eye(3)

    inside = multivariate_normal([0, 0], one).cdf([bound] * 2, lower_limit=[-bound] * 2)
    assert exceed_any(bound, one) == pytest.approx(1 - inside, abs=1e-6)
    each = chi2.cdf(bound**2, 1)
    assert exceed_any(bound, other) == pytest.approx(1 - each**3, rel=1e-4)
    alone = 2 * norm.sf(bound)
    assert exceed_any(bound, np.ones((4, 4))) == pytest.approx(alone)


def test_chance_of_the_greatest_keeps_its_digits_where_it_is_small():
    beyond = exceed_any(8.0, np.eye(3))

    assert beyond == pytest.approx(3 * 2 * norm.sf(8.0), rel=1e-4)


# ------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("time", "event", "treated"),
    [
        ([1, 2, 3], [0, 0, 0], [1, 0, 1]),
        ([1], [1], [1]),
        ([1, 2, 3], [1, 1, 1], [1, 1, 1]),
        ([2, 2], [1, 1], [1, 0]),
        ([1, 5], [1, 0], [1, 1]),
    ],
    ids=["no event", "one patient", "one arm", "all at once", "nobody left"],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_what_tells_no_arms_apart_is_no_test(time, event, treated, weighted):
    weight = np.ones(len(time)) if weighted else None
    both = stack(time, event, treated, weight)

    for found in (compare_ranks(both), compare_greatest(both)):
        if not np.isnan(found.statistic):
            assert 0 <= found.p_value <= 1
        else:
            assert np.isnan(found.p_value)
    if sum(event) == 0 or len(set(treated)) == 1:
        assert np.isnan(compare_ranks(both).statistic)


def test_more_dimensions_than_provided_for_are_refused():
    with pytest.raises(ValueError, match="4 dimensions"):
        exceed_any(1.0, np.eye(4))
