"""The cohort as it is on the clock of a design."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

DIGITS = 6
"""Decimals of a day on a clock that starts later: times that are the same but for the
rounding of their subtraction, or of a source that gives hours, are then tied."""
SAME_DAY = 0.5
"""Days by which a treatment on the day on which follow-up ends comes before it."""


def patients_at(
    patients: pl.DataFrame, arms: pl.DataFrame, endpoints: Sequence[str]
) -> pl.DataFrame:
    """Take the patients of a design, as they are where its clock starts.

    Parameters
    ----------
    patients
        As the contract Patients.
    arms
        Rows of one design of the contract Arms.
    endpoints
        Names of the endpoints, whose days are counted anew.

    Returns
    -------
    pl.DataFrame
        As the contract Patients: of a landmark those who are in, in the arms of that
        day, and days from there; of any other design the patients given.
    """
    start = _start(arms)
    if not start:
        return patients
    told = arms.select("patient_id", told="treated")
    counted = [*(f"{name}_days" for name in endpoints), "treatment_days"]
    return (
        patients.join(told, on="patient_id", maintain_order="left")
        .with_columns(*(pl.col(name) - start for name in counted), treated="told")
        .drop("told")
    )


def cohorts_at(
    patients: pl.DataFrame, arms: pl.DataFrame, endpoints: Sequence[str]
) -> Iterator[tuple[list[str], pl.DataFrame]]:
    """Yield the designs whose clocks start together, and their patients.

    Parameters
    ----------
    patients, endpoints
        As in `patients_at`.
    arms
        As the contract Arms.
    """
    together: dict[float, list[str]] = {}
    for (design,), rows in arms.group_by("design", maintain_order=True):
        together.setdefault(_start(rows), []).append(str(design))
    for names in together.values():
        first = arms.filter(design=names[0])
        yield names, patients_at(patients, first, endpoints)


def spans_of(
    patients: pl.DataFrame, members: pl.DataFrame, endpoint: str
) -> pl.DataFrame:
    """Follow the members of a design's arms, for one endpoint, on its clock.

    A member is at risk from `entry_days` to `exit_days`; an event after that does not
    count. Who is not followed past the entry is left out. A treatment on the day on
    which follow-up ends came first: it is moved back by half a day, as R's users do
    with the Stanford heart transplant data.

    Parameters
    ----------
    patients
        With `treatment_days`, `<endpoint>_days`, `<endpoint>_event`, and
        `<endpoint>_competing` where the study names what competes.
    members
        Rows of one design of the contracts Arms or Designs.

    Returns
    -------
    pl.DataFrame
        The rows with `start`, `end`, `wait` (the treatment, null if never or not known)
        and `event`, in days since the clock read 0, by patient and arm; `competing`
        where something may forestall the event.
    """
    days = pl.col(f"{endpoint}_days")
    origin, entry, end, wait = (
        pl.col(f"{name}_days") for name in ("origin", "entry", "exit", "treatment")
    )
    ended = ["event", *(["competing"] if f"{endpoint}_competing" in patients else [])]
    within = days <= end.fill_null(np.inf)
    changes = (wait == days) & (entry > origin) & pl.col("treated")
    leaves = (wait == days) & ~pl.col("treated")
    return (
        members.join(patients.drop("treated"), on="patient_id")
        .with_columns(
            entry_days=pl.when(changes & (entry == days))
            .then(entry - SAME_DAY)
            .otherwise(entry),
            exit_days=pl.when(leaves & (end == days))
            .then(end - SAME_DAY)
            .otherwise(end),
            treatment_days=pl.when(wait == days).then(wait - SAME_DAY).otherwise(wait),
        )
        .with_columns(
            start=entry - origin,
            end=pl.min_horizontal(days, end) - origin,
            wait=wait - origin,
            **{name: pl.col(f"{endpoint}_{name}") & within for name in ended},
        )
        .with_columns(
            pl.when(pl.col("origin_days") == 0).then(each).otherwise(each.round(DIGITS))
            for each in (pl.col("start"), pl.col("end"), pl.col("wait"))
        )
        .filter(pl.col("end") > pl.col("start"))
        .sort("patient_id", "treated")
    )


def is_repeated(members: pl.DataFrame) -> bool:
    """Tell whether patients have several rows, as clones or in trials: each is a set.

    A matched set may bear the name of one of its patients, but not of all.

    Parameters
    ----------
    members
        Rows of one design of the contract Designs.
    """
    own = (members["set_id"] == members["patient_id"]).fill_null(value=False)
    return members.height > 0 and bool(own.all())


def _start(arms: pl.DataFrame) -> float:
    """Return the day of a landmark; 0 of a clock that starts at time zero or before.

    Trials start on several days, and their patients are as at time zero.
    """
    if arms["origin_days"].n_unique() != 1:
        return 0.0
    start = arms["origin_days"].min()
    return max(float(start), 0.0) if start is not None else 0.0  # type: ignore[arg-type]
