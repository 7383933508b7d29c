"""Greedy nearest-neighbour matching on the logit of the propensity score."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

DIGITS = 10
"""Logits that agree to so many decimals are tied."""


class Matches(NamedTuple):
    """Matches as rows of the patients given: treated, control, distance of logits."""

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray


def caliper_of(logit: np.ndarray, caliper_sd: float | None) -> float:
    """Turn a caliper in standard deviations into one of the logit.

    The standard deviation is over all patients, whatever their arm, with n - 1.

    >>> caliper_of(np.array([0.0, 2.0]), 0.5) == 0.5 * 2**0.5
    True
    """
    return np.inf if caliper_sd is None else caliper_sd * float(logit.std(ddof=1))


def match_nearest(
    logit: np.ndarray,
    treated: np.ndarray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    replace: bool = False,
) -> Matches:
    """Match each treated patient with the nearest controls that are left.

    The treated choose in falling order of the logit. With `ratio` above 1 each gets a
    first match in that order, then a second, and so on; who finds none is out of later
    rounds. Of two controls the strictly nearer wins; of equally near ones that which is
    fewer places away in the sorted order, then the lower. Ties of the logit keep the
    order of the rows, so sort them by a name that does not change. A distance equal to
    the caliper is accepted. These are the rules of MatchIt 4.7.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Rounded here to 10 decimals.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    ratio
        Controls a treated patient, at least 1.
    caliper
        Greatest distance of a match, on the logit.
    replace
        Whether a control may be matched to several treated patients.

    Returns
    -------
    Matches
        One entry a match, by the row of the treated patient, nearest first within it.

    References
    ----------
    .. [1] Austin PC. A comparison of 12 algorithms for matching on the propensity
       score. Stat Med 2014;33:1057-1069. doi:10.1002/sim.6004
    """
    order = np.argsort(np.round(logit, DIGITS), kind="stable")
    line = np.round(logit, DIGITS)[order]
    is_control = ~treated[order]
    places = np.flatnonzero(treated[order])
    falling = places[np.argsort(-line[places], kind="stable")]
    chosen = (
        _with_replacement(line, is_control, falling, ratio, caliper)
        if replace
        else _without_replacement(line, is_control, falling, ratio, caliper)
    )
    found = np.array(list(chosen), dtype=np.int64).reshape(-1, 2)
    of_treated, of_control = found[:, 0], found[:, 1]
    distance = np.abs(line[of_treated] - line[of_control])
    rank = np.lexsort((np.arange(len(found)), order[of_treated]))
    return Matches(order[of_treated][rank], order[of_control][rank], distance[rank])


def _without_replacement(
    line: np.ndarray,
    is_control: np.ndarray,
    falling: np.ndarray,
    ratio: int,
    caliper: float,
) -> Iterator[tuple[int, int]]:
    """Yield places of treated and control; a taken control is skipped from then on.

    `below` and `above` lead from a place to the nearest free control at or before it,
    at or after it; paths are halved as they are walked (union-find).
    """
    size = len(line)
    steps = np.arange(size + 2)
    control = np.r_[True, is_control, True]
    below = np.where(control, steps, steps - 1).tolist()
    above = np.where(control, steps, steps + 1).tolist()
    values = np.r_[-np.inf, line, np.inf].tolist()
    waiting = (falling + 1).tolist()
    for _ in range(ratio):
        still = []
        for place in waiting:
            left, right = _root(below, place - 1), _root(above, place + 1)
            best = _nearer(values, place, left, right)
            if not 0 < best <= size or abs(values[place] - values[best]) > caliper:
                continue
            below[best], above[best] = best - 1, best + 1
            still.append(place)
            yield place - 1, best - 1
        waiting = still


def _with_replacement(
    line: np.ndarray,
    is_control: np.ndarray,
    falling: np.ndarray,
    ratio: int,
    caliper: float,
) -> Iterator[tuple[int, int]]:
    """Yield places of treated and control, walking outwards from each treated."""
    controls = np.flatnonzero(is_control) + 1
    values = np.r_[-np.inf, line, np.inf].tolist()
    nodes = np.r_[0, controls, len(line) + 1].tolist()
    starts = np.searchsorted(controls, falling + 1).tolist()
    for place, start in zip((falling + 1).tolist(), starts, strict=True):
        low, high = start, start + 1
        for _ in range(min(ratio, len(controls))):
            best = _nearer(values, place, nodes[low], nodes[high])
            if abs(values[place] - values[best]) > caliper or best in (0, nodes[-1]):
                break
            low, high = (low - 1, high) if best == nodes[low] else (low, high + 1)
            yield place - 1, best - 1


def _root(links: list[int], place: int) -> int:
    while links[place] != place:
        links[place] = links[links[place]]
        place = links[place]
    return place


def _nearer(values: list[float], place: int, left: int, right: int) -> int:
    """Choose between the nearest control on either side."""
    gap_left, gap_right = values[place] - values[left], values[right] - values[place]
    if gap_left != gap_right:
        return left if gap_left < gap_right else right
    return left if place - left <= right - place else right
