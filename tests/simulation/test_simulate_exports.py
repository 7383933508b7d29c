from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import derive_conversions
from twoarm.cohort.criteria import assess_items, find_met
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.responses import MRECIST, RECIST, derive_visit_responses
from twoarm.config.study import complete, read_study
from twoarm.dictionary import EXPORTS, MAY_LACK
from twoarm.harmonisation.values import type_of
from twoarm.simulation.excluded import REASONS
from twoarm.simulation.exports import simulate_exports
from twoarm.tables.simulation import Truth

ROOT = Path(__file__).parents[2]
KEY = ["centre", "patient_id"]


def test_flow_is_exact(handed_over, eligible):
    patients = handed_over["patients"]
    assert patients.height == patients.n_unique(KEY) == 613
    assert eligible.height == 128
    assert handed_over["surgeries"].height == 74
    assert eligible["surgery_date"].count() == 74
    assert handed_over["treatments"].height == 2 * (613 + 57)
    assert handed_over["follow_ups"].n_unique(KEY) == 613


@pytest.mark.parametrize(("seed", "scenario"), [(1, "null"), (2, "moderate")])
def test_flow_is_exact_whatever_the_seed(seed, scenario):
    simulated = simulate_exports(seed, scenario)

    assert simulated.truth["treated"].sum() == 74
    met = simulated.tables["assessments"].filter("mdt_resectable").n_unique(KEY)
    assert met == simulated.truth.height == 128
    assert simulated.tables["patients"].height == 613
    assert simulated.tables["treatments"].height == 2 * (613 + 57)


def course_of(simulated):
    """Criteria, reasons and attrition by the default study, of what was simulated."""
    place = {"source_file": pl.lit("x"), "source_row": pl.int_range(1, pl.len() + 1)}
    tables = {}
    for name, rows in simulated.tables.items():
        # Dictionary's numbers are decimals, as harmonisation makes them.
        whole = pl.selectors.integer().cast(pl.Float64)
        unknown = [
            pl.lit(None, type_of(field)).alias(field.name)
            for field in EXPORTS[name]
            if field.name not in rows.columns
        ]
        tables[name] = rows.with_columns(whole, *unknown).with_columns(
            patient_id=pl.concat_str("centre", "patient_id", separator=":"), **place
        )
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
    asked = complete(read_study(config))["cohort"]["criteria"]
    criteria = assess_items(derive_exposures(tables), asked["versions"])
    met = find_met(criteria, asked["use"])
    start = start_attrition(613)
    found, steps = derive_conversions(tables, start, met=met, never=asked["never"])
    reasons = [each["reason"] for each in asked["never"]]
    names = [each["name"] for each in asked["never"]]
    counts = steps.filter(pl.col("reason").is_in(reasons))["n_excluded"]
    return found, dict(zip(names, counts, strict=True)), steps


@pytest.mark.parametrize(("seed", "scenario"), [(20250101, "moderate"), (3, "null")])
def test_reasons_can_be_computed_from_the_exports(seed, scenario):
    simulated = simulate_exports(seed, scenario)

    found, counts, steps = course_of(simulated)

    expected = {name: reason.n for name, reason in REASONS.items()}
    expected["not_pure"] = expected.pop("not_pure_hcc")
    assert counts == expected
    assert steps["n_after"][-1] == found.height == 128
    assert found["treated"].sum() == 74
    truth = simulated.truth.select("patient_id", "treated").sort("patient_id")
    assert found.select("patient_id", "treated").equals(truth)
    assert found["n_cycles"].min() >= 2
    assert found["overlap_days"].min() >= 21


ORDER_OF_ALL = [
    ("birth_date", "<", "first_dose_date"),
    ("first_dose_date", "<", "last_contact_date"),
    ("first_dose_date", "<", "progression_date"),
    ("progression_date", "<", "death_date"),
    ("progression_date", "<=", "last_imaging_date"),
    ("last_imaging_date", "<=", "last_contact_date"),
    ("death_date", "<=", "last_contact_date"),
    ("last_contact_date", "<=", "cut_date"),
    ("opening_date", "<=", "first_dose_date"),
]
ORDER_OF_ELIGIBLE = [
    ("first_dose_date", "<", "criteria_date"),
    ("criteria_date", "<", "surgery_date"),
    ("criteria_date", "<", "progression_date"),
    ("criteria_date", "<", "last_imaging_date"),
    ("surgery_date", "<", "progression_date"),
    ("surgery_date", "<", "last_imaging_date"),
    ("surgery_date", "<", "death_date"),
]


def count_broken(rows, earlier, sign, later):
    """Rows in which two dates are known and not in this order."""
    first, second = pl.col(earlier), pl.col(later)
    kept = first < second if sign == "<" else first <= second
    return rows.filter(~kept).height


def test_dates_keep_their_order(handed_over, eligible):
    everyone = (
        handed_over["patients"]
        .join(handed_over["follow_ups"], on=KEY)
        .with_columns(opening_date=pl.date(2019, 1, 1), cut_date=pl.date(2024, 5, 1))
    )

    broken = {law: count_broken(everyone, *law) for law in ORDER_OF_ALL}
    broken |= {law: count_broken(eligible, *law) for law in ORDER_OF_ELIGIBLE}
    assert {law: n for law, n in broken.items() if n} == {}
    dead = everyone.filter(pl.col("death_date").is_not_null())
    assert (dead["death_date"] == dead["last_contact_date"]).all()


def test_rows_of_a_patient_keep_their_order(handed_over):
    people = handed_over["patients"].join(handed_over["follow_ups"], on=KEY)
    exams = handed_over["assessments"].join(people, on=KEY)
    assert exams.select(*KEY, "exam_date").is_unique().all()
    assert (exams["exam_date"] <= exams["last_imaging_date"]).all()
    first = exams.group_by(KEY).agg(pl.col("exam_date", "first_dose_date").min())
    assert (first["exam_date"] <= first["first_dose_date"]).all()
    assert first.height == 613 - REASONS["no_imaging"].n

    courses = handed_over["treatments"].join(people, on=KEY)
    assert (courses["start_date"] <= courses["end_date"]).all()
    assert (courses["end_date"] <= courses["last_contact_date"]).all()
    inhibitors = courses.filter(pl.col("drug_class").cast(pl.String) == "ici")
    second = inhibitors.filter(pl.col("start_date") > pl.col("first_dose_date")).join(
        handed_over["surgeries"], on=KEY
    )
    assert second.height == 57
    assert (second["start_date"] > second["surgery_date"]).all()
    samples = handed_over["labs"].join(people, on=KEY)
    assert (samples["sample_date"] < samples["last_contact_date"]).all()


def test_covariates_are_recovered_from_the_exports(handed_over, eligible):
    exams = handed_over["assessments"].join(
        eligible.select(*KEY, "criteria_date", "first_dose_date"), on=KEY
    )
    exam = pl.col("exam_date")
    found = exams.filter(exam == pl.col("criteria_date")).join(
        eligible, on=KEY, suffix="_true"
    )
    assert found["ecog"].cast(pl.Int64).equals(found["ecog_true"])
    for flag in ("portal_invasion", "extrahepatic_spread"):
        assert found[flag].equals(found[f"{flag}_true"].alias(flag))
    assert (found["n_lesions"] > 3).equals(found["many_lesions"].alias("n_lesions"))
    baseline = (
        exams.filter(exam <= pl.col("first_dose_date"))
        .group_by(KEY)
        .agg(baseline=pl.col("target_sum_mm").last())
    )
    smallest = (
        exams.filter(exam > pl.col("first_dose_date"), exam <= pl.col("criteria_date"))
        .group_by(KEY)
        .agg(smallest=pl.col("target_sum_mm").min())
    )
    depth = found.join(baseline, on=KEY).join(smallest, on=KEY)
    for size in ("target_sum_mm", "smallest"):
        change = 100 * (depth[size] / depth["baseline"] - 1)
        np.testing.assert_allclose(change, depth["depth_percent"], atol=0.4)


def test_laboratory_values_give_the_scores_of_the_model(handed_over, eligible):
    samples = handed_over["labs"].join(eligible, on=KEY).sort(*KEY, "sample_date")
    before = pl.col("criteria_date") - pl.col("sample_date")
    second = samples.filter(before.is_between(pl.duration(days=0), pl.duration(days=3)))
    first = samples.filter(pl.col("sample_date") <= pl.col("first_dose_date"))
    assert second.height == first.height == 128
    albi = 0.66 * second["bilirubin_umol_l"].log10() - 0.085 * second["albumin_g_l"]

    np.testing.assert_allclose(albi, second["albi"], atol=0.01)
    fell = second["afp_ng_ml"] / first["afp_ng_ml"] <= 0.5
    assert fell.to_list() == second["afp_response"].to_list()
    albumin = samples["albumin_g_l"]
    assert albumin.is_between(20, 60).all()
    ages = (eligible["criteria_date"] - eligible["birth_date"]).dt.total_days()
    np.testing.assert_allclose(ages / 365.25, eligible["age_years"], atol=0.01)


def test_exports_read_back_as_they_were_simulated(handed_over, simulated):
    for name, table in simulated.tables.items():
        known = [field.name for field in EXPORTS[name] if field.name in table.columns]
        table = table.select("centre", *known)
        read = (
            handed_over[name]
            .select(table.columns)
            .with_columns(pl.selectors.by_dtype(pl.Enum).cast(pl.String))
        )
        coarse = {"target_sum_mm": 0.051, "afp_ng_ml": 0.0061}
        coarse |= {"viable_sum_mm": 0.051, "os_months": 0.051}
        coarse |= {"bilirubin_umol_l": 0.086, "albumin_g_l": 0.051}
        for column in table.columns:
            want = table.select(pl.col(column).cast(read.schema[column]))
            tolerance = coarse.get(column, 0)
            assert_frame_equal(read.select(column), want, abs_tol=tolerance, rel_tol=0)


def test_only_those_who_never_met_the_criteria_lack_values(handed_over, eligible):
    labs = handed_over["labs"]
    told = ("bilirubin_umol_l", "albumin_g_l", "afp_ng_ml")
    lacking = labs.filter(pl.any_horizontal(pl.col(told).is_null()))
    assert lacking.height > 0
    assert lacking.join(eligible, on=KEY, how="semi").is_empty()
    assert eligible["hbv"].null_count() == 0


def test_few_resections_leave_tumour(handed_over):
    margins = handed_over["surgeries"]["r_status"]

    assert margins.null_count() == 0
    assert 0 < (margins == "R1").sum() <= 8
    assert set(margins) == {"R0", "R1"}


def test_one_centre_exports_months_of_survival_and_some_are_wrong(handed_over):
    rows = handed_over["follow_ups"].join(handed_over["patients"], on=KEY)
    days = pl.coalesce("death_date", "last_contact_date") - pl.col("first_dose_date")
    months = days.dt.total_days() / 30.4375
    told = rows.filter(centre="b").with_columns(
        apart=(pl.col("os_months") - months).abs()
    )

    assert (
        rows.filter(centre="a")
        .select("os_months", "vital_status")
        .null_count()[0]
        .row(0)
        == (rows.filter(centre="a").height,) * 2
    )
    wrong = told.filter(pl.col("apart") > 0.06)
    assert 0.03 < wrong.height / told.height < 0.09
    assert (wrong["apart"] > 0.5).all()
    assert (told["os_months"] >= 0).all()
    dead = told["death_date"].is_not_null()
    assert ((told["vital_status"] == "dead") == dead).all()


def test_viable_tumour_is_a_part_of_the_targets_and_tells_progression_alike(
    handed_over,
):
    sizes = handed_over["assessments"].drop_nulls("target_sum_mm")
    assert sizes["viable_sum_mm"].null_count() == 0
    assert sizes["viable_sum_mm"].min() == 0
    assert (sizes["viable_sum_mm"] <= sizes["target_sum_mm"]).all()

    people = handed_over["patients"].join(handed_over["follow_ups"], on=KEY)
    grown = sizes.join(people, on=KEY).filter(
        pl.col("exam_date") == pl.col("progression_date"), ~pl.col("new_lesion")
    )
    assert grown.height > 50
    assert grown["viable_sum_mm"].equals(grown["target_sum_mm"].alias("viable_sum_mm"))


def test_criteria_date_progression_as_the_chart_does(handed_over, eligible):
    people = (
        handed_over["patients"]
        .join(handed_over["follow_ups"], on=KEY)
        .join(handed_over["surgeries"], on=KEY, how="left")
        .filter(pl.col("surgery_date").is_null())
        .join(eligible, on=KEY, how="semi")
        .with_columns(patient_id=pl.concat_str(KEY))
        .sort("patient_id")
    )
    place = {"source_file": pl.lit("file"), "source_row": pl.int_range(pl.len())}
    seen = handed_over["assessments"].with_columns(
        **place, patient_id=pl.concat_str(KEY)
    )
    for criterion in (RECIST, MRECIST):
        visits = derive_visit_responses(people, seen, criterion)
        found = visits.filter(response="PD").select("patient_id", "exam_date")
        both = people.join(found, on="patient_id", how="left")
        assert both["exam_date"].eq_missing(both["progression_date"]).all()


@pytest.mark.parametrize("centre", ["a", "b"])
def test_codebook_is_valid(codebooks, centre):
    assert codebooks[centre]["centre"] == centre
    exported = [name for name in EXPORTS if name not in MAY_LACK]
    assert list(codebooks[centre]["tables"]) == exported


def test_dates_of_the_workbook_are_dates_in_some_sheets_and_text_in_others(folder):
    workbook = fastexcel.read_excel(folder / "b.xlsx")
    cell = workbook.load_sheet("Imaging", dtypes="string").to_polars()["Exam date"]
    text = workbook.load_sheet("Laboratory", dtypes="string").to_polars()["Sample date"]

    assert cell.str.contains(r"^\d{4}-\d\d-\d\d 00:00:00$").all()
    assert text.str.contains(r"^\d\d-[A-Z]{3}-\d{4}$").all()
    typed = workbook.load_sheet("Imaging").to_polars()["Exam date"]
    assert typed.dtype.is_temporal()


def test_record_numbers_keep_their_zeros(handed_over):
    lengths = (
        handed_over["patients"]
        .group_by("centre")
        .agg(
            zero=pl.col("patient_id").str.starts_with("0").all(),
            length=pl.col("patient_id").str.len_chars().unique(),
        )
    )
    assert sorted(lengths.rows()) == [("a", True, [8]), ("b", True, [7])]


def test_same_seed_gives_the_same_bytes(folder, export_to, tmp_path):
    again = export_to(tmp_path / "again")
    other = export_to(tmp_path / "other", seed=1)

    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 8
    for name in names:
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name
        assert (other / name).read_bytes() != (folder / name).read_bytes(), name


def test_truth_keeps_its_contract(folder):
    truth = Truth.read(folder / "truth.parquet")

    assert truth.height == 128
    assert truth["treated"].sum() == 74
    assert (truth["wait_months"] < truth["progression_months"]).all()
    assert (truth["progression_months"] < truth["death_months"]).all()
    assert truth.filter("treated").select(pl.col("intended").all()).item()
