"""Greedy nearest-neighbour matching on the logit of the propensity score."""

from typing import Any, Literal, NamedTuple

import numpy as np

from twoarm.errors import InputError
from twoarm.propensity import kernels

DIGITS = 10
"""Logits that agree to so many decimals are tied."""

Order = Literal["largest", "smallest", "closest", "farthest", "data", "random"]


class Matches(NamedTuple):
    """Matches as rows of the patients given: treated, control, their distance."""

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray


class Line(NamedTuple):
    """Patients as the nodes that the kernels walk; an edge about each stratum."""

    value: np.ndarray  # by node; infinite at an edge
    row: np.ndarray  # by node; -1 at an edge
    node: np.ndarray  # by row
    is_free: np.ndarray  # by node; controls and edges


def caliper_of(
    logit: np.ndarray,
    treated: np.ndarray,
    caliper_sd: float | None,
    *,
    scale: Literal["all", "pooled"] = "all",
) -> float:
    """Turn a caliper in standard deviations into one of the logit.

    `all`: the standard deviation of all patients, whatever their arm or stratum, n - 1.
    `pooled`: the root of the mean of the two arms' variances.

    Raises
    ------
    InputError
        If an arm is too small for a variance.

    References
    ----------
    .. [1] Austin PC. Optimal caliper widths for propensity-score matching. Pharm Stat
       2011;10:150-161. doi:10.1002/pst.433

    Examples
    --------
    >>> arm = np.array([False, False, True, True])
    >>> logit = np.array([0.0, 2.0, 4.0, 6.0])
    >>> round(caliper_of(logit, arm, 0.2), 6)
    0.516398
    >>> round(caliper_of(logit, arm, 0.2, scale="pooled"), 6)
    0.282843
    """
    if caliper_sd is None:
        return np.inf
    groups = [logit] if scale == "all" else [logit[treated], logit[~treated]]
    if min(map(len, groups)) < 2:
        raise InputError(
            "a caliper in standard deviations needs 2 patients"
            + (" an arm where it is pooled" if scale == "pooled" else "")
            + "; set caliper_sd to null"
        )
    variances = [float(group.var(ddof=1)) for group in groups]
    return caliper_sd * float(np.sqrt(np.mean(variances)))


def match_nearest(
    logit: np.ndarray,
    treated: np.ndarray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    replace: bool = False,
    order: Order = "largest",
    strata: np.ndarray | None = None,
    seed: int | None = None,
    focal: Literal["treated", "control"] = "treated",
    digits: int | None = DIGITS,
) -> Matches:
    """Match each treated patient with the nearest controls that are left.

    The treated choose in turn. With `ratio` above 1 each gets a first match, then each
    a second, and so on; who finds none is out of later rounds. Of two controls the
    strictly nearer wins; of equally near ones that which is fewer places away in the
    sorted order, then the lower. Ties of the logit keep the order of the rows, so sort
    them by a name that does not change. A distance equal to the caliper is accepted.
    These are the rules of MatchIt 4.7.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Finite; rounded here to `digits` decimals.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    ratio
        Controls a treated patient, at least 1.
    caliper
        Greatest distance of a match, on the logit.
    replace
        Whether a control may be matched to several treated patients; who chooses first
        is then of no account.
    order
        Who chooses first. `largest`, `smallest`: by the logit, ties by row. `data`: by
        row. `random`: drawn with `seed`. `closest`, `farthest`: who is closest to the
        own nearest control (farthest from it), looking again when that one is taken.
    strata : ndarray of int, shape (n_patients,), optional
        Matched only within; each is matched as if it were alone, places counted within.
    focal
        The arm that chooses; `control` swaps the arms' parts, for the ATC.
    digits
        None for logits as they are: ties are then what floating point makes of them.

    Returns
    -------
    Matches
        One entry a match, by the row of the focal patient, nearest first within it.

    References
    ----------
    .. [1] Austin PC. A comparison of 12 algorithms for matching on the propensity
       score. Stat Med 2014;33:1057-1069. doi:10.1002/sim.6004
    .. [2] Rassen JA, et al. One-to-many propensity score matching in cohort studies.
       Pharmacoepidemiol Drug Saf 2012;21(S2):69-80. doi:10.1002/pds.3263
    """
    value = logit if digits is None else np.round(logit, digits)
    choosing = treated if focal == "treated" else ~treated
    line = _line(value, choosing, strata)
    turns = find_turns(value, choosing, order, seed)
    rounds = (
        _with_replacement(line, line.node[turns], ratio, caliper)
        if replace
        else _without_replacement(line, line.node[turns], ratio, caliper, order)
    )
    chooser = line.row[np.concatenate([one for one, _ in rounds])]
    chosen = line.row[np.concatenate([other for _, other in rounds])]
    first = np.argsort(chooser, kind="stable")
    chooser, chosen = chooser[first], chosen[first]
    distance = np.abs(value[chooser] - value[chosen])
    if focal == "control":
        return Matches(chosen, chooser, distance)
    return Matches(chooser, chosen, distance)


def find_turns(
    logit: np.ndarray, choosing: np.ndarray, order: Order, seed: int | None
) -> np.ndarray:
    """Find the rows of those who choose, in the order of their turns."""
    rows = np.flatnonzero(choosing)
    if order == "largest":
        return rows[np.argsort(-logit[rows], kind="stable")]
    if order == "smallest":
        return rows[np.argsort(logit[rows], kind="stable")]
    if order == "random":
        return np.random.default_rng(seed).permutation(rows)
    return rows


def _line(value: np.ndarray, choosing: np.ndarray, strata: np.ndarray | None) -> Line:
    if not np.isfinite(value).all():
        raise ValueError("logits must be finite")
    if strata is None:
        sorted_rows = np.argsort(value, kind="stable")
        step = np.zeros(len(value), dtype=np.int64)
    else:
        sorted_rows = np.lexsort((value, strata))
        along = strata[sorted_rows]
        step = np.cumsum(np.diff(along, prepend=along[:1]) != 0)
    node = np.arange(1, len(value) + 1) + step
    size = len(value) + 2 + (int(step[-1]) if len(step) else 0)
    by_node, row = np.full(size, np.inf), np.full(size, -1)
    by_node[node], row[node] = value[sorted_rows], sorted_rows
    is_free = np.ones(size, dtype=bool)
    is_free[node] = ~choosing[sorted_rows]
    of_row = np.empty(len(value), dtype=np.int64)
    of_row[sorted_rows] = node
    return Line(by_node, row, of_row, is_free)


Rounds = list[tuple[np.ndarray, np.ndarray]]


def _without_replacement(
    line: Line, turns: np.ndarray, ratio: int, caliper: float, order: Order
) -> Rounds:
    """Take the controls away as they are matched; a round a match."""
    kernel: Any = kernels.take_in_order
    last: tuple[int, ...] = ()
    if order in ("closest", "farthest"):
        kernel, last = kernels.take_by_distance, (1 if order == "closest" else -1,)
    small = len(line.value) < kernels.COMPILED_FROM
    kernel = kernel if small else kernels.compile_kernel(kernel)
    form: Any = np.ndarray.tolist if small else np.asarray
    places = np.arange(len(line.value))
    state = [
        form(line.value),
        form(np.where(line.is_free, places, places - 1)),
        form(np.where(line.is_free, places, places + 1)),
    ]
    reach = min(caliper, float(np.finfo(float).max))  # no edge is so near
    rounds = []
    for _ in range(ratio):
        match = form(np.full(len(turns), -1))
        kernel(*state, form(turns), reach, match, *last)
        found = np.asarray(match, dtype=np.int64)
        turns, found = turns[found >= 0], found[found >= 0]
        rounds.append((turns, found))
    return rounds


def _with_replacement(
    line: Line, turns: np.ndarray, ratio: int, caliper: float
) -> Rounds:
    """Walk outwards from all who choose at once; a step a match."""
    nodes = np.flatnonzero(line.is_free)
    high = np.searchsorted(nodes, turns)
    low = high - 1
    rounds = []
    for _ in range(ratio):
        left, right = nodes[low], nodes[high]
        to_left = np.abs(line.value[turns] - line.value[left])
        to_right = np.abs(line.value[right] - line.value[turns])
        fewer = turns - left <= right - turns
        is_left = np.where(to_left == to_right, fewer, to_left < to_right)
        best = np.where(is_left, left, right)
        within = (np.minimum(to_left, to_right) <= caliper) & (line.row[best] >= 0)
        rounds.append((turns[within], best[within]))
        turns = turns[within]
        low = (low - is_left)[within]
        high = (high + ~is_left)[within]
    return rounds
