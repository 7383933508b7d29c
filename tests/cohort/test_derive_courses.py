from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.courses import (
    derive_adjuvant,
    derive_changes,
    derive_courses,
    derive_responses,
)
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.figures import Changes, Courses, Responses
from twoarm.tables.harmonisation import Records
from twoarm.tables.outcomes import Adjuvant

LABELS = {"treated": "Surgery", "control": "No surgery"}
START = date(2021, 6, 1)
MONTH = 30.4375
WHEN = (
    "first_dose_date",
    "criteria_date",
    "surgery_date",
    "progression_date",
    "death_date",
    "last_contact_date",
)


def day(number):
    return None if number is None else START + timedelta(number)


def candidates(*rows):
    """Patients p0, p1, ...: `treated` and days since the first dose."""
    usual = {"treated": True, "first_dose_date": 0, "criteria_date": 100}
    usual |= {"surgery_date": None, "progression_date": None, "death_date": None}
    usual |= {"last_contact_date": 900}
    filled = [
        {
            "patient_id": f"p{place}",
            "source_file": "patients.csv",
            "source_row": place + 2,
            "excluded": False,
            "treatment_days": None,
            "index_date": None,
            **{k: day(v) if k in WHEN else v for k, v in {**usual, **row}.items()},
        }
        for place, row in enumerate(rows)
    ]
    types = dict.fromkeys((*WHEN, "index_date"), pl.Date) | {
        "treatment_days": pl.Float64
    }
    return pl.DataFrame(filled, schema_overrides=types, infer_schema_length=None)


def assessments(*rows):
    """Rows of (patient, day, target sum) or (patient, day, target sum, new lesion)."""
    return pl.DataFrame(
        [
            {
                "source_file": "assessments.csv",
                "source_row": place,
                "patient_id": row[0],
                "exam_date": day(row[1]),
                "target_sum_mm": row[2],
                "new_lesion": row[3] if row[3:] else None,
            }
            for place, row in enumerate(rows, start=2)
        ],
        schema={
            "source_file": pl.String,
            "source_row": pl.Int64,
            "patient_id": pl.String,
            "exam_date": pl.Date,
            "target_sum_mm": pl.Float64,
            "new_lesion": pl.Boolean,
        },
    )


def treatments(*rows):
    """Rows of (patient, start, end)."""
    return pl.DataFrame(
        [
            {
                "source_file": "treatments.csv",
                "source_row": place,
                "patient_id": patient,
                "start_date": day(start),
                "end_date": day(end),
            }
            for place, (patient, start, end) in enumerate(rows, start=2)
        ],
        schema={
            "source_file": pl.String,
            "source_row": pl.Int64,
            "patient_id": pl.String,
            "start_date": pl.Date,
            "end_date": pl.Date,
        },
    )


def response(*rows, **patient):
    found = derive_responses(candidates(patient), assessments(*rows), LABELS)
    return Responses.check(found.select(Responses.column_names())).row(0, named=True)


def marks(people, given=(), arm="Surgery", lane=1):
    found = Courses.check(derive_courses(people, treatments(*given), LABELS))
    return {
        (row["what"], round(row["start_months"] * MONTH)): round(
            row["end_months"] * MONTH
        )
        for row in found.filter(arm=arm, lane=lane).iter_rows(named=True)
    }


# Best response


@pytest.mark.parametrize(
    ("baseline", "smallest", "change", "told"),
    [
        (100.0, 0.0, -100.0, "CR"),
        (100.0, 70.0, -30.0, "PR"),
        (100.0, 70.1, -29.9, "SD"),
        (100.0, 119.9, 19.9, "SD"),
        (100.0, 120.0, 20.0, "PD"),
        (20.0, 24.9, 24.5, "SD"),
        (20.0, 25.0, 25.0, "PD"),
        (1.1, 0.77, -30.0, "SD"),
    ],
)
def test_change_and_class_by_recist(baseline, smallest, change, told):
    found = response(("p0", -2, baseline), ("p0", 60, smallest))

    assert found["change_percent"] == pytest.approx(change)
    assert found["response"] == told


def test_thresholds_do_not_suffer_from_floats():
    sizes = [tenths / 10 for tenths in range(10, 2000, 10)]
    rows = [
        (f"p{place}", on, share * size)
        for place, size in enumerate(sizes)
        for on, share in ((0, 1.0), (60, 0.7))
    ]

    found = derive_responses(candidates(*[{}] * len(sizes)), assessments(*rows), LABELS)

    assert found["response"].to_list() == ["PR"] * len(sizes)


def test_best_change_is_the_smallest_sum_after_the_first_dose():
    found = response(
        ("p0", -40, 10.0),
        ("p0", 0, 80.0),
        ("p0", 60, 60.0),
        ("p0", 120, 20.0),
        ("p0", 180, 100.0),
    )

    assert found["change_percent"] == pytest.approx(-75.0)


def test_of_two_sums_on_the_day_of_the_first_dose_the_last_of_the_file_counts():
    found = response(("p0", 0, 10.0), ("p0", 0, 80.0), ("p0", 60, 40.0))

    assert found["change_percent"] == pytest.approx(-50.0)


@pytest.mark.parametrize("what", ["surgery_date", "progression_date"])
def test_only_what_was_seen_by_surgery_and_progression_counts(what):
    rows = [("p0", 0, 100.0), ("p0", 60, 50.0), ("p0", 61, 0.0, True)]

    found = response(*rows, **{what: 60})
    later = response(*rows, **{what: 61})

    assert (found["change_percent"], found["new_lesion"]) == (-50.0, False)
    assert (later["change_percent"], later["new_lesion"]) == (-100.0, True)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("p0", 0, 100.0)],
        [("p0", 60, 100.0)],
        [("p0", 0, None), ("p0", 60, 50.0)],
        [("p0", 0, 0.0), ("p0", 60, 0.0)],
        [("p1", 0, 100.0), ("p1", 60, 50.0)],
    ],
)
def test_who_has_no_two_sums_to_compare_has_no_bar(rows):
    found = derive_responses(candidates({}), assessments(*rows), LABELS)

    assert found.is_empty()


def test_bars_of_an_arm_fall_and_ties_keep_the_order_of_patients():
    rows = []
    for patient, smallest in (("p0", 40.0), ("p1", 90.0), ("p2", 40.0), ("p3", 10.0)):
        rows += [(patient, 0, 100.0), (patient, 60, smallest)]
    people = candidates({}, {}, {}, {"treated": False})

    found = derive_responses(people, assessments(*rows), LABELS)

    by_arm = found.filter(arm="Surgery").sort("rank")
    assert by_arm["patient_id"].to_list() == ["p1", "p0", "p2"]
    assert by_arm["change_percent"].to_list() == pytest.approx([-10, -60, -60])
    assert found.filter(arm="No surgery")["rank"].to_list() == [1]


# Courses


def test_marks_and_bars_of_an_operated_patient():
    people = candidates(
        {"surgery_date": 150, "progression_date": 400, "death_date": 800}
        | {"last_contact_date": 800}
    )

    assert marks(people, [("p0", 0, 90), ("p0", 200, 300)]) == {
        ("follow_up", 0): 800,
        ("criteria_met", 100): 100,
        ("surgery", 150): 150,
        ("progression", 400): 400,
        ("death", 800): 800,
        ("treatment", 0): 90,
        ("treatment", 200): 300,
    }


def test_who_lives_is_ongoing_at_the_last_contact():
    found = marks(candidates({}))

    assert found[("ongoing", 900)] == 900
    assert not {"surgery", "progression", "death"} & {what for what, _ in found}


@pytest.mark.parametrize("end", [None, 950])
def test_treatment_ends_with_the_follow_up(end):
    assert marks(candidates({}), [("p0", 30, end)])[("treatment", 30)] == 900


def test_treatment_before_the_first_dose_is_drawn_from_the_first_dose():
    assert marks(candidates({}), [("p0", -20, 50)])[("treatment", 0)] == 50


def test_of_treatments_of_one_day_the_longest_is_drawn():
    given = [("p0", 0, 90), ("p0", 0, 200), ("p0", 0, 10)]

    assert marks(candidates({}), given)[("treatment", 0)] == 200


def test_drugs_given_at_one_time_are_one_treatment():
    """They are apart only where a day lies between them, whatever their order."""
    given = [("p0", 300, 400), ("p0", 7, 90), ("p0", 0, 60), ("p0", 90, 120)]
    given += [("p0", 121, 130), ("p1", 50, 70)]

    lanes = [marks(candidates({}, {}), given, lane=lane) for lane in (1, 2)]

    bars = [
        {start: end for (what, start), end in found.items() if what == "treatment"}
        for found in lanes
    ]
    assert bars == [{0: 120, 121: 130, 300: 400}, {50: 70}]


def test_drug_that_goes_on_covers_those_that_follow():
    given = [("p0", 0, None), ("p0", 200, 300)]

    assert marks(candidates({}), given)[("treatment", 0)] == 900


def test_lane_one_has_the_longest_follow_up_and_ties_keep_the_order():
    people = candidates(
        {"last_contact_date": 300},
        {"last_contact_date": 700},
        {"last_contact_date": 300},
        {"last_contact_date": 500, "treated": False},
    )

    found = derive_courses(people, treatments(), LABELS).filter(what="follow_up")

    lanes = found.select("arm", "lane", "end_months").sort("arm", "lane")
    assert [(arm, lane, round(end * MONTH)) for arm, lane, end in lanes.rows()] == [
        ("No surgery", 1, 500),
        ("Surgery", 1, 700),
        ("Surgery", 2, 300),
        ("Surgery", 3, 300),
    ]


@given(st.sampled_from([-5000, -1, 1, 365]))
@settings(max_examples=4, deadline=None)
def test_calendar_does_not_matter(shift):
    people = candidates({"surgery_date": 150}, {"treated": False, "death_date": 900})
    given_then = treatments(("p0", 0, 50), ("p1", 3, None))
    seen = assessments(
        ("p0", 0, 90.0), ("p0", 50, 30.0), ("p1", 0, 9.0), ("p1", 5, 8.0)
    )
    later = pl.selectors.date() + pl.duration(days=shift)

    courses = derive_courses(people, given_then, LABELS)
    moved = derive_courses(
        people.with_columns(later), given_then.with_columns(later), LABELS
    )
    responses = derive_responses(people, seen, LABELS)
    moved_responses = derive_responses(
        people.with_columns(later), seen.with_columns(later), LABELS
    )

    assert moved.equals(courses)
    columns = Responses.column_names()
    assert moved_responses.select(columns).equals(responses.select(columns))


# Change along time


def test_lines_start_at_the_first_dose_and_end_with_surgery_or_progression():
    people = candidates(
        {"surgery_date": 130}, {"treated": False, "progression_date": 60}, {}
    )
    seen = assessments(
        ("p0", -5, 100.0), ("p0", 60, 70.0), ("p0", 120, 40.0, True), ("p0", 200, 0.0),
        ("p1", 0, 50.0), ("p1", 60, 60.0), ("p1", 90, 90.0),
        ("p2", 30, 80.0),
    )  # fmt: skip

    found = Changes.check(derive_changes(people, seen, LABELS)).sort("arm", "months")

    assert found.select("arm", "change_percent", "new_lesion").rows() == [
        ("No surgery", 0.0, False),
        ("No surgery", pytest.approx(20.0), False),
        ("Surgery", 0.0, False),
        ("Surgery", pytest.approx(-30.0), False),
        ("Surgery", pytest.approx(-60.0), True),
    ]
    months = found.filter(arm="Surgery")["months"] * MONTH
    assert months.to_list() == pytest.approx([0, 60, 120])
    bars = derive_responses(people, seen, LABELS)
    assert bars.select("arm", "rank", "operated").rows() == [
        ("No surgery", 1, False),
        ("Surgery", 1, True),
    ]


def test_script_draws_the_analysed_only_and_holds_no_patient(script, tmp_path, filled):
    people = candidates({}, {}, {"treated": False})
    Candidates.write(people, tmp_path / "candidates.parquet")
    Patients.write(filled(people[[0, 2]]), tmp_path / "patients.parquet")
    seen = [(f"p{k}", on, 90.0 - on) for k in range(3) for on in (0, 50)]
    Records.write(assessments(*seen), tmp_path / "assessments.parquet")
    Records.write(treatments(("p0", 0, 9), ("p1", 0, 9)), tmp_path / "given.parquet")

    script("cohort/derive_courses").main(
        candidates=tmp_path / "candidates.parquet",
        patients=tmp_path / "patients.parquet",
        assessments=[tmp_path / "assessments.parquet"],
        treatments=[tmp_path / "given.parquet"],
        responses=tmp_path / "responses.parquet",
        changes=tmp_path / "changes.parquet",
        courses=tmp_path / "courses.parquet",
        adjuvant=tmp_path / "adjuvant.parquet",
        labels=LABELS,
    )

    responses = Responses.read(tmp_path / "responses.parquet")
    assert responses.select("arm", "rank").rows() == [("No surgery", 1), ("Surgery", 1)]
    courses = Courses.read(tmp_path / "courses.parquet")
    assert courses.filter(what="treatment").height == 1
    assert set(courses["lane"]) == {1}
    assert Adjuvant.read(tmp_path / "adjuvant.parquet").columns[0] == "patient_id"
    changes = Changes.read(tmp_path / "changes.parquet")
    assert changes.select("arm", "months").rows()[0] == ("No surgery", 0)
    assert changes.height == 4
    for table in (responses, changes, courses):
        assert "patient_id" not in table.columns
        assert pl.Date not in table.dtypes


def test_therapy_after_surgery_is_what_starts_after_its_day():
    people = candidates(
        {"index_date": None, "surgery_date": 100, "progression_date": 400},
        {"surgery_date": 100, "death_date": 300},
        {"surgery_date": 100, "progression_date": 50, "last_contact_date": 250},
        {"surgery_date": None, "treated": False},
    ).with_columns(index_date="criteria_date")
    given_then = treatments(
        ("p0", 0, 90), ("p0", 150, 200), ("p0", 130, 140),  # the first after it
        ("p1", 20, None), ("p1", 100, 120),  # through it, and on its day: neither
        ("p3", 500, 600),
    )  # fmt: skip

    found = Adjuvant.check(derive_adjuvant(people, given_then)).sort("patient_id")

    assert found["patient_id"].to_list() == ["p0", "p1", "p2"]
    assert found["surgery_days"].to_list() == [0.0, 0.0, 0.0]
    assert found["resumed_days"].to_list() == [30.0, None, None]
    # recurrence, death, and the last contact: progression before is no recurrence
    assert found["free_days"].to_list() == [300.0, 200.0, 150.0]
