"""The days on which patients are imaged."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Person = Mapping[str, Any]
"""A row of `simulate_people`."""

# SOURCE: imaging was reviewed every 2 months in the published series.
VISIT_DAYS = 61
"""Days between visits."""
JITTER_DAYS = 5
"""Days that a visit may fall early or late."""
RECOVERY_DAYS = 14
"""Days after surgery without a planned visit."""


def simulate_visit_days(rng: np.random.Generator, person: Person) -> list[int]:
    """Draw the days of a patient's visits, counted from the first dose.

    The first visit is at most two weeks before the first dose. Patients who meet the
    criteria are seen that day, and last on the day of progression or, without it,
    within four weeks of the last contact, after the criteria and after surgery.

    Parameters
    ----------
    rng
        Source of the random numbers.
    person
        A row of `simulate_people`.

    Returns
    -------
    list of int
        Rising days; the first, the baseline, is not positive. Empty for patients
        without imaging.
    """
    baseline = -int(rng.integers(0, 15))
    if person["reason"] == "no_imaging":
        return []
    criteria, end = person["criteria_days"], _last_day(rng, person)
    if criteria is None:
        planned = _plan(rng, 0, person["last_days"] - 1)
    else:
        planned = [
            *_plan(rng, 0, criteria - VISIT_DAYS // 2),
            criteria,
            *_plan(rng, criteria, person["last_days"]),
        ]
    if end is None:
        return [baseline, *planned]
    kept = [day for day in planned if day == criteria or day < end - RECOVERY_DAYS]
    return [baseline, *(day for day in kept if not _recovering(person, day)), end]


def _last_day(rng: np.random.Generator, person: Person) -> int | None:
    """Day of the last visit; none if it is just the last one planned."""
    if person["progression_days"] is not None:
        return int(person["progression_days"])
    if person["criteria_days"] is None:
        return None
    last = person["last_days"]
    room = last - max(person["criteria_days"], person["surgery_days"] or 0)
    return int(last - rng.integers(0, min(28, room)))


def _plan(rng: np.random.Generator, start: int, until: int) -> list[int]:
    """Plan visits after a day, none of them later than another."""
    days = np.arange(start + VISIT_DAYS, until, VISIT_DAYS)
    jitter = rng.integers(-JITTER_DAYS, JITTER_DAYS + 1, len(days))
    return [int(day) for day in np.minimum(days + jitter, until)]


def _recovering(person: Person, day: int) -> bool:
    surgery = person["surgery_days"]
    return surgery is not None and 0 <= day - surgery < RECOVERY_DAYS
