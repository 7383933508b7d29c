"""The tables of a paper, each taken out of the report as a Word file."""

from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from docx import Document

from tests.reporting.test_write_report import (
    effects_of,
    figures_of,
    row,
    study_of,
    tables_of,
    with_limits,
)
from twoarm.reporting.apart import HEADS, NOTHING, select_table
from twoarm.reporting.blocks import Fold, Grid, Heading, Paragraph, Picture, Report
from twoarm.reporting.chinese import texts_of
from twoarm.reporting.flow import flow_in_words
from twoarm.reporting.forests import regressions_in_words, subgroups_in_words
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.reporting.section_forests import forest_blocks
from twoarm.tables.cohort import Attrition

COMMON = Path(__file__).parents[2] / "workflow/rules/common.smk"
CATALOGUE = Path(__file__).parents[2] / "workflow/templates/chinese.yaml"
GRID = Grid("Sizes.", ["Arm", "n"], [["A", "1"]], ["head", "number"])
REPORT = Report(
    "Title",
    "Why?",
    [
        Heading("Patients"),
        Paragraph("Some."),
        Fold("The flow in numbers", [GRID]),
        Picture("flow", "Flow", "A picture."),
        Heading("Criteria for surgery", 3),
        Paragraph("Others."),
        Heading("Results"),
        Heading("Survival", 3),
        GRID,
        Heading("Response"),
        Paragraph("Of all."),
    ],
    ["Made by.", "Few are hidden.", "Where from."],
)


def test_a_table_is_taken_with_what_is_said_of_it_and_no_more():
    flow, outcomes, response = (
        select_table(REPORT, name) for name in ("attrition", "outcomes", "response")
    )

    assert (flow.title, flow.question) == ("Flow of patients", "Title")
    assert list(flow.blocks) == [GRID]
    assert list(outcomes.blocks) == [Heading("Survival", 3), GRID]
    assert list(response.blocks) == [Paragraph("Of all.")]
    assert list(flow.footer) == ["Made by.", "Few are hidden."]
    assert list(select_table(REPORT, "surgery").blocks) == [Paragraph(NOTHING)]


def test_every_table_that_the_rule_writes_has_its_heading():
    rules = COMMON.read_text()
    start = rules.index("TABLES_APART = ")
    named = rules[start : rules.index("PAPER_TABLES", start)]

    asked = {name for name in HEADS if f'"{name}"' in named}
    assert {*HEADS} - asked == {"subgroups", "regression"}  # of forests


# Subgroups and regressions


EFFECTS = [
    row("hazard_ratio", **with_limits(0.27, 0.13, 0.54), p_value=0.0001)
    | {"method": "Cox; biased: immortal time"},
    row("hazard_ratio", "subgroup: male=no", **with_limits(0.5, 0.2, 1.5)),
    row("hazard_ratio", "subgroup: male=yes", n_treated=None, events_treated=None)
    | {"method": "not estimated: fewer than 5 events in an arm"},
    row("wald", "interaction: male", p_value=0.0312),
    row(
        "hazard_ratio", "treated_adjusted", **with_limits(0.44, 0.2, 0.9), p_value=0.03
    ),
    row("hazard_ratio", "age", **with_limits(1.02, 0.9, 1.1), p_value=0.7)
    | {"method": "Cox with covariates, 7.6 events a term"},
    row("hazard_ratio", "univariable: age", **with_limits(1.1, 1.0, 1.2), p_value=0.04),
]


@pytest.fixture
def words():
    study = study_of()
    effects = effects_of(study, *EFFECTS)
    named = {"endpoints": {"os": "Overall survival"}}
    named["covariates"] = {k: v["label"] for k, v in study["covariates"].items()}
    subgroups = subgroups_in_words(
        effects, designs={"unadjusted": "Unadjusted", "iptw": "Weighted"}, **named
    )
    return subgroups, regressions_in_words(effects, **named)


def test_subgroups_stand_below_their_covariate_with_the_test(words):
    ((part,), _) = words

    assert part["label"] == "Overall survival, Unadjusted"
    assert part["verdict"] == " Biased: immortal time."
    keys = ("label", "inner", "treated", "control", "ratio", "p")
    assert [tuple(row[key] for key in keys) for row in part["rows"]] == [
        ("All", False, "17 / 1,074", "34 / 54", "0.27 (0.13–0.54)", ""),
        ("Male sex", False, "", "", "", "0.031"),
        ("no", True, "17 / 1,074", "34 / 54", "0.50 (0.20–1.50)", ""),
        ("yes", True, "– / –", "34 / 54", "too few events", ""),
    ]


def test_terms_stand_alone_and_beside_the_others(words):
    (_, (part,)) = words

    assert (part["label"], part["events"]) == ("Overall survival", "7.6")
    assert [tuple(row.values()) for row in part["rows"]] == [
        ("Treatment", "0.27 (0.13–0.54)", "< 0.001", "0.44 (0.20–0.90)", "0.030"),
        ("Age", "1.10 (1.00–1.20)", "0.040", "1.02 (0.90–1.10)", "0.700"),
    ]


def test_their_tables_are_told_in_chinese(words):
    subgroups, regressions = words
    content = {"subgroups": subgroups, "regressions": regressions}
    content |= {"limits": "95", "arms": ["Surgery", "No surgery"]}
    phrases = Phrases(read_phrases(CATALOGUE.read_text("utf-8")), [])

    texts = [text for block in forest_blocks(content) for text in texts_of(block)]

    assert len(texts) > 30
    assert not [text for text in texts if phrases.find(text) is None]


def test_flow_is_told_step_by_step():
    steps = Attrition.of(
        [
            {"step": 1, "reason": "Read", "n_before": 1641, "n_excluded": 0}
            | {"n_after": 1641}
        ]
    ).with_columns(n_excluded=pl.lit(None, pl.Int64))

    assert flow_in_words(steps, 5) == [
        {"reason": "Read", "n_before": "1,641", "n_excluded": "< 5", "n_after": "1,641"}
    ]


# The rule


def test_script_writes_the_same_bytes_in_the_language_of_the_study(script, tmp_path):
    study = study_of()
    for name, table in tables_of(study).items():
        table.write_csv(tmp_path / f"{name}.csv")
    papers = [tmp_path / f"{name}.docx" for name in ("baseline", "outcomes")]

    def written(language):
        script("reporting/write_tables").main(
            tables=sorted(tmp_path.glob("*.csv")),
            catalogue=CATALOGUE,
            papers=papers,
            study={**study, "language": language},
            figures=figures_of(study),
        )
        return [path.read_bytes() for path in papers]

    first, again, chinese = written("en"), written("en"), written("zh")

    assert first == again
    baseline, outcomes = (Document(BytesIO(content)) for content in first)
    assert baseline.paragraphs[0].text == "Table 1"
    assert baseline.tables[0].cell(1, 0).text == "Age"
    assert outcomes.paragraphs[0].text == "Outcomes"
    assert len(outcomes.tables) >= 2
    assert Document(BytesIO(chinese[0])).paragraphs[0].text == "表1"
