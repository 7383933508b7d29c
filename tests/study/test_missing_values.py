"""A small study with gaps, imputed and not, from its file to its release."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

TABLES = {
    *("regression", "tipping", "influence", "checks", "proportionality", "differences"),
    *("baseline", "missingness", "protocol", "answers", "twins"),
    *("imputed_values", "imputation_traces"),
}
FIGURES = {"imputed_values", "imputation_traces"}
SETS = 3
NAMES = ["nodes", "size", "age", "pgr"]


def write(run, rotterdam, imputations):
    """Write 500 patients with gaps, and the study of them.

    Of the controls the receptors were never measured: that gap is structural.
    """
    place = pl.int_range(pl.len())
    rows = pl.concat(
        [rotterdam.filter(hormon=1).head(150), rotterdam.filter(hormon=0).head(350)]
    ).with_columns(
        age=pl.when(place % 7 != 0).then("age"),
        size=pl.when(place % 11 != 0).then("size"),
        pgr=pl.when(pl.col("hormon") == 1).then("pgr"),
    )
    rows.write_csv(run.folder / "rotterdam.csv")
    study = yaml.safe_load(Path(__file__).with_name("rotterdam.yaml").read_text())
    # An order that is neither the alphabet's nor that of the file.
    sizes = {"kind": "categorical", "levels": [">50", "<=20", "20-50"]}
    plain = {"kind": "continuous"}
    covariates = [plain, sizes, plain, {**plain, "structural": True}]
    study["covariates"] = dict(zip(NAMES, covariates, strict=True))
    study |= {"propensity": {}, "imputation": {"n": imputations, "iterations": 4}}
    study["designs"].pop("overlap")
    study["analysis"] = {"horizons_months": [36], "rmst_months": 36}
    del study["endpoints"]["rfs"]
    (run.folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return rows


def table(run, name):
    folder = run.release("rotterdam")
    return pl.read_csv(folder / f"{name}.csv", infer_schema_length=None)


def inner(run, path):
    return pl.read_parquet(run.folder / "results/rotterdam" / path)


def one(rows, **where):
    return rows.filter(**where).row(0, named=True)


@pytest.mark.xdist_group("missing")
class TestImputed:
    """Gaps filled three times; a structural one left as it is."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run, rotterdam):
        run = new_run("imputed")
        run.rows = write(run, rotterdam, SETS)
        run.snakemake("--configfile", "study.yaml")
        return run

    def test_tables_and_figures_are_released(self, run):
        folder = run.release("rotterdam")
        assert {path.stem for path in (folder / "tables").iterdir()} == TABLES
        for name in FIGURES:
            kinds = {path.suffix for path in (folder / "figures").glob(f"{name}.*")}
            assert kinds == {".svg"}
        listed = set(table(run, "manifest")["file"])
        assert {f"tables/{name}.csv" for name in TABLES} <= listed

    def test_table_one_is_in_the_order_of_the_study(self, run):
        rows = table(run, "tables/baseline")
        assert rows["row"].to_list() == list(range(1, rows.height + 1))
        named = [name for name in NAMES for _ in range(3 if name == "size" else 1)]
        assert rows["covariate"].to_list() == named * 3
        assert rows["design"].unique(maintain_order=True).to_list() == [
            "unadjusted",
            "matched",
            "iptw",
        ]
        levels = rows.filter(covariate="size", design="unadjusted")["level"]
        assert levels.to_list() == [">50", "<=20", "20-50"]

    def test_missing_counts_are_those_of_the_file(self, run):
        rows = table(run, "tables/baseline").filter(design="unadjusted")
        for name in ("nodes", "age", "size"):
            row = one(rows, covariate=name)
            for arm, code in (("treated", 1), ("control", 0)):
                gaps = run.rows.filter(hormon=code)[name].null_count()
                assert row[f"n_missing_{arm}"] == gaps
        rows = table(run, "tables/missingness")
        age = one(rows, covariate="age", by="all")
        assert (age["n_patients"], age["n_missing"]) == (500, 72)
        assert age["handling"] == "imputed"

    def test_numbers_are_means_over_the_completed_data_sets(self, run):
        completed = [
            inner(run, f"cohort/impute_covariates/{k}/patients.parquet")
            for k in range(1, SETS + 1)
        ]
        rows = table(run, "tables/baseline").filter(design="unadjusted")
        for arm, side in (("treated", True), ("control", False)):
            ages = [each.filter(treated=side)["age"] for each in completed]
            age = one(rows, covariate="age")
            assert age[f"mean_{arm}"] == pytest.approx(
                np.mean([a.mean() for a in ages])
            )
            assert age[f"sd_{arm}"] == pytest.approx(np.mean([a.std() for a in ages]))
            median = np.mean([a.median() for a in ages])
            assert age[f"median_{arm}"] == pytest.approx(median, abs=0.051)
            shares = [
                (each.filter(treated=side)["size"].cast(pl.String) == "<=20").mean()
                for each in completed
            ]
            size = one(rows, covariate="size", level="<=20")
            assert size[f"share_{arm}"] == pytest.approx(np.mean(shares))

    def test_differences_are_those_of_the_balance_to_the_bit(self, run):
        key = ["design", "covariate", "level"]
        both = table(run, "balance").join(
            table(run, "tables/baseline"), on=key, nulls_equal=True, suffix="_described"
        )
        assert both.height == 3 * 5
        assert both["smd"].null_count() == 0
        assert both["smd"].to_list() == both["smd_described"].to_list()

    def test_structural_gap_is_described_and_in_no_model(self, run):
        rows = table(run, "tables/baseline").filter(design="unadjusted")
        known = run.rows.filter(hormon=1)["pgr"]
        pgr = one(rows, covariate="pgr")
        assert (pgr["n_treated"], pgr["n_control"]) == (150, 0)
        assert (pgr["n_missing_treated"], pgr["n_missing_control"]) == (0, 350)
        assert pgr["mean_treated"] == pytest.approx(known.mean())
        assert (pgr["mean_control"], pgr["smd"]) == (None, None)
        assert "pgr" not in set(table(run, "balance")["covariate"])
        assert "pgr" not in set(table(run, "tables/imputed_values")["covariate"])
        filled = inner(run, "cohort/impute_covariates/1/patients.parquet")
        assert filled["pgr"].null_count() == 350
        terms = inner(run, "propensity/estimate_score/1/coefficients.parquet")["term"]
        assert "pgr" not in set(terms)

    def test_released_values_hide_the_few(self, run):
        values = table(run, "tables/imputed_values")
        ages = values.filter(covariate="age", imputation=1)
        counts = ages["share_observed"] * (500 - 72)
        assert not counts.round().is_between(1, 4).any()
        assert ages["share_observed"].sum() == pytest.approx(1)
        assert ages["share_imputed"].sum() == pytest.approx(1)

    def test_report_says_what_weakens_it(self, run):
        page = (run.release("rotterdam") / "report.html").read_text()
        assert "3 completed data sets are few: 23 are wanted with 22 %" in page
        assert "<h2>Table 1</h2>" in page
        assert "have at least one covariate that is not known" in page
        assert "left as it is" in page

    def test_nothing_is_left_to_do(self, run):
        shown = run.snakemake("--dry-run", "--configfile", "study.yaml")
        assert "Nothing to be done" in shown.stdout + shown.stderr


@pytest.mark.xdist_group("missing")
class TestCompleteCases:
    """Nothing imputed: who has a gap is set aside, but not for a structural one."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, new_run, rotterdam):
        run = new_run("complete")
        run.rows = write(run, rotterdam, 0)
        run.snakemake("--configfile", "study.yaml")
        return run

    def test_who_was_set_aside_is_counted(self, run):
        gone = run.rows.filter(pl.any_horizontal(pl.col("age", "size").is_null()))
        rows = table(run, "tables/missingness")
        everybody = one(rows.filter(pl.col("covariate").is_null()), by="all")
        assert (everybody["n_patients"], everybody["n_missing"]) == (500, gone.height)
        assert everybody["handling"] == "set aside"
        assert one(rows, covariate="pgr", by="all")["handling"] == "left as it is"
        patients = inner(run, "cohort/select_cohort/patients.parquet")
        assert patients.height == 500 - gone.height
        page = (run.release("rotterdam") / "report.html").read_text()
        assert f"{gone.height} of 500 patients" in page
        assert "were set aside because a covariate is not known" in page

    def test_nothing_tells_of_an_imputation(self, run):
        folder = run.release("rotterdam")
        stems = {path.stem for path in (folder / "tables").iterdir()}
        assert stems == TABLES - {"imputed_values", "imputation_traces"}
        assert not FIGURES & {path.stem for path in (folder / "figures").iterdir()}

    def test_description_is_of_the_analysed(self, run):
        whole = run.rows.filter(pl.all_horizontal(pl.col("age", "size").is_not_null()))
        rows = table(run, "tables/baseline").filter(design="unadjusted")
        for arm, code in (("treated", 1), ("control", 0)):
            row, ages = one(rows, covariate="age"), whole.filter(hormon=code)["age"]
            assert (row[f"n_{arm}"], row[f"n_missing_{arm}"]) == (len(ages), 0)
            assert row[f"mean_{arm}"] == pytest.approx(ages.mean())
            assert row[f"median_{arm}"] == ages.median()
