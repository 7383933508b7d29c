"""Cohorts of a scenario of the simulation, as the study would analyse them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.cohort import derive_days
from twoarm.simulation.model import CENTRES, simulate_candidates
from twoarm.simulation.proportional import (
    PROPORTIONAL,
    Proportional,
    simulate_proportional,
)
from twoarm.simulation.scenarios import SCENARIOS, Scenario
from twoarm.tables.cohort import Patients
from twoarm.tables.validation import Replicates
from twoarm.validation.replication import analyse_cohort

MARGIN = 1.3
"""How many more are drawn than asked for; some meet the criteria after the data cut."""
FIRST_YEAR = 2019.0
DRAWN: dict[str, Scenario | Proportional] = {**SCENARIOS, **PROPORTIONAL}
"""All that cohorts are drawn of."""
SEEN = pl.col("last_days") > pl.col("criteria_days")


def replicate_scenarios(
    plan: Mapping[str, Any],
    *,
    scenario: str,
    size: int,
    numbers: Sequence[int],
    seed: int,
    covariates: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    """Draw cohorts of a scenario and analyse each by all designs of the study.

    The random numbers of a cohort hang on the seed, the size and its number alone, so
    batches do not matter; scenarios share them as far as they can.

    Parameters
    ----------
    plan
        As in `analyse_cohort`; `bootstrap` may name the `sizes` that it is for.
    scenario
        A name in `DRAWN`.
    size
        Patients of each cohort.
    numbers
        Numbers of the cohorts.
    covariates
        Name to `column` and `kind`.

    Returns
    -------
    pl.DataFrame
        As the contract Replicates.
    """
    rows = []
    for number in numbers:
        rng = np.random.default_rng([seed, size, number])
        cohort = draw_scenario(rng, size, DRAWN[scenario], covariates)
        resampled = {**plan["bootstrap"], "seed": seed + number}
        asked = size in (resampled.get("sizes") or [size])
        own = {**plan, "bootstrap": resampled if asked else None}
        named = {"scenario": scenario, "n_patients": size, "replicate": number}
        rows += [{**row, **named} for row in analyse_cohort(cohort, own)]
    return Replicates.of(rows)


def draw_scenario(
    rng: np.random.Generator,
    size: int,
    scenario: Scenario | Proportional,
    covariates: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    """Draw a cohort of a scenario.

    Where AFP responses are missing, those patients are left out: what is analysed are
    the complete cases. Where progression is seen at scans alone, it is dated by them.

    Parameters
    ----------
    rng
        Source of the random numbers.
    size
        Patients, before any is left out.
    scenario
        What treatment does.
    covariates
        Name to `column` and `kind`, `continuous` or another.

    Returns
    -------
    pl.DataFrame
        As the contract Patients, with the endpoint `os`, and `pfs` where there is
        progression.
    """
    if isinstance(scenario, Proportional):
        people = simulate_proportional(rng, size, scenario)
    else:
        people = _follow_patients(rng, size, scenario)
    at_zero = pl.col("start_months") + pl.col("months_to_criteria")
    dated = people.with_columns(calendar_year=FIRST_YEAR + at_zero / 12)
    told = [_covariate(name, **each) for name, each in covariates.items()]
    return Patients.check(
        dated.select(
            pl.int_range(pl.len()).cast(pl.String).str.zfill(7).alias("patient_id"),
            pl.col("treated", "treatment_days"),
            pl.lit(None, pl.Date).alias("index_date"),
            pl.col("first_dose_days"),
            pl.col(r"^(os|pfs)_(days|event)$"),
        ).hstack(dated.select(told))
    )


def _follow_patients(
    rng: np.random.Generator, size: int, scenario: Scenario
) -> pl.DataFrame:
    """Draw patients of the illness-death model, with their days from time zero."""
    drawn = simulate_candidates(rng, int(MARGIN * size) + 20, scenario)
    people = _see_at_scans(derive_days(drawn), scenario).filter(SEEN).head(size)
    if scenario.missing:
        people = people.filter(_measured(rng.spawn(1)[0], people, scenario))
    day = pl.col("criteria_days")
    first = pl.min_horizontal("progression_days", "last_days")
    return people.with_columns(
        treatment_days=(pl.col("surgery_days") - day).cast(pl.Float64),
        first_dose_days=-day.cast(pl.Float64),
        os_days=(pl.col("last_days") - day).cast(pl.Float64),
        os_event=pl.col("death_days").is_not_null(),
        pfs_days=(first - day).cast(pl.Float64),
        pfs_event=pl.any_horizontal(
            pl.col("progression_days", "death_days").is_not_null()
        ),
    )


def _covariate(name: str, *, column: str, kind: str) -> pl.Expr:
    """Bring a covariate of the model to the form that a study gives it."""
    if kind == "continuous":
        return pl.col(column).cast(pl.Float64).alias(name)
    if column == "centre":
        return pl.col(column).cast(pl.Enum(list(CENTRES))).alias(name)
    flags = pl.col(column).cast(pl.Int8).cast(pl.String)
    return flags.cast(pl.Enum(["0", "1"])).alias(name)


def _see_at_scans(people: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """Date progression by the next scan; not seen if follow-up ends before it."""
    if not scenario.scan_months:
        return people
    months = {
        name: each * DAYS_PER_MONTH for name, each in scenario.scan_months.items()
    }
    between = pl.col("centre").replace_strict(months, return_dtype=pl.Float64)
    since = pl.col("progression_days") - pl.col("criteria_days")
    scan = pl.col("criteria_days") + ((since / between).ceil() * between).round()
    seen = pl.when(scan <= pl.col("last_days")).then(scan.cast(pl.Int64))
    return people.with_columns(progression_days=seen)


def _measured(
    rng: np.random.Generator, people: pl.DataFrame, scenario: Scenario
) -> pl.Series:
    """Draw whose AFP response is known: rarer in the second centre, and unoperated."""
    # ASSUME: half of the share in the operated of the first centre, and as much more in
    # the second, and without surgery.
    last = list(CENTRES)[-1]
    more = people.select(
        (pl.col("centre") == last).cast(pl.Float64)
        + (~pl.col("treated")).cast(pl.Float64)
    ).to_series()
    share = scenario.missing * (0.5 + 0.5 * more.to_numpy())
    return pl.Series(rng.uniform(size=people.height) >= share)
