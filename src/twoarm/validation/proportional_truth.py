"""The true effects under proportional hazards, of the population of each design."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.cohort.arms import derive_arms
from twoarm.simulation.proportional import (
    PROPORTIONAL,
    Population,
    Proportional,
    draw_population,
)
from twoarm.validation.proportional_answers import Key, Whom, answer_of
from twoarm.validation.replication import members_of
from twoarm.validation.scenario_truth import BATCHES
from twoarm.validation.scenarios import draw_scenario

MATCHED = 2000
"""Patients of a cohort by whose match the matched are found."""


def estimate_proportional_truths(
    scenario: str,
    plan: Mapping[str, Any],
    *,
    covariates: Mapping[str, Mapping[str, Any]],
    size: int,
    seed: int,
    horizons_months: Sequence[float],
    rmst_months: float,
) -> list[dict[str, Any]]:
    """Estimate what each design of a study would find if nothing stood in its way.

    Both potential outcomes of each patient are known as curves, so that only the
    patients are drawn. They count as the design asks: all alike; by the true score,
    such as e (1 - e) for the overlap; or, under a match, who of the treated is matched
    in cohorts of 2000. A hazard ratio is the root of Cox's equation of both outcomes,
    in arms of one size, with the censoring of the cohorts; given the covariates it is
    that of the model. Days are those of the cohorts: of an event the day that it falls
    on. No truth is given of designs that trim, or match for others than the treated.

    Parameters
    ----------
    scenario
        A name in `PROPORTIONAL`.
    plan
        As in `twoarm.validation.replication.analyse_cohort`.
    covariates
        Name to `column` and `kind`.
    size
        Patients drawn, all in all.
    seed
        Seed of the random numbers.
    horizons_months, rmst_months
        Months of survival and of the restricted mean.

    Returns
    -------
    list of dict
        Rows of the contract Truths, with `std_error` by the spread of ten draws.

    References
    ----------
    .. [1] Struthers CA, Kalbfleisch JD. Misspecified proportional hazard models.
       Biometrika 1986;73:363-369. doi:10.1093/biomet/73.2.363
    .. [2] Austin PC. The performance of different propensity score methods for
       estimating marginal hazard ratios. Stat Med 2013;32:2837-2849.
       doi:10.1002/sim.5705
    """
    chosen, ends = PROPORTIONAL[scenario], (horizons_months, rmst_months)
    drawn: dict[str, list[dict[Key, float]]] = {name: [] for name in plan["clocks"]}
    for batch in range(BATCHES):
        own = (size // BATCHES, [seed, batch], covariates)
        for design, whom in _populations(chosen, plan, *own):
            drawn[design].append(answer_of(whom, chosen.effect, plan, *ends))
    return [
        {**row, "scenario": scenario, "design": design}
        for design, found in drawn.items()
        for row in _means(found)
    ]


def _means(found: list[dict[Key, float]]) -> Iterator[dict[str, Any]]:
    """Yield the mean of each answer that all draws have, and its error."""
    for measure, term, months in found[0] if found else ():
        draws = np.array([each[measure, term, months] for each in found])
        if np.isfinite(draws).all():
            yield {
                "endpoint": "os",
                "measure": measure,
                "term": term,
                "months": months,
                "truth": float(draws.mean()),
                "std_error": float(draws.std(ddof=1) / np.sqrt(len(draws))),
            }


def _populations(
    scenario: Proportional,
    plan: Mapping[str, Any],
    size: int,
    seed: Sequence[int],
    covariates: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, Whom]]:
    """Yield each design with whom it answers for."""
    people = draw_population(np.random.default_rng(seed), size, scenario)
    score = people.score
    tilts = {
        None: np.ones(size),
        "ATE": np.ones(size),
        "ATT": score,
        "ATC": 1 - score,
        "ATO": score * (1 - score),
        "ATM": np.minimum(score, 1 - score),
    }
    strata = [covariates[name]["column"] for name in plan["analysis"]["strata"]]
    for name in plan["clocks"]:
        design = plan["designs"].get(name, {"method": "crude", "estimand": None})
        if design["method"] not in plan["matching"]:
            if not design.get("trim"):
                yield name, _whom(people, tilts[design["estimand"]], strata)
        elif design["estimand"] == "ATT":
            given = (scenario, plan, name, covariates, strata)
            cohorts = range(max(size // MATCHED, 1))
            parts = [_matched(*given, [*seed, cohort]) for cohort in cohorts]
            yield name, Whom(*map(np.concatenate, zip(*parts, strict=True)))


def _matched(
    scenario: Proportional,
    plan: Mapping[str, Any],
    name: str,
    covariates: Mapping[str, Mapping[str, Any]],
    strata: Sequence[str],
    seed: Sequence[int],
) -> Whom:
    """Find the treated of a cohort who have a match."""
    # The same numbers twice: a cohort begins with its population.
    people = draw_population(np.random.default_rng(seed), MATCHED, scenario)
    again = np.random.default_rng(seed)
    patients = draw_scenario(again, MATCHED, scenario, covariates)
    arms = derive_arms(patients, {name: plan["clocks"][name]}, ["os"])
    members = members_of(patients, arms, name, {**plan, "endpoints": ["os"]}, {})
    inside = patients["patient_id"].is_in(members.filter("treated")["patient_id"])
    return _whom(people, inside.to_numpy().astype(float), strata)


def _whom(people: Population, weight: np.ndarray, strata: Sequence[str]) -> Whom:
    stratum = np.zeros(len(weight), int)
    if strata:
        joined = people.covariates.select(pl.struct(strata).rank("dense"))
        stratum = joined.to_series().to_numpy().astype(int)
    return Whom(people.log_hazard, weight, stratum)
