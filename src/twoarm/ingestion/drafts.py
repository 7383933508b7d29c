"""Draft what a codebook says of a sheet: its tables, and the field of each column."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from twoarm.dictionary import EXPORTS, Field
from twoarm.ingestion.codes import list_missing_words
from twoarm.ingestion.evidence import fits_field, known_texts
from twoarm.ingestion.fields import draft_field
from twoarm.ingestion.headers import (
    Match,
    describe_nearest,
    list_matches,
    normal_name,
    parse_header,
)
from twoarm.ingestion.sheets import Column, Sheet
from twoarm.synonyms import RECORD_NUMBERS, TABLES

LEAST = 0.5
"""Matches less sure than this are told in a comment, and not drafted."""
DATES = {
    table: next((each.name for each in fields if each.required == "date_absent"), "")
    for table, fields in EXPORTS.items()
}
"""Table to the date without which it has no rows."""


class Part(NamedTuple):
    """One file or sheet as a part of a table, and what a person should know of it."""

    table: str
    keys: dict[str, Any]
    fields: dict[str, dict[str, Any]]
    notes: list[str]


Chosen = dict[str, dict[str, tuple[Column, Match]]]
"""Table to field to its column."""


def find_fields(place: str, columns: Sequence[Column]) -> Chosen:
    """Choose the table and field of each column of a sheet.

    A name that several tables have goes to the table of which the sheet holds most. A
    table is left out if the sheet holds one field of it alone, or not its date.

    Parameters
    ----------
    place
        Names of the file and the sheet.
    columns
        Of the sheet.
    """
    options = {
        column.name: [
            match
            for match in list_matches(column.name)
            if match.field != "patient_id" and match.score >= LEAST
            if fits_field(field_of(match), column.texts)
        ]
        for column in columns
    }
    kept, chosen = list(EXPORTS), _choose(columns, options, place, list(EXPORTS))
    while True:
        first = _order(chosen, place)[:1]
        good = [t for t in chosen if t in first or _stands_alone(t, chosen[t], columns)]
        if good == kept or not chosen:
            return {table: chosen[table] for table in EXPORTS if table in chosen}
        kept, chosen = good, _choose(columns, options, place, good)


def _choose(
    columns: Sequence[Column],
    options: Mapping[str, list[Match]],
    place: str,
    tables: Sequence[str],
) -> Chosen:
    possible = {
        name: [match for match in matches if match.table in tables]
        for name, matches in options.items()
    }
    weights = dict.fromkeys(tables, 0.0)
    for matches in possible.values():
        for match in matches:
            # A name of one table alone says more of the sheet than a shared one.
            weights[match.table] += match.score / len(matches)
    for table in tables:
        weights[table] += _named_for(table, place)
    chosen: Chosen = {}
    by_name = {column.name: column for column in columns}
    for name, matches in possible.items():
        if not matches:
            continue
        best = max(matches, key=lambda each: (each.score, weights[each.table]))
        fields = chosen.setdefault(best.table, {})
        if best.field not in fields or best.score > fields[best.field][1].score:
            fields[best.field] = (by_name[name], best)
    return chosen


def _named_for(table: str, place: str) -> float:
    return float(any(name in normal_name(place) for name in TABLES[table]))


def _order(chosen: Chosen, place: str) -> list[str]:
    """Order the tables by how much of each a sheet holds."""

    def weight(table: str) -> float:
        scores = [match.score for _, match in chosen[table].values()]
        return sum(scores) + _named_for(table, place)

    return sorted(chosen, key=weight, reverse=True)


def _stands_alone(
    table: str, fields: Mapping[str, Any], columns: Sequence[Column]
) -> bool:
    """Tell whether a table that is not a sheet's main one can be drafted from it."""
    if len(fields) < 2:
        return False
    if table == "patients":
        return _tell_each(fields, find_number(columns))
    return table == "follow_ups" or DATES[table] in fields


def _tell_each(fields: Mapping[str, Any], number: Column | None) -> bool:
    """Tell whether rows that hold fields of a patient are one a patient, but few."""
    if number is None:
        return False
    filled = [column.texts.is_not_null() for column, _ in fields.values()]
    known = number.texts.filter(reduce(or_, filled)).drop_nulls()
    # ASSUME: at most one patient in ten is in a list of patients twice.
    return known.len() > 0 and known.n_unique() >= 0.9 * known.len()


def find_number(columns: Iterable[Column]) -> Column | None:
    """Find the column that holds the number which stands for a person."""
    ranked = [
        (RECORD_NUMBERS.index(name), place, column)
        for place, column in enumerate(columns)
        if (name := parse_header(column.name).name) in RECORD_NUMBERS
    ]
    return min(ranked)[2] if ranked else None


def field_of(match: Match) -> Field:
    """Give the field of the dictionary that a match names."""
    return next(each for each in EXPORTS[match.table] if each.name == match.field)


def draft_parts(sheet: Sheet) -> list[Part]:
    """Draft the parts of a sheet whose columns are one field each.

    Returns
    -------
    list of Part
        One a table; none if the sheet holds nothing known. The first has the notes on
        columns that no part has.
    """
    place = f"{sheet.path} {sheet.sheet or ''}"
    chosen, number = find_fields(place, sheet.columns), find_number(sheet.columns)
    parts = [
        draft_part(sheet, table, fields, number, several=len(chosen) > 1)
        for table, fields in chosen.items()
    ]
    used = {column.name for fields in chosen.values() for column, _ in fields.values()}
    used |= {number.name} if number else set()
    if parts:
        parts[0].notes.extend(list_left(sheet.columns, used))
    return parts


def draft_part(
    sheet: Sheet,
    table: str,
    chosen: Mapping[str, tuple[Column, Match]],
    number: Column | None,
    *,
    several: bool,
) -> Part:
    """Draft one table of a sheet from the columns chosen for its fields."""
    fields: dict[str, dict[str, Any]] = {}
    notes = []
    if number:
        sure = Match(table, "patient_id", *_sure_of(number))
        drafted, _ = draft_field(EXPORTS[table][0], number, sure, {})
        fields |= {"patient_id": drafted} if drafted else {}
    columns = {name: column for name, (column, _) in chosen.items()}
    for field in EXPORTS[table]:
        if field.name not in chosen:
            continue
        column, match = chosen[field.name]
        drafted, told = draft_field(field, column, match, columns)
        notes += [f"{field.name}: {each}" for each in told]
        if drafted:
            fields[field.name] = drafted
    if "drug" in fields and "drug_class" not in fields:
        why = "the column names the drug, which tells its class"
        sure = fields["drug"]["guess"] | {"evidence": why}
        fields["drug_class"] = {**fields["drug"], "guess": sure}
    keys = keys_of(sheet, columns.values())
    anchor = columns.get("birth_date" if table == "patients" else DATES[table])
    if several and anchor and anchor.texts.null_count():
        keys["only_with"] = anchor.name
    return Part(table, {k: v for k, v in keys.items() if v is not None}, fields, notes)


def _sure_of(number: Column) -> tuple[float, str]:
    found = [each for each in list_matches(number.name) if each.field == "patient_id"]
    return (found[0].score, found[0].why) if found else (LEAST, "a number of a person")


def list_left(columns: Iterable[Column], used: set[str]) -> list[str]:
    """Tell of each column that was not drafted, with the fields nearest to its name."""
    notes = []
    for column in columns:
        if column.name in used or known_texts(column.texts).is_empty():
            continue
        matches = [f"{each.table}.{each.field}" for each in list_matches(column.name)]
        near = ", ".join(matches) or describe_nearest(column.name) or "none"
        notes.append(f"not used: {column.name} (nearest: {near})")
    return notes


def keys_of(sheet: Sheet, columns: Iterable[Column]) -> dict[str, Any]:
    """Say where a sheet is, how to read it, and what stands for nothing known."""
    words = [list_missing_words(column.texts) for column in columns]
    found = list(dict.fromkeys(word for each in words for word in each))
    gaps = {"missing": ["", *found]} if found else {}
    return {"path": sheet.path, "sheet": sheet.sheet, **sheet.how, **gaps}
