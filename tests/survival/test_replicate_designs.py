"""Resamples of the designs, in batches of any size."""

from twoarm.config.replay import batches_of
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Scores
from twoarm.tables.survival import Effects

ENDS = {"horizons_months": [12.0], "rmst_months": None}


def test_batches_of_the_scripts_are_one_run(
    script, tmp_path, cohort, filled, everybody
):
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

    tried = {}
    for size in (50, 20):
        settings = {"replicates": 50, "seed": 1, "batch": size}
        batches = batches_of(settings)
        for batch in batches:
            script("survival/replicate_designs").main(
                [tmp_path / "patients"], tmp_path / "arms", [tmp_path / "scores"], [],
                tmp_path / batch, endpoint="os", batch=batch, endpoints=["os", "rfs"],
                designs=designs, cloned={}, sequential={}, model=model, ends=ENDS,
                settings=settings,
            )  # fmt: skip
        script("survival/bootstrap_effects").main(
            [tmp_path / batch for batch in batches], tmp_path / f"of_{size}",
            endpoint="os", designs=list(designs), cloned=[], sequential=[], ends=ENDS,
            confidence=0.95,
        )  # fmt: skip
        tried[size] = len(batches)

    assert tried == {50: 1, 20: 3}
    assert (tmp_path / "of_20").read_bytes() == (tmp_path / "of_50").read_bytes()
    found = Effects.read(tmp_path / "of_20")
    assert found.filter(measure="hazard_ratio")["design"].to_list() == [
        "iptw",
        "overlap",
    ]
    assert set(found["measure"]) == {"hazard_ratio", "survival_difference"}
    assert found["estimate"].null_count() == 0
    assert found["method"].str.contains("bootstrap of 50 resamples").all()
    assert set(found["term"]) == {"treated_bootstrap"}
