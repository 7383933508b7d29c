"""Input that cannot be used: one message, exit code not 0, nothing half-written."""

import re
from pathlib import Path

import polars as pl
import pytest
import yaml

CONFIG = Path(__file__).with_name("rotterdam.yaml")
ARMS = "results/rotterdam/cohort/derive_arms/arms.parquet"


@pytest.fixture(scope="module")
def table(rotterdam):
    """Sixty patients are enough to be refused."""
    treated = rotterdam.filter(pl.col("hormon") == 1).head(30)
    return pl.concat([treated, rotterdam.filter(pl.col("hormon") == 0).head(30)])


@pytest.fixture
def refused(new_run, table):
    """Run the study on a spoilt table or config; return what a user is shown."""

    def run(spoil=None, content=None, **sections):
        folder = new_run("bad")
        if content is not None:
            (folder.folder / "rotterdam.csv").write_bytes(content)
        elif spoil is not None:
            spoil(table).write_csv(folder.folder / "rotterdam.csv")
        else:
            table.write_csv(folder.folder / "rotterdam.csv")
        study = {**yaml.safe_load(CONFIG.read_text()), **sections}
        (folder.folder / "study.yaml").write_text(yaml.safe_dump(study))
        shown = folder.snakemake("--configfile", "study.yaml", check=False)
        assert shown.returncode != 0
        assert not folder.release("rotterdam").exists()
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.stdout + shown.stderr)
        assert "Traceback" not in text
        return text

    return run


def spoilt(column, rows, value):
    """Put a value into some rows (as a spreadsheet counts) of a column."""

    def spoil(table):
        numbered = table.with_row_index("at", offset=2)
        changed = pl.when(pl.col("at").is_in(rows)).then(pl.lit(value))
        text = pl.col(column).cast(pl.String)
        return numbered.with_columns(changed.otherwise(text).alias(column)).drop("at")

    return spoil


CELLS = {
    "treatment_unknown": (spoilt("hormon", [3, 7], "9"), "hormon", "2 rows (3, 7)"),
    "treatment_absent": (spoilt("hormon", [4], "NA"), "hormon", "1 row (4)"),
    "time_not_positive": (spoilt("dtime", [5], "0"), "dtime", "1 row (5)"),
    "time_absent": (spoilt("rtime", [6], ""), "rtime", "1 row (6)"),
    "number_unreadable": (spoilt("age", [8], "fifty"), "age", "1 row (8)"),
    "event_unknown": (spoilt("death", [9], "2"), "death", "1 row (9)"),
    "patient_repeated": (spoilt("pid", [10, 11], "77"), "pid", "1 row (11)"),
    "patient_absent": (spoilt("pid", [12], ""), "pid", "1 row (12)"),
}


def test_bad_cells_are_named_by_file_column_row_and_rule_all_together(refused):
    def spoil(table):
        for spoil_one, _, _ in CELLS.values():
            table = spoil_one(table)
        return table

    shown = refused(spoil)

    for rule, (_, column, rows) in CELLS.items():
        line = next(line for line in shown.splitlines() if f"[{rule}]" in line)
        assert f"rotterdam.csv, column {column}, {rows}" in line
    assert "cohort.quarantine" in shown
    assert "fifty" not in shown
    assert shown.count("nothing was analysed") == 1


def test_missing_file(refused, table, new_run):
    shown = refused(source={"kind": "table", "path": "nowhere.csv"})

    assert "source.path: no file nowhere.csv" in shown


def test_missing_columns_are_told_together(refused):
    shown = refused(lambda table: table.rename({"dtime": "d_time", "nodes": "n"}))

    assert "column dtime: the file has no such column; did you mean d_time?" in shown
    assert "column nodes: the file has no such column" in shown


def test_unreadable_encoding(refused):
    shown = refused(content=b"pid,age\n1,\xff\xff\n")

    assert "rotterdam.csv: cannot be decoded as utf-8 or gb18030" in shown


def test_empty_arm(refused):
    shown = refused(spoilt("hormon", range(2, 62), "0"))

    assert "arm Hormonal therapy is empty; check treatment.treated" in shown


def test_config_faults_are_told_together(refused):
    shown = refused(
        titel="A misspelt key",
        propensity={"covariates": ["agee"]},
        analysis={"horizons_months": [36, 12]},
    )

    assert "titel: no such key; did you mean title?" in shown
    assert "agee is not among the covariates; did you mean age?" in shown
    assert "analysis.horizons_months: must rise" in shown


def test_horizon_beyond_follow_up(refused):
    shown = refused(analysis={"horizons_months": [12, 590]})

    assert "a horizon of 590 months lies beyond the follow-up of endpoint os" in shown


def test_rows_set_aside_by_name_do_not_stop_the_study(new_run, table):
    run = new_run("aside")
    spoil, _, _ = CELLS["time_not_positive"]
    spoil(table).write_csv(run.folder / "rotterdam.csv")
    study = yaml.safe_load(CONFIG.read_text())
    study |= {"cohort": {"quarantine": ["time_not_positive"]}}
    (run.folder / "study.yaml").write_text(yaml.safe_dump(study))

    # What all that is estimated stands on.
    run.snakemake(ARMS, "--configfile", "study.yaml")

    cohort = run.folder / "results/rotterdam/cohort/select_cohort"
    quarantine = pl.read_parquet(cohort / "quarantine.parquet")
    assert quarantine.rows() == [
        ("rotterdam.csv", 5, "dtime", "time_not_positive", "No positive follow-up")
    ]
    assert pl.read_parquet(cohort / "patients.parquet").height == 59


def test_release_of_an_earlier_run_does_not_outlive_its_input(new_run, table):
    folder = new_run("stale")
    path = folder.folder / "rotterdam.csv"
    (folder.folder / "study.yaml").write_text(CONFIG.read_text())
    table.write_csv(path)
    folder.snakemake(ARMS, "--configfile", "study.yaml")
    folder.release("rotterdam").mkdir()
    (folder.release("rotterdam") / "report.html").write_text("of an earlier run")

    spoilt("death", [3], "perhaps")(table).write_csv(path)
    dry = folder.snakemake("--configfile", "study.yaml", "--dry-run")
    assert dry.returncode == 0
    assert folder.release("rotterdam").exists()
    shown = folder.snakemake("--configfile", "study.yaml", check=False)

    assert shown.returncode != 0
    assert "Nothing is released" in shown.stdout
    assert not folder.release("rotterdam").exists()
