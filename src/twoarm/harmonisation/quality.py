"""Count what became of the cells of the exports, and say where the faults are."""

import polars as pl

from twoarm.flags import FLAGS, has_flag
from twoarm.tables.harmonisation import OUTCOMES
from twoarm.tables.quality import WHAT, Places, Quality

SHOWN = 50
"""Rows at fault that are named; the others are counted."""
PLACE = ("centre", "file", "sheet", "table", "field")


def summarise_cells(cells: pl.LazyFrame) -> pl.DataFrame:
    """Count the cells of each field of each file by outcome, rule and flag.

    They are read in a stream, and only what they are counted by is.

    Parameters
    ----------
    cells
        As the contract Cells, of any number of centres.

    Returns
    -------
    pl.DataFrame
        As the contract Quality. Every outcome is there, if of no cell; the outcomes of
        a field add up to the cells that were read of it. Rules are of cells withheld,
        flags of cells used.
    """
    alike = (
        cells.group_by("file", "sheet", "table", "field", "outcome", "rule", "flags")
        .agg(n_cells=pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )
    placed = alike.with_columns(
        centre=_centre_of("file"), sheet=pl.col("sheet").fill_null("")
    )
    places = placed.select(PLACE).unique()
    outcomes = places.join(pl.DataFrame({"name": OUTCOMES}), how="cross").join(
        _count(placed, pl.col("outcome").cast(pl.String)),
        on=[*PLACE, "name"],
        how="left",
    )
    withheld = placed.filter(
        pl.col("outcome") == "withheld", pl.col("rule").is_not_null()
    )
    used = placed.filter(pl.col("outcome") == "used")
    flagged = pl.concat(
        [
            _count(used.filter(has_flag(pl.col("flags"), flag)), pl.lit(flag))
            for flag in FLAGS
        ]
    )
    parts = {
        "outcome": outcomes,
        "rule": _count(withheld, pl.col("rule")),
        "flag": flagged,
    }
    return pl.concat(
        [
            part.select(
                *PLACE,
                what=pl.lit(what, pl.Enum(WHAT)),
                name="name",
                n_cells=pl.col("n_cells").fill_null(0),
            )
            for what, part in parts.items()
        ]
    ).select(Quality.column_names())


def _count(cells: pl.DataFrame, name: pl.Expr) -> pl.DataFrame:
    return cells.group_by(*PLACE, name=name).agg(pl.col("n_cells").sum())


def _centre_of(file: str) -> pl.Expr:
    """Give the centre of a file: what stands before the first slash of its name."""
    return pl.col(file).str.extract("^([^/]+)/").fill_null("source")


def list_places(
    cells: pl.DataFrame, quarantine: pl.DataFrame, faults: pl.DataFrame
) -> pl.DataFrame:
    """List what is at fault, by file, column and rule, with its first rows.

    Parameters
    ----------
    cells, quarantine, faults
        As the contracts of these names, of any number of centres.

    Returns
    -------
    pl.DataFrame
        As the contract Places: faults that end the run first, then what concerns most
        rows. No value of a cell is in it, and no identifier.
    """
    aside = quarantine.select(
        file="source_file",
        sheet=pl.lit(None, pl.String),
        row="source_row",
        column="column",
        rule="rule",
        what="reason",
        kind=pl.lit("set_aside"),
    )
    withheld = cells.filter(pl.col("outcome") == "withheld").select(
        "file",
        "sheet",
        "row",
        "column",
        "rule",
        what=pl.lit(None, pl.String),
        kind=pl.lit("withheld"),
    )
    ending = _ending(faults, aside, withheld)
    rows = pl.concat([ending, aside, withheld], how="diagonal")
    found = rows.group_by("file", "sheet", "column", "kind", "rule", "what").agg(
        n_rows=pl.col("row").drop_nulls().n_unique().cast(pl.Int64),
        rows=pl.col("row").drop_nulls().unique().sort().head(SHOWN),
    )
    first = pl.col("kind").replace_strict({"fault": 0}, default=1, return_dtype=pl.Int8)
    return (
        found.with_columns(
            centre=_centre_of("file"),
            kind=pl.col("kind").cast(Places.create_empty()["kind"].dtype),
        )
        .sort(
            first, -pl.col("n_rows"), "file", "column", "rule", "what", nulls_last=True
        )
        .select(Places.column_names())
    )


def _ending(
    faults: pl.DataFrame, aside: pl.DataFrame, withheld: pl.DataFrame
) -> pl.DataFrame:
    """Keep the faults that end the run."""
    # A row is set aside by its first fault; the others of it end no run either.
    gone = aside.select("file", "row", held=pl.lit(value=True)).unique()
    ruled = pl.col("rule").is_in(aside["rule"].unique().implode())
    place = ["file", "row", "column", "rule"]
    return (
        faults.join(gone, on=["file", "row"], how="left")
        .filter(~(ruled & pl.col("held").fill_null(value=False)))
        .join(withheld, on=place, how="anti", nulls_equal=True)
        .select("file", "sheet", "row", "column", "rule", "what", kind=pl.lit("fault"))
    )
