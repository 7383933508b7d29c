"""Rank tests of two arms: log-rank, its weights in time, strata, weights and sets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from twoarm.fits import NO_TEST, ChiSquared
from twoarm.survival.stack import Stack
from twoarm.ties import find_ties, sum_after
from twoarm.weights import check_weights

Powers = tuple[float, float]
"""Rho and gamma: a difference at t weighs S(t-)^rho (1 - S(t-))^gamma."""
EVEN: Powers = (0.0, 0.0)
COMBINED: tuple[Powers, ...] = (EVEN, (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
"""The four tests that MaxCombo takes the greatest of."""
FLAT = 1e-8
"""A direction of the tests with a smaller share of their variance is none."""
STEPS = 120
"""Directions to a half turn; p of MaxCombo is then right to four digits or more."""


class Scores(NamedTuple):
    """Observed less expected events of the treated, a figure a pair of powers.

    Attributes
    ----------
    total : ndarray of float, shape (n_powers,)
    variance : ndarray of float, shape (n_powers, n_powers)
    """

    total: np.ndarray
    variance: np.ndarray


def sum_scores(
    both: Stack, powers: Sequence[Powers], strata: np.ndarray | None = None
) -> Scores:
    """Sum observed less expected events of the treated over event times and strata.

    At risk at t is a row with `entry < t <= time`; S is the Kaplan-Meier curve of both
    arms of a stratum together, just before t. Without weights and sets the variance is
    the hypergeometric one. With them it is the sum of squares of what each set, or
    patient, adds to the total under the null hypothesis, which takes neither weights
    for copies nor the two of a pair for strangers.

    Parameters
    ----------
    both
        The arms, stacked.
    powers
        Rho and gamma of each test.
    strata : ndarray of int, shape (n_rows,), optional
        Stratum of each row; arms are compared within strata alone.

    References
    ----------
    .. [1] Harrington DP, Fleming TR. A class of rank test procedures for censored
       survival data. Biometrika 1982;69:553-566. doi:10.1093/biomet/69.3.553
    .. [2] Xie J, Liu C. Adjusted Kaplan-Meier estimator and log-rank test with inverse
       probability of treatment weighting for survival data. Stat Med
       2005;24:3089-3110. doi:10.1002/sim.2174
    .. [3] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model.
       J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874
    .. [4] Jung SH. Rank tests for matched survival data. Lifetime Data Anal
       1999;5:67-79. doi:10.1023/A:1009635201363

    Examples
    --------
    Treated, control and treated die at 1, 2 and 3: 1 + 0 + 1 are observed, and
    2/3 + 1/2 + 1 expected.

    >>> three = Stack(np.array([1.0, 2, 3]), np.ones(3, bool), np.array([1.0, 0, 1]),
    ...     None, None, None)
    >>> round(float(sum_scores(three, [EVEN]).total[0] * 6), 9)
    -1.0
    """
    check_weights(both.weight)
    stratum = np.zeros(len(both.time), int) if strata is None else strata
    robust = both.weight is not None or both.cluster is not None
    total, size = np.zeros(len(powers)), len(powers)
    variance, parts = np.zeros((size, size)), np.zeros((len(both.time), size))
    for each in np.unique(stratum):
        rows = np.flatnonzero(stratum == each)
        tally = tally_arms(both, rows)
        if not tally.times.size:
            continue
        by_power = _weigh(tally, powers)
        share = tally.treated / tally.n_risk
        gap = tally.died_treated - tally.died * share
        total += by_power @ gap
        if robust:
            parts[rows] = _influences(both, rows, tally, by_power)
        else:
            n, d = tally.n_risk, tally.died
            spare = np.divide(n - d, n - 1, out=np.zeros(len(n)), where=n > 1)
            spread = d * share * (1 - share) * spare
            variance += (by_power * spread) @ by_power.T
    if robust:
        variance = _sum_squares(parts, both.cluster)
    return Scores(total, variance)


def compare_ranks(
    both: Stack, power: Powers = EVEN, strata: np.ndarray | None = None
) -> ChiSquared:
    """Compare the arms by one rank test; the log-rank test by default.

    Parameters are those of `sum_scores`.
    """
    if not both.event.any():
        return NO_TEST
    scores = sum_scores(both, [power], strata)
    total, variance = float(scores.total[0]), float(scores.variance[0, 0])
    if not variance > FLAT * FLAT * max(1.0, total**2):
        return NO_TEST
    statistic = total**2 / variance
    return ChiSquared(statistic, 1.0, float(chdtrc(1, statistic)))


def compare_greatest(both: Stack, strata: np.ndarray | None = None) -> ChiSquared:
    """Compare the arms by MaxCombo: the greatest of four rank tests, p for that.

    One of the four is the sum of two others, so their joint normal law has three
    dimensions. The chance that one of them exceeds c is the mean over all directions u
    of the chance that a normal vector in that direction is long enough, which
    chi-squared gives. It needs no random numbers, and keeps its digits for a small p.

    Returns
    -------
    ChiSquared
        The statistic is the square of the greatest; no chi-squared law holds for it,
        so `degrees` is NaN.

    References
    ----------
    .. [1] Lin RS, Lin J, Roychoudhury S, et al. Alternative analysis methods for time
       to event endpoints under nonproportional hazards: a comparative analysis. Stat
       Biopharm Res 2020;12:187-198. doi:10.1080/19466315.2019.1697738
    """
    if not both.event.any():
        return NO_TEST
    total, variance = sum_scores(both, COMBINED, strata)
    spread = np.diag(variance)
    known = spread > FLAT * FLAT * np.maximum(1.0, total**2)
    if not known[0]:
        return NO_TEST
    error = np.sqrt(spread[known])
    statistic = float((np.abs(total[known]) / error).max())
    correlation = variance[np.ix_(known, known)] / np.outer(error, error)
    return ChiSquared(statistic**2, np.nan, exceed_any(statistic, correlation))


def exceed_any(bound: float, correlation: np.ndarray) -> float:
    """Return the chance that any of some normal figures is beyond `bound`, either way.

    Parameters
    ----------
    bound
        Positive.
    correlation : ndarray of float, shape (n, n)
        Correlation of the figures, of rank 3 or less.

    Examples
    --------
    >>> round(exceed_any(1.96, np.ones((2, 2))), 4)
    0.05
    """
    values, vectors = np.linalg.eigh(correlation)
    kept = values > FLAT * values.max()
    axes = vectors[:, kept] * np.sqrt(values[kept])
    directions, share = _directions(axes.shape[1])
    longest = np.abs(directions @ axes.T).max(axis=1)
    with np.errstate(divide="ignore"):
        needed = (bound / longest) ** 2
    return float(min(share @ chdtrc(axes.shape[1], needed), 1.0))


def _directions(rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Spread directions evenly over half a circle or ball, and give their shares."""
    if rank == 1:
        return np.ones((1, 1)), np.ones(1)
    count = STEPS if rank == 3 else STEPS**2
    turn = (np.arange(count) + 0.5) * np.pi / count
    flat = np.column_stack([np.cos(turn), np.sin(turn)])
    if rank == 2:
        return flat, np.full(count, 1 / count)
    if rank > 3:
        raise ValueError(f"the tests span {rank} dimensions, and 3 are provided for")
    height, share = np.polynomial.legendre.leggauss(STEPS)
    radius = np.sqrt(1 - height**2)
    ball = [np.kron(radius, flat[:, k]) for k in (0, 1)]
    points = np.column_stack([*ball, np.kron(height, np.ones(STEPS))])
    return points, np.kron(share / 2, np.full(STEPS, 1 / STEPS))


class Tally(NamedTuple):
    """Weights at each event time of a stratum; `last` counts those up to a row's."""

    times: np.ndarray
    n_risk: np.ndarray
    treated: np.ndarray
    died: np.ndarray
    died_treated: np.ndarray
    last: np.ndarray


def tally_arms(both: Stack, rows: np.ndarray) -> Tally:
    """Sum the weights at risk and dying at each event time of the rows given."""
    event, treated = both.event[rows], both.treated[rows]
    weight = np.ones(len(rows)) if both.weight is None else both.weight[rows]
    ties = find_ties(both.time[rows])
    known = np.bincount(ties.place[event], minlength=len(ties.times)) > 0
    times, last = ties.times[known], np.cumsum(known)[ties.place]
    first = _entered(both, rows, times)
    size, found = len(times), []
    for mass in (weight, weight * treated):
        left = sum_after(np.bincount(last, mass, size + 1))[1:]
        if both.entry is not None:
            left = left - sum_after(np.bincount(first, mass, size + 1))[1:]
        found.append((left, np.bincount(last[event] - 1, mass[event], size)))
    (n_risk, died), (n_treated, died_treated) = found
    return Tally(times, n_risk, n_treated, died, died_treated, last)


def _entered(both: Stack, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Count the event times up to the entry of each row."""
    if both.entry is None:
        return np.zeros(len(rows), int)
    return np.asarray(np.searchsorted(times, both.entry[rows], side="right"))


def _weigh(tally: Tally, powers: Sequence[Powers]) -> np.ndarray:
    hazard = np.minimum(tally.died / tally.n_risk, 1.0)
    before = np.cumprod(np.r_[1.0, 1 - hazard])[:-1]
    return np.array([before**rho * (1 - before) ** gamma for rho, gamma in powers])


def _influences(
    both: Stack, rows: np.ndarray, tally: Tally, by_power: np.ndarray
) -> np.ndarray:
    """Return what each row adds to each total, under the null hypothesis."""
    treated, event = both.treated[rows], both.event[rows]
    share, hazard = tally.treated / tally.n_risk, tally.died / tally.n_risk
    last, first = tally.last, _entered(both, rows, tally.times)
    weight = 1.0 if both.weight is None else both.weight[rows]
    found = []
    for power in by_power:
        plain = np.r_[0.0, np.cumsum(power * hazard)]
        shared = np.r_[0.0, np.cumsum(power * hazard * share)]
        expected = treated * (plain[last] - plain[first]) - shared[last] + shared[first]
        own = np.maximum(last - 1, 0)
        observed = np.where(event, power[own] * (treated - share[own]), 0.0)
        found.append(weight * (observed - expected))
    return np.array(found).T


def _sum_squares(parts: np.ndarray, cluster: np.ndarray | None) -> np.ndarray:
    if cluster is not None:
        _, place = np.unique(cluster, return_inverse=True)
        parts = np.array([np.bincount(place, column) for column in parts.T]).T
    return np.asarray(parts.T @ parts)
