"""Rows of one person brought together, and where they say different things."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from twoarm.harmonisation.twins import find_twins
from twoarm.tables.harmonisation import PLACE, Conflicts

WHERE = (*PLACE, "centre")
NO_PLACE = pl.DataFrame(schema={"source_file": pl.String, "source_row": pl.Int64})
NO_CONFLICT = Conflicts.create_empty()
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
    """Records of persons of a table, and what was brought together.

    `dropped`: `table`, `source_file` and `source_row` of rows that another row tells.
    `conflicts`: `table`, `field`, `files` and `rows` (lists: the place of each) and
    `settled`; never a value.
    """

    records: pl.DataFrame
    dropped: pl.DataFrame
    conflicts: pl.DataFrame


def place_first(
    table: str, records: pl.LazyFrame, persons: pl.DataFrame
) -> pl.LazyFrame:
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
    pl.LazyFrame
        The rows, in an order that does not hang on theirs; `patient_id` is that of the
        person.
    """
    who = persons.lazy().select("patient_id", "person", "survivor")
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
    return ordered.select(records.collect_schema().names())


def restrict_to_persons(table: str, ordered: pl.DataFrame) -> Merged:
    """Bring the rows of each person together.

    Of `patients` and `follow_ups` one row a person is left, as `SETTLED` says; of the
    others every row but those that tell in all fields what another tells, of samples
    also if another tells it in more decimals.

    Parameters
    ----------
    table
        Its name in the dictionary.
    ordered
        Its records, as `place_first` orders them.

    Returns
    -------
    Merged
        Rows read are those of `records` and `dropped` together.
    """
    conflicts = [_conflicts(ordered, table, each) for each in COMPARED.get(table, ())]
    if table in COMPARED:
        kept = _one_row(ordered, ordered.columns)
    else:
        twins = find_twins(ordered) if table == "labs" else NO_PLACE
        kept = _distinct(ordered, twins)
    gone = ordered.select(PLACE).join(kept.select(PLACE), on=PLACE, how="anti")
    dropped = gone.select(pl.lit(table).alias("table"), *PLACE)
    return Merged(kept, dropped, pl.concat([NO_CONFLICT, *conflicts]))


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


def _distinct(ordered: pl.DataFrame, twins: pl.DataFrame) -> pl.DataFrame:
    """Keep one of the rows that say the same of one person, and no twin."""
    columns = ordered.columns
    told = [name for name in columns if name not in WHERE]
    rows = ordered.lazy()
    if twins.height:
        rows = rows.join(twins.lazy(), on=PLACE, how="anti", maintain_order="left")
    parts = [rows]
    if "sample_date" in told:
        # A row of one item that is not known says nothing that another could say.
        values = pl.col([name for name in told if name not in OF_A_SAMPLE])
        silent = pl.all_horizontal(values.is_null())
        parts = [rows.filter(~silent), rows.filter(silent)]
    # Records of one row of a file are several findings: drugs told in one cell.
    parts[0] = parts[0].unique(told, keep="first", maintain_order=True)
    by = dict.fromkeys(["patient_id", *PLACE, *told])
    # In one piece, as the bytes of a file tell of pieces.
    return pl.concat(parts).select(columns).sort(list(by)).collect().rechunk()


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
