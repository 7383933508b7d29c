from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from twoarm.propensity.score import estimate_score
from twoarm.terms import expand_terms

ORACLE = Path(__file__).parents[1] / "oracle"
SIZES = pl.Enum(["<=20", "20-50", ">50"])
RACES = pl.Enum(["black", "hispan", "white"])
BINARY = pl.Enum(["0", "1"])
MODELS = {
    "rotterdam": "year age meno size grade3 nodes pgr er chemo",
    "lalonde": "age educ race married nodegree re74 re75",
}


def binary(name):
    return pl.col(name).cast(pl.String).cast(BINARY)


def prepare_rotterdam(rows):
    return rows.with_columns(
        pl.col("year", "age", "nodes", "pgr", "er").cast(float),
        pl.col("size").cast(SIZES),
        binary("meno"),
        binary("chemo"),
        treated=pl.col("hormon") == 1,
        grade3=(pl.col("grade") == 3).cast(int).cast(pl.String).cast(BINARY),
    )


def prepare_lalonde(rows):
    return rows.with_columns(
        pl.col("age", "educ", "re74", "re75").cast(float),
        pl.col("race").cast(RACES),
        binary("married"),
        binary("nodegree"),
        treated=pl.col("treat") == 1,
    )


class Matched(NamedTuple):
    """Data that MatchIt matched: our patients and scores, its numbers."""

    patients: pl.DataFrame
    covariates: list[str]
    estimate: list[float]
    expected: dict


@pytest.fixture(scope="session", params=list(MODELS))
def matchit(request, rotterdam, lalonde, oracle):
    """Patients as MatchIt had them, in R's row order, scored by our own model."""
    name = request.param
    prepared = {
        "rotterdam": lambda: prepare_rotterdam(rotterdam),
        "lalonde": lambda: prepare_lalonde(lalonde),
    }[name]()
    covariates, expected = MODELS[name].split(), oracle(f"matchit_{name}")
    matrix, _ = expand_terms(prepared, covariates)
    fit = estimate_score(prepared["treated"].to_numpy(), matrix)
    patients = prepared.with_columns(
        patient_id=pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5),
        propensity_score=fit.probability,
        logit=fit.logit,
    )
    return Matched(patients, covariates, list(fit.estimate), {"name": name, **expected})


@pytest.fixture(scope="session")
def matchit_weights():
    """MatchIt's weights, in R's row order: `matchit_weights("lalonde", "nn1_...")`."""

    def load(name, configuration):
        path = ORACLE / f"matchit_{name}_patients.csv"
        table = pl.read_csv(path, infer_schema_length=None)
        return table[f"w_{configuration}"].cast(float).to_numpy()

    return load


@pytest.fixture(scope="session")
def waiting():
    """Make patients who are treated later, or not."""

    def make(n, seed=1):
        """Patients of whom older ones wait longer and die sooner; whole days."""
        rng = np.random.default_rng(seed)
        age = rng.normal(60, 10, n).round(1)
        wait = np.ceil(rng.exponential(40 * np.exp((age - 60) / 20)))
        ends = np.ceil(rng.exponential(250 * np.exp((60 - age) / 20))) + 1
        barred = np.minimum(ends, np.ceil(rng.exponential(300, n)) + 1)
        return pl.DataFrame(
            {
                "patient_id": [f"p{k:04d}" for k in range(n)],
                "treated": wait <= barred,
                "treatment_days": np.where(wait <= barred, wait, np.nan),
                "index_date": pl.Series([None] * n, dtype=pl.Date),
                "first_dose_days": pl.Series([None] * n, dtype=pl.Float64),
                "os_days": np.minimum(ends, 400.0),
                "os_event": ends <= 400,
                "pfs_days": np.minimum(barred, 400.0),
                "pfs_event": barred <= 400,
                "age": age,
            }
        ).with_columns(pl.col("treatment_days").fill_nan(None))

    return make
