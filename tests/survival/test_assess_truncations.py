import numpy as np
import polars as pl
import pytest

from twoarm.survival.truncations import assess_truncations, pool_truncations
from twoarm.tables.cohort import Patients
from twoarm.tables.survival import Truncations

DESIGN = {
    "method": "cloning", "estimand": "ATE", "covariates": ["age"], "grace_days": 30.0,
    "model": "two_part", "interval_days": 7.0, "penalty": 0.0, "stabilised": False,
    "truncate": None, "cap": 2.0, "varying": [],
}  # fmt: skip


def arm(*rows):
    """Rows of (entry, exit, event, weight)."""
    entry, exits, event, weight = (np.array(part) for part in zip(*rows, strict=True))
    return np.arange(len(rows)), entry * 1.0, exits * 1.0, event == 1, weight * 1.0


def test_by_hand():
    # On day 10 a third of the treated weight dies, on day 20 half of the control.
    treated = arm((0, 10, 1, 1), (0, 40, 0, 2))
    control = arm((0, 20, 1, 3), (0, 60, 0, 3))

    found = assess_truncations(treated, control, grace_days=5, rmst_months=None)

    # The score: 1 = 3r/(3r + 6) of weight 1, and 2r/(2r + 6) of weight 3.
    r = found["hazard_ratio"]
    assert 1 - 3 * r / (3 * r + 6) == pytest.approx(3 * 2 * r / (2 * r + 6), rel=1e-6)
    assert found["effective_n_treated"] == pytest.approx(9 / 5)
    assert found["effective_n_control"] == pytest.approx(2)
    assert found["largest_weight"] == 3
    assert found["rmst_difference"] is None


def test_effective_numbers_are_of_after_the_grace_period():
    early, late = (0, 30, 0, 1), (30, 90, 1, 4)
    found = assess_truncations(
        arm(early, late, (0, 60, 1, 1)), arm(early), grace_days=30, rmst_months=1
    )

    assert found["effective_n_treated"] == pytest.approx(25 / 17)
    assert found["effective_n_control"] == 0


def rows_of(*ratios):
    key = {"endpoint": "os", "design": "cloned", "truncate": "none"}
    told = {"rmst_difference": 2.0, "effective_n_treated": 9.0, "largest_weight": 3.0}
    return Truncations.of([{**key, **told, "hazard_ratio": each} for each in ratios])


def test_imputations_are_pooled_on_the_log_scale():
    found = pool_truncations(rows_of(0.5, 2.0)).row(0, named=True)

    assert found["hazard_ratio"] == pytest.approx(1)
    assert (found["rmst_difference"], found["largest_weight"]) == (2, 3)
    assert pool_truncations(rows_of(0.5, None))["hazard_ratio"].to_list() == [None]


def test_script_writes_a_row_a_limit(script, tmp_path):
    rng = np.random.default_rng(3)
    size = 150
    age = rng.normal(60, 10, size)
    wait = np.ceil(rng.exponential(40 * np.exp((age - 60) / 20)))
    ends = np.ceil(rng.exponential(250, size)) + 1
    patients = pl.DataFrame(
        {
            "patient_id": [f"p{k:04d}" for k in range(size)],
            "treated": wait <= ends,
            "treatment_days": wait,
            "index_date": pl.Series([None] * size, dtype=pl.Date),
            "first_dose_days": pl.Series([None] * size, dtype=pl.Float64),
            "os_days": ends,
            "os_event": rng.random(size) < 0.8,
            "age": age,
        }
    )
    Patients.write(patients, tmp_path / "patients")

    script("survival/assess_truncations").main(
        [tmp_path / "patients"], [], tmp_path / "truncations", endpoints=["os"],
        cloned={"cloned": DESIGN}, rmst_months=6.0,
    )  # fmt: skip

    found = Truncations.read(tmp_path / "truncations")
    assert dict(found.select("truncate", "cap").rows()) == {
        "0 to 95": None, "0 to 99": None, "as given": 2.0, "none": None
    }  # fmt: skip
    largest = dict(found.select("truncate", "largest_weight").rows())
    assert largest["as given"] == 2
    assert largest["none"] > largest["0 to 99"] > largest["0 to 95"]
    assert found["hazard_ratio"].n_unique() == 4
