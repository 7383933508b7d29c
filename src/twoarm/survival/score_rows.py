"""What each row adds to the score of a Cox regression whose terms change with time."""

from typing import NamedTuple

import numpy as np

from twoarm.weights import check_weights


class ScoreRows(NamedTuple):
    """Scores of terms times functions of time, at given log hazard ratios.

    Attributes
    ----------
    rows : ndarray of float, shape (n_rows, n_functions, n_terms)
        What each row adds, its weight in it; the sum over rows is the score.
    information : ndarray of float, shape (n_functions, n_functions, n_terms, n_terms)
        Of two functions and two terms.
    """

    rows: np.ndarray
    information: np.ndarray


class _Sums(NamedTuple):
    """At each event time: its deaths by Efron, and what those who die bear of them."""

    mean: np.ndarray
    hazard: np.ndarray
    hazard_mean: np.ndarray
    spared: np.ndarray
    spared_mean: np.ndarray
    information: np.ndarray


def score_rows(
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    estimate: np.ndarray,
    functions: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    entry: np.ndarray | None = None,
) -> ScoreRows:
    """Differentiate the partial likelihood by terms times functions of time.

    Ties are Efron's. Sums run over sorted times, so that the cost is of sorting.

    Parameters
    ----------
    time, event, matrix, weight, entry
        As in `twoarm.engine.fit_cox`.
    estimate : ndarray of float, shape (n_terms,)
        Log hazard ratios, the same at all times.
    functions : ndarray of float, shape (n_event_times, n_functions)
        Their values at each distinct time of an event, in rising order.

    References
    ----------
    .. [1] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model.
       J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874

    Examples
    --------
    Treated, control and treated die at 1, 2 and 3: 1 - 2/3, 0 - 1/2 and 1 - 1.

    >>> x = np.array([[1.0], [0], [1]])
    >>> found = score_rows(np.array([1.0, 2, 3]), np.ones(3, bool), x, np.zeros(1),
    ...     np.ones((3, 1)))
    >>> round(float(found.rows.sum() * 6), 9)
    -1.0
    """
    check_weights(weight)
    mass = np.ones(len(time)) if weight is None else weight
    # A covariate counts from its mean, so that its sums keep their digits.
    matrix = matrix - matrix.mean(axis=0)
    line = matrix @ estimate
    risk = mass * np.exp(line - line.max(initial=0.0))
    steps = np.unique(time[event])
    sums = _sum_steps(steps, time, event, matrix, mass, risk, entry)
    last = np.searchsorted(steps, time, side="right")
    first = 0 if entry is None else np.searchsorted(steps, entry, side="right")
    own, found = last[event] - 1, []
    for each in functions.T:
        total = _running(each * sums.hazard)
        means = _running(each[:, None] * sums.hazard_mean)
        span = (total[last] - total[first])[:, None]
        rows = -risk[:, None] * (matrix * span - means[last] + means[first])
        dead = mass[event, None] * (matrix[event] - sums.mean[own])
        dead += risk[event, None] * (
            matrix[event] * sums.spared[own, None] - sums.spared_mean[own]
        )
        rows[event] += each[own, None] * dead
        found.append(rows)
    information = np.einsum("sf,sg,sij->fgij", functions, functions, sums.information)
    return ScoreRows(np.stack(found, axis=1), information)


def _sum_steps(
    steps: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    matrix: np.ndarray,
    mass: np.ndarray,
    risk: np.ndarray,
    entry: np.ndarray | None,
) -> _Sums:
    """Sum over who is at risk at each event time, a draw for each of its deaths."""
    n, terms = matrix.shape
    square = (matrix[:, :, None] * matrix[:, None, :]).reshape(n, -1)
    parts = risk[:, None] * np.column_stack([np.ones(n), matrix, square])
    left = sum_later(steps, time, parts)
    if entry is not None:
        left = left - sum_later(steps, entry, parts)
    place = np.searchsorted(steps, time[event])
    died = sum_at(place, parts[event], len(steps))
    counts = np.bincount(place, minlength=len(steps))
    draw = np.repeat(np.arange(len(steps)), counts)
    gone = (np.arange(len(draw)) - (np.cumsum(counts) - counts)[draw]) / counts[draw]
    rest = left[draw] - gone[:, None] * died[draw]
    share = np.bincount(place, mass[event], len(steps))[draw] / counts[draw]
    mean = rest[:, 1 : 1 + terms] / rest[:, :1]
    spread = (rest[:, 1 + terms :] / rest[:, :1]).reshape(-1, terms, terms)
    spread = spread - mean[:, :, None] * mean[:, None, :]
    hazard = share / rest[:, 0]

    def add(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(draw), -1)
        return sum_at(draw, flat, len(steps)).reshape(len(steps), *values.shape[1:])

    return _Sums(
        add(mean) / counts[:, None],
        add(hazard),
        add(hazard[:, None] * mean),
        add(hazard * gone),
        add((hazard * gone)[:, None] * mean),
        add(share[:, None, None] * spread),
    )


def sum_at(place: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum rows of values by their place, shape (size, n_columns)."""
    return np.column_stack([np.bincount(place, each, size) for each in values.T])


def sum_later(steps: np.ndarray, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum the values of the rows whose time is not before each step."""
    first = np.searchsorted(steps, at, side="right")
    sums = sum_at(first, values, len(steps) + 1)
    return np.asarray(np.cumsum(sums[::-1], axis=0)[:-1][::-1])


def _running(values: np.ndarray) -> np.ndarray:
    start = np.zeros((1, *values.shape[1:]))
    return np.concatenate([start, np.cumsum(values, axis=0)])
