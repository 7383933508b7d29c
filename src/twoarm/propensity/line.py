"""The best non-crossing matching on a line, by a recursion over the pairs in reach.

Why no crossing is needed
-------------------------
Let t1 <= t2 be treated patients and c1 <= c2 controls in the order of the line, t1
joined to c2 and t2 to c1. Join t1 to c1 and t2 to c2 instead. Each new interval lies
within an old one that shares an end with it, so none is longer than the caliper
(subtraction of floating-point numbers is monotone too), the sum is not greater, and
each patient keeps its number of partners. Each such swap lowers the sum of the squared
differences of places, so there is an end to them: some best matching has no crossing,
and the best of the first i treated and the first j controls leaves one of the last two
out or joins them. Strata lie one after the other on the line, out of each other's
reach. Of equally good matchings this leaves out who comes last on the line, treated
before controls; so sort the rows by a name that does not change.

Controls beyond the reach of the first i treated add nothing, so only pairs in reach are
looked at, and all of them: no neighbour is left out. Values are whole numbers, in units
of 1e-10; nothing is rounded on the way.

A choice for each pair in reach would be gigabytes at 100,000 patients. So what is best
is kept where each block of treated begins, and the choices of one block at a time.
"""

from collections.abc import Callable
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

from twoarm.propensity.kernels import compile_kernel

DIGITS = 10
"""Decimals of the distances."""
WORTH_COMPILING = 200_000
"""Pairs in reach above which compiling the recursion takes less than it saves."""


class Line(NamedTuple):
    """Both arms in the order of the line; treated i reaches low[i] to high[i] - 1.

    `treated` and `control` are rows of the patients, `at_treated` and `at_control`
    their places on the line in units of 1e-10.
    """

    treated: np.ndarray
    control: np.ndarray
    at_treated: np.ndarray
    at_control: np.ndarray
    low: np.ndarray
    high: np.ndarray


def line_of(
    logit: np.ndarray,
    treated: np.ndarray,
    caliper: float,
    strata: np.ndarray | None,
) -> Line:
    """Put the patients on a line, stratum by stratum, and find who reaches whom.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Rounded here to 10 decimals; ties keep the order of the rows.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    caliper
        Greatest distance; one equal to it is in reach, as in `match_nearest`.
    strata : ndarray of int, shape (n_patients,), optional
        Nobody reaches beyond the own stratum.
    """
    place = np.round(logit, DIGITS)
    stratum = np.zeros(len(place), int) if strata is None else strata
    order = np.lexsort((place, stratum))
    heads, others = order[treated[order]], order[~treated[order]]
    low, high = _reach(place, stratum, heads, others, caliper)
    # ASSUME: logits within +-1000, so that sums in units of 1e-10 fit 64 bits.
    units = np.rint(place * 10.0**DIGITS).astype(np.int64)
    return Line(heads, others, units[heads], units[others], low, high)


def _reach(
    place: np.ndarray,
    stratum: np.ndarray,
    heads: np.ndarray,
    others: np.ndarray,
    caliper: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the first control in reach of each treated patient, and the one after.

    Distances decide, as in `match_nearest`, not bounds: rounding may set them apart.
    """
    controls = list(zip(stratum[others].tolist(), place[others].tolist(), strict=True))
    controls.append((np.inf, np.inf))
    low = high = 0
    found = []
    for own, value in zip(stratum[heads].tolist(), place[heads].tolist(), strict=True):
        while controls[low][0] < own or (
            controls[low][0] == own and value - controls[low][1] > caliper
        ):
            low += 1
        high = max(low, high)
        while controls[high][0] == own and controls[high][1] - value <= caliper:
            high += 1
        found.append((low, high))
    bounds = np.array(found, np.int64).reshape(-1, 2)
    return bounds[:, 0].copy(), bounds[:, 1].copy()


def match_line(
    line: Line, copies: int, first: int, bonus: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Find the best matching without crossings.

    The rank of a matching is the sum over its pairs of `first` for a treated patient's
    first control and 1 for each other; of the highest rank, the greatest sum over pairs
    of both bonuses less the distance is best.

    Parameters
    ----------
    line
        The patients.
    copies
        Most controls of a treated patient.
    first
        0, for bonuses alone; else above the number of controls, so that treated
        patients count before controls.
    bonus
        Of the treated and of the controls, in units of 1e-10.

    Returns
    -------
    ndarray of int, ndarray of int
        Rows of the treated and of the controls, an entry a match.
    """
    nothing = np.zeros(len(line.control) + 1, np.int64)
    fixed: list[Any] = [*line[2:], *bonus]
    best: list[Any] = [nothing, nothing.copy()]
    is_large = copies * int((line.high - line.low).sum()) >= WORTH_COMPILING
    if not is_large:
        fixed, best = ([each.tolist() for each in part] for part in (fixed, best))
    fill: Callable[..., None] = compile_kernel(_sweep) if is_large else _sweep
    found: list[tuple[int, int]] = []

    def sweep(start: int, stop: int, choice: np.ndarray) -> None:
        fill(*fixed, *best, choice, copies, first, start, stop)

    def trace(start: int, row: int, j: int, choice: np.ndarray) -> tuple[int, int]:
        return _trace(line, copies, start, row, j, choice, found)

    low, high = np.repeat(line.low, copies), np.repeat(line.high, copies)
    rows = isqrt(len(low)) if is_large else max(len(low), 1)
    search_blocks(low, high, rows, best, sweep, trace)
    places = np.array(found, np.int64).reshape(-1, 2)
    return line.treated[places[:, 0]], line.control[places[:, 1]]


def search_blocks(
    low: np.ndarray,
    high: np.ndarray,
    rows: int,
    best: list[Any],
    sweep: Callable[[int, int, np.ndarray], None],
    trace: Callable[[int, int, int, np.ndarray], tuple[int, int]],
) -> None:
    """Fill a recursion block by block, then walk it back, filling each block anew.

    Parameters
    ----------
    low, high : ndarray of int, shape (n_rows,)
        Controls in reach of each row, a treated patient or a copy of one.
    rows
        Rows of a block.
    best
        What each row looks back at, an entry or a row for each j from 0 to n_control.
    sweep
        Fills `best` and the choices from a row to before another.
    trace
        Walks the choices of a block from the first i rows and j controls; returns the
        i and j where it ends.
    """
    choice = np.zeros((rows, int((high - low).max(initial=0))), np.int32)
    starts, kept = range(0, len(low), rows), []
    for start in starts:
        top = int(high[start - 1]) if start else 0
        look = slice(min(int(low[start]), top), top + 1)
        kept.append((look, [part[look].copy() for part in best]))
        sweep(start, min(start + rows, len(low)), choice)
    i, j = len(low), len(best[0]) - 1
    for start, (look, before) in zip(reversed(starts), reversed(kept), strict=True):
        if start < i and start != starts[-1]:
            for part, old in zip(best, before, strict=True):
                part[look] = old
            sweep(start, i, choice)
        i, j = trace(start, i, j, choice)


def _sweep(
    at_treated: Any,
    at_control: Any,
    low: Any,
    high: Any,
    bonus_treated: Any,
    bonus_control: Any,
    rank: Any,
    value: Any,
    choice: Any,
    copies: int,
    first: int,
    start: int,
    stop: int,
) -> None:
    """Fill the recursion, one copy of a treated patient after the other.

    `rank` and `value` hold the best of the treated so far and the first j controls;
    beyond `top`, the reach so far, it is that at `top`.
    """
    top = high[(start - 1) // copies] if start else 0
    for row in range(start, stop):
        i = row // copies
        gain_rank = first if row % copies == 0 or first == 0 else 1
        lowest, highest = low[i], high[i]
        for j in range(top + 1, highest + 1):
            rank[j], value[j] = rank[top], value[top]
        top = max(top, highest)
        before_rank, before_value = rank[lowest], value[lowest]
        for j in range(lowest + 1, highest + 1):
            apart = abs(at_treated[i] - at_control[j - 1])
            join_rank = before_rank + gain_rank
            join = before_value + bonus_treated[i] + bonus_control[j - 1] - apart
            before_rank, before_value = rank[j], value[j]
            last = 0
            if (rank[j - 1], value[j - 1]) > (rank[j], value[j]):
                rank[j], value[j], last = rank[j - 1], value[j - 1], 1
            if (join_rank, join) > (rank[j], value[j]):
                rank[j], value[j], last = join_rank, join, 2
            choice[row - start, j - lowest - 1] = last


def _trace(
    line: Line,
    copies: int,
    start: int,
    row: int,
    j: int,
    choice: np.ndarray,
    found: list[tuple[int, int]],
) -> tuple[int, int]:
    """Walk the choices back to `start`, finding places of treated and control."""
    while row > start:
        i = (row - 1) // copies
        low, high = int(line.low[i]), int(line.high[i])
        j = min(j, high)
        last = choice[row - 1 - start, j - low - 1] if j > low else 0
        if last == 2:
            found.append((i, j - 1))
        row -= last != 1
        j -= last != 0
    return row, j
