"""The data quality page: what it says, and what it must not."""

import datetime
import re
from pathlib import Path

import polars as pl
import pytest

from twoarm.config.cohort import RULES
from twoarm.reporting.page import render_page
from twoarm.reporting.quality import describe_quality, select_lists, shown
from twoarm.tables.harmonisation import Conflicts, Ledger, Persons, Reviews
from twoarm.tables.quality import Distributions, Places, Quality, Spans

TEMPLATE = Path(__file__).parents[2] / "workflow/templates/quality.html"
EVIL = "<script>alert(1)</script>"
LAB = {"table": "labs", "field": "bilirubin_umol_l"}


def tables_of(file="a/labs.csv", column="总胆红素", verdict="far below"):
    counts = [
        ("outcome", "used", 1234),
        ("outcome", "missing", 3000),
        ("outcome", "withheld", 5),
        ("outcome", "set_aside", 1),
        ("rule", "number_unreadable", 5),
        ("flag", "unit_converted", 1200),
    ]
    cells = {"centre": "a", "file": file, "sheet": "", **LAB}
    places = {"centre": "a", "file": file, "column": column}
    numbers = {"n": 1234, "lower": 0.5, "median": 1.0, "upper": 2.0, "n_shifted": 0}
    entry = {
        **{"centre": "a", "table": "labs", "file": file, "n_read": 4240},
        **{"n_used": 4239, "n_quarantined": 1, "n_merged": 0, "n_elsewhere": 0},
    }
    box = {"lower": 4.0, "median": 8.0, "upper": 32.0}
    day = datetime.date(2021, 3, 5)
    return {
        "quality": Quality.of(
            [{**cells, "what": w, "name": x, "n_cells": n} for w, x, n in counts]
        ),
        "places": Places.of(
            [
                {
                    **{"centre": "b", "file": "b/x.xlsx", "kind": "fault"},
                    **{"rule": "file_unreadable", "what": "is empty"},
                    **{"n_rows": 0, "rows": []},
                },
                {
                    **{**places, "kind": "withheld", "rule": "number_unreadable"},
                    **{"n_rows": 5, "rows": [2, 3, 4, 9]},
                },
                {
                    **{**places, "kind": "set_aside", "rule": "date_absent"},
                    **{"n_rows": 1, "rows": [7]},
                },
            ]
        ),
        "persons": Persons.of(
            [
                {"patient_id": "a:1", "person": "a:1", "survivor": True},
                {"patient_id": "b:1", "person": "a:1", "rule": "national_id",
                 "survivor": False},
            ]
        ),
        "reviews": Reviews.of(
            [
                {"patient_id": "a:1", "other_id": "b:7", "rule": "alike", "file": file,
                 "row": 7, "other_file": "b/x.xlsx", "other_row": 9},
            ]
        ),
        "conflicts": Conflicts.of(
            [
                {"table": "patients", "field": "sex", "files": [file, "b/x.xlsx"],
                 "rows": [7, 9], "settled": "the first"},
            ]
        ),
        "distributions": Distributions.of(
            [
                {"centre": "a", **LAB, **numbers, "z": -6.3, "verdict": verdict},
                {"centre": "b", **LAB, **numbers, **box},
            ]
        ),
        "spans": Spans.of(
            [
                {
                    **{"centre": "a", "table": "labs", "field": "sample_date"},
                    **{"n": 7, "first": day, "median": day, "last": day},
                }
            ]
        ),
        "ledger": Ledger.of([entry]),
    }  # fmt: skip


def page_of(tables, title="A study"):
    content = describe_quality(tables, reasons=RULES)
    named = {"title": title, "version": "0"}
    return render_page(TEMPLATE.read_text(encoding="utf-8"), {**content, **named})


def test_page_says_what_to_do_where():
    page = page_of(tables_of())
    first = page[page.index("What to do first") : page.index("<h2>Files")]
    assert first.index("the whole file") < first.index("2–4, 9, and 1 more")
    for told in ("is empty", "总胆红素", "Number unreadable", "far below"):
        assert told in first
    assert '<td class="words">Date not known</td>' in page
    assert "1,234 cells used, 3,000 missing, 5 not used, 1 set aside" in page
    assert "converted to the dictionary&#39;s unit (1,200)" in page
    assert "-6.3" in page


def test_boxes_stand_where_their_numbers_are_on_a_scale_of_logarithms():
    first, second = describe_quality(tables_of(), reasons=RULES)["numbers"]
    # From 0.5 to 32 are six doublings.
    assert first["box"] == pytest.approx([0, 100 / 6, 200 / 6], abs=0.05)
    assert second["box"] == pytest.approx([50, 400 / 6, 100], abs=0.05)


def test_nothing_of_the_data_runs_in_the_page():
    page = page_of(tables_of(EVIL, EVIL, EVIL), title=EVIL)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    assert not re.search(r"https?://|src=", page)


def test_page_of_sound_exports_says_so():
    sound = tables_of()
    empty = {
        **sound,
        "places": sound["places"].clear(),
        "distributions": sound["distributions"].clear(),
        "spans": sound["spans"].clear(),
    }
    page = page_of(empty)
    assert "No fault was found in any file." in page
    assert "No number was read." in page
    assert "No date was read." in page
    assert "stand out; the evidence" not in page


@pytest.mark.parametrize("value", [0.0, 0.00012, 1.0, 99.96, 1000.4, 1e6])
def test_numbers_are_short_and_plain(value):
    text = shown(value)
    assert len(text) <= 9
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.01, abs=0.0005)


def test_outcomes_of_a_field_add_up():
    (centre,) = describe_quality(tables_of(), reasons=RULES)["centres"]
    (field,) = centre["fields"]
    assert field["read"] == 1234 + 3000 + 5 + 1
    assert field["share"] == 71
    assert isinstance(tables_of()["quality"], pl.DataFrame)


def test_lists_say_the_same_as_the_page_and_name_nobody():
    lists = select_lists(tables_of(file="a/=x.csv"))
    assert set(lists) == {
        "faults", "files", "fields", "numbers", "dates", "people", "conflicts",
    }  # fmt: skip
    text = {name: rows.write_csv() for name, rows in lists.items()}
    assert "2 3 4 9" in text["faults"]
    assert lists["conflicts"].select("conflict", "file", "row").rows() == [
        (0, "a/=x.csv", 7),
        (0, "b/x.xlsx", 9),
    ]
    assert lists["people"].select("file", "other_row").rows() == [("a/=x.csv", 9)]
    assert not any("a:1" in each for each in text.values())
