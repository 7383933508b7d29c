"""Loops of greedy matching: plain Python for a small cohort, compiled for a large one.

The patients stand in one row of nodes, by stratum, then by logit. An edge, a node of
infinite value, stands before, between and after the strata: it is never a match, and
nobody finds anything beyond it. `below` and `above` lead from a node to the nearest
free control at or before it, at or after it, by steps that are halved whenever they are
walked (union-find); what leads to itself is a free control or an edge. Places are
counted in nodes, so within the stratum.

All functions take lists or arrays, whichever is fast, and say the same either way.
"""

from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappop, heappush
from importlib import import_module
from typing import Any

import numpy as np

COMPILED_FROM = 100_000
"""Patients from which a compiled loop is worth its loading; measured in benchmarks."""

Numbers = Any
"""A list or an array of numbers: what is fast differs between the two forms."""


def take_in_order(
    values: Numbers,
    below: Numbers,
    above: Numbers,
    waiting: Sequence[int],
    caliper: float,
    match: Numbers,
) -> None:
    """Give each who waits, in turn, the nearest free control within the caliper.

    The strictly nearer wins; of equally near, that fewer nodes away; then the lower.
    `match` gets the control's node; who finds none keeps what is there. `caliper` is
    finite, so that it shuts out the edges.
    """
    for turn in range(len(waiting)):
        place = waiting[turn]
        left, right = below[place], above[place]
        while below[left] != left:
            below[left] = below[below[left]]
            left = below[left]
        while above[right] != right:
            above[right] = above[above[right]]
            right = above[right]
        below[place], above[place] = left, right
        to_left = abs(values[place] - values[left])
        to_right = abs(values[right] - values[place])
        tied = to_left == to_right
        is_left = place - left <= right - place if tied else to_left < to_right
        best = left if is_left else right
        if min(to_left, to_right) <= caliper:
            below[best], above[best] = best - 1, best + 1
            match[turn] = best


def take_by_distance(
    values: Numbers,
    below: Numbers,
    above: Numbers,
    waiting: Sequence[int],
    caliper: float,
    match: Numbers,
    sign: int,
) -> None:
    """Let the closest pair of all (`sign` 1) or the farthest (-1) be matched first.

    Who waits is ranked by the distance to his own nearest control, ties in the order of
    `waiting`. Whose turn it is and finds that control taken looks for another one: he
    comes before those at his new distance if the closest is first, else after them.

    Looking again is rare where the arms mix; it is quadratic where very many treated
    share one logit and the controls about it all differ.
    """
    # Nobody has looked yet: all come before any distance, with a node that is not free.
    heap = [(-np.inf, turn, turn, waiting[turn]) for turn in range(len(waiting))]
    late = -1 if sign > 0 else len(waiting)
    while heap:
        key, _, turn, best = heappop(heap)
        if below[best] == best:
            below[best], above[best] = best - 1, best + 1
            match[turn] = best
            continue
        place = waiting[turn]
        left, right = below[place], above[place]
        while below[left] != left:
            below[left] = below[below[left]]
            left = below[left]
        while above[right] != right:
            above[right] = above[above[right]]
            right = above[right]
        below[place], above[place] = left, right
        to_left = abs(values[place] - values[left])
        to_right = abs(values[right] - values[place])
        tied = to_left == to_right
        is_left = place - left <= right - place if tied else to_left < to_right
        distance = min(to_left, to_right)
        if distance <= caliper:
            rank = turn if key == -np.inf else late
            late -= sign
            heappush(heap, (sign * distance, rank, turn, left if is_left else right))


@cache
def compile_kernel(kernel: Callable[..., None]) -> Callable[..., None]:
    """Compile a loop, kept on disk for the next run where numba finds a place for it.

    Without numba the loop is left as it is: slower by about 10, the same result.
    """
    try:
        compiled = import_module("numba").njit
    except ImportError:
        return kernel
    try:
        return compiled(cache=True)(kernel)  # type: ignore[no-any-return]
    except RuntimeError:  # nowhere to write
        return compiled(kernel)  # type: ignore[no-any-return]
