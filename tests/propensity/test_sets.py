"""Matched sets: weights by hand, by another way, by MatchIt; every promise broken."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.nearest import Matches, match_nearest
from twoarm.propensity.sets import MatchError, Sets, check_sets, sets_of, weight_sets

ESTIMANDS = ["ATT", "ATC", "ATE"]


def arms(*values):
    return np.array(values, dtype=bool)


def members(sets):
    found = {}
    for row, number in zip(sets.row.tolist(), sets.set_number.tolist(), strict=True):
        found.setdefault(number, []).append(row)
    return found


# ----------------------------------------------------------------------- the sets


def test_sets_are_numbered_by_their_treated():
    matches = Matches(np.array([2, 5, 5]), np.array([0, 1, 7]), np.zeros(3))

    assert members(sets_of(matches)) == {0: [2, 0], 1: [5, 1, 7]}


def test_sets_headed_by_controls_are_numbered_by_their_lowest_treated():
    # control 0 with treated 6 and 4; control 1 with treated 5; control 9 with treated 4
    matches = Matches(np.array([6, 4, 5, 4]), np.array([0, 0, 1, 9]), np.zeros(4))

    found = members(sets_of(matches, focal="control"))

    assert found == {0: [0, 6, 4], 1: [9, 4], 2: [1, 5]}


def test_no_matches_make_no_sets():
    nobody = sets_of(Matches(*np.zeros((2, 0), dtype=np.int64), np.zeros(0)))

    assert members(nobody) == {}
    for estimand in ESTIMANDS:
        weight = weight_sets(nobody, arms(1, 0, 0), estimand=estimand)
        assert weight.tolist() == [0, 0, 0]
        check_sets(nobody, arms(1, 0, 0), weight=weight, estimand=estimand)


# -------------------------------------------------------------------- the weights

# one treated with two controls; two treated with one control; one patient left out
MIXED = Sets(np.array([0, 1, 2, 3, 4, 5]), np.array([0, 0, 0, 1, 1, 1]))
MIXED_ARMS = arms(1, 0, 0, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("estimand", "expected"),
    [
        # controls share 1/2, 1/2, 2/1: sum 3, of 3 controls
        ("ATT", [1, 1 / 2, 1 / 2, 1, 1, 2, 0]),
        # treated share 2/1, 1/2, 1/2: sum 3, of 3 treated
        ("ATC", [2, 1, 1, 1 / 2, 1 / 2, 1, 0]),
        # treated 3/1, 3/2, 3/2: sum 6, of 3; controls 3/2, 3/2, 3/1: sum 6, of 3
        ("ATE", [3 / 2, 3 / 4, 3 / 4, 3 / 4, 3 / 4, 3 / 2, 0]),
    ],
)
def test_weights_by_hand(estimand, expected):
    weight = weight_sets(MIXED, MIXED_ARMS, estimand=estimand)

    np.testing.assert_allclose(weight, expected, rtol=1e-12)
    check_sets(MIXED, MIXED_ARMS, weight=weight, estimand=estimand)


def test_a_control_of_several_sets_sums_its_shares():
    # treated 0 with 2 and 3; treated 1 with 2: shares 1/2 + 1 and 1/2, scaled to 2
    sets = Sets(np.array([0, 2, 3, 1, 2]), np.array([0, 0, 0, 1, 1]))

    weight = weight_sets(sets, arms(1, 1, 0, 0), estimand="ATT")

    assert weight.tolist() == [1, 1, 1.5, 0.5]


@pytest.mark.parametrize("ratio", range(1, 8))
@pytest.mark.parametrize("n_sets", [1, 3, 7, 49, 100])
def test_complete_sets_weigh_exactly_one(ratio, n_sets):
    treated = np.arange(n_sets * (ratio + 1)) < n_sets
    sets = sets_of(match_nearest(np.zeros(len(treated)), treated, ratio=ratio))

    for estimand in ("ATT", "ATC"):
        weight = weight_sets(sets, treated, estimand=estimand)
        assert set(weight) == {1.0}


def weigh_by_pairs(sets, treated, estimand):
    """Each pair of a set weighs the same, all what the estimand says; in fractions."""
    weight = dict.fromkeys(range(len(treated)), Fraction(0))
    for rows in members(sets).values():
        ones = [row for row in rows if treated[row]]
        others = [row for row in rows if not treated[row]]
        due = {"ATT": len(ones), "ATC": len(others), "ATE": len(rows)}[estimand]
        for one in ones:
            for other in others:
                weight[one] += Fraction(due, len(ones) * len(others))
                weight[other] += Fraction(due, len(ones) * len(others))
    for arm in (True, False):
        rows = [row for row in weight if weight[row] and treated[row] == arm]
        total = sum(weight[row] for row in rows)
        weight.update({row: weight[row] * len(rows) / total for row in rows})
    return [float(each) for each in weight.values()]


@st.composite
def partitions(draw):
    """Patients in sets of any make, some in none."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=8))
    n_out = draw(st.integers(0, 3))
    arm = [side for one, other in sizes for side in [True] * one + [False] * other]
    number = np.repeat(np.arange(len(sizes)), [sum(each) for each in sizes])
    rows = np.array(draw(st.permutations(range(len(arm) + n_out))), dtype=int)
    treated = np.zeros(len(rows), dtype=bool)
    treated[rows[: len(arm)]] = arm
    return Sets(rows[: len(arm)], number.astype(int)), treated


@given(partitions(), st.sampled_from(ESTIMANDS))
def test_weights_are_those_of_the_pairs(drawn, estimand):
    sets, treated = drawn

    weight = weight_sets(sets, treated, estimand=estimand)

    np.testing.assert_allclose(
        weight, weigh_by_pairs(sets, treated, estimand), rtol=1e-11
    )
    check_sets(sets, treated, weight=weight, estimand=estimand)


@given(st.integers(0, 1000), st.integers(1, 4), st.booleans())
def test_weights_of_a_match_are_those_of_the_pairs(seed, ratio, replace):
    rng = np.random.default_rng(seed)
    logit, treated = rng.integers(0, 9, 40) / 4, rng.random(40) < 0.5
    sets = sets_of(match_nearest(logit, treated, ratio=ratio, replace=replace))

    weight = weight_sets(sets, treated, estimand="ATT")

    np.testing.assert_allclose(weight, weigh_by_pairs(sets, treated, "ATT"), rtol=1e-11)


# ----------------------------------------------------------- every promise, broken

TREATED = arms(1, 1, 1, 0, 0, 0, 0, 0, 1, 0)
LOGIT = np.array([0.0, 1.0, 2.0, 0.1, 0.2, 1.1, 1.2, 2.1, 9.0, -9.0])
STRATA = np.array([0, 1, 2, 0, 0, 1, 1, 2, 0, 0])
PROMISED = {
    "logit": LOGIT,
    "caliper": 0.2,
    "ratio": 2,
    "strata": STRATA,
}


@pytest.fixture
def valid():
    matches = match_nearest(LOGIT, TREATED, ratio=2, caliper=0.2, strata=STRATA)
    return sets_of(matches)


def broken(sets, treated=TREATED, **promised):
    with pytest.raises(MatchError) as caught:
        check_sets(sets, treated, **promised)
    return str(caught.value).removeprefix("matched sets break their promises: ")


def changed(sets, at, *, row=None, number=None):
    rows, numbers = sets.row.copy(), sets.set_number.copy()
    rows[at] = rows[at] if row is None else row
    numbers[at] = numbers[at] if number is None else number
    return Sets(rows, numbers)


def test_a_valid_match_passes(valid):
    assert members(valid) == {0: [0, 3, 4], 1: [1, 5, 6], 2: [2, 7]}
    weight = weight_sets(valid, TREATED, estimand="ATT")

    check_sets(valid, TREATED, weight=weight, **PROMISED)


def test_the_sets_must_be_sets(valid):
    assert broken(changed(valid, 0, row=99)) == "row of no patient: 1"
    assert broken(changed(valid, 0, row=-1)) == "row of no patient: 1"
    assert broken(changed(valid, 0, number=-1)) == "entry without a set: 1"
    assert broken(Sets(valid.row[1:], valid.set_number)) == "entry without a set: 1"
    assert broken(changed(valid, [6, 7], number=5)) == "set without members: 3"


def test_sets_are_disjoint(valid):
    assert broken(changed(valid, 7, row=3)) == "patient in several sets: 1"
    twice = changed(valid, 2, row=3)
    assert "patient twice in a set: 1" in broken(twice)
    assert broken(twice, replace=True) == "patient twice in a set: 1"


def test_under_replacement_only_the_chosen_may_come_again(valid):
    check_sets(changed(valid, 7, row=3), TREATED, replace=True)
    head = changed(valid, 6, row=0)
    assert broken(head, replace=True) == "patient in several sets: 1"
    check_sets(head, TREATED, replace=True, estimand="ATC")
    control = changed(valid, 7, row=3)
    said = broken(control, replace=True, estimand="ATC")
    assert said == "patient in several sets: 1"


def test_each_set_has_both_arms(valid):
    assert broken(changed(valid, 0, row=9)) == "set without treated: 1"
    assert broken(changed(valid, 7, row=8)) == "set without controls: 1"


def test_all_are_within_the_caliper(valid):
    rule = {"logit": LOGIT, "caliper": 0.2}
    check_sets(valid, TREATED, **rule)
    assert broken(valid, logit=LOGIT, caliper=0.15) == "set wider than its caliper: 2"
    below = changed(valid, 7, row=9)
    assert broken(below, **rule) == "set wider than its caliper: 1"
    check_sets(changed(valid, 7, row=9), TREATED, logit=LOGIT)
    check_sets(valid, TREATED, logit=LOGIT + 1e-11 * np.arange(10), caliper=0.2)


def test_no_set_has_more_than_the_ratio(valid):
    assert broken(valid, ratio=1) == "set with more than 1 matches a patient: 2"
    check_sets(valid, TREATED, ratio=1, estimand="ATC")
    said = broken(MIXED, MIXED_ARMS, ratio=1, estimand="ATC")
    assert said == "set with more than 1 matches a patient: 1"


def test_a_set_is_in_one_stratum(valid):
    other = changed(valid, 7, row=9)

    assert broken(other, strata=STRATA) == "set with members of several strata: 1"


@pytest.mark.parametrize(
    ("row", "value", "expected"),
    [
        (3, 0.0, "member without a positive weight: 1"),
        (3, -1.0, "member without a positive weight: 1"),
        (3, np.nan, "member without a positive weight: 1"),
        (8, 1.0, "weight of who is in no set: 1"),
        (0, 1.0 + 1e-6, "sum of the weights of treated: 1"),
        (7, 1.0, "sum of the weights of controls: 1"),
        (7, 1.0, "weight that is not that of its sets: 1"),
    ],
)
def test_weights_are_of_members(valid, row, value, expected):
    weight = weight_sets(valid, TREATED, estimand="ATT")
    weight[row] = value

    assert expected in broken(valid, weight=weight)


def test_weights_that_only_sum_right_are_found(valid):
    weight = weight_sets(valid, TREATED, estimand="ATT")
    weight[[3, 7]] = weight[[7, 3]]

    said = broken(valid, weight=weight)

    assert said == "weight that is not that of its sets: 2"


def test_weights_of_another_estimand_are_found():
    weight = weight_sets(MIXED, MIXED_ARMS, estimand="ATT")

    for estimand in ("ATC", "ATE"):
        said = broken(MIXED, MIXED_ARMS, weight=weight, estimand=estimand)
        assert "weight that is not that of its sets: 6" in said


def test_all_broken_promises_are_told_at_once(valid):
    weight = np.ones(10)

    said = broken(changed(valid, 7, row=9), weight=weight, **PROMISED)

    assert said.split("; ") == [
        "set wider than its caliper: 1",
        "set with members of several strata: 1",
        "weight of who is in no set: 2",
        "weight that is not that of its sets: 5",
    ]
