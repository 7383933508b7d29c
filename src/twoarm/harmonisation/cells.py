"""What became of each cell that was read."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.values import Parsed
from twoarm.tables.harmonisation import OUTCOMES, Cells


def list_cells(
    cells: pl.DataFrame, parsed: Parsed, field: Field, place: Mapping[str, Any]
) -> pl.DataFrame:
    """List the cells of a field, each with its text and what became of it.

    Parameters
    ----------
    cells
        `source_row`, `raw`, `text`, null where nothing is known, and `told`: whether
        the row tells this field at all.
    parsed
        What was made of them.
    field
        Of the dictionary.
    place
        `file`, `sheet` and `table`.

    Returns
    -------
    pl.DataFrame
        As the contract Cells. An identifier has no text here: its hash stands in the
        records.
    """
    text, rule = pl.col("text"), pl.col("rule")
    outcome = (
        pl.when(rule.is_not_null())
        .then(pl.lit("withheld"))
        .when(text.is_null())
        .then(pl.lit("missing"))
        .otherwise(pl.lit("used"))
    )
    shown = pl.lit(None, pl.String) if field.kind == "identifier" else pl.col("raw")
    told = cells.with_columns(rule=parsed.rule, flags=parsed.flags).filter("told")
    return told.select(
        file=pl.lit(place["file"], pl.String),
        sheet=pl.lit(place["sheet"], pl.String),
        row="source_row",
        column=pl.lit(field.column, pl.String),
        table=pl.lit(place["table"], pl.String),
        field=pl.lit(field.name, pl.String),
        text=shown,
        outcome=outcome.cast(pl.Enum(OUTCOMES)),
        rule=rule,
        flags="flags",
    )


def set_cells_aside(cells: pl.DataFrame, quarantine: pl.DataFrame) -> pl.DataFrame:
    """Mark the cells whose row is set aside.

    Parameters
    ----------
    cells
        As the contract Cells.
    quarantine
        As the contract Quarantine.
    """
    rows = quarantine.select(
        file="source_file", row="source_row", gone=pl.lit(value=True)
    ).unique()
    return (
        cells.join(rows, on=["file", "row"], how="left", maintain_order="left")
        .with_columns(
            outcome=pl.when(pl.col("gone").fill_null(value=False))
            .then(pl.lit("set_aside", pl.Enum(OUTCOMES)))
            .otherwise("outcome")
        )
        .select(Cells.column_names())
    )


def set_marks(cells: pl.LazyFrame, marks: pl.DataFrame) -> pl.LazyFrame:
    """Add to cells what was found once the records of all centres stood together.

    Parameters
    ----------
    cells
        As the contract Cells; in any order.
    marks
        As the contract Marks.
    """
    place, bits = ["table", "file", "row"], pl.col("flags").bitwise_or()
    whole = marks.filter(pl.col("field").is_null())
    of_row = whole.group_by(place).agg(bits.alias("more"), pl.col("set_aside").any())
    own = marks.drop_nulls("field").group_by(*place, "field").agg(bits.alias("own"))
    used = pl.col("outcome") == "used"
    flags = pl.col("flags") | pl.col("more").fill_null(0) | pl.col("own").fill_null(0)
    return (
        cells.join(of_row.lazy(), on=place, how="left")
        .join(own.lazy(), on=[*place, "field"], how="left")
        .with_columns(
            flags=pl.when(used).then(flags).otherwise("flags"),
            outcome=pl.when(pl.col("set_aside").fill_null(value=False))
            .then(pl.lit("set_aside", pl.Enum(OUTCOMES)))
            .otherwise("outcome"),
        )
        .select(Cells.column_names())
    )
