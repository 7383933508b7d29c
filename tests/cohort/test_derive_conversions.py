from datetime import date, timedelta
from math import log10

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import (
    derive_conversions,
    select_covariates,
)
from twoarm.cohort.criteria import assess_items, find_met
from twoarm.cohort.exposures import derive_exposures
from twoarm.dictionary import EXPORTS
from twoarm.errors import InputError
from twoarm.tables.cohort import Attrition, Candidates
from twoarm.tables.harmonisation import Ledger, Records

START = date(2021, 6, 1)
TYPES = {
    "text": pl.String,
    "date": pl.Date,
    "flag": pl.Boolean,
    "number": pl.Float64,
    "ecog": pl.Float64,
    "code": pl.String,
}


def day(number):
    """Day of the course: 0 is the day of the first dose."""
    return START + timedelta(number)


def table(name, rows):
    """Rows of a table of the dictionary; days become dates, the rest is null."""
    kinds = {field.name: field.kind for field in EXPORTS[name]}
    schema = {column: TYPES.get(kind, pl.String) for column, kind in kinds.items()}
    place = {"source_file": pl.String, "source_row": pl.Int64, "centre": pl.String}
    filled = [
        {
            "source_file": f"{name}.csv",
            "source_row": row,
            "centre": "a",
            **{
                column: day(value) if kinds[column] == "date" else value
                for column, value in values.items()
                if value is not None
            },
        }
        for row, values in enumerate(rows, start=2)
    ]
    return pl.DataFrame(filled, schema={**place, **schema})


def exports(**tables):
    """One patient `p`, first dose on day 0, who meets the criteria on day 100."""
    usual = {
        "patients": [{"patient_id": "p", "birth_date": -20000, "first_dose_date": 0}],
        "assessments": [
            {"patient_id": "p", "exam_date": -3, "target_sum_mm": 80.0},
            {"patient_id": "p", "exam_date": 100, "mdt_resectable": True, "ecog": 1.0},
        ],
        "labs": [],
        "treatments": [],
        "surgeries": [],
        "follow_ups": [
            {"patient_id": "p", "last_contact_date": 900, "last_imaging_date": 850}
        ],
    }
    filled = {**dict.fromkeys(EXPORTS, ()), **usual, **tables}
    return {name: table(name, rows) for name, rows in filled.items()}


BOARD = {
    "board": {
        "label": "",
        "items": [{"name": "yes", "reason": "", "where": "mdt_resectable"}],
    }
}


def criteria_of(tables, versions=BOARD):
    return assess_items(derive_exposures(tables), versions)


def convert(tables, start, **asked):
    """Candidates by the word of the board."""
    met = find_met(criteria_of(tables), "board")
    return derive_conversions(tables, start, met=met, **asked)


def derive(**tables):
    filled = exports(**tables)
    return convert(filled, start_attrition(filled["patients"].height))


def patient(**tables):
    found, _ = derive(**tables)
    assert found.height == 1
    return found.row(0, named=True)


def steps_of(**tables):
    _, steps = derive(**tables)
    return steps["n_excluded"].to_list()


def follow_up(**dates):
    return [
        {
            "patient_id": "p",
            "last_contact_date": 900,
            "last_imaging_date": 850,
            **dates,
        }
    ]


def assessments(*rows):
    return [{"patient_id": "p", **row} for row in rows]


def test_time_zero_is_the_first_assessment_with_criteria_met():
    found = patient(
        assessments=assessments(
            {"exam_date": 200, "mdt_resectable": True},
            {"exam_date": 60, "mdt_resectable": None},
            {"exam_date": 50, "mdt_resectable": False},
            {"exam_date": 120, "mdt_resectable": True},
            {"exam_date": 150, "mdt_resectable": False},
        )
    )

    assert found["index_date"] == day(120)


@given(st.lists(st.integers(101, 2000), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_day_of_surgery_does_not_move_time_zero(days):
    surgeries = [{"patient_id": "p", "surgery_date": each} for each in days]

    found = patient(surgeries=surgeries)

    assert found["index_date"] == day(100)
    assert found["treated"]
    assert found["treatment_days"] == min(days) - 100


def test_who_is_never_operated_is_a_control():
    found = patient()

    assert found["treated"] is False
    assert found["treatment_days"] is None
    assert found["excluded"] is False


STEPS = [
    "Patients read",
    "Criteria for surgery never met",
    "Progressed by the time the criteria were met",
    "Operated before the criteria were met",
    "Operated on the day the criteria were met",
]


def test_steps_are_named_in_their_order():
    _, steps = derive()

    assert steps["reason"].to_list() == STEPS
    assert steps["n_after"].to_list() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"patient_id": "p", "exam_date": 10}],
        [{"patient_id": "p", "exam_date": 10, "mdt_resectable": False}],
        [{"patient_id": "q", "exam_date": 10, "mdt_resectable": True}],
    ],
    ids=["no assessment", "not known", "not met", "of another patient"],
)
def test_who_never_met_the_criteria_leaves(rows):
    assert steps_of(assessments=rows) == [0, 1, 0, 0, 0]


@pytest.mark.parametrize(("progression", "out"), [(99, 1), (100, 1), (101, 0)])
def test_progression_by_time_zero_excludes(progression, out):
    rows = follow_up(progression_date=progression)

    assert steps_of(follow_ups=rows) == [0, 0, out, 0, 0]


@pytest.mark.parametrize(
    ("surgery", "out"), [(99, [1, 0]), (100, [0, 1]), (101, [0, 0])]
)
def test_surgery_before_time_zero_and_on_that_day_are_two_steps(surgery, out):
    rows = [{"patient_id": "p", "surgery_date": surgery}]

    assert steps_of(surgeries=rows) == [0, 0, 0, *out]


def test_second_surgery_does_not_bring_back_who_had_one_before():
    rows = [{"patient_id": "p", "surgery_date": each} for each in (300, 90)]

    assert steps_of(surgeries=rows) == [0, 0, 0, 1, 0]


def test_patient_is_excluded_at_the_first_step_only():
    assert steps_of(
        follow_ups=follow_up(progression_date=50),
        surgeries=[{"patient_id": "p", "surgery_date": 60}],
    ) == [0, 0, 1, 0, 0]


def test_candidate_of_whom_nothing_else_is_known():
    found = patient(
        patients=[{"patient_id": "p", "first_dose_date": 0}],
        assessments=assessments({"exam_date": 100, "mdt_resectable": True}),
        follow_ups=[],
    )

    unknown = (
        "age_years hbv ecog albi afp_log10 afp_response portal_invasion many_lesions "
        "extrahepatic_spread depth_percent last_contact_date death_date"
    )
    assert all(found[name] is None for name in unknown.split())
    assert found["centre"] == "a"


def test_no_candidate_at_all():
    found, steps = derive(patients=[], assessments=[], follow_ups=[])

    assert found.height == 0
    assert steps["n_after"].to_list() == [0, 0, 0, 0, 0]
    assert "albi" in found.columns


def test_repeated_patient_stays_for_the_selection_to_tell():
    twice = [{"patient_id": "p", "first_dose_date": 0}] * 2

    found, steps = derive(patients=twice)

    assert found["source_row"].to_list() == [2, 3]
    assert steps["n_after"].to_list() == [2, 2, 2, 2, 2]


def test_repeated_follow_up_is_told_by_file_and_rows():
    with pytest.raises(InputError) as error:
        derive(follow_ups=follow_up() * 3)

    assert "follow_ups.csv, 2 rows (3, 4): repeats a patient" in str(error.value)
    assert '"p"' not in str(error.value)


def test_age_and_times_are_those_of_time_zero():
    found = patient()

    assert found["age_years"] == pytest.approx((100 + 20000) / 365.25)
    assert found["months_to_criteria"] == pytest.approx(100 / 30.4375)
    assert found["index_date"] == date(2021, 9, 9)
    assert found["calendar_year"] == pytest.approx(2021 + 251 / 365.25)


def test_assessment_of_time_zero_tells_the_status():
    found = patient(
        assessments=assessments(
            {"exam_date": 40, "ecog": 2.0, "n_lesions": 9.0, "portal_invasion": True},
            {
                "exam_date": 100,
                "mdt_resectable": True,
                "ecog": 0.0,
                "n_lesions": 3.0,
                "portal_invasion": False,
                "extrahepatic_spread": True,
            },
            {"exam_date": 160, "ecog": 3.0, "n_lesions": 5.0},
        )
    )

    assert found["ecog"] == 0.0
    assert found["portal_invasion"] == "no"
    assert found["extrahepatic_spread"] == "yes"
    assert found["many_lesions"] == "no"


def test_of_two_assessments_on_the_day_the_last_of_the_file_tells_the_status():
    met = {"exam_date": 100, "mdt_resectable": True}

    found = patient(
        assessments=assessments(
            {**met, "ecog": 0.0, "n_lesions": 4.0},
            {**met, "ecog": 1.0, "n_lesions": 4.0},
        )
    )

    assert found["ecog"] == 1.0
    assert found["many_lesions"] == "yes"


def labs(*rows):
    return [{"patient_id": "p", "sample_date": on, **values} for on, values in rows]


@pytest.mark.parametrize(
    ("sampled", "counts"), [(71, False), (72, True), (100, True), (101, False)]
)
def test_laboratory_value_counts_on_the_day_and_28_days_before(sampled, counts):
    found = patient(labs=labs((sampled, {"bilirubin_umol_l": 9.0})))

    assert found["bilirubin_umol_l_index"] == (9.0 if counts else None)


def test_latest_laboratory_value_counts_each_analyte_for_itself():
    found = patient(
        labs=labs(
            (98, {"bilirubin_umol_l": 20.0}),
            (80, {"bilirubin_umol_l": 10.0, "albumin_g_l": 40.0}),
            (98, {"bilirubin_umol_l": 25.0, "afp_ng_ml": 5.0}),
            (99, {"afp_ng_ml": None}),
        )
    )

    assert found["bilirubin_umol_l_index"] == 25.0
    assert found["albumin_g_l_index"] == 40.0
    assert found["afp_ng_ml_index"] == 5.0
    assert found["albi"] == pytest.approx(0.66 * log10(25) - 0.085 * 40)


def test_afp_of_the_first_dose_is_that_before_it():
    found = patient(
        labs=labs(
            (-20, {"afp_ng_ml": 400.0}),
            (-2, {"afp_ng_ml": 1000.0}),
            (1, {"afp_ng_ml": 7.0}),
            (100, {"afp_ng_ml": 600.0}),
        )
    )

    assert found["afp_log10"] == pytest.approx(3.0)
    assert found["afp_response"] == "no"


@pytest.mark.parametrize(
    ("first", "now", "response"),
    [
        (100.0, 50.0, "yes"),
        (100.0, 50.1, "no"),
        (100.0, 0.0, "yes"),
        (100.0, 200.0, "no"),
        (None, 50.0, None),
        (100.0, None, None),
        (0.0, 0.0, None),
        (0.0, 5.0, None),
    ],
)
def test_afp_response_is_a_fall_by_half_or_more(first, now, response):
    found = patient(labs=labs((0, {"afp_ng_ml": first}), (100, {"afp_ng_ml": now})))

    assert found["afp_response"] == response


@pytest.mark.parametrize(
    ("first", "now", "response"),
    [(100.0, 25.0, "yes"), (100.0, 25.1, "no"), (20.0, 5.0, "yes"), (19.9, 1.0, None)],
)
def test_afp_response_75_is_a_fall_from_what_was_raised(first, now, response):
    found = patient(labs=labs((0, {"afp_ng_ml": first}), (100, {"afp_ng_ml": now})))

    assert found["afp_response_75"] == response


def test_grades_and_classes_are_those_of_time_zero():
    met = {"exam_date": 100, "mdt_resectable": True, "child_pugh": 7.0}

    found = patient(
        labs=labs((100, {"bilirubin_umol_l": 17.1, "albumin_g_l": 40.0})),
        assessments=assessments(met, {"exam_date": 101, "child_pugh": 5.0}),
    )

    names = ("albi_grade", "malbi_grade", "child_pugh_class")
    assert [found[name] for name in names] == ["2", "2a", "B"]


@pytest.mark.parametrize(
    ("sums", "response", "best"),
    [
        ([103, 75], "SD", "SD"),
        ([103, 64], "PR", "PR"),
        ([103, 70, 80], "SD", "PR"),
        ([103, None], "NE", "NE"),
        ([None, 70], "NE", "NE"),
        ([103], None, None),
    ],
)
def test_response_is_that_seen_and_the_best_so_far(sums, response, best):
    """Visits every 50 days from the first dose on; the last meets the criteria."""
    visits = [
        {"exam_date": 50 * place, "target_sum_mm": size and float(size)}
        for place, size in enumerate(sums)
    ]
    visits[-1]["mdt_resectable"] = True
    later = {"exam_date": 300, "target_sum_mm": 0.0}

    found = patient(assessments=assessments(*visits, later))

    assert (found["response"], found["best_response"]) == (response, best)


def test_value_without_a_logarithm_is_not_known():
    found = patient(
        labs=labs(
            (0, {"afp_ng_ml": 0.0}),
            (100, {"bilirubin_umol_l": 0.0, "albumin_g_l": 40.0}),
        )
    )

    assert found["afp_log10"] is None
    assert found["albi"] is None


def test_depth_is_the_deepest_change_from_the_last_size_before_the_first_dose():
    found = patient(
        assessments=assessments(
            {"exam_date": -30, "target_sum_mm": 50.0},
            {"exam_date": 0, "target_sum_mm": 80.0},
            {"exam_date": 40, "target_sum_mm": 20.0},
            {"exam_date": 100, "target_sum_mm": 40.0, "mdt_resectable": True},
            {"exam_date": 101, "target_sum_mm": 0.0},
        )
    )

    assert found["depth_percent"] == pytest.approx(-75.0)


def test_depth_may_be_growth():
    found = patient(
        assessments=assessments(
            {"exam_date": 0, "target_sum_mm": 80.0},
            {"exam_date": 100, "target_sum_mm": 100.0, "mdt_resectable": True},
        )
    )

    assert found["depth_percent"] == pytest.approx(25.0)


@pytest.mark.parametrize("baseline", [None, 0.0])
def test_without_a_size_to_compare_with_the_depth_is_not_known(baseline):
    found = patient(
        assessments=assessments(
            {"exam_date": 0, "target_sum_mm": baseline},
            {"exam_date": 100, "target_sum_mm": 0.0, "mdt_resectable": True},
        )
    )

    assert found["depth_percent"] is None


BOTH = ["progression", "death"]
RULE = {
    "start": "time_zero",
    "competing": [],
    "progression": "charted",
    "mrecist_mm": 0,
    "censor": "last_contact",
    "missed_visits": None,
}


def test_covariates_take_their_column_and_levels_their_order():
    candidates = pl.DataFrame(
        {
            "age_years": [50, 60],
            "ecog": [10.0, 2.0],
            "sex": pl.Series(["male", "female"], dtype=pl.Enum(["female", "male"])),
        }
    )
    chosen = select_covariates(
        candidates,
        {
            "age": {"column": "age_years", "kind": "continuous"},
            "status": {"column": "ecog", "kind": "categorical"},
            "sex": {"column": "sex", "kind": "binary"},
        },
    )

    found = candidates.select(**chosen)
    assert found.rows() == [(50.0, "10", "male"), (60.0, "2", "female")]
    assert found.schema == {
        "age": pl.Float64,
        "status": pl.Enum(["2", "10"]),
        "sex": pl.Enum(["female", "male"]),
    }


def people(n):
    """Exports of `n` patients who differ in their days."""
    ids = [f"p{k}" for k in range(n)]
    return {
        "patients": [
            {"patient_id": p, "birth_date": -20000 - 9 * k, "first_dose_date": k}
            for k, p in enumerate(ids)
        ],
        "assessments": [
            {
                "patient_id": p,
                "exam_date": on + k,
                "target_sum_mm": 90.0 - on / 2,
                "mdt_resectable": on > 40 + 10 * (k % 3),
                "ecog": float(k % 2),
                "n_lesions": float(k),
            }
            for k, p in enumerate(ids)
            for on in (0, 50, 50, 80)
        ],
        "labs": [
            {
                "patient_id": p,
                "sample_date": on + k,
                "bilirubin_umol_l": 5.0 + k + on,
                "albumin_g_l": 40.0,
                "afp_ng_ml": 100.0 - on,
            }
            for k, p in enumerate(ids)
            for on in (0, 40, 70)
        ],
        "surgeries": [
            {"patient_id": p, "surgery_date": 100 + 7 * k}
            for k, p in enumerate(ids)
            if k % 2
        ],
        "follow_ups": [
            {
                "patient_id": p,
                "last_contact_date": 700 + k,
                "last_imaging_date": 600,
                "progression_date": 60 + k if k % 4 == 3 else None,
                "death_date": 700 + k if k % 3 else None,
            }
            for k, p in enumerate(ids)
        ],
    }


DATES = ("index_date", "criteria_date", "birth_date", "first_dose_date", "surgery_date")
DATES += ("last_contact_date", "last_imaging_date", "progression_date", "death_date")


@given(st.randoms(use_true_random=False), st.sampled_from([-731, 365, 4000]))
@settings(max_examples=15, deadline=None)
def test_order_of_rows_and_calendar_do_not_matter(random, shift):
    tables = exports(**people(9))
    moved = {}
    for name, rows in tables.items():
        order = list(range(rows.height))
        random.shuffle(order)
        later = pl.selectors.date() + pl.duration(days=shift)
        moved[name] = rows[order].with_columns(later)
    start = start_attrition(9)

    found, steps = convert(tables, start, events=["death"])
    again, steps_again = convert(moved, start, events=["death"])

    assert steps_again.equals(steps)
    assert 0 < found.height < 9
    unlike = ["calendar_year", *DATES]
    assert again.drop(unlike).equals(found.drop(unlike))
    lags = [pl.col(name) - pl.col("first_dose_date") for name in DATES]
    assert again.select(lags).equals(found.select(lags))


def test_script_brings_the_centres_together(script, tmp_path):
    records = []
    for centre in ("a", "b"):
        (tmp_path / centre).mkdir()
        for name, rows in exports().items():
            path = tmp_path / centre / f"{name}.parquet"
            new_id = centre + ":" + pl.col("patient_id")
            Records.write(
                rows.with_columns(centre=pl.lit(centre), patient_id=new_id), path
            )
            records.append(str(path))

    ledger = {"centre": "a", "table": "patients", "file": "a.csv", "encoding": "utf-8"}
    counts = {
        "n_read": 4,
        "n_used": 1,
        "n_quarantined": 2,
        "n_merged": 1,
        "n_elsewhere": 0,
    }
    Ledger.write(Ledger.of([{**ledger, **counts}]), tmp_path / "ledger.parquet")

    script("cohort/assess_criteria").main(
        records=records,
        criteria=tmp_path / "criteria.parquet",
        versions=tmp_path / "versions.parquet",
        tables=list(EXPORTS),
        rules=BOARD,
        used="board",
    )
    step = {"name": "fit", "reason": "Not fit", "where": "ecog <= 1 and albi is null"}
    script("cohort/derive_conversions").main(
        records=records,
        ledgers=[tmp_path / "ledger.parquet"],
        criteria=tmp_path / "criteria.parquet",
        candidates=tmp_path / "candidates.parquet",
        attrition=tmp_path / "attrition.parquet",
        tables=list(EXPORTS),
        used="board",
        never=[],
        time_zero="criteria_met",
        eligibility=[step],
        endpoints={
            "os": {**RULE, "events": ["death"]},
            "pfs": {**RULE, "events": BOTH, "censor": "last_imaging"},
            "rfs": {**RULE, "events": ["recurrence"], "start": "surgery"},
        },
        covariates={
            "age": {"column": "age_years", "kind": "continuous"},
            "centre": {"column": "centre", "kind": "categorical"},
        },
    )

    found = Candidates.read(tmp_path / "candidates.parquet")
    assert not [name for name in found.columns if name.startswith("rfs")]
    columns = ("patient_id", "centre", "os_days", "pfs_days")
    assert found.select(columns).rows() == [
        ("a:p", "a", 800.0, 750.0),
        ("b:p", "b", 800.0, 750.0),
    ]
    assert found["age"].to_list() == pytest.approx([20100 / 365.25] * 2)
    attrition = Attrition.read(tmp_path / "attrition.parquet")
    assert attrition["n_after"].to_list() == [5, 3, 2, 2, 2, 2, 2]
    assert attrition["n_event_after"].to_list() == [None, None, 0, 0, 0, 0, 0]
    assert found["eligible_fit"].to_list() == [True, True]
    assert attrition["reason"][:3].to_list() == [
        "Records read",
        "Record of the patient could not be used",
        "Second record of a patient",
    ]
