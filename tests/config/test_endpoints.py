"""Rules of endpoints in the study file: what contradicts is told, all at once."""

from copy import deepcopy

import pytest

from twoarm.config.faults import StudyError
from twoarm.config.study import complete, read_study

EXPORTED = {
    "study": "exported",
    "title": "Exports of two centres",
    "source": {"kind": "exports", "centres": {"a": "a.yaml", "b": "b.yaml"}},
    "treatment": {"event": "surgery"},
    "covariates": {"age": {"kind": "continuous", "column": "age_years"}},
    "endpoints": {"os": {"events": ["death"]}},
}
TABLE = {
    "study": "table",
    "title": "A table",
    "source": {"kind": "table", "path": "patients.csv"},
    "patient_id": "id",
    "treatment": {"column": "arm", "treated": "a", "control": ["b"]},
    "covariates": {"age": {"kind": "continuous"}},
    "endpoints": {"os": {"time": "days", "event": "dead"}},
}


def with_endpoints(study=EXPORTED, **endpoints):
    """The study with more endpoints."""
    whole = deepcopy(study)
    whole["endpoints"] |= endpoints
    return whole


def faults_of(study):
    with pytest.raises(StudyError) as error:
        read_study(study)
    return [": ".join(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    "endpoint",
    [
        {"events": ["progression", "death"], "progression": "recist"},
        {"events": ["progression", "not_r0", "death"]},
        {"events": ["progression"], "competing": ["death"]},
        {"events": ["death"], "competing": ["progression"], "progression": "mrecist"},
        {"start": "surgery", "events": ["recurrence", "death"]},
        {"start": "surgery", "events": ["recurrence"], "competing": ["death"]},
        {"start": "surgery", "events": ["death"]},
        {"start": "first_dose", "events": ["progression"], "missed_visits": 61},
        {"events": ["progression"], "censor": "last_adequate_scan"},
        {"events": ["progression"], "progression": "mrecist", "mrecist_mm": 5},
    ],
)
def test_rule_is_accepted(endpoint):
    read_study(with_endpoints(end=endpoint))


def test_defaults_are_written_out():
    study = complete(
        read_study(with_endpoints(pfs={"events": ["progression"], "missed_visits": 61}))
    )

    assert study["endpoints"]["os"] == {
        "label": "OS",
        "negative_control": False,
        "time": None,
        "event": None,
        "unit": "days",
        "start": "time_zero",
        "events": ["death"],
        "competing": [],
        "progression": "charted",
        "mrecist_mm": 0,
        "censor": "last_contact",
        "missed_visits": None,
    }
    schedule = {"every_days": 61, "window_days": 0}
    assert study["endpoints"]["pfs"]["missed_visits"] == schedule


SURGERY = {"start": "surgery"}
FAULTS = [
    ({"events": ["death", "death"]}, ["events: death stands twice"]),
    (
        {"events": ["progression", "death"], "competing": ["death"]},
        ["competing: death stands in events too"],
    ),
    ({"events": ["recurrence"]}, ["events: recurrence needs start: surgery"]),
    (
        {"events": ["death"], "competing": ["recurrence"]},
        ["competing: recurrence needs start: surgery"],
    ),
    (
        {**SURGERY, "events": ["progression"]},
        ["events: progression: after surgery it is recurrence"],
    ),
    (
        {**SURGERY, "events": ["death", "not_r0"]},
        ["events: not_r0: surgery is the start; it is no event after it"],
    ),
    (
        {"events": ["death"], "censor": "last_adequate_scan"},
        ["censor: scans tell none of its events; use last_contact"],
    ),
    (
        {"events": ["death"], "missed_visits": {"every_days": 61}},
        ["missed_visits: scans tell none of its events"],
    ),
    (
        {"events": ["death"], "progression": "recist"},
        ["progression: scans tell none of its events"],
    ),
    (
        {"events": ["progression"], "progression": "recist", "mrecist_mm": 5},
        ["mrecist_mm: is for progression: mrecist"],
    ),
    ({"competing": ["death"]}, ["events: is missing"]),
    ({"events": ["relapse"]}, ["events.0: Input should be"]),
    (
        {"events": ["progression"], "missed_visits": 0},
        ["missed_visits.every_days: Input should be greater than 0"],
    ),
    (
        {"events": ["progression"], "missed_visits": {"every_day": 61}},
        [
            "missed_visits.every_days: is missing",
            "missed_visits.every_day: no such key; did you mean every_days?",
        ],
    ),
]


@pytest.mark.parametrize(("endpoint", "expected"), FAULTS)
def test_contradiction_is_told(endpoint, expected):
    told = faults_of(with_endpoints(end=endpoint))

    assert len(told) == len(expected)
    for line, begin in zip(told, expected, strict=True):
        assert line.startswith(f"endpoints.end.{begin}")


def test_all_contradictions_are_told_at_once():
    endpoints = {f"end{place}": endpoint for place, (endpoint, _) in enumerate(FAULTS)}

    told = faults_of(with_endpoints(**endpoints))

    for place, (_, expected) in enumerate(FAULTS):
        for begin in expected:
            assert any(
                line.startswith(f"endpoints.end{place}.{begin}") for line in told
            )


def test_arms_need_an_endpoint_from_time_zero():
    study = with_endpoints()
    study["endpoints"] = {"rfs": {**SURGERY, "events": ["recurrence"]}}

    (told,) = faults_of(study)

    assert told == "endpoints: none starts at time_zero; the arms need one that does"


def test_name_of_a_competing_column_is_taken():
    study = with_endpoints(ttp={"events": ["progression"], "competing": ["death"]})
    study["covariates"]["ttp_competing"] = {"kind": "continuous", "column": "age_years"}

    (told,) = faults_of(study)

    assert told.startswith("covariates.ttp_competing: the name is taken")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("start", "surgery"),
        ("events", ["death"]),
        ("competing", ["death"]),
        ("progression", "recist"),
        ("mrecist_mm", 5),
        ("missed_visits", 61),
    ],
)
def test_rules_are_for_exports(key, value):
    study = deepcopy(TABLE)
    study["endpoints"]["os"][key] = value

    assert f"endpoints.os.{key}: is for source.kind exports" in faults_of(study)


def test_cure_is_asked_of_endpoints_that_can_have_it():
    study = with_endpoints(
        pfs={"events": ["progression", "death"]},
        ttp={"events": ["progression"], "competing": ["death"]},
        rfs={"start": "surgery", "events": ["recurrence", "death"]},
    )
    read_study({**study, "analysis": {"cure": {"endpoints": ["os", "pfs"]}}})

    asked = ["os", "os", "ttp", "rfs", "none"]
    faults = faults_of({**study, "analysis": {"cure": {"endpoints": asked}}})

    assert [each.removeprefix("analysis.cure.endpoints: ") for each in faults] == [
        "ttp has competing events: who has one is not cured",
        "rfs does not start at time_zero, so it has no two arms",
        "no endpoint none; there are os, pfs, ttp, rfs",
        "an endpoint stands twice",
    ]


def test_cure_is_checked_of_tables_too():
    study = {**TABLE, "analysis": {"cure": {"endpoints": ["rfs"]}}}

    assert faults_of(study) == [
        "analysis.cure.endpoints: no endpoint rfs; there are os"
    ]
