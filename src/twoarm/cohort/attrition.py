"""Attrition: every restriction leaves a row that says why, and how many."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.cohort.eligibility import meets
from twoarm.tables.cohort import Attrition, Quarantine


def start_attrition(
    n_usable: int,
    quarantine: pl.DataFrame | None = None,
    *,
    n_event: int | None = None,
    first: str = "Patients read",
) -> pl.DataFrame:
    """Start the attrition table with the patients read.

    Parameters
    ----------
    n_usable
        Patients handed on by harmonisation.
    quarantine
        Rows that harmonisation set aside, where a row is a patient. Of those patients
        it is not known whether they had the event.
    n_event
        How many of the usable patients had the event; None if not known.
    first
        What is read.
    """
    gone = Quarantine.of([]) if quarantine is None else quarantine
    total = n_usable + gone.height
    known = None if gone.height else n_event
    attrition = add_step(
        Attrition.of([]), first, n_before=total, n_after=total, n_event=known
    )
    by_reason = gone.group_by("reason").len().sort("reason")
    for reason, count in by_reason.iter_rows():
        total -= count
        attrition = add_step(
            attrition,
            reason,
            n_before=total + count,
            n_after=total,
            n_event=n_event if total == n_usable else None,
        )
    return attrition


def start_unusable(
    n_usable: int, ledger: pl.DataFrame, *, n_event: int | None = None
) -> pl.DataFrame:
    """Start the attrition table of exports, whose table `patients` has a row a patient.

    Parameters
    ----------
    n_usable
        Patients handed on by harmonisation.
    ledger
        As the contract Ledger, of all centres.
    n_event
        As in `start_attrition`.
    """
    counts = ledger.filter(table="patients")
    leaving = {
        "Record of the patient could not be used": counts["n_quarantined"].sum(),
        "Second record of a patient": counts["n_merged"].sum(),
    }
    left = n_usable + int(sum(leaving.values()))
    known = n_event if left == n_usable else None
    first = "Records read" if counts["n_merged"].sum() else "Patients read"
    attrition = start_attrition(left, n_event=known, first=first)
    for reason, count in leaving.items():
        if count:
            left -= int(count)
            attrition = add_step(
                attrition,
                reason,
                n_before=left + int(count),
                n_after=left,
                n_event=n_event if left == n_usable else None,
            )
    return attrition


def add_step(
    attrition: pl.DataFrame,
    reason: str,
    *,
    n_before: int,
    n_after: int,
    n_event: int | None = None,
) -> pl.DataFrame:
    """Add a step to the attrition table; `n_event` of those left had the event."""
    row = {
        "step": attrition.height + 1,
        "reason": reason,
        "n_before": n_before,
        "n_excluded": n_before - n_after,
        "n_after": n_after,
        "n_event_after": n_event,
    }
    return pl.concat([attrition, Attrition.of([row])])


def find_n_event(patients: pl.DataFrame, event: str | None) -> int | None:
    """Count the events; None where a column is not there, or one is not known.

    >>> find_n_event(pl.DataFrame({"os_event": [True, False]}), "os_event")
    1
    """
    if event not in patients.columns or patients[event].null_count():
        return None
    return int(patients[event].sum())


def restrict_where(
    patients: pl.DataFrame,
    attrition: pl.DataFrame,
    keep: pl.Expr,
    reason: str,
    *,
    event: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the rows where `keep` is True; null does not stay.

    Parameters
    ----------
    patients
        One row a patient.
    attrition
        The steps before.
    keep, reason
        Who stays, and why the others leave.
    event
        Column that tells who had the event which the attrition table counts; None, or a
        column that is not there, if it is not known.

    Returns
    -------
    patients, attrition
        Those who stay, and the attrition table with one more step.
    """
    kept = patients.filter(keep)
    return kept, add_step(
        attrition,
        reason,
        n_before=patients.height,
        n_after=kept.height,
        n_event=find_n_event(kept, event),
    )


def restrict_eligible(
    candidates: pl.DataFrame,
    attrition: pl.DataFrame,
    conditions: Sequence[Mapping[str, Any]],
    *,
    event: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ask the conditions of eligibility one after the other.

    Parameters
    ----------
    candidates
        One row a patient, with a column `eligible_<name>` a condition.
    attrition
        The steps before.
    conditions
        As in `twoarm.cohort.eligibility.meets`.
    event
        As in `restrict_where`.
    """
    for condition in conditions:
        candidates, attrition = restrict_where(
            candidates, attrition, meets(condition), condition["reason"], event=event
        )
    return candidates, attrition


def restrict_enrolled(
    candidates: pl.DataFrame,
    attrition: pl.DataFrame,
    *,
    first: str | None,
    last: str | None,
    event: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep patients whose time zero lies between two days, both included.

    Parameters
    ----------
    first, last
        Days as ISO text; None for no limit.
    event
        As in `restrict_where`.
    """
    date = pl.col("index_date")
    for day, keep, reason in (
        (
            first,
            date >= pl.lit(first).str.to_date(),
            "Time zero before enrolment began",
        ),
        (last, date <= pl.lit(last).str.to_date(), "Time zero after enrolment ended"),
    ):
        if day is not None:
            candidates, attrition = restrict_where(
                candidates, attrition, keep, reason, event=event
            )
    return candidates, attrition


def derive_ledger(
    ledger: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame, *, table: str
) -> pl.DataFrame:
    """Count the rows that the cohort set aside, too.

    Parameters
    ----------
    ledger
        As the contract Ledger, at the end of harmonisation.
    before, after
        As the contract Quarantine, at the end of harmonisation and of the cohort.
    table
        Table whose rows are the candidates' index rows.
    """
    fresh = after.join(before, on=before.columns, how="anti", nulls_equal=True)
    count = fresh.group_by(file="source_file").agg(n_more=pl.len().cast(pl.Int64))
    more = pl.when(table=table).then(pl.col("n_more").fill_null(0)).otherwise(0)
    return (
        ledger.join(count, on="file", how="left", maintain_order="left")
        .with_columns(
            n_used=pl.col("n_used") - more,
            n_quarantined=pl.col("n_quarantined") + more,
        )
        .drop("n_more")
    )
