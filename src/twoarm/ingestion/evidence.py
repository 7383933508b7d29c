"""Guess from the values of a column what they are: kinds, units, dates."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from twoarm.code_words import MEDIANS, MISSING_MARKS, MISSING_WORDS, NO, YES
from twoarm.dictionary import Field
from twoarm.ingestion.headers import parse_header, parse_unit
from twoarm.units import FACTORS, REFUSED, factors_of, plain_unit

NUMBER = r"^[<>≤≥=~约]{0,2}\s*([+-]?\d+(?:\.\d+)?)"
DATE = (
    r"^(\d{4}[-/.年]\d{1,2}|\d{2}年\d{1,2}月|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}[- ][a-z]{3}[- ]\d{2,4}|[a-z]{3} \d{1,2}, ?\d{4}|(19|20)\d{6}$)"
)
SERIAL = r"^([2-5]\d{4}(\.\d+)?|1\d{12}|[5-9]\d{11})$"
"""Days since 1900 of a workbook, and milliseconds since 1970."""
PARTS = r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}"
OWN_UNITS = {
    "os_months": ("月", "months", "month"),
    "operation_minutes": ("min", "minutes", "分", "分钟"),
    "blood_loss_ml": ("ml", "毫升"),
    "viable_percent": ("%",),
    "flr_percent": ("%",),
}
"""Fields that have one unit, and what it is called."""
# ASSUME: a column is what most of it reads as; the rest are gaps and slips.
MOST = 0.75


class Guess(NamedTuple):
    """What a column gives besides its name; `sure` multiplies how sure the name is."""

    keys: dict[str, Any]
    why: list[str]
    notes: list[str]
    sure: float = 1.0


def plain_text(text: str) -> str:
    """Write a text in normal width and lower case, without spaces around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def plain_texts(texts: pl.Series) -> pl.Series:
    """Write texts in normal width and lower case, without spaces around."""
    return texts.drop_nulls().str.normalize("NFKC").str.strip_chars().str.to_lowercase()


def known_texts(texts: pl.Series) -> pl.Series:
    """Leave out the texts that stand for nothing known in whatever column."""
    gone = plain_texts(pl.Series(MISSING_WORDS, dtype=pl.String))
    plain = plain_texts(texts)
    return plain.filter(~plain.is_in(gone.implode()) & (plain != ""))


def numbers_of(texts: pl.Series) -> pl.Series:
    """Read the number that each text begins with, without its comparator."""
    return texts.str.extract(NUMBER).cast(pl.Float64, strict=False).drop_nulls()


def fits_field(field: Field, texts: pl.Series) -> bool:
    """Tell whether most of a column's texts can be what a field holds."""
    plain = known_texts(texts)
    kind = field.kind
    if kind not in ("flag", "code"):
        plain = plain.filter(~plain.is_in(list(MISSING_MARKS)))
    if plain.is_empty():
        return True
    dated = _share(plain, DATE)
    if kind == "date":
        return dated + _share(plain, SERIAL) >= MOST
    return dated < MOST and _fits_kind(kind, plain)


def _share(plain: pl.Series, pattern: str) -> float:
    """Tell the share of the texts that have a pattern."""
    return int(plain.str.contains(pattern).sum()) / plain.len()


def _fits_kind(kind: str, plain: pl.Series) -> bool:
    numeric, bits = _share(plain, NUMBER), _share(plain, r"^[012](\.0)?$")
    answers = int(plain.is_in([*YES, *NO]).sum()) / plain.len()
    fits = {
        "number": numeric >= MOST,
        "size": _share(plain, r"\d") >= MOST,
        "flag": answers + bits >= MOST,
        "code": plain.n_unique() <= 12,
        "stage": answers < MOST and plain.n_unique() <= 30,
        "ecog": answers < MOST and plain.n_unique() <= 12,
        "drug": numeric < MOST and answers < MOST,
        "response": numeric < MOST and answers < MOST,
    }
    return fits.get(kind, True)


def guess_unit(
    field: Field, header: str, under: str, texts: pl.Series, item: str = ""
) -> Guess:
    """Guess the unit of a column.

    Parameters
    ----------
    field
        Of the dictionary.
    header, under
        Name of the column, and what stands under it in a row of units, if there is one.
    texts
        Of the column.
    item
        Where in place of the header an item has the unit, its text.
    """
    if field.name in OWN_UNITS:
        return _own_unit(field.name, parse_header(header).unit or parse_unit(under))
    factors, refused = factors_of(field.name), _refused(field.name)
    if not factors:
        return Guess({}, [], [])
    named = (item or header).replace("{repeat}", "").strip(" _-")
    places = {
        "the header": parse_header(named).unit,
        "the row under the header": parse_unit(under),
    }
    fitting = _fitting_units(field.name, numbers_of(plain_texts(texts)))
    for where, unit in places.items():
        plain = plain_unit(unit)
        if plain in refused:
            return Guess({"unit": unit}, [], [f"unit {unit} {refused[plain]}"], 0)
        if plain in factors:
            return _stated_unit(unit, where, fitting, factors)
        if unit:
            return Guess({}, [], [f"unit {unit} is none of this field's"], 0)
    return _untold_unit(field.name, fitting, factors)


def _untold_unit(
    field: str, fitting: Sequence[str], factors: Mapping[str, float]
) -> Guess:
    """Guess a unit that nothing states: by the values, or where all are one."""
    units = list(FACTORS[field])
    if len(fitting) == 1:
        why = f"unit from the values: their median is usual in {fitting[0]} alone"
        return Guess({"unit": fitting[0]}, [why], [], 0.65)
    if len({*factors.values()}) == 1:
        why = "no unit found, but all of this field's have one factor"
        return Guess({"unit": units[0]}, [why], [], 0.9)
    told = f"unit not found: one of {', '.join(units)}"
    return Guess({}, ["no unit found"], [told], 0.5)


def _stated_unit(
    unit: str, where: str, fitting: Sequence[str], factors: Mapping[str, float]
) -> Guess:
    """Take a unit that is stated, less surely if the values speak for another."""
    why = [f"unit {unit} from {where}"]
    same = [
        each
        for each in fitting
        if factors[plain_unit(each)] == factors[plain_unit(unit)]
    ]
    if fitting and not same:
        why.append(f"but the median of the values is usual in {fitting[0]}")
        return Guess({"unit": unit}, why, [], 0.5)
    return Guess({"unit": unit}, why, [])


def _own_unit(name: str, unit: str) -> Guess:
    if not unit or unit in OWN_UNITS[name]:
        return Guess({}, [], [])
    note = f"unit {unit} is not ours, {OWN_UNITS[name][0]}: give a factor"
    return Guess({}, [f"unit {unit} in the header"], [note], 0.4)


def _refused(name: str) -> dict[str, str]:
    return {plain_unit(unit): why for unit, why in REFUSED.get(name, {}).items()}


def _fitting_units(name: str, numbers: pl.Series) -> list[str]:
    """List the units in which the median is usual, one for each factor."""
    if name not in MEDIANS or numbers.is_empty():
        return []
    low, high = MEDIANS[name]
    median = numbers.median()
    by_factor: dict[float, str] = {}
    for unit, factor in FACTORS[name].items():
        if isinstance(median, float) and low <= median * factor <= high:
            by_factor.setdefault(factor, unit)
    return list(by_factor.values())


def guess_dates(texts: pl.Series) -> Guess:
    """Guess the order of day and month; only dates that allow one order decide."""
    plain = known_texts(texts)
    if plain.str.contains(PARTS).sum() == 0:
        return Guess({}, [], [])
    first = plain.str.extract(PARTS, 1).cast(pl.Int64)
    second = plain.str.extract(PARTS, 2).cast(pl.Int64)
    days = {"dmy": int((first > 12).sum()), "mdy": int((second > 12).sum())}
    found = [order for order, count in days.items() if count]
    if len(found) == 1:
        name = {"dmy": "day", "mdy": "month"}[found[0]]
        why = f"{days[found[0]]} dates can only be {name} first, none the other way"
        return Guess({"date_order": found[0]}, [why], [])
    why = "dates of both orders" if found else "no date tells day from month"
    return Guess({}, [why], [f"{why}: say date_order: dmy or mdy"], 0.4)
