"""The files of the centres, as bytes: text, workbooks, a page, lines of records."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

CREATED = datetime(2024, 5, 2)
"""When a workbook says that it was made: the same workbook has the same bytes."""
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


class Page(NamedTuple):
    """One sheet of a workbook.

    `title` goes over all columns above the header, `units` under it. Columns of
    `numbers` hold numbers where the text is one, those of `days` the workbook's dates.
    """

    name: str
    rows: pl.DataFrame
    title: str = ""
    units: Mapping[str, str] = MappingProxyType({})
    numbers: Sequence[str] = ()
    days: Sequence[str] = ()
    hidden: bool = False


def write_text(
    rows: pl.DataFrame, encoding: str, *, separator: str = ",", line_end: str = "\n"
) -> bytes:
    """Write delimited text."""
    text = rows.write_csv(separator=separator, line_terminator=line_end)
    return text.encode(encoding)


def write_workbook(pages: Sequence[Page], *, from_1904: bool = False) -> bytes:
    """Write a workbook, whose days count from 1904 if so said."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(
        file, {"in_memory": True, "date_1904": from_1904}
    ) as workbook:
        workbook.set_properties({"created": CREATED})
        as_day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for page in pages:
            sheet = workbook.add_worksheet(page.name)
            if page.hidden:
                sheet.hide()
            _write_page(sheet, page, as_day)
    return file.getvalue()


def _write_page(sheet: Any, page: Page, as_day: Any) -> None:
    columns = page.rows.columns
    top = 0
    if page.title:
        sheet.merge_range(0, 0, 0, len(columns) - 1, page.title)
        top += 1
    sheet.write_row(top, 0, columns)
    if page.units:
        top += 1
        for place, name in enumerate(columns):
            if name in page.units:
                sheet.write_string(top, place, page.units[name])
    for place, name in enumerate(columns):
        for row, text in enumerate(page.rows[name], start=top + 1):
            if text is not None:
                _write_cell(sheet, (row, place), text, page, name, as_day)


def _write_cell(
    sheet: Any, place: tuple[int, int], text: str, page: Page, name: str, as_day: Any
) -> None:
    if name in page.days and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        sheet.write_datetime(*place, date.fromisoformat(text), as_day)
    elif name in page.numbers and re.fullmatch(r"-?\d+(\.\d+)?", text):
        sheet.write_number(*place, float(text))
    else:
        sheet.write_string(*place, text)


def write_html(rows: pl.DataFrame, title: str, encoding: str) -> bytes:
    """Write a table as a page, which hospitals' systems call a workbook."""

    def line(cells: Sequence[str | None], tag: str) -> str:
        return "".join(f"<{tag}>{escape(cell or '')}</{tag}>" for cell in cells)

    body = "".join(f"<tr>{line(row, 'td')}</tr>\n" for row in rows.iter_rows())
    return (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; '
        f'charset={encoding}"><title>{escape(title)}</title></head><body>\n'
        f'<table border="1">\n<tr>{line(rows.columns, "th")}</tr>\n{body}</table>\n'
        "</body></html>\n"
    ).encode(encoding)


def write_lines(records: Sequence[Mapping[str, Any]], encoding: str) -> bytes:
    """Write records as lines of JSON."""
    lines = [json.dumps(each, ensure_ascii=False) for each in records]
    return ("\n".join(lines) + "\n").encode(encoding)


def as_value(text: str | None) -> str | int | float | None:
    """Make a number of a text that is one, as a database hands it over.

    >>> as_value("12.50"), as_value("7"), as_value("007"), as_value(None)
    (12.5, 7, '007', None)
    """
    if text is None or not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
