from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.disclosure.courses import (
    summarise_changes,
    summarise_courses,
    suppress_responses,
)
from twoarm.tables.figures import STATES, Changes, Courses, Quartiles, Responses, States

FEWEST = {"minimum_mark": 5, "minimum_at_risk": 5}


def responses_of(changes, arm="A"):
    rows = [
        {"arm": arm, "rank": rank, "change_percent": float(change), "response": "SD",
         "new_lesion": True, "operated": True, "n_patients": 1}
        for rank, change in enumerate(sorted(changes, reverse=True), 1)
    ]  # fmt: skip
    return Responses.check(Responses.of(rows))


def test_bars_are_means_of_neighbours_and_the_last_has_the_rest():
    changes = [30, 28, 26, 22, 19, *[-10] * 5, *[-30] * 5, *[-100] * 7]
    found = suppress_responses(responses_of(changes), minimum_mark=5)

    assert found.select("rank", "change_percent", "response", "n_patients").rows() == [
        (1, 25.0, "PD", 5),
        (2, -10.0, "SD", 5),
        (3, -30.0, "PR", 5),
        (4, -100.0, "CR", 7),
    ]
    # New lesions and operations are of single patients.
    assert not found["new_lesion"].any()
    assert not found["operated"].any()


def test_small_arm_has_no_bar_and_a_mark_of_one_leaves_each_patient():
    small = responses_of([1, 2, 3, 4])
    both = pl.concat([small, responses_of([5] * 6, arm="B")])

    found = suppress_responses(both, minimum_mark=5)

    assert found.select("arm", "n_patients").rows() == [("B", 6)]
    assert suppress_responses(small, minimum_mark=1).equals(small)


@given(st.lists(st.integers(-100, 200), min_size=1, max_size=40), st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_every_bar_stands_for_enough_and_all_patients_are_in_one(changes, mark):
    found = suppress_responses(responses_of(changes), minimum_mark=mark)

    assert all(mark <= n < 2 * mark for n in found["n_patients"])
    assert found["n_patients"].sum() == (len(changes) if len(changes) >= mark else 0)
    assert found["change_percent"].is_sorted(descending=True)


def lines_of(*ends, arm="A"):
    """Lines that fall by ten percent times the rank until they end."""
    rows = [
        {"arm": arm, "rank": rank, "months": month, "change_percent": change,
         "new_lesion": False}
        for rank, end in enumerate(ends, 1)
        for month, change in ((0.0, 0.0), (end, -10.0 * rank))
    ]  # fmt: skip
    return Changes.check(Changes.of(rows))


def test_quartiles_end_where_few_lines_do():
    found = summarise_changes(lines_of(2.0, 2.0, 2.0, 2.0, 2.5, 4.0), **FEWEST)

    numbers = ("months", "low_percent", "change_percent", "high_percent")
    # At month 1 the lines are at -5, -10, -15, -20, -20 and -15 %.
    assert found.select(numbers).rows()[:2] == [
        (0.0, 0.0, 0.0, 0.0),
        (1.0, -19.0, -15.0, -11.0),
    ]
    assert found["months"].max() == 2
    assert summarise_changes(lines_of(9.0, 9.0), **FEWEST).is_empty()


def lane(number, end, arm="A", **marks):
    rows = [("follow_up", 0.0, end), ("treatment", 0.0, marks.pop("treated", end))]
    rows += [(what, month, month) for what, month in marks.items()]
    names = ("what", "start_months", "end_months")
    return [
        {"arm": arm, "lane": number, **dict(zip(names, row, strict=True))}
        for row in rows
    ]


def courses_of(lanes):
    return Courses.check(Courses.of([row for each in lanes for row in each]))


def shares(found, month):
    """Patients in each state, as drawn."""
    count = (pl.col("share") * pl.col("n_patients")).round()
    return dict(found.filter(months=month).select("state", count).iter_rows())


def test_states_of_an_arm_by_hand():
    lanes = [lane(k, 9.5, treated=4.0, surgery=5.0) for k in range(1, 11)]
    lanes += [lane(k, 2.5, death=2.5) for k in range(11, 21)]
    lanes += [lane(k, 9.5, progression=1.0, treated=1.0) for k in range(21, 31)]
    lanes += [lane(k, 3.5, treated=2.0) for k in range(31, 41)]

    found = summarise_courses(courses_of(lanes), **FEWEST)

    assert shares(found, 0) == dict(zip(STATES, (0, 0, 0, 40, 0, 0), strict=True))
    assert shares(found, 2) == dict(zip(STATES, (0, 10, 0, 20, 10, 0), strict=True))
    assert shares(found, 4) == dict(zip(STATES, (10, 10, 0, 0, 10, 10), strict=True))
    assert shares(found, 5) == dict(zip(STATES, (10, 10, 10, 0, 0, 10), strict=True))
    assert found["months"].max() == 9


def test_few_dead_are_drawn_as_none_and_few_others_as_enough():
    """Of 12 patients there are two levels: below 6 is 0, and 6 to 11 is 6."""
    lanes = [lane(k, 9.5) for k in range(1, 10)]
    lanes += [lane(k, 1.5, death=1.5) for k in (10, 11)] + [lane(12, 1.5)]

    found = summarise_courses(courses_of(lanes), **FEWEST)

    assert shares(found, 1)["treatment"] == 12
    assert shares(found, 3) == dict(zip(STATES, (0, 0, 0, 6, 0, 6), strict=True))


@given(st.integers(5, 60), st.integers(2, 9), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_each_small_number_that_may_be_drawn_so_is_possible(n, mark, random):
    """Whatever the borders, a small number may be any from 1 to the mark less 1."""
    lanes = []
    for k in range(1, n + 1):
        end = random.uniform(0.5, 6)
        marks = {what: random.uniform(0, end) for what in ("surgery", "progression")
                 if random.random() < 0.3}  # fmt: skip
        if random.random() < 0.3:
            marks["death"] = end
        lanes.append(lane(k, end, **marks))

    found = summarise_courses(courses_of(lanes), minimum_mark=mark, minimum_at_risk=1)

    borders = {
        round(border)
        for month in found["months"].unique()
        for border in np.cumsum([shares(found, month)[each] for each in STATES])
    }
    # Between two levels there are enough patients for any small number.
    levels = sorted({0, *borders})
    assert all(b - a >= mark for a, b in pairwise(levels))
    assert borders <= {0} or n >= mark


@pytest.mark.parametrize("mark", [1, 5])
def test_script_writes_single_patients_or_what_they_are_together(
    script, tmp_path, mark
):
    Responses.write(responses_of([1] * 8), tmp_path / "bars")
    Changes.write(lines_of(*[9.0] * 8), tmp_path / "lines")
    Courses.write(courses_of([lane(k, 9.5) for k in range(1, 9)]), tmp_path / "lanes")
    names = ("responses", "changes", "quartiles", "courses", "states")
    made = [tmp_path / name for name in names]

    script("disclosure/suppress_courses").main(
        *(tmp_path / name for name in ("bars", "lines", "lanes")), *made,
        minimum_mark=mark, minimum_at_risk=5,
    )  # fmt: skip

    contracts = (Responses, Changes, Quartiles, Courses, States)
    heights = [
        each.read(path).height for each, path in zip(contracts, made, strict=True)
    ]
    assert heights == ([8, 16, 0, 16, 0] if mark == 1 else [1, 0, 10, 0, 60])
