"""Weights of patients: by the propensity score, or by their matched sets."""

from collections.abc import Mapping
from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np
from scipy.special import expit, logit

from twoarm.errors import InputError

Estimand = Literal["ATE", "ATT", "ATC", "ATO", "ATM"]
Trim = Literal["crump", "common"] | Mapping[str, tuple[float, float]]
Number = TypeVar("Number")

SAME = 1e-12
"""Relative difference of two numbers that are one but for rounding."""


class Arms(NamedTuple, Generic[Number]):
    """One number, or one set of them, of each arm."""

    treated: Number
    control: Number


class Truncated(NamedTuple):
    """Weights between two limits, and how many patients were moved to each."""

    weight: np.ndarray
    lower: float
    upper: float
    n_raised: Arms[int]
    n_lowered: Arms[int]


class Trimmed(NamedTuple):
    """Who stays (a mask), the interval of scores that does, and how many go."""

    kept: np.ndarray
    lower: float
    upper: float
    n_kept: Arms[int]
    n_left_out: Arms[int]


def weight_by_score(
    score: np.ndarray,
    treated: np.ndarray,
    *,
    estimand: Estimand,
    stabilised: bool = False,
) -> np.ndarray:
    """Weight patients by their propensity score.

    The weight is a tilt h over the chance of the patient's own arm, e or 1 - e. ATE:
    h = 1. ATT: e. ATC: 1 - e. ATO, the overlap: e (1 - e). ATM, as by pair matching:
    the smaller of e and 1 - e.

    Stabilised, a reweighted arm is scaled by its share of the patients over that of
    whom it stands for, so that it weighs about as many as it has: with p the share of
    the treated, ATE p/e and (1 - p)/(1 - e); ATT 1 and (1 - p)/p e/(1 - e); ATC
    p/(1 - p) (1 - e)/e and 1. An arm's own weighted mean or curve does not change by
    it. ATO and ATM are bounded by 1 and have no stabilised form: they stay as they are.

    Parameters
    ----------
    score : ndarray of float, shape (n_patients,)
        Probability of treatment, strictly between 0 and 1.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    estimand
        Whom the weighted patients stand for.
    stabilised
        Whether to scale the reweighted arms.

    Returns
    -------
    ndarray of float, shape (n_patients,)

    Raises
    ------
    InputError
        If a score is not strictly between 0 and 1.

    References
    ----------
    .. [1] Li F, Morgan KL, Zaslavsky AM. Balancing covariates via propensity score
       weighting. J Am Stat Assoc 2018;113:390-400. doi:10.1080/01621459.2016.1260466
    .. [2] Li L, Greene T. A weighting analogue to pair matching in propensity score
       analysis. Int J Biostat 2013;9:215-234. doi:10.1515/ijb-2012-0030
    .. [3] Robins JM, Hernan MA, Brumback B. Marginal structural models and causal
       inference in epidemiology. Epidemiology 2000;11:550-560.
       doi:10.1097/00001648-200009000-00011

    Examples
    --------
    >>> weight_by_score(np.array([0.7, 0.7]), np.array([True, False]), estimand="ATT")
    array([1.        , 2.33333333])
    """
    if certain := int((~((score > 0) & (score < 1))).sum()):
        raise InputError(
            f"the propensity score of {certain} patient(s) is not between 0 and 1: "
            "whose treatment is certain has no weight; take out of "
            "propensity.covariates what decides the treatment"
        )
    other = 1 - score
    own = np.where(treated, score, other)
    tilt = {
        "ATE": np.ones_like(score),
        "ATT": score,
        "ATC": other,
        "ATO": score * other,
        "ATM": np.minimum(score, other),
    }[estimand]
    weight = np.asarray(tilt / own)
    return weight * _stabilisers(treated, estimand) if stabilised else weight


def _stabilisers(treated: np.ndarray, estimand: Estimand) -> np.ndarray:
    share = float(treated.mean())
    of_arms = {
        "ATE": (share, 1 - share),
        "ATT": (1.0, (1 - share) / share),
        "ATC": (share / (1 - share), 1.0),
    }
    return np.where(treated, *of_arms.get(estimand, (1.0, 1.0)))


def truncate_weights(
    weight: np.ndarray, treated: np.ndarray, *, percentiles: tuple[float, float]
) -> Truncated:
    """Move the weights beyond two percentiles to them.

    The percentiles are of all patients together, arms ignored, interpolated as R does
    by default (type 7): position (n - 1) p between the ordered weights. A weight equal
    to a limit, but for rounding, is not counted as moved.

    Parameters
    ----------
    weight : ndarray of float, shape (n_patients,)
        Of the patients of the design, none of them 0.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    percentiles
        The lower and the upper, of 100; 0 or 100 leaves that side as it is.

    References
    ----------
    .. [1] Cole SR, Hernan MA. Constructing inverse probability weights for marginal
       structural models. Am J Epidemiol 2008;168:656-664. doi:10.1093/aje/kwn164
    """
    lower, upper = np.percentile(weight, percentiles)
    low, high = weight < lower * (1 - SAME), weight > upper * (1 + SAME)
    return Truncated(
        np.where(low, lower, np.where(high, upper, weight)),
        float(lower),
        float(upper),
        _count(low, treated),
        _count(high, treated),
    )


def select_trimmed(
    score: np.ndarray, treated: np.ndarray, *, rule: Trim, key: str
) -> Trimmed:
    """Keep the patients whose score leaves either treatment possible.

    Every rule keeps a closed interval of scores, so who is at its ends stays. Weights
    are then to be computed from a score fitted again on the kept.

    Parameters
    ----------
    score : ndarray of float, shape (n_patients,)
        Probability of treatment, strictly between 0 and 1.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    rule
        `{"score": (lower, upper)}` as given; Crump's rule of thumb is 0.1 and 0.9.
        "crump": a and 1 - a, with a by Crump's theorem the least variance of the
        effect; nobody goes if no 1/(e (1 - e)) is above twice its mean.
        "common": from the greater of the arms' least scores to the lesser of their
        greatest. `{"preference": (lower, upper)}` of Walker's preference score, whose
        logit is that of the score less that of the share of the treated; his are 0.3
        and 0.7.
    key
        Of the rule in the study file, for the message.

    Raises
    ------
    InputError
        If an arm keeps nobody.

    References
    ----------
    .. [1] Crump RK, Hotz VJ, Imbens GW, Mitnik OA. Dealing with limited overlap in
       estimation of average treatment effects. Biometrika 2009;96:187-199.
       doi:10.1093/biomet/asn055
    .. [2] Walker AM, Patrick AR, Lauer MS, et al. A tool for assessing the feasibility
       of comparative effectiveness research. Comp Eff Res 2013;3:11-20.
       doi:10.2147/CER.S40357
    """
    lower, upper = _interval(score, treated, rule)
    kept = (score >= lower) & (score <= upper)
    n_kept, n_left_out = _count(kept, treated), _count(~kept, treated)
    if not all(n_kept):
        raise InputError(
            f"{key} leaves {n_kept.treated} of {treated.sum()} treated and "
            f"{n_kept.control} of {(~treated).sum()} controls: the arms' scores "
            "hardly meet there; widen it, or take out of propensity.covariates what "
            "decides the treatment"
        )
    return Trimmed(kept, lower, upper, n_kept, n_left_out)


def _interval(
    score: np.ndarray, treated: np.ndarray, rule: Trim
) -> tuple[float, float]:
    """Return the least and the greatest score that a rule keeps."""
    if rule == "crump":
        least = _crump(score)
        return least, 1 - least
    if rule == "common":
        arms = score[treated], score[~treated]
        return max(map(float, map(np.min, arms))), min(map(float, map(np.max, arms)))
    (scale, limits), *_ = dict(rule).items()
    if scale == "score":
        return limits
    lower, upper = expit(logit(limits) + logit(treated.mean()))
    return float(lower), float(upper)


def _crump(score: np.ndarray) -> float:
    """Return the least score that Crump's theorem keeps.

    The cut g on 1/(e (1 - e)) is twice the mean of what it keeps. There may be several
    such cuts in a sample; the one of least variance, sum / n^2 of the kept, is taken.
    """
    spread = np.sort(1 / (score * (1 - score)))
    counts = np.arange(1, len(spread) + 1)
    total = np.cumsum(spread)
    cut = 2 * total / counts
    inside = (spread <= cut) & (np.r_[spread[1:], np.inf] > cut)
    places = np.flatnonzero(inside)
    best = places[np.argmin((total / counts**2)[places])]
    if best == len(spread) - 1:
        return 0.0
    return float((0.5 - np.sqrt(0.25 - 1 / cut[best])) * (1 - SAME))


def _count(rows: np.ndarray, treated: np.ndarray) -> Arms[int]:
    return Arms(int((rows & treated).sum()), int((rows & ~treated).sum()))
