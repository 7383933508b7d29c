from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.index_rows import derive_from_visits
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
