"""Response, surgery and adverse events in words."""

from pathlib import Path

import pytest

from twoarm.reporting.adverse_events import adverse_events_in_words
from twoarm.reporting.care import RESPONSE, SURGERY, care_in_words, findings_in_words
from twoarm.reporting.chinese import texts_of
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.reporting.section_care import care_blocks
from twoarm.tables.care import AdverseEvents, Findings

LABELS = {"treated": "Surgery", "control": "No surgery"}
ARMS = ["Surgery", "No surgery"]
CATALOGUE = Path(__file__).parents[2] / "workflow/templates/chinese.yaml"
STUDY = {
    "release": {"minimum_count": 5},
    "analysis": {"confidence": 0.95},
    "treatment": {"labels": LABELS},
}


def finding(item, level=None, arm="Surgery", **numbers):
    usual = {"row": 1, "arm": arm, "item": item, "level": level}
    return {**usual, "n_patients": 74, "n_known": 60, **numbers}


def share(n, n_of, low=0.1, high=0.9):
    return {
        "n": n,
        "n_of": n_of,
        "share": n / n_of,
        "conf_low": low,
        "conf_high": high,
    }


def findings(*rows):
    return Findings.of([{**each, "row": k} for k, each in enumerate(rows, start=1)])


def words(items, *rows):
    told = findings_in_words(findings(*rows), items, arms=ARMS, minimum_count=5)
    return {row["label"]: (row["cells"], row["known"]) for row in told["rows"]}


def only(items, *names):
    return {name: items[name] for name in names}


def test_levels_stand_below_their_item_with_percentages_and_limits():
    found = words(
        only(SURGERY, "pathology", "death"),
        finding("pathology", "complete", **share(15, 60)),
        finding("pathology", "major", **share(5, 60)),
        finding("pathology", "less", **share(40, 60)),
        finding("pathology", "major_or_complete", **share(20, 60, 0.216, 0.467)),
        finding("death", "by_30", **share(0, 60, 0.0, 0.06)),
        finding("death", "by_31_90", **share(0, 60)),
        finding("death", "later", **share(60, 60)),
        finding("death", "by_90", n=0, n_known=None),
    )

    assert found == {
        "Pathological response, n (%)": ([""], "60"),
        "Complete: no viable tumour": (["15 (25) [10–90]"], ""),
        "Major or complete: at most 10 % viable": (["20 (33) [22–47]"], ""),
        "More than 10 % viable": (["40 (67)"], ""),
        "Death after surgery, n (%)": ([""], "60"),
        "Within 30 days": (["0 (0) [0–6]"], ""),
        # of how many is hidden, and so the percentage
        "Within 90 days": (["0"], ""),
    }


def test_what_is_hidden_and_what_is_not_reported_are_told_apart():
    found = words(
        only(SURGERY, "r_status", "margin_mm", "mvi", "cci", "zero_days"),
        finding("r_status", "R0", n_known=None, **share(60, 70)),
        finding("r_status", "R1", n_known=None),
        finding("margin_mm", n_known=0, reason="not reported"),
        finding("mvi", "M0", n_known=0, reason="not reported"),
        finding("mvi", "M1", n_known=0, reason="not reported"),
        finding("cci", n_known=None),
        finding("zero_days", lower_quartile=27.0, median=37.0, upper_quartile=52.0),
    )

    assert found == {
        "Resection margin, n (%)": ([""], "not shown"),
        "R0": (["60 (86)"], ""),
        "R1": (["not shown"], ""),
        "Width of the margin, mm, median [IQR]": (["not reported"], "0"),
        "Microvascular invasion, n (%)": (["not reported"], "0"),
        "Comprehensive complication index, median [IQR]": (
            ["not shown"],
            "not shown",
        ),
        "Days from time zero to surgery, median [IQR]": (["37 [27–52]"], "60"),
    }


def test_arms_stand_in_the_order_of_the_study():
    numbers = {"lower_quartile": -50.0, "median": -42.45, "upper_quartile": -27.0}
    rows = (
        finding("change", arm="No surgery", **numbers, n_patients=None),
        finding("change", **numbers),
    )

    told = findings_in_words(
        findings(*rows), only(RESPONSE, "change"), arms=ARMS, minimum_count=5
    )

    assert (told["arms"], told["sizes"]) == (ARMS, ["74", "< 5"])
    assert told["rows"][0]["cells"] == ["−42.5 [−50.0 to −27.0]"] * 2
    assert told["rows"][0]["known"] == "60 / 60"


def events(*rows):
    """Rows of (arm, period, position, kind) and what differs."""
    usual = {"n_at_risk": 60, "person_months": 1250.4, "n_known": 30, "n_event": 30}
    usual |= {"n_patients": 15, "rate": 2.4, "conf_low": 1.6, "conf_high": 3.4}
    key = ("arm", "period", "position", "kind")
    return AdverseEvents.of(
        [{**usual, **dict(zip(key, row[:4], strict=True)), **row[4]} for row in rows]
    )


BLANK = dict.fromkeys(
    ("n_known", "n_event", "n_patients", "rate", "conf_low", "conf_high")
)
OUTSIDE = {"n_at_risk": None, "person_months": None, "rate": None}


def every(arm, period, **of_kind):
    kinds = ("any", "severe", "immune", "fatal")
    return [(arm, period, 0, kind, of_kind.get(kind, {})) for kind in kinds]


@pytest.fixture
def harm():
    few = {"severe": {"n_event": 9, "n_patients": 8, "n_known": 24}, "fatal": BLANK}
    none = {**BLANK, "n_known": 0, "reason": "not reported"}
    rash = [
        ("Surgery", "before_zero", 1, k, {"term": "Rash"}) for k in ("any", "severe")
    ]
    return events(
        *every("Surgery", "before_zero", **few, immune=none),
        *rash,
        *every("Surgery", "outside", any={**OUTSIDE, "n_event": 6, "n_patients": 6}),
    )


def test_events_stand_by_period_below_the_time_of_each(harm):
    told = adverse_events_in_words(harm, LABELS, "95")

    assert told["heads"] == ["Surgery\nbefore time zero"]
    lines = [(row["label"], row["inner"], *row["cells"]) for row in told["rows"]]
    rate = "Per 100 person-months [95 % limits]"
    assert lines == [
        ("Patients observed", False, "60"),
        ("Person-months", False, "1,250"),
        ("Any grade", False, ""),
        ("Events", True, "30"),
        ("Patients, n (%)", True, "15 (25)"),
        (rate, True, "2.4 [1.6–3.4]"),
        ("Grade 3 or more", False, ""),
        ("Events", True, "9 of 24"),
        ("Patients, n (%)", True, "8 (13)"),
        (rate, True, "2.4 [1.6–3.4]"),
        ("Immune-related", False, ""),
        ("Events", True, "not reported"),
        ("Patients, n (%)", True, "not reported"),
        (rate, True, "not reported"),
        ("Grade 5, death", False, ""),
        ("Events", True, "not shown"),
        ("Patients, n (%)", True, "not shown"),
        (rate, True, "not shown"),
        ("Rash", False, ""),
        ("Any grade, events (patients)", True, "30 (15)"),
        ("Grade 3 or more, events (patients)", True, "30 (15)"),
    ]
    assert told["outside"].endswith("count in no period: 6.")


def test_studies_without_exports_say_nothing_and_others_that_none_are_reported():
    none = {**BLANK, "n_known": 0, "n_at_risk": 0, "reason": "not reported"}
    silent = events(("Surgery", "before_zero", 0, "any", none))
    nothing = care_in_words(STUDY, {})

    told = care_in_words(STUDY, {"adverse_events": silent})

    assert list(care_blocks({**nothing, "limits": "95"})) == []
    head, block = care_blocks({**told, "limits": "95"})
    assert (head.words, block.kind) == ("Adverse events", "paragraph")
    assert "not reported" in block.words


def test_all_of_it_is_told_in_chinese(harm):
    rows = [
        finding(item, level, **share(20, 60))
        for item, level in (("recist_best", "objective"), ("recist_zero", "NE"))
    ]
    tables = {"response": findings(*rows), "surgery": findings(*rows)}
    tables["surgery"] = findings(finding("clavien", "severe", **share(9, 60)))
    places = (("Surgery", "after_surgery"), ("No surgery", "after_zero"))
    both = [row for place in places for row in every(*place)]
    both += [(*place, 1, kind, {}) for place in places for kind in ("any", "severe")]
    tables["adverse_events"] = harm.vstack(events(*both))
    phrases = Phrases(read_phrases(CATALOGUE.read_text("utf-8")), [*ARMS, "Rash"])
    blocks = list(care_blocks({**care_in_words(STUDY, tables), "limits": "95"}))

    texts = [text for block in blocks for text in texts_of(block)]

    assert len(blocks) == 9
    assert not [text for text in texts if phrases.find(text) is None]
