"""What the section `analysis` asks of the contrasts."""

from pathlib import Path

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.study import read_study

STUDY = yaml.safe_load("""
study: mine
title: A study
source: {kind: table, path: patients.csv}
patient_id: id
treatment: {column: arm, treated: a, control: b}
covariates:
  age: {kind: continuous}
  sex: {kind: binary}
  site: {kind: categorical}
endpoints:
  os: {time: days, event: dead}
""")
ROOT = Path(__file__).parents[2]


def faults(analysis, **sections):
    with pytest.raises(StudyError) as error:
        read_study({**STUDY, **sections, "analysis": analysis})
    return [" ".join(fault) for fault in error.value.faults]


def test_all_that_may_be_asked_is_accepted():
    asked = {
        "limits": "plain",
        "strata": ["sex", "site"],
        "cluster": "site",
        "tests": ["stratified", "maxcombo", "fleming_harrington_0_1"],
        "periods_months": [6, 12],
        "transforms": ["km", "rank", "identity", "log"],
        "varying": True,
        "profile": True,
        "few_events": 0,
        "minimum_at_risk": 1,
    }

    assert read_study({**STUDY, "analysis": asked}).analysis.cluster == "site"


@pytest.mark.parametrize(
    ("analysis", "key", "told"),
    [
        ({"strata": ["age"]}, "analysis.strata", "age is continuous"),
        ({"strata": ["sxe"]}, "analysis.strata", "not among the covariates"),
        ({"strata": ["sex", "sex"]}, "analysis.strata", "stands in it twice"),
        ({"cluster": "age"}, "analysis.cluster", "age is continuous"),
        ({"cluster": "place"}, "analysis.cluster", "not among the covariates"),
        ({"tests": ["stratified"]}, "analysis.tests", "needs analysis.strata"),
        ({"tests": ["maxcombo", "maxcombo"]}, "analysis.tests", "names one twice"),
        ({"transforms": ["log", "log"]}, "analysis.transforms", "names one twice"),
        ({"periods_months": [12, 6]}, "analysis.periods_months", "must rise"),
        ({"tests": ["wilcoxon"]}, "analysis.tests", ""),
        ({"limits": "arcsin"}, "analysis.limits", ""),
        ({"minimum_at_risk": 0}, "analysis.minimum_at_risk", ""),
    ],
)
def test_fault_is_named(analysis, key, told):
    (found,) = faults(analysis)

    assert found.startswith(key)
    assert told in found


def test_limits_of_pooled_curves_are_log_log():
    (found,) = faults({"limits": "log"}, imputation={"n": 5})

    assert found.startswith("analysis.limits must be log-log")


def test_all_faults_are_told_at_once():
    asked = {"strata": ["age"], "cluster": "place", "periods_months": [2, 1]}

    assert len(faults(asked)) == 3
