"""Identifiers that a spreadsheet spoilt: digits that are lost for ever."""

import polars as pl

from twoarm.ingestion.reading import Fault

# SOURCE: a number of a spreadsheet keeps 15 digits, and shows 11 before it turns to
# the form 1.2E+11.
SHORTENED = r"^[+-]?\d(\.\d+)?E\+(1[1-9]|[2-9]\d)$"
LONG = r"^-?\d{16,}$"
CUT = "a long number that a spreadsheet cut; have it exported as text"


def find_cut(rows: pl.DataFrame) -> tuple[Fault, ...]:
    """Find what was a long number and lost its digits, as `1.2345E+11`.

    Parameters
    ----------
    rows
        Columns of text and `source_row`.

    Returns
    -------
    tuple of Fault
        One a cell, of rule `digits_lost`.
    """
    return tuple(
        Fault(row, column, "digits_lost", CUT)
        for column in rows.columns[1:]
        if rows[column].str.contains("E+", literal=True).any()
        for row in rows.filter(pl.col(column).str.contains(SHORTENED))["source_row"]
    )
