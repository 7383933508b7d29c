"""Adverse events in words: a column an arm and period, a row a number."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.reporting.table_one import HIDDEN, LARGE_ARM

NOT_REPORTED = "not reported"
Row = Mapping[str, Any]
PERIODS = {
    "before_zero": "before time zero",
    "zero_to_surgery": "time zero to surgery",
    "after_surgery": "after surgery",
    "after_zero": "after time zero",
}
KINDS = {
    "any": "Any grade",
    "severe": "Grade 3 or more",
    "immune": "Immune-related",
    "fatal": "Grade 5, death",
}
OF_TERMS = {
    "any": "Any grade, events (patients)",
    "severe": "Grade 3 or more, events (patients)",
}


def adverse_events_in_words(
    events: pl.DataFrame | None, arms: Mapping[str, str], limits: str
) -> dict[str, Any]:
    """Put the table of adverse events in words.

    Parameters
    ----------
    events
        As the contract AdverseEvents, small counts hidden; None where there is none.
    arms
        `treated` and `control`: names of the arms, in their order.
    limits
        Percent of the limits, in words.

    Returns
    -------
    dict
        `heads` of the columns, `rows` with `label`, `inner` and `cells`, and `outside`:
        what to say of events in no period. No rows where none are reported; nothing
        where there is no table.
    """
    if events is None or events.is_empty():
        return {}
    found = {
        (row["arm"], row["period"], row["position"], row["kind"]): row
        for row in events.to_dicts()
    }
    columns = [
        (arm, period)
        for arm in arms.values()
        for period in PERIODS
        if (arm, period, 0, "any") in found
    ]
    outside = [found.get((arm, "outside", 0, "any")) for arm in arms.values()]
    told = (pl.col("reason") != NOT_REPORTED).fill_null(value=True)
    terms = dict(events.select("position", "term").drop_nulls().iter_rows())
    rows = (
        list(_rows(found, columns, terms, limits)) if events.filter(told).height else []
    )
    return {
        "heads": [f"{arm}\n{PERIODS[period]}" for arm, period in columns],
        "rows": rows,
        "outside": _outside([row for row in outside if row]),
    }


def _rows(
    found: Mapping[Any, Row],
    columns: list[tuple[str, str]],
    terms: Mapping[int, str],
    limits: str,
) -> Iterator[dict[str, Any]]:
    """Yield the rows: who was observed for how long, then each kind, then each term."""
    first = [found[(*column, 0, "any")] for column in columns]
    yield _line("Patients observed", [_count(row["n_at_risk"]) for row in first])
    yield _line("Person-months", [_months(row["person_months"]) for row in first])
    blank = [""] * len(columns)
    for kind, label in KINDS.items():
        rows = [found[(*column, 0, kind)] for column in columns]
        yield _line(label, blank)
        yield _line("Events", list(map(_events, rows, first)), inner=True)
        yield _line("Patients, n (%)", list(map(_patients, rows)), inner=True)
        yield _line(
            f"Per 100 person-months [{limits} % limits]",
            list(map(_rate, rows)),
            inner=True,
        )
    for position, term in sorted(terms.items()):
        yield _line(term, blank)
        for kind, label in OF_TERMS.items():
            rows = [found[(*column, position, kind)] for column in columns]
            yield _line(label, list(map(_both, rows)), inner=True)


def _line(label: str, cells: list[str], *, inner: bool = False) -> dict[str, Any]:
    return {"label": label, "cells": cells, "inner": inner}


def _count(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"


def _months(months: float | None) -> str:
    return HIDDEN if months is None else f"{months:,.0f}"


def _events(row: Row, whole: Row) -> str:
    """Write the number of events; of those of which the kind is told, if not of all."""
    if row["n_event"] is None:
        return row["reason"] or HIDDEN
    known = row["n_known"]
    if known is None or known == whole["n_event"]:
        return f"{row['n_event']:,}"
    return f"{row['n_event']:,} of {known:,}"


def _patients(row: Row) -> str:
    if row["n_patients"] is None:
        return row["reason"] or HIDDEN
    at_risk = row["n_at_risk"]
    if not at_risk:
        return f"{row['n_patients']:,}"
    digits = 1 if at_risk >= LARGE_ARM else 0
    return f"{row['n_patients']:,} ({100 * row['n_patients'] / at_risk:.{digits}f})"


def _rate(row: Row) -> str:
    if row["rate"] is None:
        return row["reason"] or HIDDEN
    rate, low, high = (row[name] for name in ("rate", "conf_low", "conf_high"))
    return f"{rate:.1f} [{low:.1f}–{high:.1f}]"


def _both(row: Row) -> str:
    if row["n_event"] is None:
        return row["reason"] or HIDDEN
    return f"{row['n_event']:,} ({row['n_patients']:,})"


def _outside(rows: list[Row]) -> str:
    """Say how many events are in no period."""
    what = "Events dated before the first dose or after the last contact"
    counted = [row["n_event"] for row in rows if row["reason"] != NOT_REPORTED]
    if None in counted:
        return f"{what} are few, and count in no period."
    return f"{what} count in no period: {sum(counted):,}." if any(counted) else ""
