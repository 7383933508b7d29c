"""Clones that cannot be made: what a user is told, and that nothing is released."""

import re

import numpy as np
import polars as pl
import pytest
import yaml

SIZE = 120
STUDY = yaml.safe_load("""
study: visited
title: Resection after embolisation
source: {kind: visits, path: visits.csv, date: day}
patient_id: pid
treatment: {column: resected, treated: 1, control: 0, when: later}
covariates:
  age: {kind: continuous}
  size: {kind: continuous}
endpoints:
  os: {time: days, event: dead}
designs:
  cloned:
    {method: cloning, grace_days: 90, model: pooled, varying: [size],
     interval_days: 30, stale_days: 45}
""")  # fmt: skip
CLONES = "results/visited/propensity/weight_clones/0.parquet"
CARRIED = "results/visited/propensity/weight_clones/carried/0.parquet"


def visits():
    """Three visits a patient; the smaller tumours are resected more."""
    rng = np.random.default_rng(4)
    rows = []
    for pid in range(SIZE):
        age, size = rng.normal(60, 8), rng.normal(50, 10)
        last, done = int(rng.integers(120, 900)), False
        for visit, day in enumerate((0, int(rng.integers(20, 45)), 70)):
            size += rng.normal(0, 8)
            goes = visit > 0 and not done and rng.random() < 0.2 + 0.3 * (size < 45)
            done |= goes
            rows.append(
                {
                    "pid": pid, "day": day, "resected": int(goes), "age": round(age, 1),
                    "size": round(size), "days": last - day, "dead": pid % 2,
                }
            )  # fmt: skip
    start = pl.date(2020, 1, 1) + pl.duration(days=pl.col("day"))
    return pl.DataFrame(rows).with_columns(day=start.dt.to_string())


@pytest.fixture
def told(new_run):
    """Weigh the clones of visits; return the folder and what is shown."""

    def run(table=None, **design):
        folder = new_run("clones")
        (visits() if table is None else table).write_csv(folder.folder / "visits.csv")
        designs = {"cloned": {**STUDY["designs"]["cloned"], **design}}
        study = yaml.safe_dump({**STUDY, "designs": designs})
        (folder.folder / "study.yaml").write_text(study)
        target = ("--configfile", "study.yaml", "--", CLONES)
        shown = folder.snakemake(*target, check=False)
        assert not folder.release("visited").exists()
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.stdout + shown.stderr)
        assert "Traceback" not in text
        assert (shown.returncode == 0) == (folder.folder / CLONES).exists()
        return folder.folder, " ".join(text.split())

    return run


def test_gaps_are_counted(told):
    table = visits().with_columns(
        size=pl.when(pl.int_range(pl.len()) % 3 != 1).then("size")
    )

    folder, _ = told(table)

    carried = pl.read_parquet(folder / CARRIED).row(0, named=True)
    assert carried["n_intervals"] > 200
    assert 0 < carried["n_stale"] < carried["n_intervals"]
    assert carried["largest_days"] == 60


def test_a_grace_period_without_a_choice(told):
    _, text = told(grace_days=5000)

    assert "design cloned: nobody of 120 patients could still be treated after" in text
    assert "grace_days" in text


def test_a_covariate_that_is_never_measured_again(told):
    table = visits().with_columns(
        size=pl.when(pl.int_range(pl.len()) % 3 == 0).then("size")
    )

    _, text = told(table)

    assert "design cloned: after time zero size is measured of nobody" in text


def test_covariates_that_decide_the_treatment(told):
    # Whoever is small at time zero is resected at the next visit, nobody else.
    small = pl.col("size").first().over("pid") < 45
    second = pl.int_range(pl.len()) % 3 == 1
    table = visits().with_columns(resected=(small & second).cast(pl.Int64))

    _, text = told(table, interval_days=90)

    assert "design cloned: treatment within the grace period" in text
    assert "separate" in text
    assert "penalty" in text


def test_weights_that_explode(told):
    # The largest of all is resected though others hardly are at that size.
    chance = 1 / (1 + np.exp((pl.col("size") - 45) / 2))
    draw = pl.Series(np.random.default_rng(2).random(3 * SIZE))
    table = visits().with_columns(
        resected=((draw < chance) & (pl.int_range(pl.len()) % 3 == 1)).cast(pl.Int64)
    )
    odd = (pl.int_range(pl.len()) // 3 == 7) & (pl.int_range(pl.len()) % 3 < 2)
    table = table.with_columns(
        size=pl.when(odd).then(90).otherwise("size"),
        resected=pl.when(odd & (pl.int_range(pl.len()) % 3 == 1))
        .then(1)
        .otherwise("resected"),
    )

    _, text = told(table, interval_days=90)

    assert re.search(r"design cloned: one of \d+ treated clone\(s\) has \d+% of", text)
    assert "set cap or penalty" in text


def test_treatment_before_time_zero_is_no_part_of_the_cohort(told):
    again = pl.int_range(pl.len()) % 30 == 0
    table = visits().with_columns(resected=pl.when(again).then(1).otherwise("resected"))

    folder, _ = told(table)

    attrition = "results/visited/cohort/select_cohort/attrition.parquet"
    steps = pl.read_parquet(folder / attrition)
    left = dict(steps.select("reason", "n_excluded").rows())
    assert left["Treated on the day of time zero"] == 12
    assert pl.read_parquet(folder / CLONES)["patient_id"].n_unique() == SIZE - 12
