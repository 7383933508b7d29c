"""What the report says of missing values."""

import pytest

from twoarm.reporting.missing import find_missing, missingness_in_words
from twoarm.tables.cohort import Missingness

LABELS = {"age": "Age", "afp": "AFP"}


def rows_of(covariate, n_missing=0, *, handling="imputed", concern="", n=200):
    share = None if n_missing is None else n_missing / n
    half = None if n_missing is None else n_missing // 2
    usual = {"covariate": covariate, "handling": handling, "concern": concern}
    groups = [("all", "all", n, n_missing), ("arm", "Surgery", 1000, half)]
    return [
        {
            **usual,
            "by": by,
            "group": group,
            "n_patients": size,
            "n_missing": gap,
            "share_missing": share if by == "all" else gap and gap / size,
        }
        for by, group, size, gap in groups
    ]


def table(age, afp, any_of):
    return Missingness.of([*age, *afp, *any_of])


WHOLE = rows_of("age", handling="complete")
TENTH = rows_of("afp", 20)
ANY = rows_of(None, 20)


def say(missingness, imputations=20):
    told = {"labels": LABELS, "imputations": imputations}
    return missingness_in_words(missingness, **told)


def weak(missingness, imputations=20):
    return list(find_missing(missingness, labels=LABELS, imputations=imputations))


def test_only_covariates_with_gaps_are_listed():
    told = say(table(WHOLE, TENTH, ANY))

    assert told["groups"] == ["All (n = 200)", "Surgery (n = 1,000)"]
    assert told["rows"] == [
        {"label": "AFP", "cells": ["20 (10.0)", "10 (1.0)"], "handling": "imputed"}
    ]
    assert told["sentences"] == [
        "20 of 200 patients (10.0 %) have at least one covariate that is not known; it "
        "was imputed in each of 20 completed data sets."
    ]


def test_complete_cases_say_how_many_were_set_aside():
    aside = {"handling": "set aside"}
    told = say(table(WHOLE, rows_of("afp", 20, **aside), rows_of(None, 20, **aside)), 0)

    assert "20 of 200 patients (10.0 %) were set aside" in told["sentences"][0]


def test_nothing_missing_and_hidden_counts_are_said():
    none = rows_of(None, handling="complete")
    told = say(table(WHOLE, rows_of("afp", handling="complete"), none))
    assert told["rows"] == []
    assert "known of every patient" in told["sentences"][0]

    told = say(table(WHOLE, rows_of("afp", None), rows_of(None, None)))
    assert told["rows"][0]["cells"] == ["not shown", "not shown"]
    assert told["sentences"][0].startswith("Patients whose number is not shown have")


@pytest.mark.parametrize(
    ("n_missing", "imputations", "expected"),
    [
        (20, 20, None),
        (20, 19, "19 completed data sets are few: 20 are wanted at the least"),
        (90, 45, None),
        (91, 45, "46 are wanted with 46 % of the patients incomplete"),
        (None, 20, None),
        (None, 5, "20 are wanted at the least"),
    ],
)
def test_too_few_data_sets_are_a_weakness(n_missing, imputations, expected):
    some = table(WHOLE, rows_of("afp", n_missing), rows_of(None, n_missing))

    found = weak(some, imputations)

    assert len(found) == (expected is not None)
    assert all(expected in each for each in found)


def test_nothing_imputed_needs_no_data_sets():
    aside = {"handling": "set aside"}
    some = table(WHOLE, rows_of("afp", 20, **aside), rows_of(None, 20, **aside))

    assert weak(some, 0) == []
    none = rows_of(None, handling="complete")
    assert weak(table(WHOLE, rows_of("afp", handling="complete"), none), 5) == []


@pytest.mark.parametrize(
    ("concern", "words"),
    [
        ("known of fewer than half", "AFP is known of fewer than half"),
        ("missing in nearly all of one arm", "no accident, yet it is imputed"),
        ("missing in nearly all of one centre", "not recorded there"),
    ],
)
def test_concerns_are_weaknesses(concern, words):
    (told,) = weak(table(WHOLE, rows_of("afp", 120, concern=concern), ANY))

    assert words in told
    aside = rows_of("afp", 120, concern=concern, handling="set aside")
    (told,) = weak(table(WHOLE, aside, rows_of(None, 120, handling="set aside")), 0)
    assert "set aside" in told
    assert "imput" not in told
    both = rows_of("afp", 120, concern=f"known of fewer than half; {concern}")
    assert len(weak(table(WHOLE, both, ANY))) == 2


def test_structural_gap_is_listed_and_no_weakness():
    gap = {"handling": "left as it is"}
    some = table(WHOLE, rows_of("afp", 120, **gap), rows_of(None, handling="complete"))

    assert say(some)["rows"][0]["handling"] == "left as it is"
    assert weak(some) == []
