"""The limits of a bootstrap, for a design of an invented cohort."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.clocks import patients_at
from twoarm.propensity.members import OVER_TIME
from twoarm.propensity.refitting import refit_design, refit_over_time
from twoarm.propensity.sample import select_sample
from twoarm.survival.resampling import (
    replicate_arms,
    replicate_clones,
    summarise_resamples,
)

Row = dict[str, Any]
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")


def bootstrap_design(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    name: str,
    endpoint: str,
    plan: Mapping[str, Any],
    scores: Mapping[str, Any],
) -> list[Row]:
    """Resample the patients of a design, if the plan asks for it.

    Parameters
    ----------
    patients, plan
        As in `twoarm.validation.replication.analyse_cohort`.
    arms
        Rows of the design of the contract Arms.
    scores
        Name of a score to its rows of the contract Scores.

    Returns
    -------
    list of dict
        Rows of the contract Replicates without scenario and number.
    """
    asked = plan.get("bootstrap")
    if not asked or name not in asked["designs"]:
        return []
    design, analysis, endpoints = (
        plan[key] for key in ("designs", "analysis", "endpoints")
    )
    design, of = design[name], None
    how = {"numbers": range(asked["replicates"]), "seed": asked["seed"]}
    ends = {key: analysis[key] for key in ("horizons_months", "rmst_months")}
    if design["method"] in OVER_TIME:
        of = "trials" if design["method"] == "sequential" else "clones"
        one = {"endpoint": endpoint, "histories": plan["histories"]}
        refit = refit_over_time(patients, design, endpoints, name, **one)
        drawn = replicate_clones(refit, patients.height, **ends, **how)
    else:
        model = plan["model"]
        score = {key: each for key, each in model.items() if key != "within"}
        cohort = patients_at(patients, arms, endpoints)
        own = scores[design["score"]]
        sample = select_sample(cohort, own, design, within=model["within"])
        refitted = refit_design(sample, design, score)
        drawn = replicate_arms(cohort, endpoint, refitted, **ends, **how)
    ends |= {"confidence": analysis["confidence"], "of": of}
    named = {"endpoint": endpoint, "design": name}
    found = summarise_resamples(drawn, **ends)
    return [{**named, **keep_numbers(row)} for row in found]


def keep_numbers(row: Mapping[str, Any]) -> Row:
    """Keep of an effect its place, its numbers, and why there are none."""
    numbers = {key: row.get(key) for key in NUMBERS}
    place = {key: row.get(key) for key in ("measure", "term", "months")}
    reason = row.get("method") if numbers["estimate"] is None else None
    return {**place, **numbers, "reason": reason}
