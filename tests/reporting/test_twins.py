"""What the report says of twins."""

import numpy as np
import pytest

from twoarm.reporting.twins import find_twin_weaknesses, twins_in_words
from twoarm.tables.validation import Performance

DESIGNS = {"unadjusted": "Unadjusted", "cloned": "Clones", "late": "Day 90"}
ENDPOINTS = {"os": "Overall survival", "pfs": "Progression-free survival"}
LEAD = {"endpoint": "os", "design": "cloned", "exception": None}


def row(design, scenario="1", endpoint="os", term="treated", **values):
    place = {"scenario": scenario, "n_patients": 128, "endpoint": endpoint}
    what = {"design": design, "measure": "hazard_ratio", "term": term, "truth": 0.0}
    usual = {
        "n_replicates": 100,
        "n_failed": 0,
        "mean": 0.01,
        "bias": 0.01,
        "bias_mcse": 0.03,
        "empirical_error": 0.3,
        "coverage": 0.95,
        "coverage_mcse": 0.02,
        "rejection": 0.06,
        "rejection_mcse": 0.024,
    }
    return {**place, **what, **usual, **values}


NAIVE = {"mean": np.log(0.42), "bias": np.log(0.42), "rejection": 0.97, "coverage": 0.1}


def told(*rows):
    return twins_in_words(
        Performance.of(list(rows)),
        designs=DESIGNS,
        endpoints=ENDPOINTS,
        treated="Surgery",
    )


def weaknesses(*rows, lead=LEAD, confidence=0.95):
    return find_twin_weaknesses(
        Performance.of(list(rows)),
        lead,
        designs=DESIGNS,
        endpoints=ENDPOINTS,
        confidence=confidence,
    )


def test_plain_words_of_false_findings():
    sentences = told(row("unadjusted", **NAIVE), row("cloned"))["sentences"]

    assert (
        "Overall survival: on 100 invented cohorts like this one, in which “Surgery” "
        "does nothing, the plain contrast found an effect in 97; its mean hazard ratio "
        "was 0.42."
    ) in sentences
    assert sentences[-1] == "No bias beyond chance: Clones."
    assert sentences[0].startswith("100 cohorts of 128 patients were drawn")


def test_rows_are_those_of_the_table():
    rows = told(
        row("cloned", "0.7", truth=np.log(0.78), mean=np.log(0.8)),
        row("unadjusted", **NAIVE, n_failed=3),
        row("late", term="treated_adjusted", coverage=None),
        row("late", mean=None, bias=None, rejection=None, n_replicates=0, n_failed=100),
    )["rows"]

    assert [(each["design"], each["effect"]) for each in rows] == [
        ("Unadjusted", "No effect"),
        ("Day 90", "No effect"),
        ("Day 90, with covariates", "No effect"),
        ("Clones", "Hazard ratio 0.7"),
    ]
    assert rows[0]["mean"] == "0.42 (0.40–0.45)"
    assert (rows[0]["rejection"], rows[0]["failed"]) == ("97 ± 2", "3")
    assert (rows[1]["mean"], rows[1]["failed"]) == ("–", "100")
    assert rows[2]["coverage"] == "–"
    assert (rows[3]["truth"], rows[3]["mean"][:4]) == ("0.78", "0.80")


def test_no_twin_says_why():
    nothing = row(
        "unadjusted", mean=None, reason="no twin: fewer than 10 patients died"
    )

    found = told(nothing)

    assert found["sentences"] == [
        "No cohort like this one could be drawn: fewer than 10 patients died."
    ]
    assert found["rows"] == []


def test_without_a_table_nothing_is_said():
    words = {"designs": DESIGNS, "endpoints": ENDPOINTS}
    assert twins_in_words(None, treated="Surgery", **words)["sentences"] == []
    assert find_twin_weaknesses(None, LEAD, confidence=0.95, **words) == []


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({}, None),
        ({"bias": -0.05, "mean": -0.05}, None),
        ({"bias": -0.25, "mean": -0.25}, "its mean hazard ratio was 0.78"),
        ({"rejection": 0.08}, None),
        ({"rejection": 0.14, "rejection_mcse": 0.03}, "an effect in 14 %, where 5 %"),
        ({"n_failed": 5}, None),
        ({"n_failed": 60, "reason": "too few"}, "be estimated in 60 (too few)"),
    ],
)
def test_design_that_leads_is_held_to_its_own_twin(figures, words):
    found = weaknesses(row("cloned", **figures), row("unadjusted", **NAIVE))

    assert bool(found) == bool(words)
    if words:
        assert words in found[0]
        assert found[0].startswith("Clones, Overall survival, with which this study")


def test_weakness_asks_for_a_lead_and_its_own_endpoint():
    biased = row("cloned", endpoint="pfs", bias=-0.5, mean=-0.5)
    assert weaknesses(biased, row("cloned")) == []
    assert weaknesses(row("cloned", bias=-0.5, mean=-0.5), lead=None) == []
    effect = row("cloned", "0.7", bias=-0.5, mean=-0.5)
    assert weaknesses(effect, row("cloned")) == []
    assert weaknesses(row("cloned", rejection=0.14), confidence=0.9) == []
