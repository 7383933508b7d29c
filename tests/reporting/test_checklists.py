"""Where a report meets the items of STROBE, RECORD and TARGET."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from twoarm.reporting.blocks import Fold, Grid, Heading, Items, Paragraph, Report
from twoarm.reporting.checklists import LEAD, LISTS, MISSING, QUESTION, checklists_of

SECTIONS = Path(__file__).parents[2] / "src" / "twoarm" / "reporting"
ASKED = {(name, item.number, item.asks): item
         for name, items in LISTS.items() for item in items}  # fmt: skip
ROW = "Outcomes", "Death.", "Overall survival runs from time zero to death."
TRIAL = Grid("Trial.", ["Component", "Target trial", "Emulation"], [ROW], [""] * 3)
REPORT = Report(
    "Title",
    "Do they?",
    [
        Paragraph("Overall survival: hazard ratio 0.5."),
        Heading("What weakens this study"),
        Items([("", "Few patients.")]),
        Heading("Protocol"),
        TRIAL,
        Heading("Patients"),
        Heading("Criteria for surgery", 3),
        Fold("What was done to the cells of the exports", [Paragraph("Much.")]),
    ],
)


def found(report):
    """Item to where it is met, over all checklists."""
    heading, _, *folds = checklists_of(report)
    assert heading.words == "Checklists"
    rows = [(fold.summary, row) for fold in folds for row in fold.blocks[0].rows]
    assert len(rows) == len(ASKED)
    return {(name, number, asks): where for name, (number, asks, where) in rows}


def met(report):
    return {key[1:]: where for key, where in found(report).items() if where != MISSING}


def test_items_are_met_where_a_section_says_what_they_ask():
    assert met(REPORT) == {
        ("3", "Objectives"): QUESTION,
        ("7", "Outcomes, exposures and confounders defined"): "Protocol",
        ("18", "Key results"): LEAD,
        ("19", "Limitations"): "What weakens this study",
        ("12.2", "Cleaning of the data"): "Patients",
        ("Introduction", "Causal question"): QUESTION,
        ("Target trial", "Outcomes"): "Protocol",
        ("Emulation", "Outcomes"): "Protocol",
        ("Discussion", "Limitations"): "What weakens this study",
    }


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (("Outcomes", "Not told.", ROW[2]), {("Target trial", "Outcomes")}),
        (
            ("Outcomes", "Death.", "Overall survival. As the source has it."),
            {
                ("Emulation", "Outcomes"),
                ("7", "Outcomes, exposures and confounders defined"),
            },
        ),
    ],
)
def test_nothing_is_claimed_that_the_section_does_not_say(row, lost):
    blocks = [replace(TRIAL, rows=[row]) if b is TRIAL else b for b in REPORT.blocks]

    assert {*met(REPORT)} - {*met(replace(REPORT, blocks=blocks))} == lost


def test_empty_report_meets_nothing():
    assert met(Report("Title", "", [])) == {}


def test_every_place_is_a_section_that_reports_have():
    text = "".join(each.read_text() for each in SECTIONS.glob("section*.py"))

    places = {place for item in ASKED.values() for place in item.places}
    assert len(places) > 5
    for place in places - {QUESTION, LEAD}:
        assert f'Heading("{place}")' in text


def test_no_item_of_strobe_and_record_is_left_out():
    strobe, record, _ = LISTS.values()

    whole = {int(re.match(r"\d+", item.number)[0]) for item in strobe}
    assert whole == {*range(1, 23)}
    told = "1.1 1.2 1.3 6.1 6.2 6.3 7.1 12.1 12.2 12.3 13.1 19.1 22.1"
    assert " ".join(item.number for item in record) == told
