from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.full import match_full
from twoarm.propensity.nearest import caliper_of
from twoarm.propensity.sets import check_sets, weight_sets

places = st.integers(0, 12).map(lambda each: each / 4)
cohorts = st.lists(st.tuples(places, st.booleans()), max_size=7)
calipers = st.sampled_from([np.inf, 0.25, 0.5, 1.0])


def arrays(cohort):
    logit = np.array([each for each, _ in cohort], float)
    return logit, np.array([arm for _, arm in cohort], bool)


def sets_in(found, treated):
    """Treated and controls of each set."""
    for number in np.unique(found.set_number):
        rows = found.row[found.set_number == number]
        yield rows[treated[rows]], rows[~treated[rows]]


def distance_of(found, logit, treated):
    return sum(
        np.abs(logit[heads][:, None] - logit[others]).sum()
        for heads, others in sets_in(found, treated)
    )


def least_cover(logit, treated, caliper):
    """Try every set of pairs in reach; return who is in reach, and the least sum."""
    pairs = [
        (one, other, abs(logit[one] - logit[other]))
        for one in np.flatnonzero(treated)
        for other in np.flatnonzero(~treated)
        if abs(logit[one] - logit[other]) <= caliper
    ]
    reached = {each for pair in pairs for each in pair[:2]}
    least = 0.0 if not pairs else np.inf
    for chosen in product([False, True], repeat=len(pairs)):
        taken = [pair for pair, is_in in zip(pairs, chosen, strict=True) if is_in]
        if {each for pair in taken for each in pair[:2]} == reached:
            least = min(least, sum(pair[2] for pair in taken))
    return reached, least


def test_five_patients_by_hand():
    logit = np.array([0.0, 0.1, 0.2, 5.0, 5.1])
    treated = np.array([True, False, False, True, False])

    found = match_full(logit, treated)

    assert [(h.tolist(), o.tolist()) for h, o in sets_in(found, treated)] == [
        ([0], [1, 2]),
        ([3], [4]),
    ]
    weight = weight_sets(found, treated, estimand="ATT")
    np.testing.assert_allclose(weight, [1, 0.75, 0.75, 1, 1.5])


def test_several_treated_share_one_control():
    logit = np.array([0.0, 0.1, 0.2, 9.0])
    treated = np.array([True, True, False, False])

    found = match_full(logit, treated, caliper=0.5)

    assert found.row.tolist() == [0, 1, 2]
    assert set(found.set_number) == {0}


@given(cohorts.filter(lambda c: sum(a for _, a in c) in (0, 1, 2, 5, 6, 7)), calipers)
def test_no_full_match_is_shorter(cohort, caliper):
    logit, treated = arrays(cohort)

    found = match_full(logit, treated, caliper=caliper)

    reached, least = least_cover(logit, treated, caliper)
    assert set(found.row.tolist()) == reached
    assert distance_of(found, logit, treated) == pytest.approx(least, abs=1e-8)


@given(
    st.lists(st.tuples(places, st.booleans(), st.integers(0, 2)), max_size=40), calipers
)
def test_sets_have_one_of_an_arm_and_keep_their_promises(rows, caliper):
    logit, treated = arrays([row[:2] for row in rows])
    strata = np.array([row[2] for row in rows], int)
    rules = {"caliper": caliper, "strata": strata}

    found = match_full(logit, treated, **rules)

    for heads, others in sets_in(found, treated):
        assert min(len(heads), len(others)) == 1
    for estimand in ("ATT", "ATC", "ATE"):
        weight = weight_sets(found, treated, estimand=estimand)
        check_sets(
            found, treated, logit=logit, weight=weight, estimand=estimand, **rules
        )


def test_everybody_with_a_counterpart_is_in_a_set(matchit):
    logit = matchit.patients["logit"].to_numpy()
    treated = matchit.patients["treated"].to_numpy()
    caliper = caliper_of(logit, treated, 0.2)

    found = match_full(logit, treated, caliper=caliper)

    apart = np.abs(np.round(logit, 10)[:, None] - np.round(logit, 10))
    apart[treated[:, None] == treated] = np.inf
    reached = np.flatnonzero((apart <= caliper).any(axis=1))
    assert sorted(found.row) == reached.tolist()


@pytest.mark.parametrize("arms", [[True] * 3, [False] * 3, []])
def test_without_both_arms_there_are_no_sets(arms):
    found = match_full(np.zeros(len(arms)), np.array(arms, bool))

    assert len(found.row) == 0
