import math

import numpy as np
import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import ratio_row
from twoarm.survival.regression import fit_regression
from twoarm.tables.survival import Effects

CASES = [
    ("rotterdam", "os"),
    ("rotterdam", "rfs"),
    ("hepatocellular", "os"),
    ("hepatocellular", "rfs"),
    ("sysucc", "os"),
]


MEMBERS = {
    "origin_days": pl.lit(0.0),
    "entry_days": pl.lit(0.0),
    "exit_days": pl.lit(None, pl.Float64),
    "weight": pl.lit(1.0),
    "set_id": pl.lit(None, pl.String),
}
"""Columns of a design of everybody, from time zero."""


def arms_from(patients, endpoint="os", **changed):
    members = patients.select("patient_id", "treated", **{**MEMBERS, **changed})
    timed = patients.with_columns(treatment_days=pl.lit(None, pl.Float64))
    labels = {"treated": "A", "control": "B"}
    return arms_of(timed, members, endpoint=endpoint, labels=labels)


def regress(patients, covariates, endpoint="os", confidence=0.95, **changed):
    rows = fit_regression(
        patients,
        arms_from(patients, endpoint, **changed),
        covariates=covariates,
        confidence=confidence,
    )
    keys = {"endpoint": endpoint, "design": "unadjusted"}
    return Effects.check(Effects.of([{**row, **keys} for row in rows])).rows(named=True)


def invented(size=200, seed=0):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "patient_id": [f"{row:03}" for row in range(size)],
            "treated": rng.random(size) < 0.5,
            "os_days": np.ceil(rng.exponential(300, size)),
            "os_event": rng.random(size) < 0.6,
            "age": rng.normal(60, 10, size),
            "afp": rng.lognormal(3, 2, size),
        }
    )


@pytest.mark.parametrize(("name", "endpoint"), CASES)
def test_rows_are_rs(cohort, oracle, name, endpoint):
    expected = oracle(name)
    covariates = expected["covariates"]
    block = expected["endpoints"][endpoint]["cox_adjusted"]

    rows = regress(cohort(name), covariates, endpoint)

    assert len(rows) == len(block["terms"])
    for row, r in zip(rows, block["terms"].values(), strict=True):
        assert math.log(row["estimate"]) == pytest.approx(r["coef"], rel=1e-10)
        assert row["estimate"] == pytest.approx(r["hr"], rel=1e-10)
        assert row["std_error"] == pytest.approx(r["se"], rel=1e-10)
        assert row["conf_low"] == pytest.approx(r["lower"], rel=1e-10)
        assert row["conf_high"] == pytest.approx(r["upper"], rel=1e-10)
        assert row["p_value"] == pytest.approx(r["p"], rel=1e-8)
        assert row["events_treated"] + row["events_control"] == block["events"]
        assert row["n_treated"] + row["n_control"] == block["n"]


def test_terms_are_the_treatment_then_the_covariates(cohort):
    rows = regress(cohort("rotterdam"), ["age", "grade", "nodes"])

    terms = [row["term"] for row in rows]
    assert terms == ["treated_adjusted", "age", "grade=3", "nodes"]
    assert {row["measure"] for row in rows} == {"hazard_ratio"}
    assert {row["months"] for row in rows} == {None}
    assert rows[0]["method"] == "Cox with covariates, Efron ties, 318.0 events a term"


def test_no_covariates_give_no_rows(cohort):
    assert regress(cohort("rotterdam"), []) == []


def test_confidence_widens_the_limits(cohort):
    narrow, wide = (regress(cohort("rotterdam"), ["age"], "os", c) for c in (0.9, 0.99))

    for one, other in zip(narrow, wide, strict=True):
        assert other["conf_low"] < one["conf_low"] < one["conf_high"]
        assert one["conf_high"] < other["conf_high"]
        assert one["p_value"] == other["p_value"]


def test_collinear_and_constant_covariates_are_named():
    patients = invented().with_columns(same=0.1, old=pl.col("age") * 3 + 7)

    with pytest.raises(InputError) as caught:
        regress(patients, ["age", "same", "old"])
    assert str(caught.value) == (
        "analysis.cox.covariates: same is the same in all patients; "
        "old follows from others; take it out"
    )
    with pytest.raises(InputError, match="design late: same is the same"):
        fit_regression(
            patients,
            arms_from(patients),
            covariates=["same"],
            confidence=0.95,
            source="design late",
        )


def test_a_covariate_that_is_the_treatment_is_named():
    patients = invented().with_columns(drug=pl.col("treated").cast(float))

    with pytest.raises(InputError, match="covariates: drug follows from others"):
        regress(patients, ["age", "drug"])


def test_covariates_of_very_unlike_sizes_are_no_combination():
    patients = invented().with_columns(pl.col("afp") * 1e12, share=pl.col("age") * 1e-9)

    rows = regress(patients, ["afp", "share"])

    assert all(row["estimate"] is not None for row in rows[:2])


def test_a_ratio_beyond_all_numbers_is_not_estimable():
    rows = regress(invented().with_columns(pl.col("age") * 1e-9), ["age", "afp"])

    assert rows[1]["estimate"] is None
    assert rows[1]["method"].startswith("not estimable")
    assert rows[0]["estimate"] is not None


def test_a_level_without_events_is_not_estimable_but_the_rest_is():
    rare = pl.int_range(pl.len()) < 4
    patients = invented().with_columns(
        rare=pl.when(rare).then(1.0).otherwise(0.0),
        os_event=pl.when(rare).then(pl.lit(value=False)).otherwise(pl.col("os_event")),
    )

    treated, age, found = regress(patients, ["age", "rare"])

    assert found["term"] == "rare"
    assert found["estimate"] is None
    assert found["method"] == "not estimable: the likelihood has no single maximum"
    assert treated["estimate"] is not None
    assert age["estimate"] is not None


def test_without_events_nothing_is_estimable():
    patients = invented().with_columns(os_event=pl.lit(value=False))

    rows = regress(patients, ["age"])

    assert [row["estimate"] for row in rows] == [None, None]
    assert all(row["method"].startswith("not estimable") for row in rows)


def test_exchanged_arms_invert_the_ratio():
    patients = invented()
    exchanged = patients.with_columns(~pl.col("treated"))

    one, other = (regress(each, ["age", "afp"]) for each in (patients, exchanged))

    assert one[0]["estimate"] == pytest.approx(1 / other[0]["estimate"], rel=1e-9)
    assert one[0]["conf_low"] == pytest.approx(1 / other[0]["conf_high"], rel=1e-9)
    for a, b in zip(one[1:], other[1:], strict=True):
        assert a["estimate"] == pytest.approx(b["estimate"], rel=1e-9)


def test_row_order_does_not_matter():
    patients = invented()
    shuffled = patients.sample(fraction=1, shuffle=True, seed=1)

    one, other = (regress(each, ["age", "afp"]) for each in (patients, shuffled))

    for a, b in zip(one, other, strict=True):
        assert a["estimate"] == pytest.approx(b["estimate"], rel=1e-9)
        assert a["std_error"] == pytest.approx(b["std_error"], rel=1e-9)


def test_only_members_count_and_with_their_weights():
    patients = invented()
    young = patients.filter(pl.col("age") < 60)
    weight = pl.when(pl.col("age") < 55).then(2.0).otherwise(0.5)

    plain, other = (regress(each, ["afp"]) for each in (young, patients))
    part = fit_regression(
        patients, arms_from(young), covariates=["afp"], confidence=0.95
    )
    weighted = regress(young, ["afp"], weight=weight)

    assert part[0]["estimate"] == plain[0]["estimate"] != other[0]["estimate"]
    assert weighted[0]["estimate"] != plain[0]["estimate"]
    assert "weighted, robust variance" in weighted[0]["method"]
    assert "weighted" not in plain[0]["method"]


def test_a_ratio_by_hand():
    row = ratio_row("treated", math.log(0.5), 0.25, 1.96, "Cox")

    assert row["estimate"] == pytest.approx(0.5)
    assert row["conf_low"] == pytest.approx(0.5 * math.exp(-0.49))
    assert row["conf_high"] == pytest.approx(0.5 * math.exp(0.49))
    assert row["p_value"] == pytest.approx(0.005561, abs=1e-6)  # z = 2.7726
    assert row["std_error"] == 0.25
