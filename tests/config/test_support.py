"""What supports the main estimates: subgroups, adjuvant therapy, specifications."""

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.plan import Plan
from twoarm.config.specifications import (
    describe_specifications,
    explained_of,
    supporting_of,
)
from twoarm.config.study import complete, read_study

STUDY = yaml.safe_load("""
study: mine
title: A study
source: {kind: table, path: patients.csv}
patient_id: id
treatment: {column: arm, treated: a, control: b, days: wait}
covariates:
  age: {kind: continuous, label: Age}
  nodes: {kind: continuous}
  sex: {kind: binary}
  gap: {kind: binary, structural: true}
endpoints:
  os: {time: days, event: dead}
  falls: {time: until, event: fell, label: Falls, negative_control: true}
designs:
  matched: {method: nearest, label: Matched}
  lean: {method: weighting, covariates: [age]}
  late: {method: crude, landmark_days: 90}
""")


def faults(analysis=None, **sections):
    with pytest.raises(StudyError) as error:
        read_study({**STUDY, "analysis": analysis or {}, **sections})
    return dict(error.value.faults)


def planned(**analysis):
    study = complete(read_study({**STUDY, "analysis": analysis}))
    return Plan(study, {}, [], [])


def test_everything_is_left_out_or_given():
    assert planned().config["analysis"]["subgroups"] == []
    given = planned(
        subgroups=[{"covariate": "sex"}, {"covariate": "age", "cuts": [50, 70]}],
        cox={"covariates": ["age", "sex"], "splines": {"age": 4}},
        supporting_designs=["matched"],
    )
    assert explained_of(given.config) == ["age", "sex"]
    assert supporting_of(given.config) == ["matched"]


def test_headline_and_unadjusted_are_supported_if_none_is_named():
    assert supporting_of(planned().config) == ["unadjusted"]
    headline = {"endpoint": "os", "design": "matched"}
    study = complete(read_study({**STUDY, "headline": headline}))
    assert supporting_of(study) == ["unadjusted", "matched"]


@pytest.mark.parametrize(
    ("analysis", "path", "what"),
    [
        ({"subgroups": [{"covariate": "ages"}]}, "analysis.subgroups.0.covariate",
         "ages is not among the covariates; did you mean age?"),
        ({"subgroups": [{"covariate": "age"}]}, "analysis.subgroups.0.cuts",
         "are missing: age is continuous"),
        ({"subgroups": [{"covariate": "sex", "cuts": [1]}]},
         "analysis.subgroups.0.cuts", "sex has levels; leave the cuts out"),
        ({"subgroups": [{"covariate": "age", "cuts": [70, 50]}]},
         "analysis.subgroups.0.cuts", "the cuts must rise"),
        ({"subgroups": [{"covariate": "sex"}] * 2}, "analysis.subgroups.1.covariate",
         "sex stands twice"),
        ({"cox": {"splines": {"sex": 4}}}, "analysis.cox.splines.sex",
         "sex has levels: no spline"),
        ({"adjuvant": {"landmark_days": [60]}}, "analysis.adjuvant",
         "is for source.kind exports"),
        ({"supporting_designs": ["matchd"]}, "analysis.supporting_designs",
         "there is no design matchd; did you mean matched?"),
        ({"specifications": {"covariate_sets": {"one": ["agee"]}}},
         "analysis.specifications.covariate_sets.one",
         "agee is not among the covariates; did you mean age?"),
        ({"specifications": {"designs": ["late"]}}, "analysis.specifications.designs",
         "late is no design with terms of a score"),
    ],
)  # fmt: skip
def test_fault_is_told(analysis, path, what):
    assert faults(analysis)[path] == what


def test_a_name_that_a_set_would_take_is_told():
    designs = {**STUDY["designs"], "lean_one": {"method": "nearest"}}
    sets = {"specifications": {"covariate_sets": {"one": ["age"]}}}

    found = faults(sets, designs=designs)

    assert found == {
        "analysis.specifications.covariate_sets.one": "design lean_one is there already"
    }


def test_each_set_makes_each_design_with_a_score_anew():
    plan = planned(specifications={"covariate_sets": {"one": ["age", "sex"]}})

    designs = plan.config["designs"]
    assert list(designs) == ["matched", "lean", "late", "matched_one", "lean_one"]
    assert designs["matched_one"] == {
        **designs["matched"], "label": "Matched, one", "covariates": ["age", "sex"],
    }  # fmt: skip
    assert plan.designs["matched_one"]["score"] == "matched_one"
    assert plan.scores["lean_one"] == ["age", "sex"]
    assert describe_specifications(plan.config) == {
        "unadjusted": {"method": "Unadjusted", "covariates": "None"},
        "matched": {"method": "Matched", "covariates": "All of the study"},
        "lean": {"method": "Lean", "covariates": "A selection"},
        "late": {"method": "Late", "covariates": "None"},
        "matched_one": {"method": "Matched", "covariates": "One"},
        "lean_one": {"method": "Lean", "covariates": "One"},
    }


def test_only_the_chosen_designs_are_made_anew():
    chosen = {"covariate_sets": {"one": ["age"]}, "designs": ["lean"]}

    designs = planned(specifications=chosen).config["designs"]

    assert [name for name in designs if name.endswith("_one")] == ["lean_one"]


def test_negative_control_is_called_one_and_leads_nothing():
    study = complete(read_study(STUDY))
    assert study["endpoints"]["falls"]["label"] == "Falls (negative control)"
    found = faults(headline={"endpoint": "falls", "design": "matched"})
    what = "is a negative control: no effect is expected"
    assert found == {"headline.endpoint": what}
    alone = {"falls": STUDY["endpoints"]["falls"]}
    assert "all are negative controls" in faults(endpoints=alone)["endpoints"]


@pytest.mark.parametrize("formats", [["pdf"], [], ["svg", "svg"], ["svg", "jpg"]])
def test_figures_without_svg_or_twice_are_refused(formats):
    assert any("formats" in place for place in faults(figures={"formats": formats}))
