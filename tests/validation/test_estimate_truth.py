"""The truth of each scenario, against a simulation written apart from this one."""

import numpy as np
import polars as pl
import pytest

from twoarm.tables.validation import Truths
from twoarm.validation.scenario_truth import estimate_truths

# Hazard ratio, difference of 36-month survival (OS) or 24-month (PFS), and of the
# restricted means over 36 months, OS then PFS; with Monte Carlo errors of their own.
KNOWN = {
    "null": ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "moderate": ((0.755, 0.096, 1.93), (0.791, 0.091, 2.64)),
    "strong": ((0.595, 0.178, 3.28), (0.725, 0.125, 3.56)),
    "cure": ((0.658, 0.130, 2.40), (0.659, 0.147, 4.08)),
    "early_harm": ((0.828, 0.064, 0.63), (0.843, 0.067, 1.71)),
    "unmeasured": ((0.768, 0.093, 1.87), (0.801, 0.087, 2.54)),
    "informative_loss": ((0.755, 0.096, 1.93), (0.791, 0.091, 2.64)),
    "late": ((0.757, 0.095, 1.90), (0.793, 0.090, 2.60)),
}
CLOCK = {"clock": "ever", "landmark_days": None, "grace_days": None}
CLOCKS = {
    "late_start": {**CLOCK, "clock": "landmark", "landmark_days": 91.0},
    "changing": {**CLOCK, "clock": "time_dependent"},
}
ASKED = {"horizons_months": [24.0, 36.0], "rmst_months": 36.0, "seed": 77}


def truths(scenario, *, size=150_000, clocks=CLOCKS):
    return Truths.of(estimate_truths(scenario, clocks, size=size, **ASKED))


@pytest.mark.parametrize("scenario", KNOWN)
def test_truth_is_that_of_the_other_simulation(scenario):
    rows = truths(scenario, clocks={}).filter(term="treated")
    for endpoint, months, known in zip(
        ("os", "pfs"), (36.0, 24.0), KNOWN[scenario], strict=True
    ):
        own = rows.filter(endpoint=endpoint)
        (ratio,) = own.filter(measure="hazard_ratio")["truth"]
        (alive,) = own.filter(measure="survival_difference", months=months)["truth"]
        (mean,) = own.filter(measure="rmst_difference")["truth"]
        assert np.exp(ratio) == pytest.approx(known[0], abs=0.01)
        assert alive == pytest.approx(known[1], abs=0.006)
        assert mean == pytest.approx(known[2], abs=0.08)


def test_error_falls_as_the_root_of_the_size():
    few, many = (
        truths("moderate", size=size, clocks={}).filter(measure="rmst_difference")
        for size in (10_000, 160_000)
    )

    ratio = few["std_error"].mean() / many["std_error"].mean()
    assert 2 < ratio < 8  # four, and a standard error of ten draws is no sharper
    assert (few["truth"] - many["truth"]).abs().max() < 4 * few["std_error"].max()


def test_a_landmark_has_a_truth_of_its_own():
    rows = truths("moderate").filter(measure="hazard_ratio", term="treated")
    own = rows.filter(design="late_start")
    all_of = rows.filter(pl.col("design").is_null())

    # From the operation on the effect is whole; before it there is none.
    assert (own.sort("endpoint")["truth"] < all_of.sort("endpoint")["truth"]).all()


def test_ratio_of_the_model_is_true_where_treatment_changes():
    (row,) = truths("moderate").filter(term="treated_adjusted").to_dicts()

    assert (row["design"], row["endpoint"]) == ("changing", "pfs")
    assert row["truth"] == pytest.approx(np.log(0.70))
    assert truths("cure").filter(term="treated_adjusted").is_empty()
    assert truths("null").filter(term="treated_adjusted")["truth"].to_list() == [0, 0]


def test_rule_writes_the_contract(script, tmp_path):
    settings = {**ASKED, "size": 2_000}
    for name in ("once", "again"):
        script("validation/estimate_truth").main(
            tmp_path / name, scenario="cure", plan={"clocks": CLOCKS}, covariates={},
            settings=settings,
        )  # fmt: skip

    assert Truths.read(tmp_path / "once").height > 0
    assert (tmp_path / "once").read_bytes() == (tmp_path / "again").read_bytes()
