from types import SimpleNamespace

import polars as pl
import pytest

from twoarm.config.plan import clocks_of
from twoarm.config.study import complete, read_study
from twoarm.reporting.protocol import protocol_of
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.reporting import Protocol

LABELS = {"treated": "Surgery", "control": "No surgery"}
TRIAL = {
    "eligibility": "Adults with disease.",
    "strategies": {"treated": "Surgery", "control": "None", "grace_months": 3},
}
HOSTILE = "=cmd|'/c calc'!A1"


def study_of(**changed):
    plain = {
        "study": "toy",
        "title": "A toy study",
        "source": {"kind": "table", "path": "toy.csv"},
        "patient_id": "id",
        "treatment": {
            "column": "arm", "treated": 1, "control": 0, "days": "wait",
            "labels": LABELS,
        },
        "covariates": {"age": {"kind": "continuous", "label": "Age"}},
        "endpoints": {"os": {"label": "Overall survival", "time": "t", "event": "e"}},
        "designs": {
            "matched": {"label": "Matched", "method": "nearest"},
            "day_90": {"label": "Day 90", "method": "crude", "landmark_days": 90},
        },
        "release": {"minimum_count": 5, "minimum_at_risk": 10},
    }  # fmt: skip
    return complete(read_study({**plain, **changed}))


def step(number, reason, before, after):
    counts = {"n_before": before, "n_excluded": before - after, "n_after": after}
    return {"step": number, "reason": reason, **counts}


ATTRITION = [step(1, "Patients read", 1613, 1613), step(2, "Not adult", 1613, 128)]


def audit_of(verdicts=(("unadjusted", "biased: immortal time"), ("day_90", "sound"))):
    usual = dict.fromkeys(Audit.column_names(), 0)
    usual |= {"endpoint": "os", "reason": "", "n_patients": 54}
    usual |= {"median_wait_months": None, "median_follow_up_months": None}
    usual |= {"median_year": None}
    treated = {"n_patients": None, "median_wait_months": 1.44}
    return Audit.of(
        [
            {**usual, "design": name, "arm": label, "verdict": verdict, **more}
            for name, verdict in verdicts
            for label, more in ((LABELS["treated"], treated), (LABELS["control"], {}))
        ]
    )


def rows_of(study):
    found = protocol_of(
        study,
        clocks_of(study["designs"]),
        attrition=Attrition.of(ATTRITION),
        audit=audit_of(),
    )
    rows = Protocol.check(found).sort("place").iter_rows(named=True)
    return {row["component"]: SimpleNamespace(**row) for row in rows}


def test_components_are_those_of_a_target_trial_in_their_order():
    assert list(rows_of(study_of(trial=TRIAL))) == [
        "Eligibility", "Strategies", "Assignment", "Time zero", "Outcomes",
        "Follow-up", "Contrast", "Estimand", "Assumptions",
    ]  # fmt: skip


def test_the_trial_is_that_of_the_study_file():
    rows = rows_of(study_of(trial=TRIAL))

    assert rows["Eligibility"].target_trial == "Adults with disease."
    words = "(1) Surgery, within 3 months; (0) None, within 3 months."
    assert rows["Strategies"].target_trial == words
    assert rows["Assignment"].target_trial.startswith("At random")
    assert rows["Outcomes"].target_trial == "Overall survival."


def test_without_a_trial_only_the_emulation_is_told():
    rows = rows_of(study_of())

    assert {row.target_trial for row in rows.values()} == {None}
    assert all(row.emulation for row in rows.values())


def test_the_emulation_is_what_was_counted():
    rows = rows_of(study_of(trial=TRIAL))

    told = "1,613 read; 128 analysed. Left: Not adult (1,485)."
    assert rows["Eligibility"].emulation == told
    arms = rows["Strategies"].emulation
    assert "“Surgery” (< 5 patients) and “No surgery” (54 patients)" in arms
    assert "Half of the treated waited longer than 1.4 months." in arms
    assert "by Matched (ATT)." in rows["Assignment"].emulation
    assert "Age" in rows["Assumptions"].emulation


def test_each_clock_is_told_with_its_designs():
    told = rows_of(study_of())["Time zero"].emulation

    ever = "arms by treatment at any time, clock from time zero"
    assert f"Unadjusted and Matched (ATT): {ever}." in told
    assert "Day 90: arms by treatment up to day 90" in told


@pytest.mark.parametrize("leads", [True, False])
def test_contrast_names_sound_designs_and_the_headline(leads):
    headline = {"endpoint": "os", "design": "day_90"} if leads else None

    told = rows_of(study_of(headline=headline))["Contrast"].emulation

    assert told.startswith("Sound by the audit, for some endpoint: Day 90.")
    assert ("leads with Day 90" in told) == leads


def test_script_writes_a_row_a_component_and_no_formula(script, tmp_path):
    study = study_of(trial={**TRIAL, "eligibility": HOSTILE})
    attrition, audit = tmp_path / "attrition.csv", tmp_path / "audit.csv"
    Attrition.of(ATTRITION).write_csv(attrition)
    audit_of().write_csv(audit)

    script("reporting/write_protocol").main(
        attrition, audit, tmp_path / "protocol.csv",
        study=study, clocks=clocks_of(study["designs"]),
    )  # fmt: skip

    cells = pl.read_csv(tmp_path / "protocol.csv")["target_trial"]
    assert cells[0] == "'" + HOSTILE
    found = Protocol.read_csv(tmp_path / "protocol.csv")
    assert found["place"].to_list() == list(range(1, 10))
    assert found["target_trial"][0] == HOSTILE
