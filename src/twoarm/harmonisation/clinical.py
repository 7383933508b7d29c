"""Read the text of one field as hospitals write it, and flag what was done to it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.flags import flag_if
from twoarm.harmonisation.values import (
    Parsed,
    parse_plain,
    type_of,
)
from twoarm.parsers.dates import parse_dates
from twoarm.parsers.drugs import parse_drugs
from twoarm.parsers.ecog import parse_ecog
from twoarm.parsers.events import parse_events
from twoarm.parsers.flags import parse_flags
from twoarm.parsers.numbers import parse_numbers
from twoarm.parsers.responses import parse_responses
from twoarm.parsers.sizes import parse_sizes
from twoarm.parsers.stages import parse_stages
from twoarm.units import REFUSED, plain_unit

BELOW = 1 / math.sqrt(2)
"""What stands for a value below a limit of detection, as a share of the limit.

References
----------
.. [1] Hornung RW, Reed LD. Estimation of average concentration in the presence of
   nondetectable values. Appl Occup Environ Hyg 1990;5:46-51.
   doi:10.1080/1047322X.1990.10389587
"""


def parse_field(cells: pl.DataFrame, field: Field) -> Parsed:
    """Read the cells of a field, and hold numbers to what is possible.

    Parameters
    ----------
    cells
        `text`, stripped and null where nothing is known, and `unit`, the unit of the
        row, null where no column says it.
    field
        What to make of them.
    """
    # A centre's names of events are added to those that are known.
    coded = field.codes and field.kind != "event"
    plain = field.plain or coded or (field.kind == "date" and field.formats)
    read = None if plain else READERS.get(field.kind)
    parsed = read(cells, field) if read else parse_plain(cells["text"], field)
    return _within(parsed, field) if field.hard or field.soft else parsed


def _as_parsed(frame: pl.DataFrame, field: Field) -> Parsed:
    """Take `value`, `problem` and the columns named as flags from what a parser gave.

    A parser gives a problem, or a value, or neither for no text; what has a problem
    has no value.
    """
    sound = pl.col("problem").is_null()
    bits = [
        flag_if(pl.col(column).fill_null(value=False) & sound, flag)
        for column, flag in FLAGGED.items()
        if column in frame.columns
    ]
    found = frame.select(
        value=pl.when(sound).then("value"),
        flags=pl.sum_horizontal(bits) if bits else pl.lit(0),
        rule="problem",
    )
    value = found["value"]
    if field.kind != "drug":
        value = value.cast(type_of(field), strict=False)
    return Parsed(value, found["flags"].cast(pl.UInt16), found["rule"])


FLAGGED = {
    "parsed": "text_parsed",
    "compared": "comparator",
    "inferred": "unit_inferred",
    "converted": "unit_converted",
    "partial": "date_partial",
}
"""Column of what was parsed to the flag that it sets."""


def _read_number(cells: pl.DataFrame, field: Field) -> Parsed:
    """Read numbers, bring them to the dictionary's unit, put limits where `<` stands.

    The unit that stands in the cell has the last word, then that of the row, then that
    of the codebook. If none says it, and one alone of the known units gives a possible
    value, it is that one, with a flag.
    """
    mark: Any = field.decimal
    read = parse_numbers(cells["text"], decimal=mark).with_columns(
        told=_plain_units(cells["unit"])
    )
    read = read.with_columns(told=pl.coalesce(_plain_units(read["unit"]), "told"))
    frame = _add_factors(read, field)
    factor, value, sign = pl.col("factor"), pl.col("value"), pl.col("comparator")
    limit = pl.when(sign.is_in(["<", "<="])).then(BELOW).otherwise(1.0)
    refused = [plain_unit(unit) for unit in REFUSED.get(field.name, {})]
    return _as_parsed(
        frame.with_columns(
            problem=pl.when(value.is_null())
            .then("problem")
            .when(pl.col("told").is_in(refused))
            .then(pl.lit("unit_refused"))
            .when(factor.is_null())
            .then(pl.lit("unit_unknown")),
            value=value * factor * limit,
            compared=sign.is_not_null(),
            converted=factor != 1.0,
        ),
        field,
    )


def _plain_units(units: pl.Series) -> pl.Series:
    """Write units in one form, each text once."""
    forms = {unit: plain_unit(unit) for unit in units.drop_nulls().unique()}
    return units.replace_strict(forms, default=None, return_dtype=pl.String)


def _add_factors(read: pl.DataFrame, field: Field) -> pl.DataFrame:
    """Add `factor`, null where the unit is not known, and whether it was `inferred`."""
    told, value = pl.col("told"), pl.col("value")
    if not field.factors:  # a number without a unit
        return read.with_columns(
            factor=pl.lit(field.factor), inferred=pl.lit(value=False)
        )
    stated = field.unit or field.factor != 1.0
    said = told.replace_strict(field.factors, default=None, return_dtype=pl.Float64)
    own = (told == plain_unit(field.unit)) | (told.is_null() & pl.lit(bool(stated)))
    low, high = field.hard or (-math.inf, math.inf)
    factors = sorted(set(field.factors.values()))
    possible = [(value * each).is_between(low, high) for each in factors]
    alone = pl.sum_horizontal(each.cast(pl.Int8) for each in possible) == 1
    which = pl.coalesce(
        pl.when(each).then(factor)
        for each, factor in zip(possible, factors, strict=True)
    )
    untold = told.is_null() & pl.lit(not stated) & alone
    return read.with_columns(
        factor=pl.when(own).then(field.factor).when(untold).then(which).otherwise(said),
        inferred=untold,
    )


def _read_date(cells: pl.DataFrame, field: Field) -> Parsed:
    order: Any = field.order
    epoch: Any = field.epoch
    read = parse_dates(cells["text"], order=order, epoch=epoch)
    return _as_parsed(
        read.with_columns(partial=pl.col("precision").is_in(["month", "year"])), field
    )


def _read_size(cells: pl.DataFrame, field: Field) -> Parsed:
    unit: Any = field.unit or None
    read = parse_sizes(cells["text"], unit=unit)
    axis = "short_mm" if field.short else "long_mm"
    return _as_parsed(
        read.with_columns(
            value=axis,
            compared=pl.col("comparator").is_not_null(),
            problem=pl.col("problem"),
        ),
        field,
    )


def _read_drug(cells: pl.DataFrame, field: Field) -> Parsed:
    """Read drugs as a list of their classes, or of their generic names."""
    read = parse_drugs(cells["text"])
    if not field.levels:
        return _as_parsed(read.with_columns(value="drugs"), field)
    classes = pl.col("classes").list.eval(pl.element().str.replace(r"^ici_.*$", "ici"))
    return _as_parsed(read.with_columns(value=classes), field)


def _read_stage(cells: pl.DataFrame, field: Field) -> Parsed:
    system: Any = field.system
    return _as_parsed(parse_stages(cells["text"], system=system), field)


def _read_ecog(cells: pl.DataFrame, field: Field) -> Parsed:
    return _as_parsed(parse_ecog(cells["text"], kps=field.unit == "KPS"), field)


def _read_flag(cells: pl.DataFrame, field: Field) -> Parsed:
    return _as_parsed(parse_flags(cells["text"], numeric=True), field)


def _read_event(cells: pl.DataFrame, field: Field) -> Parsed:
    return _as_parsed(parse_events(cells["text"].replace(field.codes)), field)


def _read_response(cells: pl.DataFrame, field: Field) -> Parsed:
    return _as_parsed(parse_responses(cells["text"]), field)


READERS: Mapping[str, Callable[[pl.DataFrame, Field], Parsed]] = {
    "number": _read_number,
    "date": _read_date,
    "size": _read_size,
    "drug": _read_drug,
    "stage": _read_stage,
    "ecog": _read_ecog,
    "flag": _read_flag,
    "response": _read_response,
    "event": _read_event,
}


def _within(parsed: Parsed, field: Field) -> Parsed:
    """Withhold what is not possible, and flag what is not usual."""
    low, high = field.hard or (-math.inf, math.inf)
    least, most = field.soft or (low, high)
    value, rule = pl.col("value"), pl.col("rule")
    impossible = value.is_not_null() & ~value.is_between(low, high)
    odd = ~impossible & ~value.is_between(least, most)
    frame = pl.DataFrame(
        {"value": parsed.value, "flags": parsed.flags, "rule": parsed.rule}
    ).select(
        value=pl.when(~impossible).then(value),
        flags=pl.col("flags")
        | flag_if(impossible, "range_hard")
        | flag_if(odd.fill_null(value=False), "range_soft"),
        rule=pl.when(impossible).then(pl.lit("range_hard")).otherwise(rule),
    )
    return Parsed(frame["value"], frame["flags"], frame["rule"])
