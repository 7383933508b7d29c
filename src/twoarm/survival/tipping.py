"""What would have to be true for a hazard ratio to tip."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from twoarm.engine import fit_cox
from twoarm.survival.curves import Arm
from twoarm.survival.e_values import near_limit
from twoarm.survival.pooling import pool_estimates
from twoarm.survival.stack import stack_arms
from twoarm.ties import sum_after

Row = dict[str, Any]
PREVALENCES = ((0.2, 0.5), (0.2, 0.8), (0.5, 0.8))
"""Shares of the arms with a confounder, the smaller first."""
STRENGTHS = (1.5, 2.0, 3.0, 5.0, 10.0)
"""Hazard ratios of the confounder."""
DELTAS = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""By what the hazard of the censored is multiplied."""
DRAWS = 20
"""Completed follow-ups that are pooled."""
SEED = 20250101


class _Hazard(NamedTuple):
    """Times of events of an arm, and its cumulative hazard at each."""

    times: np.ndarray
    cumulative: np.ndarray


def tip_by_confounder(ratio: Row) -> Iterator[Row]:
    """Adjust a hazard ratio for a binary confounder of each prevalence and strength.

    The ratio is multiplied by (g p0 + 1 - p0) / (g p1 + 1 - p1), with g the hazard
    ratio of the confounder and p1, p0 its shares of the arms: Lin's rule, exact for
    rare events and near for others. The confounder harms, and is more common in the arm
    that fares worse.

    Parameters
    ----------
    ratio
        A row of the contract Effects: the hazard ratio of the arms.

    Yields
    ------
    dict
        Rows of the contract Tipping without `endpoint` and `design`. `needed_estimate`
        and `needed_limit` are the strengths at which the estimate, and the limit
        nearest to 1, come to 1; null where no strength is enough.

    References
    ----------
    .. [1] Lin DY, Psaty BM, Kronmal RA. Assessing the sensitivity of regression results
       to unmeasured confounders in observational studies. Biometrics 1998;54:948-963.
       doi:10.2307/2533848
    """
    if ratio["estimate"] is None:
        return
    numbers = ("estimate", "conf_low", "conf_high")
    for less, more in PREVALENCES:
        p1, p0 = (less, more) if ratio["estimate"] < 1 else (more, less)
        needed = [needed_strength(ratio["estimate"], p1, p0)]
        needed.append(needed_strength(near_limit(ratio) or 1.0, p1, p0))
        for strength in STRENGTHS:
            factor = (strength * p0 + 1 - p0) / (strength * p1 + 1 - p1)
            yield {
                "kind": "confounder",
                "prevalence_treated": p1,
                "prevalence_control": p0,
                "strength": strength,
                **{name: ratio[name] * factor for name in numbers},
                "needed_estimate": needed[0],
                "needed_limit": needed[1],
            }


def needed_strength(ratio: float, p1: float, p0: float) -> float | None:
    """Return the hazard ratio of a confounder that moves a ratio to 1, if any does.

    >>> round(needed_strength(0.8, 0.2, 0.5), 6), needed_strength(0.1, 0.2, 0.5)
    (2.0, None)
    """
    if ratio == 1:
        return 1.0
    above, below = 1 - p1 - ratio * (1 - p0), ratio * p0 - p1
    needed = above / below if below else np.inf
    return float(needed) if 1 <= needed < np.inf else None


def tip_by_censoring(
    arms: Mapping[str, Arm], *, favours: str, confidence: float
) -> Iterator[Row]:
    """Complete the follow-up of the censored of an arm with a hazard times delta.

    Who was censored goes on under the hazard of the arm after that day, times delta, to
    the end of the arm's follow-up: twenty completed data sets, by the same random
    numbers for each delta, pooled by Rubin's rules. Delta 1 is censoring at random.

    Parameters
    ----------
    arms
        Of a design in which each patient is one row from time zero.
    favours
        The arm that fares better; its censored are made worse.
    confidence
        Level of the two-sided limits.

    Yields
    ------
    dict
        Rows of the contract Tipping without `endpoint` and `design`; `needed_limit` is
        the least delta of the grid at which the limits hold 1.

    References
    ----------
    .. [1] Lipkovich I, Ratitch B, O'Kelly M. Sensitivity to censored-at-random
       assumption in the analysis of time-to-event endpoints. Pharm Stat
       2016;15:216-229. doi:10.1002/pst.1738
    .. [2] Jackson D et al. Relaxing the independent censoring assumption in the Cox
       proportional hazards model using multiple imputation. Stat Med
       2014;33:4681-4694. doi:10.1002/sim.6274
    """
    hazard, arm = _hazard_of(arms[favours]), arms[favours]
    chances = np.random.default_rng(SEED).exponential(size=(DRAWS, len(arm.time)))
    rows: list[Row] = []
    for delta in DELTAS:
        fits = [
            _fit({**arms, favours: _complete(arm, hazard, delta, each)})
            for each in chances
        ]
        estimates, errors = (np.array(each) for each in zip(*fits, strict=True))
        if np.isnan(estimates).any() or not (errors > 0).all():
            return
        pooled = pool_estimates(estimates, errors, confidence=confidence)
        limits = np.exp([pooled.estimate, pooled.conf_low, pooled.conf_high])
        named = dict(
            zip(("estimate", "conf_low", "conf_high"), limits.tolist(), strict=True)
        )
        rows.append({"kind": "censoring", "strength": delta, **named})
    tips = [row["strength"] for row in rows if row["conf_low"] <= 1 <= row["conf_high"]]
    yield from ({**row, "needed_limit": min(tips, default=None)} for row in rows)


def _hazard_of(arm: Arm) -> _Hazard:
    """Estimate the cumulative hazard of an arm: Nelson-Aalen, weighted."""
    weight = np.ones(len(arm.time)) if arm.weight is None else arm.weight
    times = np.unique(arm.time[arm.event])
    last = np.searchsorted(times, arm.time, side="right")
    died = np.bincount(last[arm.event] - 1, weight[arm.event], len(times))
    at_risk = sum_after(np.bincount(last, weight, len(times) + 1))[1:]
    return _Hazard(times, np.cumsum(died / at_risk))


def _complete(arm: Arm, hazard: _Hazard, delta: float, chance: np.ndarray) -> Arm:
    """Give the censored an event where the cumulative hazard passes their chance."""
    before = np.r_[0.0, hazard.cumulative]
    reached = before[np.searchsorted(hazard.times, arm.time, side="right")]
    # Rounding must not bring an event to the day of the censoring itself.
    place = np.searchsorted(hazard.cumulative, reached + chance / delta, side="right")
    place = np.maximum(place, np.searchsorted(hazard.times, arm.time, side="right"))
    happens = place < len(hazard.times)
    later = np.r_[hazard.times, arm.time.max()][np.minimum(place, len(hazard.times))]
    time = np.where(arm.event, arm.time, later)
    return arm._replace(time=time, event=arm.event | happens)


def _fit(arms: Mapping[str, Arm]) -> tuple[float, float]:
    both = stack_arms(arms)
    fit = fit_cox(both.time, both.event, both.treated[:, None], **both.how())
    return float(fit.estimate[0]), float(fit.std_error[0])
