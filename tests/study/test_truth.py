"""The simulated truth, small: its table, whatever the batches."""

import polars as pl
import pytest
import yaml

from twoarm.tables.validation import Performance

TABLE = "results/truth/disclosure/suppress_scenarios/performance.csv"
SMALL = {"names": ["null", "scans"], "cohorts": {200: 2}, "truth_size": 10_000}


@pytest.fixture(scope="module")
def tables(new_run):
    found = []
    for batch in (1, 2):
        run = new_run(f"truth{batch}")
        path = run.folder / "config/studies/truth.yaml"
        study = yaml.safe_load(path.read_text(encoding="utf-8"))
        study["validation"]["scenarios"] |= {**SMALL, "batch": batch}
        study["analysis"]["bootstrap"] = {"replicates": 10}
        text = yaml.safe_dump(study)
        (run.folder / "study.yaml").write_text(text, encoding="utf-8")
        run.snakemake(TABLE, "--configfile", "study.yaml")
        found.append(run.folder / TABLE)
    return found


def test_batches_do_not_matter(tables):
    one, other = tables
    assert one.read_bytes() == other.read_bytes()


def test_every_design_is_tried_on_every_scenario(tables):
    found = Performance.read_csv(tables[0]).filter(measure="hazard_ratio")

    tried = found.group_by("scenario", "endpoint").agg(pl.col("design").unique())
    assert tried.height == 4
    assert tried["design"].list.len().to_list() == [11] * 4
    boot = found.filter(term="treated_bootstrap")
    assert (boot["n_replicates"] + boot["n_failed"] == 2).all()
    assert boot["truth"].null_count() == 0
