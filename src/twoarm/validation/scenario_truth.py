"""The true effects of a scenario, by following the same patients under strategies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.courses import Chances, draw_chances, follow_courses
from twoarm.simulation.model import derive_scores, simulate_covariates
from twoarm.simulation.scenarios import SCENARIOS, Scenario
from twoarm.survival.regression import ADJUSTED
from twoarm.survival.resampling import BOOTSTRAPPED
from twoarm.survival.stack import TREATED
from twoarm.survival.two_arms import fit_two_arms

PROJECTED_MONTHS = 60.0
"""Follow-up over which a hazard ratio that changes is projected on one."""
ENDPOINTS = ("os", "pfs")
BATCHES = 10
"""Draws whose spread gives the Monte Carlo error."""
GRACE_MONTHS = 3.0


def estimate_truths(
    scenario: str,
    clocks: Mapping[str, Mapping[str, Any]],
    *,
    size: int,
    seed: int,
    horizons_months: Sequence[float],
    rmst_months: float,
) -> list[dict[str, Any]]:
    """Estimate what each design of a study would find if nothing stood in its way.

    The same patients follow two strategies without loss: surgery on their own day, but
    at the end of the grace period at the latest, if nothing comes before; and never. A
    design with a landmark compares those free of progression then, from there on. With
    a treatment that changes, the ratio of the model is true of progression, given all
    covariates.

    Parameters
    ----------
    scenario
        A name in `SCENARIOS`.
    clocks
        Design to its clock.
    size
        Patients drawn, all in all.
    seed
        Seed of the random numbers.
    horizons_months, rmst_months
        Months of survival and of the restricted mean.

    Returns
    -------
    list of dict
        Rows of the contract Truths; `design` is null for what holds for all others.

    References
    ----------
    .. [1] Morris TP, White IR, Crowther MJ. Using simulation studies to evaluate
       statistical methods. Stat Med 2019;38:2074-2102. doi:10.1002/sim.8086
    """
    chosen = SCENARIOS[scenario]
    asked: list[tuple[str, float | None]] = [("hazard_ratio", None)]
    asked += [("survival_difference", each) for each in horizons_months]
    asked += [("rmst_difference", rmst_months)]
    origins: dict[str | None, float] = {None: 0.0}
    for name, clock in clocks.items():
        if clock["landmark_days"]:
            origins[name] = clock["landmark_days"] / DAYS_PER_MONTH
    rows = []
    for design, origin in origins.items():
        draws = [
            list(_answers(chosen, [seed, batch], size // BATCHES, origin, asked))
            for batch in range(BATCHES)
        ]
        found = np.array(draws)
        error = found.std(axis=0, ddof=1) / np.sqrt(BATCHES)
        keys = [(end, *each) for end in ENDPOINTS for each in asked]
        for key, mean, each in zip(keys, found.mean(axis=0), error, strict=True):
            for term in (TREATED, BOOTSTRAPPED):
                numbers = {"truth": float(mean), "std_error": float(each)}
                rows.append(_row(scenario, design, term, key, **numbers))
    return [*rows, *_conditional(scenario, clocks)]


def _row(
    scenario: str, design: str | None, term: str, key: Sequence[Any], **numbers: float
) -> dict[str, Any]:
    names = ("endpoint", "measure", "months")
    named = {"scenario": scenario, "design": design, "term": term}
    return {**named, **dict(zip(names, key, strict=True)), **numbers}


def _conditional(
    scenario: str, clocks: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the truths of regressions with covariates, where one ratio is true."""
    effect, known = SCENARIOS[scenario], {"std_error": 0.0}
    nothing = effect.progression == effect.death == 1
    for endpoint in ENDPOINTS if nothing else ():
        key = (endpoint, "hazard_ratio", None)
        yield _row(scenario, None, ADJUSTED, key, truth=0.0, **known)
    plain = not (effect.cured_operated or effect.early_death or nothing)
    for name, clock in clocks.items():
        if plain and clock["clock"] == "time_dependent":
            truth = float(np.log(effect.progression))
            key = ("pfs", "hazard_ratio", None)
            yield _row(scenario, name, ADJUSTED, key, truth=truth, **known)


def _answers(
    scenario: Scenario,
    seed: Sequence[int],
    size: int,
    origin: float,
    asked: Sequence[tuple[str, float | None]],
) -> Iterator[float]:
    """Yield the answer to each measure of each endpoint, of one draw."""
    rng = np.random.default_rng(seed)
    scored = derive_scores(simulate_covariates(rng, size), scenario, rng)
    chances = draw_chances(rng, scored, scenario)
    latest = origin or GRACE_MONTHS
    wait = np.where(chances.intended, np.minimum(chances.wait, latest), latest)
    never = np.full(size, np.inf)
    arms = [_follow(chances, each, scenario, origin) for each in (wait, never)]
    for endpoint in ENDPOINTS:
        times = [each[endpoint] for each in arms]
        for measure, months in asked:
            yield _contrast(times, measure, months, PROJECTED_MONTHS - origin)


def _follow(
    chances: Chances, wait: np.ndarray, scenario: Scenario, origin: float
) -> dict[str, np.ndarray]:
    """Follow patients from where the clock starts, those who are free then."""
    courses = follow_courses(chances, wait, scenario)
    first = np.fmin(courses.progression, courses.death)
    free = first > origin
    times = {"os": courses.death, "pfs": first}
    return {name: each[free] - origin for name, each in times.items()}


def _contrast(
    times: Sequence[np.ndarray], measure: str, months: float | None, until: float
) -> float:
    """Contrast the strategies by one measure, surgery first."""
    if measure == "hazard_ratio":
        time, sizes = np.concatenate(times), [len(each) for each in times]
        arm = np.repeat([True, False], sizes)
        return fit_two_arms(np.minimum(time, until), time <= until, arm).estimate
    end = months or 0.0
    one, other = (
        float((each > end).mean())
        if measure == "survival_difference"
        else float(np.minimum(each, end).mean())
        for each in times
    )
    return one - other
