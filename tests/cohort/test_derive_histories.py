from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.cohort.histories import derive_export_histories, derive_visit_histories
from twoarm.errors import InputError
from twoarm.histories import values_at
from twoarm.tables.cohort import Histories

START = date(2021, 6, 1)
COVARIATES = {
    "afp": {"kind": "continuous", "column": "AFP", "transform": "log10_plus_1"},
    "invasion": {"kind": "binary", "column": "Invasion", "transform": None},
}
LEVELS = pl.Enum(["0", "1"])


def visits(*rows):
    """Rows of (patient, day, afp, invasion) in the order of the file."""
    return pl.DataFrame(
        [
            ("visits.csv", place, who, START + timedelta(day), afp, invasion)
            for place, (who, day, afp, invasion) in enumerate(rows, start=2)
        ],
        schema={
            "source_file": pl.String,
            "source_row": pl.Int64,
            "patient_id": pl.String,
            "visit_date": pl.Date,
            "afp": pl.Float64,
            "invasion": LEVELS,
        },
        orient="row",
    )


def index(**days):
    return pl.DataFrame(
        {
            "patient_id": list(days),
            "index_date": [START + timedelta(day) for day in days.values()],
        }
    )


def test_visits_after_time_zero_on_the_scale_of_the_study():
    found = derive_visit_histories(
        visits(("a", 0, 9, "0"), ("a", 5, 99, "1"), ("a", 9, None, None)),
        index(a=0),
        COVARIATES,
    )

    assert Histories.check(found).rows() == [("a", 5.0, 2.0, "1")]


def test_days_count_from_the_visit_that_is_time_zero():
    rows = visits(("a", 0, 9, "0"), ("a", 5, 9, "0"), ("a", 12, 9, "1"))

    found = derive_visit_histories(rows, index(a=5), COVARIATES)

    assert found["days"].to_list() == [7.0]


def test_of_one_day_the_last_value_of_the_file_counts():
    rows = visits(("a", 5, 9, "1"), ("a", 5, None, "0"), ("b", 5, 99, "1"))

    for order in ([0, 1, 2], [2, 1, 0]):
        found = derive_visit_histories(rows[order], index(a=0), COVARIATES)
        assert found.rows() == [("a", 5.0, 1.0, "0")]


EXPORTED = {
    name: {"kind": kind, "column": column}
    for name, column, kind in (
        ("albi", "albi", "continuous"),
        ("status", "ecog", "categorical"),
        ("invasion", "portal_invasion", "binary"),
    )
}


def exported(tables):
    people = tables["patients"].select("patient_id", "first_dose_date")
    index_date = pl.col("first_dose_date") + pl.duration(days=100)
    return derive_export_histories(
        tables, people.with_columns(index_date=index_date), EXPORTED
    )


def test_exports_are_derived_as_at_time_zero_on_the_days_of_measurement(course):
    scan = {"portal_invasion": False, "ecog": 0.0}
    sample = {"bilirubin_umol_l": 10.0, "albumin_g_l": 40.0}
    tables = course(
        assessments=[
            {"exam_date": 100, **scan},
            {"exam_date": 150, "portal_invasion": True, "ecog": 1.0},
            {"exam_date": 190, "portal_invasion": None, "ecog": None},
        ],
        labs=[
            {"sample_date": 99, **sample},
            {"sample_date": 150, "bilirubin_umol_l": 100.0, "albumin_g_l": 40.0},
            {"sample_date": 160, **sample},
        ],
    )

    found = Histories.check(exported(tables))

    # On day 160 nobody was seen, on day 190 nothing was told.
    assert found["days"].to_list() == [50.0, 60.0]
    assert found["albi"].to_list() == pytest.approx([2 * 0.66 - 3.4, 0.66 - 3.4])
    assert found["status"].to_list() == ["1", None]
    assert found["invasion"].to_list() == ["yes", None]
    # Levels of time zero have their place.
    assert found["status"].dtype.categories.to_list() == ["0", "1"]


def test_exports_without_later_measurements(course):
    assert exported(course()).height == 0


def history(*rows):
    return pl.DataFrame(
        rows,
        schema={
            "patient_id": pl.String,
            "days": pl.Float64,
            "size": pl.Float64,
            "grade": pl.Enum(["low", "middle", "high"]),
        },
        orient="row",
    )


def zero(**values):
    rows = [(who, *both) for who, both in values.items()]
    grade = pl.Enum(["low", "high"])
    schema = {"patient_id": pl.String, "size": pl.Float64, "grade": grade}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ask(*rows):
    schema = {"patient_id": pl.String, "days": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


class TestValues:
    HISTORIES = history(("a", 10, 30, None), ("a", 20, None, "middle"))
    ZERO = zero(a=(50, "low"), b=(70, "high"))
    NAMES = ("size", "grade")

    def test_each_covariate_is_carried_on_by_itself(self):
        asked = ask(("a", 25), ("b", 25), ("a", 0), ("a", 9), ("a", 10), ("a", 25))

        found = values_at(self.HISTORIES, self.ZERO, asked, self.NAMES)

        assert found.values.rows() == [
            (30, "middle"), (70, "high"), (50, "low"), (50, "low"), (30, "low"),
            (30, "middle"),
        ]  # fmt: skip
        assert found.since_days.rows() == [
            (15, 5), (25, 25), (0, 0), (9, 9), (0, 10), (15, 5)
        ]  # fmt: skip

    def test_levels_are_those_of_both_in_their_order(self):
        found = values_at(self.HISTORIES, self.ZERO, ask(("a", 1)), self.NAMES)

        assert found.values["grade"].dtype == pl.Enum(["low", "middle", "high"])

    def test_what_is_measured_on_the_day_may_come_after_the_treatment(self):
        asked = ask(("a", 10), ("a", 11), ("a", 0))

        found = values_at(self.HISTORIES, self.ZERO, asked, ["size"], before=True)

        assert found.values["size"].to_list() == [50, 30, 50]

    def test_all_that_is_not_known_is_told(self):
        with pytest.raises(
            InputError,
            match=r"size is not known of 1 patient\(s\) at time zero; colour is no "
            r"column .*; 1 patient\(s\) are not among .*; 1 day\(s\) lie before",
        ):
            values_at(
                self.HISTORIES,
                zero(a=(None, "low")),
                ask(("c", 1), ("a", -1)),
                ["size", "colour"],
            )


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.integers(0, 99))),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 10)), min_size=1),
    st.booleans(),
)
def test_what_comes_after_a_day_is_not_known_on_it(measured, days, before):
    told = {(who, day): value for who, day, value in measured}
    rows = [(who, day, value, None) for (who, day), value in told.items()]

    found = values_at(
        history(*sorted(rows)),
        zero(a=(-1, "low"), b=(-2, "low")),
        ask(*days),
        ["size"],
        before=before,
    )

    for (who, day), value in zip(days, found.values["size"].to_list(), strict=True):
        known = [
            k for k in told if k[0] == who and (k[1] < day if before else k[1] <= day)
        ]
        first = {"a": -1, "b": -2}[who]
        assert value == (told[max(known)] if known else first)
