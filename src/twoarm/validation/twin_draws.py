"""Cohorts drawn from a twin, and what would come of each strategy in them."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.clocks import SAME_DAY
from twoarm.tables.cohort import Patients
from twoarm.validation.twin import Twin
from twoarm.validation.twin_hazards import Hazard, days_at, donors_at, draw_days


class Chances(NamedTuple):
    """All that is drawn of a number of patients: rows, then the random numbers."""

    row: np.ndarray
    exponential: np.ndarray
    uniform: np.ndarray


class Ends(NamedTuple):
    """What came of patients, in days: infinite for never, -1 for no donor.

    `first_like` and `last_like` are the rows of the patients of the cohort whose ends
    these are like; `fatal` tells that both endpoints end together.
    """

    first: np.ndarray
    last: np.ndarray
    first_like: np.ndarray
    last_like: np.ndarray
    fatal: np.ndarray


def draw_chances(twin: Twin, rng: np.random.Generator, n: int) -> Chances:
    """Draw patients with replacement, and the random numbers of their courses."""
    row = rng.integers(twin.patients.height, size=n)
    return Chances(row, rng.exponential(size=(6, n)), rng.random(size=(3, n)))


def draw_waits(twin: Twin, chances: Chances) -> np.ndarray:
    """Draw the day on which treatment would come to each who stays free."""
    row = chances.row
    if twin.treatment is None:
        return np.where(twin.followed.treated[row], 0.0, np.inf)
    place = draw_days(twin.treatment, chances.exponential[0], twin.treatment.score[row])
    return days_at(twin.treatment, place) - SAME_DAY


def draw_waits_after(twin: Twin, chances: Chances, day: np.ndarray) -> np.ndarray:
    """Draw the day on which treatment would come to who is untreated on a day."""
    if twin.treatment is None:
        return np.full(len(chances.row), np.inf)
    place = draw_days(
        twin.treatment,
        chances.exponential[1],
        twin.treatment.score[chances.row],
        after=day + SAME_DAY,
    )
    return days_at(twin.treatment, place) - SAME_DAY


def draw_ends(
    twin: Twin,
    chances: Chances,
    wait: np.ndarray,
    *,
    effect: float | None,
    anytime: bool = False,
) -> tuple[Ends, np.ndarray]:
    """Draw both endpoints' ends of patients whom treatment would come to.

    Parameters
    ----------
    wait
        Day of the treatment, if nothing comes first.
    effect
        Hazard ratio from there on; None for those that the cohort shows.
    anytime
        Whether the treatment comes on its day even to those not free any more.

    Returns
    -------
    Ends, ndarray of float
        The ends, and the day of the treatment, infinite for who was not treated.
    """
    row = chances.row
    onset, later = (
        hazard.effect if effect is None else effect
        for hazard in (twin.onset, twin.later)
    )
    place = draw_days(
        twin.onset,
        chances.exponential[2],
        twin.onset.score[row],
        switch=wait - SAME_DAY,
        effect=onset,
    )
    first = days_at(twin.onset, place)
    like = donors_at(twin.onset, place, chances.uniform[0])
    fatal = (like >= 0) & twin.fatal[like]
    if not anytime:
        # A treatment on the day of an end came before it.
        wait = np.where(wait <= first, wait, _late_waits(twin, chances, first, fatal))
    with np.errstate(invalid="ignore"):  # never, and after what never was
        behind = np.nan_to_num(wait - first, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    since, since_like = _since(twin.later, chances, behind, later)
    last = np.where(fatal, first, first + since)
    if twin.endpoints[0] == twin.endpoints[1]:
        last, fatal = first, np.ones(len(row), bool)
    ends = Ends(first, last, like, np.where(fatal, like, since_like), fatal)
    return ends, np.where(wait <= last, wait, np.inf)


def draw_losses(twin: Twin, chances: Chances) -> np.ndarray:
    """Draw the end of follow-up: the patient's own, or one after the own last event.

    Nobody is followed for longer than the patient who was longest.
    """
    row, followed = chances.row, twin.followed
    last = followed.last[row]
    place = draw_days(
        twin.loss, chances.exponential[5], twin.loss.score[row], after=last
    )
    drawn = np.minimum(days_at(twin.loss, place), followed.last.max())
    return np.asarray(np.where(followed.ended_last[row], drawn, last))


def draw_twin(
    twin: Twin, rng: np.random.Generator, *, effect: float | None
) -> pl.DataFrame:
    """Draw a cohort of as many patients, on whom treatment has a known effect.

    Parameters
    ----------
    twin
        As `fit_twin` gives it.
    rng
        Source of the random numbers.
    effect
        Hazard ratio from treatment on; None for the ratios that the cohort shows.

    Returns
    -------
    pl.DataFrame
        As the contract Patients, with new identifiers; all but the courses is that of
        patients drawn with replacement.
    """
    chances = draw_chances(twin, rng, twin.patients.height)
    ends, wait = draw_ends(twin, chances, draw_waits(twin, chances), effect=effect)
    loss = draw_losses(twin, chances)
    seen = {
        twin.endpoints[0]: (ends.first, ends.first_like, _earlier(twin, chances, loss)),
        twin.endpoints[1]: (ends.last, ends.last_like, loss),
    }
    last = np.minimum(ends.last, loss)
    treated = wait <= last
    drawn = _copied(twin, chances.row).with_columns(
        treated=pl.Series(treated), **_known_waits(twin, treated, wait)
    )
    columns: list[pl.Series] = []
    for endpoint, (end, like, until) in seen.items():
        columns += _seen(twin, endpoint, end, like, until)
    return Patients.check(drawn.with_columns(columns))


def copy_histories(
    twin: Twin, rng: np.random.Generator, histories: pl.DataFrame
) -> pl.DataFrame:
    """Give each patient of a twin the measurements of whom its covariates are.

    Parameters
    ----------
    twin, rng
        As they were before `draw_twin` drew.
    histories
        As the contract Histories, of the cohort at hand.

    Returns
    -------
    pl.DataFrame
        As the contract Histories.
    """
    row = draw_chances(twin, rng, twin.patients.height).row
    named = (
        _copied(twin, row)
        .select("patient_id")
        .with_columns(like=twin.patients["patient_id"].gather(row))
    )
    later = histories.rename({"patient_id": "like"})
    own = named.join(later, on="like").select(histories.columns)
    return own.sort("patient_id", "days")


def _late_waits(
    twin: Twin, chances: Chances, first: np.ndarray, fatal: np.ndarray
) -> np.ndarray:
    """Draw treatments after the first endpoint, in whole days since, if any came."""
    if not twin.late_rate:
        return np.full(len(first), np.inf)
    days = np.ceil(chances.exponential[3] / twin.late_rate)
    return np.where(fatal | np.isinf(first), np.inf, first + days)


def _since(
    hazard: Hazard, chances: Chances, wait: np.ndarray, effect: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the days from the first endpoint's end to the last's."""
    place = draw_days(
        hazard,
        chances.exponential[4],
        hazard.score[chances.row],
        switch=wait,
        effect=effect,
    )
    return days_at(hazard, place), donors_at(hazard, place, chances.uniform[1])


def _earlier(twin: Twin, chances: Chances, loss: np.ndarray) -> np.ndarray:
    """Draw until when the first endpoint is followed: by some less than the last.

    Who was free to the end has the own difference, another that of one of them.
    """
    followed = twin.followed
    free = np.flatnonzero(~followed.ended_first & ~followed.ended_last)
    if not len(free):
        return loss
    own = np.isin(chances.row, free)
    picked = free[np.floor(chances.uniform[2] * len(free)).astype(int)]
    like = np.where(own, chances.row, picked)
    gap = (followed.last - followed.first)[like]
    least = np.minimum(loss, followed.first.min())
    return np.asarray(np.maximum(loss - gap, least))


def _copied(twin: Twin, row: np.ndarray) -> pl.DataFrame:
    """Copy all of the drawn patients, under names of their own."""
    digits = len(str(len(row)))
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(digits)
    return (
        twin.patients.select(pl.all().gather(row))
        .drop(twin.courses)
        .with_columns(patient_id=pl.lit("twin") + number)
    )


def _known_waits(
    twin: Twin, treated: np.ndarray, wait: np.ndarray
) -> dict[str, pl.Series]:
    if twin.treatment is None:
        return {}
    known = np.where(treated, wait, np.nan)
    return {"treatment_days": pl.Series(known).fill_nan(None)}


def _seen(
    twin: Twin, endpoint: str, end: np.ndarray, like: np.ndarray, until: np.ndarray
) -> list[pl.Series]:
    """Follow an endpoint to its end or to the end of follow-up."""
    ended = end <= until
    found = [pl.Series(f"{endpoint}_days", np.where(ended, end, until))]
    for what in ("event", "competing"):
        name = f"{endpoint}_{what}"
        if name in twin.patients.columns:
            own = twin.patients[name].to_numpy()
            found.append(pl.Series(name, ended & own[like]))
    return found
