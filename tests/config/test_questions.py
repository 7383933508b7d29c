from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.plan import Plan, plan_study
from twoarm.config.study import complete, read_study
from twoarm.dictionary import CANDIDATES
from twoarm.fieldmaps import fields_of_study
from twoarm.questions import ASSESSMENT, AT_TIME_ZERO

ROOT = Path(__file__).parents[2]
TABLE = yaml.safe_load("""
study: least
title: The least that is a study
source: {kind: table, path: patients.csv}
patient_id: id
treatment: {column: arm, treated: a, control: b}
covariates: {age: {kind: continuous}}
endpoints: {os: {time: days, event: dead}}
""")
VISITS = TABLE | {"source": {"kind": "visits", "path": "v.csv", "date": "day"}}
EXPORTS = yaml.safe_load("""
study: exported
title: Exports of two centres
source: {kind: exports, folder: exports, centres: {a: a.yaml, b: b.yaml}}
treatment: {event: surgery}
covariates: {age: {kind: continuous, column: age_years}}
endpoints: {os: {events: [death]}}
""")


def with_cohort(study, **cohort):
    return {**deepcopy(study), "cohort": cohort}


def step(**asked):
    return {"name": "s", "reason": "Not s", **asked}


def item(where, name="i"):
    return {"name": name, "reason": "r", "where": where}


def criteria(*items, **keys):
    return {"use": "v", "versions": {"v": {"label": "V", "items": list(items)}}, **keys}


def faults_of(study):
    with pytest.raises(StudyError) as caught:
        read_study(study)
    return [line.strip() for line in str(caught.value).splitlines()[1:-1]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"where": "a > 1", "one_of": [1]}, "give one of where, one_of"),
        ({"where": "a > 1", "at_least": 1}, "give one of where, one_of"),
        ({"column": "a"}, "give one of where, one_of"),
        ({"one_of": [1]}, "give a column, unless where names it"),
        ({"where": "a > 1", "column": "a"}, "give a column, unless where names it"),
        ({"column": "a", "at_least": 2, "at_most": 1}, "at_most lies below at_least"),
        ({"where": "max(a) > 1"}, "calls max"),
        ({"where": "a = 'x' and a = 1"}, "asks nothing that columns"),
    ],
)
def test_step_has_one_form(asked, told):
    (fault,) = faults_of(with_cohort(TABLE, eligibility=[step(**asked)]))

    assert fault.startswith("cohort.eligibility.0")
    assert told in fault


def test_all_faults_of_a_study_are_told_at_once():
    study = with_cohort(
        EXPORTS,
        eligibility=[
            step(where="egoc <= 1"),
            {**step(column="sexx", one_of=["male"]), "name": "t"},
            {**step(column="sex", at_least=1), "name": "u"},
        ],
        criteria=criteria(
            item("mdt_resectible"),
            item("ecog"),
            item("ecog <= 1", "j"),
            use="w",
            never=[item("progressed"), item("mdt_resectable", "k")],
        ),
        time_zero="first_visit",
    )

    path = "cohort.criteria.versions.v.items"
    board = "did you mean mdt_resectable?"
    assert faults_of(study) == [
        "cohort.time_zero: may be criteria_met, first_dose for source.kind exports",
        "cohort.criteria.use: no version w under versions",
        f"{path}.0.where: no column mdt_resectible to ask; {board}",
        f"{path}.1.name: another one has this name",
        f"{path}.1.where: is not a question of yes or no on these columns "
        "(ecog is a number)",
        "cohort.criteria.never.1.where: no column mdt_resectable to ask"
        "; text stands in 'single quotes'",
        "cohort.eligibility.0.where: no column egoc to ask; did you mean ecog?",
        "cohort.eligibility.1.column: no column sexx to ask; did you mean sex?",
        "cohort.eligibility.2.column: sex is no number: give one_of, or where",
    ]


def test_text_that_cannot_be_read_hides_no_other_fault():
    broken = criteria(item("ecog <="), item("egoc < 1", "j"), never=[item("died >")])

    told = faults_of(with_cohort(EXPORTS, criteria=broken))

    assert len(told) == 3
    assert told[0].startswith("cohort.criteria.versions.v.items.0.where: is no cond")
    assert told[1].startswith("cohort.criteria.never.0.where: is no condition")
    assert told[2].startswith(
        "cohort.criteria.versions.v.items.1.where: no column egoc"
    )


@pytest.mark.parametrize("study", [TABLE, VISITS], ids=["table", "visits"])
def test_criteria_are_for_exports(study):
    faults = faults_of(with_cohort(study, criteria=criteria(item("ecog < 1"))))

    assert faults == ["cohort.criteria: is for source.kind exports"]


@pytest.mark.parametrize(
    ("study", "usual", "other"),
    [
        (TABLE, "own", None),
        (VISITS, "first_visit", "first_qualifying"),
        (EXPORTS, "criteria_met", "first_dose"),
    ],
    ids=["table", "visits", "exports"],
)
def test_time_zero_of_each_source(study, usual, other):
    assert complete(read_study(study))["cohort"]["time_zero"] == usual
    if other:
        chosen = with_cohort(
            study, time_zero=other, eligibility=[step(where="ecog > 0")]
        )
        assert complete(read_study(chosen))["cohort"]["time_zero"] == other
    for wrong in {"own", "first_visit", "criteria_met"} - {usual}:
        (fault,) = faults_of(with_cohort(study, time_zero=wrong))
        assert fault.startswith("cohort.time_zero: may be")


def test_first_qualifying_visit_needs_conditions():
    (fault,) = faults_of(with_cohort(VISITS, time_zero="first_qualifying"))

    assert "needs steps under cohort.eligibility" in fault


def test_covariates_after_the_first_dose_are_refused_from_it():
    study = with_cohort(EXPORTS, time_zero="first_dose")
    study["covariates"]["depth"] = {"kind": "continuous", "column": "depth_percent"}

    (fault,) = faults_of(study)

    assert fault == "covariates.depth: is not known at the first dose; take it out"


def test_criteria_are_the_board_s_word_unless_said():
    filled = complete(read_study(EXPORTS))["cohort"]["criteria"]

    assert filled["use"] == "board"
    assert [each["where"] for each in filled["versions"]["board"]["items"]] == [
        "mdt_resectable"
    ]


def test_columns_of_an_expression_are_read_as_it_asks_them():
    where = "Age >= 18 and \"Cell type\" in ('hcc') and Age < 80"
    study = complete(read_study(with_cohort(TABLE, eligibility=[step(where=where)])))

    fields = [field for field in fields_of_study(study) if "eligible" in field.name]

    assert [(field.name, field.column, field.kind) for field in fields] == [
        ("eligible_s:Age", "Age", "number"),
        ("eligible_s:Cell type", "Cell type", "code"),
    ]


def test_steps_are_not_asked_again_of_a_visit_that_qualified():
    steps = [step(where="a > 1")]
    first = complete(read_study(with_cohort(VISITS, eligibility=steps)))
    qualifying = with_cohort(VISITS, eligibility=steps, time_zero="first_qualifying")
    later = complete(read_study(qualifying))

    assert len(Plan(first, {}, [], []).asked_at_zero) == 1
    assert Plan(later, {}, [], []).asked_at_zero == []


def test_covariates_of_exports_can_be_asked():
    assert set(CANDIDATES) <= set(AT_TIME_ZERO)
    assert set(ASSESSMENT) <= set(AT_TIME_ZERO)


def test_default_study_ships_three_versions():
    text = (ROOT / "config/config.yaml").read_text(encoding="utf-8")

    asked = plan_study(yaml.safe_load(text), ROOT).config["cohort"]["criteria"]

    assert [*asked["versions"]] == ["board", "zhu_2021", "lu_2023"]
    assert asked["use"] == "board"
    names = "lost few_cycles not_pure no_imaging unfit insufficient progression death"
    assert [each["name"] for each in asked["never"]] == names.split()
