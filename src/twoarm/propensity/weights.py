"""Weights of patients: by the propensity score, or by their matched sets."""

from typing import Literal

import numpy as np
import polars as pl


def weight_by_score(
    score: np.ndarray, treated: np.ndarray, *, estimand: Literal["ATE", "ATT", "ATO"]
) -> np.ndarray:
    """Weight patients by their propensity score.

    Parameters
    ----------
    score : ndarray of float, shape (n_patients,)
        Probability of treatment, strictly between 0 and 1.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    estimand
        ATE: 1/e and 1/(1-e). ATT: 1 and e/(1-e). ATO, the overlap: 1-e and e.

    References
    ----------
    .. [1] Li F, Morgan KL, Zaslavsky AM. Balancing covariates via propensity score
       weighting. J Am Stat Assoc 2018;113:390-400. doi:10.1080/01621459.2016.1260466

    Examples
    --------
    >>> weight_by_score(np.array([0.7, 0.7]), np.array([True, False]), estimand="ATT")
    array([1.        , 2.33333333])
    """
    tilt = {"ATE": np.ones_like(score), "ATT": score, "ATO": score * (1 - score)}
    return np.asarray(tilt[estimand] / np.where(treated, score, 1 - score))


def weight_sets(pairs: pl.DataFrame) -> pl.DataFrame:
    """Weight the patients of matched sets.

    A treated patient weighs 1; a control the sum over its sets of 1/(controls in the
    set), scaled so that the controls' weights sum to their number.

    Parameters
    ----------
    pairs
        As the contract Pairs.

    Returns
    -------
    pl.DataFrame
        `patient_id`, `weight`, `set_id`; the set of a control that is in several is
        null.
    """
    shares = pairs.with_columns(share=1 / pl.len().over("set_id"))
    controls = shares.group_by("patient_id").agg(
        weight=pl.col("share").sum(),
        set_id=pl.when(pl.len() == 1).then(pl.col("set_id").first()),
    )
    # Rounded, so that complete sets weigh exactly 1: three thirds may not.
    scaled = (pl.col("weight") * pl.len() / pl.col("weight").sum()).round(12)
    heads = pairs.select(patient_id="set_id", weight=1.0, set_id="set_id").unique()
    return pl.concat([heads, controls.with_columns(weight=scaled)]).sort("patient_id")
