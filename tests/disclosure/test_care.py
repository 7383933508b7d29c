"""What is hidden in the tables of response, surgery and adverse events."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.disclosure.adverse_events import suppress_adverse_events
from twoarm.disclosure.care import suppress_findings
from twoarm.disclosure.partitions import find_shown
from twoarm.tables.care import AdverseEvents, Findings

# Counts of a partition


@pytest.mark.parametrize(
    ("cells", "parts", "shown"),
    [
        ([20, 7, 3], [[0], [1], [2]], [1, 0, 0]),  # 3 is 30 - 20 - 7
        ([20, 7, 0], [[0], [1], [2]], [1, 1, 1]),
        ([27, 3], [[0]], [0]),  # near the sum
        ([2, 1], [[0], [1]], [0, 0]),  # few in all
        ([20, 3, 4, 10], [[0], [1], [2], [3]], [1, 0, 0, 1]),  # 7 in two cells
        ([20, 8, 2, 9], [[0], [0, 1], [2], [3]], [1, 1, 0, 0]),
        (
            [50, 10, 8, 2, 1],
            [[0], [1], [2], [3], [4], [1, 2, 3, 4]],
            [1, 1, 0, 0, 0, 1],
        ),
    ],
)
def test_no_small_count_is_had_by_subtraction(cells, parts, shown):
    assert find_shown(cells, parts, minimum_count=5) == [bool(each) for each in shown]


PARTS = [[0], [1], [2], [3], [0, 1], [0, 1, 2]]


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_who_knows_the_sum_cannot_work_out_a_small_count(cells):
    """Of all tables that agree with what is shown, a small count differs in some."""
    shown = find_shown(cells, PARTS, minimum_count=5)
    told = [part for part, show in zip(PARTS, shown, strict=True) if show]

    total = sum(cells)
    agree = [
        table
        for head in product(range(total + 1), repeat=3)
        for table in [(*head, total - sum(head))]
        if table[-1] >= 0
        and all(sum(table[k] - cells[k] for k in part) == 0 for part in told)
    ]

    for part, show in zip(PARTS, shown, strict=True):
        count = sum(cells[k] for k in part)
        if 0 < count < 5:
            assert not show
            assert len({sum(table[k] for k in part) for table in agree}) > 1


# Response and surgery


def findings(item, n_patients, known=None, **levels):
    """Levels and unions of an item; without any, a median."""
    n_known = n_patients if known is None else known
    size = {"arm": "A", "item": item, "n_patients": n_patients, "n_known": n_known}
    limits = {"share": 0.5, "conf_low": 0.4, "conf_high": 0.6}
    numbers = {"lower_quartile": 12.345, "median": 123.45, "upper_quartile": 1234.5}
    if not levels:
        return Findings.of([{**size, "row": 1, **numbers}])
    n_of = n_patients if "NE" in levels else n_known
    rows = [{"level": level, "n": n, "n_of": n_of} for level, n in levels.items()]
    return Findings.of(
        [{**size, "row": k, **limits, **row} for k, row in enumerate(rows, start=1)]
    )


def left(table, minimum_count=5):
    """Level to what is left of its number, its share and how many are known."""
    found = Findings.check(suppress_findings(table, minimum_count=minimum_count))
    return {
        row["level"]: (row["n"], row["share"] is not None, row["n_known"])
        for row in found.to_dicts()
    }


def test_a_small_response_hides_another_and_the_rate_that_tells_it():
    table = findings(
        "recist_zero", 60, 58,
        CR=3, PR=30, SD=20, PD=5, NE=2, objective=33, controlled=53,
    )  # fmt: skip

    found = left(table)

    hidden = {level for level, (n, _, _) in found.items() if n is None}
    assert {"CR", "NE"} <= hidden
    assert {n_known for _, _, n_known in found.values()} == {None}
    assert all(share is (n is not None) for n, share, _ in found.values())
    assert left(table, 1)["CR"] == (3, True, 58)


def test_shares_of_those_known_go_where_few_are_not():
    found = left(findings("r_status", 74, 72, R0=60, R1=12, R2=0))

    # 72 is 74 less 2; a share of a number shown would tell it
    assert found == {"R0": (60, False, None), "R1": (None, False, None)} | {
        "R2": (0, False, None)
    }


def test_what_is_not_hidden_stays_as_it_is():
    table = findings("r_status", 74, 50, R0=40, R1=10, R2=0)

    assert suppress_findings(table, minimum_count=5).equals(table)


def test_medians_of_few_go_and_others_are_rounded():
    few, many = findings("margin_mm", 74, 4), findings("margin_mm", 74, 72)

    (gone,) = suppress_findings(few, minimum_count=5).to_dicts()
    (kept,) = suppress_findings(many, minimum_count=5).to_dicts()

    assert (gone["median"], gone["upper_quartile"], gone["n_known"]) == (None,) * 3
    assert (kept["lower_quartile"], kept["median"]) == (10.0, 120.0)
    assert kept["n_known"] is None  # 72 is 74 less 2


def test_of_a_small_arm_nothing_is_left_but_what_was_asked():
    (row, *_) = suppress_findings(
        findings("r_status", 4, R0=4, R1=0), minimum_count=5
    ).to_dicts()

    assert (row["item"], row["level"]) == ("r_status", "R0")
    assert not [name for name, each in row.items() if each is not None][4:]


# Adverse events


def events(*rows, at_risk=60, months=300.0):
    """Rows of (position, kind, events, patients)."""
    usual = {"arm": "A", "period": "after_zero", "n_at_risk": at_risk}
    return AdverseEvents.of(
        [
            {
                **usual,
                "person_months": months,
                "position": position,
                "kind": kind,
                "term": f"Term {position}" if position else None,
                "n_known": n_event,
                "n_event": n_event,
                "n_patients": n,
                "rate": 1.0,
                "conf_low": 0.5,
                "conf_high": 2.0,
            }
            for position, kind, n_event, n in rows
        ]
    )


ALL = ((0, "any", 40, 30), (0, "severe", 0, 0), (0, "immune", 0, 0), (0, "fatal", 0, 0))


def shown(table):
    found = suppress_adverse_events(table, minimum_count=5)
    AdverseEvents.check(found)
    hidden = found.filter(pl.col("n_event").is_null())
    assert hidden["rate"].null_count() == hidden.height
    assert hidden["n_patients"].null_count() == hidden.height
    return {
        (row["position"], row["kind"])
        for row in found.to_dicts()
        if row["n_event"] is not None
    }


NONE = {(0, "severe"), (0, "immune"), (0, "fatal")}


def test_events_of_few_patients_go_with_their_rate():
    assert shown(events((0, "any", 40, 4), *ALL[1:])) == NONE
    assert shown(events((0, "any", 70, 57), *ALL[1:])) == NONE  # 3 had none
    assert shown(events(*ALL)) == {(0, "any"), *NONE}


def test_a_kind_goes_where_few_of_the_wider_kind_are_not_of_it():
    severe = (0, "severe", 37, 27)

    assert shown(events(ALL[0], severe, *ALL[2:])) == {(0, "any"), *NONE} - {
        (0, "severe")
    }


def test_terms_shown_leave_no_small_rest():
    terms = ((1, "any", 20, 12), (2, "any", 10, 9), (3, "any", 7, 6))
    quiet = tuple((k, "severe", 0, 0) for k in (1, 2, 3))

    found = shown(events(*ALL, *terms, *quiet))

    # 40 - 20 - 10 - 7 = 3: the third term goes
    assert {key for key in found if key[1] == "any"} == {
        (0, "any"), (1, "any"), (2, "any"),
    }  # fmt: skip


def test_a_term_that_few_have_is_not_named():
    rare = ((1, "any", 12, 8), (2, "any", 2, 2), (1, "severe", 0, 0))

    found = suppress_adverse_events(
        events(*ALL, *rare, (2, "severe", 0, 0)), minimum_count=5
    )

    assert set(found["term"].drop_nulls()) == {"Term 1"}
    assert "Term 2" in set(events(*rare)["term"])


def test_of_few_observed_nothing_is_told():
    found = suppress_adverse_events(
        events((0, "any", 9, 4), *ALL[1:], at_risk=4), minimum_count=5
    )

    told = found.drop("arm", "period", "position", "kind", "term", "reason")
    assert set(told.row(0)) == {None}


def test_all_is_shown_where_every_count_may_be():
    table = events((0, "any", 2, 1), *ALL[1:])

    assert suppress_adverse_events(table, minimum_count=1).equals(table)


PATIENT = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=3
)


def counted(courses):
    """Rows of `events`, of patients of whom each has a list of (term, severe)."""
    for position, term in enumerate((None, "a", "b", "c")):
        for kind in ("any", "severe"):
            had = [
                sum(
                    each[0] == (term or each[0])
                    for each in course
                    if each[1] or kind == "any"
                )
                for course in courses
            ]
            yield position, kind, sum(had), sum(map(bool, had))
    yield from ((0, "immune", 0, 0), (0, "fatal", 0, 0))


@given(st.lists(PATIENT, min_size=5, max_size=24))
@settings(max_examples=80, deadline=None)
def test_no_difference_of_what_is_shown_is_of_few(courses):
    """Of the same patients, a term or grade is told only if the others are not few."""
    table = events(*counted(courses), at_risk=len(courses))

    found = suppress_adverse_events(table, minimum_count=5).drop_nulls("n_event")

    told = {(row["position"], row["kind"]): row for row in found.to_dicts()}
    for (position, kind), row in told.items():
        apart = [row["n_patients"], len(courses) - row["n_patients"]]
        for wider in product({0, position}, {"any", kind}):
            whole = told.get(wider, row)
            apart += [whole[name] - row[name] for name in ("n_event", "n_patients")]
        assert not [each for each in apart if 0 < each < 5]
    for kind in {"any", "severe"} & {kind for place, kind in told if not place}:
        terms = sum(told.get((k, kind), {"n_event": 0})["n_event"] for k in (1, 2, 3))
        assert not 0 < told[(0, kind)]["n_event"] - terms < 5
