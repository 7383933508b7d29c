"""The screened who never met the criteria: plausible courses, one kind a reason."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.cohort import CUT_DAY
from twoarm.simulation.model import simulate_starts
from twoarm.simulation.scenarios import SCENARIOS

NEVER = np.inf


@dataclass(frozen=True)
class Reason:
    """Why patients never met the criteria, and how long they fared."""

    n: int
    """Patients."""
    progression: float = NEVER
    """Mean months to progression; infinite: none is seen."""
    death: float = NEVER
    """Mean months to death without progression."""
    survived: float = 1
    """Mean months from progression to death."""
    surely: Literal["progression", "death"] | None = None
    """What happens to all of them while they are followed."""
    longest_days: int | None = None
    """Days by which all are lost; none: they are followed as the others are."""


# SOURCE: 485 is the count of the published series (see cohort.FLOW).
# ASSUME: its split by reason and the mean times, which bear on nothing but how the
# exports look.
REASONS = {
    "few_cycles": Reason(41, progression=6, death=10, survived=6),
    "not_pure_hcc": Reason(23, progression=8, death=30, survived=8),
    "no_imaging": Reason(17, death=12),
    "lost": Reason(12, longest_days=48),
    "progression": Reason(181, progression=4, survived=10, surely="progression"),
    "insufficient": Reason(152, progression=11, death=60, survived=14),
    "unfit": Reason(33, progression=7, death=15, survived=5),
    "death": Reason(26, death=4, surely="death"),
}
"""Reason to its courses, 485 patients in all."""

QUIET_DAYS = 28
"""Days from the first dose in which nobody progresses or dies."""


def simulate_excluded(rng: np.random.Generator) -> pl.DataFrame:
    """Draw the patients who never met the criteria.

    Parameters
    ----------
    rng
        Source of the random numbers.

    Returns
    -------
    pl.DataFrame
        One row a patient, not of a centre yet: `reason`, covariates, and the days of
        `cohort.derive_days`, counted from the first dose.
    """
    return pl.concat(
        _simulate_covariates(rng, name, reason.n).hstack(_simulate_course(rng, reason))
        for name, reason in REASONS.items()
    )


def _simulate_covariates(rng: np.random.Generator, reason: str, n: int) -> pl.DataFrame:
    grades = rng.integers(0, 2, n) + (2 if reason == "unfit" else 0)
    return pl.DataFrame(
        {
            "reason": [reason] * n,
            "age_years": np.clip(rng.normal(58, 11, n), 20, 82),
            "depth_percent": np.clip(rng.normal(-8, 11, n), -29, 15),
            "albi_z": rng.normal(0.4, 1.0, n),
            "afp_response": rng.uniform(size=n) < 0.2,
            "ecog": grades,
            "portal_invasion": rng.uniform(size=n) < 0.50,
            "many_lesions": rng.uniform(size=n) < 0.45,
            "extrahepatic_spread": rng.uniform(size=n) < 0.25,
        }
    )


def _simulate_course(rng: np.random.Generator, reason: Reason) -> pl.DataFrame:
    """Draw first day, progression, death and last contact; null: not seen."""
    n = reason.n
    first_day = np.floor(simulate_starts(rng, n) * DAYS_PER_MONTH)
    loss = 60 + rng.exponential(DAYS_PER_MONTH / SCENARIOS["moderate"].loss_rate, n)
    longest = np.floor(np.minimum(CUT_DAY - first_day, loss))
    if reason.longest_days is not None:
        longest = rng.integers(10, reason.longest_days + 1, n).astype(float)
    limits = {
        event: longest if reason.surely == event else np.full(n, NEVER)
        for event in ("progression", "death")
    }
    progression = _simulate_days(rng, reason.progression, limits["progression"])
    alone = _simulate_days(rng, reason.death, limits["death"])
    survived = _simulate_days(rng, reason.survived, np.full(n, NEVER))
    progression = np.where(progression < alone, progression, NEVER)
    death = np.where(progression < alone, progression + survived, alone)
    last = np.minimum(longest, death)
    seen = {"progression_days": progression, "death_days": death}
    days = {name: np.where(on <= last, on, np.nan) for name, on in seen.items()}
    return (
        pl.DataFrame({"first_day": first_day, **days, "last_days": last})
        .fill_nan(None)
        .cast(pl.Int64)
    )


def _simulate_days(
    rng: np.random.Generator, mean_months: float, longest: np.ndarray
) -> np.ndarray:
    """Draw exponential times in whole days, cut off at the longest; infinite: never."""
    if mean_months == NEVER:
        return np.full(longest.shape, NEVER)
    mean = mean_months * DAYS_PER_MONTH
    room = 1 - np.exp(-(longest - QUIET_DAYS) / mean)
    drawn = -mean * np.log1p(-room * rng.uniform(size=longest.shape))
    return np.asarray(np.minimum(np.ceil(QUIET_DAYS + drawn), longest))
