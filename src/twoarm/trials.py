"""Nested trials: who enters which, and in which arm."""

from typing import NamedTuple

import numpy as np

from twoarm.errors import InputError

MOST_ROWS = 5_000_000
"""Patients times trials that are laid out, at most: about 2 GB with ten covariates."""
MOST_TRIALS = 20_000


class Entries(NamedTuple):
    """Entries of patients into trials, by patient and then trial.

    `share` is the part of the trial's window in which treatment was possible: 1 of who
    is in the trial, less of who is barred within the window and so is not in it.
    `starts` and `ends`, shape (n_trials,), are the windows; the clock of a trial starts
    at its end. `n_dropped`: trials without a treated patient or without a control.
    """

    patient: np.ndarray
    trial: np.ndarray
    treated: np.ndarray
    share: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    n_dropped: int

    @property
    def inside(self) -> np.ndarray:
        """Tell which entries are of the trial, and not barred before its clock."""
        return np.asarray(self.share >= 1)


def enter_trials(
    wait: np.ndarray,
    barred_days: np.ndarray,
    *,
    interval_days: float | None,
    last_days: float | None = None,
) -> Entries:
    """Enter patients into a trial at the end of each window of days.

    In a trial are those followed beyond its day free of every endpoint, and untreated
    before its window; treated are those treated in the window, controls those not
    treated by its end. The clock of both starts at that end, so no time is immortal. A
    window is open on the left and closed on the right, the first closed on both sides:
    treatment at time zero is in it. Without a length a window is a day on which
    somebody is treated: the trial is then a risk set. A last window may be shorter.

    Treatment on the day on which it becomes impossible came first, but its patient is
    not followed beyond that day, and in no trial of it; treatment after it changes
    nothing. A trial without a treated patient, or without a control, is dropped.

    Parameters
    ----------
    wait : ndarray of float, shape (n_patients,)
        Days from time zero to treatment, infinite or NaN if never.
    barred_days : ndarray of float, shape (n_patients,)
        Days to the first of all endpoints' ends.
    interval_days
        Length of the windows; None for days of treatment.
    last_days
        End of the last window; None for the last treatment.

    Raises
    ------
    InputError
        If more is asked for than can be laid out, with the counts.

    References
    ----------
    .. [1] Gran JM, et al. A sequential Cox approach for estimating the causal effect of
       treatment in the presence of time-dependent confounding. Stat Med
       2010;29:2757-2768. doi:10.1002/sim.4048
    .. [2] Hernan MA, et al. Observational studies analyzed like randomized experiments.
       Epidemiology 2008;19:766-779. doi:10.1097/EDE.0b013e3181875e61

    Examples
    --------
    Treated on day 5, on day 12, and never; the last is followed for 12 days.

    >>> waits, ends = np.array([5.0, 12, np.inf]), np.array([90.0, 90, 12])
    >>> entries = enter_trials(waits, ends, interval_days=7)
    >>> entries.patient, entries.trial, entries.treated
    (array([0, 1, 2]), array([0, 0, 0]), array([ True, False, False]))
    >>> entries.ends, entries.n_dropped
    (array([7.]), 1)
    """
    wait = possible_wait(wait, barred_days)
    starts, ends = _windows(wait, barred_days, interval_days, last_days)
    n_in = np.searchsorted(ends, barred_days, side="left")
    came = np.searchsorted(ends, wait, side="left")
    edges = np.append(starts, np.inf)
    within = (edges[n_in] < barred_days) & (came > n_in)
    counts = np.minimum(n_in, came + 1) + within
    if (total := int(counts.sum())) > MOST_ROWS:
        raise InputError(
            f"{len(wait)} patients in {len(ends)} trials make {total} rows, and "
            f"{MOST_ROWS} can be laid out; lengthen interval_days, or set last_days"
        )
    patient = np.repeat(np.arange(len(wait)), counts)
    first = np.cumsum(counts) - counts
    trial = np.arange(total) - first[patient]
    width = np.maximum(ends - starts, 1e-9)[trial]
    late = within[patient] & (trial == n_in[patient])
    share = np.where(late, (barred_days[patient] - starts[trial]) / width, 1.0)
    share = np.where(late, np.minimum(share, 1 - 1e-9), 1.0)
    treated = trial == came[patient]
    return drop_trials(Entries(patient, trial, treated, share, starts, ends, 0))


def drop_trials(entries: Entries) -> Entries:
    """Drop the trials without a treated patient or without a control."""
    size, inside = len(entries.ends), entries.inside
    arms = [
        np.bincount(entries.trial[inside & (entries.treated == arm)], minlength=size)
        for arm in (True, False)
    ]
    kept = (arms[0] > 0) & (arms[1] > 0)
    number, rows = np.cumsum(kept) - 1, kept[entries.trial]
    return Entries(
        entries.patient[rows],
        number[entries.trial[rows]],
        entries.treated[rows],
        entries.share[rows],
        entries.starts[kept],
        entries.ends[kept],
        entries.n_dropped + int((~kept).sum()),
    )


def possible_wait(wait: np.ndarray, barred_days: np.ndarray) -> np.ndarray:
    """Return the wait for treatment, infinite if it came when it changes nothing."""
    known = np.where(np.isnan(wait), np.inf, np.maximum(wait, 0.0))
    return np.where(known <= barred_days, known, np.inf)


def _windows(
    wait: np.ndarray,
    barred: np.ndarray,
    interval_days: float | None,
    last_days: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return where windows start and end; none after the last treatment."""
    days = np.unique(wait[wait < barred])
    days = days[days <= (np.inf if last_days is None else last_days)]
    if interval_days is None or not len(days):
        return days, days
    count = max(int(np.ceil(days[-1] / interval_days)), 1)
    if count > MOST_TRIALS:
        raise InputError(
            f"interval_days of {interval_days:g} makes {count} trials, and "
            f"{MOST_TRIALS} can be laid out; lengthen it"
        )
    ends = interval_days * np.arange(1.0, count + 1)
    if last_days is not None:
        ends = np.minimum(ends, last_days)
    return np.append(0.0, ends[:-1]), ends
