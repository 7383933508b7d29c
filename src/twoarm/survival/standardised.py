"""Effects standardised by a regression with the design's weights: doubly robust."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from twoarm.survival.curves import Arm
from twoarm.survival.influence import estimate_influence
from twoarm.survival.stack import TREATED

ALONE = 1e-10
"""Least share of a covariance matrix's greatest direction that its least may have."""


class Standardised(NamedTuple):
    """Means of the two arms in one population, and each patient's influence on them.

    Attributes
    ----------
    mean : ndarray of float, shape (2, n_figures)
        Treated, then control; survival at each horizon, then the restricted mean.
    influence : ndarray of float, shape (2, n_patients, n_figures)
        The squares of a difference of them sum to its variance.
    """

    mean: np.ndarray
    influence: np.ndarray


def pseudo_values(arm: Arm, horizons: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return each patient's pseudo-values of survival and of the restricted mean.

    A pseudo-value is the arm's estimate and n times the patient's influence on it, as
    `pseudo` of R's survival has it. Censoring is taken for independent within the arm.

    Parameters
    ----------
    arm
        Its weights are not used.
    horizons
        In the unit of the times.

    Returns
    -------
    tuple of ndarray, shape (n_patients, n_horizons)

    References
    ----------
    .. [1] Andersen PK, Perme MP. Pseudo-observations in survival analysis. Stat Methods
       Med Res 2010;19:71-99. doi:10.1177/0962280209105020
    """
    size = len(arm.time)
    found = estimate_influence(
        np.zeros(size),
        arm.time,
        arm.event,
        np.ones(size),
        np.arange(size),
        horizons=np.asarray(horizons, float),
        n_patients=size,
    )
    return (
        found.survival + size * found.of_survival,
        found.mean + size * found.of_mean,
    )


def standardise_arms(
    arms: Mapping[str, Arm],
    covariates: np.ndarray,
    propensity: np.ndarray,
    *,
    horizons: Sequence[float],
    rmst_horizon: float | None,
) -> Standardised | None:
    """Standardise survival and restricted means to the population of the weights.

    In each arm pseudo-values are regressed on the covariates by least squares with the
    design's weights; the predictions are averaged over the patients of both arms, each
    as much as the estimand asks: the weight times the probability of the arm that the
    patient was in. The answer is right if the score is, or if the regression is. Scores
    are taken for known, which makes the limits somewhat wide. A fit comes nearer to its
    own patients than to others: what is left of each is scaled by its leverage, as the
    robust variance HC2.

    Parameters
    ----------
    arms
        `treated` and `control`, weighted, all from time 0.
    covariates : ndarray of float, shape (n_patients, n_terms)
        Of the treated, then of the control arm. One that is the same in all is passed
        over.
    propensity : ndarray of float, shape (n_patients,)
        Probability of treatment in the same order; NaN where the weights came without
        one: everybody then counts the same. Where the weights leave one arm as it is,
        the answer is for that.
    horizons, rmst_horizon
        In the unit of the times, within the follow-up of both arms.

    Returns
    -------
    Standardised or None
        None where in an arm a covariate is the same in all, but not in the other, or
        tells another, so that none is estimable.

    References
    ----------
    .. [1] Andersen PK, Syriopoulou E, Parner ET. Causal inference in survival analysis
       using pseudo-observations. Stat Med 2017;36:2669-2681. doi:10.1002/sim.7297
    .. [2] Kang JDY, Schafer JL. Demystifying double robustness. Stat Sci
       2007;22:523-539. doi:10.1214/07-STS227
    .. [3] Mao H, Li L, Greene T. Propensity score weighting analysis and treatment
       effect discovery. Stat Methods Med Res 2019;28:2439-2454.
       doi:10.1177/0962280218781171
    .. [4] MacKinnon JG, White H. Some heteroskedasticity-consistent covariance matrix
       estimators with improved finite sample properties. J Econometrics
       1985;29:305-325. doi:10.1016/0304-4076(85)90158-7
    """
    both = (arms[TREATED], arms["control"])
    cut = len(both[0].time)
    weights = [_even(arm) for arm in both]
    target = _target(weights, propensity, cut)
    # What is the same in all has nothing to adjust for, and no spread to divide by.
    covariates = covariates[:, np.ptp(covariates, axis=0) > 0]
    # Centred at the target, so that the first coefficient is the mean there.
    centred = covariates - target @ covariates
    matrix = np.column_stack([np.ones(len(centred)), centred / centred.std(axis=0)])
    rows = (slice(None, cut), slice(cut, None))
    means, influences = [], []
    for arm, weight, part in zip(both, weights, rows, strict=True):
        values = _figures(arm, horizons, rmst_horizon)
        own = matrix[part]
        moment = (own.T * weight) @ own
        if not np.linalg.cond(moment) < 1 / ALONE:
            return None
        inverse = np.linalg.inv(moment)
        slopes = inverse @ (own.T * weight) @ values
        influence = target[:, None] * (matrix[:, 1:] @ slopes[1:])
        leverage = np.einsum("ij,jk,ik->i", own, inverse, own) * weight
        gap = values - own @ slopes
        gap /= np.sqrt(np.maximum(1 - leverage, ALONE))[:, None]
        influence[part] += (own @ inverse[0] * weight)[:, None] * gap
        means.append(slopes[0])
        influences.append(influence)
    return Standardised(np.array(means), np.array(influences))


def _even(arm: Arm) -> np.ndarray:
    """Scale the weights of an arm to a sum of 1, whether stabilised or not."""
    weight = np.ones(len(arm.time)) if arm.weight is None else arm.weight
    return np.asarray(weight / weight.sum())


def _target(weights: list[np.ndarray], propensity: np.ndarray, cut: int) -> np.ndarray:
    """Return how much each patient counts in the population of the weights."""
    alike = [np.ptp(weight) <= ALONE * weight.max() for weight in weights]
    if alike[0] != alike[1]:  # the arm that is left as it is
        share = np.repeat(alike, [len(weight) for weight in weights]).astype(float)
    elif np.isnan(propensity).any():
        share = np.ones(len(propensity))
    else:
        of_arm = np.r_[propensity[:cut], 1 - propensity[cut:]]
        share = np.concatenate(weights) * of_arm
    return np.asarray(share / share.sum())


def _figures(
    arm: Arm, horizons: Sequence[float], rmst_horizon: float | None
) -> np.ndarray:
    parts = [pseudo_values(arm, horizons)[0]]
    if rmst_horizon is not None:
        parts.append(pseudo_values(arm, [rmst_horizon])[1])
    return np.column_stack(parts)
