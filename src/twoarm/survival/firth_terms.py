"""Firth's penalty in a Cox regression of several terms."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, gammaincinv

from twoarm.survival.firth import NONE, Profile
from twoarm.survival.score_rows import sum_at, sum_later

MOST_STEPS = 60
PLAIN = 20
"""Steps by the information, before those by the curvature, which costs more."""
HALVINGS = 30
STILL = 1e-9
"""Last step of a climb, in standard deviations of a covariate."""
APART = 1e-4
"""Distance of two slopes, the difference of which is a curvature."""
FLATTEST = 1e13
"""Condition of the information from which on its inverse has no digits."""
FARTHEST = 40.0
"""Log hazard ratio beyond which no limit is looked for."""


class _Rows(NamedTuple):
    """Rows, and each death as a draw from those at risk; ties by Efron."""

    time: np.ndarray
    entry: np.ndarray | None
    event: np.ndarray
    matrix: np.ndarray
    steps: np.ndarray
    place: np.ndarray
    draw: np.ndarray
    gone: np.ndarray


class _Peak(NamedTuple):
    """A point, and the penalised likelihood, its slope and the information there."""

    at: np.ndarray
    height: float
    slope: np.ndarray
    information: np.ndarray


def fit_penalised(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    confidence: float,
) -> Profile:
    """Fit a Cox regression with Firth's penalty; return the first of its terms.

    Half the logarithm of the determinant of the information is added to the partial
    likelihood, ties by Efron, so that the estimates are finite where some terms tell
    all events apart. Limits are those of the profile of the penalised likelihood, p is
    of its ratio. Weights have no likelihood, and are not taken.

    Parameters
    ----------
    time, event, matrix, entry
        As in `twoarm.engine.fit_cox`; the first column is the term that is returned.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    Profile
        NaN where no event tells a term; a limit is NaN that is beyond all reason.

    References
    ----------
    .. [1] Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox
       regression. Biometrics 2001;57:114-119. doi:10.1111/j.0006-341X.2001.00114.x
    """
    if not event.any():
        return NONE
    spread = matrix.std(axis=0)
    if not (spread > 0).all():
        return NONE
    scaled = (matrix - matrix.mean(axis=0)) / spread
    steps = np.unique(time[event])
    place = np.searchsorted(steps, time[event])
    counts = np.bincount(place, minlength=len(steps))
    draw = np.repeat(np.arange(len(steps)), counts)
    gone = (np.arange(len(draw)) - (np.cumsum(counts) - counts)[draw]) / counts[draw]
    rows = _Rows(time, entry, event, scaled, steps, place, draw, gone)
    top = _climb(rows, np.zeros(matrix.shape[1]), held=False)
    if top is None:
        return NONE
    error = float(np.linalg.inv(top.information)[0, 0]) ** 0.5
    floor = top.height - float(gammaincinv(0.5, confidence))
    ends = [_cross(rows, top, floor, side * error) for side in (-1, 1)]
    low, high = (end / spread[0] for end in ends)
    null = _climb(rows, np.r_[0.0, top.at[1:]], held=True)
    gain = np.nan if null is None else max(2 * (top.height - null.height), 0.0)
    found = (float(top.at[0] / spread[0]), error / float(spread[0]))
    return Profile(*found, low, high, float(chdtrc(1, gain)))


def _look(rows: _Rows, at: np.ndarray) -> _Peak | None:
    """Differentiate the penalised likelihood; None where the information is flat."""
    line = rows.matrix @ at
    risk = np.exp(line - line.max())
    n, terms = rows.matrix.shape
    square = (rows.matrix[:, :, None] * rows.matrix[:, None, :]).reshape(n, -1)
    powers = np.column_stack([np.ones(n), rows.matrix, square])
    mass, *rest = np.split(_left(rows, risk, powers), [1, 1 + terms], axis=1)
    mean, both = rest[0] / mass, (rest[1] / mass).reshape(-1, terms, terms)
    spread = (both - mean[:, :, None] * mean[:, None, :]).sum(axis=0)
    sign, size = np.linalg.slogdet(spread)
    if not (sign > 0 and np.linalg.cond(spread) < FLATTEST):
        return None
    inverse = np.linalg.inv(spread)
    # The slope of log det is the third moment about the mean, against the inverse.
    length = ((rows.matrix @ inverse) * rows.matrix).sum(axis=1)
    lengths = np.column_stack([length, length[:, None] * rows.matrix])
    third = _left(rows, risk, lengths) / mass
    turned = mean @ inverse
    pull = third[:, 1:] - 2 * np.einsum("dij,dj->di", both, turned)
    pull += mean * (2 * (turned * mean).sum(axis=1) - third[:, 0])[:, None]
    dead = rows.event
    level = line[dead].sum() - np.log(mass).sum() - len(mass) * line.max()
    slope = rows.matrix[dead].sum(axis=0) - mean.sum(axis=0) + pull.sum(axis=0) / 2
    return _Peak(at, float(level + size / 2), slope, spread)


def _left(rows: _Rows, risk: np.ndarray, powers: np.ndarray) -> np.ndarray:
    """Sum over who is at risk at each draw: Efron takes part of its deaths away."""
    parts = risk[:, None] * powers
    left = sum_later(rows.steps, rows.time, parts)
    if rows.entry is not None:
        left = left - sum_later(rows.steps, rows.entry, parts)
    died = sum_at(rows.place, parts[rows.event], len(rows.steps))
    return np.asarray(left[rows.draw] - rows.gone[:, None] * died[rows.draw])


def _climb(rows: _Rows, start: np.ndarray, *, held: bool) -> _Peak | None:
    """Climb by steps of scoring, then of Newton, halved where they overshoot.

    The penalty bends the likelihood little unless events are few, so that scoring gains
    a digit a step. With `held` the first term stays where it is.
    """
    free = np.arange(int(held), len(start))
    here = _look(rows, start)
    if here is None or not len(free):
        return here
    for number in range(MOST_STEPS):
        step = np.zeros(len(start))
        bend = here.information[np.ix_(free, free)]
        if number >= PLAIN:
            bend = _bend(rows, here, free)
        step[free] = np.linalg.solve(bend, here.slope[free])
        step /= max(1.0, float(np.abs(step).max()))
        ahead = _look(rows, here.at + step)
        for _ in range(HALVINGS):
            if ahead is not None and ahead.height >= here.height - STILL:
                break
            step = step / 2
            ahead = _look(rows, here.at + step)
        if ahead is None:
            return None
        here = ahead
        if np.abs(step).max() <= STILL:
            return here
    return None


def _bend(rows: _Rows, here: _Peak, free: np.ndarray) -> np.ndarray:
    """Return the curvature of the penalised likelihood, by differences of its slope.

    Where that is no peak's, the information, which climbs more slowly, stands for it.
    """
    columns = []
    for term in free:
        move = APART * (np.arange(len(here.at)) == term)
        ends = [_look(rows, here.at + side * move) for side in (-1, 1)]
        if ends[0] is None or ends[1] is None:
            break
        columns.append((ends[0].slope - ends[1].slope)[free] / (2 * APART))
    if len(columns) == len(free):
        bend = (np.array(columns) + np.array(columns).T) / 2
        if np.linalg.eigvalsh(bend)[0] > STILL:
            return np.asarray(bend)
    return np.asarray(here.information[np.ix_(free, free)])


def _cross(rows: _Rows, top: _Peak, floor: float, step: float) -> float:
    """Find where the profile of the first term falls to the floor; NaN if nowhere."""
    others = top.at[1:]

    def over(place: float) -> float:
        nonlocal others
        found = _climb(rows, np.r_[place, others], held=True)
        others = others if found is None else found.at[1:]
        return np.nan if found is None else found.height - floor

    near, far = float(top.at[0]), float(top.at[0]) + step
    for _ in range(HALVINGS):
        height = over(far)
        if np.isnan(height):  # too flat there to climb: not so far
            step = step / 4
            far = near + step
        elif height > 0:
            near, far, step = far, far + step, 2 * step
        else:
            break
        if abs(far) > FARTHEST:
            return np.nan
    else:
        return np.nan
    low, high = sorted((near, far))
    return float(brentq(over, low, high, xtol=1e-9))
