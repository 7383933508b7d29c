import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.config.output import Analysis
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.variants import estimate_variants
from twoarm.tables.survival import Effects

EVERYTHING = {
    "strata": ["centre"],
    "cluster": "centre",
    "tests": [
        "stratified",
        "maxcombo",
        "fleming_harrington_0_1",
        "fleming_harrington_1_0",
        "fleming_harrington_1_1",
    ],
    "periods_months": [6.0, 12.0],
    "varying": True,
    "profile": True,
    "transforms": ["km", "rank", "identity", "log"],
    "cox": {"covariates": ["age"]},
}
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")


def design_of(months, event, treated, *, weight=None, cluster=None, entry=None):
    """Patients, arms and members of a small design."""
    names = [f"p{k:03}" for k in range(len(months))]
    days = np.asarray(months, float) * DAYS_PER_MONTH
    event, treated = np.asarray(event, bool), np.asarray(treated, bool)
    size = len(names)
    patients = pl.DataFrame(
        {
            "patient_id": names,
            "age": 50 + np.arange(size) * 7 % 13.0,
            "centre": pl.Series(
                [("a", "b")[k // 2 % 2] for k in range(size)],
                dtype=pl.Enum(["a", "b"]),
            ),
        }
    )
    members = patients.select("patient_id", propensity_score=pl.lit(0.5))
    arms = {}
    for arm, label in (("treated", "Treated"), ("control", "Control")):
        rows = treated == (arm == "treated")
        columns = (
            None if each is None else np.asarray(each, float)[rows]
            for each in (weight, cluster, entry)
        )
        arms[arm] = Arm(
            label,
            days[rows],
            event[rows],
            *columns,
            patients["patient_id"].filter(pl.Series(rows)),
        )
    return patients, arms, members


def rows_of(design, *, horizons=(6.0,), rmst_months=6.0, **asked):
    settings = Analysis.model_validate({**EVERYTHING, **asked}).model_dump()
    found = estimate_variants(
        *design,
        asked=settings,
        covariates=["age"],
        horizons_months=horizons,
        rmst_months=rmst_months,
    )
    keys = {"endpoint": "os", "design": "one"}
    table = Effects.check(Effects.of([{**row, **keys} for row in found]))
    for row in table.rows(named=True):
        known = [row[name] for name in NUMBERS]
        assert all(each is None or math.isfinite(each) for each in known), row
        if row["estimate"] is None:
            assert row["method"].startswith("not estimable"), row
            assert known == [None] * 5, row
    return {
        (row["measure"], row["term"], row["months"]): row
        for row in table.rows(named=True)
    }


CHANGING = "proportional_hazards"
MONTHS = np.array(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20.0]
)
TREATED = np.tile([True, False, False, True], 5)
EVENT = np.tile([True, True, True, False, True], 4)


def test_plain_arms_have_each_variant_once():
    found = rows_of(design_of(MONTHS, EVENT, TREATED))

    terms = {key[1] for key in found if key[0] == "hazard_ratio"}
    assert terms == {
        "treated_stratified",
        "treated_clustered",
        "treated_profile",
        "treated_adjusted_firth",
        "treated: 0-6 months",
        "treated: 6-12 months",
        "treated: after 12 months",
        "treated: per doubling of time",
        "treated: then",
    }
    assert {key[1] for key in found if key[0] == "logrank"} == {
        f"treated_{name}" for name in EVERYTHING["tests"]
    }
    assert {key[1] for key in found if key[0] == CHANGING} == {
        "treated_rank", "treated_identity", "treated_log",
        "treated_adjusted", "age", "global",
    }  # fmt: skip
    clustered = found["hazard_ratio", "treated_clustered", None]
    assert "2 clusters, too few" in clustered["method"]


def test_few_events_add_the_penalty():
    few = EVENT & (MONTHS < 6)

    assert ("hazard_ratio", "treated_firth", None) in rows_of(
        design_of(MONTHS, few, TREATED)
    )
    assert ("hazard_ratio", "treated_firth", None) not in rows_of(
        design_of(MONTHS, few, TREATED), few_events=0
    )


def test_weights_have_a_weighted_test_and_are_doubly_robust():
    weight = 0.5 + np.arange(20) % 4 / 2

    found = rows_of(design_of(MONTHS, EVENT, TREATED, weight=weight))

    assert "robust" in found["logrank", "treated", None]["method"]
    for measure in ("survival_difference", "rmst_difference", "rmst_ratio"):
        row = found[measure, "treated_doubly_robust", 6.0]
        assert row["conf_low"] < row["estimate"] < row["conf_high"]
    for term in ("treated_profile", "treated_adjusted_firth"):
        row = found["hazard_ratio", term, None]
        assert row["estimate"] is None
        assert "no likelihood of their own" in row["method"]
    tests = {key[1]: row for key, row in found.items() if key[0] == CHANGING}
    assert tests.keys() >= {"treated_log", "treated_adjusted", "age", "global"}
    assert all("robust variance" in row["method"] for row in tests.values())


def test_pairs_have_a_paired_test():
    found = rows_of(design_of(MONTHS, EVENT, TREATED, cluster=np.arange(20) // 2))

    assert "matched set" in found["logrank", "treated_paired", None]["method"]


@pytest.mark.parametrize("measure", ["survival_difference", "rmst_difference"])
def test_pairs_are_standardised_and_count_once(measure):
    key, pair = (measure, "treated_doubly_robust", 6.0), np.arange(20) // 2
    strangers = rows_of(design_of(MONTHS, EVENT, TREATED, cluster=np.arange(20)))[key]
    assert "by matched set" in strangers["method"]
    one = rows_of(design_of(MONTHS, EVENT, TREATED, cluster=pair))[key]
    assert one["estimate"] == pytest.approx(strangers["estimate"])
    assert one["std_error"] != pytest.approx(strangers["std_error"])

    # Five times over, but for the ages: an answer as sure as before, if each is a set.
    many = [np.repeat(each, 5) for each in (MONTHS, EVENT, TREATED)]
    copied = rows_of(design_of(*many, cluster=np.repeat(np.arange(20), 5)))[key]

    assert copied["estimate"] == pytest.approx(strangers["estimate"], rel=0.02)
    assert copied["std_error"] == pytest.approx(strangers["std_error"], rel=0.15)


def test_default_adds_nothing_to_plain_arms():
    default = Analysis().model_dump()
    design = design_of(MONTHS, EVENT, TREATED)

    found = estimate_variants(
        *design, asked=default, covariates=[], horizons_months=[], rmst_months=None
    )

    assert found == []


# ------------------------------------------------------------------------ bad input


FAULTY = {
    "no event in an arm": (MONTHS, EVENT & TREATED, TREATED),
    "no event": (MONTHS, np.zeros(20), TREATED),
    "all censored at once": (np.full(20, 3.0), np.zeros(20), TREATED),
    "all dead at once": (np.full(20, 3.0), np.ones(20), TREATED),
    "two patients": ([1.0, 2.0], [1, 1], [1, 0]),
    "first all of one arm": (MONTHS, np.ones(20), np.arange(20) < 10),
    "one event": (MONTHS, np.arange(20) == 3, TREATED),
}


@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.parametrize("kind", ["plain", "weighted", "paired", "late"])
def test_bad_input_is_an_empty_cell_with_its_reason(name, kind):
    months, event, treated = FAULTY[name]
    size = len(months)
    more = {
        "plain": {},
        "weighted": {"weight": 1 + np.arange(size) % 3 / 2},
        "paired": {"cluster": np.arange(size) // 2},
        "late": {"entry": np.arange(size) % 2 / 10},
    }[kind]

    rows_of(design_of(months, event, treated, **more), horizons=(6.0, 90.0))


def test_horizon_beyond_the_follow_up_is_said_to_be():
    weight = 0.5 + np.arange(20) % 4 / 2
    design = design_of(MONTHS, EVENT, TREATED, weight=weight)

    found = rows_of(design, horizons=(90.0,), rmst_months=90.0)

    for measure in ("survival_difference", "rmst_difference", "rmst_ratio"):
        row = found[measure, "treated_doubly_robust", 90.0]
        assert row["method"] == "not estimable: beyond the follow-up"


@given(st.integers(0, 10_000), st.booleans())
def test_any_data_keep_the_promises_of_the_table(invent, seed, weighted):
    time, event, treated, weight = invent(seed, 24, ties=True)

    rows_of(design_of(time, event, treated, weight=weight if weighted else None))


# ---------------------------------------------------------------------- imputations


def test_rows_are_pooled():
    tables = []
    for number in range(3):
        weight = 0.5 + (np.arange(20) + number) % 4 / 2
        design = design_of(MONTHS, EVENT, TREATED, weight=weight)
        found = rows_of(design)
        tables += [{**row, "imputation": number} for row in found.values()]

    pooled = pool_effects(Effects.many(tables), confidence=0.95)

    Effects.check(pooled)
    combined = pooled.filter(term="treated_maxcombo").row(0, named=True)
    of_three = [row["p_value"] for row in tables if row["term"] == "treated_maxcombo"]
    assert combined["p_value"] == pytest.approx(np.median(of_three))
    assert "median p of 3" in combined["method"]
    ratio = pooled.filter(measure="rmst_ratio").row(0, named=True)
    logs = [np.log(row["estimate"]) for row in tables if row["measure"] == "rmst_ratio"]
    assert ratio["estimate"] == pytest.approx(np.exp(np.mean(logs)))
    assert pooled["method"].str.contains("imputations").all()
