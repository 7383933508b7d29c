"""The bootstrap: estimates again from patients drawn again, with all their steps.

It knows no stage: a statistic is a function of the rows drawn. Where that fits the
score, weights or matches and compares the arms each time, the spread of the replicates
holds what all these steps add, which a variance that takes the weights for known does
not [1]_. Matching is done again within each resample, where the copies of a patient
are units of their own [2]_. The bootstrap does not hold for nearest-neighbour matching
with replacement [3]_: never offer it there.

References
----------
.. [1] Austin PC. Variance estimation when using inverse probability of treatment
   weighting (IPTW) with survival analysis. Stat Med 2016;35:5642-5655.
   doi:10.1002/sim.7084
.. [2] Austin PC, Small DS. The use of bootstrapping when using propensity-score
   matching without replacement: a simulation study. Stat Med 2014;33:4306-4319.
   doi:10.1002/sim.6276
.. [3] Abadie A, Imbens GW. On the failure of the bootstrap for matching estimators.
   Econometrica 2008;76:1537-1557. doi:10.3982/ECTA6474
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from twoarm.errors import InputError

MOST_FAILED = 0.05
"""Share of replicates without an estimate above which the limits are called in doubt.

ASSUME: replicates without an estimate are left out, so the rest may be too alike.
"""

Statistic = Callable[[np.ndarray], np.ndarray]
"""From the rows drawn, rising and with repetition, to estimates (n_statistics,)."""
Replicate = np.ndarray | str
"""Estimates of a resample, or why it has none."""


class Spread(NamedTuple):
    """What replicates say about each estimate, arrays of shape (n_statistics,).

    NaN with fewer than two replicates that have an estimate. `doubt` is empty, or says
    that too many have none.
    """

    std_error: np.ndarray
    percentile_low: np.ndarray
    percentile_high: np.ndarray
    normal_low: np.ndarray
    normal_high: np.ndarray
    n_failed: np.ndarray
    n_replicates: int
    doubt: tuple[str, ...]


def draw_counts(
    n: int, replicate: int, seed: int, strata: np.ndarray | None = None
) -> np.ndarray:
    """Draw how often each of n units is in a resample of n, with replacement.

    The generator is seeded by the seed and the replicate's number, so a replicate is
    the same whichever batch or core draws it.

    Parameters
    ----------
    n
        Number of units.
    replicate
        Number of the replicate, from 0.
    seed
        Seed of the study, not negative.
    strata : ndarray of int, shape (n,), optional
        Number of each unit's stratum; as many are drawn from each as it has.

    Returns
    -------
    ndarray of int, shape (n,)
        Summing to n.

    Examples
    --------
    >>> draw_counts(3, 0, 1).sum()
    np.int64(3)
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, replicate]))
    if strata is None:
        return np.bincount(generator.integers(0, n, n), minlength=n)
    order = np.argsort(strata, kind="stable")
    _, first, size = np.unique(strata[order], return_index=True, return_counts=True)
    start, width = np.repeat(first, size), np.repeat(size, size)
    return np.bincount(order[start + generator.integers(0, width)], minlength=n)


def draw_rows(
    n_patients: int,
    replicate: int,
    seed: int,
    *,
    clusters: np.ndarray | None = None,
    strata: np.ndarray | None = None,
) -> np.ndarray:
    """Draw the rows of a resample, rising, each as often as it is in it.

    Parameters
    ----------
    n_patients, replicate, seed
        As in `draw_counts`.
    clusters : ndarray, shape (n_patients,), optional
        Who is drawn together: whole clusters are drawn, as many as there are, so the
        number of rows may vary.
    strata : ndarray, shape (n_patients,), optional
        Within what to draw, such as the arm; the same for all of a cluster.
    """
    if clusters is None:
        counts = draw_counts(n_patients, replicate, seed, strata)
    else:
        _, first, member = np.unique(clusters, return_index=True, return_inverse=True)
        of_cluster = None if strata is None else strata[first]
        counts = draw_counts(len(first), replicate, seed, of_cluster)[member]
    return np.repeat(np.arange(n_patients), counts)


def bootstrap(
    statistic: Statistic,
    n_patients: int,
    *,
    replicates: int,
    seed: int,
    first: int = 0,
    processes: int = 1,
) -> np.ndarray:
    """Compute a statistic on resamples of the patients.

    Parameters
    ----------
    statistic
        Function of the rows drawn. With more than one process, numpy alone: these are
        forked, which libraries with threads of their own do not bear.
    n_patients
        Number of patients.
    replicates
        Number of resamples.
    seed
        As in `draw_rows`.
    first
        Number of the first replicate.
    processes
        Processes that share the work; the numbers do not depend on it. They pay from
        some seconds of work on. Where the system cannot fork there is one.

    Returns
    -------
    ndarray of float, shape (replicates, n_statistics)
        A replicate whose statistic raises InputError, as where a resample separates the
        arms or lacks one, is a row of NaN; if every one does, `join_replicates` raises.
    """
    numbers = range(first, first + replicates)
    return join_replicates(
        draw_replicates(statistic, n_patients, numbers, seed, processes=processes)
    )


def draw_replicates(
    statistic: Statistic,
    n_patients: int,
    numbers: range,
    seed: int,
    *,
    processes: int = 1,
) -> list[Replicate]:
    """Compute a statistic on the resamples of some numbers, from 0.

    The rest is as in `bootstrap`. Batches, joined by `join_replicates`, are one run.
    """
    draw = partial(draw_rows, n_patients, seed=seed)
    workers = min(processes, len(numbers))
    # Linear algebra in threads of its own fights for the cores that the processes
    # share, at two to four times the price, and sums in an order that depends on them.
    with threadpool_limits(1, user_api="blas"):
        if workers > 1 and "fork" in get_all_start_methods():
            return _share(statistic, draw, numbers, workers)
        return [_replicate(statistic, draw, number) for number in numbers]


def join_replicates(found: Sequence[Replicate]) -> np.ndarray:
    """Lay replicates one below the other, those that failed as rows of NaN.

    Raises
    ------
    InputError
        If every replicate failed, with the message of the first.
    """
    widths = {len(each) for each in found if not isinstance(each, str)}
    if not widths:
        raise InputError(
            f"the bootstrap has no estimate in any of {len(found)} resamples; the "
            f"first: {next(iter(found), 'none asked for')}"
        )
    lost = np.full(widths.pop(), np.nan)
    return np.array([lost if isinstance(each, str) else each for each in found])


def summarise_replicates(
    estimate: np.ndarray, replicates: np.ndarray, *, confidence: float
) -> Spread:
    """Summarise replicates as standard errors and limits.

    The standard error is with n - 1. Percentile limits are the replicate at place
    (n + 1) p in rising order, between two by interpolation, as R's `quantile` type 6.
    Normal limits are about the estimate itself, without a correction for bias. Those
    without an estimate (NaN) are counted and left out.

    Parameters
    ----------
    estimate : ndarray of float, shape (n_statistics,)
        Estimates of the patients themselves.
    replicates : ndarray of float, shape (n_replicates, n_statistics)
        From `bootstrap`, on the scale on which limits are wanted.
    confidence
        Level of the two-sided limits.

    References
    ----------
    .. [1] Davison AC, Hinkley DV. Bootstrap methods and their application. Cambridge
       University Press 1997. doi:10.1017/CBO9780511802843
    """
    z = float(ndtri((1 + confidence) / 2))
    failed = np.isnan(replicates).sum(axis=0)
    columns = [column[~np.isnan(column)] for column in replicates.T]
    error = np.array([x.std(ddof=1) if len(x) > 1 else np.nan for x in columns])
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    limits = np.array([_quantiles(x, levels) for x in columns]).reshape(-1, 2)
    total = len(replicates)
    return Spread(
        error,
        limits[:, 0],
        limits[:, 1],
        estimate - z * error,
        estimate + z * error,
        failed,
        total,
        tuple(
            f"{lost} of {total} resamples have no estimate; the limits are the others'"
            if lost > MOST_FAILED * total
            else ""
            for lost in failed.tolist()
        ),
    )


def _quantiles(values: np.ndarray, levels: list[float]) -> np.ndarray:
    if len(values) < 2:
        return np.full(len(levels), np.nan)
    return np.asarray(np.quantile(values, levels, method="weibull"))


def _replicate(
    statistic: Statistic, draw: Callable[[int], np.ndarray], number: int
) -> Replicate:
    """Return the estimates of a replicate, or why it has none."""
    try:
        return np.atleast_1d(np.asarray(statistic(draw(number)), float))
    except InputError as error:
        return str(error)


_task: list[Callable[[int], Replicate]] = []
"""What a forked process computes: handed over by the fork, so that it may be any
function, not only one that can be pickled."""


def _share(
    statistic: Statistic,
    draw: Callable[[int], np.ndarray],
    numbers: range,
    processes: int,
) -> list[Replicate]:
    """Compute replicates in forked processes, in the order of their numbers."""
    at_once = max(1, min(10, len(numbers) // (4 * processes)))
    _task.append(partial(_replicate, statistic, draw))
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            return list(pool.map(_perform, numbers, chunksize=at_once))
    finally:
        _task.pop()


def _perform(number: int) -> Replicate:
    return _task[-1](number)
