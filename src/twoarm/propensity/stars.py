"""The best stars on a line within limits of their size: full matching, restricted.

A star is a treated patient with controls, or a control with treated; a pair is the
smallest of either. Each patient is in one star at most.

Why no crossing is needed, as in `twoarm.propensity.line`, where t1 is joined to c2 and
t2 to c1 and a swap joins t1 to c1 and t2 to c2, at no greater distance:

- If both stars have their heads in the same arm, each patient keeps its number of
  partners, and the stars their sizes.
- Else two of the four are heads and two are members, and the swap joins head to head
  and member to member. Drop the former; the latter are a pair. Everybody is still
  matched, and both stars have a member less, which is allowed: limits that allow more
  than a pair to heads of both arms allow all smaller stars.

In a choice without crossings, a patient who is left out between two members of a star
may stand in for the farther of them at no greater distance, which narrows the star. So
some best choice has stars of adjacent members, and the best of the first i treated and
the first j controls leaves one of the last two out or ends with a star that has both.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from math import isqrt
from typing import NamedTuple

import numpy as np

from twoarm.propensity.kernels import compile_kernel
from twoarm.propensity.line import WORTH_COMPILING, Line, search_blocks

LEAVE_CONTROL, LEAVE_TREATED = 0, -1
NEVER = -(2**60)
"""Rank of what cannot be."""


class Limits(NamedTuple):
    """How many members a star may have besides its head; None: no upper limit.

    A pair is a treated patient with one control; a control heads 2 treated or more.
    """

    least_controls: int = 1
    most_controls: int | None = None
    least_treated: int = 2
    most_treated: int | None = None


class Layers(NamedTuple):
    """Stars of one kind: a layer a size, from 1; the last takes larger ones if open."""

    number: int
    least: int
    is_open: bool


def match_stars(line: Line, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Find the best stars within limits.

    Those with the most treated patients, of these those with the most controls, of
    these one with the least sum of distances between heads and members. Of equally good
    ones that which leaves out who comes last on the line, controls before treated.

    Returns
    -------
    ndarray of int, ndarray of int
        Rows of the treated and of the controls, an entry a member of a star.
    """
    n_treated, n_nodes = len(line.treated), len(line.control) + 1
    width = int((line.high - line.low).max(initial=0))
    own = _layers(limits.least_controls, limits.most_controls, width)
    others = _layers(limits.least_treated, limits.most_treated, n_treated)
    is_large = n_treated * width * (own.number + others.number) >= WORTH_COMPILING
    fill: Callable[..., None] = _compiled_sweep() if is_large else _sweep
    best = [np.zeros(n_nodes, np.int64) for _ in range(2)]
    best += [np.zeros((n_nodes, others.number), np.int64) for _ in range(3)]
    star = np.zeros((3, 1, own.number), np.int64)
    found: list[tuple[int, int]] = []

    def sweep(start: int, stop: int, choice: np.ndarray) -> None:
        rules = own.least, int(own.is_open), others.least, int(others.is_open)
        fill(*line[2:], *best, *star, *rules, start, stop, choice)

    def trace(start: int, i: int, j: int, choice: np.ndarray) -> tuple[int, int]:
        return _trace(line, start, i, j, choice, found)

    rows = max(isqrt(n_treated), 1)
    search_blocks(line.low, line.high, rows, best, sweep, trace)
    places = np.array(found, np.int64).reshape(-1, 2)
    return line.treated[places[:, 0]], line.control[places[:, 1]]


def _layers(least: int, most: int | None, enough: int) -> Layers:
    """Give each size its layer; a limit that nobody can reach is none."""
    if most is None or most >= max(enough, least):
        return Layers(least, least, is_open=True)
    return Layers(most if most >= least else 0, least, is_open=False)


def _trace(
    line: Line,
    start: int,
    i: int,
    j: int,
    choice: np.ndarray,
    found: list[tuple[int, int]],
) -> tuple[int, int]:
    """Walk the choices back to `start`, finding places of treated and control."""
    while i > start:
        low, high = int(line.low[i - 1]), int(line.high[i - 1])
        j = min(j, high)
        last = int(choice[i - 1 - start, j - low - 1]) if j > low else LEAVE_TREATED
        if last == LEAVE_TREATED:
            i -= 1
        elif last == LEAVE_CONTROL:
            j -= 1
        elif last > 0:
            found += [(i - 1, j - back) for back in range(1, last + 1)]
            i, j = i - 1, j - last
        else:
            found += [(i - back, j - 1) for back in range(1, 1 - last)]
            i, j = i + last, j - 1
    return i, j


# ------------------------------------------------------- loops, plain or compiled


@cache
def _compiled_sweep() -> Callable[..., None]:
    """Compile the recursion with its parts; without numba it stays as it is."""
    try:
        compiled_within = import_module("numba.extending").register_jitable
    except ImportError:
        return _sweep
    for part in (_extend, _pick):
        compiled_within(part)
    return compile_kernel(_sweep)


def _sweep(
    at_treated: np.ndarray,
    at_control: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    rank: np.ndarray,
    cost: np.ndarray,
    run_rank: np.ndarray,
    run_cost: np.ndarray,
    run_size: np.ndarray,
    own_rank: np.ndarray,
    own_cost: np.ndarray,
    own_size: np.ndarray,
    own_least: int,
    own_open: int,
    run_least: int,
    run_open: int,
    start: int,
    stop: int,
    choice: np.ndarray,
) -> None:
    """Fill the recursion for the treated from `start` to `stop` - 1.

    `rank` and `cost` hold the best of the treated so far and the first j controls;
    beyond `top`, the reach so far, it is that at `top`. `own_` has the stars of the
    last treated patient that end with control j, `run_` those of control j that end
    with the last treated, a layer a size. A choice is the number of controls of the
    last star; or less the number of treated, if a control is its head; or who is left
    out.
    """
    # A treated patient counts more than all controls.
    worth = len(at_control) + 1
    top = high[start - 1] if start else 0
    for i in range(start, stop):
        for j in range(top + 1, high[i] + 1):
            rank[j], cost[j], run_rank[j, :] = rank[top], cost[top], NEVER
        top = max(top, high[i])
        own_rank[0, :] = NEVER
        before_rank, before_cost = rank[low[i]], cost[low[i]]
        for j in range(low[i] + 1, high[i] + 1):
            apart = abs(at_treated[i] - at_control[j - 1])
            pair_rank, pair_cost = before_rank + worth + 1, before_cost + apart
            before_rank, before_cost, last = rank[j], cost[j], LEAVE_TREATED
            if (rank[j - 1], -cost[j - 1]) >= (rank[j], -cost[j]):
                rank[j], cost[j], last = rank[j - 1], cost[j - 1], LEAVE_CONTROL
            _extend(
                own_rank,
                own_cost,
                own_size,
                0,
                pair_rank,
                pair_cost,
                1,
                apart,
                own_open,
            )
            size = _pick(own_rank, own_cost, 0, own_least, rank[j], cost[j])
            if size:
                rank[j], cost[j] = own_rank[0, size - 1], own_cost[0, size - 1]
                last = own_size[0, size - 1]
            _extend(
                run_rank, run_cost, run_size, j, pair_rank, pair_cost, worth, apart,
                run_open,
            )  # fmt: skip
            size = _pick(run_rank, run_cost, j, run_least, rank[j], cost[j])
            if size:
                rank[j], cost[j] = run_rank[j, size - 1], run_cost[j, size - 1]
                last = -run_size[j, size - 1]
            choice[i - start, j - low[i] - 1] = last


def _extend(
    rank: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    row: int,
    pair_rank: int,
    pair_cost: int,
    worth: int,
    apart: int,
    is_open: int,
) -> None:
    """Give each star one member more; a new one begins with a pair."""
    last = rank.shape[1] - 1
    if last < 0:
        return
    larger_rank, larger_cost = rank[row, last] + worth, cost[row, last] + apart
    larger_size = size[row, last] + 1
    for layer in range(last, 0, -1):
        rank[row, layer] = rank[row, layer - 1] + worth
        cost[row, layer] = cost[row, layer - 1] + apart
        size[row, layer] = size[row, layer - 1] + 1
    rank[row, 0], cost[row, 0], size[row, 0] = pair_rank, pair_cost, 1
    if is_open and (larger_rank, -larger_cost) > (rank[row, last], -cost[row, last]):
        rank[row, last], cost[row, last] = larger_rank, larger_cost
        size[row, last] = larger_size


def _pick(
    rank: np.ndarray,
    cost: np.ndarray,
    row: int,
    least: int,
    best_rank: int,
    best_cost: int,
) -> int:
    """Pick the layer, from 1, of the best star that is large enough; 0: none better."""
    picked = 0
    for layer in range(least - 1, rank.shape[1]):
        if (rank[row, layer], -cost[row, layer]) > (best_rank, -best_cost):
            best_rank, best_cost = rank[row, layer], cost[row, layer]
            picked = layer + 1
    return picked
