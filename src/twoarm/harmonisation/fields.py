"""Bring the fields of one file to their types, and say where that fails."""

import operator
import re
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import polars as pl

from twoarm.dictionary import EXPORTS, Field
from twoarm.fieldmaps import NUMBER, code_text
from twoarm.harmonisation.cells import list_cells
from twoarm.harmonisation.clinical import parse_field
from twoarm.harmonisation.codes import canonical
from twoarm.harmonisation.messages import describe_faults, describe_lacking
from twoarm.harmonisation.values import type_of, withhold_spoilt
from twoarm.tables.harmonisation import Cells
from twoarm.tables.ingestion import Faults


class Harmonised(NamedTuple):
    """Typed records of a file, the faults of its rows, and whether it could be used."""

    records: pl.DataFrame
    faults: pl.DataFrame
    usable: bool
    cells: pl.DataFrame


def harmonise_rows(
    rows: pl.DataFrame,
    fields: Sequence[Field],
    *,
    file: str,
    sheet: str | None = None,
    table: str = "",
    missing: Sequence[str] = (),
    withhold: Collection[str] = (),
    sparse: bool = False,
    readable: bool = True,
    spoilt: pl.DataFrame | None = None,
) -> Harmonised:
    """Make typed records of rows of text.

    Parameters
    ----------
    rows
        Columns of text and `source_row`.
    fields
        The fields to make; one without a column is not exported, and null.
    file, sheet, table
        Where the rows come from, for the messages, and what they tell.
    missing
        Texts that stand for a value that is not known.
    withhold
        Rules whose cells are withheld and no fault, but of a field that is required.
    sparse
        Whether a row may hold nothing of the table but whose it is, and is none then.
    readable
        False for a file that could not be read: its fault is told elsewhere.
    spoilt
        Cells that the file itself spoilt, as rows of the contract Faults: nothing is
        known of them.

    Returns
    -------
    Harmonised
        `records`: `source_file`, `source_row` and a column a field, in the order of the
        rows; what is not known, or cannot be used, is null. `faults`: one row a fault.
        Columns that the file lacks are faults of the file, without a row; no records
        are made then, and `usable` is False. `cells`: what became of each cell.
    """
    place = {"file": file, "sheet": sheet, "table": table}
    mapped = [field for field in fields if field.column]
    if lacking := describe_lacking(rows, mapped, place):
        told = Faults.of(lacking if readable else [])
        return Harmonised(nothing_of(fields), told, usable=False, cells=Cells.of([]))
    texts = {field.name: _cells_of(rows, field, missing) for field in mapped}
    kept = _tell_something(texts, mapped, sparse=sparse)
    columns, found, cells = {}, [Faults.of([])], [Cells.of([])]
    for field in mapped:
        own = texts.pop(field.name).filter(kept)
        parsed = parse_field(own, field)
        if spoilt is not None:
            parsed = withhold_spoilt(parsed, own, spoilt.filter(column=field.column))
        columns[field.name] = parsed.value.alias(field.name)
        found += describe_faults(own, parsed, field, place, withhold)
        cells.append(list_cells(own, parsed, field, place))
    records = rows.filter(kept).select(pl.lit(file).alias("source_file"), "source_row")
    records = records.with_columns(
        columns.get(field.name, _unknown(field)) for field in fields
    )
    return Harmonised(records, pl.concat(found), usable=True, cells=pl.concat(cells))


def _tell_something(
    texts: Mapping[str, pl.DataFrame], fields: Sequence[Field], *, sparse: bool
) -> pl.Series:
    """Tell the rows that hold something of the table.

    Of a table whose rows tell one item each, those of an item that is a field's; of one
    that may be sparse, those with more than what each row has.
    """
    by_item = [texts[field.name]["told"] for field in fields if field.items]
    filled = [
        texts[field.name]["text"].is_not_null()
        for field in fields
        if not field.required and not field.items
    ]
    every = texts[fields[0].name]["source_row"].is_not_null()
    if by_item:
        return reduce(operator.or_, by_item)
    return reduce(operator.or_, filled, ~every) if sparse else every


def nothing_made(table: str) -> pl.DataFrame:
    """Make the records of a table that a centre does not export."""
    return nothing_of(EXPORTS[table])


def nothing_of(fields: Sequence[Field]) -> pl.DataFrame:
    """Make records of no row."""
    columns = {field.name: type_of(field) for field in fields}
    place = {"source_file": pl.String, "source_row": pl.Int64}
    return pl.DataFrame(schema={**place, **columns})


def _unknown(field: Field) -> pl.Expr:
    """Make a column of nulls for a field that is not exported."""
    return pl.lit(None, type_of(field)).alias(field.name)


def _cells_of(rows: pl.DataFrame, field: Field, missing: Sequence[str]) -> pl.DataFrame:
    """Take the cells of a field: as they stand, stripped, and null where not known.

    Returns
    -------
    pl.DataFrame
        `source_row`, `raw`, `text`, `unit` of the row, and `told`: whether the row
        tells this field at all.
    """
    raw, told = pl.col(field.column), pl.lit(value=True)
    if field.items:
        item = pl.col(field.item_column).str.strip_chars()
        told = item.is_in(list(field.items)).fill_null(value=False)
    unit = pl.col(field.unit_column).str.strip_chars() if field.unit_column else None
    stripped = raw.str.strip_chars()
    absent = _is_missing(stripped, missing if field.missing is None else field.missing)
    return rows.select(
        "source_row",
        raw=raw,
        text=pl.when(told & ~absent).then(stripped),
        unit=pl.lit(None, pl.String) if unit is None else unit.replace({"": None}),
        told=told,
    )


def _is_missing(stripped: pl.Expr, missing: Sequence[str]) -> pl.Expr:
    """Tell the texts that stand for unknown.

    `-9` stands for `-9.0` too: Excel and statistics files write either. A word has one
    form only, and need not be looked for in costly others.
    """
    told = {text.strip() for text in missing}
    absent = stripped.is_in(["", *sorted(told)])
    forms = {code_text(text) for text in told if _has_forms(text)}
    if forms:
        absent |= canonical(stripped).is_in(sorted(forms))
    return absent


def _has_forms(text: str) -> bool:
    return bool(re.match(NUMBER, text)) or text.lower() in ("true", "false")
