import polars as pl
import pytest

from twoarm.reporting.answers import answers_in_words, overlap_in_words
from twoarm.tables.diagnostics import Diagnostics, Dropped

ARMS = {"treated": "Surgery", "control": "No surgery"}
SOUND = {
    "design": "matched",
    "n_treated": 60,
    "n_control": 60,
    "n_treated_out": 0,
    "n_control_out": 20,
    "n_truncated": 0,
    "ess_treated": 60.0,
    "ess_control": 60.0,
    "weight_max": 1.0,
    "weight_share": 1 / 60,
    "c_statistic": 0.71,
    "overlap": 0.62,
    "share_unsupported": 0.05,
    "n_levels": 4,
    "n_over": 0,
    "smd_max": 0.05,
    "smd_covariate": "age",
    "n_ratios_over": 0,
    "interaction_max": 0.1,
    "interaction_term": "age^2",
    "prognosis_max": 0.1,
    "verdict": "balanced",
}


def answer(method="nearest", estimand="ATT", dropped=(), minimum=5, **changed):
    (found,) = answers_in_words(
        Diagnostics.of([{**SOUND, **changed}]),
        Dropped.of(list(dropped)),
        designs={"matched": "Matched"},
        methods={"matched": {"method": method, "estimand": estimand}},
        arms=ARMS,
        covariates={"age": "Age", "sex": "Sex"},
        minimum_count=minimum,
    )
    return found


def left_out(covariate, smd, level=None, arm="treated"):
    return {
        "design": "matched",
        "arm": arm,
        "covariate": covariate,
        "level": level,
        "mean_kept": 0.5,
        "mean_dropped": 0.4,
        "smd": smd,
        "n_kept": 60,
        "n_dropped": 20,
    }


def test_numbers_of_a_design():
    found = answer()

    assert found["patients"] == "60 / 60"
    assert found["out"] == "0 / 20"
    assert found["effective"] == "60 / 60"
    assert found["largest"] == "0.05 (Age)"
    assert found["verdict"] == "balanced"


@pytest.mark.parametrize(
    ("estimand", "words"),
    [
        ("ATT", "patients like those of “Surgery”"),
        ("ATC", "patients like those of “No surgery”"),
        ("ATE", "all patients analysed"),
        ("ATO", "the overlap"),
        ("ATM", "one-to-one match"),
    ],
)
def test_estimand_says_for_whom_it_answers(estimand, words):
    assert words in answer(estimand=estimand, n_control_out=0)["sentences"][0]


def test_a_design_without_an_estimand_answers_for_nobody_in_particular():
    found = answer("crude", None, n_treated_out=5)["sentences"]

    assert "holds for nobody in particular" in found[0]
    assert not any(each.startswith("Answers for") for each in found)


@pytest.mark.parametrize(
    ("estimand", "treated_out", "control_out", "limited"),
    [
        ("ATT", 0, 20, False),
        ("ATT", 7, 20, True),
        ("ATT", None, 20, True),
        ("ATC", 7, 0, False),
        ("ATE", 0, 0, False),
        ("ATE", 0, 7, True),
        ("ATO", 7, 0, True),
    ],
)
def test_answer_is_limited_where_its_patients_are_left_out(
    estimand, treated_out, control_out, limited
):
    out = {"n_treated_out": treated_out, "n_control_out": control_out}

    first = answer(estimand=estimand, **out)["sentences"][0]

    assert ("only those who are in the design" in first) is limited


def test_who_is_left_out_and_in_what_they_differ():
    rows = [
        left_out("sex", 0.3, "male"),
        left_out("age", -0.6),
        left_out("sex", -0.2, "female"),
        left_out("hbv", 0.09),
        left_out("age", 0.9, arm="control"),
    ]

    told = answer(dropped=rows, n_treated_out=20)["sentences"][1]

    assert told == (
        "25 % of “Surgery” are left out; they differ in Age (higher by 0.6 SD), "
        "Sex = male (lower by 0.3 SD)."
    )


def test_small_number_left_out_is_not_told():
    found = answer(n_treated_out=None)

    assert found["out"] == "< 5 / 20"
    assert not any("of “Surgery” are left out" in each for each in found["sentences"])


def test_heavy_patient_and_truncation_are_told():
    told = " ".join(answer(weight_share=0.25, n_truncated=12)["sentences"])

    assert "One patient carries 25 % of the weight of an arm." in told
    assert "set to a bound" in told


def test_hidden_covariate_is_not_named():
    found = answer(smd_max=None, smd_covariate=None, verdict="not balanced")

    assert found["largest"] == "–"
    assert found["verdict"] == "not balanced"


def test_overlap_of_the_shared_score():
    rows = Diagnostics.of([{**SOUND, "design": "unadjusted"}])
    told = overlap_in_words(rows)
    lost = overlap_in_words(rows.with_columns(share_unsupported=pl.lit(0.3)))

    assert len(told) == 1
    assert "0.71" in told[0]
    assert "62 %" in told[0]
    assert "30 % of the treated have no control" in lost[1]
