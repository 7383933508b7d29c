"""The section `endpoints`: what counts as the event, from when, until when."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from twoarm.config.cohort import Codes
from twoarm.config.section import Section


class EventCodes(Section):
    """A column that tells whether an event occurred, and its codes."""

    column: str
    """Column that holds the code."""
    occurred: Codes = [1, True]
    """Codes for: it happened."""
    censored: Codes = [0, False]
    """Codes for: it had not happened when last seen."""


def _as_event(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


EventName = Literal["death", "progression", "recurrence", "not_r0"]


class MissedVisits(Section):
    """When an event was seen so late that nobody can say when it happened."""

    every_days: int = Field(gt=0)
    """Days between scheduled scans."""
    window_days: int = Field(default=0, ge=0)
    """Days that a scan may be late."""


def _as_schedule(value: object) -> object:
    plain = isinstance(value, int) and not isinstance(value, bool)
    return {"every_days": value} if plain else value


class Endpoint(Section):
    """One endpoint: a time and an event."""

    label: str | None = None
    """Label in figures and tables; its name in capitals if left out."""
    negative_control: bool = False
    """Whether the treatment cannot act on it: an effect found on it tells of bias."""
    time: str | None = None
    """Column with the time from time zero (sources `table` and `visits`)."""
    event: Annotated[EventCodes | None, BeforeValidator(_as_event)] = None
    """Column with the event, or the column with its codes."""
    unit: Literal["days", "weeks", "months", "years"] = "days"
    """Unit of `time`: a month is 30.4375 days, a year 365.25."""
    start: Literal["time_zero", "first_dose", "surgery"] = "time_zero"
    """When its clock starts (source `exports`). Only endpoints that start at time zero
    have two arms; one that starts at surgery is of the operated, and if it counts
    recurrence, of those resected R0."""
    events: list[EventName] = []
    """What counts as the event (source `exports`); the first to happen. `progression`
    is that of the tumour or, after resection, its recurrence; `recurrence` is for
    `start: surgery`; `not_r0` is a resection that left tumour, on its day."""
    competing: list[EventName] = []
    """What ends the follow-up and is not the event (source `exports`); on the day of
    an event the event counts."""
    progression: Literal["charted", "recist", "mrecist"] = "charted"
    """Where the date of progression is from (source `exports`): the chart, or the first
    scan with progression by RECIST 1.1 or mRECIST; after resection the first with a
    new lesion, or the chart if that is earlier."""
    mrecist_mm: float = Field(default=0, ge=0)
    """Least growth over the smallest sum that is progression by mRECIST, in mm; that
    of RECIST 1.1 is 5."""
    censor: Literal["last_contact", "last_imaging", "last_adequate_scan"] = (
        "last_contact"
    )
    """When a patient without the event is censored (source `exports`): last known
    alive, last imaged, or last scanned so that progression could have been told."""
    missed_visits: Annotated[MissedVisits | None, BeforeValidator(_as_schedule)] = None
    """Schedule of scans, or its days alone (source `exports`): what is first seen after
    two or more missed scans is censored at the last adequate scan before. All events
    count if left out."""
