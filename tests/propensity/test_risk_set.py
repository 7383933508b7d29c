import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.risk_set import match_risk_set

NEVER = np.inf


def matched(logit, wait, follow_up, **rules):
    """(treated, control, entry, exit) of each match."""
    found = match_risk_set(
        *(np.array(each, float) for each in (logit, wait, follow_up)), **rules
    )
    columns = (found.treated, found.control, found.entry_days, found.exit_days)
    return list(zip(*(each.tolist() for each in columns), strict=True))


def test_six_patients_by_hand():
    #        a     b     c      d      e      f
    logit = [0.0, 0.1, 0.05, 0.3, 0.0, 5.0]
    wait = [10, 30, NEVER, NEVER, NEVER, 20]
    days = [90, 90, 90, 25, 10, 90]

    # At 10 e is no longer at risk; of b, c and d, c is the nearest of a.
    # At 20 f takes b, the nearest left: 4.9 away, d 4.7: d is nearer and still there.
    # At 30 b finds nobody: d's follow-up has ended, c is used.
    assert matched(logit, wait, days) == [(0, 2, 10, NEVER), (5, 3, 20, NEVER)]


def test_a_control_may_be_treated_and_matched_later():
    found = matched([0, 0, 0], [10, 30, NEVER], [90, 90, 90])

    assert found == [(0, 1, 10, 30), (1, 2, 30, NEVER)]


def test_caliper_strata_and_ratio():
    logit, wait = [0.0, 0.2, 0.3, -0.1], [5, NEVER, NEVER, NEVER]
    days = [9.0] * 4

    assert [c for _, c, *_ in matched(logit, wait, days, ratio=3)] == [3, 1, 2]
    assert [c for _, c, *_ in matched(logit, wait, days, ratio=3, caliper=0.2)] == [
        3,
        1,
    ]
    strata = np.array([0, 0, 0, 1])
    assert [c for _, c, *_ in matched(logit, wait, days, strata=strata)] == [1]


def test_who_is_treated_on_the_same_day_is_no_control():
    assert matched([0, 0], [5, 5], [9, 9]) == []


def test_end_of_follow_up_on_the_day_of_treatment_is_out():
    assert matched([0, 0], [5, NEVER], [9, 5]) == []
    assert matched([0, 0], [5, NEVER], [5, 9]) == []


def test_never_may_be_written_as_nan():
    assert matched([0, 0], [5, np.nan], [9, 9]) == [(0, 1, 5, NEVER)]


days = st.integers(1, 12)
rows = st.tuples(st.integers(0, 6), st.one_of(st.just(NEVER), days), days)


@given(st.lists(rows, max_size=30), st.integers(1, 3), st.sampled_from([0.25, np.inf]))
def test_laws_of_a_match_over_time(drawn, ratio, caliper):
    logit = np.array([each / 4 for each, _, _ in drawn])
    wait = np.array([each for _, each, _ in drawn], float)
    ends = np.array([each for *_, each in drawn], float)

    found = match_risk_set(logit, wait, ends, ratio=ratio, caliper=caliper)

    one, other = found.treated, found.control
    assert len(set(other.tolist())) == len(other)
    assert np.bincount(one, minlength=1).max() <= ratio
    np.testing.assert_array_equal(found.entry_days, wait[one])
    assert (ends[other] > found.entry_days).all()
    assert (ends[one] > found.entry_days).all()
    assert (wait[other] > found.entry_days).all()
    assert (found.distance <= caliper).all()
    np.testing.assert_array_equal(found.exit_days, wait[other])
    # Whoever is unmatched had nobody left when his turn came.
    lost = set(np.flatnonzero(wait < ends)) - set(one.tolist())
    used_at = dict(zip(other.tolist(), found.entry_days.tolist(), strict=True))
    for head in lost:
        for each in range(len(logit)):
            able = wait[each] > wait[head] and ends[each] > wait[head]
            near = abs(logit[each] - logit[head]) <= caliper
            if able and near and each != head:
                assert used_at.get(each, NEVER) <= wait[head]


@given(st.lists(rows, max_size=12, unique_by=lambda row: (row[0], row[1])))
def test_shifted_logits_and_scaled_days_change_nothing(drawn):
    logit, wait, ends = (
        (np.array(x, float) for x in zip(*drawn, strict=True))
        if (drawn)
        else (np.zeros(0),) * 3
    )

    plain = match_risk_set(logit, wait, ends)
    moved = match_risk_set(logit + 2, wait * 3, ends * 3)

    np.testing.assert_array_equal(moved.control, plain.control)
    np.testing.assert_array_equal(moved.entry_days, plain.entry_days * 3)


def match_by_definition(logit, wait, ends, strata, *, ratio, caliper):
    """Match as the rules say, word by word, each time looking at everybody."""
    order = np.lexsort((logit, strata)).tolist()
    place = {row: at for at, row in enumerate(order)}
    used, pairs = set(), []
    heads = [row for row in range(len(logit)) if wait[row] < ends[row]]
    for head in sorted(heads, key=lambda row: (wait[row], row)):
        for _ in range(ratio):
            able = [
                (abs(logit[row] - logit[head]), abs(place[row] - place[head]), at, row)
                for at, row in enumerate(order)
                if row not in used
                and strata[row] == strata[head]
                and min(wait[row], ends[row]) > wait[head]
                and abs(logit[row] - logit[head]) <= caliper
            ]
            if able:
                used.add(min(able)[-1])
                pairs.append((head, min(able)[-1]))
    return sorted(pairs, key=lambda pair: pair[0])


@given(
    st.lists(st.tuples(rows, st.integers(0, 2)), max_size=30),
    st.integers(1, 3),
    st.sampled_from([0.25, 1.0, np.inf]),
)
def test_match_is_what_the_rules_say(drawn, ratio, caliper):
    logit = np.array([row[0] / 4 for row, _ in drawn])
    wait = np.array([row[1] for row, _ in drawn], float)
    ends = np.array([row[2] for row, _ in drawn], float)
    strata = np.array([each for _, each in drawn], int)
    rules = {"ratio": ratio, "caliper": caliper}

    found = match_risk_set(logit, wait, ends, strata=strata, **rules)

    pairs = list(zip(found.treated.tolist(), found.control.tolist(), strict=True))
    assert pairs == match_by_definition(logit, wait, ends, strata, **rules)


def test_order_of_rows_does_not_matter_without_ties():
    rng = np.random.default_rng(3)
    logit, wait = rng.normal(size=300), rng.exponential(400, 300)
    ends, order = rng.exponential(300, 300), rng.permutation(300)

    found = match_risk_set(logit, wait, ends, caliper=0.3)
    again = match_risk_set(logit[order], wait[order], ends[order], caliper=0.3)

    assert len(found.treated) > 50
    assert set(zip(found.treated, found.control, strict=True)) == set(
        zip(order[again.treated], order[again.control], strict=True)
    )


def test_of_equally_near_controls_that_fewer_places_away_wins():
    # 0.5 and 1.5 are as far; 0.75, treated the same day, stands between on the left
    days = [9.0] * 4
    found = matched([1.0, 0.5, 1.5, 0.75], [5, NEVER, NEVER, 5], days)

    assert (0, 2) in [each[:2] for each in found]
    assert matched([1.0, 1.5, 0.5], [5, NEVER, NEVER], [9.0] * 3)[0][:2] == (0, 2)
