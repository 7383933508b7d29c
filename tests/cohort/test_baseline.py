"""What is known at time zero, found a second way: patient by patient, row by row."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import derive_conversions, select_covariates
from twoarm.cohort.criteria import assess_items, find_met
from twoarm.cohort.exposures import derive_exposures
from twoarm.dictionary import EXPORTS

START = date(2021, 6, 1)
TYPES = {"text": pl.String, "date": pl.Date, "flag": pl.Boolean, "number": pl.Float64}
TYPES["ecog"] = pl.Float64
ANALYTES = ("bilirubin_umol_l", "albumin_g_l", "afp_ng_ml")
STATUS = ("ecog", "n_lesions", "portal_invasion", "extrahepatic_spread")
BOARD = {
    "v": {
        "label": "V",
        "items": [{"name": "yes", "reason": "No", "where": "mdt_resectable"}],
    }
}


def derive(tables):
    """Candidates of those whom the board found resectable."""
    met = find_met(assess_items(derive_exposures(tables), BOARD), "v")
    start = start_attrition(tables["patients"].height)
    return derive_conversions(tables, start, met=met)[0]


def table(name, rows):
    """Rows of the dictionary, in this order in the file; days become dates."""
    kinds = {field.name: field.kind for field in EXPORTS[name]}
    schema = {"source_file": pl.String, "source_row": pl.Int64, "centre": pl.String}
    schema |= {column: TYPES.get(kind, pl.String) for column, kind in kinds.items()}
    filled = [
        {"source_file": f"a/{name}.csv", "source_row": place, "centre": "a"}
        | {
            column: START + timedelta(value)
            if kinds[column] == "date" and value is not None
            else value
            for column, value in row.items()
        }
        for place, row in enumerate(rows, start=2)
    ]
    return pl.DataFrame(filled, schema=schema)


def take_labs(rows, patient, day):
    """Each analyte's value nearest before a day, not after it, at most 28 days."""
    found = dict.fromkeys(ANALYTES)
    for row in sorted(rows, key=lambda row: row["sample_date"]):  # stable
        if row["patient_id"] == patient and 0 <= day - row["sample_date"] <= 28:
            found |= {name: row[name] for name in ANALYTES if row[name] is not None}
    return found


def take_status(rows, patient, day):
    """The last of the file that is known of each finding on a day."""
    found = dict.fromkeys((*STATUS, "mdt_resectable"))
    for row in rows:
        if (row["patient_id"], row["exam_date"]) == (patient, day):
            found |= {name: row[name] for name in found if row[name] is not None}
    return found


def find_zero(rows, patient):
    """The first day on which the board's last word is that it can be resected."""
    days = {row["exam_date"] for row in rows if row["patient_id"] == patient}
    met = [on for on in days if take_status(rows, patient, on)["mdt_resectable"]]
    return min(met, default=None)


def take_depth(rows, patient, first, day):
    """Deepest change from the last size by the first dose, in percent."""
    own = [
        (row["exam_date"], row["target_sum_mm"])
        for row in sorted(rows, key=lambda row: row["exam_date"])
        if row["patient_id"] == patient and row["target_sum_mm"] is not None
    ]
    before = [size for on, size in own if on <= first]
    after = [size for on, size in own if first < on <= day]
    if not before or not after or before[-1] <= 0:
        return None
    return 100 * (min(after) - before[-1]) / before[-1]


# Few patients and days and many rows, so that rows compete for a day.
ids = st.sampled_from(["p", "q"])
days = st.sampled_from([-29, -28, -1, 0, 1, 28, 29, 57])
number = st.sampled_from([None, 0.0, 1.0, 2.5, 10.0, 40.0])
flag = st.sampled_from([True, True, False, None])
labs = st.lists(
    st.fixed_dictionaries(
        {"patient_id": ids, "sample_date": days, **dict.fromkeys(ANALYTES, number)}
    ),
    min_size=6,
    max_size=20,
)
assessments = st.lists(
    st.fixed_dictionaries(
        {
            "patient_id": ids,
            "exam_date": days,
            "target_sum_mm": number,
            "ecog": number,
            "n_lesions": number,
            "portal_invasion": flag,
            "extrahepatic_spread": flag,
            "mdt_resectable": flag,
        }
    ),
    min_size=6,
    max_size=15,
)
people = st.lists(
    st.fixed_dictionaries({"patient_id": ids, "first_dose_date": st.none() | days}),
    max_size=5,
)


def exports(patients, seen, measured):
    rows = {"patients": patients, "assessments": seen, "labs": measured}
    return {name: table(name, rows.get(name, [])) for name in EXPORTS}


def word(flag):
    return None if flag is None else "yes" if flag else "no"


@given(people, assessments, labs)
@settings(max_examples=150)
def test_covariates_are_those_found_patient_by_patient(patients, seen, measured):
    tables = exports(patients, seen, measured)

    found = derive(tables)

    expected = []
    for person in patients:
        patient, first = person["patient_id"], person["first_dose_date"]
        if (day := find_zero(seen, patient)) is None:
            continue
        status = take_status(seen, patient, day)
        depth = None if first is None else take_depth(seen, patient, first, day)
        was = take_labs(measured, patient, -999 if first is None else first)
        expected.append(
            {
                **{
                    f"{k}_index": v
                    for k, v in take_labs(measured, patient, day).items()
                },
                **{f"{k}_first": v for k, v in was.items()},
                "ecog": status["ecog"],
                "n_lesions": status["n_lesions"],
                "portal_invasion": word(status["portal_invasion"]),
                "extrahepatic_spread": word(status["extrahepatic_spread"]),
                "depth_percent": depth,
            }
        )
    rows = found.sort("source_row").select(list(expected[0])) if expected else found
    assert rows.height == len(expected)
    assert not expected or rows.to_dicts() == expected


def test_a_repeated_patient_has_the_values_of_each_first_dose():
    twice = [{"patient_id": "p", "first_dose_date": on} for on in (0, 30)]
    met = {"mdt_resectable": True, "exam_date": 50}
    seen = [
        {"patient_id": "p", "exam_date": -1, "target_sum_mm": 80.0},
        {"patient_id": "p", "exam_date": 29, "target_sum_mm": 50.0},
        {"patient_id": "p", "target_sum_mm": 40.0, **met},
    ]
    measured = [
        {"patient_id": "p", "sample_date": on, "afp_ng_ml": value}
        for on, value in ((-2, 1000.0), (25, 10.0), (50, 10.0))
    ]
    tables = exports(twice, seen, measured)

    found = derive(tables)

    assert found["source_row"].to_list() == [2, 3]
    assert found["depth_percent"].to_list() == [-50.0, -20.0]
    assert found["afp_ng_ml_first"].to_list() == [1000.0, 10.0]
    assert found["afp_response"].to_list() == ["yes", "no"]


def test_many_rows_of_others_leave_no_row_of_a_patient_out():
    # More rows than a batch of the streaming engine holds.
    count = 300_000
    tables = exports(
        [{"patient_id": "p", "first_dose_date": 0}],
        [{"patient_id": "p", "exam_date": 50, "mdt_resectable": True}],
        [
            {"patient_id": "p", "sample_date": on, "albumin_g_l": value}
            for on, value in ((-1, 30.0), (-1, 31.0), (49, 40.0))
        ],
    )
    others = pl.select(
        source_file=pl.lit("b/labs.csv"),
        source_row=pl.int_range(5, count + 5),
        centre=pl.lit("b"),
        patient_id="o" + pl.int_range(count).cast(pl.String),
        sample_date=pl.lit(START),
        bilirubin_umol_l=pl.lit(1.0),
        albumin_g_l=pl.lit(1.0),
        afp_ng_ml=pl.lit(1.0),
    )
    labs = tables["labs"]
    tables["labs"] = pl.concat([labs[:1], others, labs[1:]], how="diagonal")

    candidates = derive(tables)

    assert candidates["albumin_g_l_first"].to_list() == [31.0]
    assert candidates["albumin_g_l_index"].to_list() == [40.0]


@pytest.mark.parametrize(
    ("values", "levels"),
    [([10.0, None, 2.0, 0.5], ["0.5", "2", "10"]), ([None, None], []), ([], [])],
)
def test_numbers_become_levels_in_their_order_and_null_stays_null(values, levels):
    candidates = pl.DataFrame({"grade": pl.Series(values, dtype=pl.Float64)})
    chosen = {"grade": {"kind": "categorical", "column": "grade"}}

    found = candidates.select(**select_covariates(candidates, chosen))["grade"]

    assert found.dtype == pl.Enum(levels)
    texts = [None if value is None else f"{value:g}" for value in values]
    assert found.to_list() == texts
