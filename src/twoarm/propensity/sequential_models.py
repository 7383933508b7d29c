"""The chance of treatment in the window of each trial."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import logit

from twoarm.errors import InputError
from twoarm.propensity.cloning import Clones, Followed
from twoarm.propensity.cloning_courses import AT_ZERO, SMALLEST
from twoarm.propensity.cloning_models import Steps, fit_ever, risk_of, share_treated
from twoarm.propensity.cloning_pooled import find_told, fit_logistic, fit_pooled
from twoarm.propensity.weights import Arms
from twoarm.trials import Entries

Model = Literal["two_part", "pooled"]


class Trials(NamedTuple):
    """Entries into trials with what the model of treatment takes of them.

    `matrix`, shape (n_entries, n_terms), has the covariates without an intercept, as
    they were known when the window started; `zero`, shape (n_patients, n_terms), as at
    time zero; `names` what each is. `wait_days` and `barred_days`, by patient, are from
    time zero to treatment, infinite if there was none, and to where it is impossible.
    """

    entries: Entries
    matrix: np.ndarray
    zero: np.ndarray
    names: Sequence[str]
    wait_days: np.ndarray
    barred_days: np.ndarray


def fit_entries(trials: Trials, *, model: Model, penalty: float) -> np.ndarray:
    """Model the treatment in the window of a trial of those who are in it.

    `pooled`: logistic regression by a polynomial of the trial's day, the covariates,
    and their products with the day. `two_part`: logistic regression by the covariates,
    their changes since time zero, and the logit of the hazard p f / (1 - p F): p is the
    chance to be treated by the last trial, from a logistic regression on time zero, F
    the share of the treatments that have come, f the window's. That one holds where
    some would never be treated, who are ever more of those who are left. Of 16
    invented cohorts of 12,000 of whom that is so, without an effect, the mean hazard
    ratios (ATT) were 1.003 (death) and 1.005 (progression or death); by `pooled`, of
    eight of 6,000, 0.922 and 0.995.

    Parameters
    ----------
    trials
        The entries.
    model, penalty
        Which; and as in `estimate_ridge`, 0 for none.

    Returns
    -------
    ndarray of float, shape (n_entries,)

    Raises
    ------
    InputError
        As the regressions do.

    References
    ----------
    .. [1] Farewell VT. The use of mixture models for the analysis of survival data with
       long-term survivors. Biometrics 1982;38:1041-1046. doi:10.2307/2529885
    """
    entries, inside = trials.entries, trials.entries.inside
    count = trials.matrix.shape[1]
    labels = list(trials.names) or [f"column {k + 1}" for k in range(count)]
    if model == "pooled":
        fit = fit_pooled(
            trials.matrix[inside],
            entries.trial[inside],
            entries.treated[inside],
            labels,
            middle=(entries.starts + entries.ends) / 2,
            penalty=penalty,
        )
        return fit(trials.matrix, entries.trial)
    logits = _logits_of_parts(trials, labels, penalty)
    changes = trials.matrix - trials.zero[entries.patient]
    columns = np.column_stack([trials.matrix, changes, logits])
    titles = [*labels, *(f"change of {label}" for label in labels), AT_ZERO]
    told = find_told(columns[inside])
    matrix, titles = columns[:, told], [titles[k] for k in told]
    predict = fit_logistic(entries.treated[inside], matrix[inside], titles, penalty)
    return predict(matrix)


def _logits_of_parts(
    trials: Trials, labels: Sequence[str], penalty: float
) -> np.ndarray:
    """Return of each entry the logit of the hazard that the two parts give."""
    entries, wait = trials.entries, trials.wait_days
    last, nobody = float(entries.ends[-1]), np.zeros(len(wait), bool)
    follow = Followed(trials.barred_days, nobody, nobody)
    clones = Clones(wait, trials.barred_days, last, Arms(follow, follow), 0)
    able = trials.barred_days > last
    within = int((wait[able] <= last).sum())
    if not 0 < within < able.sum():
        raise InputError(
            f"of {int(able.sum())} patients who could still be treated after day "
            f"{last:g} {within} had been: there is no choice to model; shorten "
            "last_days, or take model: pooled"
        )
    told = find_told(trials.zero[able])
    matrix, titles = trials.zero[:, told], [labels[k] for k in told]
    ever = fit_ever(clones, matrix, titles, penalty)
    risk = risk_of(clones, Steps(entries.starts, entries.ends))
    share = np.append(0.0, share_treated(ever, risk))
    before, after = share[entries.trial], share[entries.trial + 1]
    chance = ever[entries.patient]
    hazard = chance * (after - before) / (1 - chance * before)
    return np.asarray(logit(np.clip(hazard, SMALLEST, 1 - SMALLEST)))
