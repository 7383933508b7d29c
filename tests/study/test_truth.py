"""The simulated truth, small, from its study file to its table."""

import polars as pl
import yaml

from twoarm.tables.validation import Performance

TABLE = "results/truth/disclosure/suppress_scenarios/performance.csv"
SMALL = {"names": ["null", "scans"], "cohorts": {200: 2}, "truth_size": 10_000}


def test_every_design_is_tried_on_every_scenario(new_run):
    run = new_run("truth")
    path = run.folder / "config/studies/truth.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["validation"]["scenarios"] |= {**SMALL, "batch": 1}
    study["analysis"]["bootstrap"] = {"replicates": 10}
    (run.folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    run.snakemake(TABLE, "--configfile", "study.yaml")

    found = Performance.read_csv(run.folder / TABLE).filter(measure="hazard_ratio")
    tried = found.group_by("scenario", "endpoint").agg(pl.col("design").unique())
    assert tried.height == 4
    assert tried["design"].list.len().to_list() == [12] * 4
    boot = found.filter(term="treated_bootstrap")
    assert (boot["n_replicates"] + boot["n_failed"] == 2).all()
    assert boot["truth"].null_count() == 0


def test_every_estimator_is_tried_where_the_ratio_is_known(new_run):
    run = new_run("calibration")
    path = run.folder / "config/studies/calibration.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    small = {"names": ["ph_half_confounded"], "cohorts": {128: 2}}
    study["validation"]["scenarios"] |= {**small, "truth_size": 20_000}
    study["analysis"]["bootstrap"] = {"replicates": 10}
    (run.folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    table = TABLE.replace("truth", "calibration")

    run.snakemake(table, "--configfile", "study.yaml")

    found = Performance.read_csv(run.folder / table)
    assert {*found["design"]} == {"unadjusted", *study["designs"]}
    ends = ("bootstrap", "doubly_robust", "adjusted", "firth", "profile", "stratified")
    assert {f"treated_{end}" for end in ends} <= {*found["term"]}
    contrasts = found.filter(
        pl.col("measure").is_in(["survival_difference", "rmst_difference"])
    )
    assert contrasts["truth"].null_count() == 0
    assert found.filter(measure="logrank")["rejection"].null_count() == 0
