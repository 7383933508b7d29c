"""Rows of one person brought together, and where they say different things."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

PLACE = ("source_file", "source_row")
WHERE = (*PLACE, "centre")
EARLIEST, LATEST = ("progression_date",), ("last_contact_date", "last_imaging_date")
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

    `tables`: table to its records, `patient_id` that of the person. `dropped`: `table`,
    `source_file` and `source_row` of rows that another row tells. `conflicts`: `table`,
    `field`, `places` (file and row of each) and `settled`; never a value.
    """

    tables: dict[str, pl.DataFrame]
    dropped: pl.DataFrame
    conflicts: pl.DataFrame


def restrict_to_persons(
    tables: Mapping[str, pl.DataFrame], persons: pl.DataFrame
) -> Merged:
    """Bring the rows of each person together.

    Of `patients` and `follow_ups` one row a person is left, as `SETTLED` says; of the
    others every row but those that tell in all fields what another tells.

    Parameters
    ----------
    tables
        Table of the dictionary to its records.
    persons
        `patient_id`, `person` and `survivor` of each patient. A patient who is not
        there is one for itself.

    Returns
    -------
    Merged
        Rows read are those of `tables` and `dropped` together. The order of the rows
        does not matter.
    """
    kept, dropped, conflicts = {}, [], []
    for table, records in tables.items():
        named = _named(records, persons)
        ordered = _ordered(table, named)
        if table in COMPARED:
            kept[table] = _one_row(ordered, records.columns)
            conflicts += [_conflicts(ordered, table, each) for each in COMPARED[table]]
        else:
            kept[table] = _distinct(ordered, records.columns)
        gone = records.join(kept[table], on=list(PLACE), how="anti")
        dropped.append(gone.select(pl.lit(table).alias("table"), *PLACE))
    return Merged(
        kept,
        pl.concat(dropped).unique().sort("table", *PLACE),
        pl.concat(conflicts).sort("table", "field", "places"),
    )


def _named(records: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Give each row the name of its person."""
    who = persons.select("patient_id", "person", "survivor")
    survivor = pl.col("survivor").fill_null(value=True)
    return records.join(who, on="patient_id", how="left").with_columns(
        patient_id=pl.coalesce("person", "patient_id"), second=~survivor
    )


def _ordered(table: str, named: pl.DataFrame) -> pl.DataFrame:
    """Put the row that is believed first."""
    if table == "follow_ups":
        by = ["patient_id", "last_contact_date", "second", *PLACE]
        return named.sort(by, descending=[False, True, False, False, False],
                          nulls_last=True)  # fmt: skip
    return named.sort("patient_id", "second", *PLACE)


def _one_row(ordered: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Take each field of the first row that tells it; the place is the first row's."""
    first = {
        name: pl.col(name).min()
        if name in EARLIEST
        else pl.col(name).max()
        if name in LATEST
        else pl.col(name).first()
        if name in WHERE
        else pl.col(name).drop_nulls().first()
        for name in columns
        if name != "patient_id"
    }
    found = ordered.group_by("patient_id", maintain_order=True).agg(**first)
    return found.select(columns)


def _distinct(ordered: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Keep one of the rows that say the same of one person."""
    told = [name for name in columns if name not in WHERE]
    # Records of one row of a file are several findings: drugs told in one cell.
    first = ordered.unique(told, keep="first", maintain_order=True)
    by = dict.fromkeys(["patient_id", *PLACE, *told])
    return first.select(columns).sort(list(by))


def _conflicts(ordered: pl.DataFrame, table: str, field: str) -> pl.DataFrame:
    """List the places at which the rows of a person tell a field differently."""
    told = pl.col(field)
    clash = told.drop_nulls().n_unique() > 1
    if field == "death_date":  # seen alive after it
        clash |= (told.is_null() & (pl.col("last_contact_date") > told.min())).any()
    place = pl.concat_str("source_file", pl.col("source_row").cast(pl.String),
                          separator=":")  # fmt: skip
    found = (
        ordered.group_by("patient_id")
        .agg(clash.alias("clash"), place.sort().str.join(", ").alias("places"))
        .filter(pl.col("clash").fill_null(value=False))
    )
    return found.select(
        table=pl.lit(table),
        field=pl.lit(field),
        places="places",
        settled=pl.lit(SETTLED[table]),
    )
