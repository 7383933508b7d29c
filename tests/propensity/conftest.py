from pathlib import Path
from typing import NamedTuple

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
