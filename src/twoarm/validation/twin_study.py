"""Every design of a study, on many twins of its cohort."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.survival.stack import TREATED
from twoarm.tables.validation import Performance, Replicates, Truths
from twoarm.validation.performance import assess_performance
from twoarm.validation.replication import analyse_cohort
from twoarm.validation.twin import Twin, fit_twin
from twoarm.validation.twin_draws import copy_histories, draw_twin
from twoarm.validation.twin_truth import estimate_twin_truths

ESTIMATED = "estimated"
"""Name of the effect that the cohort itself shows."""
OF_TRUTH = 0
"""Number of the random numbers of the truth; those of cohorts begin with 1."""


def list_numbers(batch: int, *, replicates: int, size: int) -> list[int]:
    """List the numbers of the cohorts of a batch; both count from 1.

    >>> list_numbers(2, replicates=5, size=3)
    [4, 5]
    """
    first = (batch - 1) * size + 1
    return list(range(first, min(first + size, replicates + 1)))


def replicate_twins(
    patients: pl.DataFrame,
    plan: Mapping[str, Any],
    *,
    effect: str,
    numbers: Sequence[int],
    seed: int,
    covariates: Sequence[str],
    lead: str | None = None,
    histories: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Draw twins of a cohort and analyse each by all designs of the study.

    The random numbers of a cohort hang on the seed and its number alone; the cohorts of
    several effects share them.

    Parameters
    ----------
    patients
        As the contract Patients.
    plan
        As in `analyse_cohort`.
    effect
        Hazard ratio of treatment as text, or `estimated`.
    numbers
        Numbers of the cohorts.
    covariates, lead
        As in `fit_twin`.
    histories
        As the contract Histories, for designs whose covariates vary.

    Returns
    -------
    pl.DataFrame
        As the contract Replicates. Where no twin can be, one row with the reason.
    """
    try:
        twin = fit_twin(patients, plan["endpoints"], covariates, lead=lead)
    except InputError as error:
        return _none(patients.height, plan, effect, str(error))
    own = {**plan, "endpoints": list(dict.fromkeys(twin.endpoints))}
    rows = []
    for number in numbers:
        rng, again = (np.random.default_rng([seed, number]) for _ in "ab")
        cohort = draw_twin(twin, rng, effect=effect_of(effect))
        later = None if histories is None else copy_histories(twin, again, histories)
        named = {"scenario": effect, "n_patients": cohort.height, "replicate": number}
        rows += [{**row, **named} for row in analyse_cohort(cohort, own, later)]
    return Replicates.of(rows)


def assess_twins(
    patients: pl.DataFrame,
    replicates: pl.DataFrame,
    plan: Mapping[str, Any],
    *,
    seed: int,
    covariates: Sequence[str],
    lead: str | None = None,
    grace_days: float | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Assess how near each design comes to the truth of the twins.

    Parameters
    ----------
    patients, plan, seed, covariates, lead
        As in `replicate_twins`.
    replicates
        As the contract Replicates, of all effects and batches.
    grace_days
        As in `estimate_twin_truths`.

    Returns
    -------
    pl.DataFrame, pl.DataFrame
        As the contracts Performance and Truths.
    """
    truths: list[dict[str, Any]] = []
    known = replicates.filter(pl.col("estimate").is_not_null())
    if known.height:
        twin = fit_twin(patients, plan["endpoints"], covariates, lead=lead)
        truths = _truths(twin, known, plan, seed, grace_days)
    found = Truths.of(truths)
    performance = assess_performance(replicates, found)
    return Performance.check(performance), Truths.check(found)


def effect_of(name: str) -> float | None:
    """Read an effect from its name; None for that of the cohort itself."""
    return None if name == ESTIMATED else float(name)


def _truths(
    twin: Twin,
    known: pl.DataFrame,
    plan: Mapping[str, Any],
    seed: int,
    grace_days: float | None,
) -> list[dict[str, Any]]:
    asked = known.select("measure", "months").unique().rows()
    rows = []
    for effect in known["scenario"].unique().sort():
        found = estimate_twin_truths(
            twin,
            plan["clocks"],
            asked,
            effect=effect_of(effect),
            seed=[seed, OF_TRUTH],
            grace_days=grace_days,
        )
        rows += [{**row, "scenario": effect} for row in found]
    return rows


def _none(n: int, plan: Mapping[str, Any], effect: str, reason: str) -> pl.DataFrame:
    """Say in a row why there is no twin."""
    row = {"scenario": effect, "n_patients": n, "replicate": 0, "term": TREATED}
    place = {"endpoint": plan["endpoints"][0], "design": "unadjusted"}
    told = {"measure": "hazard_ratio", "reason": reason}
    return Replicates.of([{**row, **place, **told}])
