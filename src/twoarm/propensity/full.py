"""Optimal full matching: sets of one treated or one control and all who go with it."""

from math import ceil, floor
from typing import NamedTuple

import numpy as np

from twoarm.errors import InputError
from twoarm.propensity.line import DIGITS, Line, line_of, match_line
from twoarm.propensity.sets import Sets
from twoarm.propensity.stars import Limits, match_stars

SLACK = 1e-9
"""So that 1/(1/49) is 49."""


def match_full(
    logit: np.ndarray,
    treated: np.ndarray,
    *,
    caliper: float = np.inf,
    strata: np.ndarray | None = None,
    min_controls: float | None = None,
    max_controls: float | None = None,
) -> Sets:
    """Put every patient who has a counterpart in reach into a set, best for all.

    Each set has one treated patient and its controls, or one control and its treated.
    The sum over sets of the distances to that one is the least there is; exact. Who has
    no counterpart within the caliper, or in the own stratum, is left out.

    Under limits not everybody may find a place: most treated first, then most controls,
    then the least sum of distances.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Rounded here to 10 decimals.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    caliper
        Greatest distance of a member to the one of its set, on the logit.
    strata : ndarray of int, shape (n_patients,), optional
        Matched only within.
    min_controls, max_controls
        Bounds of the controls a treated patient in any set, as R's `optmatch` has them:
        below 1 for sets of one control, so 1/3 is one control with three treated.

    Returns
    -------
    Sets
        Numbered by the lowest row of a treated patient in them.

    Raises
    ------
    InputError
        If no number of controls is within the bounds.

    Notes
    -----
    Time grows with the number of pairs within the caliper, memory with its root.

    References
    ----------
    .. [1] Rosenbaum PR. A characterization of optimal designs for observational
       studies. J R Stat Soc B 1991;53:597-610.
    .. [2] Hansen BB. Full matching in an observational study of coaching for the SAT.
       J Am Stat Assoc 2004;99:609-618. doi:10.1198/016214504000000647

    Examples
    --------
    >>> logit = np.array([0.0, 0.1, 0.2, 5.0, 5.1])
    >>> match_full(logit, np.array([1, 0, 0, 1, 0], bool))
    Sets(row=array([0, 1, 2, 3, 4]), set_number=array([0, 0, 0, 1, 1]))
    """
    line = line_of(logit, treated, caliper, strata)
    if min_controls is None and max_controls is None:
        edges = _cover(line, line_of(logit, ~treated, caliper, strata))
    else:
        most = np.inf if max_controls is None else max_controls
        limits = _limits(min_controls or 0, most)
        edges = np.column_stack(match_stars(line, limits))
    return _stars(np.unique(edges, axis=0), np.round(logit, DIGITS))


def _limits(least: float, most: float) -> Limits:
    """Turn bounds of controls a treated patient into sizes of sets."""
    if not 0 <= least <= most or most <= 0:
        raise InputError(
            f"no set has at least {least:g} and at most {most:g} controls a treated "
            "patient; mend min_controls and max_controls"
        )
    return Limits(
        least_controls=max(ceil(least - SLACK), 1),
        most_controls=None if np.isinf(most) else floor(most + SLACK),
        least_treated=max(ceil(1 / most - SLACK), 2),
        most_treated=None if least == 0 else floor(1 / least + SLACK),
    )


def _cover(line: Line, swapped: Line) -> np.ndarray:
    """Find the least edge cover of the pairs in reach: rows, shape (n_edges, 2).

    A cover that joins some pairs and everyone else to the nearest counterpart costs the
    sum of all nearest distances less, for each joined pair, both nearest distances and
    more its own; so the best cover comes of the matching with the greatest sum of these
    gains, which needs no crossing (see `twoarm.propensity.line`).
    """
    own, other = _nearest(line), _nearest(swapped)
    bonus = own.distance, other.distance
    of_treated, of_control = match_line(line, 1, 0, bonus)
    heads, others = line.treated[own.has], swapped.treated[other.has]
    alone = ~np.isin(heads, of_treated), ~np.isin(others, of_control)
    return np.column_stack(
        [
            np.r_[of_treated, heads[alone[0]], other.row[alone[1]]],
            np.r_[of_control, own.row[alone[0]], others[alone[1]]],
        ]
    )


class _Nearest(NamedTuple):
    """Who has a counterpart in reach (a mask), the nearest one's row, how far it is.

    `row` is of those who have one; `distance` of all, in units of 1e-10, 0 if none.
    """

    has: np.ndarray
    row: np.ndarray
    distance: np.ndarray


def _nearest(line: Line) -> _Nearest:
    """Find the nearest counterpart of each treated patient; of two the lower one."""
    places = np.zeros(len(line.treated), np.int64)
    bounds = zip(line.low.tolist(), line.high.tolist(), strict=True)
    for i, (low, high) in enumerate(bounds):
        above = low + int(
            np.searchsorted(line.at_control[low:high], line.at_treated[i])
        )
        inside = [place for place in (above - 1, above) if low <= place < high]
        gaps = [abs(line.at_treated[i] - line.at_control[place]) for place in inside]
        places[i] = inside[int(np.argmin(gaps))] if inside else -1
    has = places >= 0
    distance = np.zeros(len(places), np.int64)
    distance[has] = np.abs(line.at_treated[has] - line.at_control[places[has]])
    return _Nearest(has, line.control[places[has]], distance)


def _stars(edges: np.ndarray, place: np.ndarray) -> Sets:
    """Make sets of a cover, without edges of which both ends have another."""
    degree = np.bincount(edges.ravel(), minlength=len(place))
    apart = np.abs(place[edges[:, 0]] - place[edges[:, 1]])
    kept = np.ones(len(edges), bool)
    for edge in np.argsort(-apart, kind="stable").tolist():
        one, two = edges[edge]
        if degree[one] > 1 and degree[two] > 1:
            kept[edge] = False
            degree[one] -= 1
            degree[two] -= 1
    edges = edges[kept]
    centre = np.where(degree[edges[:, 1]] > 1, edges[:, 1], edges[:, 0])
    member = np.r_[edges[:, 0], edges[:, 1]]
    _, number = np.unique(np.r_[centre, centre], return_inverse=True)
    both = np.unique(np.column_stack([number, member]), axis=0)
    lowest = np.full(number.max(initial=-1) + 1, len(place))
    np.minimum.at(lowest, number[: len(edges)], edges[:, 0])
    rank = np.argsort(np.argsort(lowest, kind="stable"))
    order = np.argsort(rank[both[:, 0]], kind="stable")
    return Sets(both[order, 1], rank[both[order, 0]])
