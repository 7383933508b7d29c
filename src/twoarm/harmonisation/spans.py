"""Dates that are known to a month or a year: from when, and until when, they may be."""

from collections.abc import Mapping

import polars as pl

from twoarm.tables.harmonisation import PLACE


def spread_dates(
    tables: Mapping[str, pl.DataFrame], partial: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """Put in the place of dates that are not known to the day the first and last day.

    Parameters
    ----------
    tables
        Table of the dictionary to its records. A month is told by its 15th, a year by
        the first of July.
    partial
        `table`, `file`, `row` and `field` of these dates.

    Returns
    -------
    earliest, latest
        The tables, row by row, with the earliest and the latest day of each date.

    Examples
    --------
    >>> from datetime import date
    >>> row = {"source_file": "a", "source_row": 2, "death_date": date(2021, 3, 15)}
    >>> place = {"table": "t", "file": "a", "row": 2, "field": "death_date"}
    >>> first, last = spread_dates({"t": pl.DataFrame([row])}, pl.DataFrame([place]))
    >>> first["t"]["death_date"][0], last["t"]["death_date"][0]
    (datetime.date(2021, 3, 1), datetime.date(2021, 3, 31))
    """
    earliest, latest = dict(tables), dict(tables)
    for (table, field), places in partial.group_by(
        ["table", "field"], maintain_order=True
    ):
        rows = tables.get(str(table))
        if rows is None or field not in rows.columns:
            continue
        name, day = str(field), pl.col(str(field))
        told = places.select(
            source_file="file", source_row="row", open=pl.lit(value=True)
        ).unique()
        marked = rows.join(told, on=PLACE, how="left", maintain_order="left")
        year = day.dt.day() == 1
        first = (
            pl.when(year).then(day.dt.replace(month=1)).otherwise(day.dt.month_start())
        )
        last = (
            pl.when(year)
            .then(day.dt.replace(month=12, day=31))
            .otherwise(day.dt.month_end())
        )
        for spread, end in ((earliest, first), (latest, last)):
            day_of_end = pl.when("open").then(end).otherwise(day).alias(name)
            # What other fields were spread before is kept.
            spread[str(table)] = spread[str(table)].with_columns(
                marked.select(day_of_end).to_series()
            )
    return earliest, latest


def keep_deaths_after_contact(
    follow_ups: pl.DataFrame, latest: pl.DataFrame
) -> pl.DataFrame:
    """Take the last contact for a death that is known to its month or year alone.

    Parameters
    ----------
    follow_ups
        Records, of which a death may be told by the middle of its month or year.
    latest
        Its latest days, as `spread_dates` gives them, of more rows.

    Returns
    -------
    pl.DataFrame
        The records; a death is no earlier than the last contact where its month or year
        allows that.
    """
    ends = latest.select(*PLACE, death_until="death_date")
    contact = pl.col("last_contact_date")
    until = follow_ups.join(ends, on=PLACE, how="left", maintain_order="left")
    later = (contact > pl.col("death_date")) & (contact <= pl.col("death_until"))
    death = pl.when(later).then(contact).otherwise("death_date")
    return until.with_columns(death_date=death).drop("death_until")
