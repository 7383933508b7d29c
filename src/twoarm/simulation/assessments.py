"""Imaging and performance status at each visit."""

from typing import Any

import numpy as np
import polars as pl

from twoarm.simulation.people import shift
from twoarm.simulation.visits import Person, simulate_visit_days

FINDINGS = {
    "target_sum_mm": pl.Float64,
    "new_lesion": pl.Boolean,
    "n_lesions": pl.Int64,
    "portal_invasion": pl.Boolean,
    "extrahepatic_spread": pl.Boolean,
    "ecog": pl.Int64,
    "criteria_met": pl.Boolean,
}
DEEPEST_DAYS = 120
"""Day by which the target lesions of those who never meet the criteria are smallest."""


def simulate_assessments(
    rng: np.random.Generator, people: pl.DataFrame
) -> pl.DataFrame:
    """Draw the visits of all patients, from baseline to progression.

    At the visit that first meets the criteria the findings are the model's covariates,
    and no earlier visit shows smaller target lesions. Target lesions are not measured
    once they are resected.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`; an `ecog` that was not noted is null.
    """
    visits = [
        {"patient_id": person["record"], **visit}
        for person in people.iter_rows(named=True)
        for visit in _simulate_visits(rng, person)
    ]
    schema = {
        "centre": pl.String,
        "patient_id": pl.String,
        "first_dose_date": pl.Date,
        "day": pl.Int64,
        **FINDINGS,
    }
    return (
        pl.DataFrame(visits, schema=schema)
        .select(
            "centre",
            "patient_id",
            shift("first_dose_date", "day").alias("exam_date"),
            *FINDINGS,
        )
        .sort("centre", "patient_id", "exam_date")
    )


def _simulate_visits(rng: np.random.Generator, person: Person) -> list[dict[str, Any]]:
    days = simulate_visit_days(rng, person)
    n_lesions = int(
        rng.integers(4, 10) if person["many_lesions"] else rng.integers(1, 4)
    )
    # ASSUME: half of progressions show a new lesion; after resection all do.
    new_lesion = person["surgery_days"] is not None or bool(rng.uniform() < 0.5)
    sums = _simulate_target_sums(rng, person, days, new_lesion=new_lesion)
    return [
        {
            "centre": person["centre"],
            "first_dose_date": person["first_dose_date"],
            "day": day,
            "target_sum_mm": size,
            "ecog": _simulate_ecog(rng, person, day),
            "criteria_met": _meets_criteria(person, day),
            **_find_lesions(rng, person, day, n_lesions, new_lesion=new_lesion),
        }
        for day, size in zip(days, sums, strict=True)
    ]


def _simulate_target_sums(
    rng: np.random.Generator, person: Person, days: list[int], *, new_lesion: bool
) -> list[float | None]:
    """Draw the sums of target lesions in mm; null once they are resected."""
    baseline = float(np.clip(rng.lognormal(np.log(90), 0.4), 25, 250))
    deepest = person["criteria_days"] or DEEPEST_DAYS
    sums: list[float | None] = []
    nadir = baseline
    for day in days:
        change = max(
            person["depth_percent"] * min(day / deepest, 1), person["depth_percent"]
        )
        size = baseline * (1 + change / 100) if day > 0 else baseline
        if day > deepest:
            size *= rng.uniform(0.95, 1.08)
        if day == person["progression_days"] and not new_lesion:
            # SOURCE: RECIST 1.1: a rise by a fifth and by 5 mm over the smallest sum.
            size = max(nadir * rng.uniform(1.22, 1.60), nadir + rng.uniform(6, 12))
        nadir = min(nadir, size)
        sums.append(None if _resected(person, day) else size)
    return sums


def _find_lesions(
    rng: np.random.Generator,
    person: Person,
    day: int,
    n_lesions: int,
    *,
    new_lesion: bool,
) -> dict[str, Any]:
    """Count the lesions and say where they are."""
    n_new = int(rng.integers(1, 4))
    spreads = bool(rng.uniform() < 0.3)
    seen = new_lesion and day == person["progression_days"]
    resected = _resected(person, day)
    return {
        "new_lesion": seen,
        "n_lesions": (0 if resected else n_lesions) + (n_new if seen else 0),
        "portal_invasion": person["portal_invasion"] and not resected,
        "extrahepatic_spread": (person["extrahepatic_spread"] and not resected)
        or (seen and spreads),
    }


def _simulate_ecog(rng: np.random.Generator, person: Person, day: int) -> int | None:
    """Draw the performance status: the model's when the criteria are met."""
    # ASSUME: it is not noted at 8 % of the other visits and differs at 15 %.
    missing, differs = rng.uniform(size=2)
    grade = int(person["ecog"])
    if day == person["criteria_days"]:
        return grade
    if missing < 0.08:
        return None
    return abs(grade - 1) if differs < 0.15 else grade


def _meets_criteria(person: Person, day: int) -> bool:
    """Tell whether surgery is possible: until it is done or the tumour progresses."""
    criteria = person["criteria_days"]
    if criteria is None:
        return False
    stops = [person["surgery_days"], person["progression_days"]]
    return bool(criteria <= day and all(stop is None or day < stop for stop in stops))


def _resected(person: Person, day: int) -> bool:
    surgery = person["surgery_days"]
    return surgery is not None and day > surgery
