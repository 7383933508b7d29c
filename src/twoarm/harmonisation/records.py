"""Records that are handed on, and rows that are set aside."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.dictionary import Field
from twoarm.harmonisation.fields import Harmonised, harmonise_rows
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside


def harmonise_table(
    rows: pl.DataFrame, form: Mapping[str, Any], file: Mapping[str, Any]
) -> Harmonised:
    """Make typed records of a file, by what the study says of it.

    Parameters
    ----------
    rows
        Columns of text and `source_row`.
    form
        Its `fields` and the texts that stand for `missing`.
    file
        As a row of the contract Files.
    """
    return harmonise_rows(
        rows,
        [Field(**field) for field in form["fields"]],
        **{key: file[key] for key in ("file", "sheet")},
        missing=form["missing"],
        readable=file["n_read"] is not None,
    )


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
