"""A study's own designs, on a cohort of which the truth is known.

What the workflow does in jobs is done here in one go, by the same functions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.clocks import patients_at
from twoarm.cohort.arms import derive_arms
from twoarm.errors import InputError
from twoarm.propensity.members import (
    OVER_TIME,
    list_design,
    make_over_time,
    match_members,
    weight_members,
)
from twoarm.propensity.models import estimate_scores
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.survival.regression import ADJUSTED, fit_regression
from twoarm.survival.stack import TREATED
from twoarm.survival.variants import estimate_variants
from twoarm.tables.propensity import Clones, Scores, Trials, Weights
from twoarm.validation.resamples import bootstrap_design, keep_numbers

Row = dict[str, Any]
Plan = Mapping[str, Any]
CONTRASTS = ("hazard_ratio", "rmst_difference", "survival_difference")
"""What is kept of the effects: the contrasts of the arms."""
VARIANTS = (*CONTRASTS, "rmst_ratio", "logrank", "proportional_hazards")
"""The same, with other answers and tests."""
OF_ARMS = ("survival", "rmst", "median")
"""What is then kept of each arm."""
EMPTY = {"weights": Weights.of([]), "clones": Clones.of([]), "trials": Trials.of([])}


def analyse_cohort(
    patients: pl.DataFrame, plan: Plan, histories: pl.DataFrame | None = None
) -> list[Row]:
    """Analyse a cohort by all designs and endpoints of a study.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null in a covariate, sorted by `patient_id`.
    plan
        `endpoints`, `clocks`, `designs` (name to the complete design with its `score`),
        `scores` (name to terms), `model` of the score, `matching` and `crude` (methods
        that match, and that do nothing), `labels`, `analysis`, `regressions`, and
        `variants`: whether the other answers are tried that `analysis`, then whole,
        asks for. For the limits of a bootstrap `bootstrap`: `designs`, `replicates`,
        `seed`.
    histories
        As the contract Histories, for designs whose covariates vary.

    Returns
    -------
    list of dict
        Rows of the contract Replicates without scenario and number; a design that the
        cohort does not carry has one row an endpoint, with the reason.
    """
    plan = {**plan, "histories": histories}
    everyone = derive_arms(patients, plan["clocks"], plan["endpoints"])
    scored: dict[str, Any] = {}
    rows: list[Row] = []
    for name in plan["clocks"]:
        arms = everyone.filter(design=name)
        try:
            members = members_of(patients, arms, name, plan, scored)
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


def members_of(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    name: str,
    plan: Plan,
    scored: dict[str, Any],
) -> pl.DataFrame:
    """Make the members of a design of a cohort.

    Parameters
    ----------
    patients, plan
        As in `analyse_cohort`; of the plan that is `designs` to `crude`, and
        `histories`.
    arms
        Rows of the design of the contract Arms.
    name
        The design.
    scored
        Name of a score to its rows of the contract Scores, or to why it has none; what
        is estimated is added.

    Returns
    -------
    pl.DataFrame
        As the contract Designs, without imputation.

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
    if design["method"] in OVER_TIME:
        later = {"histories": plan["histories"]}
        made |= make_over_time(patients, design, **how, **later)
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
    analysis, covariates = plan["analysis"], plan["regressions"].get(name, [])
    months = analysis["horizons_months"] or select_horizons(arms)
    ends: dict[str, Any] = {
        "horizons_months": months,
        "rmst_months": analysis["rmst_months"] or max(months, default=None),
    }
    level = {"confidence": analysis["confidence"]}
    rows = estimate_effects(arms, **ends, **level, limits=analysis["limits"])
    try:
        rows += fit_regression(patients, arms, covariates=covariates, **level)
    except InputError as error:  # a level that this cohort does not have
        told = {"measure": "hazard_ratio", "term": ADJUSTED, "method": str(error)}
        rows.append(told)
    if plan["variants"]:
        own: dict[str, Any] = {"asked": analysis, "covariates": covariates, **ends}
        rows += estimate_variants(patients, arms, members, **own)
    named = {"endpoint": endpoint, "design": name}
    for row in rows:
        if _kept(row, plan):
            yield {**named, **keep_numbers(row)}


def _kept(row: Row, plan: Plan) -> bool:
    """Tell whether an effect is of the arms, and among what the plan tries."""
    if row["method"].startswith("not estimated"):
        return False
    contrast = row["measure"] in CONTRASTS and row["term"] in (TREATED, ADJUSTED)
    if not plan["variants"]:
        return contrast
    of_treatment = row["term"].startswith(TREATED) and row["measure"] in VARIANTS
    of_arm = row["term"] in plan["labels"].values() and row["measure"] in OF_ARMS
    return of_treatment or of_arm


def _failed(name: str, endpoint: str, error: InputError) -> Row:
    return {
        "endpoint": endpoint,
        "design": name,
        "measure": "hazard_ratio",
        "term": TREATED,
        "reason": str(error).splitlines()[0],
    }
