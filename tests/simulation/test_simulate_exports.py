import json
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
import pytest
import yaml

from twoarm.cohort.attrition import start_attrition
from twoarm.cohort.conversions import derive_conversions
from twoarm.cohort.criteria import assess_items, find_met
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.responses import MRECIST, RECIST, derive_visit_responses
from twoarm.config.study import complete, read_study
from twoarm.simulation.excluded import REASONS
from twoarm.simulation.exports import simulate_exports, simulate_persons
from twoarm.simulation.identities import derive_patient_ids
from twoarm.simulation.truth import derive_truth
from twoarm.tables.simulation import AnswerKey, Truth

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
    assert simulated.truth.height == 128
    tables = simulated.tables
    counts = dict(tables["patients"]["centre"].value_counts().iter_rows())
    assert counts == {"a": 226, "b": 142, "c": 117, "d": 99, "e": 57}
    assert tables["treatments"].height == 2 * (613 + 57)
    kinds = dict(simulated.second["kind"].value_counts().iter_rows())
    assert kinds == {
        "transfer": 14,
        "transfer_unsure": 2,
        "registered": 5,
        "repeat": 7,
    }
    again = tables["patients"].filter(~pl.struct(pl.all()).is_first_distinct())
    assert again.height == 7


def course_of(persons):
    """Criteria, reasons and attrition by the default study, of persons' tables."""
    place = {"source_file": pl.lit("x"), "source_row": pl.int_range(1, pl.len() + 1)}
    tables = {}
    for name, rows in persons.tables.items():
        # Dictionary's numbers are decimals, as harmonisation makes them.
        whole = pl.selectors.integer().cast(pl.Float64)
        tables[name] = rows.with_columns(whole).with_columns(
            patient_id=derive_patient_ids(rows["centre"], rows["patient_id"]), **place
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
    persons = simulate_persons(seed, scenario)

    found, counts, steps = course_of(persons)

    expected = {name: reason.n for name, reason in REASONS.items()}
    expected["not_pure"] = expected.pop("not_pure_hcc")
    assert counts == expected
    assert steps["n_after"][-1] == found.height == 128
    assert found["treated"].sum() == 74
    truth = derive_truth(persons.people).select("patient_id", "treated", "intended")
    told = found.select("patient_id", "treated").sort("patient_id")
    assert told.equals(truth.drop("intended"))
    assert truth.filter("intended", ~pl.col("treated")).height == 9
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


def test_only_those_who_never_met_the_criteria_lack_values(handed_over, eligible):
    labs = handed_over["labs"].select(
        *KEY, "bilirubin_umol_l", "albumin_g_l", "afp_ng_ml"
    )
    lacking = labs.filter(pl.any_horizontal(pl.all().is_null()))
    assert lacking.height > 0
    assert lacking.join(eligible, on=KEY, how="semi").is_empty()
    assert eligible["hbv"].null_count() == 0


def test_few_resections_leave_tumour(handed_over):
    margins = handed_over["surgeries"]["r_status"]

    assert margins.null_count() == 0
    assert 0 < (margins == "R1").sum() <= 8
    assert set(margins) == {"R0", "R1"}


def test_one_centre_exports_months_of_survival(simulated):
    tables = simulated.tables
    first = tables["patients"].select(*KEY, "first_dose_date").unique(KEY)
    rows = tables["follow_ups"].join(first, on=KEY)
    told = ["os_months", "vital_status"]
    others = rows.filter(pl.col("centre") != "d").select(told)
    assert set(others.null_count().row(0)) == {others.height}

    own = rows.filter(centre="d")
    days = (pl.col("last_contact_date") - pl.col("first_dose_date")).dt.total_days()
    apart = own.select((pl.col("os_months") - days / 30.4375).abs())
    assert apart.to_series().max() < 1e-9
    dead = own["death_date"].is_not_null()
    assert ((own["vital_status"] == "dead") == dead).all()


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


@pytest.mark.parametrize("centre", list("abcde"))
def test_codebooks_name_the_files_that_are_written(codebooks, folder, centre):
    assert codebooks[centre]["centre"] == centre
    tables = codebooks[centre]["tables"].values()
    parts = [
        part for each in tables for part in (each if isinstance(each, list) else [each])
    ]
    assert all((folder / part["path"]).is_file() for part in parts)


def test_record_numbers_keep_their_zeros(handed_over):
    lengths = (
        handed_over["patients"]
        .group_by("centre")
        .agg(
            zero=pl.col("patient_id").str.starts_with("0").all(),
            length=pl.col("patient_id").str.len_chars().unique(),
        )
    )
    assert lengths["zero"].all()
    assert dict(
        lengths.select("centre", pl.col("length").list.first()).iter_rows()
    ) == {
        "a": 8,
        "b": 7,
        "c": 6,
        "d": 9,
        "e": 10,
    }


def test_identity_numbers_are_sound_and_of_no_region(handed_over):
    numbers = handed_over["patients"]["national_id"]

    assert numbers.n_unique() == 613
    # The standard's own example, and each number, by the sum over all 18 signs.
    for number in ["11010519491231002X", *numbers]:
        signs = [10 if sign == "X" else int(sign) for sign in number]
        assert sum(2 ** (17 - at) * sign for at, sign in enumerate(signs)) % 11 == 1
    assert numbers.str.starts_with("99").all()


def test_lesions_add_up_to_the_sum_of_their_exam(handed_over):
    sums = (
        handed_over["lesions"]
        .filter("target")
        .group_by(*KEY, "exam_date")
        .agg(pl.col("long_mm").sum())
    )
    both = handed_over["assessments"].join(sums, on=[*KEY, "exam_date"])
    assert both.height == handed_over["assessments"]["target_sum_mm"].count()
    assert (both["long_mm"] - both["target_sum_mm"]).abs().max() <= 0.16


def test_who_was_operated_elsewhere_has_one_operation(simulated):
    tables, second = simulated.tables, simulated.second
    moved = second.filter(pl.col("kind").str.starts_with("transfer"))
    assert (moved["centre"] != moved["first_centre"]).all()
    there = tables["surgeries"].join(moved, on=KEY, how="semi")
    here = tables["surgeries"].join(
        moved.select(centre="first_centre", patient_id="first_id"), on=KEY, how="semi"
    )
    assert (there.height, here.height) == (8, 0)
    late = (
        tables["patients"]
        .join(moved, on=KEY)
        .join(
            tables["patients"],
            left_on=["first_centre", "first_id"],
            right_on=KEY,
            suffix="_first",
        )
    )
    days = (late["first_dose_date"] - late["first_dose_date_first"]).dt.total_days()
    assert days.is_between(1, 10).all()
    sure = late.filter(kind="transfer")
    for name in ("sex", "birth_date", "person_name"):
        assert sure[name].equals(sure[f"{name}_first"].alias(name))
    assert (late["national_id"] == late["national_id_first"]).sum() == 10
    assert late.filter(kind="transfer_unsure")["person_name"].null_count() == 2


def test_key_tells_every_fault_and_no_identifier(folder):
    key = AnswerKey.read(folder / "answer_key.parquet")

    places = ["file", "sheet", "row", "column", "field", "kind"]
    assert key.select(places).is_unique().all()
    fields = key["field"].str.split(".").list.last()
    named = key.filter(fields.is_in(["patient_id", "national_id", "person_name"]))
    assert named.height == 28
    assert named["raw"].null_count() == 28
    counts = dict(key["kind"].value_counts().iter_rows())
    assert counts["order"] == 9
    lost = ("missing_code", "date_open", "date_swapped", "decimal", "response_vague")
    for kind in (*lost, "order"):
        assert key.filter(kind=kind)["truth"].null_count() == counts[kind] > 0
    for kind in ("unit", "comparator", "number", "drug", "size", "date_partial"):
        assert key.filter(kind=kind)["truth"].null_count() == 0


def test_text_of_the_key_stands_in_the_files(folder):
    key = AnswerKey.read(folder / "answer_key.parquet")
    lines = (folder / "A_检验.csv").read_bytes().decode("gb18030").split("\r\n")
    told = key.filter(pl.col("file") == "a/A_检验.csv", pl.col("column") == "结果")

    assert told.height == len(lines) - 2
    for row, raw, kind in told.select("row", "raw", "kind").iter_rows():
        cells = lines[row - 1].split(",")
        assert cells[3] == raw
        assert (cells[4] == "mg/dL") == (kind == "unit")


def test_files_are_as_hospitals_write_them(folder):
    assert (folder / "hcc_export_B.csv").read_bytes().startswith(b"\xef\xbb\xbfMRN,")
    assert (folder / "B_imaging.tsv").read_bytes().startswith(b"\xff\xfeM\0R\0N\0\t\0")
    assert (folder / "C中心.xls").read_bytes().startswith(b"<html")
    with pytest.raises(UnicodeDecodeError):
        (folder / "E.csv").read_bytes().decode("gb18030")
    first = (folder / "D.json").read_bytes().decode("big5").splitlines()[0]
    assert json.loads(first)["exams"][0]["lesions"]
    book = fastexcel.read_excel(folder / "A_基本信息.xlsx")
    assert book.sheet_names == [
        "基本信息",
        "影像评估",
        "用药",
        "不良反应",
        "并发症",
        "字典",
    ]
    assert book.load_sheet("字典").visible == "hidden"


def test_same_seed_gives_the_same_bytes(folder, export_to, tmp_path):
    again = export_to(tmp_path / "again")
    other = export_to(tmp_path / "other", seed=1)

    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 14
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
