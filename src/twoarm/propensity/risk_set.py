"""Risk-set matching on a treatment that comes after time zero."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from twoarm.propensity.kernels import take_in_order
from twoarm.propensity.nearest import DIGITS


class RiskSets(NamedTuple):
    """Matches as rows of the patients given, each with its clock in days.

    `entry_days` is the time of the match, where the clock of both starts; `exit_days`
    that of the control's own later treatment, infinite if there is none.
    """

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray
    entry_days: np.ndarray
    exit_days: np.ndarray


def match_risk_set(
    logit: np.ndarray,
    treatment_days: np.ndarray,
    follow_up_days: np.ndarray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    strata: np.ndarray | None = None,
) -> RiskSets:
    """Match each treated patient with those at risk and untreated at that time.

    The treated choose in order of their treatment, ties by row; with `ratio` above 1
    each takes all its controls at its turn. At risk at t are those followed beyond t:
    who has the event or is censored on that very day is not. Untreated are those whose
    treatment comes after t; two treated on one day do not serve each other. A control
    serves once, and may be treated, and matched as such, later. Nobody treated after
    the end of their follow-up, or on its last day, is matched. Of equally near controls
    that fewer places away in the order of the logit wins, then the lower, as in
    `match_nearest`.

    Parameters
    ----------
    logit : ndarray of float, shape (n_patients,)
        Score to match on; rounded here to 10 decimals.
    treatment_days : ndarray of float, shape (n_patients,)
        Days from time zero to treatment, infinite or NaN if never.
    follow_up_days : ndarray of float, shape (n_patients,)
        Days from time zero to the end of follow-up, positive.
    ratio
        Controls a treated patient, at most.
    caliper
        Greatest distance of a match, on the logit.
    strata : ndarray of int, shape (n_patients,), optional
        Matched only within.

    Returns
    -------
    RiskSets
        One entry a match, by the row of the treated patient, nearest first within it.

    References
    ----------
    .. [1] Li YP, Propert KJ, Rosenbaum PR. Balanced risk set matching. J Am Stat Assoc
       2001;96:870-882. doi:10.1198/016214501753208573
    .. [2] Lu B. Propensity score matching with time-dependent covariates. Biometrics
       2005;61:721-728. doi:10.1111/j.1541-0420.2005.00356.x
    """
    value = np.round(logit, DIGITS)
    wait = np.where(np.isnan(treatment_days), np.inf, treatment_days)
    heads = np.flatnonzero(wait < follow_up_days)
    turns = heads[np.argsort(wait[heads], kind="stable")]
    until = np.minimum(wait, follow_up_days)
    stratum = np.zeros(len(value), int) if strata is None else strata
    found = np.array(
        list(_take(value, stratum, until, turns, ratio, caliper)), np.int64
    )
    treated, control = found.reshape(-1, 2).T
    by_row = np.argsort(treated, kind="stable")
    treated, control = treated[by_row], control[by_row]
    distance = np.abs(value[treated] - value[control])
    return RiskSets(treated, control, distance, wait[treated], wait[control])


def _take(
    value: np.ndarray,
    stratum: np.ndarray,
    until: np.ndarray,
    turns: np.ndarray,
    ratio: int,
    caliper: float,
) -> Iterator[tuple[int, int]]:
    """Yield rows of treated and control; who is gone by then is skipped from then on.

    Nodes as the kernels have them: an edge of infinite value about each stratum.
    """
    order = np.lexsort((value, stratum))
    step = np.cumsum(np.diff(stratum[order], prepend=stratum[order][:1]) != 0)
    node = np.empty(len(value), np.int64)
    node[order] = np.arange(1, len(value) + 1) + step
    size = int(node.max(initial=0)) + 2
    values, row = np.full(size, np.inf), np.full(size, -1)
    values[node], row[node] = value, np.arange(len(value))
    line, below, above = values.tolist(), list(range(size)), list(range(size))
    reach = min(caliper, float(np.finfo(float).max))  # no edge is so near
    leaving = np.argsort(until, kind="stable").tolist()
    days, nodes, gone = until.tolist(), node.tolist(), 0
    for head in turns.tolist():
        while gone < len(leaving) and days[leaving[gone]] <= days[head]:
            place = nodes[leaving[gone]]
            below[place], above[place] = place - 1, place + 1
            gone += 1
        match = [-1] * ratio
        take_in_order(line, below, above, [nodes[head]] * ratio, reach, match)
        yield from ((head, int(row[one])) for one in match if one >= 0)
