"""Matching on covariates within a caliper of the logit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.mahalanobis import find_coordinates, match_mahalanobis
from twoarm.propensity.sets import check_sets, sets_of

ORDERS = ["largest", "smallest", "closest", "farthest", "data"]


def match(matrix, treated, logit, **rules):
    found = match_mahalanobis(
        np.array(matrix, float),
        np.array(treated, bool),
        np.array(logit, float),
        **rules,
    )
    return set(zip(found.treated.tolist(), found.control.tolist(), strict=True))


# ------------------------------------------------------------------- the distance


def by_formula(matrix, treated):
    """All distances from the covariance within the arms, inverted."""
    within = matrix.copy()
    for arm in (treated, ~treated):
        within[arm] -= matrix[arm].mean(axis=0)
    inverse = np.linalg.inv(within.T @ within / (len(treated) - 2))
    apart = matrix[:, None] - matrix[None]
    return np.sqrt(np.einsum("ijk,kl,ijl->ij", apart, inverse, apart).clip(0))


def euclid(place):
    return np.sqrt(np.square(place[:, None] - place[None]).sum(axis=2))


def test_distance_by_hand():
    # deviations within the arms -1, 1, -2, 2: sum of squares 10, over 4 - 2: variance 5
    matrix, treated = (
        np.array([[0.0], [2.0], [5.0], [9.0]]),
        np.array([1, 1, 0, 0], bool),
    )

    place = find_coordinates(matrix, treated)

    assert euclid(place)[0, 2] == pytest.approx(5 / 5**0.5)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_distance_is_the_formulas(seed, n_covariates):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(30, n_covariates)) @ rng.normal(size=(n_covariates,) * 2)
    treated = np.arange(30) % 3 == 0

    found = euclid(find_coordinates(matrix, treated))

    np.testing.assert_allclose(found, by_formula(matrix, treated), rtol=1e-5, atol=1e-9)


@given(st.integers(0, 1000))
def test_units_of_the_covariates_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    matrix, treated = rng.normal(size=(20, 3)), np.arange(20) % 2 == 0

    moved = matrix * [1e-3, 1.0, 1e4] + [5.0, -3.0, 1e4]

    np.testing.assert_allclose(
        euclid(find_coordinates(moved, treated)),
        euclid(find_coordinates(matrix, treated)),
        atol=1e-7,
    )


def test_constant_and_repeated_covariates_add_nothing():
    rng = np.random.default_rng(1)
    matrix, treated = rng.normal(size=(20, 2)), np.arange(20) % 2 == 0
    more = np.c_[matrix, np.full(20, 3.0), matrix[:, :1], np.zeros(20)]

    place = find_coordinates(more, treated)

    assert place.shape == (20, 2)
    assert np.isfinite(place).all()


# ---------------------------------------------------------------------- the match


def match_literally(
    matrix, treated, logit, *, ratio, caliper, replace, order, strata=None
):
    """Look at all pairs each time, by the rules."""
    apart = np.round(euclid(find_coordinates(matrix, treated)), 10)
    line = np.round(logit, 10)
    strata = np.zeros(len(line)) if strata is None else strata
    free, pairs = set(np.flatnonzero(~treated).tolist()), []
    waiting = np.flatnonzero(treated).tolist()
    sign = {"largest": -1, "smallest": 1}.get(order, 0)
    waiting.sort(key=lambda row: sign * line[row])

    def nearest(one):
        own = {b for a, b in pairs if a == one}
        within = [
            (apart[one, other], abs(line[one] - line[other]), other)
            for other in free - own
            if abs(line[one] - line[other]) <= caliper and strata[one] == strata[other]
        ]
        return min(within, default=None)

    def take(one, other):
        pairs.append((one, other))
        if not replace:
            free.remove(other)

    for _ in range(ratio):
        before = len(pairs)
        if order in ("closest", "farthest") and not replace:
            match_queue(waiting, nearest, take, free, far=order == "farthest")
        else:
            for one in waiting:
                found = nearest(one)
                if found:
                    take(one, found[-1])
        waiting = [one for one in waiting if one in {a for a, _ in pairs[before:]}]
    return set(pairs)


def match_queue(waiting, nearest, take, free, *, far):
    queue = [(nearest(one), one) for one in waiting]
    queue = [(found[0], found[-1], one) for found, one in queue if found]
    queue.sort(key=lambda each: -each[0] if far else each[0])
    while queue:
        _, other, one = queue.pop(0)
        if other in free:
            take(one, other)
            continue
        found = nearest(one)
        if found:
            ahead = [q for q in queue if (q[0] >= found[0] if far else q[0] < found[0])]
            queue.insert(len(ahead), (found[0], found[-1], one))


rules = st.fixed_dictionaries(
    {
        "ratio": st.integers(1, 3),
        "caliper": st.sampled_from([0.0, 0.25, 0.5, np.inf]),
        "replace": st.booleans(),
        "order": st.sampled_from(ORDERS),
    }
)


@given(st.integers(0, 10_000), rules, st.booleans())
def test_match_is_what_the_rules_say(seed, rule, within):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 40))
    matrix = rng.integers(0, 3, (size, 2)) * 1.0  # ties
    logit, treated = rng.integers(0, 6, size) / 4, rng.random(size) < 0.4
    strata = rng.integers(0, 3, size) if within else None

    found = match_mahalanobis(matrix, treated, logit, strata=strata, **rule)

    pairs = set(zip(found.treated.tolist(), found.control.tolist(), strict=True))
    assert pairs == match_literally(matrix, treated, logit, strata=strata, **rule)
    assert (np.diff(found.treated) >= 0).all()
    apart = euclid(find_coordinates(matrix, treated))[found.treated, found.control]
    np.testing.assert_allclose(found.distance, apart, atol=1e-9)
    promised = {key: rule[key] for key in ("ratio", "caliper", "replace")}
    check_sets(sets_of(found), treated, logit=logit, strata=strata, **promised)


@given(st.integers(0, 10_000), rules)
def test_to_focus_on_the_controls_is_to_swap_the_arms(seed, rule):
    rng = np.random.default_rng(seed)
    matrix, logit = rng.normal(size=(20, 2)), rng.normal(size=20)
    treated = rng.random(20) < 0.5

    found = match(matrix, treated, logit, focal="control", **rule)

    swapped = match(matrix, ~treated, logit, **rule)
    assert found == {(one, other) for other, one in swapped}


def test_likest_control_within_the_caliper_wins_over_the_nearest_logit():
    #         treated, near in logit, like, alike but too far
    age = [[50.0], [80.0], [52.0], [50.0]]
    treated, logit = [1, 0, 0, 0], [0.0, 0.1, 0.2, 0.9]

    assert match(age, treated, logit, caliper=0.5) == {(0, 2)}
    assert match(age, treated, logit) == {(0, 3)}
    assert match(age, treated, logit, caliper=0.1) == {(0, 1)}
    assert match(age, treated, logit, caliper=0.05) == set()


def test_of_equally_like_controls_the_nearer_logit_wins_then_the_lower_row():
    age = [[50.0], [60.0], [40.0], [40.0]]

    assert match(age, [1, 0, 0, 0], [0.0, 0.3, 0.2, 0.2]) == {(0, 2)}
    assert match(age, [1, 0, 0, 0], [0.0, 0.1, 0.2, 0.2]) == {(0, 1)}


@pytest.mark.parametrize("order", [*ORDERS, "random"])
@pytest.mark.parametrize("treated", [[], [1, 1], [0, 0], [1, 0]])
def test_nobody_to_match(order, treated):
    size = len(treated)

    found = match_mahalanobis(
        np.arange(size * 2.0).reshape(size, 2),
        np.array(treated, bool),
        np.arange(size) * 3.0,
        caliper=1.0,
        order=order,
        seed=1,
    )

    assert [len(each) for each in found] == [0, 0, 0]


def test_fewer_controls_than_the_ratio_asks():
    assert match([[0.0], [1.0], [2.0]], [1, 0, 0], [0, 0, 0], ratio=5) == {
        (0, 1),
        (0, 2),
    }
