"""The propensity score by any of its models, cross-fitted, or within a covariate."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from scipy.special import expit, logit

from twoarm.errors import InputError
from twoarm.formula import expand_formula
from twoarm.propensity.boosting import fit_boosted
from twoarm.propensity.penalised import estimate_firth, estimate_ridge
from twoarm.propensity.score import Score, check_arms, estimate_score

Method = Literal["logistic", "firth", "ridge", "boosting"]
FOLDS = 5
"""Folds of a boosted score that names none: without, trees would learn the patients."""
LEAST = 1e-6
"""A cross-fitted score is held this far from 0 and 1: who was not seen in fitting may
be told apart for certain, but not by evidence."""
Predict = Callable[[np.ndarray], np.ndarray]


class Fitted(NamedTuple):
    """A score, its log odds, and the terms that made it (none of trees, or of folds).

    `group` is the level within which a term was fitted, None if all together.
    """

    probability: np.ndarray
    logit: np.ndarray
    terms: list[tuple[int | None, str, float, float]]


def fit_scores(
    treated: np.ndarray,
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    method: Method,
    penalty: float = 1.0,
    folds: int | None = None,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> Fitted:
    """Estimate each patient's probability of treatment.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    matrix : ndarray of float, shape (n_patients, n_terms)
        Terms without the intercept.
    names
        What each column is.
    method, penalty
        The model; the penalty is that of `ridge`.
    folds
        Cross-fitting: the patients of each arm are dealt into so many folds by `seed`,
        and scored by a model fitted without their fold. Boosting has five at least.
    groups : ndarray of int, shape (n_patients,), optional
        The model is fitted in each by itself; a term that is the same in all of a
        group is left out there.

    Raises
    ------
    InputError
        As the models do; also if a group, or what is left without a fold, has one arm.

    References
    ----------
    .. [1] Chernozhukov V, et al. Double/debiased machine learning for treatment and
       structural parameters. Econom J 2018;21:C1-C68. doi:10.1111/ectj.12097
    .. [2] Arpino B, Cannas M. Propensity score matching with clustered data. Stat Med
       2016;35:2074-2091. doi:10.1002/sim.6880
    """
    if groups is None:
        how = {"method": method, "penalty": penalty, "folds": folds, "seed": seed}
        return _fit(treated, matrix, names, **how)  # type: ignore[arg-type]
    _check_groups(treated, groups)
    probability, terms, faults = np.empty(len(treated)), [], []
    how = {"method": method, "penalty": penalty, "folds": folds, "seed": seed}
    for group in np.unique(groups).tolist():
        rows = groups == group
        varies = np.ptp(matrix[rows], axis=0) > 0
        kept = [name for name, each in zip(names, varies, strict=True) if each]
        own = treated[rows], matrix[np.ix_(rows, varies)]
        try:
            part = _fit(*own, kept, **how)  # type: ignore[arg-type]
        except InputError as fault:
            faults.append(f"propensity.within, level {group + 1}: {fault}")
            continue
        probability[rows] = part.probability
        terms += [(group, *each[1:]) for each in part.terms]
    if faults:
        raise InputError("; ".join(faults))
    return Fitted(probability, logit(probability), terms)


def estimate_scores(
    patients: pl.DataFrame,
    terms: Sequence[str],
    *,
    within: str | None = None,
    **model: Any,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Estimate the score of a design.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null.
    terms
        Terms of the model, as `twoarm.formula.parse_term` reads them.
    within
        Covariate in each level of which the model is fitted; products with it are left
        out.
    model
        As in `fit_scores`.

    Returns
    -------
    scores, coefficients
        As the contracts Scores and Coefficients, without `imputation` and `score`.
    """
    matrix, names = expand_formula(patients, terms, without=within)
    treated = patients["treated"].to_numpy()
    groups = groups_of(patients, within)
    found = fit_scores(treated, matrix, names, groups=groups, **model)
    scores = patients.select("patient_id", "treated").with_columns(
        propensity_score=found.probability,
        logit=found.logit,
        preference_score=preference_of(found.probability, treated),
    )
    levels = patients[within].dtype.categories if within else []  # type: ignore[attr-defined]
    rows = [
        (name if group is None else f"{levels[group]}: {name}", estimate, error)
        for group, name, estimate, error in found.terms
    ]
    schema = {"term": pl.String, "estimate": pl.Float64, "std_error": pl.Float64}
    return scores, pl.DataFrame(rows, schema=schema, orient="row")


def groups_of(patients: pl.DataFrame, within: str | None) -> np.ndarray | None:
    """Give the number of each patient's level of a covariate; None without one."""
    if within is None:
        return None
    return patients[within].to_physical().to_numpy().astype(int)


def preference_of(score: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Turn scores into preference scores: what they were if the arms had one size.

    References
    ----------
    .. [1] Walker AM, Patrick AR, Lauer MS, et al. A tool for assessing the feasibility
       of comparative effectiveness research. Comp Eff Res 2013;3:11-20.
       doi:10.2147/CER.S40357

    Examples
    --------
    >>> preference_of(np.array([0.25, 0.5]), np.array([True, False, False, False]))
    array([0.5 , 0.75])
    """
    return np.asarray(expit(logit(score) - logit(treated.mean())))


def deal_folds(treated: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal the patients of each arm into folds as even as can be.

    Returns
    -------
    ndarray of int, shape (n_patients,)
        Number of the fold, from 0.
    """
    rng = np.random.default_rng(seed)
    fold = np.empty(len(treated), int)
    for arm in (treated, ~treated):
        rows = np.flatnonzero(arm)
        fold[rng.permutation(rows)] = np.arange(len(rows)) % folds
    return fold


def _fit(
    treated: np.ndarray,
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    method: Method,
    penalty: float,
    folds: int | None,
    seed: int,
) -> Fitted:
    boosted = method == "boosting"
    if not np.isfinite(matrix).all():
        lost = ~np.isfinite(matrix).all(axis=0)
        named = [name for name, each in zip(names, lost, strict=True) if each]
        raise InputError(
            f"the score needs values of {', '.join(named)} in all patients"
        )
    if method in ("logistic", "firth") and len(treated) < matrix.shape[1] + 2:
        raise InputError(
            f"{len(treated)} patients are too few for {matrix.shape[1]} terms; take "
            "fewer, or set propensity.method: ridge"
        )
    if folds or boosted:
        check_arms(treated)
        fit = partial(
            _predictor, names=names, method=method, penalty=penalty, seed=seed
        )
        return _cross_fit(treated, matrix, fit, folds or FOLDS, seed)
    found = _estimate(treated, matrix, names, method, penalty)
    labels = ["(intercept)", *names]
    rows = zip(labels, found.estimate.tolist(), found.std_error.tolist(), strict=True)
    terms: list[tuple[int | None, str, float, float]] = [(None, *row) for row in rows]
    return Fitted(found.probability, found.logit, terms)


def _estimate(
    treated: np.ndarray,
    matrix: np.ndarray,
    names: Sequence[str],
    method: Method,
    penalty: float,
) -> Score:
    if method == "firth":
        return estimate_firth(treated, matrix, names)
    if method == "ridge":
        return estimate_ridge(treated, matrix, names, penalty=penalty)
    return estimate_score(treated, matrix, names)


def _predictor(
    treated: np.ndarray,
    matrix: np.ndarray,
    *,
    names: Sequence[str],
    method: Method,
    penalty: float,
    seed: int,
) -> Predict:
    """Fit a model, and return what predicts the probability of others by it."""
    if method == "boosting":
        return fit_boosted(treated, matrix, seed=seed)
    fit = _estimate(treated, matrix, names, method, penalty)
    return lambda others: np.asarray(expit(fit.estimate[0] + others @ fit.estimate[1:]))


def _cross_fit(
    treated: np.ndarray,
    matrix: np.ndarray,
    fit: Callable[[np.ndarray, np.ndarray], Predict],
    folds: int,
    seed: int,
) -> Fitted:
    smallest = min(int(treated.sum()), int((~treated).sum()))
    if smallest < folds:
        raise InputError(
            f"propensity.folds: {folds} folds need as many patients in each arm; the "
            f"smaller has fewer; take fewer folds"
        )
    fold = deal_folds(treated, folds, seed)
    probability = np.empty(len(treated))
    for each in range(folds):
        out = fold == each
        probability[out] = fit(treated[~out], matrix[~out])(matrix[out])
    probability = np.clip(probability, LEAST, 1 - LEAST)
    return Fitted(probability, logit(probability), [])


def _check_groups(treated: np.ndarray, groups: np.ndarray) -> None:
    """Check that each group has both arms."""
    arms = [len(np.unique(treated[groups == each])) for each in np.unique(groups)]
    if lone := sum(count < 2 for count in arms):
        raise InputError(
            f"propensity.within: {lone} of {len(arms)} levels have one arm only; leave "
            "them out by cohort.eligibility, or take the key out"
        )
