import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import assess_dfbeta, fit_cox
from twoarm.survival import omission
from twoarm.survival.curves import Arm
from twoarm.survival.e_values import estimate_e_value, estimate_e_values
from twoarm.survival.fragile import assess_fragility
from twoarm.survival.omission import assess_influence
from twoarm.survival.tipping import (
    needed_strength,
    tip_by_censoring,
    tip_by_confounder,
)
from twoarm.tables.cohort import Patients
from twoarm.tables.fragility import Influence, Tipping
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects

COUNTS = {"n_treated": 50, "n_control": 50, "events_treated": 20, "events_control": 30}


def ratio(estimate, low, high, **changed):
    usual = {"endpoint": "os", "design": "unadjusted", "measure": "hazard_ratio"}
    usual |= {"term": "treated", "months": None, "std_error": 0.1, "p_value": 0.01}
    ends = {"estimate": estimate, "conf_low": low, "conf_high": high}
    return {**usual, **ends, **COUNTS, "method": "Cox", **changed}


def arms_from(seed=0, size=120, effect=0.4, censored=0.4, weight=None):
    rng = np.random.default_rng(seed)
    treated = np.arange(size) < size // 2
    time = np.ceil(rng.exponential(300 / np.where(treated, effect, 1.0)))
    event = rng.random(size) > censored
    named = pl.Series([f"{k:03}" for k in range(size)])
    return {
        name: Arm(
            name, time[rows], event[rows], None if weight is None else weight[rows],
            None, None, named.filter(rows),
        )
        for name, rows in (("treated", treated), ("control", ~treated))
    }  # fmt: skip


# -------------------------------------------------------------------------- E-values


def test_worked_examples_of_the_paper():
    """VanderWeele and Ding 2017: 3.9 (1.8-8.7) and, preventive, 0.80 (0.71-0.91)."""
    assert estimate_e_value(3.9, common=False) == pytest.approx(7.26, abs=0.005)
    assert estimate_e_value(1.8, common=False) == pytest.approx(3.0, abs=1e-12)
    assert estimate_e_value(0.8, common=False) == pytest.approx(1.81, abs=0.005)
    assert estimate_e_value(0.91, common=False) == pytest.approx(1.43, abs=0.005)


def test_ratios_of_the_index_paper_by_hand():
    """The published 0.26 (upper 0.46) and 0.39 (upper 0.63), outcomes common."""
    for hazard_ratio, expected in ((0.26, 4.43), (0.46, 2.81), (0.39, 3.22)):
        found = estimate_e_value(hazard_ratio, common=True)
        assert found == pytest.approx(expected, abs=0.01)


@given(st.floats(0.01, 100), st.booleans())
def test_inverse_ratio_has_the_same_value_and_none_is_below_1(hazard_ratio, common):
    one, other = (
        estimate_e_value(each, common=common)
        for each in (hazard_ratio, 1 / hazard_ratio)
    )
    assert one == pytest.approx(other, rel=1e-9)
    assert one >= 1


def test_limit_nearest_to_1_is_taken_and_1_where_the_limits_hold_it():
    table = Effects.of(
        [
            ratio(0.5, 0.3, 0.8),
            ratio(2.0, 1.2, 3.0, design="harm"),
            ratio(0.8, 0.5, 1.3, design="open"),
            ratio(None, None, None, design="none", std_error=None, p_value=None),
            ratio(0.5, 0.3, 0.8, design="rare", events_treated=5, events_control=9),
        ]
    )

    rows = estimate_e_values(table)

    found = {(row["design"], row["term"]): row["estimate"] for row in rows}
    common = {"common": True}
    assert found["unadjusted", "treated_limit"] == estimate_e_value(0.8, **common)
    assert found["harm", "treated_limit"] == estimate_e_value(1.2, **common)
    assert found["open", "treated_limit"] == 1
    assert found["none", "treated"] is None
    assert found["rare", "treated"] == estimate_e_value(0.5, common=False)
    assert found["rare", "treated"] > found["unadjusted", "treated"]
    Effects.check(Effects.of(rows))


# --------------------------------------------------------------------- tipping points


def test_confounder_by_hand():
    """Twice the hazard in 20 % against 50 %: 1.5 / 1.2 of the ratio."""
    rows = [*tip_by_confounder(ratio(0.8, 0.6, 0.9))]

    asked = {"strength": 2.0, "prevalence_treated": 0.2, "prevalence_control": 0.5}
    row = next(each for each in rows if asked.items() <= each.items())
    assert row["estimate"] == pytest.approx(1.0)
    assert row["needed_estimate"] == pytest.approx(2.0)
    assert row["conf_high"] == pytest.approx(0.9 * 1.25)
    assert row["needed_limit"] == pytest.approx(needed_strength(0.9, 0.2, 0.5))


@given(st.floats(0.05, 20), st.floats(0, 1), st.floats(0, 1))
def test_needed_strength_is_what_brings_the_ratio_to_1(hazard_ratio, p1, p0):
    needed = needed_strength(hazard_ratio, p1, p0)

    if needed is not None and needed < 1e6:
        factor = (needed * p0 + 1 - p0) / (needed * p1 + 1 - p1)
        assert hazard_ratio * factor == pytest.approx(1, rel=1e-6)


def test_confounder_of_a_harmful_treatment_is_turned_about():
    for row in tip_by_confounder(ratio(2.0, 1.5, 3.0)):
        assert row["prevalence_treated"] > row["prevalence_control"]
        assert row["estimate"] < 2


def tips(arms, favours="treated"):
    return [*tip_by_censoring(arms, favours=favours, confidence=0.95)]


def test_higher_hazard_after_censoring_moves_the_ratio_to_1_and_beyond():
    rows = tips(arms_from(effect=0.6))

    estimates = [row["estimate"] for row in rows]
    assert estimates == sorted(estimates)
    assert rows[0]["conf_high"] < 1 < rows[-1]["conf_high"]
    held = [row["strength"] for row in rows if row["conf_low"] <= 1 <= row["conf_high"]]
    assert {row["needed_limit"] for row in rows} == {min(held)}


def test_censoring_at_random_leaves_the_ratio_near():
    arms = arms_from(size=2000)
    both = [np.concatenate([getattr(arms[k], name) for k in arms])
            for name in ("time", "event")]  # fmt: skip
    treated = np.repeat([1.0, 0.0], 1000)[:, None]
    plain = fit_cox(*both, treated).estimate[0]

    assert math.log(tips(arms)[0]["estimate"]) == pytest.approx(plain, abs=0.06)


def test_nobody_censored_nothing_tips():
    rows = tips(arms_from(censored=0.0))

    assert len({row["estimate"] for row in rows}) == 1
    assert rows[0]["needed_limit"] is None


def test_the_same_arms_give_the_same_bits():
    assert tips(arms_from(seed=4)) == tips(arms_from(seed=4))


# -------------------------------------------------------------------------- influence


def test_leaving_each_out_is_fitting_without_each():
    arms = arms_from(size=40)
    both = {name: np.concatenate([getattr(arm, name) for arm in arms.values()])
            for name in ("time", "event")}  # fmt: skip
    treated = np.repeat([1.0, 0.0], 20)
    fits = []
    for out in range(40):
        keep = np.arange(40) != out
        fit = fit_cox(both["time"][keep], both["event"][keep], treated[keep, None])
        fits.append(np.exp(fit.estimate[0]))

    row = assess_influence(arms, confidence=0.95)

    assert row["lowest"] == min(fits)
    assert row["highest"] == max(fits)
    assert row["method"] == "refitted"


def test_rows_of_one_patient_leave_together():
    arms = arms_from(size=40)
    twin = {
        name: arm._replace(patient_id=pl.Series([f"{k // 2}{name}" for k in range(20)]))
        for name, arm in arms.items()
    }

    assert assess_influence(twin, confidence=0.95)["n_patients"] == 20


def test_a_verdict_that_hangs_on_one_patient_is_told():
    """At the level whose limit is 1 some take it across; far from there nobody does."""
    arms = arms_from(size=60, effect=1.0, seed=5)
    both = [np.concatenate([getattr(arm, name) for arm in arms.values()])
            for name in ("time", "event")]  # fmt: skip
    fit = fit_cox(*both, np.repeat([1.0, 0.0], 30)[:, None])
    near = math.erf(abs(fit.estimate[0]) / fit.std_error[0] / math.sqrt(2))

    tipping = [
        assess_influence(arms, confidence=level)["n_tipping"]
        for level in (0.01 * near, near, 1 - 1e-9)
    ]

    assert tipping[0] == tipping[2] == 0
    assert 0 < tipping[1] < 60


def test_no_ratio_no_row():
    arms = arms_from()
    empty = {**arms, "treated": arms["treated"]._replace(event=np.zeros(60, bool))}

    assert assess_influence(empty, confidence=0.95) is None


def test_dfbeta_is_rs(cohort, oracle):
    patients = cohort("rotterdam")
    row = np.arange(1, patients.height + 1)
    arrays = [patients[name].to_numpy() for name in ("os_days", "os_event", "treated")]

    found = assess_dfbeta(
        arrays[0], arrays[1], arrays[2].astype(float)[:, None],
        weight=0.5 + (row % 7) / 4,
    )  # fmt: skip

    assert found[:40, 0] == pytest.approx(oracle("support")["dfbeta"], rel=1e-6)


def test_dfbeta_is_near_to_leaving_out(monkeypatch):
    arms = arms_from(size=200)
    exact = assess_influence(arms, confidence=0.95)
    monkeypatch.setattr(omission, "MOST_REFITTED", 100)

    near = assess_influence(arms, confidence=0.95)

    assert near["method"] == "dfbeta"
    for name in ("lowest", "highest"):
        assert math.log(near[name]) == pytest.approx(math.log(exact[name]), abs=0.005)


# ----------------------------------------------------------------------------- script


def test_changing_arms_are_not_followed_past_their_censoring():
    arms = arms_from()
    late = {name: arm._replace(entry=np.zeros(60) - 1) for name, arm in arms.items()}
    row = ratio(0.5, 0.3, 0.8)

    plain, changing = (
        assess_fragility(row, each, confidence=0.95)[0] for each in (arms, late)
    )

    assert {each["kind"] for each in plain} == {"confounder", "censoring"}
    assert {each["kind"] for each in changing} == {"confounder"}


def test_script_writes_three_tables(script, tmp_path):
    arms = arms_from()
    parts = [
        pl.DataFrame(
            {"patient_id": arm.patient_id, "os_days": arm.time, "os_event": arm.event}
        ).with_columns(treated=pl.lit(name == "treated"))
        for name, arm in arms.items()
    ]
    patients = pl.concat(parts).with_columns(
        treatment_days=pl.lit(0.0),
        index_date=pl.lit(None, pl.Date),
        first_dose_days=pl.lit(None, pl.Float64),
    )
    Patients.write(patients, tmp_path / "patients.parquet")
    members = patients.select(
        "patient_id", "treated", imputation=pl.lit(0, pl.Int64),
        design=pl.lit("unadjusted"), propensity_score=pl.lit(0.5), weight=pl.lit(1.0),
        set_id=pl.lit(None, pl.String), origin_days=pl.lit(0.0),
        entry_days=pl.lit(0.0), exit_days=pl.lit(None, pl.Float64),
    )  # fmt: skip
    Designs.write(members, tmp_path / "designs.parquet")
    rows = [ratio(0.5, 0.3, 0.8), ratio(0.5, 0.3, 0.8, design="other")]
    Effects.write(Effects.of(rows), tmp_path / "estimates.parquet")
    written = [tmp_path / f"{name}.parquet" for name in ("effects", "tips", "moves")]

    script("survival/assess_fragility").main(
        tmp_path / "patients.parquet",
        tmp_path / "designs.parquet",
        [tmp_path / "estimates.parquet"],
        *written,
        labels={"treated": "A", "control": "B"},
        supporting=["unadjusted"],
        confidence=0.95,
    )

    assert Effects.read(written[0]).height == 4
    assert set(Tipping.read(written[1])["design"]) == {"unadjusted"}
    assert Influence.read(written[2]).height == 1
