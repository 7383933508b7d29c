"""Contrasts of two arms whose weights change over time, cheap enough to repeat."""

from collections.abc import Sequence

import numpy as np

from twoarm.survival.two_arms import Contrasts, TwoArmFit, _fit, _last, _Tally

Columns = Sequence[np.ndarray]
"""Of an arm: entry, exit, event and weight, of each row."""


def estimate_spells(
    treated: Columns,
    control: Columns,
    *,
    horizons: Sequence[float],
    rmst_horizon: float | None = None,
) -> Contrasts:
    """Estimate hazard ratio, survival differences and difference of restricted means.

    The same numbers as `twoarm.engine` on the rows, without errors, which the rows of
    one patient would need to share: take them from a bootstrap of patients.

    Parameters
    ----------
    treated, control
        Of each arm the arrays `entry_days`, `exit_days`, `event` and `weight`: a row is
        at risk if entry < t <= exit.
    horizons, rmst_horizon
        In the unit of the times; no restricted mean if None. Beyond the last exit of an
        arm nothing is known and the difference is NaN.

    Examples
    --------
    One row is left at each event: the curves fall to 1/2 and 0.

    >>> arm = [np.zeros(2), np.array([1.0, 2.0]), np.array([True, True]), np.ones(2)]
    >>> estimate_spells(arm, arm, horizons=[1.5], rmst_horizon=2).rmst_difference
    0.0
    """
    arms = (control, treated)
    times = np.unique(np.concatenate([exits[event] for _, exits, event, _ in arms]))
    at_risk, died, deaths = (
        np.array(rows)
        for rows in zip(*(_sums(arm, times) for arm in arms), strict=True)
    )
    hazard = died / np.where(at_risk > 0, at_risk, 1.0)
    curve = np.column_stack([np.ones(2), np.cumprod(1 - hazard, axis=1)])
    ends = min(_last(np.sort(exits)) for _, exits, _, _ in arms)
    at = np.searchsorted(times, horizons, side="right")
    known = np.asarray(horizons, float) <= ends
    mean = np.nan
    if rmst_horizon is not None and rmst_horizon <= ends:
        edges = np.minimum(np.r_[0.0, times, np.inf], rmst_horizon)
        of_control, of_treated = (curve * np.diff(edges)).sum(axis=1)
        mean = float(of_treated - of_control)
    tally = _Tally(at_risk, died, deaths.sum(axis=0))
    fit: TwoArmFit = _fit(tally, weighted=True)
    return Contrasts(
        fit.estimate, np.where(known, curve[1, at] - curve[0, at], np.nan), mean
    )


def _sums(arm: Columns, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum the weight at risk and of the deaths, and count these, at each time.

    A row is at risk at the times after its entry, up to its exit.
    """
    entry, exits, event, weight = arm
    first = np.searchsorted(times, entry, side="right")
    after = np.searchsorted(times, exits, side="right")
    size = len(times)
    inside = after > first
    # From the end, so that who leaves early adds no rounding to who stays.
    gone = np.bincount(after[inside], weight[inside], size + 1)
    come = np.bincount(first[inside], weight[inside], size + 1)
    at_risk = np.cumsum((gone[1:] - come[1:])[::-1])[::-1]
    place = after[event] - 1
    died = np.bincount(place, weight[event], size)
    return np.maximum(at_risk, died), died, np.bincount(place, minlength=size)
