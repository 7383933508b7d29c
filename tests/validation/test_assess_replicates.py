"""Performance by hand, from three cohorts, and the page that shows it."""

import numpy as np
import pytest

from twoarm.calibration import calibration_page
from twoarm.tables.validation import Performance, Replicates, Truths
from twoarm.truth import truth_page
from twoarm.validation.performance import assess_performance

PLACE = {
    "scenario": "null",
    "endpoint": "os",
    "design": "matched",
    "measure": "hazard_ratio",
    "term": "treated",
}
LOGS = (-0.2, 0.1, 0.4)
LIMITS = ((-0.5, 0.1), (-0.2, 0.4), (0.1, 0.7))


@pytest.fixture
def assessed(script, tmp_path):
    rows = [
        {
            **PLACE, "n_patients": 50, "replicate": k, "estimate": float(np.exp(log)),
            "std_error": 0.15, "conf_low": float(np.exp(low)),
            "conf_high": float(np.exp(high)),
        }
        for k, (log, (low, high)) in enumerate(zip(LOGS, LIMITS, strict=True), start=1)
    ]  # fmt: skip
    lost = {**PLACE, "n_patients": 50, "replicate": 4, "reason": "an arm has nobody"}
    truth = {**PLACE, "design": None, "truth": 0.0, "std_error": 0.0}
    parts = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    Replicates.write(Replicates.of(rows[:2]), parts[0])
    Replicates.write(Replicates.of([*rows[2:], lost]), parts[1])
    Truths.write(Truths.of([truth]), tmp_path / "truths.parquet")
    script("validation/assess_replicates").main(
        parts,
        [tmp_path / "truths.parquet"],
        tmp_path / "performance.parquet",
        confidence=0.95,
    )
    return Performance.read(tmp_path / "performance.parquet")


def test_figures_by_hand(assessed):
    (row,) = assessed.to_dicts()

    assert (row["n_replicates"], row["n_failed"]) == (3, 1)
    assert row["bias"] == pytest.approx(0.1)
    assert row["empirical_error"] == pytest.approx(0.3)
    assert row["bias_mcse"] == pytest.approx(0.3 / np.sqrt(3))
    assert row["empirical_error_mcse"] == pytest.approx(0.3 / np.sqrt(4))
    assert row["model_error"] == pytest.approx(0.15)
    assert row["coverage"] == pytest.approx(2 / 3)
    assert row["coverage_mcse"] == pytest.approx(np.sqrt(2 / 9 / 3))
    assert row["rejection"] == pytest.approx(1 / 3)


def test_a_test_rejects_by_its_p_value():
    key = {**PLACE, "measure": "logrank", "n_patients": 50}
    rows = [
        {**key, "replicate": k, "estimate": 1.0, "p_value": p}
        for k, p in enumerate((0.04, 0.06, 0.5, 0.001), start=1)
    ]

    (row,) = assess_performance(Replicates.of(rows), Truths.of([])).to_dicts()

    assert row["rejection"] == pytest.approx(0.5)
    assert (row["coverage"], row["bias"]) == (None, None)


def test_open_limits_of_a_median_hold_what_lies_above():
    """Also where the median is not reached; its mean would be of the other cohorts."""
    key = {**PLACE, "measure": "median", "term": "Surgery", "n_patients": 50}
    limits = [(10.0, 8.0, 30.0), (9.0, 7.0, None), (None, 12.0, None), (None, 25, None)]
    rows = [
        dict(key, replicate=k, estimate=found, conf_low=low, conf_high=high)
        for k, (found, low, high) in enumerate(limits, start=1)
    ]
    truth = {**key, "design": None, "truth": 20.0, "std_error": 0.0}
    truth.pop("n_patients")

    (row,) = assess_performance(Replicates.of(rows), Truths.of([truth])).to_dicts()

    assert row["coverage"] == pytest.approx(3 / 4)
    assert (row["bias"], row["rejection"], row["n_failed"]) == (None, None, 2)


def test_page_shows_the_figures(assessed):
    page = truth_page(assessed)

    assert "## Overall survival, 50 patients: bias" in page
    assert "| cohorts | 4 |" in page
    assert "| `matched` | +0.10 (0.17) |" in page
    assert "| `matched` | 67 % |" in page


def test_page_of_the_calibration_marks_what_is_far_off():
    key = {**PLACE, "scenario": "ph_null", "n_patients": 50, "n_failed": 0}
    far = {
        "bias": 0.1, "bias_mcse": 0.03, "empirical_error": 0.3,
        "empirical_error_mcse": 0.02, "model_error": 0.3, "model_error_mcse": 0.01,
        "coverage": 0.9, "coverage_mcse": 0.0095, "n_replicates": 1000,
    }  # fmt: skip
    near = {**far, "term": "treated_firth", "bias": 0.08, "coverage": 0.94}
    test = {
        **key, "measure": "logrank", "rejection": 0.5, "rejection_mcse": 0.016,
        "n_replicates": 990, "n_failed": 10, "reason": "too few",
    }  # fmt: skip
    works = {**test, "scenario": "ph_half"}

    page = calibration_page(Performance.of([{**key, **far}, {**key, **near}, test]))

    assert "| `matched` | 1000 | **+0.100 (0.030)** | 1.00 | **90.0 (0.9)** |" in page
    assert "| `matched`, firth | 1000 | +0.080 (0.030) | 1.00 | 94.0 (0.9) |" in page
    assert "| `matched` | 990 | **50.0 (1.6)** |" in page
    assert "Cohorts without an estimate: `matched`, 50 patients: 10 (too few)." in page
    assert "| `matched` | 990 | 50.0 (1.6) |" in calibration_page(
        Performance.of([works])
    )
