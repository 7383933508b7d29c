"""Response, surgery and adverse events on tables that can be counted by hand."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cohort.conftest import table
from twoarm.cohort.adverse_events import (
    derive_periods,
    describe_adverse_events,
    estimate_rate,
    place_events,
)
from twoarm.cohort.findings import summarise_levels, summarise_numbers
from twoarm.cohort.operations import describe_operations
from twoarm.cohort.response_rates import describe_responses
from twoarm.months import DAYS_PER_MONTH
from twoarm.tables.care import AdverseEvents, Findings
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.harmonisation import Ledger, Records
from twoarm.tables.outcomes import Adjuvant

START = date(2021, 6, 1)
LABELS = {"treated": "Surgery", "control": "No surgery"}
NAMED = {"labels": LABELS, "confidence": 0.95}
DATES = ("index", "first_dose", "surgery", "progression", "death", "last_contact")
SCHEMA = {
    "patient_id": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
    "centre": pl.String,
    "treated": pl.Boolean,
    "excluded": pl.Boolean,
    "treatment_days": pl.Float64,
    **{f"{name}_date": pl.Date for name in DATES},
    "afp_response": pl.Enum(["no", "yes"]),
    "afp_response_75": pl.Enum(["no", "yes"]),
}


def day(number):
    return None if number is None else START + timedelta(number)


def candidates(*rows):
    """Patients p0, p1, ...: days since the first dose; operated on if they say when."""
    usual = {"centre": "a", "index": 100, "first_dose": 0, "last_contact": 400}
    return pl.DataFrame(
        [
            {
                "patient_id": f"p{place}",
                "source_file": "patients.csv",
                "source_row": place + 2,
                "treated": "surgery" in row,
                "excluded": False,
                **{
                    f"{key}_date" if key in DATES else key: day(value)
                    if key in DATES
                    else value
                    for key, value in {**usual, **row}.items()
                },
            }
            for place, row in enumerate(rows)
        ],
        schema=SCHEMA,
    )


def of(found, item, arm="Surgery"):
    """Level to number and what it is of; a continuous item to its median."""
    rows = Findings.check(found).filter(item=item, arm=arm).to_dicts()
    return {
        row["level"]: (row["n"], row["n_of"]) if row["level"] else row["median"]
        for row in rows
    }


# Counts and limits


# By binom.test(x, n)$conf.int of R 4.2.
@pytest.mark.parametrize(
    ("n", "n_of", "low", "high"),
    [
        (9, 12, 0.428141538121811, 0.945139355472007),
        (1, 1000, 2.53174874912941e-05, 5.55892427982663e-03),
        (0, 7, 0.0, 0.409616397225003),
    ],
)
def test_limits_of_a_share_are_those_of_r(n, n_of, low, high):
    values = pl.Series(["yes"] * n + ["no"] * (n_of - n))

    row, _ = summarise_levels("x", values, ["yes", "no"], confidence=0.95)

    assert (row["n"], row["n_of"], row["share"]) == (n, n_of, n / n_of)
    assert row["conf_low"] == pytest.approx(low, rel=1e-9)
    assert row["conf_high"] == pytest.approx(high, rel=1e-9)


def test_what_is_known_of_nobody_has_no_number_but_a_reason():
    nobody = pl.Series([None, None], dtype=pl.String)

    rows = summarise_levels("r_status", nobody, ["R0", "R1"], confidence=0.95)
    rows += summarise_numbers("margin_mm", nobody.cast(pl.Float64))

    assert {row["reason"] for row in rows} == {"not reported"}
    assert not [row for row in rows if {"n", "share", "median"} & {*row}]
    assert {row["n_patients"] for row in rows} == {2}


# Response


def visits(*rows):
    """Rows of (patient, day, target sum, viable sum, new lesion)."""
    names = ("patient_id", "exam_date", "target_sum_mm", "viable_sum_mm", "new_lesion")
    return table("assessments", [dict(zip(names, row, strict=False)) for row in rows])


def test_response_at_time_zero_and_at_its_best():
    people = candidates(
        {"surgery": 150, "afp_response": "yes"},
        {"surgery": 150, "afp_response": "no"},
        {"surgery": 150},
        {"progression": 120},
    )
    seen = visits(
        # Partial at time zero; complete before surgery; what comes after is not counted
        ("p0", 0, 100.0, 100.0), ("p0", 60, 60.0, 0.0), ("p0", 140, 0.0, 0.0),
        ("p0", 200, 200.0, 200.0, True),
        # Stable
        ("p1", 0, 100.0), ("p1", 60, 90.0),
        # No baseline: not evaluable
        ("p2", 60, 90.0),
        # Stable, then partial after the progression that the chart tells
        ("p3", 0, 100.0), ("p3", 60, 80.0), ("p3", 130, 50.0),
    )  # fmt: skip

    found = describe_responses(people, seen, **NAMED)

    zero = {"CR": (0, 3), "PR": (1, 3), "SD": (1, 3), "PD": (0, 3), "NE": (1, 3)}
    assert of(found, "recist_zero") == {
        **zero, "objective": (1, 3), "controlled": (2, 3),
    }  # fmt: skip
    best = {"CR": (1, 3), "PR": (0, 3), "SD": (1, 3), "PD": (0, 3), "NE": (1, 3)}
    assert of(found, "recist_best") == {
        **best, "objective": (1, 3), "controlled": (2, 3),
    }  # fmt: skip
    assert of(found, "mrecist_zero")["CR"] == (1, 3)
    assert of(found, "mrecist_zero")["NE"] == (2, 3)
    assert of(found, "recist_best", "No surgery")["SD"] == (1, 1)
    assert of(found, "recist_best", "No surgery")["PD"] == (0, 1)
    # of a criterion that nobody's sums are of, nothing
    assert of(found, "mrecist_best", "No surgery")["CR"] == (None, None)
    # -100 and -10 %
    assert of(found, "change") == {None: pytest.approx(-55.0)}
    assert of(found, "afp_half") == {"yes": (1, 2), "no": (1, 2)}
    assert of(found, "afp_75") == {"yes": (None, None), "no": (None, None)}


def test_charted_responses_are_told_where_no_sum_is():
    people = candidates({"surgery": 150}, {"surgery": 150}, {"surgery": 150})
    rows = [("p0", 60, "PR"), ("p0", 110, "CR"), ("p0", 160, "PD"), ("p1", 30, "SD")]
    names = ("patient_id", "exam_date", "charted_response")
    seen = table("assessments", [dict(zip(names, row, strict=True)) for row in rows])

    found = describe_responses(people, seen, **NAMED)

    zero, best = of(found, "charted_zero"), of(found, "charted_best")
    assert (zero["PR"], zero["SD"], zero["NE"]) == ((1, 3), (1, 3), (1, 3))
    # stable disease of day 30 alone is too early to be the best
    assert (best["CR"], best["SD"], best["NE"]) == ((1, 3), (0, 3), (2, 3))
    assert of(found, "recist_best")["objective"] == (None, None)


@pytest.mark.parametrize(
    ("charted", "told"), [(60, "PD"), (61, "SD"), (None, "SD"), (200, "SD")]
)
def test_a_charted_progression_ends_the_responses(charted, told):
    people = candidates({"surgery": 150, "progression": charted, "index": 50})

    found = describe_responses(
        people, visits(("p0", 0, 100.0), ("p0", 60, 90.0)), **NAMED
    )

    assert of(found, "recist_best")[told] == (1, 1)


def test_at_the_first_dose_no_response_can_have_been_seen():
    people = candidates({"surgery": 150, "index": 0})

    found = describe_responses(
        people, visits(("p0", 0, 100.0), ("p0", 60, 60.0)), **NAMED
    )

    reasons = dict(found.filter(arm="Surgery").select("item", "reason").iter_rows())
    assert reasons["recist_zero"] == "the first dose is time zero"
    assert (reasons["recist_best"], reasons["mrecist_best"]) == (None, "not reported")


def test_new_lesion_alone_is_no_response_by_a_criterion_that_was_not_used():
    people = candidates({"surgery": 150})
    seen = visits(("p0", 0, 100.0), ("p0", 120, None, None, True))

    found = describe_responses(people, seen, **NAMED)

    assert of(found, "recist_best")["PD"] == (1, 1)
    assert of(found, "mrecist_best")["PD"] == (None, None)


# Surgery


def adjuvant(**resumed):
    rows = [
        {"patient_id": p, "surgery_days": 50.0, "resumed_days": n, "free_days": 300.0}
        for p, n in resumed.items()
    ]
    return Adjuvant.of(rows)


def operations(people, surgeries, complications=(), reporting=("a",), **resumed):
    told = {
        "surgeries": table("surgeries", surgeries),
        "complications": table("complications", complications),
    }
    return describe_operations(
        people, told, adjuvant(**resumed), reporting=reporting, **NAMED
    )


def test_surgery_and_pathology_of_the_operated():
    people = candidates(
        {"surgery": 120, "death": 150, "last_contact": 150},
        {"surgery": 140, "death": 210, "last_contact": 210},
        {"surgery": 160, "last_contact": 200},
        {"surgery": 180},
        {},
    )
    rows = [
        {"patient_id": "p0", "surgery_date": 120, "viable_percent": 0.0}
        | {"r_status": "R0", "margin_mm": 10.0, "mvi": "M0", "edmondson": "II"},
        # of two rows of the day the worse counts; a later operation does not
        {"patient_id": "p0", "surgery_date": 120, "margin_mm": 2.0, "r_status": "R1"},
        {"patient_id": "p0", "surgery_date": 200, "margin_mm": 0.0, "r_status": "R2"},
        {"patient_id": "p1", "surgery_date": 140, "viable_percent": 10.0}
        | {"blood_loss_ml": 400.0, "operation_minutes": 240.0},
        {"patient_id": "p2", "surgery_date": 160, "viable_percent": 10.1},
        {"patient_id": "p3", "surgery_date": 180},
    ]

    found = operations(people, rows, p0=None, p1=30.0, p2=50.0, p3=None)

    assert set(found["arm"]) == {"Surgery"}
    assert set(found["n_patients"]) == {4}
    assert of(found, "zero_days") == {None: 50.0}  # of 20, 40, 60, 80
    assert of(found, "dose_days") == {None: 150.0}
    assert of(found, "margin_mm") == {None: 2.0}
    assert of(found, "blood_loss_ml") == {None: 400.0}
    assert of(found, "operation_minutes") == {None: 240.0}
    assert of(found, "r_status") == {"R0": (0, 1), "R1": (1, 1), "R2": (0, 1)}
    assert of(found, "mvi")["M0"] == (1, 1)
    assert of(found, "edmondson")["II"] == (1, 1)
    assert of(found, "viable_percent") == {None: 10.0}
    assert of(found, "pathology") == {
        "complete": (1, 3), "major": (1, 3), "less": (1, 3),
        "major_or_complete": (2, 3),
    }  # fmt: skip
    # after 30, 70 and 40 days, the last alive: not followed for 90
    assert of(found, "death") == {
        "by_30": (1, 3), "by_31_90": (1, 3), "later": (1, 3), "by_90": (2, 3),
    }  # fmt: skip
    assert of(found, "resumed") == {"yes": (2, 4), "no": (2, 4)}
    assert of(found, "resumed_days") == {None: 40.0}


def complication(patient, on, clavien):
    return {"patient_id": patient, "onset_date": on, "clavien": clavien}


def test_complications_by_their_highest_grade_and_the_index_of_all():
    people = candidates(
        {"surgery": 120}, {"surgery": 120}, {"surgery": 120}, {"surgery": 120},
        {"surgery": 120, "centre": "b"},
    )  # fmt: skip
    rows = [{"patient_id": f"p{k}", "surgery_date": 120} for k in range(5)]
    had = [
        complication("p0", 119, "V"),  # before surgery
        complication("p0", 120, "I"),
        complication("p0", 125, "IIIa"),
        complication("p0", 211, "IVa"),  # 91 days after it
        complication("p1", 130, None),  # of a grade that is not told
        complication("p1", 130, "II"),
        complication("p2", 130, "none"),
    ]
    here, there = rows[:4], rows[4:]
    told = {
        "surgeries": pl.concat(
            [
                table("surgeries", here),
                table("surgeries", there).with_columns(centre=pl.lit("b")),
            ]
        ),
        "complications": table("complications", had),
    }
    found = describe_operations(people, told, adjuvant(), reporting={"a"}, **NAMED)

    grades = of(found, "clavien")
    known = Findings.check(found).filter(item="clavien")["n_known"].unique()
    assert known.to_list() == [3]  # p1 has no grade, p4 is of another centre
    assert (grades["none"], grades["IIIa"], grades["V"]) == ((2, 3), (1, 3), (0, 3))
    assert (grades["any"], grades["severe"]) == ((1, 3), (1, 3))
    (row,) = found.filter(item="cci").to_dicts()
    assert (row["median"], row["n_known"]) == (0.0, 3)
    # I and IIIa: half the root of 300 + 2750
    assert row["upper_quartile"] == pytest.approx(27.6134, abs=1e-4)


def test_no_operation_and_no_table_of_complications_are_told():
    nobody = operations(candidates({}), [])
    unknown = operations(
        candidates({"surgery": 120}),
        [{"patient_id": "p0", "surgery_date": 120}],
        reporting=(),
        p0=None,
    )

    assert nobody["n"].null_count() == nobody.height
    assert set(nobody["n_patients"]) == {0}
    assert set(unknown.filter(item="clavien")["reason"]) == {"not reported"}


# Adverse events


# By poisson.test(x, T)$conf.int of R 4.2.
@pytest.mark.parametrize(
    ("n", "months", "low", "high"),
    [
        (7, 321.0, 0.876748614180644, 4.493045284019432),
        (0, 200.0, 0.0, 1.84443972705697),
        (1234, 10_000.0, 11.6610171851755, 13.0482037052892),
    ],
)
def test_limits_of_a_rate_are_those_of_r(n, months, low, high):
    found = estimate_rate(n, months, confidence=0.95)

    assert found["rate"] == pytest.approx(100 * n / months)
    assert found["conf_low"] == pytest.approx(low, rel=1e-9)
    assert found["conf_high"] == pytest.approx(high, rel=1e-9)


def test_no_event_in_three_hundred_months_leaves_a_rate_of_one():
    """The rule of three: of no event the one-sided limit of 95 % is 3 over the time."""
    found = estimate_rate(0, 300.0, confidence=0.90)

    assert found["conf_high"] == pytest.approx(1.0, abs=0.002)  # -ln 0.05 = 2.996


def events(*rows):
    """Rows of (patient, day, term, grade, immune-related)."""
    names = ("patient_id", "onset_date", "term", "ctcae_grade", "immune_related")
    return table("adverse_events", [dict(zip(names, r, strict=False)) for r in rows])


def at(found, arm, period, kind="any", position=0):
    key = {"arm": arm, "kind": kind, "position": position}
    (row,) = found.filter(pl.col("period") == period).filter(**key).to_dicts()
    return row


def test_events_by_period_and_the_time_in_which_they_were_seen():
    people = candidates(
        {"surgery": 200, "last_contact": 500},
        {"surgery": 160, "death": 300, "last_contact": 290},
        {"last_contact": 220},
        {"centre": "b"},  # which reports none
    )
    had = events(
        ("p0", 0, "Rash", "1", True),
        ("p0", 99, "rash ", "3", True),
        ("p0", 100, "ALT increased", "2", False),  # the day of time zero
        ("p0", 200, "Bile leak", "4", False),  # the day of surgery
        ("p0", 501, "Rash", "3", None),  # after the last contact
        ("p1", 300, "Rash", "5", None),  # the day of death
        ("p2", -1, "Rash", "1", True),  # before the first dose
        ("p2", 150, "RASH", None, True),
        ("p9", 50, "Rash", "1", True),  # not analysed
    )

    found = AdverseEvents.check(
        describe_adverse_events(people, had, reporting={"a"}, **NAMED)
    )

    months = {
        (arm, period): round(at(found, arm, period)["person_months"] * DAYS_PER_MONTH)
        for arm, period in found.select("arm", "period").unique().iter_rows()
        if period != "outside"
    }
    assert months == {
        ("Surgery", "before_zero"): 200,
        ("Surgery", "zero_to_surgery"): 160,
        ("Surgery", "after_surgery"): 440,
        ("No surgery", "before_zero"): 100,
        ("No surgery", "after_zero"): 120,
    }
    before = at(found, "Surgery", "before_zero")
    assert (before["n_at_risk"], before["n_event"], before["n_patients"]) == (2, 2, 1)
    assert before["rate"] == pytest.approx(100 * 2 / (200 / DAYS_PER_MONTH))
    assert at(found, "Surgery", "before_zero", "severe")["n_event"] == 1
    assert at(found, "Surgery", "zero_to_surgery")["n_event"] == 1
    after = at(found, "Surgery", "after_surgery")
    assert (after["n_event"], after["n_patients"]) == (2, 2)
    assert at(found, "Surgery", "after_surgery", "fatal")["n_event"] == 1
    immune = at(found, "Surgery", "after_surgery", "immune")
    assert (immune["n_event"], immune["n_known"]) == (0, 1)
    lost = at(found, "Surgery", "outside")
    assert (lost["n_event"], lost["rate"]) == (1, None)
    # one event of a grade that is not told: of the severe nothing is known
    other = at(found, "No surgery", "after_zero", "severe")
    assert (other["n_event"], other["reason"]) == (None, "not reported")
    ranks = dict(found.select("position", "term").unique().iter_rows())
    assert ranks == {0: None, 1: "Rash", 2: "ALT increased", 3: "Bile leak"}
    assert at(found, "Surgery", "before_zero", position=1)["n_event"] == 2


def test_no_table_of_adverse_events_is_told():
    people = candidates({"surgery": 200}, {})

    found = describe_adverse_events(people, events(), reporting=(), **NAMED)

    assert set(AdverseEvents.check(found)["reason"]) == {"not reported"}
    assert found["n_event"].null_count() == found.height
    assert set(found["n_at_risk"]) == {0}


def test_a_clock_from_the_first_dose_leaves_no_time_before_it():
    people = candidates({"surgery": 200, "index": 0}, {"index": 0})
    had = events(("p0", 0, "Rash", "1", True))

    found = describe_adverse_events(people, had, reporting={"a"}, **NAMED)

    before = at(found, "Surgery", "before_zero")
    assert (before["n_at_risk"], before["n_event"], before["rate"]) == (0, 0, None)
    assert before["reason"] == "nobody was observed"
    assert at(found, "Surgery", "zero_to_surgery")["n_event"] == 1


COURSES = st.lists(
    st.tuples(
        st.integers(0, 50),  # first dose to time zero
        st.none() | st.integers(1, 50),  # time zero to surgery
        st.integers(0, 80),  # the last of these to the last contact
        st.lists(st.integers(-20, 220), max_size=5),  # days of events
    ),
    min_size=1,
    max_size=6,
)


@given(COURSES)
@settings(max_examples=60, deadline=None)
def test_periods_part_the_follow_up_and_lose_no_event(courses):
    rows, had, follow_up = [], [], {"Surgery": 0, "No surgery": 0}
    for place, (wait, surgery, rest, on) in enumerate(courses):
        last = wait + (surgery or 0) + rest
        operated = {} if surgery is None else {"surgery": wait + surgery}
        rows.append({"index": wait, "last_contact": last, **operated})
        follow_up["Surgery" if operated else "No surgery"] += last
        had += [(f"p{place}", each, "Rash", "3", True) for each in on]
    people = candidates(*rows)

    periods = derive_periods(people)
    placed = place_events(events(*had), periods)
    found = describe_adverse_events(people, events(*had), reporting={"a"}, **NAMED)

    length = (pl.col("end") - pl.col("start")).dt.total_days()
    assert (periods.select(length.alias("n"))["n"] >= 0).all()
    assert placed.height == len(had)
    for arm, days in follow_up.items():
        own = found.filter(arm=arm, kind="any", position=0)
        assert own["person_months"].sum() * DAYS_PER_MONTH == pytest.approx(days)
    whole = found.filter(kind="any", position=0)["n_event"].sum()
    assert whole == len(had)
    inside = [
        0 <= each <= wait + (surgery or 0) + rest
        for wait, surgery, rest, on in courses
        for each in on
    ]
    outside = found.filter(kind="any", position=0).filter(pl.col("period") == "outside")
    assert outside["n_event"].sum() == inside.count(False)


def test_script_reads_who_reports_from_the_ledger(script, tmp_path, filled):
    people = candidates({"surgery": 150}, {}, {})
    Candidates.write(people, tmp_path / "candidates.parquet")
    Patients.write(filled(people[:2]), tmp_path / "patients.parquet")
    tables = {
        "assessments": visits(("p0", 0, 90.0), ("p0", 60, 30.0), ("p2", 0, 9.0)),
        "surgeries": table("surgeries", [{"patient_id": "p0", "surgery_date": 150}]),
        "complications": table("complications", []),
        "adverse_events": events(("p2", 10, "Rash", "1", True)),
    }
    for name, rows in tables.items():
        Records.write(rows, tmp_path / f"{name}.parquet")
    counts = {"n_read": 1, "n_used": 1, "n_quarantined": 0, "n_merged": 0}
    named = {"centre": "a", "file": "x", "n_elsewhere": 0, **counts}
    Ledger.write(
        Ledger.of([{**named, "table": "adverse_events"}]), tmp_path / "ledger.parquet"
    )
    Adjuvant.write(adjuvant(p0=20.0), tmp_path / "adjuvant.parquet")

    script("cohort/describe_care").main(
        candidates=tmp_path / "candidates.parquet",
        patients=tmp_path / "patients.parquet",
        records=[tmp_path / f"{name}.parquet" for name in tables],
        ledgers=[tmp_path / "ledger.parquet"],
        adjuvant_in=tmp_path / "adjuvant.parquet",
        response=tmp_path / "response.parquet",
        surgery=tmp_path / "surgery.parquet",
        adverse=tmp_path / "events.parquet",
        **NAMED,
    )

    response = Findings.read(tmp_path / "response.parquet")
    assert set(response["n_patients"]) == {1}
    assert of(response, "recist_zero")["PR"] == (1, 1)
    surgery = Findings.read(tmp_path / "surgery.parquet")
    assert set(surgery.filter(item="clavien")["reason"]) == {"not reported"}
    harm = AdverseEvents.read(tmp_path / "events.parquet")
    assert harm["n_event"].sum() == 0  # who had one is not analysed
    assert at(harm, "No surgery", "after_zero")["n_at_risk"] == 1
