"""Weights of clones: the inverse of the chance that a clone is still followed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from twoarm.errors import InputError
from twoarm.propensity.cloning import Clones
from twoarm.propensity.cloning_courses import Courses
from twoarm.propensity.cloning_models import Model, fit_treatment, risk_of, steps_of
from twoarm.propensity.cloning_over_time import weight_over_time
from twoarm.propensity.cloning_pieces import (
    stabilise_pieces,
    weight_control,
    weight_treated,
)
from twoarm.propensity.cloning_spells import (
    Pieces,
    Spells,
    spells_of,
    truncate_pieces,
)
from twoarm.propensity.weights import Arms


def weight_clones(
    clones: Clones,
    matrix: np.ndarray,
    names: Sequence[str] = (),
    *,
    courses: Courses | None = None,
    model: Model = "two_part",
    interval_days: float | None = 7.0,
    penalty: float = 0.0,
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
    cap: float | None = None,
) -> Arms[Spells]:
    """Weight clones so that those still followed stand for all that were cloned.

    The control clone of a patient with covariates x weighs, on day t, 1 / P(untreated
    by t | x, treatment possible), with t no later than the end of the grace period G or
    the day on which treatment became impossible, whichever is first; it is that of all
    such patients, whatever came of this one. In an interval it is the chance at its
    middle. The treated clone weighs 1 to G; after it 1 / P(treated by G | x, treatment
    possible to G), or 1 if it was impossible by G, as such clones were never censored.

    A curve, restricted mean or Cox regression of the rows, with their entries and
    weights, estimates what would be seen if all had followed the strategy, provided
    that the covariates hold all that both treatment and outcome depend on. A patient's
    rows belong together: errors are clustered by patient, or from a bootstrap by
    `refit_clones`, which alone holds that the weights are estimated.

    Few patients leave bias: in simulated cohorts of 128 without an effect, ten
    covariates, penalty 1 and cap 10, the mean hazard ratios were 0.78 (death) and 0.85
    (progression or death), of 1,000 with cap 20 0.93 and 0.95, of 12,000 without either
    0.99 and 1.01.

    Parameters
    ----------
    clones
        From `twoarm.propensity.cloning.clone_patients`.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Covariates at time zero without an intercept.
    names
        What each column is, for messages.
    courses
        What is known of the patients at each step, in place of `matrix` and
        `interval_days`: the weights are those of `weight_over_time`.
    model, penalty
        As in `twoarm.propensity.cloning_models.fit_treatment`.
    interval_days
        Length of the intervals of the treatment model; None for the days of treatment.
    stabilised
        Whether to multiply by the same chances without covariates, which depend on the
        arm and the day alone: each arm's curve stays as it is, but not quite a hazard
        ratio that changes over time, as the arms then shrink to who is followed.
    truncate
        Two percentiles, of 100, to which weights beyond them are moved: of the clones
        of an arm at risk in the same interval, interpolated as R does (type 7).
    cap
        Weight above which none goes; after the percentiles.

    Raises
    ------
    InputError
        As the models do; also if `cap` or `truncate` make no sense.

    References
    ----------
    .. [1] Robins JM, Finkelstein DM. Correcting for noncompliance and dependent
       censoring in an AIDS clinical trial with inverse probability of censoring
       weighted (IPCW) log-rank tests. Biometrics 2000;56:779-788.
       doi:10.1111/j.0006-341X.2000.00779.x
    .. [2] Maringe C, et al. Reflection on modern methods: trial emulation in the
       presence of immortal-time bias. Int J Epidemiol 2020;49:1719-1729.
       doi:10.1093/ije/dyaa057
    .. [3] Cole SR, Hernan MA. Constructing inverse probability weights for marginal
       structural models. Am J Epidemiol 2008;168:656-664. doi:10.1093/aje/kwn164
    """
    fit: dict[str, Any] = {"courses": courses, "model": model, "penalty": penalty}
    fit |= {"interval_days": interval_days, "stabilised": stabilised}
    pieces = fit_pieces(clones, matrix, names, **fit)
    return limit_pieces(clones, pieces, truncate=truncate, cap=cap)


def fit_pieces(
    clones: Clones,
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    courses: Courses | None,
    model: Model,
    interval_days: float | None,
    penalty: float,
    stabilised: bool,
) -> Arms[Pieces]:
    """Weigh clones as `weight_clones` does, without limits to the weights."""
    if courses is None:
        _check_matrix(clones, matrix, names)
        steps = steps_of(clones, interval_days)
        risk = risk_of(clones, steps)
        chances = fit_treatment(
            clones, matrix, names, steps=steps, risk=risk, model=model, penalty=penalty
        )
        pieces = Arms(
            weight_treated(clones, chances), weight_control(clones, steps, chances)
        )
    else:
        steps = courses.steps
        risk = risk_of(clones, steps)
        pieces = weight_over_time(
            clones, courses, names, risk=risk, model=model, penalty=penalty
        )
    return stabilise_pieces(clones, steps, risk, pieces) if stabilised else pieces


def limit_pieces(
    clones: Clones,
    pieces: Arms[Pieces],
    *,
    truncate: tuple[float, float] | None = None,
    cap: float | None = None,
) -> Arms[Spells]:
    """Hold weights to limits, as `weight_clones` does, and lay out the clones' days."""
    _check_limits(truncate, cap)
    spells = []
    for arm, piece in zip(clones.arms, pieces, strict=True):
        if truncate:
            piece = truncate_pieces(piece, arm.exit_days, percentiles=truncate)
        if cap is not None:
            piece = piece._replace(weight=np.minimum(piece.weight, cap))
        spells.append(spells_of(arm, piece))
    return Arms(*spells)


def refit_clones(
    clones: Clones,
    matrix: np.ndarray,
    names: Sequence[str] = (),
    *,
    courses: Courses | None = None,
    **how: Any,
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what weights the clones of patients drawn anew, for a bootstrap.

    A patient is drawn with all its clones, and the models are fitted to those drawn.

    Parameters
    ----------
    clones, matrix, names, courses, how
        As in `weight_clones`.

    Returns
    -------
    function
        From rows, shape (n_drawn,), to the spells of their clones, whose `row` is that
        of the patients given here: copies of one share it, and count once each.
    """

    def refit(rows: np.ndarray) -> Arms[Spells]:
        drawn = clones.take(rows)
        _check_drawn(drawn)
        own = None if courses is None else courses.take(rows)
        found = weight_clones(drawn, matrix[rows], names, courses=own, **how)
        return Arms(*(each._replace(row=rows[each.row]) for each in found))

    return refit


def _check_drawn(clones: Clones) -> None:
    """Check that those drawn leave a choice to model."""
    able = clones.barred_days > clones.grace_days
    within = clones.treatment_days[able] <= clones.grace_days
    if not within.any() or within.all():
        raise InputError(
            f"of {len(able)} patients drawn, {int(within.sum())} of {within.size} who "
            "could still be treated at the end of the grace period had been"
        )


def _check_matrix(clones: Clones, matrix: np.ndarray, names: Sequence[str]) -> None:
    """Check the values of all patients; a model may be fitted to some of them."""
    size = len(clones.treatment_days)
    if len(matrix) != size:
        raise InputError(
            f"{size} patients are cloned, and {len(matrix)} have covariates"
        )
    lost = (~np.isfinite(matrix)).sum(axis=0)
    labels = names or [f"column {k + 1}" for k in range(matrix.shape[1])]
    faults = [
        f"{label} in {count} patient(s)"
        for label, count in zip(labels, lost.tolist(), strict=True)
        if count
    ]
    if faults:
        raise InputError(
            "covariates at time zero are missing or infinite: "
            f"{', '.join(faults)}; impute them, or take them out"
        )


def _check_limits(truncate: tuple[float, float] | None, cap: float | None) -> None:
    if truncate and not 0 <= truncate[0] < truncate[1] <= 100:
        raise InputError(
            f"truncate is {truncate[0]:g} and {truncate[1]:g}; it must be two rising "
            "percentiles from 0 to 100"
        )
    if cap is not None and not cap >= 1:
        raise InputError(f"cap is {cap:g}; a weight may go to 1 at least")
