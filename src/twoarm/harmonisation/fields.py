"""Bring the fields of one file to their types, and say where that fails."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from twoarm.dictionary import Field
from twoarm.fieldmaps import NUMBER, code_text
from twoarm.tables.ingestion import Faults

FIRST_YEAR = 1000


class Harmonised(NamedTuple):
    """Typed records, the faults of their rows, and whether the file could be used."""

    records: pl.DataFrame
    faults: pl.DataFrame
    usable: bool


def harmonise_rows(
    rows: pl.DataFrame,
    fields: Sequence[Field],
    *,
    file: str,
    sheet: str | None = None,
    missing: Sequence[str] = (),
    readable: bool = True,
) -> Harmonised:
    """Make typed records of rows of text.

    Parameters
    ----------
    rows
        Columns of text and `source_row`.
    fields
        The fields to make; one without a column is not exported, and null.
    file, sheet
        Where the rows come from, for the messages.
    missing
        Texts that stand for a value that is not known.
    readable
        False for a file that could not be read: its fault is told elsewhere.

    Returns
    -------
    Harmonised
        `records`: `source_file`, `source_row` and a column a field, in the order of the
        rows; what is not known, or cannot be used, is null. `faults`: one row a fault.
        Columns that the file lacks are faults of the file, without a row; no records
        are made then, and `usable` is False.
    """
    place = {"file": file, "sheet": sheet}
    mapped = [field for field in fields if field.column]
    lacking = [field for field in mapped if field.column not in rows.columns]
    if lacking:
        known = [column for column in rows.columns if column != "source_row"]
        told = [{**place, **_lack(field, known)} for field in lacking]
        faults = Faults.of(told if readable else [])
        return Harmonised(_nothing(fields), faults, usable=False)
    known_text = _drop_missing(rows, mapped, missing)
    columns = {field.name: _parse(known_text, field) for field in mapped}
    told_rows = [
        found
        for field in mapped
        for found in _faults_of(known_text, columns[field.name], field, place)
    ]
    records = rows.select(source_file=pl.lit(file), source_row="source_row")
    return Harmonised(
        records.with_columns(
            columns.get(field.name, _unknown(field)) for field in fields
        ),
        pl.concat([Faults.of([]), *told_rows]),
        usable=True,
    )


def canonical(text: pl.Expr) -> pl.Expr:
    """Bring a code to one form: `1.0` and `01` are `1`, `TRUE` is `true`."""
    lower = text.str.to_lowercase()
    number = text.cast(pl.Float64, strict=False)
    exact = number.abs() < 2**53  # neither NaN, nor too long to tell from another
    return (
        pl.when(exact & (number == number.round()))
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .when(exact)
        .then(number.cast(pl.String))
        .when(lower.is_in(["true", "false"]))
        .then(lower)
        .otherwise(text)
    )


def canonical_code(code: Any) -> str:
    """Bring one code of a config to the form of `canonical`."""
    text = str(code).strip()
    return str(pl.select(canonical(pl.lit(text))).item())


TYPES: dict[str, Any] = {"number": pl.Float64, "date": pl.Date, "flag": pl.Boolean}


def _nothing(fields: Sequence[Field]) -> pl.DataFrame:
    columns = {field.name: TYPES.get(field.kind, pl.String) for field in fields}
    place = {"source_file": pl.String, "source_row": pl.Int64}
    return pl.DataFrame(schema={**place, **columns})


def _unknown(field: Field) -> pl.Expr:
    """Make a column of nulls for a field that is not exported."""
    levels = pl.Enum(field.levels) if field.kind == "code" else None
    return pl.lit(None, levels or TYPES.get(field.kind, pl.String)).alias(field.name)


def _lack(field: Field, known: Sequence[str]) -> dict[str, Any]:
    from difflib import get_close_matches

    near = get_close_matches(field.column, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(known[:12])}"
    return {
        "column": field.column,
        "rule": "column_missing",
        "what": f"the file has no such column{hint}",
    }


def _drop_missing(
    rows: pl.DataFrame, fields: Sequence[Field], missing: Sequence[str]
) -> pl.DataFrame:
    """Strip the text of the fields' columns; what stands for unknown becomes null."""
    columns = list(dict.fromkeys(field.column for field in fields))
    stripped = pl.col(columns).str.strip_chars()
    told = {text.strip() for text in missing}
    absent = stripped.is_in(["", *sorted(told)])
    # `-9` stands for `-9.0` too: Excel and statistics files write either. A word has
    # one form only, and need not be looked for in costly others.
    forms = {code_text(text) for text in told if _has_forms(text)}
    if forms:
        absent |= canonical(stripped).is_in(sorted(forms))
    return rows.select("source_row", pl.when(~absent).then(stripped).name.keep())


def _has_forms(text: str) -> bool:
    return bool(re.match(NUMBER, text)) or text.lower() in ("true", "false")


def _parse(rows: pl.DataFrame, field: Field) -> pl.Series:
    text = expression = pl.col(field.column)
    if field.kind == "number":
        shown = pl.when(text.str.contains(NUMBER)).then(text)
        parsed = shown.cast(pl.Float64, strict=False) * field.factor
        expression = pl.when(parsed.is_finite()).then(parsed).otherwise(None)
    elif field.kind == "date":
        expression = pl.coalesce(_as_date(text, form) for form in field.formats)
    elif field.kind in ("flag", "code"):
        return _parse_code(rows, field)
    return rows.select(expression.alias(field.name)).to_series()


def _as_date(text: pl.Expr, form: str) -> pl.Expr:
    """Read a date; a time behind it, as workbooks give one, does not count.

    A year of fewer than four digits is another form's: `%Y` would read 21 as the
    year 21.
    """
    shown = (
        text if "%H" in form else text.str.replace(r"[T ]\d\d:\d\d:\d\d(\.\d+)?$", "")
    )
    date = shown.str.to_date(form, strict=False)
    return pl.when(date.dt.year() >= FIRST_YEAR).then(date)


def _parse_code(rows: pl.DataFrame, field: Field) -> pl.Series:
    """Map codes to levels; without stated codes the levels are as found, sorted."""
    text = rows.select(canonical(pl.col(field.column)).alias(field.name)).to_series()
    if field.codes:
        codes = {canonical_code(code): level for code, level in field.codes.items()}
        text = text.replace_strict(codes, default=None, return_dtype=pl.String)
    if field.kind == "flag":
        return text.replace_strict(
            {"true": True, "false": False, "1": True, "0": False},
            default=None,
            return_dtype=pl.Boolean,
        )
    stated = [canonical_code(level) for level in field.levels]
    levels = stated or sorted(text.drop_nulls().unique(), key=level_order)
    return text.cast(pl.Enum(levels), strict=False)


def level_order(level: str) -> tuple[bool, float, str]:
    """Order levels: numbers by size, then texts.

    >>> sorted(["10", "9", "b", "a"], key=level_order)
    ['9', '10', 'a', 'b']
    """
    try:
        number = float(level)
    except ValueError:
        number = math.nan
    return (False, number, level) if math.isfinite(number) else (True, 0.0, level)


UNREADABLE = {
    "number": ("number_unreadable", "is not a number; correct it or add it to missing"),
    "date": ("date_unreadable", "is not a date of a stated form"),
    "flag": ("code_unknown", "is a code that stands in no list"),
    "code": ("code_unknown", "is a code that stands in no list"),
}
WORDS = {
    "treatment_unknown": "is neither an arm's code nor under treatment.exclude",
    "event_unknown": "is an event code neither under occurred nor under censored",
}


def _faults_of(
    rows: pl.DataFrame, parsed: pl.Series, field: Field, place: Mapping[str, Any]
) -> list[pl.DataFrame]:
    """List the rows whose value is unreadable, or absent where it must not be."""
    text = rows[field.column]
    found = []
    if field.kind != "text":
        rule, what = UNREADABLE[field.kind]
        if field.kind in ("flag", "code") and field.unknown != rule:
            rule, what = field.unknown, WORDS[field.unknown]
        found.append((text.is_not_null() & parsed.is_null(), rule, what))
    if field.required:
        found.append((text.is_null(), field.required, "is not known"))
    return [
        _at(rows.filter(broken), field, place, rule, what)
        for broken, rule, what in found
        if broken.any()
    ]


def _at(
    rows: pl.DataFrame, field: Field, place: Mapping[str, Any], rule: str, what: str
) -> pl.DataFrame:
    return rows.select(
        file=pl.lit(place["file"], pl.String),
        sheet=pl.lit(place["sheet"], pl.String),
        row=pl.col("source_row"),
        column=pl.lit(field.column),
        rule=pl.lit(rule),
        what=pl.lit(what),
    )
