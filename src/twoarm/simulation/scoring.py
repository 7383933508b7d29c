"""What became of each fault of the invented exports, against their answer key."""

from collections.abc import Mapping

import polars as pl

from twoarm.dictionary import EXPORTS
from twoarm.flags import has_flag
from twoarm.tables.simulation import Scores

PLACE = ["file", "sheet", "row", "column", "field"]
_FLAGS = pl.col("flags")

SIGNALS = {
    "missing_code": pl.col("outcome") == "missing",
    "comparator": has_flag(_FLAGS, "comparator"),
    "date_partial": has_flag(_FLAGS, "date_partial"),
    "date_open": pl.col("rule") == "date_open",
    "date_swapped": pl.col("rule").is_in(["date_impossible", "date_unreadable"]),
    "decimal": pl.col("rule") == "range_hard",
    "response_vague": pl.col("rule") == "response_unreadable",
    "number": has_flag(_FLAGS, "text_parsed") & (pl.col("was") == "number"),
    "unit": has_flag(_FLAGS, "unit_converted") & (pl.col("column") == "结果"),
    "response": has_flag(_FLAGS, "text_parsed") & (pl.col("was") == "response"),
    "stage": has_flag(_FLAGS, "text_parsed") & (pl.col("was") == "stage"),
    "stage_other": pl.col("rule") == "stage_unreadable",
    "size": has_flag(_FLAGS, "text_parsed") & (pl.col("was") == "size"),
    "drug": has_flag(_FLAGS, "text_parsed") & (pl.col("was") == "drug"),
}
"""Kind of fault to what marks a cell as of this kind."""
SECOND = ("transfer", "transfer_unsure", "registered", "repeat")
"""Kinds that are no cell's, but a record's: see `assess_links`."""
LATER = (*SECOND, "order", "survival")
"""Kinds that only other rows tell of: their cells are read as they stand."""
KINDS = {
    f"{table}.{field.name}": field.kind
    for table, fields in EXPORTS.items()
    for field in fields
}
"""Field to what it is."""


def assess_cells(
    key: pl.DataFrame, cells: pl.DataFrame, records: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Score what was made of the exports' cells, by kind of fault.

    Parameters
    ----------
    key
        As the contract AnswerKey; cells that were not read do not count.
    cells
        As the contract Cells, of all centres.
    records
        Table to its harmonised records, of all centres.

    Returns
    -------
    pl.DataFrame
        As the contract Scores. What must not be used is right if it is missing,
        withheld, or its row set aside; everything else if it is used with its value,
        numbers within a millionth. Kinds of `LATER` are left out.
    """
    told = derive_made(key.filter(~pl.col("kind").is_in(LATER)), cells, records)
    lost = pl.col("truth").is_null()
    used = pl.col("outcome") == "used"
    right = pl.when(lost).then(~used).otherwise(used & pl.col("same"))
    silent = used & ~pl.col("same") & (_FLAGS == 0)
    scored = told.with_columns(right=right, silent=silent)
    counts = scored.group_by("kind").agg(
        n=pl.len().cast(pl.Int64),
        n_right=pl.col("right").sum().cast(pl.Int64),
        n_silent=pl.col("silent").sum().cast(pl.Int64),
    )
    precision = scored.select(
        (pl.col("kind") != "clean").filter(signal).mean().alias(kind)
        for kind, signal in SIGNALS.items()
    ).unpivot(variable_name="kind", value_name="precision")
    return Scores.check(
        counts.join(precision, on="kind", how="left")
        .with_columns(recall=pl.col("n_right") / pl.col("n"))
        .sort("kind")
    )


def assess_links(
    key: pl.DataFrame, records: pl.DataFrame, persons: pl.DataFrame
) -> pl.DataFrame:
    """Score what was made of second records of a person, by how they came about.

    Parameters
    ----------
    key
        As the contract AnswerKey.
    records
        Rows of `patients` as each centre tells them, as the contract Records.
    persons
        As the contract Persons.

    Returns
    -------
    pl.DataFrame
        As the contract Scores: right is a record that belongs to the person of the
        first one, or its row once more. `clean` are the records that are the first of
        their person; right is one that is of no other's.
    """
    who = dict(persons.select("patient_id", "person").iter_rows())
    told = records.select("patient_id", file="source_file", row="source_row")
    second = key.filter(pl.col("kind").is_in(SECOND)).select(
        "file", "row", "kind", "truth"
    )
    both = told.join(second, on=["file", "row"], how="left").with_columns(
        kind=pl.col("kind").fill_null("clean"),
        truth=pl.coalesce("truth", "patient_id"),
    )
    person, true = (
        pl.col(each).replace_strict(who, default=None, return_dtype=pl.String)
        for each in ("patient_id", "truth")
    )
    placed = both.with_columns(person=person, true=true)
    # Who is right has the same truth as all others of the person.
    alone = pl.col("truth").n_unique().over("person") == 1
    right = (pl.col("person") == pl.col("true")) & alone
    return _count_links(placed.with_columns(right=right))


def _count_links(placed: pl.DataFrame) -> pl.DataFrame:
    """Count records by kind; precision is of all that were taken for a second one."""
    counted = placed.group_by("kind").agg(
        n=pl.len().cast(pl.Int64), n_right=pl.col("right").sum().cast(pl.Int64)
    )
    joined = placed.filter(pl.len().over("person") > 1)
    sure = joined.select((pl.col("truth").n_unique().over("person") == 1).mean()).item()
    second = pl.when(pl.col("kind") != "clean").then(pl.lit(sure))
    return Scores.check(
        counted.with_columns(
            n_silent=pl.lit(0, pl.Int64),
            recall=pl.col("n_right") / pl.col("n"),
            precision=second,
        ).sort("kind")
    )


def derive_made(
    key: pl.DataFrame, cells: pl.DataFrame, records: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Set beside each cell of the key what became of it.

    Parameters
    ----------
    key, cells, records
        As of `assess_cells`.

    Returns
    -------
    pl.DataFrame
        The key with `outcome`, `rule`, `flags`, `was` (the kind of its field), and
        `same`: whether a record of its row has the value that is so.
    """
    field = pl.concat_str("table", "field", separator=".")
    found = cells.select(
        *PLACE[:-1], "outcome", "rule", "flags", field=field, read=pl.lit(value=True)
    )
    values = pl.concat(_list_values(table, rows) for table, rows in records.items())
    return (
        key.join(found, on=PLACE, how="inner", nulls_equal=True)
        .join(values, on=["file", "row", "field"], how="left")
        .with_columns(was=pl.col("field").replace_strict(KINDS))
        .with_columns(same=_same().fill_null(value=False))
        .group_by(*PLACE, "kind", "truth", "outcome", "rule", "flags", "was")
        .agg(pl.col("same").any())
    )


def _list_values(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """List the values of records as text, each with its field and its row."""
    place = ["source_file", "source_row"]
    fields = [field.name for field in EXPORTS[table] if field.name in rows.columns]
    text = rows.select(*place, pl.col(fields).cast(pl.String))
    return text.unpivot(fields, index=place, variable_name="field").select(
        file="source_file",
        row="source_row",
        field=pl.concat_str(pl.lit(table), "field", separator="."),
        value="value",
    )


def _same() -> pl.Expr:
    """Tell whether a value is what is so: alike as text, or as a number."""
    truth = pl.col("truth").cast(pl.Float64, strict=False)
    apart = (pl.col("value").cast(pl.Float64, strict=False) - truth).abs()
    near = apart <= 1e-6 * truth.abs().clip(lower_bound=1)
    return (pl.col("value") == pl.col("truth")) | near.fill_null(value=False)
