"""The covariate-balancing propensity score: logistic, chosen for balance."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import expit

from twoarm.errors import InputError
from twoarm.propensity.balancing import (
    NoMinimumError,
    Point,
    add_products,
    find_basis,
    find_beyond,
    find_minimum,
)
from twoarm.propensity.score import estimate_score


class BalancingScore(NamedTuple):
    """Weights, the score that they come from, and its coefficients.

    `estimate` holds log odds ratios of the terms, with the intercept first.
    """

    weight: np.ndarray
    probability: np.ndarray
    logit: np.ndarray
    estimate: np.ndarray


class Tilt(NamedTuple):
    """Weights as functions of the logit: `level + bent * exp(-sign * logit)`."""

    sign: np.ndarray
    level: np.ndarray
    bent: np.ndarray

    def weigh(self, logit: np.ndarray) -> np.ndarray:
        """Return the weights."""
        return np.asarray(self.level + self.bent * np.exp(-self.sign * logit))


def weight_by_covariate_balancing(
    matrix: np.ndarray,
    treated: np.ndarray,
    *,
    estimand: Literal["ATE", "ATT", "ATC"],
    names: Sequence[str] = (),
    key: str = "propensity.covariates",
) -> BalancingScore:
    """Weight patients by a logistic score whose weights make the arms' means equal.

    The score solves the balance equations alone, as many as coefficients (the
    just-identified form); the likelihood plays no part but as the start. ATT: the
    controls, weighted e/(1-e), have the sums and means of the treated; these are the
    weights of entropy balancing. ATC: the reverse. ATE: the arms, weighted 1/e and
    1/(1-e), have the sums and means of one another; of all patients only nearly.

    The equations are the gradient of a convex function, so that there is one solution
    at most and Newton's method finds it.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_patients, n_terms)
        Terms without the intercept.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    estimand
        Whom the weighted patients stand for.
    names
        What the columns are, for the messages.
    key
        Of the terms in the study file, for the message.

    Raises
    ------
    InputError
        If a column follows from others or the columns separate the arms, as
        `estimate_score` says; if no score balances the arms, with the names of the
        columns at fault; or if a score is 0 or 1 to all digits.

    References
    ----------
    .. [1] Imai K, Ratkovic M. Covariate balancing propensity score. J R Stat Soc B
       2014;76:243-263. doi:10.1111/rssb.12027
    .. [2] Zhao Q. Covariate balancing propensity score by tailored loss functions.
       Ann Stat 2019;47:965-993. doi:10.1214/18-AOS1698
    .. [3] Zhao Q, Percival D. Entropy balancing is doubly robust. J Causal Inference
       2017;5:20160010. doi:10.1515/jci-2016-0010
    """
    likely = estimate_score(treated, matrix, names).logit
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = (matrix - centre) / scale
    basis = find_basis(scaled).matrix
    columns = np.column_stack([np.ones(len(matrix)), scaled @ basis])
    tilt = _tilt(treated, estimand)
    # The columns are orthogonal with mean square 1, so this fits exactly.
    start = columns.T @ likely / len(matrix)
    try:
        found = _solve(columns, tilt, start)
    except NoMinimumError:
        raise _fault(scaled, treated, estimand, names, key) from None
    logit = columns @ found
    slopes = basis @ found[1:] / scale
    probability = expit(logit)
    if certain := int(((probability == 0) | (probability == 1)).sum()):
        raise InputError(
            f"{key}: the score that balances the arms is 0 or 1, to all digits, for "
            f"{certain} patient(s); take a term out, or restrict the cohort"
        )
    estimate = np.r_[found[0] - centre @ slopes, slopes]
    return BalancingScore(tilt.weigh(logit), probability, logit, estimate)


def _tilt(treated: np.ndarray, estimand: Literal["ATE", "ATT", "ATC"]) -> Tilt:
    everybody = np.ones(len(treated), bool)
    level, bent = {
        "ATE": (everybody, everybody),
        "ATT": (treated, ~treated),
        "ATC": (~treated, treated),
    }[estimand]
    sign = np.where(treated, 1.0, -1.0)
    return Tilt(sign, level.astype(float), bent.astype(float))


def _solve(columns: np.ndarray, tilt: Tilt, start: np.ndarray) -> np.ndarray:
    """Return the coefficients with which sums over the arms are equal.

    The function is Zhao's tailored loss; its gradient is the difference of the sums.
    """
    size = tilt.level.sum()

    def at(coefficient: np.ndarray) -> Point:
        logit = columns @ coefficient
        with np.errstate(over="ignore", invalid="ignore"):
            bent = tilt.bent * np.exp(-tilt.sign * logit)
            value = float((bent - tilt.level * tilt.sign * logit).sum() / size)
            slope = -tilt.sign * (tilt.level + bent)
            products = add_products(columns, bent)
            return Point(value, slope @ columns / size, products / size)

    return find_minimum(at, start, columns)


def _fault(
    scaled: np.ndarray,
    treated: np.ndarray,
    estimand: Literal["ATE", "ATT", "ATC"],
    names: Sequence[str],
    key: str,
) -> InputError:
    named = list(names) or [f"column {place + 1}" for place in range(scaled.shape[1])]
    target = {"ATT": treated, "ATC": ~treated}.get(estimand)
    beyond = np.empty(0, int)
    if target is not None:
        beyond = find_beyond(scaled[~target] - scaled[target].mean(axis=0))
    at_fault = ", ".join(named[place] for place in beyond)
    return InputError(
        f"{key}: no score balances the arms"
        + (f" in {at_fault}; take that out" if at_fault else "; take a term out")
        + ", restrict the cohort to patients whom both arms have, or use overlap "
        "weights (estimand: ATO), which balance the means without"
    )
