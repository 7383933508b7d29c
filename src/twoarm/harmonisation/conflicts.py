"""Rows of one person brought together, and where they say different things."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from twoarm.harmonisation.twins import find_twins
from twoarm.tables.harmonisation import PLACE

WHERE = (*PLACE, "centre")
NO_PLACE = pl.DataFrame(schema={"source_file": pl.String, "source_row": pl.Int64})
OF_A_SAMPLE = ("patient_id", "sample_date")
EARLIEST, LATEST = ("progression_date",), ("last_contact_date", "last_imaging_date")
AS_OF = ("os_months", "vital_status")
"""Told as of the last contact of their own row, and never of another's."""
SETTLED = {
    "patients": "the patient dosed first is believed, others fill what is lacking",
    "follow_ups": "the latest contact is believed; a death, if any row tells one; the "
    "earliest progression",
}
COMPARED = {
    "patients": ("sex", "birth_date", "histology"),
    "follow_ups": ("death_date", "progression_date"),
}
"""Fields that two rows of one person should tell alike."""


class Merged(NamedTuple):
    """Records of persons, and what was brought together.

    `tables`: table to its records. `dropped`: `table`, `source_file` and `source_row`
    of rows that another row tells. `conflicts`: `table`, `field`, `files` and `rows`
    (lists: the place of each) and `settled`; never a value.
    """

    tables: dict[str, pl.DataFrame]
    dropped: pl.DataFrame
    conflicts: pl.DataFrame


def place_first(
    table: str, records: pl.DataFrame, persons: pl.DataFrame
) -> pl.DataFrame:
    """Give each row the name of its person, and put the row that is believed first.

    Parameters
    ----------
    table
        Its name in the dictionary.
    records
        As the contract Records.
    persons
        `patient_id`, `person` and `survivor` of each patient. A patient who is not
        there is one for itself.

    Returns
    -------
    pl.DataFrame
        The rows, in an order that does not hang on theirs; `patient_id` is that of the
        person.
    """
    who = persons.select("patient_id", "person", "survivor")
    survivor = pl.col("survivor").fill_null(value=True)
    named = records.join(who, on="patient_id", how="left").with_columns(
        patient_id=pl.coalesce("person", "patient_id"), second=~survivor
    )
    if table == "follow_ups":
        by = ["patient_id", "last_contact_date", "second", *PLACE]
        ordered = named.sort(by, descending=[False, True, False, False, False],
                             nulls_last=True)  # fmt: skip
    else:
        ordered = named.sort("patient_id", "second", *PLACE, maintain_order=True)
    return ordered.select(records.columns)


def restrict_to_persons(tables: Mapping[str, pl.DataFrame]) -> Merged:
    """Bring the rows of each person together.

    Of `patients` and `follow_ups` one row a person is left, as `SETTLED` says; of the
    others every row but those that tell in all fields what another tells, of samples
    also if another tells it in more decimals.

    Parameters
    ----------
    tables
        Table of the dictionary to its records, as `place_first` orders them.

    Returns
    -------
    Merged
        Rows read are those of `tables` and `dropped` together.
    """
    kept, dropped, conflicts = {}, [], []
    for table, ordered in tables.items():
        if table in COMPARED:
            kept[table] = _one_row(ordered, ordered.columns)
            conflicts += [_conflicts(ordered, table, each) for each in COMPARED[table]]
        else:
            twins = find_twins(ordered) if table == "labs" else NO_PLACE
            single = ordered.join(twins, on=PLACE, how="anti", maintain_order="left")
            kept[table] = _distinct(single, ordered.columns)
        gone = ordered.join(kept[table], on=PLACE, how="anti")
        dropped.append(gone.select(pl.lit(table).alias("table"), *PLACE))
    return Merged(
        kept,
        pl.concat(dropped).unique().sort("table", *PLACE),
        pl.concat(conflicts).sort("table", "field", "files", "rows"),
    )


def _one_row(ordered: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Take each field of the first row that tells it; the place is the first row's."""
    first = {
        name: pl.col(name).min()
        if name in EARLIEST
        else pl.col(name).max()
        if name in LATEST
        else pl.col(name).first()
        if name in WHERE or name in AS_OF
        else pl.col(name).drop_nulls().first()
        for name in columns
        if name != "patient_id"
    }
    found = ordered.group_by("patient_id", maintain_order=True).agg(**first)
    return found.select(columns)


def _distinct(ordered: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Keep one of the rows that say the same of one person."""
    told = [name for name in columns if name not in WHERE]
    # A row of one item that is not known says nothing that another could say.
    values = pl.col([name for name in told if name not in OF_A_SAMPLE])
    silent = pl.all_horizontal(values.is_null()) & pl.lit("sample_date" in told)
    # Records of one row of a file are several findings: drugs told in one cell.
    first = pl.concat(
        [
            ordered.filter(~silent).unique(told, keep="first", maintain_order=True),
            ordered.filter(silent),
        ]
    )
    by = dict.fromkeys(["patient_id", *PLACE, *told])
    return first.select(columns).sort(list(by))


def _conflicts(ordered: pl.DataFrame, table: str, field: str) -> pl.DataFrame:
    """List the places at which the rows of a person tell a field differently."""
    told = pl.col(field)
    clash = told.drop_nulls().n_unique() > 1
    if field == "death_date":  # seen alive after it
        clash |= (told.is_null() & (pl.col("last_contact_date") > told.min())).any()
    by = PLACE
    found = (
        ordered.group_by("patient_id")
        .agg(
            clash.alias("clash"),
            files=pl.col("source_file").sort_by(by),
            rows=pl.col("source_row").sort_by(by),
        )
        .filter(pl.col("clash").fill_null(value=False))
    )
    return found.select(
        table=pl.lit(table),
        field=pl.lit(field),
        files="files",
        rows="rows",
        settled=pl.lit(SETTLED[table]),
    )
