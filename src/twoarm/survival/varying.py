"""Hazard ratios that are not one number: by period, and along time."""

from typing import NamedTuple

import numpy as np

from twoarm.engine import fit_cox
from twoarm.fits import Cox
from twoarm.survival.firth import Draws
from twoarm.survival.stack import Stack

MOST_STEPS = 50
STILL = 1e-10
"""Newton's last step."""
SAME = 2e-8
"""Of the longest time: what is nearer is one time, as R's `aeqSurv` has it."""


class Trend(NamedTuple):
    """A log hazard ratio `level + slope * log2(t)`; NaN without a single maximum."""

    estimate: np.ndarray
    covariance: np.ndarray

    def at(self, time: float) -> tuple[float, float]:
        """Return the log hazard ratio at a time, and its standard error."""
        row = np.array([1.0, np.log2(time)])
        spread = float(row @ self.covariance @ row)
        return float(row @ self.estimate), max(spread, 0.0) ** 0.5


def fit_period(both: Stack, start: float, end: float) -> tuple[Cox | None, Stack]:
    """Fit a Cox regression to the events after `start` up to `end`.

    Whoever is at risk then counts; each event has its own risk set, so that the periods
    fitted one by one are the piecewise model fitted at once.

    Parameters
    ----------
    both
        The arms, stacked.
    start, end
        In the unit of the times; `end` may be infinite. A time that differs from one of
        them by rounding alone is on it.

    Returns
    -------
    Cox or None, Stack
        None if an arm has no event in the period; and who was at risk in it.
    """
    start, end = _on_time(start, both.time), _on_time(end, both.time)
    rows = both.time > start
    entry = np.zeros(len(both.time)) if both.entry is None else both.entry
    late = start > 0 or both.entry is not None
    entry, end_of = np.maximum(entry, start), np.minimum(both.time, end)
    seen = rows & (entry < end_of)
    part = both._replace(
        time=end_of[seen],
        event=(both.event & (both.time <= end))[seen],
        treated=both.treated[seen],
        weight=None if both.weight is None else both.weight[seen],
        cluster=None if both.cluster is None else both.cluster[seen],
        entry=entry[seen] if late else None,
    )
    with_event = {float(each) for each in part.treated[part.event]}
    if len(with_event) < 2:
        return None, part
    fit = fit_cox(part.time, part.event, part.treated[:, None], **part.how())
    return fit, part


def _on_time(cut: float, time: np.ndarray) -> float:
    """Move a cut up to a time that is later by rounding alone."""
    near = time[np.abs(time - cut) <= SAME * time.max(initial=1.0)]
    return float(near.max(initial=cut)) if cut > 0 else cut


def fit_trend(draws: Draws) -> Trend:
    """Fit a log hazard ratio that is linear in the logarithm of time.

    It is the Cox regression with the covariates treated and treated times log2(t), as
    with R's `tt()`. With two arms each draw is logistic, so rows need not be split.

    Parameters
    ----------
    draws
        From `twoarm.survival.firth.draws_of`.

    References
    ----------
    .. [1] Therneau TM, Grambsch PM. Modeling survival data: extending the Cox model.
       Springer 2000, section 6.5. doi:10.1007/978-1-4757-3294-8
    """
    none = Trend(np.full(2, np.nan), np.full((2, 2), np.nan))
    if not len(draws.offset):
        return none
    matrix = np.column_stack([np.ones(len(draws.time)), np.log2(draws.time)])
    beta = np.zeros(2)
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ beta + draws.offset, -500, 500)))
        information = (matrix.T * (chance * (1 - chance))) @ matrix
        if not np.linalg.cond(information) < 1 / STILL:
            return none
        step = np.linalg.solve(information, matrix.T @ (draws.treated - chance))
        if np.abs(step).max() <= STILL * max(1.0, float(np.abs(beta).max())):
            return Trend(beta + step, np.linalg.inv(information))
        # A long step is cut: the likelihood is concave, so it comes there all the same.
        beta = beta + step / max(1.0, float(np.abs(step).max()) / 2)
    return none
