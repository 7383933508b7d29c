import importlib.util
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from twoarm.config.codebook import Codebook
from twoarm.dictionary import EXPORTS
from twoarm.fieldmaps import fields_of_codebook
from twoarm.harmonisation.fields import harmonise_rows
from twoarm.ingestion.files import read_file
from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.cohort import derive_days
from twoarm.simulation.excluded import REASONS
from twoarm.simulation.exports import simulate_exports
from twoarm.simulation.hazards import invert_hazard
from twoarm.simulation.model import SCENARIOS, simulate_candidates
from twoarm.simulation.people import simulate_people
from twoarm.simulation.truth import Truth

ROOT = Path(__file__).parents[2]
SEED = 20250101
KEY = ["centre", "patient_id"]


def script():
    path = ROOT / "workflow/scripts/simulation/simulate_exports.py"
    spec = importlib.util.spec_from_file_location("simulate_exports_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(folder, *, seed=SEED, scenario="moderate"):
    folder.mkdir()
    script().main(
        [str(folder / f"a_{table}.csv") for table in EXPORTS],
        str(folder / "b.xlsx"),
        str(folder / "truth.parquet"),
        seed=seed,
        scenario=scenario,
    )
    return folder


def codebook_of(centre):
    path = ROOT / f"config/codebooks/{centre}.yaml"
    codebook = Codebook.model_validate(yaml.safe_load(path.read_text("utf-8")))
    return codebook.model_dump()


def read_centre(folder, centre):
    """Tables of a centre as the pipeline reads them, and their faults."""
    codebook = codebook_of(centre)
    for name, fields in fields_of_codebook(codebook).items():
        table = codebook["tables"][name]
        read = read_file(
            folder / table["path"], encoding=table["encoding"], sheet=table["sheet"]
        )
        yield (
            name,
            harmonise_rows(
                read.rows, fields, file=table["path"], missing=table["missing"]
            ),
        )


@pytest.fixture(scope="module")
def simulated():
    return simulate_exports(SEED, "moderate")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_script(tmp_path_factory.mktemp("simulation") / "exports")


@pytest.fixture(scope="module")
def handed_over(folder):
    """What was simulated, read back from the files of both centres."""
    parts = {name: [] for name in EXPORTS}
    for centre in ("a", "b"):
        for name, harmonised in read_centre(folder, centre):
            assert harmonised.faults.is_empty()
            records = harmonised.records.with_columns(centre=pl.lit(centre))
            parts[name].append(records.drop("source_file", "source_row"))
    return {name: pl.concat(part) for name, part in parts.items()}


@pytest.fixture(scope="module")
def eligible(handed_over, simulated):
    """Dates of those who met the criteria, and the truth about them."""
    first = (
        handed_over["assessments"]
        .filter("criteria_met")
        .group_by(KEY)
        .agg(criteria_date=pl.col("exam_date").min())
    )
    rows = first
    for name in ("patients", "surgeries", "follow_ups"):
        rows = rows.join(handed_over[name], on=KEY, how="left")
    return rows.join(
        simulated.truth.with_columns(pl.col("patient_id").str.slice(2)),
        on=KEY,
        suffix="_true",
    )


def median(times, events):
    """Kaplan-Meier median of times without ties."""
    order = np.argsort(times)
    at_risk = np.arange(len(times), 0, -1)
    survival = np.cumprod(1 - events[order] / at_risk)
    return times[order][np.argmax(survival <= 0.5)]


def log_hazard_ratio(times, events, treated):
    """Newton's method on the partial likelihood of one binary covariate."""
    order = np.argsort(-times)
    events, treated = events[order], treated[order].astype(float)
    n_risk, n_treated = np.arange(1, len(times) + 1), np.cumsum(treated)
    beta = 0.0
    for _ in range(20):
        weighted = n_treated * np.exp(beta)
        share = weighted / (weighted + n_risk - n_treated)
        score = (events * (treated - share)).sum()
        beta += score / (events * share * (1 - share)).sum()
    return beta


def test_flow_is_exact(handed_over, eligible):
    patients = handed_over["patients"]
    assert patients.height == patients.n_unique(KEY) == 613
    assert eligible.height == 128
    assert handed_over["surgeries"].height == 74
    assert eligible["surgery_date"].count() == 74
    assert handed_over["treatments"].height - 613 == 57
    assert handed_over["follow_ups"].n_unique(KEY) == 613


@pytest.mark.parametrize(("seed", "scenario"), [(1, "null"), (2, "moderate")])
def test_flow_is_exact_whatever_the_seed(seed, scenario):
    simulated = simulate_exports(seed, scenario)

    assert simulated.truth["treated"].sum() == 74
    met = simulated.tables["assessments"].filter("criteria_met").n_unique(KEY)
    assert met == simulated.truth.height == 128
    assert simulated.tables["patients"].height == 613
    assert simulated.tables["treatments"].height == 613 + 57


def test_reasons_add_up():
    people = simulate_people(np.random.default_rng(3), SCENARIOS["moderate"])

    counts = dict(people["reason"].value_counts().iter_rows())
    expected = {name: reason.n for name, reason in REASONS.items()}
    assert counts == {None: 128, **expected}
    assert sum(expected.values()) == 485
    surely = people.filter(reason="progression")["progression_days"]
    assert surely.null_count() == 0
    assert people.filter(reason="death")["death_days"].null_count() == 0


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
    second = courses.filter(pl.col("start_date") > pl.col("first_dose_date")).join(
        handed_over["surgeries"], on=KEY
    )
    assert second.height == 57
    assert (second["start_date"] > second["surgery_date"]).all()
    samples = handed_over["labs"].join(people, on=KEY)
    assert (samples["sample_date"] < samples["last_contact_date"]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SCENARIOS)))
def test_whole_days_keep_the_order_of_the_model(seed, scenario):
    rng = np.random.default_rng(seed)
    people = derive_days(simulate_candidates(rng, 200, SCENARIOS[scenario]))
    followed = people.filter(pl.col("last_days") > pl.col("criteria_days"))

    for earlier, later in (
        ("surgery_days", "progression_days"),
        ("surgery_days", "death_days"),
        ("surgery_days", "last_days"),
        ("progression_days", "death_days"),
        ("criteria_days", "progression_days"),
        ("criteria_days", "surgery_days"),
    ):
        assert (followed[earlier] < followed[later]).all()
    shifted = (
        followed["death_days"] - followed["criteria_days"]
    ) / DAYS_PER_MONTH - followed["death_months"]
    assert shifted.abs().max() < 3 / DAYS_PER_MONTH


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
    for name, fields in EXPORTS.items():
        table = simulated.tables[name].select(
            "centre", *(field.name for field in fields)
        )
        read = (
            handed_over[name]
            .select(table.columns)
            .with_columns(pl.selectors.by_dtype(pl.Enum).cast(pl.String))
        )
        coarse = {"target_sum_mm": 0.051, "afp_ng_ml": 0.0061}
        coarse |= {"bilirubin_umol_l": 0.086, "albumin_g_l": 0.051}
        for column in table.columns:
            want = table.select(pl.col(column).cast(read.schema[column]))
            tolerance = coarse.get(column, 0)
            assert_frame_equal(read.select(column), want, abs_tol=tolerance, rel_tol=0)


def test_only_those_who_never_met_the_criteria_lack_values(handed_over, eligible):
    labs = handed_over["labs"]
    lacking = labs.filter(pl.any_horizontal(pl.all().is_null()))
    assert lacking.height > 0
    assert lacking.join(eligible, on=KEY, how="semi").is_empty()
    assert eligible["hbv"].null_count() == 0


@pytest.mark.parametrize("centre", ["a", "b"])
def test_codebook_is_valid(centre):
    codebook = codebook_of(centre)

    assert codebook["centre"] == centre
    assert list(codebook["tables"]) == list(EXPORTS)


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


def test_same_seed_gives_the_same_bytes(folder, tmp_path):
    again = run_script(tmp_path / "again")
    other = run_script(tmp_path / "other", seed=SEED + 1)

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


def test_hazard_that_never_switches_is_weibull():
    drawn = np.array([0.2, 1.0, 3.0])
    scale = np.full(3, 0.1)
    never = np.full(3, np.inf)

    times = invert_hazard(drawn, scale=scale, shape=0.9, ratio=0.5, switch=never)

    np.testing.assert_allclose(0.1 * times**0.9, drawn)


@settings(max_examples=50)
@given(st.floats(0.01, 20), st.floats(0.01, 10), st.floats(0.3, 2))
def test_cumulative_hazard_at_the_time_is_what_was_drawn(drawn, switch, ratio):
    (time,) = invert_hazard(
        np.array([drawn]),
        scale=np.array([0.3]),
        shape=0.86,
        ratio=ratio,
        switch=np.array([switch]),
    )

    early, late = 0.3 * min(time, switch) ** 0.86, 0.3 * time**0.86
    np.testing.assert_allclose(early + ratio * (late - early), drawn)


@pytest.mark.parametrize(
    ("scenario", "death", "progression", "progression_free"),
    # The model's own check of its calibration: hazard ratios of a naive analysis from
    # the first dose, and the median progression-free survival of the operated.
    [("null", 0.41, 0.46, 22.5), ("moderate", 0.28, 0.35, 29.3)],
)
def test_large_cohort_shows_what_was_published(
    scenario, death, progression, progression_free
):
    rng = np.random.default_rng(7)
    people = derive_days(simulate_candidates(rng, 30_000, SCENARIOS[scenario])).filter(
        pl.col("last_days") > pl.col("criteria_days")
    )
    treated = people["treated"].to_numpy()
    died = people["death_days"].is_not_null().to_numpy()
    event = people.select(pl.coalesce("progression_days", "death_days")).to_series()
    failed = event.is_not_null().to_numpy()
    months = people["last_days"].to_numpy() / DAYS_PER_MONTH
    free = event.fill_null(people["last_days"]).to_numpy() / DAYS_PER_MONTH

    assert treated.mean() == pytest.approx(0.59, abs=0.02)
    assert median(months[~treated], died[~treated]) == pytest.approx(26.4, abs=1.0)
    assert median(free[~treated], failed[~treated]) == pytest.approx(11.1, abs=0.5)
    assert median(free[treated], failed[treated]) == pytest.approx(
        progression_free, abs=1.5
    )
    naive = log_hazard_ratio(months, died, treated)
    assert naive == pytest.approx(np.log(death), abs=0.08)
    naive = log_hazard_ratio(free, failed, treated)
    assert naive == pytest.approx(np.log(progression), abs=0.08)
