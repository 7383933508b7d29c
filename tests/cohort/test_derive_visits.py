from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.eligibility import derive_eligible
from twoarm.cohort.index_rows import (
    check_clock,
    derive_from_visits,
    derive_unusable,
    restrict_qualifying,
    start_visits,
)
from twoarm.errors import InputError
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Aside, Records

FIRST = date(2020, 1, 1)
ARMS = ["treated", "control", "excluded"]


def visits(*rows):
    """Rows of (patient, day, arm), in the order of the file; day None: not known."""
    return pl.DataFrame(
        [
            {
                "source_file": "visits.csv",
                "source_row": place,
                "patient_id": patient,
                "visit_date": None if day is None else FIRST + timedelta(day),
                "arm": arm,
            }
            for place, (patient, day, arm) in enumerate(rows, start=2)
        ],
        schema={
            "source_file": pl.String,
            "source_row": pl.Int64,
            "patient_id": pl.String,
            "visit_date": pl.Date,
            "arm": pl.Enum(ARMS),
        },
    )


def arms_of(rows, when):
    found = derive_from_visits(visits(*rows), when=when)
    return dict(found.select("patient_id", "treated").rows())


def test_index_visit_is_the_first_by_date_not_by_row():
    found = derive_from_visits(
        visits(("a", 9, "control"), ("a", 3, "treated"), ("a", 5, "control")),
        when="baseline",
    )

    assert found.select("source_row", "treated").rows() == [(3, True)]
    assert found["index_date"].to_list() == [FIRST + timedelta(3)]


def test_of_rows_of_one_day_the_first_of_the_file_is_the_index_row():
    rows = visits(("a", 3, "control"), ("a", 3, "treated"), ("a", 3, "treated"))

    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        found = derive_from_visits(rows[order], when="baseline")
        assert found.select("source_row", "treated").rows() == [(2, False)]


def test_at_baseline_the_treated_start_at_time_zero():
    found = derive_from_visits(
        visits(("a", 0, "treated"), ("b", 0, "control"), ("b", 4, "treated")),
        when="baseline",
    )

    assert found["treated"].to_list() == [True, False]
    assert found["treatment_days"].to_list() == [0.0, None]


def test_later_treatment_counts_and_tells_the_wait():
    found = derive_from_visits(
        visits(
            ("a", 0, "control"),
            ("a", 40, "treated"),
            ("a", 30, "treated"),
            ("b", 10, "control"),
            ("b", 20, "control"),
        ),
        when="later",
    )

    assert found["treated"].to_list() == [True, False]
    assert found["treatment_days"].to_list() == [30.0, None]


@pytest.mark.parametrize("day", [0, -5])
def test_treatment_on_the_first_day_or_before_is_not_later(day):
    rows = [("a", 0, "control"), ("a", day, "treated")]

    assert arms_of(rows, "later") == {"a": False}


def test_treated_on_the_first_day_and_again_is_treated_later():
    rows = [("a", 0, "treated"), ("a", 1, "treated")]

    assert arms_of(rows, "later") == {"a": True}


def test_arm_of_the_index_row_decides_who_is_excluded():
    found = derive_from_visits(
        visits(
            ("a", 0, "excluded"),
            ("a", 5, "treated"),
            ("b", 0, "control"),
            ("b", 5, "excluded"),
        ),
        when="later",
    )

    assert found["excluded"].to_list() == [True, False]


def test_treatment_not_known_at_baseline_stays_unknown():
    found = derive_from_visits(visits(("a", 0, None)), when="baseline")

    assert found["treated"].to_list() == [None]
    assert found["excluded"].to_list() == [False]


patients = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 4), st.sampled_from([*ARMS, None])
    ),
    max_size=12,
)


@given(patients, st.randoms(use_true_random=False), st.sampled_from([-400, 1, 5000]))
@settings(max_examples=60, deadline=None)
def test_order_of_rows_and_calendar_do_not_matter(rows, random, shift):
    table = visits(*rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    moved = table[order].with_columns(
        pl.col("visit_date") + pl.duration(days=shift),
    )

    for when in ("baseline", "later"):
        found = derive_from_visits(table, when=when)
        again = derive_from_visits(moved, when=when)
        dates = ["visit_date", "index_date"]
        assert again.drop(dates).equals(found.drop(dates))
        assert found.height == len({patient for patient, _, _ in rows})


@given(patients)
@settings(max_examples=60, deadline=None)
def test_who_is_treated_later_waited(rows):
    found = derive_from_visits(visits(*rows), when="later")

    wait = found.filter("treated")["treatment_days"]
    assert wait.null_count() == 0
    assert (wait > 0).all()
    assert found.filter(~pl.col("treated"))["treatment_days"].drop_nulls().is_empty()


def test_script_counts_patients_not_visits(script, tmp_path):
    rows = visits(("b", 0, "control"), ("a", 2, "control"), ("a", 7, "treated"))
    Records.write(rows, tmp_path / "records.parquet")

    Aside.write(Aside.of([]), tmp_path / "aside.parquet")
    script("cohort/derive_visits").main(
        records=tmp_path / "records.parquet",
        candidates=tmp_path / "candidates.parquet",
        attrition=tmp_path / "attrition.parquet",
        aside=tmp_path / "aside.parquet",
        when="later",
        time_zero="first_visit",
        eligibility=[],
        endpoints=["os"],
    )

    found = Candidates.read(tmp_path / "candidates.parquet")
    columns = ("patient_id", "treated", "treatment_days")
    assert found.select(columns).rows() == [("a", True, 5.0), ("b", False, None)]
    assert Attrition.read(tmp_path / "attrition.parquet").rows() == [
        (1, "Patients read", 2, 0, 2, None)
    ]


# Treated by time zero


def early_of(rows, when, qualifying=None):
    table = visits(*rows)
    chosen = None if qualifying is None else table[qualifying]
    found = derive_from_visits(table, when=when, qualifying=chosen)
    return dict(found.select("patient_id", "early").rows())


@pytest.mark.parametrize(
    ("day", "when", "early"),
    [
        (9, "later", "before"),
        (10, "later", "same_day"),
        (11, "later", None),
        (9, "baseline", "before"),
        (10, "baseline", None),
        (11, "baseline", None),
    ],
)
def test_treated_before_time_zero_or_on_that_day_is_early(day, when, early):
    rows = [("a", 10, "control"), ("a", day, "treated")]

    assert early_of(rows, when, qualifying=[0]) == {"a": early}


# The first qualifying visit


def step(where, name="x", reason="Not x"):
    usual = {"column": None, "one_of": None, "at_least": None, "at_most": None}
    return {"name": name, "reason": reason, "where": where, **usual}


def measured(*rows, steps):
    """Visits of (patient, day, size, event), and what the steps ask of `size`."""
    table = visits(*((who, on, "control") for who, on, *_ in rows))
    asked = {
        f"eligible_{each['name']}:size": [row[2] for row in rows] for each in steps
    }
    event = [row[3] for row in rows]
    columns = pl.DataFrame({**asked, "os_event": event}, strict=False)
    return derive_eligible(table.hstack(columns), steps)


STEPS = [step("size > 5", "big", "Not big"), step("size < 9", "small", "Not small")]


def test_time_zero_is_the_first_visit_at_which_all_steps_hold():
    table = measured(
        ("a", 0, 4.0, True),
        ("a", 10, 12.0, True),
        ("a", 20, None, True),
        ("a", 30, 7.0, True),
        ("a", 40, 8.0, True),
        ("b", 0, 6.0, False),
        ("c", 0, 3.0, True),
        ("d", 0, 3.0, False),
        ("d", 10, 20.0, False),
        steps=STEPS,
    )

    qualifying, steps = restrict_qualifying(
        table,
        start_visits(table, Aside.of([]), event="os_event"),
        STEPS,
        event="os_event",
    )
    found = derive_from_visits(table, when="later", qualifying=qualifying)

    assert found.select("patient_id", "source_row").rows() == [("a", 5), ("b", 7)]
    assert steps.drop("step").rows() == [
        ("Patients read", 4, 0, 4, 2),
        ("Not big", 4, 1, 3, 1),
        ("Not small", 3, 1, 2, 1),
    ]


def test_nobody_qualifies():
    table = measured(("a", 0, 1.0, True), steps=STEPS)

    qualifying, steps = restrict_qualifying(table, start_attrition(1), STEPS)
    found = derive_from_visits(table, when="baseline", qualifying=qualifying)

    assert found.is_empty()
    assert steps["n_after"].to_list() == [1, 0, 0]


@pytest.mark.parametrize(
    ("times", "sound"),
    [
        ([90.0, 80.0, 50.0], True),
        ([90.0, 90.0, 50.0], False),
        ([90.0, None, 50.0], True),
    ],
)
def test_times_of_the_first_visit_are_no_times_of_a_later_one(times, sound):
    table = visits(("a", 0, "control"), ("a", 10, "control"), ("b", 0, "control"))
    table = table.with_columns(os_days=pl.Series(times))
    index = derive_from_visits(table, when="later", qualifying=table[[1, 2]])

    if sound:
        check_clock(index, table, ["os", "absent"])
    else:
        with pytest.raises(InputError, match="endpoint os: its time is that of"):
            check_clock(index, table, ["os"])
    same = derive_from_visits(table, when="later")
    check_clock(same, table, ["os"])


# First visits that were set aside


def gone(*rows):
    """Rows of (patient, day, row of the file) that were set aside."""
    return Aside.of(
        [
            {
                "source_file": "visits.csv",
                "source_row": row,
                "patient_id": patient,
                "visit_date": None if day is None else FIRST + timedelta(day),
            }
            for patient, day, row in rows
        ]
    )


@pytest.mark.parametrize(
    ("day", "row", "unusable"),
    [
        (9, 50, True),
        (10, 1, True),
        (10, 50, False),
        (11, 1, False),
        (None, 50, True),
    ],
)
def test_visit_set_aside_that_may_have_been_the_first_is_told(day, row, unusable):
    index = derive_from_visits(
        visits(("a", 10, "control"), ("b", 10, "control")), when="baseline"
    )

    found = derive_unusable(index, gone(("a", day, row), (None, 0, 60)))

    assert found["index_unusable"].to_list() == [unusable, False]


def test_patient_without_a_usable_visit_is_a_step():
    table = visits(("a", 0, "control"))
    aside = gone(("b", 0, 9), ("b", 1, 10), ("a", 5, 11), (None, 0, 12))

    assert start_visits(table, aside).drop("step").rows() == [
        ("Patients read", 2, 0, 2, None),
        ("No visit of the patient could be used", 2, 1, 1, None),
    ]


def test_script_starts_the_clock_at_the_first_qualifying_visit(script, tmp_path):
    rows = visits(("a", 0, "control"), ("a", 9, "control"), ("a", 20, "treated"))
    asked = {"eligible_x:size": [1.0, 8.0, 8.0], "os_event": [True] * 3}
    Records.write(rows.hstack(pl.DataFrame(asked)), tmp_path / "records.parquet")
    Aside.write(gone(("a", 5, 9)), tmp_path / "aside.parquet")

    script("cohort/derive_visits").main(
        records=tmp_path / "records.parquet",
        aside=tmp_path / "aside.parquet",
        candidates=tmp_path / "candidates.parquet",
        attrition=tmp_path / "attrition.parquet",
        when="later",
        time_zero="first_qualifying",
        eligibility=[step("size > 5")],
        endpoints=["os"],
    )

    found = Candidates.read(tmp_path / "candidates.parquet")
    columns = ("index_date", "treatment_days", "index_unusable")
    assert found.select(columns).row(0) == (FIRST + timedelta(9), 11.0, True)
    steps = Attrition.read(tmp_path / "attrition.parquet")
    assert steps["n_event_after"].to_list() == [1, 1]
