"""The report in Chinese: each text of it found again in a catalogue of phrases."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import polars as pl

from twoarm.reporting.blocks import Report
from twoarm.reporting.phrases import Phrases
from twoarm.words import design_labels

NAMING = {
    *("arm", "design", "endpoint", "covariate", "level", "centre", "table", "term"),
    *("group", "label", "smd_covariate"),
}
"""Columns of tables that hold what a study calls things."""
REASONED = ("attrition", "criteria")
"""Tables whose reasons are words of the study, not of the audit."""
PROGRAMS = ("Python", "survival", "numpy", "scipy", "polars", "snakemake", "twoarm")
SILENT = ("name", "look", "looks", "kind", "language", "refs")
"""Parts of a block that nobody reads."""
CONTROLS = (
    *("Copy", "Copied", "Enlarge", "Close"),
    *("Where the numbers come from", "Where this number comes from", "Rules", "Row"),
    *("Measure", "Term", "Months", "Params", "From", "Patients before and after"),
    "Each row of the results names its row of effects.csv, in brackets. What it rests "
    "on, from the number back to the source, as recorded when this page was written: "
    "rules, scripts, params, and inputs with their checksums (SHA-256). How the "
    "exports were read, and any param with a date, is left out. The same of any row, "
    "where the study ran:",
)
"""Words of what a page does when it is clicked, and of where its numbers come from."""


def texts_of(block: Any) -> Iterator[str]:
    """List every text that a reader of a report, or of a block, meets."""
    if isinstance(block, str):
        yield block
    elif is_dataclass(block):
        for each in fields(block):
            if each.name not in SILENT:
                yield from texts_of(getattr(block, each.name))
    elif isinstance(block, list | tuple):
        for each in block:
            yield from texts_of(each)


def names_of(study: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> set[str]:
    """Gather what a study calls things: all words of its config, and of its tables."""
    named = {*_leaves(study), *PROGRAMS, *design_labels(study["designs"]).values()}
    for name, table in tables.items():
        columns = NAMING | ({"reason"} if name in REASONED else set())
        for column in columns & {*table.select(pl.selectors.string()).columns}:
            named |= {*table[column].drop_nulls().to_list()}
    return named


def _leaves(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
        yield part.removesuffix(".")
    elif isinstance(part, Mapping):
        yield from part
        yield from _leaves(list(part.values()))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _leaves(each)


def translate_report(
    report: Report, phrases: Phrases, others: Iterable[str] = ()
) -> dict[str, str]:
    """Translate the texts of a report, and others that stand beside them.

    Returns
    -------
    dict
        English to Chinese, of each text that the catalogue has whole and that is
        another in Chinese; the other texts stay in English.
    """
    texts = [*texts_of(report), *CONTROLS, *others]
    lines = {line for text in texts for line in (text, *text.split("\n"))}
    found = {text: phrases.find(text) for text in sorted(lines)}
    return {
        text: chinese
        for text, chinese in found.items()
        if chinese is not None and chinese != text
    }


def translate_paper(report: Report, chinese: Mapping[str, str]) -> Report:
    """Say a report in Chinese, for forms that have one language.

    Parameters
    ----------
    report
        In English.
    chinese
        As `translate_report` gives it; other texts stay as they are.
    """
    told: Report = _told(report, chinese)
    return replace(told, language="zh")


def _told(part: Any, chinese: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return chinese.get(part, part)
    if is_dataclass(part) and not isinstance(part, type):
        said = [each.name for each in fields(part) if each.name not in SILENT]
        return replace(
            part, **{name: _told(getattr(part, name), chinese) for name in said}
        )
    if isinstance(part, list | tuple):
        return type(part)(_told(each, chinese) for each in part)
    return part
