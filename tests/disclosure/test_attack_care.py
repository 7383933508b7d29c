"""The intruder at the tables of response, surgery and adverse events."""

import importlib.util
from pathlib import Path
from random import Random

import polars as pl
import pytest

from twoarm.cohort.findings import list_rows, summarise_levels
from twoarm.disclosure.adverse_events import suppress_adverse_events
from twoarm.disclosure.care import suppress_findings
from twoarm.tables.care import UNIONS, AdverseEvents, Findings

spec = importlib.util.spec_from_file_location(
    "intruder", Path(__file__).with_name("intruder.py")
)
intruder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(intruder)
FEWEST = 5
LEVELS = {
    "recist_zero": ("CR", "PR", "SD", "PD"),
    "clavien": ("none", "I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"),
    "death": ("by_30", "by_31_90", "later"),
    "r_status": ("R0", "R1", "R2"),
}
SIZES = (0, 0, 1, 2, 3, 4, 5, 8, 20, 40)


def read_item(eve, rows):
    """Know of an item what its rows tell, and how its counts add up."""
    item, told = rows[0]["item"], {row["level"]: row["n"] for row in rows}
    eve.tell("all", rows[0]["n_patients"])
    eve.tell("known", rows[0]["n_known"])
    for level, n in told.items():
        eve.tell(level, n)
    eve.add(["known", "NE"], "all")
    eve.add(LEVELS[item], "known")
    for union, parts in UNIONS.get(item, {}).items():
        eve.add(parts, union)
    for name in (*told, "known"):
        eve.add([name, ("not", name)], "all")


@pytest.mark.parametrize("item", LEVELS)
def test_no_small_count_of_an_item_is_had(item):
    draw = Random(item)
    for _ in range(12):
        counts = [draw.choice(SIZES) for _ in (*LEVELS[item], None)]
        values = pl.Series(
            [
                level
                for level, n in zip((*LEVELS[item], None), counts, strict=True)
                for _ in range(n)
            ],
            dtype=pl.String,
        )
        if len(values) < FEWEST or not values.count():
            continue
        unknown = "NE" if item == "recist_zero" else ""
        rows = summarise_levels(
            item, values, LEVELS[item], confidence=0.95, unknown=unknown
        )
        made = Findings.of(list_rows({"A": rows}))
        shown = suppress_findings(made, minimum_count=FEWEST).to_dicts()
        eve = intruder.Intruder()
        read_item(eve, shown)
        truth = {row["level"]: row["n"] for row in rows}
        truth |= {"known": values.count(), "NE": values.null_count()}
        truth |= {("not", name): len(values) - n for name, n in truth.items()}
        assert intruder.find_leaks(eve, truth, FEWEST) == {}, (counts, shown)
        assert all(row["n_of"] for row in shown if row["share"] is not None)


TERMS = {1: "a", 2: "b", 3: "c"}


def count_events(courses):
    """Count of (place, kind): events, and patients with one."""
    return {
        (place, kind): (sum(had), sum(map(bool, had)))
        for place in (0, *TERMS)
        for kind in ("any", "severe")
        for had in [
            [
                sum(
                    term == TERMS.get(place, term) and (severe or kind == "any")
                    for term, severe in course
                )
                for course in courses
            ]
        ]
    }


def know_events(eve, at_risk):
    """Know how the counts of events and patients hang together; name what is apart."""
    eve.tell("all", at_risk)
    apart = {}
    for place in (0, *TERMS):
        for what in ("events", "patients"):
            wide, narrow = (what, place, "any"), (what, place, "severe")
            apart[("mild", *wide)] = (wide, narrow)
        for kind in ("any", "severe"):
            had = ("patients", place, kind)
            eve.add([had], ("events", place, kind), at_most=True)
            apart[("none", *had)] = ("all", had)
            if place:
                apart[("other", *had)] = (("patients", 0, kind), had)
    for kind in ("any", "severe"):
        eve.add([("events", place, kind) for place in TERMS], ("events", 0, kind))
    for rest, (whole, part) in apart.items():
        eve.add([part, rest], whole)
    return apart


@pytest.mark.parametrize("seed", range(8))
def test_no_small_count_of_events_is_had(seed):
    draw = Random(seed)
    at_risk, most = draw.randint(FEWEST, 80), draw.choice((1, 2, 4))
    grave = draw.choice((0.2, 0.9))
    courses = [
        [
            (draw.choice("aaaabbc"), draw.random() < grave)
            for _ in range(draw.randint(0, most))
        ]
        for _ in range(at_risk)
    ]
    counts = count_events(courses)
    usual = {"arm": "A", "period": "after_zero", "n_at_risk": at_risk}
    made = AdverseEvents.of(
        [
            {**usual, "position": place, "kind": kind, "n_known": n_event}
            | {"term": TERMS.get(place), "n_event": n_event, "n_patients": n}
            for (place, kind), (n_event, n) in counts.items()
        ]
    )

    rows = suppress_adverse_events(made, minimum_count=FEWEST).to_dicts()

    shown = {(row["position"], row["kind"]): row for row in rows}
    eve, truth = intruder.Intruder(), {"all": at_risk}
    apart = know_events(eve, at_risk)
    for (place, kind), numbers in counts.items():
        row = shown.get((place, kind), {})
        for what, name, n in zip(
            ("events", "patients"), ("n_event", "n_patients"), numbers, strict=True
        ):
            eve.tell((what, place, kind), row.get(name))
            truth[(what, place, kind)] = n
    truth |= {rest: truth[whole] - truth[part] for rest, (whole, part) in apart.items()}
    assert intruder.find_leaks(eve, truth, FEWEST) == {}, (counts, shown)
