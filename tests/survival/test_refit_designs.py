import numpy as np
import polars as pl
import pytest

from twoarm.config.study import complete, read_study
from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.formula import expand_formula
from twoarm.propensity.score import estimate_score
from twoarm.propensity.subsets import refit_part
from twoarm.propensity.weights import weight_by_score
from twoarm.survival.refitted import estimate_refitted, list_other_centres
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects

MODEL = {"method": "logistic", "penalty": 1.0, "folds": None, "within": None, "seed": 1}
STUDY = {
    "study": "mine", "title": "A study", "patient_id": "id",
    "source": {"kind": "table", "path": "patients.csv"},
    "treatment": {"column": "arm", "treated": 1, "control": 0, "days": "wait"},
    "covariates": {"age": {"kind": "continuous"}, "site": {"kind": "categorical"}},
    "endpoints": {"os": {"time": "t", "event": "e"}},
    "designs": {
        "overlap": {"method": "weighting", "estimand": "ATO"},
        "matched": {"method": "nearest", "caliper_sd": 0.2},
    },
}  # fmt: skip


def designs():
    study = complete(read_study(STUDY))
    found = study["designs"]
    return {k: {**v, "covariates": ["age", "centre"], "score": "unadjusted"}
            for k, v in found.items()}  # fmt: skip


def invented(size=240, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 10, size)
    centres = pl.Enum(["a", "b"])
    return pl.DataFrame(
        {
            "patient_id": [f"{row:03}" for row in range(size)],
            "treated": rng.random(size) < 1 / (1 + np.exp((age - 60) / 10)),
            "treatment_days": np.zeros(size),
            "index_date": None,
            "first_dose_days": None,
            "os_days": np.ceil(rng.exponential(300, size)),
            "os_event": rng.random(size) < 0.7,
            "age": age,
            "centre": pl.Series(rng.choice(["a", "b"], size), dtype=centres),
        },
        schema_overrides={"index_date": pl.Date, "first_dose_days": pl.Float64},
    )


def scores_of(patients):
    matrix, _ = expand_formula(patients, ["age", "centre"])
    found = estimate_score(patients["treated"].to_numpy(), matrix)
    return patients.select("patient_id", "treated").with_columns(
        score=pl.lit("unadjusted"),
        propensity_score=found.probability,
        logit=found.logit,
        preference_score=found.probability,
        imputation=pl.lit(0, pl.Int64),
    )


def test_a_part_is_designed_as_if_it_were_all():
    patients = invented()
    others = patients.filter(pl.col("centre") == "a")

    treated, control = refit_part(
        others, scores_of(patients), designs()["overlap"], MODEL, "os"
    )

    # by hand: the score of the others alone, without the term of the centre
    matrix, _ = expand_formula(others, ["age"])
    arm = others["treated"].to_numpy()
    score = estimate_score(arm, matrix).probability
    weight = weight_by_score(score, arm, estimand="ATO")
    assert treated[4] == pytest.approx(weight[arm], rel=1e-6)
    assert control[4] == pytest.approx(weight[~arm], rel=1e-6)
    row = estimate_refitted(lambda: (treated, control), "b", confidence=0.95)
    fit = fit_cox(
        others["os_days"].to_numpy(), others["os_event"].to_numpy(),
        arm.astype(float)[:, None], weight=weight,
    )  # fmt: skip
    assert np.log(row["estimate"]) == pytest.approx(fit.estimate[0], rel=1e-6)
    assert row["std_error"] == pytest.approx(fit.std_error[0], rel=1e-6)
    assert row["n_treated"] == arm.sum()
    assert row["term"] == "refitted without centre: b"


def test_matches_are_made_among_the_others_alone():
    patients = invented()
    others = patients.filter(pl.col("centre") == "b")

    treated, control = refit_part(
        others, scores_of(patients), designs()["matched"], MODEL, "os"
    )

    assert 0 < len(treated[0]) == len(control[0]) < others.height
    assert set(treated[4]) | set(control[4]) == {1.0}


def test_each_centre_has_the_others_and_one_centre_has_none():
    patients = invented()

    parts = list_other_centres(patients)

    assert [name for name, _ in parts] == ["a", "b"]
    assert [set(each["centre"]) for _, each in parts] == [{"b"}, {"a"}]
    assert list_other_centres(patients.drop("centre")) == []
    assert list_other_centres(parts[0][1]) == []


def test_what_the_others_do_not_carry_is_said():
    def fail():
        raise InputError("designs.x.covariates: no weights balance; y: more\nz")

    row = estimate_refitted(fail, "a", confidence=0.95)

    assert row["method"] == "not estimable: no weights balance"
    empty = np.zeros(0)
    arm = (np.arange(3), np.zeros(3), np.ones(3), np.zeros(3, bool), np.ones(3))
    none = (np.zeros(0, int), empty, empty, np.zeros(0, bool), empty)
    row = estimate_refitted(lambda: (arm, none), "a", confidence=0.95)
    assert row["method"] == "not estimable: an arm has no event"


def test_script_writes_each_centre(script, tmp_path):
    patients = invented()
    Patients.write(patients, tmp_path / "patients.parquet")
    Scores.write(scores_of(patients), tmp_path / "scores.parquet")
    clock = patients.select(
        "patient_id", "treated", origin_days=pl.lit(0.0), entry_days=pl.lit(0.0),
        exit_days=pl.lit(None, pl.Float64),
    )  # fmt: skip
    named = [clock.with_columns(design=pl.lit(name)) for name in designs()]
    Arms.write(pl.concat(named), tmp_path / "arms.parquet")

    script("survival/refit_designs").main(
        [tmp_path / "patients.parquet"],
        tmp_path / "arms.parquet",
        [tmp_path / "scores.parquet"],
        tmp_path / "effects.parquet",
        endpoints=["os"],
        designs=designs(),
        cloned={},
        model=MODEL,
        confidence=0.95,
    )

    found = Effects.read(tmp_path / "effects.parquet")
    assert set(found["design"]) == {"overlap", "matched"}
    assert set(found["term"]) == {f"refitted without centre: {each}" for each in "ab"}
    assert found["estimate"].null_count() == 0
