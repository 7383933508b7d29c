"""Neutralise text from data cells in what is written for spreadsheets."""

import polars as pl

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"


def neutralise(table: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that looks neutralised already gets one more, so that who reads the table takes
    one away and has the text as it was; see `Table.read_csv`.

    >>> neutralise(pl.DataFrame({"level": ["=1+1", "-1", "A"]}))["level"].to_list()
    ["'=1+1", '-1', 'A']
    """
    text = pl.selectors.string()
    formula = text.str.contains(r"^'*[=+\-@\t\r]") & ~text.str.contains(NUMBER)
    return table.with_columns(
        pl.when(formula).then("'" + text).otherwise(text).name.keep()
    )
