"""Rows of one person: one row is left, none is lost, and what differs is told."""

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.harmonisation.conflicts import place_first, restrict_to_persons
from twoarm.tables.harmonisation import PLACE

DAY = [dt.date(2021, 1, 1) + dt.timedelta(k) for k in range(40)]
PERSONS = pl.DataFrame(
    {"patient_id": ["a:1", "b:9"], "person": ["b:9"] * 2, "survivor": [False, True]}
)
PLACED = {
    "source_file": pl.String, "source_row": pl.Int64, "centre": pl.String,
    "patient_id": pl.String,
}  # fmt: skip
PATIENTS = {
    **PLACED, "sex": pl.String, "birth_date": pl.Date, "histology": pl.String,
}  # fmt: skip
FOLLOW_UPS = {
    **PLACED, "last_contact_date": pl.Date, "last_imaging_date": pl.Date,
    "progression_date": pl.Date, "death_date": pl.Date,
}  # fmt: skip
LABS = {**PLACED, "sample_date": pl.Date, "inr": pl.Float64}


def frame(schema, *rows):
    placed = [(f"{who[0]}.csv", k, who[0], who, *told) for k, (who, *told) in
              enumerate(rows, start=2)]  # fmt: skip
    return pl.DataFrame(placed, schema, orient="row")


def restrict(tables):
    """Records, what was dropped and what conflicts, of all tables."""
    parts = {
        name: restrict_to_persons(
            name, place_first(name, rows.lazy(), PERSONS).collect()
        )
        for name, rows in tables.items()
    }
    return SimpleNamespace(
        tables={name: part.records for name, part in parts.items()},
        dropped=pl.concat(part.dropped for part in parts.values())
        .unique()
        .sort("table", *PLACE),
        conflicts=pl.concat(part.conflicts for part in parts.values()).sort(
            "table", "field"
        ),
    )


def merged(patients=(), follow_ups=(), labs=()):
    tables = {
        "patients": frame(PATIENTS, *patients),
        "follow_ups": frame(FOLLOW_UPS, *follow_ups),
        "labs": frame(LABS, *labs),
    }
    return tables, restrict(tables)


def test_the_patient_dosed_first_is_believed_and_others_fill_what_is_lacking():
    _, result = merged(
        [("a:1", "male", DAY[0], "hcc"), ("b:9", "female", DAY[0], None)]
    )
    (row,) = result.tables["patients"].rows()
    assert row == ("b.csv", 3, "b", "b:9", "female", DAY[0], "hcc")
    assert result.dropped.rows() == [("patients", "a.csv", 2)]
    (conflict,) = result.conflicts.select("table", "field", "files", "rows").rows()
    assert conflict == ("patients", "sex", ["a.csv", "b.csv"], [2, 3])


def test_follow_up_is_the_latest_with_any_death_and_the_earliest_progression():
    _, result = merged(
        follow_ups=[
            ("a:1", DAY[30], DAY[9], DAY[5], DAY[30]),
            ("b:9", DAY[20], DAY[12], DAY[8], None),
        ]
    )
    (row,) = result.tables["follow_ups"].rows()
    assert row[3:] == ("b:9", DAY[30], DAY[12], DAY[5], DAY[30])
    assert result.conflicts["field"].to_list() == ["progression_date"]


def test_contact_after_a_death_is_a_conflict():
    _, result = merged(
        follow_ups=[
            ("a:1", DAY[10], DAY[9], None, DAY[10]),
            ("b:9", DAY[20], DAY[9], None, None),
        ]
    )
    assert result.conflicts["field"].to_list() == ["death_date"]


def test_the_same_sample_told_twice_is_one_and_another_value_is_two():
    _, result = merged(
        labs=[("a:1", DAY[1], 1.1), ("b:9", DAY[1], 1.1), ("b:9", DAY[1], 1.2)]
    )
    assert sorted(result.tables["labs"]["inr"]) == [1.1, 1.2]
    assert result.dropped.rows() == [("labs", "a.csv", 2)]


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ((1.08, None), (1.1, None), [1.08]),  # told by the record in fewer decimals
        ((1.14, None), (1.1, None), [1.14]),
        ((1.04, None), (1.1, None), [1.04, 1.1]),  # another value
        ((1.5, 40.0), (1.5, None), [1.5]),  # says less
        ((1.5, 40.2), (1.52, 40.0), [1.5, 1.52]),  # each says more than the other
        ((1.5, 40.0), (1.5, 40.0), [1.5]),
    ],
)
def test_a_sample_told_in_fewer_decimals_is_told_twice(first, second, left):
    rows = [("a:1", DAY[1], *first), ("b:9", DAY[1], *second), ("a:1", DAY[2], 7.0, 1)]
    labs = frame({**LABS, "alt_u_l": pl.Float64}, *rows)
    kept = restrict({**merged()[0], "labs": labs}).tables["labs"]
    assert sorted(kept["inr"]) == [*left, 7.0]


def test_items_of_a_sample_that_are_not_known_are_not_told_twice():
    _, result = merged(labs=[("a:1", DAY[1], None), ("b:9", DAY[1], None)])
    assert result.tables["labs"].height == 2
    assert result.dropped.is_empty()


@settings(max_examples=40)
@given(
    labs=st.lists(
        st.tuples(
            st.sampled_from(["a:1", "b:9", "c:5"]),
            st.sampled_from(DAY[:3]),
            st.sampled_from([1.0, 1.5, None]),
        )
    )
)
def test_no_row_is_lost_and_merging_again_changes_nothing(labs):
    tables, result = merged(labs=labs)
    assert tables["labs"].height == result.tables["labs"].height + (
        result.dropped.filter(table="labs").height
    )
    again = restrict(result.tables)
    assert again.tables["labs"].equals(result.tables["labs"])
    assert again.dropped.is_empty()
    turned = {name: rows.reverse() for name, rows in tables.items()}
    assert restrict(turned).tables["labs"].equals(result.tables["labs"])
