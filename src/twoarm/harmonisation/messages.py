"""Say what is wrong with the cells of a field, by place and never by value."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.values import Parsed

WHAT = {
    "number_unreadable": "is not a number; correct it or add it to missing",
    "number_ambiguous": "may be more than one number; correct it at its source",
    "date_unreadable": "is not a date of a stated form",
    "date_ambiguous": "may be two dates; give date_order in the codebook",
    "date_impossible": "is no day of the calendar",
    "date_open": "stands for no date; add it to missing if it does so always",
    "size_unreadable": "is not a size",
    "size_ambiguous": "may be in mm or in cm; give its unit in the codebook",
    "stage_unreadable": "is not a stage or grade",
    "stage_ambiguous": "may be two stages or grades",
    "drug_unknown": "is not a drug that is known; give it under codes",
    "drug_ambiguous": "may be one of several drugs; give it under codes",
    "response_unreadable": "is not a response",
    "response_ambiguous": "may be several responses",
    "event_unnamed": "is no name of an adverse event or a complication",
    "flag_unreadable": "is neither yes nor no; give it under codes",
    "flag_ambiguous": "may be yes or no; give it under codes",
    "ecog_unreadable": "is no performance status",
    "ecog_ambiguous": "may be several performance statuses",
    "range_hard": "is not possible",
    "unit_unknown": "has no unit that is known, and more than one, or none, would do",
    "unit_refused": "has a unit that is never converted",
    "code_unknown": "is a code that stands in no list",
    "treatment_unknown": "is neither an arm's code nor under treatment.exclude",
    "event_unknown": "is an event code neither under occurred nor under censored",
}
"""Rule that a cell breaks to what a person is told."""


def describe_lacking(
    rows: pl.DataFrame, fields: Sequence[Field], place: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """List the columns that a file lacks, each with the nearest that it has."""
    known = [column for column in rows.columns if column != "source_row"]
    asked = dict.fromkeys(
        column
        for field in fields
        for column in (field.column, field.item_column, field.unit_column)
        if column
    )
    file = {key: place[key] for key in ("file", "sheet")}
    return [{**file, **_lack(column, known)} for column in asked if column not in known]


def _lack(column: str, known: Sequence[str]) -> dict[str, Any]:
    near = get_close_matches(column, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(known[:12])}"
    return {
        "column": column,
        "rule": "column_missing",
        "what": f"the file has no such column{hint}",
    }


def describe_faults(
    cells: pl.DataFrame,
    parsed: Parsed,
    field: Field,
    place: Mapping[str, Any],
    withhold: Collection[str],
) -> list[pl.DataFrame]:
    """List the rows whose value cannot be used, or is absent where it must not be.

    What is withheld is no fault, unless the row is nothing without it; what the file
    itself spoilt was told as it was read.
    """
    broken = {
        rule: (parsed.rule == rule).fill_null(value=False)
        for rule in parsed.rule.drop_nulls().unique().sort()
        if rule in WHAT and (field.required or rule not in withhold)
    }
    found = [(where, rule, WHAT[rule]) for rule, where in broken.items()]
    if field.required:
        absent = cells["told"] & cells["text"].is_null() & parsed.rule.is_null()
        found.append((absent, field.required, "is not known"))
    return [
        _at(cells.filter(where), field, place, rule, what)
        for where, rule, what in found
        if where.any()
    ]


def _at(
    cells: pl.DataFrame, field: Field, place: Mapping[str, Any], rule: str, what: str
) -> pl.DataFrame:
    return cells.select(
        file=pl.lit(place["file"], pl.String),
        sheet=pl.lit(place["sheet"], pl.String),
        row=pl.col("source_row"),
        column=pl.lit(field.column),
        rule=pl.lit(rule),
        what=pl.lit(what),
    )
