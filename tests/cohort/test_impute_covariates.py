import numpy as np
import polars as pl
import pytest

from twoarm.cohort.imputation import impute_covariates
from twoarm.errors import InputError
from twoarm.tables.cohort import Patients, Trace

SITE = pl.Enum(["a", "b", "c"])
SETTINGS = {"n": 3, "iterations": 5, "donors": 5, "seed": 1}
COVARIATES = ["age", "size", "sex", "site"]


def invented(size=200, seed=1, missing=0.2):
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 10, size)
    treated = rng.random(size) < 1 / (1 + np.exp((age - 60) / 10))
    tumour = 0.5 * age + rng.normal(0, 5, size)
    days = rng.exponential(400 * np.exp(-(tumour - 30) / 20)) + 1
    level = np.where(rng.random(size) < 0.3, "a", np.where(age > 60, "b", "c"))
    frame = pl.DataFrame(
        {
            "patient_id": [f"P{row:04}" for row in range(size)],
            "treated": treated,
            "treatment_days": pl.Series([None] * size, dtype=pl.Float64),
            "index_date": pl.Series([None] * size, dtype=pl.Date),
            "first_dose_days": pl.Series([None] * size, dtype=pl.Float64),
            "os_days": days,
            "os_event": rng.random(size) < 0.7,
            "age": age,
            "size": tumour,
            "sex": pl.Series(np.where(rng.random(size) < 0.5, "f", "m")).cast(
                pl.Enum(["f", "m"])
            ),
            "site": pl.Series(level).cast(SITE),
        }
    )
    for name in ("size", "sex", "site"):
        gone = pl.Series(rng.random(size) < missing)
        frame = frame.with_columns(pl.when(~gone).then(name).alias(name))
    return frame


def complete(patients, imputation=1, **changed):
    settings = {"iterations": 5, "donors": 5, "seed": 1, **changed}
    named = {"covariates": COVARIATES, "endpoints": ["os"]}
    return impute_covariates(patients, imputation=imputation, **named, **settings)


def test_gaps_are_filled_with_observed_values_and_the_rest_stays():
    patients = invented()

    found = complete(patients).completed

    for name in patients.columns:
        known = patients[name].is_not_null()
        assert found[name].filter(known).equals(patients[name].filter(known))
    assert found.select(COVARIATES).null_count().row(0) == (0,) * 4
    assert set(found["size"]) == set(patients["size"].drop_nulls())
    assert set(found["site"]) <= set(patients["site"].drop_nulls())


def test_draws_hang_on_seed_and_number_and_not_on_row_order():
    patients = invented()

    first = complete(patients).completed

    assert complete(patients.sample(fraction=1, shuffle=True)).completed.equals(first)
    assert not complete(patients, 2).completed.equals(first)
    assert not complete(patients, seed=2).completed.equals(first)


def test_imputed_values_follow_what_predicts_them():
    patients = invented(600, missing=0.4)
    gone = patients["size"].is_null()

    drawn = complete(patients).completed.filter(gone)

    slope = np.polyfit(drawn["age"], drawn["size"], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.12)
    assert drawn["size"].std() > 4


def test_pooled_mean_is_near_the_truth_where_complete_cases_are_not():
    rng = np.random.default_rng(4)
    truth = invented(1500, missing=0.0)
    chance = 1 / (1 + np.exp(-(truth["age"].to_numpy() - 60) / 5))
    gone = pl.Series(rng.random(1500) < chance)
    patients = truth.with_columns(size=pl.when(~gone).then("size"))

    means = [complete(patients, k).completed["size"].mean() for k in range(1, 6)]

    whole = truth["size"].mean()
    assert abs(patients["size"].mean() - whole) > 1.5
    assert abs(np.mean(means) - whole) < 0.4


def test_covariate_known_of_nobody_is_refused():
    patients = invented().with_columns(size=pl.lit(None, pl.Float64))

    with pytest.raises(InputError, match="size"):
        complete(patients)


def test_script_writes_the_completed_patients_and_the_trace(script, tmp_path):
    paths = [tmp_path / name for name in ("patients", "completed", "trace")]
    # Of a structural gap nothing is imputed.
    Patients.write(invented().with_columns(margin="size"), paths[0])

    script("cohort/impute_covariates").main(
        *paths,
        imputation="2",
        covariates=[*COVARIATES, "margin"],
        structural=["margin"],
        endpoints=["os"],
        settings=SETTINGS,
    )

    found = Patients.read(paths[1])
    assert found.select(COVARIATES).null_count().row(0) == (0,) * 4
    assert found["margin"].equals(invented()["size"])
    trace = Trace.read(paths[2])
    assert set(trace["imputation"]) == {2}
    assert trace["iteration"].max() == 5
    assert set(trace["covariate"]) == {"size", "sex", "site"}
