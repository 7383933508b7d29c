"""Patients copied into both arms, each copy followed until it leaves its strategy.

Whether a patient waits for the treatment or goes without is not known at time zero. So
each is copied, a clone an arm, and a clone is censored when the patient's own course
departs from the arm's strategy: treated within a grace period, or not within it. Nobody
is put in an arm by what comes later; that the censoring is informative is left to the
weights (`twoarm.propensity.cloning_weights`).
"""

from typing import NamedTuple

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.errors import InputError
from twoarm.propensity.weights import Arms


class Followed(NamedTuple):
    """The clones of one arm, one a patient, in the patients' order.

    `exit_days` is 0 for a clone that is never followed: of who is treated at time zero
    none waits. `event`: it happened at the exit. `censored`: the clone left its
    strategy at the exit.
    """

    exit_days: np.ndarray
    event: np.ndarray
    censored: np.ndarray


class Clones(NamedTuple):
    """Patients at time zero, a clone in each arm, for one endpoint.

    `treatment_days` is infinite where there was none while it was possible;
    `n_barred_treated` counts the treatments within the grace period so left out, of all
    patients that were cloned.
    """

    treatment_days: np.ndarray
    barred_days: np.ndarray
    grace_days: float
    arms: Arms[Followed]
    n_barred_treated: int

    def take(self, rows: np.ndarray) -> "Clones":
        """Take patients with all their clones, as often as they are named."""
        arms = (Followed(*(part[rows] for part in arm)) for arm in self.arms)
        return self._replace(
            treatment_days=self.treatment_days[rows],
            barred_days=self.barred_days[rows],
            arms=Arms(*arms),
        )


def clone_patients(
    treatment_days: np.ndarray,
    barred_days: np.ndarray,
    end_days: np.ndarray,
    event: np.ndarray,
    *,
    grace_days: float,
) -> Clones:
    """Put a clone of each patient in each arm, and follow it while it conforms.

    Strategies: treated within the grace period G, or not within it. The control clone
    of who is treated by G leaves at the treatment. Treatment after G is no departure:
    its clone stays. The treated clone of who is untreated at G, and could still be
    treated, leaves at G. Who was barred by then, by progression, say, has not departed
    from either strategy, and both clones stay.

    Days are whole. On a day treatment comes first, then events, then the end of the
    grace period: a control clone leaves half a day before the day of treatment, as
    `twoarm.clocks.spans_of` has it, so that an event of that day, its own or another's,
    finds it gone; an event on day G counts in both arms. Treatment on the day on which
    it becomes impossible still counts; after it it changes nothing.

    Parameters
    ----------
    treatment_days : ndarray of float, shape (n_patients,)
        Days from time zero to treatment, infinite or NaN if never.
    barred_days : ndarray of float, shape (n_patients,)
        Days to when treatment is no longer possible: progression, death or the end of
        follow-up, whichever is first.
    end_days : ndarray of float, shape (n_patients,)
        Days to the endpoint's event or the end of follow-up.
    event : ndarray of bool, shape (n_patients,)
        True for an event at `end_days`.
    grace_days
        G.

    Raises
    ------
    InputError
        With all faults and their counts: times that are missing or impossible; no
        patient beyond G; nobody treated within it, or everybody.

    References
    ----------
    .. [1] Hernan MA. How to estimate the effect of treatment duration on survival
       outcomes using observational data. BMJ 2018;360:k182. doi:10.1136/bmj.k182
    .. [2] Maringe C, et al. Reflection on modern methods: trial emulation in the
       presence of immortal-time bias. Int J Epidemiol 2020;49:1719-1729.
       doi:10.1093/ije/dyaa057
    .. [3] Cain LE, et al. When to start treatment? A systematic approach to the
       comparison of dynamic regimes using observational data. Int J Biostat
       2010;6:18. doi:10.2202/1557-4679.1212

    Examples
    --------
    Treated on day 10, barred on day 20, and neither within 30 days.

    >>> wait, barred = np.array([10.0, np.inf, np.inf]), np.array([90.0, 20, 80])
    >>> ends, event = np.array([90.0, 50, 80]), np.array([True, True, False])
    >>> clones = clone_patients(wait, barred, ends, event, grace_days=30)
    >>> clones.arms.treated.exit_days, clones.arms.control.exit_days
    (array([90., 50., 30.]), array([ 9.5, 50. , 80. ]))
    """
    wait = np.where(np.isnan(treatment_days), np.inf, treatment_days)
    _check_days(wait, barred_days, end_days, grace_days)
    possible = wait <= barred_days
    lost = np.isfinite(wait) & ~possible & (wait <= grace_days)
    wait = np.where(possible, wait, np.inf)
    _check_treated(wait, barred_days, grace_days)
    within = wait <= grace_days
    departs = ~within & (barred_days > grace_days)
    treated = Followed(
        np.where(departs, grace_days, end_days),
        event & ~departs,
        departs,
    )
    leaves = np.maximum(wait - SAME_DAY, 0.0)
    control = Followed(np.where(within, leaves, end_days), event & ~within, within)
    return Clones(
        wait, barred_days, float(grace_days), Arms(treated, control), int(lost.sum())
    )


def _check_days(
    wait: np.ndarray, barred: np.ndarray, ends: np.ndarray, grace: float
) -> None:
    """Check the times of each patient, and tell all that is wrong with them."""
    known = np.isfinite(barred) & np.isfinite(ends)
    checks = {
        "treated before time zero": wait < 0,
        "without an end of follow-up, or a day from which treatment is not possible": (
            ~known
        ),
        "followed for 0 days or less": known & (ends <= 0),
        "barred from treatment before time zero": known & (barred < 0),
        "barred from treatment only after the end of follow-up": known
        & (barred > ends),
    }
    faults = [
        f"{int(rows.sum())} of {len(rows)} patients are {what}"
        for what, rows in checks.items()
        if rows.any()
    ]
    if not grace > 0:
        faults.append(f"grace_days is {grace:g}, and must be above 0")
    if faults:
        raise InputError(
            f"patients cannot be cloned: {'; '.join(faults)}; mend the dates, or leave "
            "these patients out by cohort.eligibility"
        )


def _check_treated(wait: np.ndarray, barred: np.ndarray, grace: float) -> None:
    """Check that some are treated within the grace period, and some not."""
    able = barred > grace
    n, n_able, n_treated = len(wait), int(able.sum()), int((wait <= grace).sum())
    within = int((wait[able] <= grace).sum())
    if not n_able:
        raise InputError(
            f"nobody of {n} patients could still be treated after {grace:g} days, the "
            "grace period is longer than that; shorten grace_days"
        )
    if not within:
        raise InputError(
            f"of {n} patients {n_treated} are treated within {grace:g} days, and "
            f"nobody of the {n_able} who could still be treated after them; lengthen "
            "grace_days, or check the dates of treatment"
        )
    if within == n_able:
        raise InputError(
            f"all {n_able} patients who could still be treated after {grace:g} days "
            "had been: there is no choice to model; shorten grace_days"
        )
