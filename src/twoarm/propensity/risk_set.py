"""Risk-set matching on a treatment that comes after time zero."""

from typing import NamedTuple

import numpy as np

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
    the end of their follow-up is matched. Of equally near controls the lower row wins.

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
    group = np.zeros(len(value), int) if strata is None else strata
    free = np.ones(len(value), bool)
    heads = np.flatnonzero(wait < follow_up_days)
    found: list[tuple[int, int]] = []
    for head in heads[np.argsort(wait[heads], kind="stable")].tolist():
        now, apart = wait[head], np.abs(value - value[head])
        able = free & (wait > now) & (follow_up_days > now) & (group == group[head])
        rows = np.flatnonzero(able & (apart <= caliper))
        near = rows[np.argsort(apart[rows], kind="stable")[:ratio]]
        found += [(head, control) for control in near.tolist()]
        free[near] = False
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    treated, control = pairs.T
    return RiskSets(
        treated,
        control,
        np.abs(value[treated] - value[control]),
        wait[treated],
        wait[control],
    )
