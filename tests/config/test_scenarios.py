"""The section `validation.scenarios`: what a study must have to be tried on them."""

from pathlib import Path

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.plan import plan_study
from twoarm.config.replay import scenarios_of
from twoarm.config.study import read_study

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study():
    text = (ROOT / "config/studies/truth.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def faults_of(study):
    with pytest.raises(StudyError) as told:
        read_study(study)
    return [f"{path}: {what}" for path, what in told.value.faults]


def test_study_of_the_truth_is_whole(study):
    read_study(study)


def test_all_faults_are_told_at_once(study):
    study["validation"]["scenarios"] |= {"bootstrap": ["clonde", "changing"]}
    study["analysis"].pop("bootstrap")
    study["covariates"]["tace"] = {"kind": "continuous", "column": "n_cycles"}
    study["endpoints"]["ttp"] = {"events": ["progression"]}

    path = "validation.scenarios"
    told = faults_of(study)
    assert f"{path}.bootstrap: changing has no bootstrap" in told
    assert f"{path}.bootstrap: needs analysis.bootstrap.replicates" in told
    assert f"{path}.cohorts: no scenario draws covariates.tace" in told
    assert f"{path}.cohorts: no scenario draws endpoints.ttp" in told
    assert any("there is no design clonde" in each for each in told)


def test_proportional_scenarios_treat_at_time_zero_and_have_one_endpoint(study):
    study["validation"]["scenarios"] |= {
        "names": ["ph_half", "null"],
        "bootstrap_sizes": [501],
    }

    path = "validation.scenarios"
    told = [each for each in faults_of(study) if each.startswith(path)]
    late = "treats at time zero, designs.{} counts from later"
    names = ("first_dose", "changing", "day_91", "day_91_matched", "day_91_overlap")
    assert told == [
        f"{path}.bootstrap_sizes: no cohorts have 501 patients",
        f"{path}.cohorts: ph_half draws no endpoints.pfs",
        *(
            f"{path}.cohorts: ph_half {late.format(name)}"
            for name in (*names, "cloned", "sequential", "at_risk")
        ),
    ]


def test_a_table_has_no_scenarios():
    text = (ROOT / "config/studies/heart.yaml").read_text(encoding="utf-8")
    study = yaml.safe_load(text)
    study["validation"] = {"scenarios": {"cohorts": {100: 2}}}

    assert "validation.scenarios.cohorts: is for source.kind exports" in faults_of(
        study
    )


@pytest.mark.parametrize("cohorts", [{5: 10}, {500: 0}, {"many": 3}])
def test_sizes_and_counts_have_bounds(study, cohorts):
    study["validation"]["scenarios"]["cohorts"] = cohorts

    assert any("validation.scenarios.cohorts" in each for each in faults_of(study))


def test_jobs_hold_each_cohort_once(study):
    study["validation"]["scenarios"] |= {"cohorts": {50: 5, 100: 2}, "batch": 2}

    planned = scenarios_of(plan_study(study, ROOT))

    jobs = [(job["size"], job["batch"]) for job in planned["jobs"]]
    assert jobs == [("50", "1"), ("50", "2"), ("50", "3"), ("100", "1")]
    assert planned["drawn"]["cohorts"] == {"50": 5, "100": 2}


def test_without_cohorts_there_are_none(study):
    study["validation"]["scenarios"].pop("cohorts")

    planned = scenarios_of(plan_study(study, ROOT))

    assert (planned["names"], planned["jobs"]) == ([], [])
