"""Sheets of laboratory values: long, a row an item, or wide, a column a visit."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.dictionary import EXPORTS, Field
from twoarm.ingestion.drafts import (
    Part,
    draft_part,
    field_of,
    find_number,
    list_left,
)
from twoarm.ingestion.evidence import fits_field
from twoarm.ingestion.fields import draft_field
from twoarm.ingestion.headers import (
    SIMILAR,
    Match,
    list_matches,
    normal_name,
    parse_unit,
)
from twoarm.ingestion.sheets import Column, Sheet
from twoarm.synonyms import LONG
from twoarm.units import REFUSED, factors_of, plain_unit

REPEAT = re.compile(
    r"(?:(?<=[_\-\s.(（])|^)"
    r"((?:D|C|W|M|V|T|POD|day|cycle|week|month|visit)\d+|基线|术前|术后|pre|post|baseline)"
    r"(?=$|[_\-\s.(（)）])",
    re.IGNORECASE,
)
"""The part of a column's name that says of which visit it is."""
LAST = re.compile(r"[_\s]([^\s_()（）/,]+)$")
"""Its last word, which does so if other columns differ in it alone."""


def draft_long(sheet: Sheet) -> Part | None:
    """Draft a sheet whose rows tell one laboratory item each; None if it is none."""
    found = {key: _column_of(sheet.columns, names) for key, names in LONG.items()}
    item, value, unit = found["item"], found["value"], found["unit"]
    if not item or not value:
        return None
    named = _items_of(item)
    if not named:
        return None
    dated = [column for column in sheet.columns if column not in found.values()]
    part = draft_part(sheet, "labs", _dates_in(dated), find_number(dated), several=True)
    items = {"column": item.name, "value": value.name}
    part.keys["items"] = items | ({"unit": unit.name} if unit else {})
    for field in EXPORTS["labs"]:
        if field.name in named:
            texts = named[field.name]
            drafted, notes = _draft_item(field, texts, (item, value, unit))
            part.fields.update({field.name: drafted} if drafted else {})
            part.notes.extend(f"{field.name}: {note}" for note in notes)
    used = {column.name for column in found.values() if column}
    used |= {each["column"] for each in part.fields.values() if "column" in each}
    known = {text for match in named.values() for text in match}
    part.notes.extend(_items_left(item, known))
    part.notes.extend(list_left(sheet.columns, used))
    return part


def _column_of(columns: Sequence[Column], names: Sequence[str]) -> Column | None:
    ranked = [
        (names.index(normal_name(column.name)), place)
        for place, column in enumerate(columns)
        if normal_name(column.name) in names
    ]
    return columns[min(ranked)[1]] if ranked else None


def _items_of(item: Column) -> dict[str, dict[str, Match]]:
    """Give for each field of the laboratory the items that are its, with the match."""
    found: dict[str, dict[str, Match]] = {}
    for text in item.texts.drop_nulls().unique().sort().to_list():
        matches = [each for each in list_matches(text) if each.table == "labs"]
        if matches and matches[0].field not in ("patient_id", "sample_date"):
            found.setdefault(matches[0].field, {})[text] = matches[0]
    return found


def _items_left(item: Column, known: set[str]) -> list[str]:
    """Tell which items are no field's, those of several rows."""
    counts = item.texts.drop_nulls().value_counts(sort=True, name="n")
    left = counts.filter(~pl.col(item.texts.name).is_in([*known]), pl.col("n") >= 5)
    return [f"item not used: {text}" for text in left.to_series(0)]


def _dates_in(columns: Sequence[Column]) -> dict[str, tuple[Column, Match]]:
    """Choose the column of the day of the sample."""
    options = [
        (match, column)
        for column in columns
        for match in list_matches(column.name)
        if (match.table, match.field) == ("labs", "sample_date")
        and fits_field(field_of(match), column.texts)
    ]
    if not options:
        return {}
    match, column = max(options, key=lambda each: each[0].score)
    return {"sample_date": (column, match)}


def _draft_item(
    field: Field,
    items: Mapping[str, Match],
    columns: tuple[Column, Column, Column | None],
) -> tuple[dict[str, Any] | None, list[str]]:
    item, value, unit = columns
    mine = item.texts.is_in([*items])
    sure = min(items.values(), key=lambda each: each.score)
    match = sure._replace(why=sure.why.replace("the header", "the item"))
    told = Column(next(iter(items)), value.texts.filter(mine))
    drafted, notes = draft_field(field, told, match, {}, {"items": [*items]})
    if not unit or not drafted:
        return drafted, notes
    drafted.pop("unit", None)
    known, odd = _units_in(field, unit.texts.filter(mine))
    sure_of = 1.0 if known and not odd else 0.6
    drafted["guess"] = {
        "evidence": f"{match.why}; {unit.name} gives the unit of each row",
        "confidence": round(match.score * sure_of, 2),
    }
    return drafted, [f"unit {each} in some rows" for each in odd]


def _units_in(field: Field, texts: pl.Series) -> tuple[list[str], list[str]]:
    """List the units that stand in rows: those that are converted, and the others."""
    found = texts.drop_nulls().unique().sort().to_list()
    factors = factors_of(field.name) or {"": 1.0}
    known = [each for each in found if plain_unit(each) in factors]
    refused = {
        plain_unit(unit): why for unit, why in REFUSED.get(field.name, {}).items()
    }
    odd = [
        f"{parse_unit(each)} {refused[plain_unit(each)]}"
        if plain_unit(each) in refused
        else f"{parse_unit(each) or 'of no known kind'} is not converted"
        for each in found
        if each not in known
    ]
    return known, odd


def draft_wide(sheet: Sheet) -> tuple[list[Part], list[Column]]:
    """Draft the columns of a sheet that are one field at several visits.

    Returns
    -------
    parts, columns
        A part a table; and the columns of the sheet that are of no visit.
    """
    parts, taken = [], set()
    for table, families in _families_of(sheet.columns).items():
        repeats = max(map(list, families.values()), key=len)
        chosen: dict[str, tuple[Column, Match]] = {}
        for name, columns in families.items():
            taken |= {each.name for each in columns.values()}
            match = next(x for x in _matches_family(name) if x.table == table)
            if {*columns} >= {*repeats}:
                texts = [column.texts.rename("") for column in columns.values()]
                under = next(iter(columns.values())).under
                column = Column(name, pl.concat(texts), under)
                chosen.setdefault(match.field, (column, match))
        number = find_number(sheet.columns)
        part = draft_part(sheet, table, chosen, number, several=False)
        part.keys["repeats"] = repeats
        part.notes.extend(
            f"not used: {name}, which has not all of {', '.join(repeats)}"
            for name in families
            if name not in {column.name for column, _ in chosen.values()}
        )
        parts.append(part)
    return parts, [each for each in sheet.columns if each.name not in taken]


def _families_of(columns: Sequence[Column]) -> dict[str, dict[str, dict[str, Column]]]:
    """Group columns by table, name but for the visit, and visit."""
    found: dict[str, dict[str, Column]] = {}
    for column in columns:
        visit = REPEAT.search(column.name) or LAST.search(column.name)
        if visit and not _named_whole(column.name):
            start, end = visit.span(1)
            name = f"{column.name[:start]}{{repeat}}{column.name[end:]}"
            found.setdefault(name, {})[visit[1]] = column
    whole = [name for name, each in found.items() if len(each) > 1]
    tables: dict[str, dict[str, dict[str, Column]]] = {}
    for name, each in found.items():
        # One that is there once goes where others of its visits are.
        common = len(each) > 1 or any({*each} <= {*found[other]} for other in whole)
        matches = _matches_family(name) if common else []
        if matches:
            tables.setdefault(matches[0].table, {})[name] = each
    return {
        table: families
        for table, families in tables.items()
        if any(len(each) > 1 for each in families.values())
    }


def _named_whole(name: str) -> bool:
    """Tell whether a whole name is a field's, not just like one."""
    return any(match.score > SIMILAR for match in list_matches(name))


def _matches_family(name: str) -> list[Match]:
    """List the fields that a name is surely of, but for its visit."""
    bare = re.sub(r"[_\-\s.]*\{repeat\}[_\-\s.]*", " ", name).strip()
    return [each for each in list_matches(bare) if each.score > SIMILAR]
