"""A study's own designs, on a cohort of which the truth is known.

What the workflow does in jobs is done here in one go, by the same functions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.clocks import patients_at
from twoarm.cohort.arms import derive_arms
from twoarm.errors import InputError
from twoarm.propensity.cloned import clone_design, weight_cloned
from twoarm.propensity.members import list_design, match_members, weight_members
from twoarm.propensity.models import estimate_scores
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.survival.regression import ADJUSTED, fit_regression
from twoarm.survival.stack import TREATED
from twoarm.tables.propensity import Clones, Scores, Weights
from twoarm.validation.resamples import bootstrap_design, keep_numbers

Row = dict[str, Any]
Plan = Mapping[str, Any]
MEASURES = ("hazard_ratio", "rmst_difference", "survival_difference")
"""What is kept of the effects: the contrasts of the arms."""
EMPTY = {"weights": Weights.of([]), "clones": Clones.of([])}


def analyse_cohort(patients: pl.DataFrame, plan: Plan) -> list[Row]:
    """Analyse a cohort by all designs and endpoints of a study.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null in a covariate, sorted by `patient_id`.
    plan
        `endpoints`, `clocks`, `designs` (name to the complete design with its `score`),
        `scores` (name to terms), `model` of the score, `matching` and `crude` (methods
        that match, and that do nothing), `labels`, `analysis`, `regressions`; and, for
        the limits of a bootstrap, `bootstrap`: `designs`, `replicates`, `seed`.

    Returns
    -------
    list of dict
        Rows of the contract Replicates without scenario and number; a design that the
        cohort does not carry has one row an endpoint, with the reason.
    """
    everyone = derive_arms(patients, plan["clocks"], plan["endpoints"])
    scored: dict[str, Any] = {}
    rows: list[Row] = []
    for name in plan["clocks"]:
        arms = everyone.filter(design=name)
        try:
            members = _members(patients, arms, name, plan, scored)
        except InputError as error:
            rows += [_failed(name, each, error) for each in plan["endpoints"]]
            continue
        for endpoint in plan["endpoints"]:
            try:
                found = [*_effects(patients, members, name, endpoint, plan)]
                own = (patients, arms, name, endpoint, plan, scored)
                rows += [*found, *bootstrap_design(*own)]
            except InputError as error:  # the other endpoints stand
                rows.append(_failed(name, endpoint, error))
    return rows


def _members(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    name: str,
    plan: Plan,
    scored: dict[str, Any],
) -> pl.DataFrame:
    """Make the members of a design, as the contract Designs has them.

    Raises
    ------
    InputError
        An arm has nobody, or as the method of the design does.
    """
    if arms["treated"].n_unique() < 2:
        raise InputError("an arm has nobody")
    design: Any = plan["designs"].get(name)
    made: dict[str, Any] = {"sets": None, **EMPTY}
    how = {"name": name, "endpoints": plan["endpoints"]}
    if design is None or design["method"] in plan["crude"]:
        return list_design(name, arms, Scores.of([]), **made)
    if design["method"] == "cloning":
        copies = clone_design(patients, design, plan["endpoints"], name)
        made["clones"] = weight_cloned(patients, copies, design, name)
        return list_design(name, arms, Scores.of([]), **made)
    score = _score(patients, arms, design["score"], plan, scored)
    given = (patients, arms, score, design)
    if design["method"] in plan["matching"]:
        made["sets"] = match_members(*given, **how)
    else:
        made["weights"] = weight_members(*given, **how, model=plan["model"])
    return list_design(name, arms, score, **made)


def _score(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    name: str,
    plan: Plan,
    scored: dict[str, Any],
) -> pl.DataFrame:
    """Estimate a score once, or fail again as it did."""
    if name not in scored:
        own = patients_at(patients, arms, plan["endpoints"])
        try:
            found, _ = estimate_scores(own, plan["scores"][name], **plan["model"])
            scored[name] = found.sort("patient_id")
        except InputError as error:
            scored[name] = error
    if isinstance(scored[name], InputError):
        raise scored[name]
    return pl.DataFrame(scored[name])


def _effects(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    name: str,
    endpoint: str,
    plan: Plan,
) -> Iterator[Row]:
    """Estimate the contrasts of a design and endpoint, as `estimate_effects` does."""
    arms = arms_of(patients, members, endpoint=endpoint, labels=plan["labels"])
    if not all(len(arm.time) for arm in arms.values()):
        raise InputError("an arm has nobody")
    analysis = plan["analysis"]
    months = analysis["horizons_months"] or select_horizons(arms)
    level = {"confidence": analysis["confidence"]}
    rows = estimate_effects(
        arms,
        horizons_months=months,
        rmst_months=analysis["rmst_months"] or max(months, default=None),
        **level,
    )
    covariates = plan["regressions"].get(name, [])
    try:
        rows += fit_regression(patients, arms, covariates=covariates, **level)
    except InputError as error:  # a level that this cohort does not have
        told = {"measure": "hazard_ratio", "term": ADJUSTED, "method": str(error)}
        rows.append(told)
    named = {"endpoint": endpoint, "design": name}
    for row in rows:
        contrast = row["measure"] in MEASURES and row["term"] in (TREATED, ADJUSTED)
        if contrast and not row["method"].startswith("not estimated"):
            yield {**named, **keep_numbers(row)}


def _failed(name: str, endpoint: str, error: InputError) -> Row:
    return {
        "endpoint": endpoint,
        "design": name,
        "measure": "hazard_ratio",
        "term": TREATED,
        "reason": str(error).splitlines()[0],
    }
