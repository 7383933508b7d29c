"""Read the text of one field as values: plain forms, and codes."""

from typing import Any, NamedTuple

import polars as pl

from twoarm.dictionary import Field
from twoarm.fieldmaps import NUMBER
from twoarm.flags import TYPE
from twoarm.harmonisation.codes import canonical, canonical_code, level_order
from twoarm.scores.quantities import RESPONSES

FIRST_YEAR = 1000
TYPES: dict[str, Any] = {
    "number": pl.Float64,
    "size": pl.Float64,
    "ecog": pl.Float64,
    "date": pl.Date,
    "flag": pl.Boolean,
    "response": pl.Enum(RESPONSES),
}
UNREADABLE = {
    "number": "number_unreadable",
    "date": "date_unreadable",
    "size": "size_unreadable",
    "stage": "stage_unreadable",
    "drug": "drug_unknown",
    "response": "response_unreadable",
    "ecog": "number_unreadable",
}


class Parsed(NamedTuple):
    """A column of values, with the flags of each and the rule that it breaks."""

    value: pl.Series
    flags: pl.Series
    rule: pl.Series


def type_of(field: Field) -> Any:
    """Tell the type of a field's column; a code without levels is text as found."""
    levels = pl.Enum(field.levels) if field.levels else pl.String
    return TYPES.get(field.kind, levels)


def has_open_levels(field: Field) -> bool:
    """Tell whether the levels of a field are those that its texts have."""
    coded = bool(field.codes) or field.kind == "code"
    return coded and not field.levels and field.kind not in TYPES


def parse_plain(text: pl.Series, field: Field) -> Parsed:
    """Read plain forms: a number, a date of a stated form, a code, text as it is.

    Parameters
    ----------
    text
        Stripped, and null where nothing is known.
    field
        What to make of it.
    """
    if field.codes or field.kind == "code":
        return by_rule(text, _parse_code(text, field), field.unknown)
    if field.kind == "flag":
        return by_rule(text, _as_flag(text), field.unknown)
    if field.kind == "date":
        return by_rule(text, _parse_date(text, field), UNREADABLE["date"])
    if field.kind in ("number", "ecog"):
        return by_rule(text, _parse_number(text, field), UNREADABLE["number"])
    return by_rule(text, text, "")


def by_rule(text: pl.Series, value: pl.Series, rule: str) -> Parsed:
    """Name the rule that is broken where there is text and no value."""
    broken = (text.is_not_null() & value.is_null()).to_frame("broken")
    named = broken.select(pl.when("broken").then(pl.lit(rule))).to_series()
    return Parsed(value, pl.zeros(value.len(), TYPE, eager=True), named)


def withhold_spoilt(
    parsed: Parsed, cells: pl.DataFrame, spoilt: pl.DataFrame
) -> Parsed:
    """Withhold the values of cells that the file itself spoilt, with its rule.

    Parameters
    ----------
    parsed
        What was made of the cells.
    cells
        With `source_row`.
    spoilt
        Those of this column, as rows of the contract Faults.
    """
    if spoilt.is_empty():
        return parsed
    rules = dict(spoilt.select("row", "rule").rows())
    rule = cells["source_row"].replace_strict(
        rules, default=None, return_dtype=pl.String
    )
    sound = pl.Series(rule.is_null())
    frame = pl.DataFrame({"value": parsed.value, "flags": parsed.flags, "sound": sound})
    kept = frame.select(
        value=pl.when("sound").then("value"),
        flags=pl.when("sound").then("flags").otherwise(pl.lit(0, TYPE)),
    )
    return Parsed(
        kept["value"], kept["flags"], rule.zip_with(~sound, parsed.rule.cast(pl.String))
    )


def _parse_number(text: pl.Series, field: Field) -> pl.Series:
    shown = pl.when(pl.col("text").str.contains(NUMBER)).then("text")
    parsed = shown.cast(pl.Float64, strict=False) * field.factor
    found = pl.when(parsed.is_finite()).then(parsed)
    return text.to_frame("text").select(found).to_series()


def _parse_date(text: pl.Series, field: Field) -> pl.Series:
    forms = field.formats or ("%Y-%m-%d",)
    dates = pl.coalesce(_as_date(pl.col("text"), form) for form in forms)
    return text.to_frame("text").select(dates).to_series()


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


def _parse_code(text: pl.Series, field: Field) -> pl.Series:
    """Map codes to levels; without stated codes the levels are as found, sorted."""
    plain = text.to_frame("text").select(canonical(pl.col("text"))).to_series()
    if field.codes:
        codes = {canonical_code(code): level for code, level in field.codes.items()}
        plain = plain.replace_strict(codes, default=None, return_dtype=pl.String)
    if field.kind == "flag":
        return _as_flag(plain)
    if field.kind == "ecog":
        return plain.cast(pl.Float64, strict=False)
    stated = [canonical_code(level) for level in field.levels]
    levels = stated or sorted(plain.drop_nulls().unique(), key=level_order)
    known = TYPES.get(field.kind, pl.Enum(levels))
    return plain.cast(known, strict=False)


def _as_flag(text: pl.Series) -> pl.Series:
    plain = text.to_frame("text").select(canonical(pl.col("text"))).to_series()
    known = {"true": True, "false": False, "1": True, "0": False}
    return plain.replace_strict(known, default=None, return_dtype=pl.Boolean)
