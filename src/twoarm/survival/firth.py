"""The likelihood of the hazard ratio of two arms: profile limits, Firth's penalty."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, expit, gammaincinv

from twoarm.survival.ranks import tally_arms
from twoarm.survival.stack import Stack

FARTHEST = 60.0
"""Log hazard ratio beyond which none is looked for."""
EXACT = 1e-12
"""Width of the bracket of a root."""


class Draws(NamedTuple):
    """Each death as a draw from those at risk; ties by Efron.

    Attributes
    ----------
    offset : ndarray of float, shape (n_draws,)
        Log odds that it is of the treated, were the hazards equal.
    treated : ndarray of float, shape (n_draws,)
        Share of the treated among the deaths of that time.
    time : ndarray of float, shape (n_draws,)
        When.
    """

    offset: np.ndarray
    treated: np.ndarray
    time: np.ndarray


class Profile(NamedTuple):
    """A log hazard ratio with likelihood limits; NaN where there are none."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    p_value: float


NONE = Profile(*[np.nan] * 5)


def draws_of(both: Stack, strata: np.ndarray | None = None) -> Draws:
    """List the draws of two arms without weights; those of certain outcome are left.

    Parameters
    ----------
    both
        The arms, stacked; at risk at t is a row with `entry < t <= time`.
    strata : ndarray of int, shape (n_rows,), optional
        Stratum of each row.
    """
    stratum = np.zeros(len(both.time), int) if strata is None else strata
    found = []
    for each in np.unique(stratum):
        tally = tally_arms(both, np.flatnonzero(stratum == each))
        either = (tally.treated > 0) & (tally.treated < tally.n_risk)
        deaths = tally.died[either].astype(int)
        place = np.repeat(np.arange(len(deaths)), deaths)
        first = np.cumsum(deaths) - deaths
        gone = (np.arange(len(place)) - first[place]) / deaths[place]
        died = tally.died_treated[either][place]
        left = tally.treated[either][place] - gone * died
        rest = (tally.n_risk - tally.treated)[either][place]
        rest = rest - gone * (deaths[place] - died)
        share = died / deaths[place]
        found.append((np.log(left / rest), share, tally.times[either][place]))
    return Draws(*(np.concatenate(part) for part in zip(*found, strict=True)))


def fit_profile(draws: Draws, *, confidence: float, firth: bool = False) -> Profile:
    """Maximise the partial likelihood, with profile limits and ratio test.

    Firth's penalty adds half the logarithm of the information. It takes the bias of few
    events away, and the maximum is finite also where an arm has none.

    Parameters
    ----------
    draws
        From `draws_of`.
    confidence
        Level of the two-sided limits.
    firth
        True: with the penalty.

    Returns
    -------
    Profile
        NaN without a finite maximum, or where no death might have been of either arm.

    References
    ----------
    .. [1] Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox
       regression. Biometrics 2001;57:114-119. doi:10.1111/j.0006-341X.2001.00114.x

    Examples
    --------
    Of two who are at risk the treated dies: the penalty leaves a ratio of 3.

    >>> one = Draws(np.zeros(1), np.ones(1), np.ones(1))
    >>> round(float(np.exp(fit_profile(one, confidence=0.95, firth=True).estimate)), 6)
    3.0
    """
    total = float(draws.treated.sum())
    # Shares sum with rounding; a death of the other arm counts for more than that.
    apart = EXACT * max(len(draws.offset), 1)
    if not len(draws.offset):
        return NONE
    if not firth and not apart < total < len(draws.offset) - apart:
        return NONE

    def slope(beta: float) -> float:
        chance, rest = expit(beta + draws.offset), expit(-beta - draws.offset)
        spread = chance * rest
        pull = spread @ (rest - chance) / spread.sum() / 2 if firth else 0.0
        return float(total - chance.sum() + pull)

    def height(beta: float) -> float:
        level = total * beta - np.logaddexp(0.0, beta + draws.offset).sum()
        information = expit(beta + draws.offset) @ expit(-beta - draws.offset)
        return float(level + np.log(information) / 2 if firth else level)

    middle = float(brentq(slope, -FARTHEST, FARTHEST, xtol=EXACT))
    chance = expit(middle + draws.offset)
    error = float((chance @ (1 - chance)) ** -0.5)
    floor = height(middle) - float(gammaincinv(0.5, confidence))
    low, high = (_cross(height, floor, middle, side * error) for side in (-1, 1))
    gain = max(2 * (height(middle) - height(0.0)), 0.0)
    return Profile(middle, error, low, high, float(chdtrc(1, gain)))


def _cross(
    height: Callable[[float], float], floor: float, middle: float, step: float
) -> float:
    """Find where a likelihood falls to the floor; NaN if not within all reason."""
    far = middle + step
    while height(far) > floor:
        step *= 2
        far += step
        if abs(far) > FARTHEST:
            return np.nan
    near = middle
    return float(
        brentq(
            lambda beta: height(beta) - floor,
            min(near, far),
            max(near, far),
            xtol=EXACT,
        )
    )
