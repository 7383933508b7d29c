"""The chance of treatment within a grace period: when it comes, and whether at all.

Each model gives every patient, as if still untreated, the chance to be untreated after
each step of the grace period for as long as treatment is possible. That it is predicted
beyond a patient's own treatment matters: only so do the treated get the weight of all
who might have been. After the grace period nothing is predicted.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.engine import fit_cox
from twoarm.errors import InputError
from twoarm.propensity.cloning import Clones
from twoarm.propensity.cloning_pooled import fit_logistic, fit_pooled

Model = Literal["two_part", "pooled", "cox"]
MOST_CELLS = 100_000_000
"""Patients times steps that are laid out, at most: 0.8 GB."""


class Steps(NamedTuple):
    """When treatment may come within the grace period, in days.

    A step is an interval, over which treatments are spread evenly, or, if its start is
    its end, a day.
    """

    starts: np.ndarray
    ends: np.ndarray


class Risk(NamedTuple):
    """Who could be treated at each step, shape (n_patients, n_steps).

    `exposure` is the share of the step in which a patient could be: untreated before
    it and not barred. `came`: the number of the step of the treatment, or of steps if
    none came. `n_treated`: treatments a step, shape (n_steps,).
    """

    exposure: np.ndarray
    came: np.ndarray
    n_treated: np.ndarray


class Chances(NamedTuple):
    """What a model says of each patient.

    `by_grace`, shape (n_patients,): to be treated within the grace period if possible
    to its end. `untreated`, shape (n_patients, n_steps + 1): not to be by the end of
    each step if possible until then; first, before any, 1.
    """

    by_grace: np.ndarray
    untreated: np.ndarray


def steps_of(clones: Clones, interval_days: float | None) -> Steps:
    """Divide the grace period into intervals, the last perhaps shorter.

    Without a length the steps are the days on which somebody is treated. Treatment at
    time zero is a step of its own.
    """
    grace = clones.grace_days
    wait = clones.treatment_days[clones.treatment_days <= grace]
    if interval_days is None:
        days = np.unique(wait)
        if len(days) * len(clones.treatment_days) > MOST_CELLS:
            raise InputError(
                f"{len(clones.treatment_days)} patients on {len(days)} days of "
                "treatment are too many to lay out; set interval_days"
            )
        return Steps(days, days)
    if not interval_days > 0:
        raise InputError(f"interval_days is {interval_days:g}, and must be above 0")
    inner = interval_days * np.arange(1, int(np.ceil(grace / interval_days)))
    ends = np.append(inner[inner < grace], grace)
    starts = np.append(0.0, ends[:-1])
    if (wait == 0).any():
        starts, ends = np.append(0.0, starts), np.append(0.0, ends)
    return Steps(starts, ends)


def risk_of(clones: Clones, steps: Steps) -> Risk:
    """Tell who could be treated at each step.

    Who is barred within an interval counts for the part before, as in a life table.
    """
    count = len(steps.ends)
    came = np.searchsorted(steps.ends, clones.treatment_days, side="left")
    number = np.arange(count)
    exposure = share_before(clones.barred_days, steps)
    exposure = np.where(number == came[:, None], 1.0, exposure)
    exposure[number > came[:, None]] = 0.0
    return Risk(exposure, came, np.bincount(came, minlength=count + 1)[:count])


def share_before(days: np.ndarray, steps: Steps) -> np.ndarray:
    """Return the share of each step that lies before, or on, each of some days."""
    width = steps.ends - steps.starts
    whole = days[:, None] >= steps.ends
    part = (days[:, None] - steps.starts) / np.where(width > 0, width, np.inf)
    return np.asarray(np.where(whole, 1.0, np.clip(part, 0.0, 1.0)))


def fit_treatment(
    clones: Clones,
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    steps: Steps,
    risk: Risk,
    model: Model,
    penalty: float,
) -> Chances:
    """Model the treatment within the grace period by covariates at time zero.

    Whether it comes by the end of the grace period is a logistic regression among those
    who could be treated until then. How the chance to be untreated falls on the way is
    a matter of the model. `two_part`: who is treated at all is treated by then, and
    when is alike for all. `pooled`: logistic regression of each step by a polynomial of
    time, the covariates, and their products with time. `cox`: proportional hazards,
    Efron ties and Breslow's baseline.

    Where some would never be treated whatever the time, hazards of treatment are not
    proportional, as those who are left are ever more those who never will be: the first
    model says so, the second bends to it by its products, the third does not. In
    simulated patients on whom surgery has no effect the mean hazard ratios of death and
    of progression or death were 0.99 and 1.01, 0.92 and 1.04, and 0.81 and 0.89.

    Parameters
    ----------
    clones
        The patients.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates at time zero without an intercept.
    names
        What each column is, for messages.
    steps, risk
        From `steps_of` and `risk_of`.
    model
        Which.
    penalty
        As in `estimate_ridge`, of the logistic regressions; 0 for none.

    Raises
    ------
    InputError
        As the models do.

    References
    ----------
    .. [1] Cain LE, et al. When to start treatment? A systematic approach to the
       comparison of dynamic regimes using observational data. Int J Biostat
       2010;6:18. doi:10.2202/1557-4679.1212
    .. [2] Farewell VT. The use of mixture models for the analysis of survival data with
       long-term survivors. Biometrics 1982;38:1041-1046. doi:10.2307/2529885
    """
    try:
        ever = fit_ever(clones, matrix, names, penalty)
        if model == "two_part":
            untreated = 1 - ever[:, None] * share_treated(ever, risk)
        elif model == "pooled":
            untreated = _predict_pooled(matrix, names, steps, risk, penalty)
        else:
            untreated = _fit_hazard(clones, matrix, names, risk)
    except InputError as fault:
        raise InputError(
            f"treatment within the grace period: {fault}; of clones, penalty makes the "
            "regression one by ridge"
        ) from None
    return Chances(ever, np.column_stack([np.ones(len(ever)), untreated]))


def fit_ever(
    clones: Clones, matrix: np.ndarray, names: Sequence[str], penalty: float
) -> np.ndarray:
    """Return each patient's chance to be treated within the grace period."""
    able = clones.barred_days > clones.grace_days
    within = clones.treatment_days[able] <= clones.grace_days
    return fit_logistic(within, matrix[able], names, penalty)(matrix)


def share_treated(ever: np.ndarray, risk: Risk) -> np.ndarray:
    """Return the share of all treatments that have come by the end of each step.

    With p the chance that it comes and F the share, the hazard of a step is
    p f / (1 - p F), so f is what makes the hazards of all who could be treated in it
    sum to the treatments. Who is barred later counts until then; F need not end at 1 to
    the digit.
    """
    share, shares = 0.0, []
    for exposed, number in zip(risk.exposure.T, risk.n_treated.tolist(), strict=True):
        if number:
            expected = float((exposed * ever / (1 - ever * share)).sum())
            share = min(1.0, share + number / expected)
        shares.append(share)
    return np.array(shares)


def _predict_pooled(
    matrix: np.ndarray,
    names: Sequence[str],
    steps: Steps,
    risk: Risk,
    penalty: float,
) -> np.ndarray:
    """Fit the hazard of each step; of one in which nobody is treated it is 0."""
    patient, step = np.nonzero((risk.exposure > 0) & (risk.n_treated > 0))
    predict = fit_pooled(
        matrix[patient],
        step,
        risk.came[patient] == step,
        names,
        middle=(steps.starts + steps.ends) / 2,
        penalty=penalty,
    )
    hazard = np.zeros(risk.exposure.shape)
    for number in np.flatnonzero(risk.n_treated).tolist():
        hazard[:, number] = predict(matrix, np.full(len(matrix), number))
    return np.cumprod(1 - hazard, axis=1)


def _fit_hazard(
    clones: Clones, matrix: np.ndarray, names: Sequence[str], risk: Risk
) -> np.ndarray:
    """Fit proportional hazards of the time to treatment."""
    until = np.minimum(clones.barred_days, clones.grace_days)
    came = clones.treatment_days <= clones.grace_days
    # Treatment at time zero: such a patient waits a moment.
    time = np.maximum(np.where(came, clones.treatment_days, until), SAME_DAY)
    ratio = fit_ratios(time, came, matrix, names)
    baseline = divide_treated(risk, (ratio[:, None] * risk.exposure).sum(axis=0))
    return np.asarray(np.exp(-ratio[:, None] * np.cumsum(baseline)))


def fit_ratios(
    time: np.ndarray,
    came: np.ndarray,
    matrix: np.ndarray,
    names: Sequence[str],
    entry: np.ndarray | None = None,
) -> np.ndarray:
    """Fit proportional hazards of treatment; return each row's ratio to the mean row.

    Parameters
    ----------
    time, entry
        Days at risk of treatment, as in `twoarm.engine.fit_cox`.
    came : ndarray of bool, shape (n_rows,)
        True for a treatment at `time`.
    matrix, names
        Terms, shape (n_rows, n_terms), and what messages call them.

    Raises
    ------
    InputError
        Names the terms whose ratio has no estimate.
    """
    spread = matrix.std(axis=0)
    scaled = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    fit = fit_cox(time, came, scaled, entry=entry)
    lost = np.flatnonzero(np.isnan(fit.estimate)).tolist()
    if lost:
        labels = names or [f"column {k + 1}" for k in range(matrix.shape[1])]
        raise InputError(
            "the hazard of treatment has no estimate for "
            f"{', '.join(labels[place] for place in lost)}: nobody treated has it, or "
            "everybody; take it out of the design's covariates"
        )
    # No linear algebra of many threads, whose sums depend on their number.
    return np.asarray(np.exp(np.einsum("ij,j->i", scaled, fit.estimate)))


def divide_treated(risk: Risk, expected: np.ndarray) -> np.ndarray:
    """Divide the treatments of each step by what is expected of it: Breslow's steps."""
    none = np.zeros(len(expected))
    treated = risk.n_treated
    return np.asarray(np.divide(treated, expected, out=none, where=treated > 0))
