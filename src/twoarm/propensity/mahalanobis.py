"""Greedy matching on covariates, within a caliper of the propensity score."""

from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from twoarm.propensity.nearest import DIGITS, Matches, Order, find_turns

SINGULAR = 1e-9
"""Directions with less than this share of the largest variance are left out."""


def find_coordinates(matrix: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Turn covariates so that Euclid's distance is Mahalanobis' of the covariates.

    The covariance is that within the arms, pooled, with n - 2. Directions that do not
    vary within the arms are left out, as by a generalised inverse, the covariates first
    brought to unit standard deviation. As MatchIt and Rubin.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_covariates)
        Factors as indicators.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.

    Returns
    -------
    ndarray of float, shape (n_patients, n_directions)

    References
    ----------
    .. [1] Rubin DB. Bias reduction using Mahalanobis-metric matching. Biometrics
       1980;36:293-298. doi:10.2307/2529981
    """
    size = max(len(matrix), 1)
    centred = matrix - matrix.sum(axis=0) / size
    spread = np.sqrt(np.square(centred).sum(axis=0) / size)
    varies = spread > SINGULAR * np.abs(matrix).max(axis=0, initial=0)
    scaled = centred[:, varies] / spread[varies]
    within = scaled.copy()
    for arm in (treated, ~treated):
        within[arm] -= scaled[arm].sum(axis=0) / max(arm.sum(), 1)
    covariance = within.T @ within / max(len(treated) - 2, 1)
    variance, direction = np.linalg.eigh(covariance)
    kept = variance > SINGULAR * variance.max(initial=0)
    return np.asarray(scaled @ direction[:, kept] / np.sqrt(variance[kept]))


def match_mahalanobis(
    matrix: np.ndarray,
    treated: np.ndarray,
    logit: np.ndarray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    replace: bool = False,
    order: Order = "largest",
    strata: np.ndarray | None = None,
    seed: int | None = None,
    focal: Literal["treated", "control"] = "treated",
) -> Matches:
    """Match each treated patient with the controls most like it in their covariates.

    Turns, rounds and replacement as in `match_nearest`; only controls within the
    caliper of the logit are looked at. Of equally distant ones (to 10 decimals) the
    nearer in logit wins, then the lower row. The time grows with the number of pairs
    within the caliper, the memory does not.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_covariates)
        Covariates as numbers, factors as indicators.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    logit : ndarray of float, shape (n_patients,)
        Rounded here to 10 decimals.
    ratio, caliper, replace, strata, seed, focal
        As in `match_nearest`.
    order
        As in `match_nearest`; `closest` and `farthest` by Mahalanobis' distance.

    Returns
    -------
    Matches
        One entry a match, by the row of the focal patient, nearest first within it;
        `distance` is Mahalanobis'.

    References
    ----------
    .. [1] Rosenbaum PR, Rubin DB. Constructing a control group using multivariate
       matched sampling methods that incorporate the propensity score. Am Stat
       1985;39:33-38. doi:10.1080/00031305.1985.10479383
    """
    value = np.round(logit, DIGITS)
    choosing = treated if focal == "treated" else ~treated
    place = find_coordinates(matrix, treated)
    field = _field(place, value, choosing, caliper, strata, replace=replace)
    turns = find_turns(value, choosing, order, seed).tolist()
    in_turn = order not in ("closest", "farthest") or replace
    found: list[Found] = []
    for _ in range(ratio):
        sign = 1 if order == "closest" else -1
        now = _in_order(field, turns) if in_turn else _by_distance(field, turns, sign)
        matched = {row for row, _, _ in now}
        turns = [row for row in turns if row in matched]
        found += now
    found.sort(key=lambda each: each[0])  # stable: nearest first within
    chooser = np.array([row for row, _, _ in found], dtype=np.int64)
    chosen = field.row[np.array([at for _, at, _ in found], dtype=np.int64)]
    distance = np.array([apart for _, _, apart in found], dtype=float)
    if focal == "control":
        return Matches(chosen, chooser, distance)
    return Matches(chooser, chosen, distance)


Found = tuple[int, int, float]
"""The row of who chose, where in the field it found its match, how far."""


class _Field(NamedTuple):
    """Those to be chosen, by stratum and logit, and from where to where one looks."""

    row: np.ndarray  # of those to be chosen; as the next three
    value: np.ndarray
    place: np.ndarray
    is_free: np.ndarray
    look: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # by row of all
    caliper: float
    own: dict[int, list[int]] | None  # under replacement: what each has already


def _field(
    place: np.ndarray,
    value: np.ndarray,
    choosing: np.ndarray,
    caliper: float,
    strata: np.ndarray | None,
    *,
    replace: bool,
) -> _Field:
    code = np.zeros(len(value), dtype=np.int64)
    if strata is not None:
        code = np.unique(strata, return_inverse=True)[1]
    rows = np.flatnonzero(~choosing)
    rows = rows[np.lexsort((value[rows], code[rows]))]
    low, high = np.zeros_like(code), np.zeros_like(code)
    reach = caliper + 1e-6  # a little more; who is within is said once, in `_nearest`
    edges = np.searchsorted(code[rows], np.arange(code.max(initial=0) + 2))
    for stratum, (start, stop) in enumerate(pairwise(edges)):
        who = np.flatnonzero(choosing & (code == stratum))
        there = value[rows[start:stop]]
        low[who] = start + np.searchsorted(there, value[who] - reach, "left")
        high[who] = start + np.searchsorted(there, value[who] + reach, "right")
    return _Field(
        row=rows,
        value=value[rows],
        place=place[rows],
        is_free=np.ones(len(rows), dtype=bool),
        look=(low, high, value, place),
        caliper=caliper,
        own={} if replace else None,
    )


def _nearest(field: _Field, row: int) -> tuple[int, float] | None:
    """Find the nearest that is free and within the caliper."""
    low, high, value, place = (each[row] for each in field.look)
    gap = np.abs(field.value[low:high] - value)
    is_open = field.is_free[low:high] & (gap <= field.caliper)
    if field.own is not None:
        is_open[[at - low for at in field.own.get(row, [])]] = False
    if not is_open.any():
        return None
    squares = np.square(field.place[low:high] - place).sum(axis=1)
    apart = np.where(is_open, np.round(np.sqrt(squares), DIGITS), np.inf)
    ties = np.flatnonzero(apart == apart.min())
    best = int(ties[np.lexsort((field.row[low + ties], gap[ties]))[0]])
    return int(low) + best, float(apart[best])


def _take(field: _Field, row: int, at: int) -> None:
    if field.own is None:
        field.is_free[at] = False
    else:
        field.own.setdefault(row, []).append(at)


def _in_order(field: _Field, turns: list[int]) -> list[Found]:
    taken = []
    for row in turns:
        nearest = _nearest(field, row)
        if nearest is not None:
            _take(field, row, nearest[0])
            taken.append((row, *nearest))
    return taken


def _by_distance(field: _Field, turns: list[int], sign: int) -> list[Found]:
    """Match the closest pair first, or the farthest; ties as `take_by_distance`."""
    heap = []
    for turn, row in enumerate(turns):
        nearest = _nearest(field, row)
        if nearest is not None:
            heap.append((sign * nearest[1], turn, row, nearest[0]))
    heapify(heap)
    late, taken = (-1 if sign > 0 else len(turns)), []
    while heap:
        key, _, row, at = heappop(heap)
        if field.is_free[at]:
            _take(field, row, at)
            taken.append((row, at, sign * key))
            continue
        nearest = _nearest(field, row)
        if nearest is not None:
            heappush(heap, (sign * nearest[1], late, row, nearest[0]))
            late -= sign
    return taken
