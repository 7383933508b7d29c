import polars as pl
import pytest

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.index_rows import derive_from_table
from twoarm.tables.cohort import Attrition, Candidates, Quarantine
from twoarm.tables.harmonisation import Records

ARM = pl.Enum(["treated", "control", "excluded"])


def records(arms, **columns):
    rows = range(2, 2 + len(arms))
    return pl.DataFrame(
        {
            "source_file": pl.Series(["table.csv"] * len(arms), dtype=pl.String),
            "source_row": pl.Series(rows, dtype=pl.Int64),
            "patient_id": pl.Series([f"p{row}" for row in rows], dtype=pl.String),
            "arm": pl.Series(arms, dtype=ARM),
            **columns,
        }
    )


def aside(*reasons):
    return Quarantine.of(
        [
            {
                "source_file": "table.csv",
                "source_row": 100 + place,
                "column": "x",
                "rule": reason.lower(),
                "reason": reason,
            }
            for place, reason in enumerate(reasons)
        ]
    )


def test_arm_is_the_rows_own_and_unknown_stays_unknown():
    found = derive_from_table(records(["treated", "control", "excluded", None]))

    assert found["treated"].to_list() == [True, False, None, None]
    assert found["excluded"].to_list() == [False, False, True, False]


def test_without_a_column_of_days_the_wait_is_not_known():
    found = derive_from_table(records(["treated", "control"]))

    assert found.schema["treatment_days"] == pl.Float64
    assert found["treatment_days"].to_list() == [None, None]
    assert found["index_date"].to_list() == [None, None]


def test_days_to_treatment_are_kept_as_given():
    found = derive_from_table(
        records(["treated", "treated", "control"], treatment_days=[0.0, 12.5, None])
    )

    assert found["treatment_days"].to_list() == [0.0, 12.5, None]


def test_attrition_starts_with_all_rows_read():
    assert start_attrition(7).rows() == [(1, "Patients read", 7, 0, 7, None)]


def test_rows_set_aside_by_harmonisation_are_steps_by_reason():
    steps = start_attrition(7, aside("Time", "Date", "Time"))

    assert steps.rows() == [
        (1, "Patients read", 10, 0, 10, None),
        (2, "Date", 10, 1, 9, None),
        (3, "Time", 9, 2, 7, None),
    ]


def test_script_hands_on_rows_in_the_order_of_the_file(script, tmp_path):
    rows = records(["treated", None, "control"], age=[50.0, 60.0, None])
    Records.write(rows[[2, 0, 1]], tmp_path / "records.parquet")
    Quarantine.write(aside("Time"), tmp_path / "one.parquet")
    Quarantine.write(aside("Date", "Time"), tmp_path / "two.parquet")

    script("cohort/derive_table").main(
        records=tmp_path / "records.parquet",
        quarantines=[tmp_path / "one.parquet", tmp_path / "two.parquet"],
        candidates=tmp_path / "candidates.parquet",
        attrition=tmp_path / "attrition.parquet",
        eligibility=[],
        endpoints=["os"],
    )

    found = Candidates.read(tmp_path / "candidates.parquet")
    assert found["source_row"].to_list() == [4, 2, 3]
    assert found["age"].to_list() == [None, 50.0, 60.0]
    steps = Attrition.read(tmp_path / "attrition.parquet")
    assert steps["n_before"].to_list() == [6, 6, 5]
    assert steps["n_after"].to_list() == [6, 5, 3]


@pytest.mark.parametrize("n_usable", [0, 1])
def test_a_table_of_hardly_any_patient(n_usable):
    found = derive_from_table(records(["treated"][:n_usable]))

    assert Candidates.check(found).height == n_usable
    assert start_attrition(n_usable)["n_after"].to_list() == [n_usable]


def test_treated_before_time_zero_is_early_and_on_day_0_is_not():
    rows = records(["treated", "treated", "control"]).with_columns(
        treatment_days=pl.Series([-1.0, 0.0, -5.0])
    )

    assert derive_from_table(rows)["early"].to_list() == ["before", None, None]


def test_script_answers_the_expressions_of_the_study(script, tmp_path):
    asked = {"eligible_old:Age": [50.0, 60.0], "os_event": [True, False]}
    rows = records(["treated", "control"]).hstack(pl.DataFrame(asked))
    Records.write(rows, tmp_path / "records.parquet")
    Quarantine.write(aside(), tmp_path / "none.parquet")
    step = {"name": "old", "reason": "Young", "where": "Age > 55"}

    script("cohort/derive_table").main(
        records=tmp_path / "records.parquet",
        quarantines=[tmp_path / "none.parquet"],
        candidates=tmp_path / "candidates.parquet",
        attrition=tmp_path / "attrition.parquet",
        eligibility=[step],
        endpoints=["os"],
    )

    found = Candidates.read(tmp_path / "candidates.parquet")
    assert found["eligible_old"].to_list() == [False, True]
    assert "eligible_old:Age" not in found.columns
    steps = Attrition.read(tmp_path / "attrition.parquet")
    assert steps["n_event_after"].to_list() == [1]
