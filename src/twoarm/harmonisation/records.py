"""Records that are handed on, and rows that are set aside."""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.fields import Harmonised, harmonise_rows
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside


def harmonise_table(
    rows: pl.DataFrame,
    form: Mapping[str, Any],
    file: Mapping[str, Any],
    spoilt: pl.DataFrame,
) -> Harmonised:
    """Make typed records of a file, by what the study says of it.

    Parameters
    ----------
    rows
        Columns of text and `source_row`.
    form
        The fields of each of its `repeats`, the texts that stand for `missing`, the
        rules that `withhold` a cell, and the column that it is `only_with`.
    file
        As a row of the contract Files.
    spoilt
        Cells that the file itself spoilt, as rows of the contract Faults.

    Returns
    -------
    Harmonised
        In the order of the rows, however many are harmonised at once. A drug that is
        told with others has a record of its own.
    """
    epoch = {"epoch": file["epoch"]}
    repeats = [[Field(**field | epoch) for field in each] for each in form["repeats"]]
    kept = _restrict_rows(rows, form)
    spoilt = spoilt.join(kept.select(row="source_row"), on="row", how="semi")
    parts = [
        harmonise_rows(
            kept,
            fields,
            **{key: file[key] for key in ("file", "sheet", "table")},
            missing=form["missing"],
            withhold=form["withhold"],
            sparse=len(repeats) > 1,
            readable=file["n_read"] is not None,
            spoilt=spoilt,
        )
        for fields in repeats
    ]
    records = pl.concat([part.records for part in parts], how="vertical_relaxed")
    told = _restrict_spoilt(spoilt, chain.from_iterable(repeats), form["withhold"])
    faults = pl.concat([told, *(part.faults for part in parts)])
    cells = pl.concat([part.cells for part in parts])
    if len(parts) > 1:
        cell = ("file", "sheet", "row", "column", "field")
        cells = cells.unique(cell, keep="first", maintain_order=True)
    return Harmonised(
        _one_row_a_drug(records.sort("source_row", maintain_order=True)),
        faults.unique(maintain_order=True).sort("row", maintain_order=True),
        usable=all(part.usable for part in parts),
        cells=cells.sort("row", maintain_order=True),
    )


def _restrict_rows(rows: pl.DataFrame, form: Mapping[str, Any]) -> pl.DataFrame:
    """Keep the rows that hold the table, by the one column that they are known by."""
    column = form["only_with"]
    if column is None or column not in rows.columns:
        return rows
    text = pl.col(column).str.strip_chars()
    absent = text.is_in(["", *(each.strip() for each in form["missing"])])
    return rows.filter(text.is_not_null() & ~absent)


def _restrict_spoilt(
    spoilt: pl.DataFrame, fields: Iterable[Field], withhold: Collection[str]
) -> pl.DataFrame:
    """Leave out spoilt cells that are withheld, and without which the row is used."""
    spared = {field.column for field in fields if not field.required}
    rule, column = pl.col("rule"), pl.col("column")
    return spoilt.filter(~(rule.is_in(list(withhold)) & column.is_in(sorted(spared))))


def _one_row_a_drug(records: pl.DataFrame) -> pl.DataFrame:
    """Part drugs that are told in one cell; a row without one keeps its place."""
    lists = [name for name, kind in records.schema.items() if kind == pl.List]
    return records.explode(lists) if lists else records


def set_aside(
    result: Harmonised, reasons: Mapping[str, str], *, prefix: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the rows that break a rule which the study sets aside from the others.

    Parameters
    ----------
    result
        Records and faults of one file.
    reasons
        Rules that set a row aside, with their reason in words.
    prefix
        Put before each `patient_id`, so that two centres' patients stay apart.

    Returns
    -------
    records, quarantine
        Every row of the file is in just one of the two.
    """
    place = {"file": "source_file", "row": "source_row"}
    broken = (
        result.faults.filter(pl.col("rule").is_in(list(reasons)))
        .rename(place)
        .sort("source_row", "rule", "column")
        .group_by("source_file", "source_row", maintain_order=True)
        .agg(pl.col("column", "rule").first())
        .with_columns(reason=pl.col("rule").replace_strict(dict(reasons), default=""))
    )
    keys = ["source_file", "source_row"]
    kept = result.records.join(broken, on=keys, how="anti", maintain_order="left")
    if "patient_id" in kept.columns:
        name = pl.col("patient_id").fill_null("")
        kept = kept.with_columns(patient_id=prefix + name)
    return kept, Quarantine.of([]).vstack(broken.select(Quarantine.column_names()))


def keep_visits_aside(
    result: Harmonised, quarantine: pl.DataFrame, *, prefix: str
) -> pl.DataFrame:
    """Keep of whom, and of which day, the visits are that were set aside.

    Parameters
    ----------
    result
        Records and faults of one file.
    quarantine
        As the contract Quarantine: its rows that are set aside.
    prefix
        As in `set_aside`.

    Returns
    -------
    pl.DataFrame
        As the contract Aside; empty for a file that is not of visits.
    """
    if "visit_date" not in result.records.columns:
        return Aside.of([])
    place = ["source_file", "source_row"]
    gone = result.records.join(quarantine.select(place), on=place, how="semi")
    named = gone.with_columns(patient_id=prefix + pl.col("patient_id"))
    return named.select(Aside.column_names())
