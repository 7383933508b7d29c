"""Weights of clones by covariates that change over time."""

from collections.abc import Sequence

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.errors import InputError
from twoarm.propensity.cloning import Clones
from twoarm.propensity.cloning_courses import Courses, fit_courses
from twoarm.propensity.cloning_models import (
    MOST_CELLS,
    Chances,
    Model,
    Risk,
    Steps,
    share_before,
)
from twoarm.propensity.cloning_pieces import lay_out, weight_control
from twoarm.propensity.cloning_spells import Pieces
from twoarm.propensity.weights import Arms


def weight_over_time(
    clones: Clones,
    courses: Courses,
    names: Sequence[str] = (),
    *,
    risk: Risk,
    model: Model,
    penalty: float,
) -> Arms[Pieces]:
    """Weigh clones by what was known at each step of those who were still untreated.

    Let h(k) be the chance of treatment in step k of a patient who could still be
    treated, given what was known at its start, and S(k) the product of 1 - h(j) up to
    step k. The control clone weighs 1 / S, as in `weight_clones`.

    The treated clone cannot weigh 1 / P(treated by G): what would have become known of
    a treated patient, had the treatment not come, is not. A grace period leaves open
    when the treatment comes, so a strategy must say: here on a day that is drawn, for
    all alike, from the days of the treatments within G. With F(k) the chance that it is
    drawn by step k, a clone that is still untreated weighs [1 - F(k)] / S(k), and one
    treated in step k from then on [F(k) - F(k - 1)] / [S(k - 1) h(k)]: it stands for
    those of its past of whom the strategy treats so many and treated were so many. On
    average the weights sum to the number of patients. As F(G) = 1, who is untreated at
    G leaves. If no covariate matters, the treated weigh 1 / P(treated by G), as in
    `weight_clones`. Nothing that was measured after a treatment is used.

    In an interval F and S are those at its middle, until the treatment.

    Parameters
    ----------
    clones, courses
        The patients, and what is known of them.
    names
        What each column of the courses is, for messages.
    risk
        From `risk_of` and the steps of the courses.
    model, penalty
        As in `fit_courses`.

    Raises
    ------
    InputError
        As `fit_courses` does.

    References
    ----------
    .. [1] Cain LE, et al. When to start treatment? A systematic approach to the
       comparison of dynamic regimes using observational data. Int J Biostat
       2010;6:18. doi:10.2202/1557-4679.1212
    .. [2] Robins JM, Finkelstein DM. Correcting for noncompliance and dependent
       censoring in an AIDS clinical trial with inverse probability of censoring
       weighted (IPCW) log-rank tests. Biometrics 2000;56:779-788.
       doi:10.1111/j.0006-341X.2000.00779.x
    """
    steps = courses.steps
    hazard = fit_courses(
        clones, courses, names, risk=risk, model=model, penalty=penalty
    )
    untreated = np.column_stack([np.ones(len(hazard)), np.cumprod(1 - hazard, axis=1)])
    # By the end of the grace period nobody's chance is asked for.
    chances = Chances(np.full(len(hazard), np.nan), untreated)
    control = weight_control(clones, steps, chances)
    drawn = share_drawn(risk)
    waiting = _weigh_waiting(clones, steps, drawn, untreated)
    came = np.flatnonzero(risk.came < len(steps.ends))
    step = risk.came[came]
    due = (drawn[step + 1] - drawn[step]) / (untreated[came, step] * hazard[came, step])
    return Arms(_weigh_from_treatment(clones, waiting, came, due), control)


def share_drawn(risk: Risk) -> np.ndarray:
    """Return the share of the treatments within the grace period after each step.

    Of those that would have come had nobody been barred: by Kaplan-Meier, divided by
    its value at the end. First, before any step, 0; last 1. Shape (n_steps + 1,).
    """
    exposed = risk.exposure.sum(axis=0)
    hazard = np.divide(
        risk.n_treated, exposed, out=np.zeros(len(exposed)), where=exposed > 0
    )
    came = 1 - np.cumprod(1 - hazard)
    return np.append(0.0, came / came[-1])


def _weigh_waiting(
    clones: Clones, steps: Steps, drawn: np.ndarray, untreated: np.ndarray
) -> Pieces:
    """Weigh treated clones as long as they are untreated.

    Who is barred keeps the weight of that day.
    """
    cuts, chance = lay_out(steps, untreated)
    _, due = lay_out(steps, 1 - drawn[None])
    weight, size = due / chance, len(steps.ends)
    share = share_before(clones.barred_days, steps)
    step = (share >= 1).sum(axis=1)
    rows = np.flatnonzero(step < size)
    step, part = step[rows], share[rows, step[rows]]
    left = 1 - drawn[step] - part * (drawn[step + 1] - drawn[step])
    fall = untreated[rows, step] - untreated[rows, step + 1]
    last = left / (untreated[rows, step] - part * fall)
    barred = np.searchsorted(cuts, clones.barred_days[rows], side="left")
    beyond = np.arange(weight.shape[1]) > barred[:, None]
    weight[rows] = np.where(beyond, last[:, None], weight[rows])
    return Pieces(cuts, weight)


def _weigh_from_treatment(
    clones: Clones, waiting: Pieces, came: np.ndarray, due: np.ndarray
) -> Pieces:
    """Give some patients what they are due from the day of their treatment on."""
    wait = clones.treatment_days[came]
    mornings = wait[wait > 0] - SAME_DAY
    cuts = np.unique(np.concatenate([waiting.cuts, mornings, [clones.grace_days]]))
    starts = np.append(0.0, cuts)
    if len(starts) * len(waiting.weight) > MOST_CELLS:
        raise InputError(
            f"{len(waiting.weight)} patients on {len(starts)} days of treatment are "
            "too many to lay out; shorten grace_days"
        )
    weight = waiting.weight[:, np.searchsorted(waiting.cuts, starts, side="right")]
    after = starts >= wait[:, None] - SAME_DAY
    weight[came] = np.where(after, due[:, None], weight[came])
    return Pieces(cuts, weight)
