"""Cohorts of the scenarios: contract, seeds, batches, and what each changes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from twoarm.config.plan import plan_study
from twoarm.config.replay import scenarios_of
from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.scenarios import SCENARIOS
from twoarm.tables.cohort import Patients
from twoarm.tables.validation import Replicates
from twoarm.validation.scenarios import draw_scenario

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def planned():
    text = (ROOT / "config/studies/truth.yaml").read_text(encoding="utf-8")
    return scenarios_of(plan_study(yaml.safe_load(text), ROOT))


@pytest.fixture(scope="module")
def draw(planned):
    def make(scenario, size=400, seed=1):
        rng = np.random.default_rng(seed)
        covariates = planned["drawn"]["covariates"]
        return draw_scenario(rng, size, SCENARIOS[scenario], covariates)

    return make


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_draws_patients(draw, scenario):
    patients = Patients.check(draw(scenario))

    assert patients.height == 400 or scenario == "missing"
    known = patients.drop("index_date", "treatment_days")
    assert not sum(known.null_count().row(0))
    assert (patients["pfs_days"] <= patients["os_days"]).all()
    first = patients.filter("treated")
    assert (first["treatment_days"] < first["pfs_days"]).all()


def test_scenarios_share_the_covariates(draw):
    """So that they differ in nothing but what they are about."""
    covariates = ["age", "albi", "portal_invasion", "centre", "calendar_year"]
    plain, other = (
        draw(name).head(100).select(covariates) for name in ("null", "late")
    )
    kept = plain.join(other, on=covariates, how="inner", nulls_equal=True)
    assert kept.height > 90


def test_progression_is_seen_at_scans(draw):
    seen = draw("scans").filter(
        pl.col("pfs_event") & (pl.col("pfs_days") < pl.col("os_days"))
    )
    months = {"a": 2.0, "b": 4.0}
    between = seen["centre"].cast(pl.String).replace_strict(months) * DAYS_PER_MONTH
    scans = seen["pfs_days"] / between
    assert ((scans - scans.round()).abs() * between < 1).all()
    assert seen.height > 100


def test_missing_patients_hang_on_centre_and_surgery(draw):
    whole, left = draw("moderate", 4000), draw("missing", 4000)
    share = {
        key: 1 - left.filter(centre=key[0], treated=key[1]).height
        / whole.filter(centre=key[0], treated=key[1]).height
        for key in [("a", True), ("a", False), ("b", True), ("b", False)]
    }  # fmt: skip
    assert share["a", True] == pytest.approx(0.15, abs=0.03)
    assert share["b", False] == pytest.approx(0.45, abs=0.06)


def test_early_deaths_are_of_the_operated(draw):
    plain, harmed = draw("moderate", 4000), draw("early_harm", 4000)
    soon = pl.col("os_event") & (pl.col("os_days") - pl.col("treatment_days") < 90)
    extra = harmed.filter("treated").select(soon.mean()).item()
    extra -= plain.filter("treated").select(soon.mean()).item()
    assert extra == pytest.approx(0.055, abs=0.02)


@pytest.fixture
def replicate(script, tmp_path, planned):
    """Run the rule: `replicate(batch=1, each=2)`."""

    def run(*, batch, each, cohorts=3):
        plan = planned["plan"]
        names = ("unadjusted", "changing", "day_91_overlap", "cloned")
        clocks = {name: plan["clocks"][name] for name in names}
        resampled = {"designs": ["cloned"], "replicates": 4}
        drawn = {**planned["drawn"], "cohorts": {"120": cohorts}, "batch": each}
        script("validation/replicate_scenarios").main(
            tmp_path / "found.parquet",
            scenario="cure",
            size="120",
            batch=str(batch),
            drawn=drawn,
            plan={**plan, "clocks": clocks, "bootstrap": resampled},
        )
        return Replicates.read(tmp_path / "found.parquet")

    return run


def test_batches_do_not_matter(replicate):
    whole = replicate(batch=1, each=3)
    parts = [replicate(batch=k, each=2) for k in (1, 2)]

    assert whole.equals(pl.concat(parts))
    assert whole["replicate"].unique().to_list() == [1, 2, 3]
    assert "treated_bootstrap" in whole["term"]
    assert whole.equals(replicate(batch=1, each=3))


def test_cohorts_differ(replicate):
    found = replicate(batch=1, each=3).filter(
        measure="hazard_ratio", term="treated", endpoint="os", design="unadjusted"
    )
    assert found["estimate"].n_unique() == 3
