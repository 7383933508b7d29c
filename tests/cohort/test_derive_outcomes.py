"""Endpoints of courses whose days count from time zero."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.differences import find_differences, summarise_doubts
from twoarm.cohort.endpoints import add_outcomes, derive_outcomes
from twoarm.cohort.scans import summarise_scans
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.contract import TableError
from twoarm.tables.harmonisation import Records
from twoarm.tables.outcomes import Differences, Outcomes, Scans

START = date(2021, 6, 1)
RULE = {
    "start": "time_zero",
    "events": ["death"],
    "competing": [],
    "progression": "charted",
    "mrecist_mm": 0,
    "censor": "last_contact",
    "missed_visits": None,
}
"""A rule of the config with its defaults."""
USUAL = {
    "index_date": 0,
    "first_dose_date": -100,
    "surgery_date": None,
    "progression_date": None,
    "death_date": None,
    "last_imaging_date": 850,
    "last_contact_date": 900,
}
PLACE = {"source_file": pl.String, "source_row": pl.Int64, "patient_id": pl.String}


def day(number):
    """Day of the course: 0 is time zero."""
    return None if number is None else START + timedelta(number)


def people_of(*courses):
    """Patients p0, p1, ..., each with the days that differ from the usual."""
    rows = [
        {
            "patient_id": f"p{place}",
            "treated": course.get("surgery_date") is not None,
            **{name: day(at) for name, at in {**USUAL, **course}.items()},
        }
        for place, course in enumerate(courses)
    ]
    schema = {"patient_id": pl.String, "treated": pl.Boolean}
    return pl.DataFrame(rows, schema=schema | dict.fromkeys(USUAL, pl.Date))


def assessments_of(*rows):
    """Rows of (patient, day, target sum, viable sum, new lesion); the end may lack."""
    names = ("patient_id", "exam_date", "target_sum_mm", "viable_sum_mm", "new_lesion")
    filled = [
        {
            "source_file": "assessments.csv",
            "source_row": place,
            **dict(zip(names, (row[0], day(row[1]), *row[2:]), strict=False)),
        }
        for place, row in enumerate(rows, start=2)
    ]
    sums = {"target_sum_mm": pl.Float64, "viable_sum_mm": pl.Float64}
    schema = {**PLACE, "exam_date": pl.Date, **sums, "new_lesion": pl.Boolean}
    return pl.DataFrame(filled, schema=schema)


def clear(patient, *days):
    """Scans that show target lesions of a constant size and no new one."""
    return [(patient, at, 60.0, 60.0, False) for at in days]


def surgeries_of(*rows):
    """Rows of (patient, day, margin)."""
    filled = [
        {
            "source_file": "surgeries.csv",
            "source_row": place,
            "patient_id": patient,
            "surgery_date": day(at),
            "r_status": margin,
        }
        for place, (patient, at, margin) in enumerate(rows, start=2)
    ]
    margins = {"surgery_date": pl.Date, "r_status": pl.Enum(["R0", "R1", "R2"])}
    return pl.DataFrame(filled, schema={**PLACE, **margins})


def rule(**changed):
    return {**RULE, **changed}


def outcome(course=None, *, scans=(), margin=None, **changed):
    """Outcome of one patient by one rule."""
    course = course or {}
    operated = [("p0", course["surgery_date"], margin)] if margin else []
    tables = {
        "assessments": assessments_of(*scans),
        "surgeries": surgeries_of(*operated),
    }
    found = derive_outcomes(people_of(course), tables, {"end": rule(**changed)})
    return Outcomes.check(found).row(0, named=True) if found.height else None


def ended(*arguments, **changed):
    """Days, event and competing event of one patient."""
    found = outcome(*arguments, **changed)
    return found and (found["days"], found["event"], found["competing"])


BOTH = ["progression", "death"]


@pytest.mark.parametrize(
    ("events", "course", "expected"),
    [
        (["death"], {}, (900, False)),
        (["death"], {"death_date": 800}, (800, True)),
        (["death"], {"progression_date": 200}, (900, False)),
        (["progression"], {"progression_date": 200, "death_date": 800}, (200, True)),
        (["progression"], {"death_date": 800}, (900, False)),
        (BOTH, {"progression_date": 200, "death_date": 800}, (200, True)),
        (BOTH, {"death_date": 800}, (800, True)),
        (BOTH, {"progression_date": 800, "death_date": 800}, (800, True)),
        (BOTH, {}, (900, False)),
    ],
)
def test_first_event_counts_else_the_last_contact(events, course, expected):
    assert ended(course, events=events) == (*expected, False)


def test_resection_is_neither_event_nor_censoring():
    assert ended({"surgery_date": 50}, events=BOTH) == (900, False, False)


def test_resection_that_left_tumour_may_be_an_event():
    course, events = {"surgery_date": 50}, ["progression", "not_r0", "death"]

    assert ended(course, margin="R0", events=events) == (900, False, False)
    assert ended(course, margin="R1", events=events) == (50, True, False)
    assert ended(course, margin="R2", events=events) == (50, True, False)
    assert ended(course, events=events) == (900, False, False)


def test_censoring_is_at_the_last_contact_imaging_or_adequate_scan():
    scans = [*clear("p0", 0, 60, 120), ("p0", 180)]
    when = ("last_contact", "last_imaging", "last_adequate_scan")

    found = [ended(events=BOTH, censor=each, scans=scans) for each in when]

    assert found == [(900, False, False), (850, False, False), (120, False, False)]


def test_death_counts_wherever_who_lives_would_be_censored():
    course = {"death_date": 900}

    assert ended(course, censor="last_imaging") == (900, True, False)


def test_death_before_the_first_scan_is_an_event():
    course = {"death_date": 20, "last_contact_date": 20, "last_imaging_date": -3}

    for censor in ("last_contact", "last_imaging", "last_adequate_scan"):
        assert ended(course, events=BOTH, censor=censor) == (20, True, False)
    late = {**course, "death_date": 500, "last_contact_date": 500}
    assert ended(late, events=BOTH, missed_visits=SCHEDULE) == (500, True, False)


def test_without_a_scan_after_the_start_it_is_censored_there():
    found = ended(events=BOTH, censor="last_adequate_scan", scans=clear("p0", -9, 0))

    assert found == (0, False, False)


def test_what_lies_before_the_start_leaves_no_time():
    assert ended({"death_date": -4}) == (0, True, False)
    assert ended({"last_contact_date": -4}) == (0, False, False)
    assert ended({"last_imaging_date": -4}, censor="last_imaging") == (0, False, False)
    assert ended({"last_contact_date": 0}) == (0, False, False)


def test_without_follow_up_nothing_is_known():
    people = people_of({"last_contact_date": None, "last_imaging_date": None})
    seen = assessments_of(*clear("p0", 0, 60))
    tables = {"assessments": seen, "surgeries": surgeries_of()}
    scanned = rule(events=BOTH, censor="last_adequate_scan")

    found = derive_outcomes(people, tables, {"os": rule(), "pfs": scanned})

    assert found.select("days", "event", "competing").rows() == [
        (None, False, False),
        (None, False, False),
    ]


# Starts


def test_clock_may_start_with_the_first_dose():
    found = outcome({"death_date": 300}, start="first_dose")

    assert (found["start_days"], found["days"], found["event"]) == (-100, 400, True)


RFS = {"start": "surgery", "events": ["recurrence", "death"]}
TTR = {"start": "surgery", "events": ["recurrence"], "competing": ["death"]}


def test_recurrence_counts_from_a_complete_resection():
    course = {"surgery_date": 50, "progression_date": 200}

    found = outcome(course, margin="R0", **RFS)

    assert (found["start_days"], found["days"], found["event"]) == (50, 150, True)


@pytest.mark.parametrize("margin", ["R1", "R2", None])
def test_only_who_was_resected_completely_can_recur(margin):
    course = {"surgery_date": 50, "progression_date": 200}

    assert outcome(course, margin=margin, **RFS) is None
    assert ended(course, margin=margin, events=BOTH) == (200, True, False)
    assert ended(course, margin=margin, start="surgery") == (850, False, False)


def test_who_was_not_operated_has_no_endpoint_from_surgery():
    assert outcome({}, **RFS) is None
    assert outcome({}, start="surgery") is None


def test_death_on_the_day_of_surgery():
    course = {"surgery_date": 50, "death_date": 50, "last_contact_date": 50}

    assert ended(course, margin="R0", **RFS) == (0, True, False)
    assert ended(course, margin="R0", **TTR) == (0, False, True)
    assert ended(course, margin="R0") == (50, True, False)


def test_surgery_before_time_zero_starts_its_own_clock():
    course = {"surgery_date": -30, "progression_date": 200}

    found = outcome(course, margin="R0", **RFS)

    assert (found["start_days"], found["days"]) == (-30, 230)


@pytest.mark.parametrize("at", [49, 50])
def test_progression_by_surgery_is_no_recurrence(at):
    course = {"surgery_date": 50, "progression_date": at}

    assert ended(course, margin="R0", **RFS) == (850, False, False)


def test_first_surgery_counts_and_its_worst_margin():
    people = people_of({"surgery_date": 50}, {"surgery_date": 50})
    rows = [("p0", 300, "R1"), ("p0", 50, "R0"), ("p1", 50, "R1"), ("p1", 50, "R0")]
    tables = {"assessments": assessments_of(), "surgeries": surgeries_of(*rows)}

    found = derive_outcomes(people, tables, {"rfs": rule(**RFS)})

    assert found["patient_id"].to_list() == ["p0"]


# What competes


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ({}, (850, False, False)),
        ({"progression_date": 200}, (150, True, False)),
        ({"death_date": 300}, (250, False, True)),
        ({"progression_date": 200, "death_date": 300}, (150, True, False)),
        ({"progression_date": 300, "death_date": 300}, (250, True, False)),
    ],
)
def test_competing_event_ends_the_follow_up_unless_the_event_came_by_then(
    course, expected
):
    found = ended({"surgery_date": 50, **course}, margin="R0", **TTR)

    assert found == expected


# The criterion of progression

GROWN = [
    ("p0", -100, 100.0, 100.0),
    ("p0", 0, 50.0, 20.0, False),
    ("p0", 60, 50.0, 30.0, False),
    ("p0", 120, 62.0, 30.0, False),
]


def test_progression_is_dated_by_the_chart_or_by_a_criterion():
    course = {"progression_date": 150}
    found = {
        source: ended(course, events=BOTH, progression=source, scans=GROWN)
        for source in ("charted", "recist", "mrecist")
    }

    assert found == {
        "charted": (150, True, False),
        "recist": (120, True, False),
        "mrecist": (60, True, False),
    }


def test_least_growth_of_mrecist_is_asked_for_by_the_rule():
    by = {"events": BOTH, "progression": "mrecist", "scans": GROWN}

    assert ended(mrecist_mm=10, **by) == (60, True, False)
    assert ended(mrecist_mm=10.1, **by) == (900, False, False)


def test_criterion_alone_does_not_believe_the_chart_before_resection():
    course = {"progression_date": 100}

    assert ended(course, events=BOTH, progression="recist") == (900, False, False)


@pytest.mark.parametrize(
    ("charted", "seen", "expected"),
    [(None, 200, 200), (300, 200, 200), (150, 200, 150), (150, None, 150)],
)
def test_recurrence_is_a_new_lesion_or_the_chart_whichever_is_first(
    charted, seen, expected
):
    course = {"surgery_date": 50, "progression_date": charted}
    scans = [*GROWN[:2], ("p0", 110, 90.0, 90.0, False)]
    scans += [("p0", seen, None, None, True)] if seen else []
    by = {"events": BOTH, "progression": "recist", "scans": scans}

    assert ended(course, **by) == (expected, True, False)
    assert ended(course, margin="R0", **{**by, **RFS}) == (expected - 50, True, False)


def test_without_a_baseline_growth_cannot_be_told():
    by = {"events": BOTH, "progression": "recist", "censor": "last_adequate_scan"}

    assert ended(scans=GROWN[1:], **by) == (0, False, False)
    new = [*GROWN[1:], ("p0", 180, None, None, True)]
    assert ended(scans=new, **by) == (180, True, False)


def test_scan_without_what_the_criterion_sums_is_not_adequate():
    scans = [*GROWN[:2], ("p0", 60, 50.0, None, False), ("p0", 120, None, 20.0, False)]
    by = {"events": BOTH, "censor": "last_adequate_scan", "scans": scans}

    assert ended(progression="recist", **by) == (60, False, False)
    assert ended(progression="mrecist", **by) == (120, False, False)
    assert ended(progression="charted", **by) == (120, False, False)


def test_scan_after_resection_is_adequate_if_it_looked_for_new_lesions():
    scans = [*clear("p0", 40), ("p0", 110, None, None, False), ("p0", 170, 10.0)]
    by = {"events": BOTH, "censor": "last_adequate_scan", "scans": scans}

    assert ended({"surgery_date": 50}, **by) == (110, False, False)


def test_scan_on_the_day_of_surgery_shows_what_was_resected_then():
    scans = [GROWN[0], ("p0", 50, 130.0, 130.0, False)]
    by = {"events": BOTH, "progression": "recist", "scans": scans}

    assert ended({"surgery_date": 50}, **by) == (50, True, False)


# Missed visits

SCHEDULE = {"every_days": 60, "window_days": 7}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        # Due on 120 and 180; the second may be a week late.
        (180, (180, True, False)),
        (187, (187, True, False)),
        (188, (60, False, False)),
        (240, (60, False, False)),
    ],
)
@pytest.mark.parametrize("what", ["progression_date", "death_date"])
def test_event_after_two_missed_visits_is_censored_at_the_last_scan(
    what, seen, expected
):
    by = {"events": BOTH, "scans": clear("p0", 0, 60)}

    assert ended({what: seen}, missed_visits=SCHEDULE, **by) == expected
    assert ended({what: seen}, **by) == (seen, True, False)


def test_one_inadequate_scan_does_not_stand_for_a_visit():
    scans = [*clear("p0", 0, 60), ("p0", 150)]
    by = {"events": BOTH, "missed_visits": SCHEDULE}

    assert ended({"progression_date": 200}, scans=scans, **by) == (60, False, False)


def test_competing_event_after_missed_visits_is_censored_too():
    course = {"surgery_date": 50, "death_date": 400}
    by = {**TTR, "missed_visits": SCHEDULE, "scans": clear("p0", 110)}

    assert ended(course, margin="R0", **by) == (60, False, False)


def test_progression_after_missed_visits_is_censored_also_of_who_lives():
    by = {"events": BOTH, "missed_visits": SCHEDULE}

    assert ended({"progression_date": 128}, **by) == (0, False, False)
    died = {"progression_date": 128, "death_date": 129}
    assert ended(died, **by) == (0, False, False)


def test_who_has_no_event_misses_nothing():
    assert ended(missed_visits=SCHEDULE, events=BOTH) == (900, False, False)


# Intervals


def interval(*arguments, **changed):
    found = outcome(*arguments, **changed)
    return found["clear_days"], found["seen_days"]


def test_progression_lies_between_the_last_clear_scan_and_when_it_was_seen():
    by = {"events": BOTH, "scans": [*clear("p0", 0, 60, 120, 180)]}

    assert interval({"progression_date": 180}, **by) == (120, 180)
    assert interval({"progression_date": 150}, **by) == (120, 150)
    assert interval({"progression_date": 181}, **by) == (180, 181)
    assert interval({"progression_date": 30}, **by) == (0, 30)
    assert interval({"progression_date": 180, "death_date": 180}, **by) == (120, 180)


def test_other_ends_have_no_interval():
    by = {"events": BOTH, "scans": clear("p0", 0, 60)}

    assert interval({"death_date": 180}, **by) == (None, None)
    assert interval({}, **by) == (None, None)
    assert interval({"progression_date": 180}, scans=clear("p0", 0)) == (None, None)


def test_interval_of_a_progression_that_missed_visits_censor():
    by = {"events": BOTH, "scans": clear("p0", 0, 60), "missed_visits": SCHEDULE}
    found = outcome({"progression_date": 400}, **by)

    assert (found["days"], found["event"]) == (60, False)
    assert (found["clear_days"], found["seen_days"]) == (60, 400)


def test_interval_counts_from_the_start_of_the_endpoint():
    course = {"surgery_date": 50, "progression_date": 200}
    scans = [*clear("p0", 0), ("p0", 110, None, None, False)]

    assert interval(course, margin="R0", scans=scans, **RFS) == (60, 150)
    assert interval(course, margin="R0", scans=scans[:1], **RFS) == (0, 150)
    assert interval(course, scans=scans, events=BOTH, start="first_dose") == (210, 300)


# Columns


def test_only_endpoints_from_time_zero_become_columns_of_patients():
    people = people_of({"surgery_date": 50, "death_date": 300}, {})
    tables = {
        "assessments": assessments_of(),
        "surgeries": surgeries_of(("p0", 50, "R0")),
    }
    endpoints = {
        "os": rule(),
        "rfs": rule(**RFS),
        "late": rule(start="first_dose"),
        "ttp": rule(events=["progression"], competing=["death"]),
    }
    outcomes = derive_outcomes(people, tables, endpoints)

    found = add_outcomes(people, outcomes, endpoints)

    added = [name for name in found.columns if name not in people.columns]
    assert added == ["os_days", "os_event", "ttp_days", "ttp_event", "ttp_competing"]
    assert found.select(added).rows() == [
        (300, True, 300, False, True),
        (900, False, 900, False, False),
    ]


def test_of_a_repeated_patient_the_first_row_counts():
    people = people_of({"death_date": 300})
    twice = pl.concat([people, people.with_columns(death_date=None)])
    tables = {"assessments": assessments_of(), "surgeries": surgeries_of()}

    outcomes = derive_outcomes(twice, tables, {"os": rule()})

    assert outcomes["event"].to_list() == [True]
    assert add_outcomes(twice, outcomes, {"os": rule()}).height == 2


# Scans

LABELS = {"treated": "Surgery", "control": "No surgery"}


def scans_of(people, seen, **endpoints):
    outcomes = derive_outcomes(
        people, {"assessments": seen, "surgeries": surgeries_of()}, endpoints
    )
    return summarise_scans(people, seen, outcomes, endpoints, labels=LABELS)


def test_intervals_between_scans_by_arm_while_at_risk():
    people = people_of(
        {"progression_date": 120}, {}, {"surgery_date": 30, "last_contact_date": 200}
    )
    seen = assessments_of(
        *clear("p0", 0, 60, 120, 150),
        *clear("p1", 0, 50, 150),
        ("p1", 170),
        *clear("p2", -5, 100, 300),
    )

    found = scans_of(people, seen, pfs=rule(events=BOTH), os=rule())

    # No surgery: 60 and 60, then 50 and 100; the scan after progression does not
    # count, nor one that tells nothing.
    assert Scans.check(found).rows() == [
        ("No surgery", "pfs", 2, 4, 60.0, 57.5, 70.0),
        ("Surgery", "pfs", 1, 1, 100.0, 100.0, 100.0),
    ]


def test_arm_without_a_scan_has_no_interval():
    found = scans_of(people_of({}), assessments_of(), pfs=rule(events=BOTH))

    assert found.rows() == [("No surgery", "pfs", 1, 0, None, None, None)]


def test_endpoints_that_no_scan_tells_have_no_intervals():
    assert scans_of(people_of({}), assessments_of(), os=rule()).is_empty()


# Exported times


def follow_ups(*rows):
    """Rows of (last contact, death, exported months, vital status)."""
    filled = [
        {
            "source_file": "follow_ups.csv",
            "source_row": place,
            "patient_id": f"p{place - 2}",
            "last_contact_date": day(last),
            "progression_date": None,
            "death_date": day(death),
            "os_months": months,
            "vital_status": status,
        }
        for place, (last, death, months, status) in enumerate(rows, start=2)
    ]
    dates = ("last_contact_date", "progression_date", "death_date")
    schema = {**PLACE, **dict.fromkeys(dates, pl.Date), "os_months": pl.Float64}
    schema["vital_status"] = pl.Enum(["alive", "dead", "lost"])
    return pl.DataFrame(filled, schema=schema)


def test_exported_months_are_held_against_the_dates():
    # Counted from the first dose, a hundred days before time zero.
    people = people_of({}, {}, {}, {}, {}, {}).with_columns(
        source_file=pl.lit("patients.csv"), source_row=pl.int_range(2, 8)
    )
    exact = 1000 / 30.4375
    rows = [
        (900, None, exact + 0.49, None),
        (900, None, exact + 0.51, None),
        (900, None, exact - 0.51, None),
        (900, 800, exact, None),
        (900, None, None, None),
        (-100, None, 0.5, None),
    ]

    found = Differences.check(find_differences(people, follow_ups(*rows)))

    assert found["source_row"].to_list() == [3, 4, 5]
    assert set(found["field"]) == {"os_months"}
    recomputed = [exact, exact, 900 / 30.4375]
    assert found["recomputed_months"].to_list() == pytest.approx(recomputed)
    assert found["exported_months"].to_list() == [exact + 0.51, exact - 0.51, exact]


def test_doubts_are_counted():
    people = people_of({"surgery_date": 5}, {"surgery_date": 5}, {"surgery_date": 5})
    rows = [
        (900, None, None, "dead"),
        (900, 900, None, "alive"),
        (900, 901, None, "dead"),
        (900, None, None, "lost"),
        (900, None, None, None),
    ]
    margins = surgeries_of(("p0", 5, "R0"), ("p1", 5, None))

    assert list(summarise_doubts(people, follow_ups(*rows), margins).values()) == [
        2,
        1,
        2,
    ]


# Laws

ENDPOINTS = {
    "os": rule(),
    "pfs": rule(events=BOTH),
    "pfs_recist": rule(events=BOTH, progression="recist", censor="last_adequate_scan"),
    "pfs_mrecist": rule(events=BOTH, progression="mrecist", censor="last_imaging"),
    "pfs_missed": rule(events=BOTH, missed_visits=SCHEDULE),
    "missed_recist": rule(events=BOTH, progression="recist", missed_visits=SCHEDULE),
    "efs": rule(events=["progression", "not_r0", "death"], start="first_dose"),
    "rfs": rule(**RFS, progression="recist"),
    "ttr": rule(**TTR),
    "ttp": rule(events=["progression"], competing=["death"], progression="recist"),
}


@st.composite
def histories(draw):
    """Courses without contradiction: people, assessments and surgeries."""
    courses, seen, margins = [], [], []
    for place in range(draw(st.integers(1, 8))):
        last = draw(st.integers(0, 700))
        within = st.none() | st.integers(1, max(last, 1))
        course = {
            "last_contact_date": last,
            "last_imaging_date": draw(st.integers(-100, last)),
            "surgery_date": draw(within) if last else None,
            "progression_date": draw(within) if last else None,
            "death_date": draw(st.sampled_from([None, last])),
        }
        courses.append(course)
        days = draw(st.lists(st.integers(-120, last), max_size=7, unique=True))
        size = st.none() | st.integers(0, 300).map(lambda tenths: tenths / 10)
        new = st.sampled_from([None, False, False, True])
        patient = f"p{place}"
        seen += [(patient, at, draw(size), draw(size), draw(new)) for at in days]
        if course["surgery_date"] is not None:
            margin = draw(st.sampled_from(["R0", "R0", "R1", None]))
            margins.append((patient, course["surgery_date"], margin))
    tables = {
        "assessments": assessments_of(*seen),
        "surgeries": surgeries_of(*margins),
    }
    return people_of(*courses), tables


def cut(people, tables, at):
    """What was known on a day."""
    until = pl.lit(day(at))
    known = [
        pl.when(pl.col(name) <= until).then(pl.col(name)).alias(name)
        for name in ("surgery_date", "progression_date", "death_date")
    ]
    people = people.with_columns(
        *known,
        *(
            pl.min_horizontal(name, until).alias(name)
            for name in ("last_contact_date", "last_imaging_date")
        ),
    )
    return people, {
        "assessments": tables["assessments"].filter(pl.col("exam_date") <= until),
        "surgeries": tables["surgeries"].filter(pl.col("surgery_date") <= until),
    }


@given(histories(), st.integers(0, 700))
@settings(max_examples=25)
def test_a_later_data_cut_takes_no_event_away(history, at):
    key = ["patient_id", "endpoint"]
    early = derive_outcomes(*cut(*history, at), ENDPOINTS)

    late = derive_outcomes(*history, ENDPOINTS)

    both = early.filter(pl.col("event") | pl.col("competing")).join(
        late, on=key, how="left", suffix="_late"
    )
    for name in ("event", "competing", "days", "clear_days", "seen_days"):
        assert both[name].equals(both[f"{name}_late"].alias(name), null_equal=True)


@given(histories())
@settings(max_examples=25)
def test_days_and_intervals_keep_their_order(history):
    found = Outcomes.check(derive_outcomes(*history, ENDPOINTS))

    assert (found["days"] >= 0).all()
    assert not (found["event"] & found["competing"]).any()
    seen = found.drop_nulls("seen_days")
    assert found["clear_days"].is_null().equals(found["seen_days"].is_null())
    event = seen.filter("event")
    assert (event["days"] == event["seen_days"]).all()
    assert (event["clear_days"] <= event["days"]).all()
    missed = seen.filter(~pl.col("event"))
    assert (missed["days"] == missed["clear_days"]).all()
    assert missed["endpoint"].str.contains("missed").all()


@given(histories())
@settings(max_examples=25)
def test_progression_free_survival_is_no_longer_than_survival(history):
    found = derive_outcomes(*history, ENDPOINTS)
    days = found.pivot("endpoint", index="patient_id", values="days")
    event = found.pivot("endpoint", index="patient_id", values="event")

    assert (days["os"] >= days["pfs"]).all()
    assert (days["pfs"] >= days["pfs_missed"]).all()
    assert (event["pfs"] | ~event["os"]).all()
    assert (event["pfs"] | ~event["pfs_missed"]).all()


@given(histories(), st.randoms(use_true_random=False), st.sampled_from([-731, 1, 4000]))
@settings(max_examples=15)
def test_order_of_rows_and_calendar_do_not_matter(history, random, shift):
    people, tables = history
    later = pl.selectors.date() + pl.duration(days=shift)

    def moved(rows):
        order = list(range(rows.height))
        random.shuffle(order)
        return rows[order].with_columns(later)

    shuffled = {name: moved(rows) for name, rows in tables.items()}
    found = derive_outcomes(people, tables, ENDPOINTS)
    again = derive_outcomes(moved(people), shuffled, ENDPOINTS)

    assert again.equals(found)
    seen, seen_again = tables["assessments"], shuffled["assessments"]
    scans = summarise_scans(people, seen, found, ENDPOINTS, labels=LABELS)
    people = moved(people)
    scans_again = summarise_scans(people, seen_again, again, ENDPOINTS, labels=LABELS)
    assert scans_again.equals(scans)


# The script


def test_script_writes_the_endpoints_of_the_analysed(script, tmp_path):
    people = people_of({"surgery_date": 50, "death_date": 300}, {}, {}).with_columns(
        source_file=pl.lit("patients.csv"),
        source_row=pl.int_range(2, 5),
        excluded=pl.lit(value=False),
        treatment_days=pl.lit(None, pl.Float64),
        first_dose_days=pl.lit(None, pl.Float64),
    )
    Candidates.write(people, tmp_path / "candidates.parquet")
    Patients.write(people[:2], tmp_path / "kept.parquet")
    tables = {
        "patients": people,
        "assessments": assessments_of(*clear("p0", 0, 40), *clear("p1", 0, 60)),
        "surgeries": surgeries_of(("p0", 50, "R0")),
        "follow_ups": follow_ups((900, 300, 1.0, "alive"), (900, None, None, None)),
    }
    for name, rows in tables.items():
        Records.write(rows, tmp_path / f"{name}.parquet")

    script("cohort/derive_outcomes").main(
        candidates=tmp_path / "candidates.parquet",
        patients=tmp_path / "kept.parquet",
        records=[tmp_path / f"{name}.parquet" for name in tables],
        outcomes=tmp_path / "outcomes.parquet",
        scans=tmp_path / "scans.parquet",
        differences=tmp_path / "differences.parquet",
        tables=list(tables),
        endpoints={"pfs": rule(events=BOTH), "rfs": rule(**RFS)},
        labels=LABELS,
    )

    outcomes = Outcomes.read(tmp_path / "outcomes.parquet")
    ended = outcomes.select("patient_id", "endpoint", "days", "event").rows()
    assert ended == [
        ("p0", "pfs", 300, True),
        ("p0", "rfs", 250, True),
        ("p1", "pfs", 900, False),
    ]
    assert pl.Date not in outcomes.dtypes
    scans = Scans.read(tmp_path / "scans.parquet").select("arm", "endpoint", "n_scans")
    assert scans.rows() == [
        ("No surgery", "pfs", 1),
        ("Surgery", "pfs", 1),
        ("Surgery", "rfs", 0),
    ]
    assert Differences.read(tmp_path / "differences.parquet")["source_row"].item() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"competing": True},
        {"clear_days": 200.0},
        {"days": -1.0},
        {"clear_days": 100.0, "seen_days": 100.0},
    ],
)
def test_contract_refuses_what_cannot_be(changed):
    row = {"patient_id": "p", "endpoint": "pfs", "start_days": 0.0, "days": 150.0}
    row |= {"event": True, "competing": False, "clear_days": 90.0, "seen_days": 150.0}
    Outcomes.check(Outcomes.of([row]))

    with pytest.raises(TableError):
        Outcomes.check(Outcomes.of([{**row, **changed}]))
