from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from twoarm.config.plan import Plan, plan_study
from twoarm.config.replay import scenarios_of
from twoarm.config.study import complete, read_study
from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation import model

COVARIATES = [
    *("age_years", "albi", "depth", "year"),
    *("ecog", "afp_response", "portal_invasion", "many_lesions", "extrahepatic_spread"),
    "hospital",
]
LEVELS = COVARIATES[4:]


@pytest.fixture(scope="session")
def invented():
    """Patients of the simulation, contract Patients: `invented("null", 500, seed=1)`.

    Whole days; treatment comes before progression, progression before death.
    """

    def make(scenario, size, *, seed):
        rng = np.random.default_rng(seed)
        people = model.simulate_candidates(rng, size, model.SCENARIOS[scenario])
        people = people.filter(pl.col("censor_months") > 0.1)
        wait, progression, death, last = (
            np.ceil(people[f"{name}_months"].fill_null(np.inf) * DAYS_PER_MONTH)
            for name in ("wait", "progression", "death", "censor")
        )
        wait, progression, death, last = map(
            np.asarray, (wait, progression, death, last)
        )
        first = np.minimum(progression, death)
        treated = (wait <= first) & (wait <= last)
        known = np.where(treated, wait, np.nan)
        levels = pl.Enum(["0", "1"])
        return people.select(
            pl.int_range(pl.len()).cast(pl.String).str.zfill(6).alias("patient_id"),
            treated=pl.Series(treated),
            treatment_days=pl.Series(known).fill_nan(None),
            index_date=pl.lit(None, pl.Date),
            first_dose_days=pl.lit(None, pl.Float64),
            os_days=pl.Series(np.minimum(death, last)),
            os_event=pl.Series(death <= last),
            pfs_days=pl.Series(np.minimum(first, last)),
            pfs_event=pl.Series(first <= last),
            age_years="age_years",
            albi="albi",
            depth="depth_percent",
            year="years_to_criteria",
            **{
                name: pl.col(name).cast(pl.Int8).cast(pl.String).cast(levels)
                for name in LEVELS[:-1]
            },
            hospital=pl.col("centre").cast(pl.Enum(["a", "b"])),
        )

    return make


@pytest.fixture(scope="session")
def adjusted():
    """Covariates of the invented patients."""
    return COVARIATES


@pytest.fixture(scope="session")
def study():
    """Plan of a study of the invented patients: `study(designs, validation=...)`."""

    def make(designs, **sections):
        plain = {
            "study": "toy",
            "title": "Toy",
            "source": {"kind": "table", "path": "toy.csv"},
            "patient_id": "id",
            "treatment": {
                "column": "arm",
                "treated": 1,
                "control": 0,
                "days": "wait",
                "labels": {"treated": "Surgery", "control": "None"},
            },
            "covariates": {
                name: {"kind": "binary" if name in LEVELS else "continuous"}
                for name in COVARIATES
            },
            "endpoints": {
                "os": {"time": "t", "event": "d"},
                "pfs": {"time": "u", "event": "p"},
            },
            "analysis": {
                "horizons_months": [24],
                "rmst_months": 24,
                "cox": {"covariates": COVARIATES},
            },
        }
        config = complete(read_study({**plain, "designs": designs, **sections}))
        return Plan(config, {}, [], [])

    return make


@pytest.fixture(scope="session")
def calibration():
    """What the study `calibration` gives to the jobs of the scenarios."""
    root = Path(__file__).parents[2]
    text = (root / "config/studies/calibration.yaml").read_text(encoding="utf-8")
    return scenarios_of(plan_study(yaml.safe_load(text), root))
