"""Order of dates: what cannot have come before what, of one person."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import polars as pl

from twoarm.tables.harmonisation import PLACE


class Order(NamedTuple):
    """A date of a table, and a date of the person that bounds it.

    `after`: the other date comes first, else last. `strict`: one day is not enough.
    """

    table: str
    field: str
    other: str
    after: bool = True
    strict: bool = False


FIRST = (
    Order("patients", "diagnosis_date", "birth_date", strict=True),
    Order("patients", "first_dose_date", "birth_date", strict=True),
    Order("patients", "first_dose_date", "diagnosis_date"),
    Order("follow_ups", "progression_date", "death_date", after=False),
    Order("follow_ups", "last_imaging_date", "last_contact_date", after=False),
    Order("follow_ups", "last_contact_date", "death_date", after=False),
    Order("follow_ups", "last_contact_date", "first_dose_date"),
    Order("follow_ups", "death_date", "first_dose_date"),
    Order("follow_ups", "last_contact_date", "data_cut", after=False),
    Order("follow_ups", "death_date", "data_cut", after=False),
)
"""Orders within a row of patients, then of follow-up: asked first, since the rows that
break them bound nothing."""
ORDERS = (
    Order("assessments", "exam_date", "birth_date", strict=True),
    Order("assessments", "exam_date", "death_date", after=False),
    Order("lesions", "exam_date", "death_date", after=False),
    Order("labs", "sample_date", "birth_date", strict=True),
    Order("labs", "sample_date", "death_date", after=False),
    Order("treatments", "start_date", "birth_date", strict=True),
    Order("treatments", "start_date", "death_date", after=False),
    Order("treatments", "end_date", "death_date", after=False),
    Order("treatments", "end_date", "start_date"),
    Order("surgeries", "surgery_date", "first_dose_date"),
    Order("surgeries", "surgery_date", "death_date", after=False),
    Order("complications", "onset_date", "death_date", after=False),
    Order("adverse_events", "onset_date", "death_date", after=False),
)
"""Orders of all other dates."""


def find_disorders(
    earliest: Mapping[str, pl.DataFrame],
    latest: Mapping[str, pl.DataFrame],
    data_cut: date | None = None,
) -> pl.DataFrame:
    """Find the rows whose dates are not in an order that dates can have.

    Nothing is swapped and nothing is mended: what is found is to be set aside. Dates
    that are not known break no order, and a month or a year only if none of its days
    could do.

    Parameters
    ----------
    earliest, latest
        Table of the dictionary to its records, row by row the same but for dates that
        are not known to the day: `source_file`, `source_row`, `patient_id` and dates. A
        person's first row of `patients` bounds the others, as do the earliest death and
        the latest contact of `follow_ups`, of rows that break no order of their own.
    data_cut
        Last day of which the exports tell; none if null.

    Returns
    -------
    pl.DataFrame
        `table`, `source_file`, `source_row`, `column` (the field at fault), `rule`
        (`order_violation`) and `reason`, which names both fields and no date; every
        fault of a row has a line.
    """
    cut = pl.lit(data_cut, pl.Date)
    both = [
        {table: rows.with_columns(data_cut=cut) for table, rows in each.items()}
        for each in (earliest, latest)
    ]
    found = []
    for orders in (FIRST[:3], FIRST[3:], ORDERS):
        bounds = _bounds(both[0]), _bounds(both[1])
        broken = [
            _broken(both[0][order.table], both[1][order.table], order, bounds)
            for order in orders
            if order.table in both[0] and order.field in both[0][order.table].columns
        ]
        found += broken
        both = [_leave(each, broken) for each in both]
    return pl.concat(found).unique().sort("table", *PLACE, "column", "reason")


def _leave(
    tables: Mapping[str, pl.DataFrame], broken: list[pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Leave the rows that broke an order out of what bounds others."""
    gone = pl.concat(broken) if broken else None
    if gone is None or gone.is_empty():
        return dict(tables)
    return {
        table: rows.join(
            gone.filter(table=table), on=PLACE, how="anti", maintain_order="left"
        )
        for table, rows in tables.items()
    }


def _bounds(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Give each date that bounds others, once a person."""
    firsts = (
        tables["patients"]
        .group_by("patient_id", maintain_order=True)
        .agg(
            pl.col(each).drop_nulls().first()
            for each in ("birth_date", "first_dose_date")
            if each in tables["patients"].columns
        )
    )
    lasts = tables["follow_ups"].group_by("patient_id").agg(pl.col("death_date").min())
    return {
        name: frame.select("patient_id", limit=name)
        for frame in (firsts, lasts)
        for name in frame.columns
        if name != "patient_id"
    }


def _broken(
    earliest: pl.DataFrame,
    latest: pl.DataFrame,
    order: Order,
    bounds: tuple[Mapping[str, pl.DataFrame], Mapping[str, pl.DataFrame]],
) -> pl.DataFrame:
    """List the rows of a table that break one order."""
    own, others = (latest, earliest) if order.after else (earliest, latest)
    limits = bounds[0 if order.after else 1]
    if order.other in others.columns:
        both = own.with_columns(limit=others[order.other])
    elif order.other in limits:
        both = own.join(limits[order.other], on="patient_id", maintain_order="left")
    else:
        return _told(own.head(0), order)
    ahead = (pl.col(order.field) - pl.col("limit")).dt.total_days()
    ahead = ahead if order.after else -ahead
    return _told(both.filter(ahead <= 0 if order.strict else ahead < 0), order)


def _told(wrong: pl.DataFrame, order: Order) -> pl.DataFrame:
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
