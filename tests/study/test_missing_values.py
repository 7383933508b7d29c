"""A small study with gaps, imputed and not, from its file to its release."""

import numpy as np
import polars as pl
import pytest

TABLES = {
    *("regression", "tipping", "influence", "checks", "proportionality", "differences"),
    *("baseline", "missingness", "protocol", "answers", "twins"),
    *("imputed_values", "imputation_traces"),
}
FIGURES = {"imputed_values", "imputation_traces"}
SETS = 3
NAMES = ["nodes", "size", "age", "pgr"]
"""Covariates of the study of `with_gaps`."""


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
    def run(cls, new_run, with_gaps):
        run = new_run("imputed")
        run.rows = with_gaps(run, SETS)
        run.snakemake("--configfile", "study.yaml")
        return run

    def test_tables_and_figures_are_released(self, run):
        folder = run.release("rotterdam")
        assert {path.stem for path in (folder / "tables").glob("*.csv")} == TABLES
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
