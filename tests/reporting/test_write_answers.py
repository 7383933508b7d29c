import polars as pl
import pytest

from twoarm.reporting.clones import find_clone_doubts
from twoarm.reporting.comparison import (
    answer_rows,
    claims_in_words,
    compare_designs,
)
from twoarm.reporting.doubts import find_conflicts
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.cohort import Audit
from twoarm.tables.contract import write_csv
from twoarm.tables.reporting import Answers
from twoarm.tables.survival import Effects

IMMORTAL, CONFOUNDED = "biased: immortal time", "biased: time-varying confounding"
LABELS = {"unadjusted": "Unadjusted", "changing": "Time-dependent", "cloned": "Clones"}
ENDPOINTS = {"os": "Overall survival", "pfs": "Progression-free survival"}
STUDY = {
    "designs": {
        "cloned": {"method": "cloning", "estimand": "ATE"},
        "changing": {"method": "time_dependent", "estimand": None},
    },
    "endpoints": dict.fromkeys(ENDPOINTS),
    "headline": {"endpoint": "os", "design": "cloned"},
    "analysis": {"horizons_months": [12.0, 36.0], "rmst_months": 36.0},
}
CLOCKS = {name: {"clock": "ever"} for name in LABELS}
RATIOS = {
    ("os", "unadjusted"): (0.35123, 0.19, 0.62),
    ("pfs", "unadjusted"): (0.44, 0.3, 0.6),
    ("os", "cloned"): (0.62, 0.38, 1.03),
    ("pfs", "cloned"): (0.7, 0.5, 0.9),
    ("os", "changing"): (0.353, 0.2, 0.6),
    ("pfs", "changing"): (0.9, 0.7, 1.2),
}


def effects():
    counts = {"n_treated": 70, "n_control": 50, "events_treated": 9}
    named = {"term": "treated", "events_control": 9, "method": "Cox"} | counts
    ends, rows = ("estimate", "conf_low", "conf_high"), []
    for (endpoint, design), numbers in RATIOS.items():
        where = {**named, "endpoint": endpoint, "design": design}
        found = dict(zip(ends, numbers, strict=True))
        rows.append({**where, "measure": "hazard_ratio", **found})
        for months in (12.0, 36.0):
            points = {"estimate": 0.3, "conf_low": 0.1, "conf_high": months / 100}
            if design == "changing":
                points = {}
            measure = {"measure": "survival_difference", "months": months}
            rows.append({**where, **measure, **points})
        if design != "changing":
            gain = {"estimate": 9.1, "conf_low": 4.0, "conf_high": 13.3}
            measure = {"measure": "rmst_difference", "months": 36.0}
            rows.append({**where, **measure, **gain})
    return Effects.of(rows)


def audit():
    verdicts = {"unadjusted": IMMORTAL, "changing": CONFOUNDED, "cloned": "sound"}
    zero = {
        each: 0
        for each in Audit.column_names()
        if each.startswith("n_") or each in MONTHS
    }
    rows = []
    for endpoint, design in RATIOS:
        verdict = verdicts[design]
        if (endpoint, design) == ("pfs", "changing"):
            verdict = "sound"
        told = {"verdict": verdict, "reason": f"why {design}"}
        rows += [
            {**zero, "endpoint": endpoint, "design": design, "arm": arm, **told}
            for arm in ("A", "B")
        ]
    return Audit.of(rows)


MONTHS = ("person_months", "immortal_months", "shared_months", "expected_events")


@pytest.fixture
def answers():
    return compare_designs(effects(), audit(), study=STUDY, clocks=CLOCKS)


def test_every_number_is_that_of_the_effects(answers):
    assert answers.height == len(RATIOS)
    for row in answers.iter_rows(named=True):
        expected = RATIOS[row["endpoint"], row["design"]]
        found = [row[f"hazard_ratio{end}"] for end in ("", "_low", "_high")]
        assert tuple(found) == expected
    row = answers.row(0, named=True)
    assert row["survival_difference_36_high"] == 0.36
    assert row["survival_difference_12_high"] == 0.12
    assert (row["rmst_difference"], row["rmst_months"]) == (9.1, 36.0)


def test_designs_come_kind_by_kind_and_the_headline_is_marked(answers):
    os = answers.filter(endpoint="os")

    assert os["design"].to_list() == ["unadjusted", "changing", "cloned"]
    assert os["kind"].to_list() == ["naive", "time_dependent", "cloning"]
    marked = answers.filter("headline").select("endpoint", "design").rows()
    assert marked == [("os", "cloned")]
    assert os["sound_for"].to_list() == [None, "pfs", "os pfs"]


def test_claims_say_what_the_naive_one_would_have_claimed(answers):
    told = claims_in_words(answers, designs=LABELS, endpoints=ENDPOINTS)

    assert told[0] == (
        "Overall survival: the contrast usually published, of those ever treated with "
        "the others, would have claimed a hazard ratio of 0.35 (0.19–0.62), a "
        "difference of 30 (10–36) points at 36 months and 9.1 (4.0–13.3) months of 36."
    )
    assert told[1].startswith(
        "The design that this study leads with, Clones, finds a hazard ratio of 0.62"
    )
    assert told[-1] == (
        "Time-dependent is sound for Progression-free survival and biased for Overall "
        "survival here: why changing."
    )


def test_sound_designs_that_find_something_else_weaken_the_headline(answers):
    assert not list(find_conflicts(answers, designs=LABELS, endpoints=ENDPOINTS))
    other = answers.with_columns(
        verdict=pl.lit("sound"),
    )

    told = list(find_conflicts(other, designs=LABELS, endpoints=ENDPOINTS))

    assert len(told) == 1
    assert "Unadjusted (0.35) and Time-dependent (0.35)" in told[0]


def test_rows_in_words(answers):
    told = answers.select("endpoint", "design").iter_rows()
    places = {of: row for row, of in enumerate(told, start=7)}

    rows = answer_rows(answers, designs=LABELS, endpoints=ENDPOINTS, places=places)

    assert [row["ref"] for row in rows] == [*range(7, 7 + answers.height)]
    assert rows[0]["points"] == ["30 (10–12)", "30 (10–36)"]
    assert rows[1]["points"] == ["–", "–"]
    assert rows[0]["sound_for"] == "none"
    assert rows[2]["sound_for"] == "Overall survival and Progression-free survival"


def clones(**changed):
    row = {
        "endpoint": "os", "design": "cloned", "arm": "A", "days": 90.0,
        "grace_days": 90.0, "n_at_risk": 50, "n_late": 0, "effective_n": 40.0,
        "largest_share": 0.05, **changed,
    }  # fmt: skip
    return ClonesOverTime.of([row])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, None),
        ({"n_late": 7}, "7 treatments come after the grace period of 90 days"),
        (
            {"effective_n": 9.0},
            "the 50 clones of “A” after the grace period are worth 9",
        ),
        ({"largest_share": 0.25}, "one clone of “A” has 25 % of the weight"),
        ({"effective_n": None, "largest_share": None, "n_late": None}, None),
    ],
)
def test_doubts_of_clones(changed, words):
    told = list(
        find_clone_doubts(clones(**changed), designs=LABELS, endpoints=ENDPOINTS)
    )

    assert len(told) == (words is not None)
    assert not words or words in told[0]


def test_script_writes_the_table(script, tmp_path, answers):
    write_csv(effects(), tmp_path / "effects.csv")
    write_csv(audit(), tmp_path / "audit.csv")

    script("reporting/write_answers").main(
        tmp_path / "effects.csv", tmp_path / "audit.csv", tmp_path / "answers.csv",
        study=STUDY, clocks=CLOCKS,
    )  # fmt: skip

    written = Answers.read_csv(tmp_path / "answers.csv")
    assert written.equals(answers.sort("endpoint", "place"))
