"""What is known of patients while treatment may come, and the hazard of treatment."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from twoarm.clocks import SAME_DAY
from twoarm.errors import InputError
from twoarm.propensity.cloning import Clones
from twoarm.propensity.cloning_models import (
    Model,
    Risk,
    Steps,
    divide_treated,
    fit_ever,
    fit_ratios,
    risk_of,
)
from twoarm.propensity.cloning_pooled import find_told, fit_logistic, fit_pooled

AT_ZERO = "logit of the hazard at time zero"
SMALLEST = 1e-9
"""Nearest that a hazard comes to 0 and 1 where its logit is taken."""


class Courses(NamedTuple):
    """What is known of each patient at the start of each step of possible treatment.

    `n_steps`, shape (n_patients,), is the number of a patient's steps, which are the
    first of all; `matrix`, shape (n_rows, n_terms), has a row a patient and step, in
    this order.
    """

    steps: Steps
    n_steps: np.ndarray
    matrix: np.ndarray

    def take(self, rows: np.ndarray) -> "Courses":
        """Take patients, as often as they are named."""
        first = np.cumsum(self.n_steps) - self.n_steps
        count = self.n_steps[rows]
        place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return self._replace(
            n_steps=count, matrix=self.matrix[np.repeat(first[rows], count) + place]
        )


def list_courses(clones: Clones, steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """List who could be treated in which step, by patient, then step.

    Nobody could be in a step after the own treatment, or after it became impossible.

    Returns
    -------
    patient, step : ndarray of int, shape (n_rows,)
    """
    patient, step = np.nonzero(risk_of(clones, steps).exposure > 0)
    return patient, step


def fit_courses(
    clones: Clones,
    courses: Courses,
    names: Sequence[str],
    *,
    risk: Risk,
    model: Model,
    penalty: float,
) -> np.ndarray:
    """Model the hazard of treatment in each step by what is known at its start.

    `pooled`: logistic regression of each step by a polynomial of time, the covariates,
    and their products with time. `cox`: proportional hazards, whose covariates change
    at the start of a step; Efron ties and Breslow's baseline. `two_part`: logistic
    regression of each step by the covariates, their changes since time zero, and the
    logit of the hazard that the two parts of `fit_treatment` give by what was known at
    time zero. That one carries the time, and that some would never be treated: what
    becomes known later moves it. If nothing changes it is the model again, with terms
    that are nought for many patients.

    In simulated patients whose treatment and death follow a covariate that changes, on
    whom treatment has no effect, the mean hazard ratios were 1.00, 0.94 and 1.00, and
    0.87 to 0.89 with what was known at time zero alone. In those of `fit_treatment`,
    of whom some would never be treated, `pooled` gave 0.80 for death, `two_part` 1.00.

    Parameters
    ----------
    clones, courses
        The patients, and what is known of them.
    names
        What each column of the courses is, for messages.
    risk
        From `risk_of`.
    model
        Which.
    penalty
        As in `estimate_ridge`, of the logistic regression; 0 for none.

    Returns
    -------
    ndarray of float, shape (n_patients, n_steps)
        Chance of treatment in a step of who could be treated at its start; 0 where a
        patient could not be, or nobody is treated.

    Raises
    ------
    InputError
        As the models do.

    References
    ----------
    .. [1] Hernan MA, Brumback B, Robins JM. Marginal structural models to estimate the
       causal effect of zidovudine on the survival of HIV-positive men. Epidemiology
       2000;11:561-570. doi:10.1097/00001648-200009000-00012
    .. [2] D'Agostino RB, et al. Relation of pooled logistic regression to time
       dependent Cox regression analysis: the Framingham Heart Study. Stat Med
       1990;9:1501-1515. doi:10.1002/sim.4780091214
    """
    patient, step = places_of(courses)
    fit = {"two_part": _fit_two_part, "pooled": _fit_pooled, "cox": _fit_hazard}[model]
    try:
        found = fit(clones, courses, names, _Rows(risk, patient, step, penalty))
    except InputError as fault:
        raise InputError(
            f"treatment within the grace period: {fault}; of clones, penalty makes the "
            "regression one by ridge"
        ) from None
    hazard = np.zeros(risk.exposure.shape)
    hazard[patient, step] = found
    return hazard


def places_of(courses: Courses) -> tuple[np.ndarray, np.ndarray]:
    """Return the patient and the step of each row."""
    patient = np.repeat(np.arange(len(courses.n_steps)), courses.n_steps)
    first = np.cumsum(courses.n_steps) - courses.n_steps
    return patient, np.arange(len(patient)) - first[patient]


class _Rows(NamedTuple):
    """Patient and step of each row, and how to fit."""

    risk: Risk
    patient: np.ndarray
    step: np.ndarray
    penalty: float

    @property
    def came(self) -> np.ndarray:
        """Whether treatment came in the step."""
        return np.asarray(self.risk.came[self.patient] == self.step)

    @property
    def used(self) -> np.ndarray:
        """Whether anybody is treated in the step; if not the hazard is 0."""
        return np.asarray(self.risk.n_treated[self.step] > 0)


def _fit_pooled(
    clones: Clones, courses: Courses, names: Sequence[str], rows: _Rows
) -> np.ndarray:
    """Fit the pooled logistic regression, and return the hazard of each row."""
    used, steps = rows.used, courses.steps
    known = courses.matrix[used], rows.step[used]
    predict = fit_pooled(
        *known,
        rows.came[used],
        names,
        middle=(steps.starts + steps.ends) / 2,
        penalty=rows.penalty,
    )
    hazard = np.zeros(len(used))
    hazard[used] = predict(*known)
    return hazard


def _fit_two_part(
    clones: Clones, courses: Courses, names: Sequence[str], rows: _Rows
) -> np.ndarray:
    """Let what becomes known move the hazards of the two parts."""
    first = np.cumsum(courses.n_steps) - courses.n_steps
    some = courses.n_steps > 0
    zero = np.zeros((len(first), courses.matrix.shape[1]))
    zero[some] = courses.matrix[first[some]]
    labels = list(names) or [f"column {k + 1}" for k in range(zero.shape[1])]
    able = clones.barred_days > clones.grace_days
    told = find_told(zero[able])
    start, titles = clones.take(np.flatnonzero(some)), [labels[k] for k in told]
    ever = np.zeros(len(first))
    ever[some] = fit_ever(start, zero[some][:, told], titles, rows.penalty)
    used, patient, step = rows.used, rows.patient, rows.step
    logits = _logits_at_zero(ever, rows.risk)[patient[used], step[used]]
    changes = courses.matrix[used] - zero[patient[used]]
    # With one step the logit is a combination of the covariates, and left out so.
    columns = np.column_stack([courses.matrix[used], changes, logits])
    titles = [*labels, *(f"change of {label}" for label in labels), AT_ZERO]
    told = find_told(columns)
    matrix, titles = columns[:, told], [titles[k] for k in told]
    hazard = np.zeros(len(used))
    fit = fit_logistic(rows.came[used], matrix, titles, rows.penalty)
    hazard[used] = fit(matrix)
    return hazard


def _logits_at_zero(ever: np.ndarray, risk: Risk) -> np.ndarray:
    """Return the logits of p f / (1 - p F), as `fit_treatment` has f and F.

    Shape (n_patients, n_steps); 0 in steps in which nobody is treated.
    """
    share, logits = 0.0, np.zeros(risk.exposure.shape)
    for number, count in enumerate(risk.n_treated.tolist()):
        if count:
            odds = ever / (1 - ever * share)
            part = count / float((risk.exposure[:, number] * odds).sum())
            hazard = np.clip(odds * part, SMALLEST, 1 - SMALLEST)
            logits[:, number] = np.log(hazard / (1 - hazard))
            share = min(1.0, share + part)
    return logits


def _fit_hazard(
    clones: Clones, courses: Courses, names: Sequence[str], rows: _Rows
) -> np.ndarray:
    """Fit proportional hazards, and return the chance of treatment in each row."""
    risk, patient, step = rows.risk, rows.patient, rows.step
    steps, matrix = courses.steps, courses.matrix
    came = rows.came
    until = np.minimum(steps.ends[step], clones.barred_days[patient])
    until = np.where(came, clones.treatment_days[patient], until)
    day = steps.starts[step] == steps.ends[step]
    entry = np.where(day, until - SAME_DAY, steps.starts[step])
    # From 1 on: treatment at time zero waits a moment.
    ratio = fit_ratios(until + 1, came, matrix, names, entry + 1)
    exposed = risk.exposure[patient, step]
    expected = np.bincount(step, ratio * exposed, len(steps.ends))
    baseline = divide_treated(risk, expected)
    return np.asarray(-np.expm1(-ratio * baseline[step]))
