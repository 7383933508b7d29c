"""The data-generating model of patients who meet the criteria for surgery.

Time zero is the day the criteria are met; months are of 30.4375 days.
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl

from twoarm.simulation.courses import draw_chances, follow_courses
from twoarm.simulation.scenarios import SCENARIOS, Scenario

# ASSUME: all constants of this module are invented. They were chosen together so that
# a naive analysis, from the first dose, shows what a published series shows.
# SOURCE: of what is shown: Conversion surgery after immune checkpoint inhibitor-based
# combination therapy for initially unresectable hepatocellular carcinoma, Liver Cancer
# 2025: median survival 25.4 months without surgery, hazard ratios 0.26 and 0.39.


@dataclass(frozen=True)
class Centre:
    """How a centre differs."""

    share: float
    """Share of the patients."""
    surgery: float
    """Added to the log odds of intended surgery."""
    hazard: float
    """Added to the log hazards."""


# ASSUME: of the model's five centres the first and the fourth stand for all: their
# effects have nearly the mean and the spread of the five.
# The cohorts of the studies of truth and of calibration have these two: their tables in
# docs/ stand on them.
CENTRES = {"a": Centre(0.60, 0.45, -0.05), "b": Centre(0.40, -0.35, 0.05)}

FIVE = {
    "a": Centre(0.34, 0.45, -0.05),
    "b": Centre(0.22, 0.10, 0.00),
    "c": Centre(0.18, -0.15, 0.05),
    "d": Centre(0.15, -0.35, 0.05),
    "e": Centre(0.11, -0.55, 0.00),
}
"""The centres whose exports the default study reads."""

SURGERY = {
    "years_to_criteria": SCENARIOS["moderate"].surgery_year,
    "age_decades": -0.36,
    "ecog": -0.84,
    "afp_response": 0.72,
    "portal_invasion": -0.96,
    "many_lesions": -0.72,
    "albi_z": -0.66,
    "extrahepatic_spread": -1.08,
    "depth_z": 0.48,
}
"""Covariate to its log odds ratio of intended surgery, beside an intercept."""

PROGNOSIS = {
    "years_to_criteria": -0.05,
    "age_decades": 0.09,
    "ecog": 0.405,
    "afp_response": -0.45,
    "portal_invasion": 0.495,
    "many_lesions": 0.36,
    "albi_z": 0.315,
    "extrahepatic_spread": 0.495,
    "depth_z": -0.27,
}
"""Covariate to its log hazard ratio of progression and of death."""

CUT_MONTHS = 64.0
"""Months from the first day of accrual to the data cut."""
ACCRUAL_MONTHS = 61.0


def simulate_candidates(
    rng: np.random.Generator,
    n: int,
    scenario: Scenario,
    centres: Mapping[str, Centre] = CENTRES,
) -> pl.DataFrame:
    """Draw patients who meet the criteria, with what would become of each.

    Parameters
    ----------
    rng
        Source of the random numbers.
    n
        How many to draw.
    scenario
        What surgery does.
    centres
        Where they are treated.

    Returns
    -------
    pl.DataFrame
        One row a patient: covariates at time zero; `intended` (True: the board chose
        surgery) and `operated` (True: the patient was alive and free of progression
        when surgery was due); in months from time zero `wait_months` (null if not
        operated), `progression_months` (null if death came first), `death_months`,
        and `censor_months`. Nothing is censored yet.
    """
    scored = derive_scores(simulate_covariates(rng, n, centres), scenario, rng, centres)
    return simulate_times(rng, scored, scenario)


def simulate_covariates(
    rng: np.random.Generator, n: int, centres: Mapping[str, Centre] = CENTRES
) -> pl.DataFrame:
    """Draw the covariates at time zero.

    Parameters
    ----------
    rng
        Source of the random numbers.
    n
        How many patients to draw.
    centres
        Where they are treated.

    Returns
    -------
    pl.DataFrame
        `age_years`; `depth_percent`, the change of the target lesions since the first
        dose in percent (negative: smaller); `albi`, the albumin-bilirubin score;
        `start_months`, first dose since the first day of accrual;
        `months_to_criteria`, from there to time zero; flags and grades.
    """
    age = np.clip(rng.normal(57, 10.5, n), 20, 82)
    depth, albi = rng.normal(size=(2, n))
    visit = rng.choice([2, 4, 6, 8, 10, 12], n, p=[0.22, 0.33, 0.20, 0.12, 0.08, 0.05])
    return pl.DataFrame(
        {
            "centre": _simulate_centres(rng, n, centres),
            "age_years": age,
            "depth_z": depth,
            "depth_percent": np.clip(-38 - 16 * depth, -100, 15),
            "albi_z": albi,
            "albi": -2.55 + 0.38 * albi,
            "afp_response": rng.uniform(size=n) < _expit(0.3 + 0.9 * depth),
            "ecog": (rng.uniform(size=n) < _expit(-1.2 + 0.03 * (age - 57))).astype(
                int
            ),
            "portal_invasion": rng.uniform(size=n) < 0.36,
            "many_lesions": rng.uniform(size=n) < 0.28,
            "extrahepatic_spread": rng.uniform(size=n) < 0.08,
            "start_months": simulate_starts(rng, n),
            "months_to_criteria": visit + rng.uniform(-0.4, 0.4, n),
        }
    )


def _simulate_centres(
    rng: np.random.Generator, n: int, centres: Mapping[str, Centre]
) -> list[str]:
    shares = [centre.share for centre in centres.values()]
    return [str(name) for name in rng.choice(list(centres), n, p=shares)]


def simulate_starts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw the first dose of each patient, in months since accrual began."""
    return ACCRUAL_MONTHS * rng.beta(1.35, 1.35, n)


def derive_scores(
    covariates: pl.DataFrame,
    scenario: Scenario,
    rng: np.random.Generator | None = None,
    centres: Mapping[str, Centre] = CENTRES,
) -> pl.DataFrame:
    """Add `surgery_score`, a log odds, and `prognostic_score`, a log hazard ratio.

    Parameters
    ----------
    covariates
        As `simulate_covariates` gives them.
    scenario
        What surgery does.
    rng
        Source of the random numbers; what nobody measured has random numbers of its
        own, so that the others are the same in all scenarios.
    centres
        Where they are treated.
    """
    at_criteria = pl.col("start_months") + pl.col("months_to_criteria")
    surgery = {name: centre.surgery for name, centre in centres.items()}
    hazard = {name: centre.hazard for name, centre in centres.items()}
    hidden = np.zeros(covariates.height)
    if scenario.hides and rng is not None:
        hidden = rng.spawn(1)[0].normal(size=covariates.height)
    chosen = _scaled(SURGERY, scenario.surgery_scale, scenario.surgery_year)
    known = _scaled(PROGNOSIS, scenario.prognosis_scale, PROGNOSIS["years_to_criteria"])
    return covariates.with_columns(
        years_to_criteria=(at_criteria - 36) / 12,
        age_decades=(pl.col("age_years") - 57) / 10,
    ).with_columns(
        surgery_score=scenario.intercept
        + _sum(chosen)
        + pl.col("centre").replace_strict(surgery, return_dtype=pl.Float64)
        + pl.Series(scenario.hidden_surgery * hidden),
        prognostic_score=_sum(known)
        + pl.col("centre").replace_strict(hazard, return_dtype=pl.Float64)
        + pl.Series(scenario.hidden_prognosis * hidden),
    )


def simulate_times(
    rng: np.random.Generator, scored: pl.DataFrame, scenario: Scenario
) -> pl.DataFrame:
    """Draw intent, waiting time, progression, death and censoring of scored patients.

    Intent, wait and the courses without surgery do not depend on one another given the
    covariates. A patient is operated if the wait ends before progression and death;
    from then on the scenario's hazard ratios hold. The clock of death after progression
    starts at progression. Returns as `simulate_candidates` does.
    """
    chances = draw_chances(rng, scored, scenario)
    wait = np.where(chances.intended, chances.wait, np.inf)
    courses = follow_courses(chances, wait, scenario)
    followed = CUT_MONTHS - scored["start_months"]
    followed -= scored["months_to_criteria"]
    return scored.with_columns(
        intended=pl.Series(chances.intended),
        operated=pl.Series(courses.operated),
        wait_months=pl.Series(np.where(courses.operated, wait, np.nan)),
        progression_months=pl.Series(courses.progression),
        death_months=pl.Series(courses.death),
        censor_months=pl.Series(np.minimum(followed.to_numpy(), chances.loss)),
    ).with_columns(pl.col("wait_months", "progression_months").fill_nan(None))


def _scaled(
    weights: Mapping[str, float], scale: float, year: float
) -> dict[str, float]:
    """Scale all weights but that of calendar time."""
    scaled = {name: scale * each for name, each in weights.items()}
    return {**scaled, "years_to_criteria": year}


def _sum(weights: Mapping[str, float]) -> pl.Expr:
    # Added in this order: `sum_horizontal` adds in that of its threads.
    parts = (pl.col(name).cast(pl.Float64) * each for name, each in weights.items())
    return reduce(operator.add, parts)


def _expit(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
