from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from twoarm.propensity import line
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.optimal import match_optimal
from twoarm.propensity.sets import check_sets, sets_of

places = st.integers(0, 12).map(lambda each: each / 4)
cohorts = st.lists(st.tuples(places, st.booleans()), max_size=7)
calipers = st.sampled_from([np.inf, 0.25, 0.5, 1.0])


def arrays(cohort):
    logit = np.array([each for each, _ in cohort], float)
    return logit, np.array([arm for _, arm in cohort], bool)


def invented(size, seed=1):
    rng = np.random.default_rng(seed)
    treated = rng.random(size) < 1 / 3
    return rng.normal(size=size) + 0.7 * treated, treated


def value_of(found):
    """What a match is worth: treated, controls, distance; more is better."""
    size = len(found.treated)
    return len(set(found.treated.tolist())), size, -round(found.distance.sum(), 9)


def best_of_all(logit, treated, ratio, caliper):
    """Try every assignment of controls to treated patients or nobody."""
    heads, others = np.flatnonzero(treated), np.flatnonzero(~treated)
    best = (0, 0, 0.0)
    for chosen in product(range(-1, len(heads)), repeat=len(others)):
        pairs = [(heads[k], others[j]) for j, k in enumerate(chosen) if k >= 0]
        apart = [abs(logit[one] - logit[other]) for one, other in pairs]
        counts = np.bincount([k for k in chosen if k >= 0], minlength=1)
        if counts.max() <= ratio and all(gap <= caliper for gap in apart):
            value = (counts > 0).sum(), len(pairs), -round(sum(apart), 9)
            best = max(best, value)
    return best


def test_two_treated_share_the_near_control_for_the_least_sum():
    # Greedy, the largest first: 1.0 takes 0.9 and 0.8 is left with 0.1.
    logit = np.array([1.0, 0.8, 0.9, 1.2, 0.1])
    treated = np.array([True, True, False, False, False])

    found = match_optimal(logit, treated)

    assert found.control.tolist() == [3, 2]
    np.testing.assert_allclose(found.distance, [0.2, 0.1])
    greedy = match_nearest(logit, treated)
    assert found.distance.sum() < greedy.distance.sum()


def test_more_matches_come_before_a_shorter_distance():
    logit, treated = np.array([0.6, 0.0, 0.4, 1.0]), np.array([1, 1, 0, 0], bool)

    found = match_optimal(logit, treated, caliper=0.5)

    assert found.control.tolist() == [3, 2]


def test_every_treated_comes_before_a_second_control():
    # The middle control could be the first's second; the second has no other.
    logit = np.array([0.0, 1.0, -0.1, 0.5])
    treated = np.array([True, True, False, False])

    found = match_optimal(logit, treated, ratio=2, caliper=0.6)

    assert found.treated.tolist() == [0, 1]
    assert found.control.tolist() == [2, 3]


@given(cohorts, st.integers(1, 3), calipers)
def test_no_assignment_is_better(cohort, ratio, caliper):
    logit, treated = arrays(cohort)

    found = match_optimal(logit, treated, ratio=ratio, caliper=caliper)

    assert value_of(found) == best_of_all(logit, treated, ratio, caliper)


tenths = st.tuples(st.integers(-4, 4).map(lambda each: each / 10), st.booleans())


@given(
    st.lists(tenths, max_size=7),
    st.integers(1, 3),
    st.sampled_from([0.1, 0.2, 0.3, 0.6]),
)
def test_rounding_at_the_edge_of_the_caliper_loses_nobody(cohort, ratio, caliper):
    logit, treated = arrays(cohort)

    found = match_optimal(logit, treated, ratio=ratio, caliper=caliper)

    assert value_of(found) == best_of_all(logit, treated, ratio, caliper)


def test_tied_controls_at_the_edge_of_the_caliper_are_all_in_reach():
    # 0.8 - 0.3 is 0.5, and so in reach, though 0.8 - 0.5 is above 0.3 once rounded.
    assert 0.8 - 0.3 <= 0.5
    assert 0.8 - 0.5 > 0.3
    logit, treated = np.array([0.8, 0.3, 0.3, 0.3]), np.array([1, 0, 0, 0], bool)

    found = match_optimal(logit, treated, ratio=3, caliper=0.5)

    assert found.control.tolist() == [1, 2, 3]


@given(
    st.lists(st.tuples(places, st.booleans(), st.integers(0, 2)), max_size=40),
    st.integers(1, 3),
    calipers,
)
def test_any_match_keeps_its_promises_and_greedy_is_no_better(rows, ratio, caliper):
    logit, treated = arrays([row[:2] for row in rows])
    strata = np.array([row[2] for row in rows], int)
    rules = {"ratio": ratio, "caliper": caliper, "strata": strata}

    found = match_optimal(logit, treated, **rules)

    check_sets(sets_of(found), treated, logit=logit, **rules)
    greedy = match_nearest(logit, treated, **rules)
    assert value_of(found) >= value_of(greedy)
    alone = [
        value_of(
            match_optimal(logit[rows], treated[rows], ratio=ratio, caliper=caliper)
        )
        for rows in (strata == each for each in range(3))
    ]
    total = np.sum(alone, axis=0) if rows else np.zeros(3)
    np.testing.assert_allclose(value_of(found), total, atol=1e-8)


@given(
    cohorts, calipers, st.sampled_from([0.5, 2.0]), st.sampled_from([-8.0, 0.0, 3.0])
)
def test_affine_change_of_the_logit_leaves_the_match(cohort, caliper, scale, shift):
    logit, treated = arrays(cohort)

    before = match_optimal(logit, treated, caliper=caliper)
    after = match_optimal(logit * scale + shift, treated, caliper=caliper * scale)

    assert after.treated.tolist() == before.treated.tolist()
    assert after.control.tolist() == before.control.tolist()


@pytest.mark.parametrize("size", [200, 1_500])
def test_distance_is_that_of_the_assignment_problem(size):
    """A dummy for each treated costs more than all distances together."""
    logit, treated = invented(size)
    caliper = caliper_of(logit, treated, 0.2)
    heads, others = np.flatnonzero(treated), np.flatnonzero(~treated)
    gap = np.abs(logit[heads][:, None] - logit[others])
    cost = np.where(gap <= caliper, gap + 1e-9, 0.0)
    dummies = np.diag(np.full(len(heads), 1e4))

    row, column = min_weight_full_bipartite_matching(csr_array(np.c_[cost, dummies]))

    real = column < len(others)
    expected = gap[row[real], column[real]].sum()
    found = match_optimal(logit, treated, caliper=caliper)
    assert len(found.treated) == real.sum()
    assert found.distance.sum() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("ratio", [1, 3])
@pytest.mark.parametrize("caliper", [0.05, 0.5, np.inf])
def test_compiled_in_blocks_and_plain_in_one_give_the_same_match(
    monkeypatch, ratio, caliper
):
    logit, treated = invented(400)
    # Many ties, and blocks that end within a stratum.
    rules = {"ratio": ratio, "caliper": caliper, "strata": np.arange(400) % 3}
    found = []
    for least in (np.inf, 0):
        monkeypatch.setattr(line, "WORTH_COMPILING", least)
        found.append(match_optimal(np.round(logit, 1), treated, **rules))

    np.testing.assert_array_equal(found[0].treated, found[1].treated)
    np.testing.assert_array_equal(found[0].control, found[1].control)


def test_of_equally_good_matches_the_last_on_the_line_are_left_out():
    def pairs(logit, treated):
        found = match_optimal(np.array(logit, float), np.array(treated, bool))
        return list(zip(found.treated.tolist(), found.control.tolist(), strict=True))

    assert pairs([0.0] * 3, [1, 0, 0]) == [(0, 1)]
    assert pairs([0.0] * 3, [1, 1, 0]) == [(0, 2)]
    assert pairs([1.0, 1.5, 0.5], [1, 0, 0]) == [(0, 2)]


@pytest.mark.parametrize("arms", [[True] * 3, [False] * 3, []])
def test_without_both_arms_nobody_is_matched(arms):
    treated = np.array(arms, bool)

    assert len(match_optimal(np.zeros(len(arms)), treated).treated) == 0


def test_real_patients_are_nearer_than_by_greedy(matchit):
    logit = matchit.patients["logit"].to_numpy()
    treated = matchit.patients["treated"].to_numpy()
    caliper = caliper_of(logit, treated, 0.2)

    found = match_optimal(logit, treated, caliper=caliper)

    for order in ("largest", "smallest", "closest", "farthest", "data"):
        greedy = match_nearest(logit, treated, caliper=caliper, order=order)
        assert value_of(found) >= value_of(greedy)
