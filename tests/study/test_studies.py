"""Whole studies, from their files to their release."""

import hashlib
import importlib.util
import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from docx import Document

from twoarm.config.plan import plan_study
from twoarm.disclosure.readable import read_words
from twoarm.tables.harmonisation import LEFT
from twoarm.words import design_labels

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config/config.yaml"

spec = importlib.util.spec_from_file_location(
    "intruder", Path(__file__).parents[1] / "disclosure" / "intruder.py"
)
intruder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(intruder)

EFFECTS = (
    "endpoint, design, measure, term, months, estimate, std_error, conf_low, "
    "conf_high, p_value, n_treated, n_control, events_treated, events_control, method"
)
COLUMNS = {
    "effects": EFFECTS,
    "curves": "endpoint, design, arm, months, n_risk, n_event, n_censor, estimate, "
    "conf_low, conf_high",
    "balance": "design, covariate, level, mean_treated, mean_control, smd, "
    "variance_ratio, ks",
    "attrition": "step, reason, n_before, n_excluded, n_after",
}
OF_THE_ARMS = ["os", "pfs", "progression"]
ALONE = ["rfs", "ttr"]
"""Endpoints that start at surgery: no contrast of arms."""
DESIGNS = {
    "conversion": "matched optimal timeless iptw overlap entropy first_dose "
    "from_surgery changing day_60 day_90 day_90_overlap cloned cloned_over_time "
    "sequential at_risk overlap_liver resumed_60 resumed_90",
    "hepatocellular": "matched mahalanobis full coarsened iptw overlap balancing",
    "sysucc": "matched optimal iptw truncated overlap from_resection changing day_90 "
    "day_180 day_365 day_180_overlap cloned cloned_same_day cloned_at_zero sequential "
    "at_risk censored",
    "rotterdam": "matched iptw overlap full",
}


def check_release(run, study, endpoints):
    """Hold a release to the results contract."""
    folder = run.release(study)
    for name, columns in COLUMNS.items():
        table = pl.read_csv(folder / f"{name}.csv", infer_schema_length=None)
        assert table.columns == columns.split(", ")
        floats = table.select(pl.selectors.float())
        assert not floats.select(pl.any_horizontal(pl.all().is_nan().any())).item()
    effects = pl.read_csv(folder / "effects.csv", infer_schema_length=None)
    assert set(effects["design"]) == {"unadjusted", *DESIGNS[study].split()}
    assert set(effects["endpoint"]) == set(endpoints)
    key = ["endpoint", "design", "measure", "term", "months"]
    assert not effects.select(pl.struct(key).is_duplicated().any()).item()
    manifest = pl.read_csv(folder / "manifest.csv")
    listed = {folder / name for name in manifest["file"]}
    found = {path for path in folder.rglob("*") if path.is_file()}
    assert found == listed | {folder / "manifest.csv"}
    for name, expected in manifest.select("file", "sha256").iter_rows():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    page = (folder / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert " at 0x" not in page  # what no template should show
    check_conservation(run, study)


def check_conservation(run, study):
    """Rows read are rows used and rows quarantined; patients read add up too."""
    results = run.folder / "results" / study
    ledgers = list(results.glob("harmonisation/harmonise_centre/*/ledger.parquet"))
    ledger = pl.concat(pl.read_parquet(path) for path in ledgers)
    lost = pl.col("n_read") - pl.sum_horizontal("n_used", *LEFT)
    assert ledger.select(lost.abs().sum()).item() == 0
    assert ledger["n_read"].sum() > 0
    cohort = results / "cohort" / "select_cohort"
    patients = pl.read_parquet(cohort / "patients.parquet")
    attrition = pl.read_parquet(cohort / "attrition.parquet")
    quarantine = pl.read_parquet(cohort / "quarantine.parquet")
    assert attrition["n_before"][0] - attrition["n_excluded"].sum() == patients.height
    assert not quarantine.select(
        pl.struct("source_file", "source_row").is_duplicated().any()
    ).item()
    settled = pl.read_parquet(results / "cohort" / "derive_ledger" / "ledger.parquet")
    assert settled["n_quarantined"].sum() == quarantine.height
    assert settled["n_read"].sum() == ledger["n_read"].sum()
    designs = pl.read_parquet(results / "propensity/collect_designs/designs.parquet")
    assert set(designs["patient_id"]) <= set(patients["patient_id"])


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def effect(run, study, **where):
    effects = pl.read_csv(run.release(study) / "effects.csv", infer_schema_length=None)
    return effects.filter(**where).row(0, named=True)


@pytest.mark.xdist_group("conversion")
class TestConversion:
    """The default study: invented exports of five centres."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run):
        run = new_run("conversion")
        run.shown = run.study(None)
        return run

    def test_release_keeps_the_contract(self, run):
        check_release(run, "conversion", [*OF_THE_ARMS, *ALONE])
        figures = run.release("conversion") / "figures"
        for name in ("panel", "courses", "responses", "attrition", "balance", "scores"):
            assert {p.suffix for p in figures.glob(f"{name}.*")} == {
                ".svg",
                ".pdf",
                ".png",
            }

    def test_no_blank_of_the_release_can_be_had_from_the_rest(self, run):
        assert intruder.attack_default(run.folder / "results/conversion", 5) == {}

    def test_designs_are_tried_on_twins_of_the_cohort(self, run):
        folder = run.release("conversion")
        twins = pl.read_csv(folder / "tables/twins.csv", infer_schema_length=None)
        null = twins.filter(scenario=1, measure="hazard_ratio", term="treated")
        tried = {"unadjusted", *DESIGNS["conversion"].split()}
        tried -= {"resumed_60", "resumed_90"}  # no contrast of the arms
        assert set(null["design"]) == tried
        bias = {
            row["design"]: row["bias"] for row in null.filter(endpoint="os").to_dicts()
        }
        assert bias["unadjusted"] < -0.3
        assert abs(bias["cloned"]) < 0.1
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert "How each design does on a twin of this cohort" in page
        assert (folder / "figures/twins_os.svg").exists()

    def test_tables_of_a_paper_are_released(self, run):
        tables = run.release("conversion") / "tables"
        assert {path.stem for path in tables.glob("*.docx")} == {
            *("attrition", "protocol", "baseline", "outcomes", "subgroups"),
            *("regression", "response", "surgery", "adverse_events", "quality"),
        }
        response = pl.read_csv(tables / "response.csv", infer_schema_length=None)
        sizes = response.group_by("arm").agg(pl.col("n_patients").unique().first())
        assert dict(sizes.iter_rows()) == {"Surgery": 74, "No surgery": 54}
        # The periods of all add up to their follow-up from the first dose on.
        cohort = run.folder / "results" / "conversion" / "cohort"
        patients = pl.read_parquet(cohort / "select_cohort" / "patients.parquet")
        days = (patients["os_days"] - patients["first_dose_days"]).sum()
        harm = pl.read_parquet(cohort / "describe_care" / "adverse_events.parquet")
        whole = harm.filter(position=0, kind="any")
        assert whole["person_months"].sum() == pytest.approx(days / 30.4375)
        assert whole["n_event"].sum() > 0

    def test_flow_is_that_of_the_published_study(self, run):
        attrition = pl.read_csv(run.release("conversion") / "attrition.csv")
        assert attrition["n_before"][0] == 641
        assert 613 in attrition["n_after"]
        assert attrition["n_after"][-1] == 128
        row = effect(
            run, "conversion", endpoint="os", design="unadjusted", term="treated"
        )
        assert (row["n_treated"], row["n_control"]) == (74, 54)

    def test_endpoints_of_the_arms_are_those_of_the_outcomes(self, run):
        cohort = run.folder / "results" / "conversion" / "cohort"
        outcomes = pl.read_parquet(cohort / "derive_outcomes" / "outcomes.parquet")
        patients = pl.read_parquet(cohort / "select_cohort" / "patients.parquet")
        named = outcomes["endpoint"].unique().sort().to_list()
        assert named == sorted([*OF_THE_ARMS, *ALONE])
        for name in ("os", "pfs"):
            own = outcomes.filter(endpoint=name)
            for end in ("days", "event"):
                assert own[end].equals(patients[f"{name}_{end}"].alias(end))
        assert 60 < outcomes.filter(endpoint="rfs").height < 74
        assert "rfs_days" not in patients.columns
        scans = pl.read_parquet(cohort / "derive_outcomes" / "scans.parquet")
        assert scans.filter(endpoint="pfs")["n_patients"].to_list() == [54, 74]
        apart = pl.read_parquet(cohort / "derive_outcomes" / "differences.parquet")
        assert set(apart["source_file"]) == {"d/D_followup.xlsx"}
        assert apart.height == 6

    def test_endpoints_from_surgery_on_are_of_one_arm(self, run):
        effects = pl.read_csv(
            run.release("conversion") / "effects.csv", infer_schema_length=None
        )
        later = pl.col("design").str.starts_with("resumed_")
        alone = effects.filter(pl.col("endpoint").is_in(ALONE), ~later)
        assert set(alone["design"]) == {"unadjusted"}
        assert set(alone["term"]) == {"Surgery"}
        assert set(alone["n_control"]) == {0}
        measures = alone.group_by("endpoint").agg(pl.col("measure").unique().sort())
        assert dict(measures.iter_rows()) == {
            "rfs": ["median", "median_follow_up", "survival"],
            "ttr": ["cumulative_incidence", "median_follow_up"],
        }

    def test_therapy_after_surgery_is_told_from_a_landmark_alone(self, run):
        effects = pl.read_csv(
            run.release("conversion") / "effects.csv", infer_schema_length=None
        )
        rows = effects.filter(pl.col("design").str.starts_with("resumed_"))
        terms = {"resumed", "resumed_adjusted", "Resumed", "Not resumed"}
        assert set(rows["term"]) == terms
        assert set(rows["endpoint"]) == {"os", "pfs", "rfs"}
        adjuvant = run.folder / "results/conversion/cohort/derive_courses"
        after = pl.read_parquet(adjuvant / "adjuvant.parquet")
        assert (after.height, after["resumed_days"].count()) == (74, 57)
        ratio = rows.filter(measure="hazard_ratio", endpoint="os", term="resumed")
        assert (ratio["n_treated"] + ratio["n_control"]).max() < 74

    def test_every_number_that_has_two_routes_was_checked(self, run):
        checks = pl.read_csv(run.release("conversion") / "tables" / "checks.csv")
        assert checks["passed"].all()
        assert checks["check"].n_unique() > 20
        assert set(checks["endpoint"]) == {*OF_THE_ARMS}

    def test_what_is_printed_are_the_effects_to_the_digit_and_no_others(
        self, run, printed
    ):
        folder = run.release("conversion")
        effects = pl.read_csv(folder / "effects.csv", infer_schema_length=None)
        config = plan_study(yaml.safe_load(CONFIG.read_text("utf-8")), ROOT).config
        arms = [config["treatment"]["labels"][arm] for arm in ("treated", "control")]
        ends = {name: config["endpoints"][name]["label"] for name in OF_THE_ARMS}
        designs = design_labels(config["designs"])
        page = printed.read_page(folder / "report.html")
        for grids in (page, printed.read_word(folder / "report.docx")):
            printed.check_tables(grids, effects, ends, designs, arms)
            printed.check_overview(grids, effects, ends, designs)
            labels = {k: each["label"] for k, each in config["endpoints"].items()}
            printed.check_alone(grids, effects, labels)
        drawn = {
            path.stem: printed.read_figure(path)
            for path in folder.glob("figures/*.svg")
        }
        for end in ends:
            printed.check_overviews(drawn[f"designs_{end}"], effects, end, designs)
            for design in designs:
                lines = drawn[f"{end}_{design}"]
                assert printed.check_curves(lines, effects, end, design, arms)
        paper = read_words("report.pdf", (folder / "report.pdf").read_bytes())
        text = printed.read_text(folder / "report.html")
        word = "\n".join(
            each.text for each in Document(folder / "report.docx").paragraphs
        )
        leads = [config["headline"][key] for key in ("endpoint", "design")]
        named = [ends[leads[0]], designs[leads[1]]]
        for each in (text, word):
            said = " ".join(each.split())
            printed.check_headline(said, effects, *leads, named)
        printed.check_paper(paper, text, page, drawn.values())

    def test_report_says_that_the_contrast_is_biased(self, run):
        page = (run.release("conversion") / "report.html").read_text()
        assert "it gives the treated immortal time" in page

    def test_run_says_where_to_look_next(self, run):
        assert "Look next: results/conversion/release/report.html" in run.shown.stdout
        assert "Job 1" not in run.shown.stderr

    def test_nothing_is_left_to_do(self, run):
        shown = run.study(None, "--dry-run")
        assert "Nothing to be done" in shown.stdout + shown.stderr


@pytest.mark.xdist_group("hepatocellular")
class TestHepatocellular:
    """227 real resected patients."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run):
        run = new_run("hepatocellular")
        run.study("hepatocellular")
        return run

    def test_release_keeps_the_contract(self, run):
        check_release(run, "hepatocellular", ["os", "rfs"])

    def test_hazard_ratio_is_that_of_r(self, run, oracle):
        for endpoint in ("os", "rfs"):
            fit = oracle("hepatocellular")["endpoints"][endpoint]["cox_treated"]
            (expected,) = fit["terms"].values()
            where = {"design": "unadjusted", "measure": "hazard_ratio"}
            row = effect(
                run, "hepatocellular", endpoint=endpoint, term="treated", **where
            )
            assert row["estimate"] == pytest.approx(expected["hr"], rel=1e-6)
            assert row["conf_low"] == pytest.approx(expected["lower"], rel=1e-6)

    def test_nothing_is_left_to_do(self, run):
        shown = run.study("hepatocellular", "--dry-run")
        assert "Nothing to be done" in shown.stdout + shown.stderr


@pytest.mark.xdist_group("sysucc")
class TestSysucc:
    """2,360 real patients, visit by visit."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run):
        run = new_run("sysucc")
        if not (run.folder / "data" / "sysucc_hcc.csv").exists():
            pytest.skip("no copy of the data beside the project")
        run.study("sysucc")
        return run

    def test_release_keeps_the_contract(self, run):
        check_release(run, "sysucc", ["os"])

    def test_patients_are_those_of_the_cohort(self, run):
        attrition = pl.read_csv(run.release("sysucc") / "attrition.csv")
        assert attrition["n_after"].to_list() == [2360, 1425, 1355, 1353]
        quarantine = pl.read_parquet(
            run.folder / "results/sysucc/cohort/select_cohort/quarantine.parquet"
        )
        assert quarantine["rule"].to_list() == ["time_not_positive"] * 2

    def test_naive_hazard_ratio(self, run):
        row = effect(
            run, "sysucc", design="unadjusted", term="treated", measure="hazard_ratio"
        )
        assert round(row["estimate"], 4) == 0.3295
        assert round(row["conf_low"], 4) == 0.2431
        assert round(row["conf_high"], 4) == 0.4466
        assert row["n_treated"] == 133
        assert row["events_treated"] + row["events_control"] == 823
        assert "biased: immortal time" in row["method"]

    def test_report_says_that_the_contrast_is_biased(self, run):
        page = (run.release("sysucc") / "report.html").read_text()
        assert "it gives the treated immortal time" in page
        assert "133 patients waited" in page

    def test_no_identifier_leaves(self, run):
        patients = pl.read_parquet(
            run.folder / "results/sysucc/cohort/select_cohort/patients.parquet"
        )
        known = set(patients["patient_id"])
        for path in run.release("sysucc").rglob("*.csv"):
            assert not known & set(path.read_text().replace("\n", ",").split(","))
        for path in (run.folder / "logs" / "sysucc").rglob("*.log"):
            assert not known & set(path.read_text().split())


@pytest.mark.xdist_group("rotterdam")
class TestRotterdam:
    """A study file that a user wrote, run where the file lies.

    Covariates have gaps, completed twice; every design is refitted in resamples.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run, rotterdam):
        run = new_run("rotterdam")
        rows = rotterdam.with_row_index("at").with_columns(
            age=pl.when(pl.col("at") % 7 != 0).then("age"),
            grade=pl.when(pl.col("at") % 11 != 0).then("grade"),
        )
        rows.drop("at").write_csv(run.folder / "rotterdam.csv")
        study = yaml.safe_load(Path(__file__).with_name("rotterdam.yaml").read_text())
        own = {"method": "full", "covariates": ["spline(age, 4)", "meno*grade"]}
        study["designs"]["full"] = own
        study["imputation"] = {"n": 2, "iterations": 3}
        study["analysis"]["bootstrap"] = {"replicates": 10}
        del study["endpoints"]["rfs"]
        (run.folder / "study.yaml").write_text(yaml.safe_dump(study))
        run.snakemake("--configfile", "study.yaml")
        return run

    def test_release_keeps_the_contract(self, run):
        check_release(run, "rotterdam", ["os"])

    def test_numbers_are_those_of_r(self, run, oracle):
        """Gaps in covariates are nothing to who is not adjusted."""
        numbers = oracle("rotterdam")["endpoints"]["os"]
        (expected,) = numbers["cox_treated"]["terms"].values()
        where = {"endpoint": "os", "design": "unadjusted", "term": "treated"}
        row = effect(run, "rotterdam", measure="hazard_ratio", **where)
        assert row["estimate"] == pytest.approx(expected["hr"], rel=1e-9)
        assert row["std_error"] == pytest.approx(expected["se"], rel=1e-9)
        row = effect(run, "rotterdam", measure="logrank", **where)
        assert row["estimate"] == pytest.approx(numbers["logrank"]["chisq"], rel=1e-9)

    def test_nobody_is_lost_and_results_are_pooled(self, run):
        effects = pl.read_csv(
            run.release("rotterdam") / "effects.csv", infer_schema_length=None
        )
        ratios = effects.filter(measure="hazard_ratio", term="treated")
        assert set(ratios["design"]) == {
            "unadjusted",
            "matched",
            "iptw",
            "overlap",
            "full",
        }
        whole = ratios.filter(design="unadjusted").row(0, named=True)
        assert whole["n_treated"] + whole["n_control"] == 2982
        assert "the same in all 2 imputations" in whole["method"]
        for design in ("matched", "iptw", "overlap", "full"):
            row = ratios.filter(design=design).row(0, named=True)
            assert "pooled over 2 imputations" in row["method"]
            assert row["conf_low"] < row["estimate"] < row["conf_high"]
        curves = pl.read_csv(run.release("rotterdam") / "curves.csv")
        medians = effects.filter(measure="median").drop_nulls("estimate")
        for row in medians.iter_rows(named=True):
            same = {"design": row["design"], "arm": row["term"]}
            line = curves.filter(**same, endpoint="os").sort("months")
            # Steps of several events are told at whole months, medians to a tenth.
            above = line.filter(pl.col("estimate") >= 0.5)["months"].max()
            below = line.filter(pl.col("estimate") < 0.5)["months"].min()
            assert below is None or above - 0.05 <= row["estimate"] <= below + 0.05
            assert row["estimate"] == round(row["estimate"], 1)
            assert line["months"].to_list() == line["months"].round().to_list()
        drawn = effects.filter(term="treated_bootstrap")
        assert set(drawn["design"]) == {"matched", "iptw", "overlap", "full"}
        assert drawn["estimate"].null_count() == 0

    def test_report_says_how(self, run):
        page = (run.release("rotterdam") / "report.html").read_text()
        assert "were imputed 2 times by chained equations" in page
        assert "10 resamples of patients" in page

    def test_one_core_gives_the_same_bytes(self, run, new_run):
        """Figures and pages aside, of which each is the work of one process."""
        again = new_run("one_core")
        for name in ("rotterdam.csv", "study.yaml"):
            shutil.copy(run.folder / name, again.folder / name)
        made = ["effects", "curves", "balance", "diagnostics", "dropped", "attrition"]
        tables = [f"results/rotterdam/disclosure/suppress_counts/{n}.csv" for n in made]
        again.snakemake("--cores", "1", *tables, "--configfile", "study.yaml")
        first = contents(run.folder / "results")
        second = contents(again.folder / "results")
        assert second.keys() < first.keys()
        assert {*tables} <= {f"results/{name}" for name in second}
        assert [name for name in second if first[name] != second[name]] == []
