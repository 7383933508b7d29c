"""Draft one field of a codebook from its column: keys, evidence, how sure it is."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.ingestion.codes import (
    guess_code,
    guess_flag,
    guess_from,
    list_missing_marks,
    list_missing_words,
)
from twoarm.ingestion.evidence import Guess, guess_dates, guess_unit, known_texts
from twoarm.ingestion.headers import Match
from twoarm.ingestion.sheets import Column


def draft_field(
    field: Field,
    column: Column,
    match: Match,
    columns: Mapping[str, Column],
    extra: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any] | None, list[str]]:
    """Draft a field.

    Parameters
    ----------
    field
        Of the dictionary.
    column
        Of the export.
    match
        How the column's name fits.
    columns
        Field to column, of the other fields of the table: they may tell what the codes
        of this one stand for.
    extra
        Keys in place of `column`, of a field that is items.

    Returns
    -------
    field, notes
        Keys of the field in the codebook, `guess` among them; None if its unit is one
        that is never converted. Notes for a person, without values.
    """
    found = guess_values(field, column, columns)
    if found.sure == 0:
        return None, [f"column {column.name} is left out: {'; '.join(found.notes)}"]
    keys: dict[str, Any] = dict(extra or {"column": column.name}) | found.keys
    unit = found.keys.get("unit")
    marks = list_missing_marks(field, str(unit) if unit else None, column.texts)
    if marks:
        keys["missing"] = ["", *list_missing_words(column.texts), *marks]
        found.why.append("texts for what is not known from the values")
    evidence = "; ".join([match.why, *found.why])
    keys["guess"] = {
        "evidence": evidence,
        "confidence": round(match.score * found.sure, 2),
    }
    return keys, found.notes


def guess_values(field: Field, column: Column, columns: Mapping[str, Column]) -> Guess:
    """Guess from the values of a column all that its field must be told."""
    if known_texts(column.texts).is_empty():
        return Guess({}, ["the column is empty"], [], 0.8)
    if field.kind == "date":
        return guess_dates(column.texts)
    if field.kind == "flag":
        return guess_flag(column.texts)
    if field.kind == "code" or field.name == "drug_class":
        return _guess_code(field, column, columns)
    return guess_unit(field, column.name, column.under, column.texts)


def _guess_code(field: Field, column: Column, columns: Mapping[str, Column]) -> Guess:
    """Guess codes by their words, else by what another column tells of the rows."""
    guess = guess_code(field, column.name, column.texts)
    if guess.keys:
        return guess
    other = guess
    if field.name == "sex" and "national_id" in columns:
        # SOURCE: GB 11643-1999: the 17th digit of the number is odd for men.
        number = columns["national_id"].texts
        digit = number.str.extract(r"^\d{16}(\d)[\dXx]$").cast(pl.Int64)
        levels, why = ("male", "female"), "the national number tells the sex"
        other = guess_from(field, column.texts, digit % 2 == 1, levels, why)
    if field.name == "vital_status" and "death_date" in columns:
        died = columns["death_date"].texts.is_not_null()
        levels, why = ("dead", "alive"), "one code stands where there is a day of death"
        other = guess_from(field, column.texts, died, levels, why)
    return other if other.keys else guess
