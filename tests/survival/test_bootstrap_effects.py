import numpy as np
import pytest

from twoarm.survival.curves import Arm
from twoarm.survival.effects import estimate_effects, ratio_row
from twoarm.survival.resampling import BOOTSTRAPPED, bootstrap_arms
from twoarm.survival.two_arms import fit_two_arms
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects

HOW = {"replicates": 200, "seed": 1, "confidence": 0.95}


def outcomes(cohort):
    patients = cohort("rotterdam")
    names = ("os_days", "os_event", "treated")
    return [patients[name].to_numpy() for name in names]


def test_without_a_design_the_error_is_near_the_models(cohort):
    time, event, treated = outcomes(cohort)

    row, *_ = bootstrap_arms(
        cohort("rotterdam"), "os", lambda rows: np.ones(len(rows)), **HOW
    )

    fit = fit_two_arms(time, event, treated)
    assert row["estimate"] == pytest.approx(np.exp(fit.estimate))
    assert row["std_error"] == pytest.approx(fit.std_error, rel=0.15)
    assert row["term"] == BOOTSTRAPPED
    assert row["n_treated"] + row["n_control"] == len(time)
    assert row["events_treated"] + row["events_control"] == event.sum()
    assert "bootstrap of 200 resamples" in row["method"]


def test_design_of_part_of_the_patients_is_counted_as_such(cohort):
    time, event, treated = outcomes(cohort)

    def weigh(rows):
        return np.where(rows % 2 == 0, 2.0, 0.0)

    row, *_ = bootstrap_arms(cohort("rotterdam"), "os", weigh, **HOW)

    even = np.arange(len(time)) % 2 == 0
    assert row["n_treated"] == (treated & even).sum()
    fit = fit_two_arms(time[even], event[even], treated[even])
    assert row["estimate"] == pytest.approx(np.exp(fit.estimate))


def test_an_error_that_is_not_known_is_not_estimable():
    row = ratio_row("treated", 0.3, np.nan, 1.96, "as usual")

    assert row.get("estimate") is None
    assert row["method"].startswith("not estimable")


def test_script_writes_a_row_a_design(script, tmp_path, cohort, filled, everybody):
    patients = cohort("rotterdam").sort("patient_id")
    Patients.write(filled(patients), tmp_path / "patients")
    arms = everybody(patients, "unadjusted", "iptw", "overlap")
    Arms.write(arms, tmp_path / "arms")
    covariates = ["age", "grade"]
    model = {"method": "logistic", "penalty": 1.0, "folds": None, "seed": 1}
    model["within"] = None
    script("propensity/estimate_score").main(
        *(tmp_path / each for each in ("patients", "arms", "scores", "coefficients")),
        imputation="0", terms={"unadjusted": covariates}, model=model, endpoints=["os"],
    )  # fmt: skip
    assert Scores.read(tmp_path / "scores").height == patients.height
    shared = {"score": "unadjusted", "covariates": covariates}
    weighting = {"method": "weighting", "stabilised": False, "trim": None}
    designs = {
        name: {**shared, **weighting, "estimand": estimand, "truncate": None}
        for name, estimand in (("iptw", "ATE"), ("overlap", "ATO"))
    }

    script("survival/bootstrap_effects").main(
        [tmp_path / "patients"], tmp_path / "arms", [tmp_path / "scores"],
        [], tmp_path / "effects", endpoint="os", endpoints=["os", "rfs"],
        designs=designs, cloned={}, sequential={}, model=model,
        ends={"horizons_months": [12.0], "rmst_months": None},
        settings={"replicates": 50, "seed": 1}, confidence=0.95,
    )  # fmt: skip

    found = Effects.read(tmp_path / "effects")
    assert found.filter(measure="hazard_ratio")["design"].to_list() == [
        "iptw",
        "overlap",
    ]
    assert set(found["measure"]) == {"hazard_ratio", "survival_difference"}
    assert found["estimate"].null_count() == 0
    assert set(found["term"]) == {"treated_bootstrap"}


def test_differences_have_errors_near_those_of_the_curves(cohort):
    time, event, treated = outcomes(cohort)

    rows = bootstrap_arms(
        cohort("rotterdam"),
        "os",
        lambda rows: np.ones(len(rows)),
        horizons_months=[36.0, 599.0],
        rmst_months=36.0,
        **HOW,
    )

    arms = {
        name: Arm(name, time[own], event[own], None, None)
        for name, own in (("treated", treated), ("control", ~treated))
    }
    plain = estimate_effects(
        arms, horizons_months=[36.0], rmst_months=36.0, confidence=0.95
    )
    expected = {row["measure"]: row for row in plain if row["term"] == "treated"}
    found = {(row["measure"], row["months"]): row for row in rows}
    for measure in ("survival_difference", "rmst_difference"):
        row = found[measure, 36.0]
        assert row["term"] == BOOTSTRAPPED
        assert row["estimate"] == pytest.approx(expected[measure]["estimate"])
        error = expected[measure]["std_error"]
        assert row["std_error"] == pytest.approx(error, rel=0.15)
    assert found["survival_difference", 599.0]["method"].startswith("not estimable")
