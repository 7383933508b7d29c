"""Weighted designs: from the patients of a design to their weights."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from twoarm.propensity.covariate_balancing import weight_by_covariate_balancing
from twoarm.propensity.entropy import weight_by_entropy
from twoarm.propensity.models import fit_scores
from twoarm.propensity.sample import Sample
from twoarm.propensity.weights import (
    select_trimmed,
    truncate_weights,
    weight_by_score,
)

UNADJUSTED = "unadjusted"
"""Name of the score that designs share."""


class Weighted(NamedTuple):
    """Weights of the patients, 0 for who is trimmed, and which were truncated."""

    weight: np.ndarray
    altered: np.ndarray


def weight_design(
    sample: Sample, design: Mapping[str, Any], model: Mapping[str, Any], name: str
) -> Weighted:
    """Weight the patients of a design.

    Parameters
    ----------
    sample, design
        The patients, scored, and the design, complete.
    model
        How the score is estimated, for the patients whom trimming leaves.
    name
        Of the design, for the messages.

    Raises
    ------
    InputError
        If trimming empties an arm, or no weights balance the arms; with the key.
    """
    if design["method"] == "weighting":
        return _weight_by_score(sample, design, model, name)
    own = design["score"] != UNADJUSTED
    key = f"designs.{name}.covariates" if own else "propensity.covariates"
    if design["method"] == "entropy":
        return _weight_by_entropy(sample, design, key)
    return _weight_by_covariate_balancing(sample, design, key)


def rescore(sample: Sample, model: Mapping[str, Any]) -> Sample:
    """Score the patients of a sample anew."""
    found = fit_scores(
        sample.treated, sample.matrix, sample.names, groups=sample.groups, **model
    )
    return sample._replace(score=found.probability, logit=found.logit)


def _weight_by_score(
    sample: Sample, design: Mapping[str, Any], model: Mapping[str, Any], name: str
) -> Weighted:
    """Weight by the score; after trimming by that of the patients who stay."""
    size = len(sample.treated)
    weight, altered = np.zeros(size), np.zeros(size, bool)
    kept = np.arange(size)
    if design["trim"]:
        key = f"designs.{name}.trim"
        found = select_trimmed(
            sample.score, sample.treated, rule=design["trim"], key=key
        )
        kept = np.flatnonzero(found.kept)
        if len(kept) < size:
            sample = rescore(sample.take(kept), model)
    inside = weight_by_score(
        sample.score,
        sample.treated,
        estimand=design["estimand"],
        stabilised=design["stabilised"],
    )
    if design["truncate"]:
        bounded = truncate_weights(
            inside, sample.treated, percentiles=design["truncate"]
        )
        altered[kept] = bounded.weight != inside
        inside = bounded.weight
    weight[kept] = inside
    return Weighted(weight, altered)


def _weight_by_entropy(sample: Sample, design: Mapping[str, Any], key: str) -> Weighted:
    levels = np.isin(sample.matrix, (0, 1)).all(axis=0)
    weight = weight_by_entropy(
        sample.matrix,
        sample.treated,
        estimand=design["estimand"],
        moments=np.where(levels, 1, design["moments"]).tolist(),
        names=sample.names,
        key=key,
    )
    return Weighted(weight, np.zeros(len(weight), bool))


def _weight_by_covariate_balancing(
    sample: Sample, design: Mapping[str, Any], key: str
) -> Weighted:
    found = weight_by_covariate_balancing(
        sample.matrix,
        sample.treated,
        estimand=design["estimand"],
        names=sample.names,
        key=key,
    )
    return Weighted(found.weight, np.zeros(len(found.weight), bool))
