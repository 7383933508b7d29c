"""Order of dates: what cannot have come before what, of one person."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import polars as pl


class Order(NamedTuple):
    """A date of a table, and a date of the person that bounds it.

    `after`: the other date comes first, else last. `strict`: one day is not enough.
    """

    table: str
    field: str
    other: str
    after: bool = True
    strict: bool = False


ORDERS = (
    Order("patients", "diagnosis_date", "birth_date", strict=True),
    Order("patients", "first_dose_date", "birth_date", strict=True),
    Order("patients", "first_dose_date", "diagnosis_date"),
    Order("patients", "first_dose_date", "death_date", after=False),
    Order("assessments", "exam_date", "birth_date", strict=True),
    Order("assessments", "exam_date", "death_date", after=False),
    Order("lesions", "exam_date", "death_date", after=False),
    Order("labs", "sample_date", "birth_date", strict=True),
    Order("labs", "sample_date", "death_date", after=False),
    Order("treatments", "start_date", "birth_date", strict=True),
    Order("treatments", "start_date", "death_date", after=False),
    Order("treatments", "end_date", "death_date", after=False),
    Order("surgeries", "surgery_date", "first_dose_date"),
    Order("surgeries", "surgery_date", "death_date", after=False),
    Order("complications", "onset_date", "death_date", after=False),
    Order("adverse_events", "onset_date", "death_date", after=False),
    Order("follow_ups", "progression_date", "death_date", after=False),
    Order("follow_ups", "last_imaging_date", "last_contact_date", after=False),
    Order("follow_ups", "death_date", "last_contact_date", after=False),
    Order("follow_ups", "last_contact_date", "first_dose_date"),
    Order("follow_ups", "last_contact_date", "data_cut", after=False),
)
OWN = ("death_date", "last_contact_date")
"""Dates of follow-up: those of its own rows are held to the row itself."""
PLACE = ("source_file", "source_row")


def find_disorders(
    tables: Mapping[str, pl.DataFrame], data_cut: date | None = None
) -> pl.DataFrame:
    """Find the rows whose dates are not in an order that dates can have.

    Nothing is swapped and nothing is mended: what is found is to be set aside. Dates
    that are not known break no order.

    Parameters
    ----------
    tables
        Table of the dictionary to its records: `source_file`, `source_row`,
        `patient_id` and dates. A person's first row of `patients` bounds the others, as
        do the earliest death and the latest contact of `follow_ups`.
    data_cut
        Last day of which the exports tell; none if null.

    Returns
    -------
    pl.DataFrame
        `table`, `source_file`, `source_row`, `column` (the field at fault), `rule`
        (`order_violation`) and `reason`, which names both fields and no date; every
        fault of a row has a line.
    """
    bounds = _bounds(tables, data_cut)
    found = [
        _broken(tables[order.table], order, bounds)
        for order in ORDERS
        if order.table in tables and order.field in tables[order.table].columns
    ]
    return pl.concat(found).unique().sort("table", *PLACE, "column", "reason")


def _bounds(
    tables: Mapping[str, pl.DataFrame], data_cut: date | None
) -> dict[str, pl.DataFrame]:
    """Give each date that bounds others, once a person."""
    follow_ups = tables["follow_ups"]
    patients = tables["patients"].sort("patient_id", *PLACE)
    persons = pl.concat([patients["patient_id"], follow_ups["patient_id"]]).unique()
    firsts = patients.group_by("patient_id").agg(
        pl.col(each).drop_nulls().first()
        for each in ("birth_date", "diagnosis_date", "first_dose_date")
        if each in patients.columns
    )
    lasts = follow_ups.group_by("patient_id").agg(
        pl.col("death_date").min(), pl.col("last_contact_date").max()
    )
    cut = persons.to_frame().with_columns(data_cut=pl.lit(data_cut, pl.Date))
    return {
        name: frame.select("patient_id", limit=name)
        for frame in (firsts, lasts, cut)
        for name in frame.columns
        if name != "patient_id"
    }


def _broken(
    records: pl.DataFrame, order: Order, bounds: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """List the rows of a table that break one order."""
    if order.table == "follow_ups" and order.other in OWN:
        both = records.with_columns(limit=order.other)
    elif order.other in bounds:
        both = records.join(bounds[order.other], on="patient_id")
    else:
        both = records.with_columns(limit=pl.lit(None, pl.Date))
    ahead = (pl.col(order.field) - pl.col("limit")).dt.total_days()
    ahead = ahead if order.after else -ahead
    wrong = both.filter(ahead <= 0 if order.strict else ahead < 0)
    word = "before" if order.after else "after"
    if order.strict:
        word += " or on"
    return wrong.select(
        *PLACE,
        table=pl.lit(order.table),
        column=pl.lit(order.field),
        rule=pl.lit("order_violation"),
        reason=pl.lit(f"{order.field} lies {word} {order.other}"),
    )
