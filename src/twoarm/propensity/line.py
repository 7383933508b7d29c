"""The best non-crossing matching on a line, by a recursion over the pairs in reach.

Why no crossing is needed
-------------------------
Let t1 <= t2 be treated patients and c1 <= c2 controls in the order of the line, t1
joined to c2 and t2 to c1. Join t1 to c1 and t2 to c2 instead. Each new interval lies
within an old one that shares an end with it, so none is longer than the caliper
(subtraction of floating-point numbers is monotone too), the sum is not greater, and
each patient keeps its number of partners. So some best matching has no crossing, and
the best of the first i treated and the first j controls leaves one of the last two out
or joins them. Strata lie one after the other on the line, out of each other's reach.

Controls beyond the reach of the first i treated add nothing, so only pairs in reach are
looked at, and all of them: no neighbour is left out. Values are whole numbers, in units
of 1e-10; nothing is rounded on the way.
"""

from typing import Any, NamedTuple

import numpy as np

from twoarm.errors import InputError
from twoarm.propensity.kernels import compile_kernel

DIGITS = 10
"""Decimals of the distances."""
WORTH_COMPILING = 200_000
"""Pairs in reach above which compiling the recursion takes less than it saves."""
FAR = 1e300
"""Caliper that stands for none: below infinity, where the line is bounded."""
MOST_PAIRS = 2_000_000_000
"""Pairs in reach above which a byte of memory for each is too much."""


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
    low, high = np.empty(len(heads), np.int64), np.empty(len(heads), np.int64)
    for each in np.unique(stratum[heads]):
        own = stratum[heads] == each
        ends = np.searchsorted(stratum[others], [each, each + 1])
        near = place[others[ends[0] : ends[1]]]
        low[own], high[own] = (
            ends[0] + bound for bound in _reach(near, place[heads[own]], caliper)
        )
    # ASSUME: logits within +-1000, so that sums in units of 1e-10 fit 64 bits.
    units = np.rint(place * 10.0**DIGITS).astype(np.int64)
    return Line(heads, others, units[heads], units[others], low, high)


def _reach(
    line: np.ndarray, value: np.ndarray, caliper: float
) -> tuple[np.ndarray, np.ndarray]:
    """Find the first place of a sorted line in reach of each value, and the one after.

    Distances decide, not bounds: rounding may set them apart.
    """
    caliper = min(caliper, FAR)
    low = np.searchsorted(line, value - caliper)
    high = np.searchsorted(line, value + caliper, side="right")
    padded = np.r_[-np.inf, line, np.inf]
    low = np.where(value - padded[low] <= caliper, low - 1, low)
    low = np.where(value - padded[low + 1] > caliper, low + 1, low)
    high = np.where(padded[high + 1] - value <= caliper, high + 1, high)
    high = np.where(padded[high] - value > caliper, high - 1, high)
    return low, np.maximum(high, low)


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
    n_control = len(line.control)
    reach = line.high - line.low
    offset = np.r_[0, np.cumsum(np.repeat(reach, copies))]
    if offset[-1] > MOST_PAIRS:
        raise InputError(
            f"{offset[-1]:,} pairs are in reach of each other, too many for optimal "
            "matching; narrow the caliper, add exact, or take method: nearest"
        )
    rank, value = np.zeros(n_control + 1, np.int64), np.zeros(n_control + 1, np.int64)
    choice = np.zeros(offset[-1], np.int8)
    arrays = [
        line.at_treated, line.at_control, line.low, line.high, *bonus, offset, rank,
        value,
    ]  # fmt: skip
    if offset[-1] >= WORTH_COMPILING:
        compile_kernel(_sweep)(*arrays, choice, copies, first)
    else:
        lists: list[Any] = [each.tolist() for each in arrays]
        _sweep(*[*lists, choice, copies, first])
    found = _trace(line, copies, offset, choice)
    return line.treated[found[:, 0]], line.control[found[:, 1]]


def _sweep(
    at_treated: Any,
    at_control: Any,
    low: Any,
    high: Any,
    bonus_treated: Any,
    bonus_control: Any,
    offset: Any,
    rank: Any,
    value: Any,
    choice: Any,
    copies: int,
    first: int,
) -> None:
    """Fill the recursion, one copy of a treated patient after the other.

    `rank` and `value` hold the best of the treated so far and the first j controls;
    beyond `top`, the reach so far, it is that at `top`.
    """
    top, n_rows = 0, len(at_treated) * copies
    for row in range(n_rows):
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
            choice[offset[row] + j - lowest - 1] = last


def _trace(line: Line, copies: int, offset: np.ndarray, choice: Any) -> np.ndarray:
    """Walk the recursion back: places of treated and control, shape (n_matches, 2)."""
    low, high = line.low.tolist(), line.high.tolist()
    row, j, found = len(low) * copies, len(line.control), []
    while row > 0:
        i = (row - 1) // copies
        j = min(j, high[i])
        last = 0
        if j > low[i]:
            last = choice[offset[row - 1] + j - low[i] - 1]
        if last == 2:
            found.append((i, j - 1))
        if last != 1:
            row -= 1
        if last != 0:
            j -= 1
    return np.array(found, np.int64).reshape(-1, 2)
