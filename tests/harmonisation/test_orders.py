"""Orders: rows whose dates cannot be are found, all at once, and nothing is mended."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.dictionary import EXPORTS
from twoarm.harmonisation.orders import FIRST, ORDERS, find_disorders

SOUND = {
    "patients": {"birth_date": 0, "diagnosis_date": 100, "first_dose_date": 100},
    "assessments": {"exam_date": 110},
    "labs": {"sample_date": 110},
    "treatments": {"start_date": 100, "end_date": 120},
    "surgeries": {"surgery_date": 150},
    "lesions": {"exam_date": 110},
    "complications": {"onset_date": 151},
    "adverse_events": {"onset_date": 111},
    "follow_ups": {
        "progression_date": 180, "last_imaging_date": 190,
        "death_date": 200, "last_contact_date": 200,
    },
}  # fmt: skip
START = dt.date(2020, 1, 1)


def day(number):
    return None if number is None else START + dt.timedelta(number)


def disorders(cut=200, **changed):
    """Find what is wrong where `table__field` is on another day than is sound."""
    tables = {}
    for table, fields in SOUND.items():
        row = {"source_file": f"a/{table}.csv", "source_row": 2, "patient_id": "a:1"}
        row |= {f: day(changed.get(f"{table}__{f}", n)) for f, n in fields.items()}
        dates = dict.fromkeys(fields, pl.Date)
        tables[table] = pl.DataFrame([row], schema_overrides=dates)
    return find_disorders(tables, tables, day(cut))


def told(found):
    return found.select("column", "reason").rows()


def test_dates_in_order_on_one_day_or_not_known_break_nothing():
    assert disorders().is_empty()
    unknown = {f"{table}__{f}": None for table, fields in SOUND.items() for f in fields}
    assert disorders(cut=None, **unknown).is_empty()


@pytest.mark.parametrize(
    ("table", "field", "when", "reason"),
    [
        ("patients", "diagnosis_date", 0, "lies before or on birth_date"),
        ("patients", "first_dose_date", 99, "lies before diagnosis_date"),
        ("assessments", "exam_date", 201, "lies after death_date"),
        ("lesions", "exam_date", 201, "lies after death_date"),
        ("labs", "sample_date", 201, "lies after death_date"),
        ("treatments", "end_date", 201, "lies after death_date"),
        ("surgeries", "surgery_date", 99, "lies before first_dose_date"),
        ("surgeries", "surgery_date", 201, "lies after death_date"),
        ("complications", "onset_date", 201, "lies after death_date"),
        ("adverse_events", "onset_date", 201, "lies after death_date"),
        ("follow_ups", "progression_date", 201, "lies after death_date"),
        ("follow_ups", "last_imaging_date", 201, "lies after last_contact_date"),
        ("follow_ups", "last_contact_date", 99, "lies before first_dose_date"),
    ],
)
def test_each_order_is_told_where_it_is_broken(table, field, when, reason):
    found = disorders(**{f"{table}__{field}": when})
    assert (field, f"{field} {reason}") in told(found)
    assert found.row(0, named=True)["source_file"] == f"a/{table}.csv"
    assert set(found["rule"]) == {"order_violation"}


def test_nobody_is_seen_after_death_and_the_row_that_says_so_bounds_no_other():
    # A register may tell of a death after the last visit.
    assert disorders(cut=None, follow_ups__death_date=201).is_empty()
    found = disorders(follow_ups__death_date=105)
    assert set(found["source_file"]) == {"a/follow_ups.csv"}
    assert ("last_contact_date", "last_contact_date lies after death_date") in told(
        found
    )


def test_a_birth_that_cannot_be_bounds_no_other_table():
    found = disorders(patients__birth_date=300)
    assert set(found["source_file"]) == {"a/patients.csv"}


def test_all_faults_of_a_row_are_told_at_once():
    found = disorders(cut=150, follow_ups__last_imaging_date=210)
    assert set(found["column"]) == {
        "last_imaging_date", "last_contact_date", "death_date",
    }  # fmt: skip


@given(shift=st.integers(-300, 300))
def test_a_shift_of_all_dates_breaks_nothing(shift):
    moved = {
        f"{table}__{field}": number + shift
        for table, fields in SOUND.items()
        for field, number in fields.items()
    }
    assert disorders(cut=200 + shift, **moved).is_empty()


def test_orders_name_fields_of_the_dictionary():
    for order in (*FIRST, *ORDERS):
        assert order.field in {each.name for each in EXPORTS[order.table]}
