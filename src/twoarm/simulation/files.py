"""The export files of the two centres, as bytes."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

from twoarm.simulation.layouts import CENTRE_A, CENTRE_B, Column, Sheet

CREATED = datetime(2024, 5, 2)
"""When the workbook says that it was made: the same workbook has the same bytes."""


def write_texts(tables: Mapping[str, pl.DataFrame]) -> list[bytes]:
    """Write the tables of centre a as CSV in GB18030, as a Chinese spreadsheet does.

    Parameters
    ----------
    tables
        Table of the dictionary to the rows of all centres.

    Returns
    -------
    list of bytes
        One file a table, in the order of the tables.
    """
    return [
        _write_text(rows.filter(centre="a"), CENTRE_A[name])
        for name, rows in tables.items()
    ]


def write_workbook(tables: Mapping[str, pl.DataFrame]) -> bytes:
    """Write the tables of centre b as the sheets of one workbook.

    Parameters
    ----------
    tables
        Table of the dictionary to the rows of all centres.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": CREATED})
        as_date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in tables.items():
            layout = CENTRE_B[name]
            _write_sheet(
                workbook.add_worksheet(layout.name),
                derive_cells(rows.filter(centre="b"), layout),
                as_date,
                missing=layout.missing,
            )
    return file.getvalue()


def derive_cells(rows: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Bring rows of the dictionary to a centre's names, units, codes and dates.

    Parameters
    ----------
    rows
        Rows of one table.
    sheet
        How the centre writes them.

    Returns
    -------
    pl.DataFrame
        Text, whole numbers, decimals in the centre's units, and dates if the sheet
        holds dates of its own; null where nothing is known.
    """
    return rows.select(
        _cell(name, rows.schema[name], column, sheet.dates).alias(column.header)
        for name, column in sheet.columns.items()
    )


def _cell(name: str, kind: pl.DataType, column: Column, dates: str) -> pl.Expr:
    value = pl.col(name)
    if column.codes:
        return value.cast(pl.String).replace_strict(column.codes)
    if kind == pl.Date:
        return _date(value, dates)
    if kind.is_float():
        rounded = (value / column.factor).round(column.decimals)
        return rounded if column.decimals else rounded.cast(pl.Int64)
    return value


def _date(value: pl.Expr, dates: str) -> pl.Expr:
    if dates == "cells":
        return value
    forms = {"slashes": "%Y/%-m/%-d", "iso": "%Y-%m-%d", "upper": "%d-%b-%Y"}
    return value.dt.to_string(forms[dates]).str.to_uppercase()


def _write_text(rows: pl.DataFrame, layout: Sheet) -> bytes:
    cells = derive_cells(rows, layout).cast(pl.String).fill_null(layout.missing)
    return cells.write_csv(line_terminator="\r\n").encode("gb18030")


def _write_sheet(
    sheet: Any, cells: pl.DataFrame, as_date: Any, *, missing: str
) -> None:
    sheet.write_row(0, 0, cells.columns)
    for number, row in enumerate(cells.iter_rows(), start=1):
        for place, cell in enumerate(row):
            if cell is None:
                sheet.write_string(number, place, missing)
            elif isinstance(cell, date):
                sheet.write_datetime(number, place, cell, as_date)
            elif isinstance(cell, str):
                sheet.write_string(number, place, cell)
            else:
                sheet.write_number(number, place, cell)
