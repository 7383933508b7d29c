"""One table of a centre: its files harmonised, and each row accounted for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from twoarm.harmonisation.cells import set_cells_aside
from twoarm.harmonisation.fields import nothing_made
from twoarm.harmonisation.parts import select_part
from twoarm.harmonisation.records import (
    harmonise_table,
    keep_visits_aside,
    set_aside,
)
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import Aside, Cells, Ledger
from twoarm.tables.ingestion import Faults


class TableOfCentre(NamedTuple):
    """Records of a table, and what became of the rows and cells that were read."""

    records: pl.DataFrame
    faults: pl.DataFrame
    quarantine: pl.DataFrame
    aside: pl.DataFrame
    ledger: pl.DataFrame
    cells: pl.DataFrame


def harmonise_table_files(
    stacked: pl.DataFrame,
    forms: Sequence[Mapping[str, Any]],
    files: pl.DataFrame,
    table: str,
) -> TableOfCentre:
    """Harmonise the files of one table, and set aside the rows that break a rule.

    Parameters
    ----------
    stacked
        Rows of all files of the table, as ingestion hands them on.
    forms
        What to make of each file, in their order; none if the centre has no such table.
    files
        Rows of the contract Files of this table.
    table
        Its name in the dictionary.
    """
    if not forms:
        return TableOfCentre(nothing_made(table), *_nothing())
    done = [
        _harmonise_file(select_part(stacked, file["part"]), form, file)
        for form, file in zip(forms, files.iter_rows(named=True), strict=True)
    ]
    columns = zip(*done, strict=True)
    return TableOfCentre(
        *(pl.concat(parts, how="vertical_relaxed") for parts in columns)
    )


def _nothing() -> list[pl.DataFrame]:
    return [each.of([]) for each in (Faults, Quarantine, Aside, Ledger, Cells)]


def _harmonise_file(
    rows: pl.DataFrame, form: Mapping[str, Any], file: Mapping[str, Any]
) -> TableOfCentre:
    result = harmonise_table(rows, form, file)
    prefix = form["prefix"]
    kept, out = set_aside(result, form["reasons"], prefix=prefix)
    ledger = _account(rows, kept, out, file) if result.usable else Ledger.of([])
    return TableOfCentre(
        kept,
        result.faults,
        out,
        keep_visits_aside(result, out, prefix=prefix),
        ledger,
        set_cells_aside(result.cells, out),
    )


def _account(
    rows: pl.DataFrame, kept: pl.DataFrame, out: pl.DataFrame, file: Mapping[str, Any]
) -> pl.DataFrame:
    """Count what became of the rows; the centre is told later."""
    used, gone = kept["source_row"].n_unique(), out["source_row"].n_unique()
    counts = {
        "n_used": used,
        "n_quarantined": gone,
        "n_merged": 0,
        "n_elsewhere": rows.height - used - gone,
    }
    told = {key: file[key] for key in ("table", "file", "encoding", "n_read")}
    return Ledger.of([{"centre": "", **told, **counts}])
