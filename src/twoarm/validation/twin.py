"""A twin of the patients at hand: their covariates, with courses of a known effect.

States are: free of every endpoint, with the first of them, and ended. Treatment comes
while a patient is free, as it did in the cohort; the hazards change by the known effect
from its day on. The twin knows no difference between patients but that in their
covariates: it shows what the clock, the method and the numbers do to a design, not what
nobody measured.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.clocks import SAME_DAY
from twoarm.errors import InputError
from twoarm.terms import expand_terms
from twoarm.validation.twin_hazards import Course, Hazard, fit_hazard

FEWEST = 10
"""Events of the first endpoint, and patients of either arm, below which no twin is."""
ENDS = ("days", "event", "competing")
"""What there is of an endpoint."""


class Followed(NamedTuple):
    """The courses of a cohort as arrays, in days; infinite where it did not come.

    `first` and `last` are the ends of follow-up for the endpoints that come first and
    last, which are one where the study has one; `ended_first` is True if that was the
    event or what competes with it.
    """

    wait: np.ndarray
    first: np.ndarray
    last: np.ndarray
    ended_first: np.ndarray
    ended_last: np.ndarray
    treated: np.ndarray


class Twin(NamedTuple):
    """What was fitted to a cohort, to draw others like it from.

    Attributes
    ----------
    patients
        As the contract Patients.
    endpoints
        Names of the endpoints that come first and last.
    courses
        Columns of the endpoints of the study, which a cohort drawn does not copy.
    treatment
        Hazard of treatment while free; None if treatment is at time zero. Its days are
        `SAME_DAY` late, so that day 0 is one of them.
    late_rate
        Treatments a day of those not free any more.
    onset
        Hazard of the first endpoint's end.
    later
        Hazard of the last endpoint's end, by days since the first's.
    loss
        Hazard of the end of follow-up.
    fatal
        True of a patient in whom both endpoints ended by an event together.
    """

    patients: pl.DataFrame
    endpoints: tuple[str, str]
    courses: list[str]
    followed: Followed
    treatment: Hazard | None
    late_rate: float
    onset: Hazard
    later: Hazard
    loss: Hazard
    fatal: np.ndarray


def choose_endpoints(
    patients: pl.DataFrame, endpoints: Sequence[str], *, lead: str | None = None
) -> tuple[str, str]:
    """Choose the endpoints of the twin: one that never ends after another, and that.

    Parameters
    ----------
    patients
        As the contract Patients.
    endpoints
        Names of the study's endpoints.
    lead
        Endpoint that has to be one of the two; any pair will do if left out.

    Returns
    -------
    tuple of str
        The first and the last; the same twice where no two are so.
    """
    for late, early in permutations(endpoints, 2):
        before = pl.col(f"{early}_days") <= pl.col(f"{late}_days")
        wanted = lead is None or lead in (late, early)
        if wanted and patients.select(before.all()).item():
            return early, late
    alone = lead or endpoints[0]
    return alone, alone


def fit_twin(
    patients: pl.DataFrame,
    endpoints: Sequence[str],
    covariates: Sequence[str],
    *,
    lead: str | None = None,
) -> Twin:
    """Fit the hazards of treatment, of the endpoints, and of the end of follow-up.

    Where the study has two endpoints of which one comes first, as progression before
    death, the other is fitted anew from the first's day on, so that they hang together
    as in the cohort.

    Parameters
    ----------
    patients
        As the contract Patients, the covariates without gaps.
    endpoints, lead
        As in `choose_endpoints`.
    covariates
        Covariates of each hazard.

    Raises
    ------
    InputError
        Says all that speaks against a twin.

    References
    ----------
    .. [1] Franklin JM et al. Plasmode simulation for the evaluation of
       pharmacoepidemiologic methods in complex healthcare databases. Comput Stat Data
       Anal 2014;72:219-226. doi:10.1016/j.csda.2013.10.018
    """
    named = choose_endpoints(patients, endpoints, lead=lead)
    followed = _followed(patients, *named)
    check_twin(patients, followed, covariates)
    matrix, _ = expand_terms(patients, covariates)
    onset = fit_hazard(_until_first(followed), matrix)
    fatal = followed.ended_first & followed.ended_last
    fatal &= followed.last == followed.first
    treatment = None
    if np.isfinite(followed.wait).any():
        until = _until_treatment(followed)
        treatment = fit_hazard(until, matrix, score=onset.score, bars=True)
    since, lost = _since_first(followed, fatal), _until_lost(followed)
    return Twin(
        patients,
        named,
        _courses_in(patients, endpoints),
        followed,
        treatment,
        _late_rate(followed, fatal),
        onset,
        fit_hazard(since, matrix, score=onset.score),
        fit_hazard(lost, matrix, score=onset.score),
        fatal,
    )


def _courses_in(patients: pl.DataFrame, endpoints: Sequence[str]) -> list[str]:
    named = [f"{name}_{end}" for name in endpoints for end in ENDS]
    return [column for column in named if column in patients.columns]


def check_twin(
    patients: pl.DataFrame, followed: Followed, covariates: Sequence[str]
) -> None:
    """Stop if the cohort is too small to draw others from, or its courses not known.

    Raises
    ------
    InputError
        Says all that speaks against a twin.
    """
    faults = []
    unknown = (followed.treated & np.isinf(followed.wait)).any()
    if unknown and np.isfinite(followed.wait).any():
        # No count: the message leaves, beside the performance of the designs.
        faults.append("the day of treatment is not known of some patients")
    for arm, words in ((True, "treated"), (False, "not treated")):
        n = int((followed.treated == arm).sum())
        if n < FEWEST:
            faults.append(f"fewer than {FEWEST} patients are {words}")
    if followed.ended_first.sum() < FEWEST:
        faults.append(f"fewer than {FEWEST} patients had an event")
    gaps = [name for name in covariates if patients[name].null_count()]
    if gaps:
        faults.append(f"covariates have gaps: {', '.join(gaps)}")
    if faults:
        raise InputError(f"no twin: {'; '.join(faults)}")


def _followed(patients: pl.DataFrame, early: str, late: str) -> Followed:
    """Take the courses; a treatment after the end of all follow-up is none."""
    first, last = (patients[f"{name}_days"].to_numpy() for name in (early, late))
    wait = patients["treatment_days"].fill_null(np.inf).to_numpy()
    beyond = np.isfinite(wait) & (wait > last)
    return Followed(
        np.where(beyond, np.inf, np.maximum(wait, 0.0)),
        first,
        last,
        _ended(patients, early),
        _ended(patients, late),
        patients["treated"].to_numpy() & ~beyond,
    )


def _ended(patients: pl.DataFrame, endpoint: str) -> np.ndarray:
    """Tell whether the event, or what competes with it, ended the follow-up."""
    ended = patients[f"{endpoint}_event"].to_numpy()
    competing = f"{endpoint}_competing"
    if competing in patients.columns:
        return np.asarray(ended | patients[competing].to_numpy())
    return np.asarray(ended)


def starts_of(followed: Followed) -> np.ndarray:
    """Return from when each counts as treated: time zero where no day is known.

    A treatment on the day on which follow-up ends came half a day before.
    """
    known = np.isfinite(followed.wait)
    start = np.where(known, followed.wait, np.where(followed.treated, 0.0, np.inf))
    same = (start == followed.first) | (start == followed.last)
    return np.where(same, start - SAME_DAY, start)


def _until_first(followed: Followed) -> Course:
    return _split(
        np.arange(len(followed.first)),
        followed.first,
        followed.ended_first,
        starts_of(followed),
    )


def _until_lost(followed: Followed) -> Course:
    """Follow everybody to the end of follow-up, whatever the treatment."""
    n = len(followed.last)
    row, none = np.arange(n), np.zeros(n, bool)
    return Course(row, np.zeros(n), followed.last, ~followed.ended_last, none)


def _since_first(followed: Followed, fatal: np.ndarray) -> Course:
    """Follow those with the first endpoint's event from its day on."""
    row = np.flatnonzero(
        followed.ended_first & ~fatal & (followed.last > followed.first)
    )
    since = followed.first[row]
    return _split(
        row,
        followed.last[row] - since,
        followed.ended_last[row],
        starts_of(followed)[row] - since,
    )


def _until_treatment(followed: Followed) -> Course:
    """Follow everybody to the treatment while it is possible."""
    free = np.where(followed.ended_first, followed.first, followed.last)
    row, none = np.arange(len(free)), np.zeros(len(free), bool)
    stop = np.minimum(followed.wait, free) + SAME_DAY
    return Course(row, np.zeros(len(free)), stop, followed.wait <= free, none)


def _split(
    row: np.ndarray, stop: np.ndarray, event: np.ndarray, start: np.ndarray
) -> Course:
    """Cut each follow-up from day 0 in two at the start of the treatment."""
    before, after = start > 0, start < stop
    cut = np.minimum(start, stop)
    begin = np.maximum(start, 0.0)
    return Course(
        np.concatenate([row[before], row[after]]),
        np.concatenate([np.zeros(before.sum()), begin[after]]),
        np.concatenate([cut[before], stop[after]]),
        np.concatenate([(event & ~after)[before], event[after]]),
        np.repeat([False, True], [before.sum(), after.sum()]),
    )


def _late_rate(followed: Followed, fatal: np.ndarray) -> float:
    """Count treatments a day among those who are not free any more."""
    ill = followed.ended_first & ~fatal & (followed.wait > followed.first)
    time = np.minimum(followed.wait, followed.last)[ill] - followed.first[ill]
    total = float(time.sum())
    return float(np.isfinite(followed.wait[ill]).sum()) / total if total else 0.0
