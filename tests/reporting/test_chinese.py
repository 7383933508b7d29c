"""The catalogue of phrases, and how texts are found in it."""

import ast
import re
from pathlib import Path

import polars as pl
import pytest

from twoarm.config.cohort import RULES
from twoarm.flags import FLAGS
from twoarm.reporting import chinese
from twoarm.reporting.blocks import Box, Fold, Grid, Pair, Picture, Report
from twoarm.reporting.checklists import LISTS
from twoarm.reporting.chinese import (
    names_of,
    texts_of,
    translate_paper,
    translate_report,
)
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.tables.cohort import VERDICTS

ROOT = Path(__file__).parents[2]
CATALOGUE = read_phrases((ROOT / "workflow/templates/chinese.yaml").read_text("utf-8"))
SILENT = {"quality", "word", "word_styles", "word_tables", "sheets", "typesetting"}
SILENT |= {"page", "chinese", "phrases", "checklist_items"}
"""Modules whose words are of another page, or of none."""
CODES = {
    r"variance of (\S+) inflated ([\d.]+)-fold",
    "refitted without centre",
    "missing in nearly all of one arm",
    "missing in nearly all of one centre",
    "no twin",
}
"""What tables hold for the report to read, not to show."""


def phrases_of(module):
    """Whatever a module may say: its texts without docstrings and holes."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    silent = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in silent:
                continue
            for part in re.split(r"\{[^}]*\}|\. ", node.value):
                words = part.strip(" .,;:()\n")
                if re.search("[a-z]{2,} [a-z]{2,}", words):
                    yield words


@pytest.mark.parametrize(
    "module",
    [
        each
        for each in sorted((ROOT / "src/twoarm/reporting").glob("*.py"))
        if each.stem not in SILENT
    ],
    ids=lambda module: module.stem,
)
def test_no_phrase_of_the_report_is_lacking(module):
    said = " ¦ ".join(re.sub(r"\{\??\}", "{}", key) for key in CATALOGUE)

    assert not {each for each in phrases_of(module) if each not in said} - CODES


ITEMS = [each for items in LISTS.values() for each in items]
ASKED = {words for each in ITEMS for words in (each.asks, *each.places)}
TOLD = sorted({*VERDICTS, *FLAGS.values(), *RULES.values(), *ASKED})


def test_no_verdict_flag_rule_or_item_is_lacking():
    phrases = Phrases(CATALOGUE, [])

    found = {words: phrases.find(words) for words in TOLD}
    assert not [words for words, each in found.items() if each in (None, words)]


def test_chinese_has_the_numbers_and_sources_of_the_english():
    number = re.compile(r"doi:[^\s),;），；]+|\d+(?:[.,]\d+)*")
    bare = {key: re.sub(r"\{\d?\??\}", "", each) for key, each in CATALOGUE.items()}
    odd = {
        key
        for key, each in bare.items()
        if sorted(number.findall(key)) != sorted(number.findall(each))
    }

    assert not odd


PLAIN = {
    "Results": "结果",
    "sound": "可靠",
    "{} of {}": "{2}中的{1}",
    "{}: {}": "{}：{}",
}
PLAIN |= {"{} ({} of {})": "{}（{3}中{2}）", "{} % of {} are out.": "{2}有{1} %出。"}
PLAIN |= {"{}: {?}as they are.": "{}：{}照旧。", "with {}": "有{}", "So.": "如此。"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Results", "结果"),
        ("3 of 7", "7中的3"),
        ("A 1: sound", "A 1：可靠"),
        ("A 1: as they are.", "A 1：照旧。"),
        ("A 1: with Bee, as they are.", "A 1：有Bee，照旧。"),
        ("sound. So.", "可靠。如此。"),
        ("sound; with Bee, sound", "可靠；有Bee，可靠"),
        ("sound, A 1 and Bee", "可靠、A 1和Bee"),
        ("Bee 0.5 (0.1–0.9)", "Bee 0.5 (0.1–0.9)"),
        ("−3.1 (−5.0 to −1.2)", "−3.1 (−5.0至−1.2)"),
        ("", ""),
        ("Cee (X) (2 of 8)", "Cee (X)（8中2）"),
        (
            "So. 2 % of Bee are out. 3 % of A 1 are out.",
            "如此。Bee有2 %出。A 1有3 %出。",
        ),
        ("3 % of odd. So are out.", None),
        ("with Bee 1; 2 of 3", "有Bee 1；3中的2"),
        ("with Bee 1, 2 of 3 and with 4", "有Bee 1、3中的2和有4"),
        ("other", None),
        ("with other", None),
        ("sound, other and Bee", None),
        ("So. other", None),
    ],
)
def test_texts_are_found_in_parts_or_not_at_all(words, found):
    with_stop = {**PLAIN, "sound.": "可靠。"}

    assert Phrases(with_stop, ["A 1", "Bee", "Cee (X)"]).find(words) == found


@pytest.mark.parametrize("text", ['"a": "b"\n"a": "c"', '"{} a": "b"', '"a": "{}"'])
def test_phrases_that_stand_twice_or_lose_a_hole_are_refused(text):
    with pytest.raises(ValueError, match="stand twice"):
        read_phrases(text)


def test_every_text_of_a_report_is_told_and_no_more():
    picture = Picture("a_name", "For ears", "Below")
    grid = Grid("Above", ["Head\nTwo"], [["Cell"]], ["number"])
    report = Report("Title", "Why?", [Fold("More", [grid, Pair([picture])])], ["End"])

    assert [*texts_of(report)] == [
        *("Title", "Why?", "More", "Above", "Head\nTwo", "Cell"),
        *("For ears", "Below", "End"),
    ]


def test_texts_that_are_lacking_stay_in_english():
    report = Report("Title", "", [Box(["sound", "unheard of", "0.5"], "verdict")], [])

    found = translate_report(report, Phrases(CATALOGUE, ["Title"]))

    controls = {key: CATALOGUE[key] for key in chinese.CONTROLS}
    assert found == {"sound": "可靠", **controls}


def test_report_on_paper_is_told_whole_in_chinese():
    picture = Picture("sound", "sound", "other")
    blocks = [Box(["sound"], "verdict"), Fold("sound", [Pair([picture])])]
    grid = Grid("sound", ["a", "b"], [["sound", "1"]], ["head", "number"])
    report = Report("T", "sound", [*blocks, grid], ["sound"])

    told = translate_paper(report, {"sound": "可靠"})

    assert [*texts_of(told)] == [
        {"sound": "可靠"}.get(each, each) for each in texts_of(report)
    ]
    assert told.language == "zh"
    assert told.blocks[1].blocks[0].pictures[0].name == "sound"
    assert told.blocks[2].looks == ["head", "number"]


def test_names_are_the_words_of_the_study_and_not_of_the_audit():
    study = {"designs": {"a": {"label": "By day", "estimand": "ATO"}}, "title": "T."}
    tables = {
        "audit": pl.DataFrame({"reason": ["it says"], "arm": ["Knife"]}),
        "attrition": pl.DataFrame({"reason": ["Too old", None], "n": [1, 2]}),
    }

    named = names_of(study, tables)

    assert {"a", "By day", "By day (ATO)", "T", "Knife", "Too old"} <= named
    assert "it says" not in named
