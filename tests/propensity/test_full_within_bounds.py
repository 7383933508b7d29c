"""Full matching, bounded: against all sets there are, an integer program, and laws."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from twoarm.errors import InputError
from twoarm.propensity import line, stars
from twoarm.propensity.full import match_full
from twoarm.propensity.optimal import match_optimal
from twoarm.propensity.sets import Sets, check_sets, weight_sets

LIMITS = [
    (None, None),
    (1, None),
    (2, None),
    (None, 1),
    (None, 2),
    (None, 0.5),
    (0.5, 2),
    (1 / 3, None),
    (1, 1),
    (2, 3),
    (1 / 3, 0.5),
]
grid = st.integers(-4, 4).map(lambda drawn: drawn / 10)
calipers = st.sampled_from([0.0, 0.1, 0.2, 0.3, np.inf])


def patients(most):
    arm = st.lists(st.tuples(grid, st.integers(0, 1)), max_size=most)
    return st.tuples(arm, arm, st.randoms(use_true_random=False)).map(shuffled)


def shuffled(drawn):
    rows = [(*each, True) for each in drawn[0]] + [(*each, False) for each in drawn[1]]
    drawn[2].shuffle(rows)
    logit, strata, treated = (
        np.array([row[part] for row in rows]) for part in range(3)
    )
    return logit.astype(float), treated.astype(bool), strata.astype(int)


def cohort(seed, size, share=1 / 3):
    rng = np.random.default_rng(seed)
    treated = rng.random(size) < share
    return np.round(rng.normal(size=size) + 0.7 * treated, 10), treated


def members(sets, treated):
    """Treated and controls of each set."""
    arms = [([], []) for _ in range(sets.set_number.max(initial=-1) + 1)]
    for row, number in zip(sets.row.tolist(), sets.set_number.tolist(), strict=True):
        arms[number][0 if treated[row] else 1].append(row)
    return arms


def worth(sets, logit, treated):
    """Treated, controls, distance to the heads: what is best has the least."""
    arms = members(sets, treated)
    distance = sum(abs(logit[a] - logit[b]) for t, c in arms for a in t for b in c)
    n_treated = sum(len(one) for one, _ in arms)
    return -n_treated, n_treated - len(sets.row), round(float(distance), 8)


def sizes_allowed(limits):
    """Numbers of treated and of controls that a set may have, up to 30."""
    least, most = limits[0] or 0, limits[1] or np.inf
    every = [(1, each) for each in range(1, 31)] + [(each, 1) for each in range(2, 31)]
    return {(t, c) for t, c in every if least - 1e-9 <= c / t <= most + 1e-9}


def least_of_all(logit, treated, strata, caliper, limits):
    """Try every set of edges of which each is part of a star that is allowed."""
    heads, others = np.flatnonzero(treated), np.flatnonzero(~treated)
    edges = [
        (a, b)
        for a in heads.tolist()
        for b in others.tolist()
        if strata[a] == strata[b] and abs(logit[a] - logit[b]) <= caliper
    ]
    allowed, best = sizes_allowed(limits), (0, 0, 0.0)
    for number in range(1, min(len(edges), len(heads) + len(others)) + 1):
        for chosen in combinations(edges, number):
            ends = [end for edge in chosen for end in edge]
            degree = {end: ends.count(end) for end in ends}
            if all((degree[b], degree[a]) in allowed for a, b in chosen):
                distance = sum(abs(logit[a] - logit[b]) for a, b in chosen)
                n_treated = len({a for a, _ in chosen})
                n_control = len({b for _, b in chosen})
                best = min(best, (-n_treated, -n_control, round(float(distance), 8)))
    return best


# ------------------------------------------------------------------------ it is best


@pytest.mark.parametrize("limits", LIMITS)
@settings(max_examples=40)
@given(drawn=patients(3), caliper=calipers)
def test_no_sets_are_better(limits, drawn, caliper):
    logit, treated, strata = drawn
    rules = {"min_controls": limits[0], "max_controls": limits[1]}

    found = match_full(logit, treated, caliper=caliper, strata=strata, **rules)

    check_sets(found, treated, logit=logit, caliper=caliper, strata=strata)
    for one, other in members(found, treated):
        assert (len(one), len(other)) in sizes_allowed(limits)
    best = least_of_all(logit, treated, strata, caliper, limits)
    assert worth(found, logit, treated) == best


def least_by_program(logit, treated, caliper, limits):
    """Solve it as an integer program: who heads, and who is a member of whom."""
    apart = np.abs(logit[treated][:, None] - logit[~treated][None, :])
    n_treated, n_control = apart.shape
    one, other = np.nonzero(apart <= caliper)
    size = len(one)
    allowed = sizes_allowed(limits)
    controls = [c for t, c in allowed if t == 1]
    treated_of = [t for t, c in allowed if c == 1 and t > 1]
    # Columns: control is member; treated is member; treated heads; control heads.
    n_columns = 2 * size + n_treated + n_control
    rules = []
    for arm, ends, sizes, head in [
        (n_treated, one, controls, 2 * size),
        (n_control, other, treated_of, 2 * size + n_treated),
    ]:
        first = 0 if arm is n_treated and head == 2 * size else size
        for each in range(arm):
            mine = np.flatnonzero(ends == each)
            once, least, most = np.zeros((3, n_columns))
            once[size - first + mine] = 1  # a member of another's set
            once[head + each] = 1
            least[first + mine], least[head + each] = 1, -min(sizes, default=1)
            most[first + mine], most[head + each] = 1, -max(sizes, default=0)
            rules += [(once, 0, 1), (least, 0, np.inf), (most, -np.inf, 0)]
    matrix, low, high = (np.array(part) for part in zip(*rules, strict=True))
    # A treated patient counts 1000 controls, a control more than all distances.
    price = np.r_[
        apart[one, other] - 1e2,
        apart[one, other] - 1e5,
        np.full(n_treated, -1e5),
        np.full(n_control, -1e2),
    ]
    solved = milp(
        price,
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.ones(n_columns),
        bounds=(0, 1),
        options={"mip_rel_gap": 0},
    )
    chosen = np.round(solved.x).astype(int)
    edges = chosen[:size] + chosen[size : 2 * size]
    used = edges > 0
    distance = float((edges * apart[one, other]).sum())
    return -len(set(one[used])), -len(set(other[used])), round(distance, 8)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize(("share", "caliper"), [(0.3, 0.4), (0.6, np.inf)])
def test_an_integer_program_finds_none_better(limits, share, caliper):
    logit, treated = cohort(13, 28, share)

    found = match_full(
        logit,
        treated,
        caliper=caliper,
        min_controls=limits[0],
        max_controls=limits[1],
    )

    best = least_by_program(logit, treated, caliper, limits)
    assert worth(found, logit, treated) == best


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("caliper", [0.01, 0.2, np.inf])
def test_two_routes_to_one_distance(share, caliper):
    logit, treated = cohort(17, 500, share)

    # A limit that nobody can reach goes by the stars, none by the cheapest cover.
    cover = match_full(logit, treated, caliper=caliper)
    stars = match_full(logit, treated, caliper=caliper, max_controls=500)

    assert worth(cover, logit, treated) == worth(stars, logit, treated)


@pytest.mark.parametrize("ratio", [1, 2, 4])
def test_one_treated_a_set_is_optimal_matching(ratio):
    logit, treated = cohort(19, 300)

    full = match_full(logit, treated, caliper=0.1, min_controls=1, max_controls=ratio)
    pairs = match_optimal(logit, treated, caliper=0.1, ratio=ratio)

    assert worth(full, logit, treated) == (
        -len(set(pairs.treated)),
        -len(pairs.control),
        round(float(pairs.distance.sum()), 8),
    )


# ------------------------------------------------------------------------------ laws


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_everyone_in_reach_is_in_a_set(share):
    logit, treated = cohort(23, 400, share)
    apart = np.abs(logit[:, None] - logit[None, :])
    near = (apart <= 0.02) & (treated[:, None] != treated[None, :])

    found = match_full(logit, treated, caliper=0.02)

    assert 0 < len(found.row) < 400
    assert sorted(found.row) == np.flatnonzero(near.any(axis=1)).tolist()
    for estimand in ("ATT", "ATC", "ATE"):
        weight = weight_sets(found, treated, estimand=estimand)
        check_sets(found, treated, weight=weight, estimand=estimand)


@given(patients(8), calipers)
def test_sets_are_numbered_by_their_lowest_treated(drawn, caliper):
    logit, treated, _ = drawn
    found = match_full(logit, treated, caliper=caliper)

    lowest = [min(one) for one, _ in members(found, treated)]

    assert lowest == sorted(lowest)
    assert found.set_number.tolist() == sorted(found.set_number)


@pytest.mark.parametrize("limits", [(None, None), (0.5, 3)])
def test_order_of_rows_does_not_matter_without_ties(limits):
    logit, treated = cohort(29, 300)
    order = np.random.default_rng(1).permutation(300)
    rules = {"caliper": 0.3, "min_controls": limits[0], "max_controls": limits[1]}

    found = match_full(logit, treated, **rules)
    again = match_full(logit[order], treated[order], **rules)

    renamed = Sets(order[again.row], again.set_number)
    as_sets = [
        {frozenset(one + other) for one, other in members(each, treated)}
        for each in (found, renamed)
    ]
    assert as_sets[0] == as_sets[1]


@pytest.mark.parametrize("limits", [(None, None), (0.5, 3), (2, None), (None, 1)])
@pytest.mark.parametrize("caliper", [0.05, np.inf])
def test_compiled_and_plain_say_the_same(monkeypatch, limits, caliper):
    logit, treated = cohort(31, 250)
    logit = np.round(logit, 1)  # many ties
    rules = {"caliper": caliper, "min_controls": limits[0], "max_controls": limits[1]}

    found = []
    for worth_compiling in (np.inf, 0):
        monkeypatch.setattr(line, "WORTH_COMPILING", worth_compiling)
        monkeypatch.setattr(stars, "WORTH_COMPILING", worth_compiling)
        found.append(match_full(logit, treated, strata=np.arange(250) % 3, **rules))

    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


# -------------------------------------------------------------------- worked by hand


def sets(logit, treated, **rules):
    found = match_full(np.array(logit, float), np.array(treated, bool), **rules)
    return [one + other for one, other in members(found, np.array(treated, bool))]


def test_by_hand():
    # 0.0 has the controls at 0.1 and 0.2, the control at 5.0 a treated on both sides
    logit, treated = [0.0, 0.1, 0.2, 4.9, 5.0, 5.2], [1, 0, 0, 1, 0, 1]

    assert sets(logit, treated) == [[0, 1, 2], [3, 5, 4]]
    # one treated a set: 4.9 keeps the control, 5.2 is nearest to none that is left
    assert sets(logit, treated, caliper=1, min_controls=1) == [[0, 1, 2], [3, 4]]
    # one control a set: 0.0 keeps the nearer
    assert sets(logit, treated, caliper=1, max_controls=1) == [[0, 1], [3, 5, 4]]
    # pairs alone, without a caliper: 5.2 takes the control at 5.0, 4.9 that at 0.2
    assert sets(logit, treated, min_controls=1, max_controls=1) == [
        [0, 1],
        [3, 2],
        [5, 4],
    ]


def test_who_has_no_counterpart_within_the_caliper_is_left_out():
    assert sets([0.0, 0.1, 3.0, 9.0], [1, 0, 1, 0], caliper=0.5) == [[0, 1]]
    assert sets([0.0, 3.0], [1, 0], caliper=0.5) == []
    assert sets([0.0, 3.0], [1, 1]) == []
    assert sets([], []) == []


@pytest.mark.parametrize("limits", [(2, 1), (None, 0), (-1, None), (None, -2)])
def test_bounds_that_allow_nothing(limits):
    with pytest.raises(InputError, match="mend min_controls and max_controls"):
        match_full(
            np.array([0.0, 1.0]),
            np.array([True, False]),
            min_controls=limits[0],
            max_controls=limits[1],
        )


def test_many_treated_of_one_control_in_floating_point():
    # 1 / (1 / 49) is a little less than 49
    logit, treated = np.zeros(50), np.arange(50) > 0

    found = match_full(logit, treated, min_controls=1 / 49)

    assert len(found.row) == 50
