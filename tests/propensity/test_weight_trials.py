"""Nested trials: a toy by hand, laws, R on the same rows, and the script."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.clocks import patients_at
from twoarm.cohort.arms import check_arms, derive_arms
from twoarm.cohort.audit import assess_immortal_time
from twoarm.errors import InputError
from twoarm.propensity import sequential
from twoarm.propensity.assessment import weights_of
from twoarm.propensity.designs import design_of_trials
from twoarm.propensity.sequential import (
    Followed,
    refit_trials,
    weight_trials,
)
from twoarm.propensity.sequential_models import Trials
from twoarm.propensity.trialled import assess_windows, derive_trials, weight_entered
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.tables import propensity as tables
from twoarm.tables.cohort import Arms, Patients
from twoarm.trials import enter_trials

ORACLE = Path(__file__).parents[1] / "oracle" / "sequential.json"
PEER = ORACLE.with_name("sequential_peer.json")
DESIGN = {
    "method": "sequential", "estimand": "ATT", "covariates": ["age"],
    "interval_days": 10.0, "last_days": 40.0, "follow": "as_assigned",
    "model": "pooled", "varying": [], "penalty": 0.0, "stabilised": False,
    "truncate": None,
}  # fmt: skip
CLOCK = {
    "clock": "sequential", "landmark_days": None, "censor_crossovers": False,
    "grace_days": None,
    "trials": {key: DESIGN[key] for key in ("interval_days", "last_days", "follow")},
}  # fmt: skip
LABELS = {"treated": "Surgery", "control": "No surgery"}
# Six patients: day of treatment, day of the first endpoint.
WAIT = np.array([5.0, 10, 15, 20, np.inf, np.inf])
BARRED = np.array([90.0, 90, 90, 20, 25, 90])


def toy(score):
    """The six patients with chances of treatment that are given, not fitted."""
    entries = enter_trials(WAIT, BARRED, interval_days=10, last_days=20)
    none = np.empty((len(entries.patient), 0))
    trials = Trials(entries, none, np.empty((6, 0)), [], WAIT, BARRED)
    chances = np.array(score)[entries.trial]
    return trials, chances


class TestToy:
    def test_members(self):
        entries = enter_trials(WAIT, BARRED, interval_days=10, last_days=20)

        # Trial of day 10: treated on days 5 and 10; the others are followed beyond it.
        # Of day 20: the third is treated; the fourth, on day 20, is not followed on.
        found = zip(entries.patient, entries.trial, entries.treated, strict=True)
        assert list(found) == [
            (0, 0, True), (1, 0, True), (2, 0, False), (2, 1, True), (3, 0, False),
            (4, 0, False), (4, 1, False), (5, 0, False), (5, 1, False),
        ]  # fmt: skip
        assert entries.ends.tolist() == [10, 20]
        assert entries.inside.all()

    def test_windows_that_make_no_trial_are_counted(self):
        entries = enter_trials(WAIT, BARRED, interval_days=4, last_days=20)
        none = np.empty((len(entries.patient), 0))
        trials = Trials(entries, none, np.empty((6, 0)), [], WAIT, BARRED)

        # Treated on days 5, 10, 15, and 20: the last is not followed beyond it, and
        # nobody is by day 4.
        assert entries.ends.tolist() == [8, 12, 16]
        assert assess_windows(trials) == {
            "n_windows": 4, "n_trials": 3, "n_patients": 6, "n_treated": 3,
            "n_entries": 6 + 5 + 4,
        }  # fmt: skip

    def test_weights_of_chances_of_a_third_and_a_quarter(self, monkeypatch):
        trials, chances = toy([1 / 3, 1 / 4])
        monkeypatch.setattr(sequential, "fit_entries", lambda *_, **__: chances)

        found = weight_trials(trials, estimand="ATT")

        assert found.weight == pytest.approx(
            [1, 1, 1 / 2, 1, 1 / 2, 1 / 2, 1 / 3, 1 / 2, 1 / 3]
        )
        assert np.isinf(found.exit_days).all()

    def test_who_is_censored_is_weighted_for(self, monkeypatch):
        trials, chances = toy([1 / 3, 1 / 4])
        monkeypatch.setattr(sequential, "fit_entries", lambda *_, **__: chances)

        found = weight_trials(trials, estimand="ATT", follow="per_protocol")

        # The third leaves the trial of day 10 at 14.5: within the window of days 10 to
        # 20 the chance to stay is the mean of 1 and 3/4; after it 3/4.
        rows = zip(*(each.tolist() for each in found), strict=True)
        of_first_trial = [row for row in rows if row[0] in (2, 7)]
        assert of_first_trial == [
            (2, 10, 14.5, pytest.approx(0.5 / 0.875)),
            (7, 10, 20, pytest.approx(0.5 / 0.875)),
            (7, 20, np.inf, pytest.approx(0.5 / 0.75)),
        ]


days = st.integers(0, 40)


@given(st.lists(st.tuples(days | st.none(), st.integers(1, 60)), max_size=30))
def test_no_time_is_immortal_and_nobody_is_in_two_arms(people):
    wait = np.array([np.inf if w is None else w for w, _ in people])
    barred = np.array([float(end) for _, end in people])

    for interval in (7.0, None):
        entries = enter_trials(wait, barred, interval_days=interval)
        inside = entries.inside
        who, number = entries.patient[inside], entries.trial[inside]
        day, treated = entries.ends[number], entries.treated[inside]
        assert (barred[who] > day).all()
        assert (wait[who][treated] <= day[treated]).all()
        assert (wait[who][~treated] > day[~treated]).all()
        assert len(set(zip(who, number, strict=True))) == len(who)
        assert np.bincount(who[treated], minlength=1).max(initial=0) <= 1
        for one in range(len(entries.ends)):
            assert set(treated[number == one]) == {True, False}


@given(st.lists(st.tuples(days, st.integers(1, 60)), min_size=1, max_size=30))
def test_days_of_treatment_are_risk_sets(people):
    wait, barred = (np.array(each, float) for each in zip(*people, strict=True))

    entries = enter_trials(wait, barred, interval_days=None)

    for number, day in enumerate(entries.ends):
        own = entries.patient[entries.trial == number]
        at_risk = np.flatnonzero((wait >= day) & (barred > day))
        assert own.tolist() == at_risk.tolist()


def test_arms_are_those_of_the_trials_and_of_the_weights(waiting):
    patients = waiting(400)

    for follow in ("as_assigned", "per_protocol"):
        design = {**DESIGN, "follow": follow}
        clock = {**CLOCK, "trials": {**CLOCK["trials"], "follow": follow}}
        arms = Arms.check(derive_arms(patients, {"nested": clock}, ["os", "pfs"]))
        entered = derive_trials(patients, design, ["os", "pfs"], "nested")
        rows = weight_entered(patients, entered, design, "nested")
        key = ["patient_id", "treated", "origin_days"]
        last = rows.group_by(key).agg(pl.col("exit_days").last()).sort(key)
        assert last.equals(arms.select(*key, "exit_days").sort(key))


def test_audit_finds_them_sound_if_censoring_is_weighted_for(waiting):
    patients = waiting(400).with_columns(index_date=pl.lit(None, pl.Date))
    trials = {**CLOCK["trials"], "follow": "per_protocol"}
    clocks = {"assigned": CLOCK, "protocol": {**CLOCK, "trials": trials}}
    arms = derive_arms(patients, clocks, ["os", "pfs"])
    how = {"endpoints": ["os", "pfs"], "labels": LABELS, "covariates": {}}

    found = assess_immortal_time(patients, arms, **how, reweighted=["protocol"])
    plain = assess_immortal_time(patients, arms, **how)

    assert set(found["verdict"]) == {"sound"}
    told = plain.filter(design="protocol")["verdict"]
    assert set(told) == {"biased: informative censoring"}
    assert found["immortal_months"].sum() == 0
    assert found["n_patients"].max() <= patients.height


def test_who_is_treated_in_no_trial_leaves_an_arm_empty(waiting):
    patients = waiting(400).with_columns(treatment_days=pl.lit(None, pl.Float64))
    arms = derive_arms(patients, {"nested": CLOCK}, ["os", "pfs"])

    with pytest.raises(InputError, match="Surgery has nobody in any trial"):
        check_arms(arms, {"nested": CLOCK}, labels=LABELS)


def test_too_many_rows_are_refused(monkeypatch, waiting):
    monkeypatch.setattr("twoarm.trials.MOST_ROWS", 10)

    with pytest.raises(InputError, match=r"400 patients in .* lengthen interval_days"):
        derive_trials(waiting(400), DESIGN, ["os", "pfs"], "nested")


def test_one_patient_who_makes_the_estimate_is_refused(monkeypatch, waiting):
    patients = waiting(400)
    entered = derive_trials(patients, DESIGN, ["os", "pfs"], "nested")
    chances = np.full(len(entered.entries.patient), 0.1)
    chances[np.flatnonzero(~entered.entries.treated)[0]] = 1 - 1e-9
    monkeypatch.setattr(sequential, "fit_entries", lambda *_, **__: chances)

    with pytest.raises(InputError, match=r"design nested: .* control entries one has"):
        weight_entered(patients, entered, DESIGN, "nested")


def members_of(patients, **changes):
    design = {**DESIGN, **changes}
    entered = derive_trials(patients, design, ["os", "pfs"], "nested")
    rows = weight_entered(patients, entered, design, "nested")
    table = tables.Trials.check(rows.select(tables.Trials.column_names()))
    return design_of_trials("nested", table), entered, design


def test_balance_sums_the_trials_of_a_patient(waiting):
    patients = waiting(400)
    members, _, _ = members_of(patients, follow="per_protocol")

    found = weights_of(patients, members, {"nested": "ATT"})["nested"]

    first = members.filter(pl.col("entry_days") == pl.col("origin_days"))
    assert found.control.sum() == pytest.approx(
        first.filter(~pl.col("treated"))["weight"].sum()
    )
    assert set(found.treated) == {0, 1}
    assert patients_at(patients, members, ["os"]).equals(patients)


@pytest.mark.parametrize("follow", ["as_assigned", "per_protocol"])
def test_spells_and_tables_say_the_same(follow, waiting):
    patients = waiting(400)
    members, entered, design = members_of(patients, follow=follow)
    arms = arms_of(patients, members, endpoint="os", labels=LABELS)
    row = entered.entries.patient
    followed = Followed(
        *(patients[f"os_{k}"].to_numpy()[row] for k in ("days", "event"))
    )
    how = {k: design[k] for k in ("estimand", "model", "follow", "last_days")}

    spells = refit_trials(entered, followed, **how)(np.arange(patients.height))

    for arm, own in zip(arms.values(), spells, strict=True):
        assert arm.of == "trials"
        assert np.sort(arm.time) == pytest.approx(np.sort(own.exit_days))
        assert arm.weight.sum() == pytest.approx(own.weight.sum())
    curve = estimate_curve(arms["control"], confidence=0.95)
    assert (
        curve["n_risk"][0]
        == members.filter(~pl.col("treated"))["patient_id"].n_unique()
    )


@pytest.mark.parametrize("follow", ["as_assigned", "per_protocol"])
def test_numbers_are_those_of_r(follow, waiting):
    expected = json.loads(ORACLE.read_text())[follow]
    patients = waiting(400)
    members, _, _ = members_of(patients, follow=follow)
    arms = arms_of(patients, members, endpoint="os", labels=LABELS)

    rows = estimate_effects(
        arms, horizons_months=[6.0], rmst_months=6.0, confidence=0.95
    )

    found = {(row["measure"], row["term"]): row for row in rows}
    ratio = found["hazard_ratio", "treated"]
    assert np.log(ratio["estimate"]) == pytest.approx(expected["log_hr"], rel=1e-6)
    assert ratio["std_error"] == pytest.approx(expected["std_error"], rel=1e-6)
    for arm, label in LABELS.items():
        survival = found["survival", label]
        assert survival["estimate"] == pytest.approx(
            expected[arm]["survival"], rel=1e-9
        )
        error = survival["std_error"]
        assert error == pytest.approx(expected[arm]["std_error"], rel=1e-6)


def test_trials_are_those_that_pyseqtarget_expands(waiting):
    patients = waiting(400)
    members, entered, _ = members_of(patients)
    width, ends = DESIGN["interval_days"], entered.entries.ends
    day = (pl.col("pfs_days") - pl.col("origin_days")) / width

    found = (
        members.join(patients.drop("treated"), on="patient_id")
        .group_by("origin_days", treatment_bas=pl.col("treated").cast(int))
        .agg(n=pl.len(), n_periods=day.ceil().sum(), n_event=pl.col("pfs_event").sum())
        .sort("origin_days", "treatment_bas")
    )

    expected = pl.DataFrame(json.loads(PEER.read_text()))
    assert [ends[trial] for trial in expected["trial"]] == found[
        "origin_days"
    ].to_list()
    for name in ("treatment_bas", "n", "n_periods", "n_event"):
        assert found[name].to_list() == expected[name].to_list()


def test_script_writes_what_the_contract_asks(script, tmp_path, waiting):
    Patients.write(waiting(400), tmp_path / "patients")

    script("propensity/weight_trials").main(
        tmp_path / "patients", [], tmp_path / "trials", tmp_path / "windows",
        sequential={"nested": DESIGN}, endpoints=["os", "pfs"],
    )  # fmt: skip

    trials = tables.Trials.read(tmp_path / "trials")
    (row,) = tables.Windows.read(tmp_path / "windows").to_dicts()
    assert row["design"] == "nested"
    assert row["n_trials"] == trials["origin_days"].n_unique()
    assert row["n_patients"] == trials["patient_id"].n_unique()
    assert row["n_treated"] == trials.filter("treated").height
    assert row["n_entries"] == trials.height
    assert trials["design"].unique().to_list() == ["nested"]
    assert trials.filter("treated")["weight"].unique().to_list() == [1.0]


def test_values_at_the_window_move_the_weights(waiting):
    patients = waiting(400)
    told = {"patient_id": ["p0001", "p0300"], "days": [5.0, 5.0], "age": [90.0, 20.0]}
    design = {**DESIGN, "varying": ["age"]}
    ends = ["os", "pfs"]
    later = pl.DataFrame(told)

    moved = derive_trials(patients, design, ends, "nested", histories=later)
    still = derive_trials(patients, DESIGN, ends, "nested")

    changed = (moved.matrix != still.matrix).any(axis=1)
    ids = patients["patient_id"].gather(moved.entries.patient[changed])
    assert set(ids) <= {"p0001", "p0300"}
    assert (moved.entries.starts[moved.entries.trial[changed]] >= 5).all()
    assert (moved.zero == still.zero).all()
