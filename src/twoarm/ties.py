"""The distinct times of rows, of which there are few: follow-up is counted in days."""

from typing import NamedTuple

import numpy as np

TIE = 1.5e-8
"""Times so near to each other, absolutely or relative to their mean, are one."""
WIDE = 16
"""Whole times up to so many a row are looked up in a table, instead of sorted."""


class Ties(NamedTuple):
    """Distinct times, rising, shape (n_times,), and the place of each row's in them."""

    times: np.ndarray
    place: np.ndarray


def find_ties(time: np.ndarray) -> Ties:
    """Find the distinct times, and which of them each row has.

    Times that differ by rounding are made one, by the rule of R's `aeqSurv`; a chain of
    such times is one time, its first. Whole days cost one pass, other times a sort.

    Parameters
    ----------
    time : ndarray of float, shape (n_rows,)
        Times, in any order.

    Examples
    --------
    >>> found = find_ties(np.array([0.3, 2.0, 0.1 + 0.2]))
    >>> found.times.tolist(), found.place.tolist()
    ([0.3, 2.0], [0, 1, 0])
    """
    day = _whole(time)
    if day is not None:
        seen = np.bincount(day) > 0
        return Ties(np.flatnonzero(seen).astype(float), (np.cumsum(seen) - 1)[day])
    distinct, place = np.unique(time, return_inverse=True)
    gap = np.diff(distinct)
    mean = np.abs(distinct).sum() / max(len(distinct), 1)
    apart = (gap > TIE) & (gap > TIE * mean)
    first = np.r_[True, apart][: len(distinct)]
    return Ties(distinct[first], (np.cumsum(first) - 1)[place])


def sum_after(mass: np.ndarray) -> np.ndarray:
    """Sum what each time has, and all later ones; from the end, so that none is 0."""
    return np.cumsum(mass[::-1], axis=0)[::-1]


def gather_rows(
    ties: Ties, event: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, ...]:
    """Make one row of those of one time that all have the event, or all have not.

    A curve of a million patients in days is one of a few thousand rows.

    Returns
    -------
    tuple of ndarray
        Time, event, and the weight of a row: how many it is made of, or what they weigh
        together.
    """
    cell = 2 * ties.place + event
    count = np.bincount(cell)
    mass = count.astype(float) if weight is None else np.bincount(cell, weight)
    some = np.flatnonzero(count)
    return ties.times[some // 2], some % 2 == 1, mass[some]


def _whole(time: np.ndarray) -> np.ndarray | None:
    """Return times as whole numbers that index a table; None if some are not."""
    if not len(time) or not 0 <= time.min() <= time.max() <= WIDE * len(time):
        return None
    day = time.astype(np.int64)
    # So few are near to each other neither absolutely nor relative to their mean.
    return day if time.max() < 1 / TIE and (day == time).all() else None
