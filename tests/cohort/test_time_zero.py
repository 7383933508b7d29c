"""Who met the criteria, why the others did not, and when the clock starts."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import (
    derive_conversions,
    find_n_event_read,
)
from twoarm.cohort.criteria import assess_items, find_met
from twoarm.cohort.eligibility import derive_eligible_at_zero, meets
from twoarm.cohort.endpoints import add_outcomes, derive_outcomes
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.reasons import derive_whole_courses
from twoarm.questions import AT_TIME_ZERO, COURSE

START = date(2021, 6, 1)
BOARD = {
    "v": {
        "label": "V",
        "items": [{"name": "yes", "reason": "No", "where": "mdt_resectable"}],
    }
}
NEVER = [
    {"name": "few", "reason": "Few cycles", "where": "n_cycles < 2"},
    {"name": "grew", "reason": "Progressed", "where": "progressed"},
    {"name": "died", "reason": "Died", "where": "died"},
]


def day(number):
    return START + timedelta(number)


def derive(tables, **asked):
    met = find_met(assess_items(derive_exposures(tables), BOARD), "v")
    start = start_attrition(tables["patients"].height)
    return derive_conversions(tables, start, met=met, **asked)


def survival(found, tables):
    """Days and event of death, as the rules add it to the candidates."""
    death = {
        "events": ["death"],
        "competing": [],
        "start": "time_zero",
        "censor": "last_contact",
        "progression": "charted",
        "mrecist_mm": 0,
        "missed_visits": None,
    }
    ends = {"os": death}
    with_ends = add_outcomes(found, derive_outcomes(found, tables, ends), ends)
    return with_ends.select("os_days", "os_event").row(0)


def exam(on, **values):
    return {"exam_date": on, **values}


YES = exam(100, mdt_resectable=True)
CYCLES = [{"drug_class": "ici", "start_date": 0, "n_cycles": 2.0}]


def excluded(tables, **asked):
    _, steps = derive(tables, **asked)
    return dict(steps.filter(pl.col("n_excluded") > 0)["reason", "n_excluded"].rows())


# Reasons of those who never met the criteria


def told(**dates):
    return [{"last_contact_date": 900, "last_imaging_date": 850, **dates}]


@pytest.mark.parametrize(
    ("follow_up", "treatments", "reason"),
    [
        ({}, [], "Few cycles"),
        ({"progression_date": 90, "death_date": 900}, [], "Few cycles"),
        ({"progression_date": 90, "death_date": 900}, CYCLES, "Progressed"),
        ({"death_date": 900}, CYCLES, "Died"),
        ({}, CYCLES, "Criteria for surgery never met"),
    ],
)
def test_first_reason_that_is_true_applies(course, follow_up, treatments, reason):
    tables = course(follow_ups=told(**follow_up), treatments=treatments)

    assert excluded(tables, never=NEVER) == {reason: 1}


def test_who_met_the_criteria_is_asked_for_no_reason(course):
    tables = course(assessments=[YES], follow_ups=told(death_date=900))

    found, steps = derive(tables, never=NEVER)

    assert found.height == 1
    assert steps["reason"].to_list() == [
        "Patients read",
        "Few cycles",
        "Progressed",
        "Died",
        "Criteria for surgery never met",
        "Progressed by the time the criteria were met",
        "Operated before the criteria were met",
        "Operated on the day the criteria were met",
    ]
    assert steps["n_after"].to_list() == [1] * 8


def test_reason_that_is_not_known_to_apply_does_not(course):
    unknown = [{"drug_class": "ici", "start_date": 0}]

    assert excluded(course(treatments=unknown), never=NEVER) == {
        "Criteria for surgery never met": 1
    }
    assert excluded(course(follow_ups=[], treatments=CYCLES), never=NEVER) == {
        "Criteria for surgery never met": 1
    }


def test_whole_course_is_summed_up(course):
    tables = course(
        assessments=[
            exam(-3, ecog=2.0, target_sum_mm=50.0),
            exam(0, ecog=1.0, mdt_resectable=False),
            exam(30, target_sum_mm=40.0, child_pugh=6.0),
            exam(60, target_sum_mm=45.0, child_pugh=5.0, mdt_resectable=False),
        ],
        treatments=[*CYCLES, {"drug_class": "tki", "start_date": 60, "end_date": 80}],
        follow_ups=told(progression_date=70),
    )

    found = derive_whole_courses(tables, derive_exposures(tables))

    assert found.columns == ["patient_id", *sorted(COURSE, key=found.columns.index)]
    row = found.row(0, named=True)
    assert {name: row[name] for name in COURSE if name not in ("centre", "sex")} == {
        "hbv": None,
        "histology": "hcc",
        "followed_days": 900.0,
        "n_cycles": 2.0,
        "overlap_days": 20.0,
        "combination": False,
        "n_exams_before": 2.0,
        "n_exams_after": 2.0,
        "n_reviews": 2.0,
        "lowest_ecog": 1.0,
        "lowest_child_pugh": 5.0,
        "best_change_percent": -20.0,
        "progressed": True,
        "died": False,
    }


def test_course_without_follow_up_or_assessment_is_not_known(course):
    tables = course(follow_ups=[], treatments=CYCLES)

    row = derive_whole_courses(tables, derive_exposures(tables)).row(0, named=True)

    unknown = ("followed_days", "n_cycles", "overlap_days", "combination", "died")
    assert [row[name] for name in unknown] == [None] * 5
    assert (row["n_exams_before"], row["n_reviews"]) == (0.0, 0.0)


# Time zero


@pytest.mark.parametrize(
    ("surgery", "reason"),
    [
        (99, {"Operated before the criteria were met": 1}),
        (100, {"Operated on the day the criteria were met": 1}),
        (101, {}),
    ],
)
@pytest.mark.parametrize("clock", ["criteria_met", "first_dose"])
def test_surgery_up_to_the_day_of_the_criteria_excludes(course, surgery, reason, clock):
    tables = course(assessments=[YES], surgeries=[{"surgery_date": surgery}])

    assert excluded(tables, time_zero=clock) == reason


def test_clock_may_start_at_the_first_dose_of_the_same_patients(course):
    tables = course(
        assessments=[exam(-4, ecog=1.0), exam(50, ecog=0.0), YES],
        surgeries=[{"surgery_date": 130}],
        labs=[{"sample_date": 0, "albumin_g_l": 40.0}],
    )

    found, steps = derive(tables, time_zero="first_dose")

    row = found.row(0, named=True)
    assert row["index_date"] == day(0)
    assert row["treatment_days"] == 130.0
    assert row["ecog"] == 1.0
    assert row["albumin_g_l_index"] == 40.0
    assert steps["reason"][-1] == "Criteria met before the first dose"
    assert survival(found, tables) == (900.0, False)


def test_criteria_before_the_first_dose_have_no_such_clock(course):
    tables = course(assessments=[exam(-5, mdt_resectable=True)])

    gone = {"Criteria met before the first dose": 1}
    assert excluded(tables, time_zero="first_dose") == gone
    assert excluded(tables) == {}


def test_death_on_the_day_of_the_criteria_leaves_no_time(course):
    tables = course(
        assessments=[YES],
        follow_ups=[{"last_contact_date": 100, "death_date": 100}],
    )

    found, _ = derive(tables)

    # The selection refuses it as `time_not_positive`.
    assert survival(found, tables) == (0.0, True)


def test_no_assessment_at_all(course):
    found, steps = derive(course())

    assert found.is_empty()
    assert steps["n_after"].to_list() == [1, 0, 0, 0, 0]


# Events in the attrition table


def test_events_of_those_left_are_counted_at_every_step(course):
    people = [{"patient_id": name, "first_dose_date": 0} for name in "pqr"]
    died = {"last_contact_date": 900, "death_date": 900}
    tables = course(
        patients=people,
        assessments=[{"patient_id": name, **YES} for name in "pq"],
        follow_ups=[{"patient_id": name, **died} for name in "qr"]
        + [{"patient_id": "p", "last_contact_date": 900}],
    )

    _, steps = derive(tables, events=["death"])

    assert find_n_event_read(tables, ["death"]) == 2
    assert steps["n_event_after"].to_list() == [None, 1, 1, 1, 1]
    assert derive(tables)[1]["n_event_after"].to_list() == [None] * 5


def test_events_are_not_known_where_one_follow_up_is_missing(course):
    tables = course(assessments=[YES], follow_ups=[])

    _, steps = derive(tables, events=["death"])

    assert find_n_event_read(tables, ["death"]) is None
    assert steps["n_event_after"].to_list() == [None] * 5


# Steps of eligibility at time zero


def step(**asked):
    usual = {"name": "x", "where": None, "column": None, "one_of": None}
    return {**usual, "at_least": None, "at_most": None, **asked}


def stays(candidates, **asked):
    with_answers = derive_eligible_at_zero(candidates, [step(**asked)])
    return with_answers.filter(meets(step(**asked))).height == 1


@pytest.mark.parametrize(
    ("asked", "in_"),
    [
        ({"where": "ecog <= 1 and not portal_invasion"}, True),
        ({"where": "portal_invasion or many_lesions"}, False),
        ({"where": "histology = 'hcc' and days_since_first_dose = 100"}, True),
        ({"where": "afp_response"}, False),
        ({"column": "ecog", "one_of": ["1"]}, True),
        ({"column": "ecog", "one_of": ["0", "2"]}, False),
        ({"column": "portal_invasion", "one_of": ["false", "no"]}, True),
        ({"column": "ecog", "at_most": 1}, True),
        ({"column": "ecog", "at_least": 2}, False),
        ({"column": "child_pugh", "at_least": 0}, False),
    ],
)
def test_step_is_asked_of_what_is_known_at_time_zero(course, asked, in_):
    last = {**YES, "ecog": 1.0, "portal_invasion": False, "n_lesions": 2.0}
    tables = course(assessments=[exam(50, ecog=2.0, portal_invasion=True), last])
    found, _ = derive(tables)

    assert stays(found, **asked) is in_


def test_all_columns_that_may_be_asked_are_there(course):
    found, _ = derive(course(assessments=[YES]))

    assert set(AT_TIME_ZERO) <= set(found.columns)


# Laws


patients = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "criteria": st.integers(-1, 3),
            "surgery": st.integers(-1, 4),
            "progression": st.integers(0, 4),
            "death": st.integers(1, 5),
            "cycles": st.sampled_from([1.0, 2.0]),
        },
    ),
    max_size=8,
)


def filled(course, people):
    """Exports of patients whose courses are told in hundreds of days."""
    rows = {"patients": [], "assessments": [], "surgeries": [], "follow_ups": []}
    rows["treatments"] = []
    for number, person in enumerate(people):
        who = {"patient_id": f"p{number}"}
        on = {name: 100 * hundreds for name, hundreds in person.items()}
        rows["patients"].append({**who, "first_dose_date": 0})
        rows["follow_ups"].append(
            {
                **who,
                "last_contact_date": on.get("death", 900),
                "progression_date": on.get("progression"),
                "death_date": on.get("death"),
            }
        )
        if "criteria" in on:
            seen = exam(on["criteria"], mdt_resectable=True, ecog=number % 2.0)
            rows["assessments"].append({**who, **seen})
        if "surgery" in on:
            rows["surgeries"].append({**who, "surgery_date": on["surgery"]})
        if "cycles" in person:
            drug = {"drug_class": "ici", "start_date": 0, "n_cycles": person["cycles"]}
            rows["treatments"].append({**who, **drug})
    return course(**rows)


@given(patients, st.sampled_from(["criteria_met", "first_dose"]))
@settings(max_examples=40, deadline=None)
def test_attrition_adds_up(course, people, clock):
    asked = {"never": NEVER, "time_zero": clock, "events": ["death"]}
    found, steps = derive(filled(course, people), **asked)

    assert steps["n_before"][0] == len(people)
    assert steps["n_after"][-1] == found.height
    assert steps["n_before"][1:].to_list() == steps["n_after"][:-1].to_list()
    left = steps["n_before"] - steps["n_after"]
    assert left.to_list() == steps["n_excluded"].to_list()
    assert (steps["n_event_after"] <= steps["n_after"]).all()
    events = steps["n_event_after"].drop_nulls()
    assert events.is_sorted(descending=True)
    assert events[-1] == found["death_date"].count()


@given(patients, st.randoms(use_true_random=False), st.sampled_from([-731, 365, 4000]))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_calendar_and_labels_of_centres_do_not_matter(
    course, people, random, shift
):
    tables, moved = filled(course, people), {}
    for name, rows in tables.items():
        order = list(range(rows.height))
        random.shuffle(order)
        later = pl.selectors.date() + pl.duration(days=shift)
        moved[name] = rows[order].with_columns(later, centre=pl.lit("z"))

    found, steps = derive(tables, never=NEVER, events=["death"])
    again, steps_again = derive(moved, never=NEVER, events=["death"])

    assert steps_again.equals(steps)
    unlike = [pl.selectors.date(), pl.selectors.by_name("calendar_year", "centre")]
    assert again.drop(*unlike).equals(found.drop(*unlike))
    lags = pl.selectors.date() - pl.col("first_dose_date")
    assert again.select(lags).equals(found.select(lags))


@given(patients)
@settings(max_examples=25, deadline=None)
def test_both_clocks_have_the_same_patients(course, people):
    later = [each for each in people if each.get("criteria", 1) >= 0]
    tables = filled(course, later)

    found, _ = derive(tables)
    naive, _ = derive(tables, time_zero="first_dose")

    assert naive["patient_id"].equals(found["patient_id"])
    assert naive["treated"].equals(found["treated"])
    assert (naive["index_date"] <= found["index_date"]).all()
