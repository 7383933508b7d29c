import numpy as np
import polars as pl
import pytest

from twoarm.propensity.assessment import compare_dropped
from twoarm.propensity.balance import DesignWeights
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.diagnostics import Dropped
from twoarm.tables.propensity import Designs

PATIENTS = pl.DataFrame(
    {
        "patient_id": list("abcdef"),
        "treated": [True, True, True, False, False, False],
        "age": [50.0, 60.0, 70.0, 40.0, 50.0, 90.0],
        "sex": pl.Series(list("fmmfmf"), dtype=pl.Enum(["f", "m"])),
    }
)


def compare(treated, control):
    design = DesignWeights(np.array(treated, float), np.array(control, float), "ATT")
    return compare_dropped(PATIENTS, design, ["age", "sex"])


def test_kept_against_dropped_by_hand():
    found = compare([1, 1, 0, 0, 0, 0], [0, 0, 0, 2.0, 3.0, 1.0])

    assert found["arm"].to_list() == ["treated", "treated"]
    age, sex = found.rows(named=True)
    assert (age["mean_kept"], age["mean_dropped"]) == (55.0, 70.0)
    assert age["smd"] == pytest.approx(-15 / 10)
    assert (age["n_kept"], age["n_dropped"]) == (2, 1)
    assert (sex["level"], sex["mean_kept"], sex["mean_dropped"]) == ("m", 0.5, 1.0)


def test_nobody_or_everybody_out_gives_no_rows():
    assert compare([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]).is_empty()
    assert compare([0] * 6, [0] * 6).is_empty()


def test_covariate_that_does_not_vary_in_an_arm_has_no_difference():
    patients = PATIENTS.with_columns(age=pl.when("treated").then(5.0).otherwise("age"))
    design = DesignWeights(np.array([1.0, 1, 0, 0, 0, 0]), np.ones(6), "ATT")

    found = compare_dropped(patients, design, ["age"])

    assert found["smd"].to_list() == [None]


def test_script_compares_the_first_imputation(script, tmp_path, filled, everybody):
    none = pl.lit(None, pl.Float64)
    Patients.write(filled(PATIENTS), tmp_path / "patients")
    Arms.write(everybody(PATIENTS, "one"), tmp_path / "arms")
    rows = [
        PATIENTS.filter(pl.col("patient_id") != out).select(
            "patient_id", "treated", imputation=pl.lit(number, pl.Int64),
            design=pl.lit("one"), propensity_score=0.5, weight=pl.lit(1.0),
            set_id=pl.lit(None, pl.String), origin_days=0.0, entry_days=0.0,
            exit_days=none,
        )
        for number, out in ((1, "c"), (2, "d"))
    ]  # fmt: skip
    Designs.write(pl.concat(rows).select(Designs.column_names()), tmp_path / "designs")

    script("propensity/compare_dropped").main(
        [tmp_path / "patients"],
        *(tmp_path / name for name in ("arms", "designs", "dropped")),
        covariates=["age", "sex"], estimands={"one": "ATT"}, endpoints=[],
    )  # fmt: skip

    found = Dropped.read(tmp_path / "dropped")
    assert set(found["arm"]) == {"treated"}
    assert set(found["design"]) == {"one"}
