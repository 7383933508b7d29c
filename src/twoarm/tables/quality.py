"""Tables that tell how good the exports are; all but Quality stay in the hospital."""

import polars as pl

from twoarm.tables.contract import Table, dy

WHAT = ("outcome", "rule", "flag")


class Quality(Table):
    """One row a field of a file and what became of its cells: how many of them."""

    centre = dy.String(primary_key=True, description="Who exported the file.")
    file = dy.String(primary_key=True, description="Name of the file.")
    sheet = dy.String(primary_key=True, description="Sheet of a workbook, or nothing.")
    table = dy.String(primary_key=True, description="Table of the dictionary.")
    field = dy.String(primary_key=True, description="Field of the dictionary.")
    what = dy.Enum(
        list(WHAT),
        primary_key=True,
        description="Outcome of each cell, rule of one withheld, or flag of one used.",
    )
    name = dy.String(primary_key=True, description="Which outcome, rule or flag.")
    n_cells = dy.Int64(min=0, description="Cells.")


class Places(Table):
    """One row a fault: what is wrong in which column of which file, and in which rows.

    Of rows set aside, of cells withheld, and of files that could not be read.
    """

    centre = dy.String(description="Who exported the file.")
    file = dy.String(description="Name of the file.")
    sheet = dy.String(nullable=True, description="Sheet of a workbook.")
    column = dy.String(nullable=True, description="Column as the file names it.")
    kind = dy.Enum(
        ["fault", "set_aside", "withheld"],
        description="Whether it ends the run, or what became of the row or the cell.",
    )
    rule = dy.String(description="Name of the broken rule.")
    what = dy.String(nullable=True, description="What is wrong and what to do.")
    n_rows = dy.Int64(min=0, description="Rows at fault; 0 of a whole file.")
    rows = dy.List(dy.Int64(), description="The first of them.")


class Distributions(Table):
    """One row a centre and numeric field: quartiles in the dictionary's unit."""

    centre = dy.String(primary_key=True, description="Centre.")
    table = dy.String(primary_key=True, description="Table of the dictionary.")
    field = dy.String(primary_key=True, description="Field of the dictionary.")
    n = dy.Int64(min=1, description="Values.")
    lower = dy.Float64(description="Lower quartile.")
    median = dy.Float64(description="Median.")
    upper = dy.Float64(description="Upper quartile.")
    z = dy.Float64(
        nullable=True,
        description="Distance of the log median from the other centres' in robust "
        "standard deviations; null of one centre alone, or of few values.",
    )
    n_shifted = dy.Int64(
        min=0, description="Values that lie a factor of units from the others, or 0."
    )
    verdict = dy.String(nullable=True, description="What stands out; null if nothing.")


class Spans(Table):
    """One row a centre and date field: which days its dates span."""

    centre = dy.String(primary_key=True, description="Centre.")
    table = dy.String(primary_key=True, description="Table of the dictionary.")
    field = dy.String(primary_key=True, description="Field of the dictionary.")
    n = dy.Int64(min=1, description="Dates.")
    first = dy.Date(description="Earliest.")
    median = dy.Date(description="Median.")
    last = dy.Date(description="Latest.")
    verdict = dy.String(nullable=True, description="What stands out; null if nothing.")

    @dy.rule()
    def in_order(cls) -> pl.Expr:
        """Dates begin before they end."""
        return pl.col("first") <= pl.col("last")
