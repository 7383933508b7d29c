"""The sections `propensity`, `imputation` and `designs`."""

from pathlib import Path

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.plan import Plan
from twoarm.config.study import complete, read_study

STUDY = yaml.safe_load("""
study: mine
title: A study
source: {kind: table, path: patients.csv}
patient_id: id
treatment: {column: arm, treated: a, control: b, days: wait}
covariates:
  age: {kind: continuous}
  nodes: {kind: continuous}
  sex: {kind: binary}
  site: {kind: categorical}
endpoints:
  os: {time: days, event: dead}
""")


def study(designs=None, **sections):
    return {**STUDY, **sections, "designs": designs or {}}


def faults(designs=None, **sections):
    with pytest.raises(StudyError) as error:
        read_study(study(designs, **sections))
    return error.value.faults


DESIGNS = [
    {"method": "nearest", "order": "closest", "ratio": 3},
    {"method": "nearest", "distance": "score", "caliper": 0.05},
    {"method": "nearest", "distance": "mahalanobis", "mahalanobis_of": ["age", "sex"]},
    {"method": "nearest", "estimand": "ATC", "exact": ["sex", "site"]},
    {"method": "optimal", "ratio": 2, "caliper_scale": "pooled"},
    {"method": "full", "estimand": "ATE", "min_controls": 0.5, "max_controls": 4},
    {"method": "coarsened", "bins": {"age": 5, "nodes": [0.5, 3.5]}},
    {"method": "risk_set", "caliper_sd": None},
    {"method": "cloning", "grace_days": 90, "model": "cox", "cap": 20},
    {"method": "time_dependent"},
    {"method": "crude", "landmark_days": 90},
    {"method": "weighting", "estimand": "ATM"},
    {"method": "weighting", "stabilised": True, "truncate": [1, 99]},
    {"method": "weighting", "trim": "crump"},
    {"method": "weighting", "trim": {"preference": [0.3, 0.7]}},
    {"method": "entropy", "moments": 2},
    {"method": "covariate_balancing", "covariates": ["spline(age, 4)", "sex:age"]},
]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: str(d)[11:40])
def test_design_is_accepted(design):
    filled = complete(read_study(study({"one": design})))

    for key, value in design.items():
        given = filled["designs"]["one"][key]
        assert given == value or list(given) == value


def test_designs_share_a_score_but_those_with_covariates_of_their_own():
    own = {"method": "weighting", "covariates": ["age", "spline(nodes, 3)"]}
    filled = complete(read_study(study({"a": DESIGNS[0], "b": own})))

    plan = Plan(filled, {}, [], [])
    assert plan.scores == {
        "unadjusted": ["age", "nodes", "sex", "site"],
        "b": ["age", "spline(nodes, 3)"],
    }
    scores = {name: design["score"] for name, design in plan.designs.items()}
    assert scores == {"a": "unadjusted", "b": "b"}


def test_an_absolute_caliper_replaces_that_of_standard_deviations():
    filled = complete(read_study(study({"a": {"method": "optimal", "caliper": 0.1}})))

    assert filled["designs"]["a"]["caliper_sd"] is None


FAULTS = [
    ({"covariates": ["ages"]}, "covariates", "ages is not among the covariates; did"),
    ({"covariates": ["spline(sexx, 3)"]}, "covariates", "sexx is not among"),
    ({"covariates": ["spline(age, 99)"]}, "covariates", "knots"),
    ({"covariates": ["age +"]}, "covariates", "age +"),
    ({"exact": ["age"]}, "exact", "age is continuous"),
    ({"exact": ["sitess"]}, "exact", "sitess is not among the covariates"),
    ({"mahalanobis_of": ["age"]}, "mahalanobis_of", "is for distance: mahalanobis"),
    ({"caliper": 0.1, "caliper_sd": 0.2}, "", "give either caliper_sd or caliper"),
    ({"order": "biggest"}, "order", "'largest'"),
    ({"ratio": 0}, "ratio", "greater than or equal to 1"),
    (
        {"method": "full", "min_controls": 3, "max_controls": 2},
        "",
        "below min_controls",
    ),
    ({"method": "coarsened", "bins": {"sex": 2}}, "bins", "sex is binary"),
    ({"method": "coarsened", "bins": {"age": [3.0, 1.0]}}, "bins.age", "must rise"),
    ({"method": "coarsened", "bins": {"age": 0}}, "bins.age", "1 to 1000 bins"),
    ({"method": "weighting", "trim": {"score": [0.9, 0.1]}}, "", "must lie above"),
    ({"method": "weighting", "truncate": [99, 1]}, "", "must lie above"),
    (
        {"method": "weighting", "estimand": "ATO", "stabilised": True},
        "",
        "changes nothing",
    ),
]


@pytest.mark.parametrize(("design", "key", "what"), FAULTS, ids=lambda x: str(x)[:30])
def test_fault_of_a_design_is_told_by_its_key(design, key, what):
    told = faults({"one": {"method": "nearest", **design}})

    assert len(told) == 1
    path, words = told[0]
    assert path == f"designs.one.{key}".rstrip(".")
    assert what in words


def test_risk_sets_need_the_time_of_treatment():
    treatment = {k: v for k, v in STUDY["treatment"].items() if k != "days"}

    ((path, what),) = faults({"one": {"method": "risk_set"}}, treatment=treatment)

    assert path == "designs.one.method"
    assert "treatment.days" in what


def test_bootstrap_is_refused_for_matching_with_replacement():
    ((path, what),) = faults(
        {"one": {"method": "nearest", "replace": True}},
        analysis={"bootstrap": {"replicates": 100}},
    )

    assert path == "designs.one.replace"
    assert "bootstrap" in what


def test_score_within_levels_needs_a_covariate_of_levels():
    ((path, what),) = faults(propensity={"within": "age"})

    assert path == "propensity.within"
    assert what == "age is continuous; it does not fit here"


@pytest.mark.parametrize(("n", "numbers"), [(0, ["0"]), (3, ["1", "2", "3"])])
def test_imputations_are_numbered(n, numbers):
    filled = complete(read_study(study(imputation={"n": n})))
    plan = Plan(filled, {}, [], [])

    assert plan.imputations == numbers
    assert plan.imputed is bool(n)


def test_every_study_that_comes_along_names_known_designs():
    for file in Path(__file__).parents[2].glob("config/**/*.yaml"):
        config = yaml.safe_load(file.read_text())
        if "study" in config:
            assert read_study(config).designs


STRUCTURAL = {
    **STUDY["covariates"],
    "nodes": {"kind": "continuous", "structural": True},
}


def test_structural_covariate_is_in_no_model_by_default():
    plain = {**study(), "covariates": STRUCTURAL, "imputation": {"n": 5}}
    filled = complete(read_study({**plain, "designs": {"one": DESIGNS[0]}}))
    plan = Plan(filled, {}, [], [])

    assert filled["propensity"]["covariates"] == ["age", "sex", "site"]
    assert filled["designs"]["one"]["covariates"] == ["age", "sex", "site"]
    assert plan.structural == ["nodes"]
    assert plan.compared == ["age", "sex", "site"]
    assert plan.optional == ["age", "nodes", "sex", "site"]
    filled["imputation"]["n"] = 0
    assert plan.optional == ["nodes"]


@pytest.mark.parametrize(
    ("path", "sections"),
    [
        ("propensity.covariates", {"propensity": {"covariates": ["age", "nodes"]}}),
        ("propensity.covariates", {"propensity": {"covariates": ["spline(nodes, 4)"]}}),
        ("analysis.cox.covariates", {"analysis": {"cox": {"covariates": ["nodes"]}}}),
        (
            "designs.one.mahalanobis_of",
            {"designs": {"one": {**DESIGNS[2], "mahalanobis_of": ["nodes"]}}},
        ),
        ("designs.one.covariates", {"designs": {"one": {
            "method": "entropy", "covariates": ["age", "nodes"]}}}),
        ("designs.one.bins", {"designs": {"one": DESIGNS[6]}}),
    ],
)  # fmt: skip
def test_structural_covariate_in_a_model_is_a_fault(path, sections):
    with pytest.raises(StudyError) as error:
        read_study({**study(), "covariates": STRUCTURAL, **sections})

    what = "nodes is structural: who has no value cannot be in a model"
    assert error.value.faults == [(path, what)]


def test_a_study_of_structural_covariates_alone_compares_nothing():
    alone = {"nodes": STRUCTURAL["nodes"]}
    with pytest.raises(StudyError) as error:
        read_study({**study(), "covariates": alone})

    assert [path for path, _ in error.value.faults] == ["covariates"]


def test_a_key_that_a_method_does_not_take_is_told_in_words():
    late = {"method": "time_dependent", "landmark_days": 30}

    told = "is not for this method; leave it out"
    assert faults({"late": late}) == [("designs.late.landmark_days", told)]


VISITS = {
    "source": {"kind": "visits", "path": "visits.csv", "date": "day"},
    "treatment": {**STUDY["treatment"], "when": "later", "days": None},
}


def cloned(**keys):
    return {"cloned": {"method": "cloning", "grace_days": 90, **keys}}


def test_what_varies_is_added_to_the_terms():
    score = {"propensity": {"covariates": ["spline(age, 4)"]}}
    designs = cloned(varying=["nodes", "age"], stale_days=60)

    filled = complete(read_study(study(designs, **VISITS, **score)))

    assert filled["designs"]["cloned"]["covariates"] == ["spline(age, 4)", "nodes"]
    assert filled["propensity"]["covariates"] == ["spline(age, 4)"]


@pytest.mark.parametrize(
    ("keys", "sections", "what"),
    [
        ({"varying": ["nods"]}, VISITS, "did you mean nodes"),
        ({"varying": ["age", "age"]}, VISITS, "twice"),
        ({"varying": ["age"]}, {}, "a table has no later visits"),
        ({"same_day": True}, VISITS, "are for varying"),
        ({"stale_days": 9}, VISITS, "are for varying"),
    ],
)
def test_what_cannot_vary_is_a_fault(keys, sections, what):
    told = faults(cloned(**keys), **sections)

    assert any(what in text for _, text in told), told


def test_exports_name_what_is_measured_again():
    default = yaml.safe_load(Path("config/config.yaml").read_text())
    default["designs"]["cloned"]["varying"] = ["ecog", "age"]

    with pytest.raises(StudyError) as error:
        read_study(default)

    ((path, what),) = error.value.faults
    assert path == "designs.cloned.varying"
    assert what.startswith("age is not measured again; of exports are ecog, albi")
