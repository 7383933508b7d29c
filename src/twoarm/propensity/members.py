"""The members of one design, from the patients, its arms and its score."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.clocks import patients_at
from twoarm.propensity import designs
from twoarm.propensity.cloned import clone_design, weight_cloned
from twoarm.propensity.matching import list_members, match_design
from twoarm.propensity.sample import select_sample
from twoarm.propensity.trialled import derive_trials, weight_entered
from twoarm.propensity.weighting import weight_design
from twoarm.tables.propensity import Weights

OVER_TIME = ("cloning", "sequential")
"""Methods that weight each patient stretch by stretch."""


def match_members(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    scores: pl.DataFrame,
    design: Mapping[str, Any],
    *,
    name: str,
    endpoints: Sequence[str],
) -> pl.DataFrame:
    """Match the patients of a design.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null in a covariate.
    arms
        Rows of the design of the contract Arms.
    scores
        Rows of its score of the contract Scores.
    design, name
        The design, complete, and what messages call it.
    endpoints
        Endpoints whose follow-up says who is still at risk.

    Returns
    -------
    pl.DataFrame
        As the contract Sets.
    """
    cohort = patients_at(patients, arms, endpoints)
    sample = select_sample(cohort, scores, design, endpoints=endpoints)
    return list_members(match_design(sample, design, name), scores["patient_id"])


def weight_members(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    scores: pl.DataFrame,
    design: Mapping[str, Any],
    *,
    name: str,
    endpoints: Sequence[str],
    model: Mapping[str, Any],
) -> pl.DataFrame:
    """Weight the patients of a design.

    Parameters
    ----------
    patients, arms, scores, design, name, endpoints
        As in `match_members`.
    model
        How the score is estimated, with `within`.

    Returns
    -------
    pl.DataFrame
        As the contract Weights.
    """
    how = {key: each for key, each in model.items() if key != "within"}
    cohort = patients_at(patients, arms, endpoints)
    sample = select_sample(cohort, scores, design, within=model["within"])
    found = weight_design(sample, design, how, name)
    table = scores.select("patient_id", design=pl.lit(name))
    named = table.with_columns(weight=found.weight, altered=found.altered)
    return named.filter(pl.col("weight") > 0).select(Weights.column_names())


def make_over_time(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    *,
    name: str,
    endpoints: Sequence[str],
    histories: pl.DataFrame | None,
) -> dict[str, pl.DataFrame]:
    """Make the clones, or the nested trials, of a design, and weight them.

    Parameters
    ----------
    patients, design, name, endpoints
        As in `match_members`; the method is one of OVER_TIME.
    histories
        As the contract Histories, for a design whose covariates vary.

    Returns
    -------
    dict
        `clones` or `trials`, as the contract of that name.
    """
    given = (patients, design, endpoints, name)
    if design["method"] == "sequential":
        entered = derive_trials(*given, histories=histories)
        return {"trials": weight_entered(patients, entered, design, name)}
    copies = clone_design(*given, histories=histories)
    return {"clones": weight_cloned(patients, copies, design, name)}


def list_design(
    name: str,
    arms: pl.DataFrame,
    scores: pl.DataFrame,
    *,
    sets: pl.DataFrame | None,
    weights: pl.DataFrame,
    clones: pl.DataFrame,
    trials: pl.DataFrame,
) -> pl.DataFrame:
    """List the members of a design, whatever made it.

    Parameters
    ----------
    name, arms, scores
        As in `match_members`; no scores if the design has none.
    sets
        Of the design, as the contract Sets; None if it is not matched.
    weights, clones, trials
        Of any designs, as the contracts of these names.

    Returns
    -------
    pl.DataFrame
        As the contract Designs, without imputation.
    """
    if sets is not None:
        return designs.design_of_sets(name, arms, scores, sets)
    if name in weights["design"]:
        return designs.design_of_weights(name, arms, scores, weights)
    if name in clones["design"]:
        return designs.design_of_clones(name, clones)
    if name in trials["design"]:
        return designs.design_of_trials(name, trials)
    return designs.design_of_all(name, arms, scores)
