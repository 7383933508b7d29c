"""Cohorts of proportional hazards, treated at time zero: the hazard ratio is known."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.special import expit

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.model import PROGNOSIS, SURGERY, simulate_covariates

# ASSUME: all constants of this module are invented, as those of `simulation.model`.
NAMES = (
    *("age_decades", "albi_z", "depth_z"),
    *("ecog", "afp_response", "portal_invasion", "many_lesions"),
)
"""Covariates that tell the hazard, and the choice of treatment."""
AVERAGE = -0.33
"""Mean of the log odds that the covariates give, so that half are treated."""
SCALE, SHAPE = 0.012, 1.2
"""Cumulative hazard of the first month where all covariates are 0, and its Weibull
shape."""
LOSS_RATE = 0.005
"""Patients lost a month."""
FIRST_CUT, LAST_CUT = 12.0, 60.0
"""Months between which follow-up is cut, evenly."""


@dataclass(frozen=True)
class Proportional:
    """What treatment does, and who is treated."""

    effect: float
    """Hazard ratio of treatment, given the covariates."""
    choice: float = 0.0
    """Times the covariates' log odds ratios of treatment; 0: by a coin."""


PROPORTIONAL = {
    "ph_null": Proportional(1.0),
    "ph_half": Proportional(0.5),
    "ph_null_confounded": Proportional(1.0, choice=0.7),
    "ph_half_confounded": Proportional(0.5, choice=0.7),
}


class Population(NamedTuple):
    """Patients before treatment, and what the model knows of them.

    Attributes
    ----------
    covariates : DataFrame
        As `simulate_covariates` gives them.
    score : ndarray of float, shape (n_patients,)
        Probability of treatment.
    log_hazard : ndarray of float, shape (n_patients,)
        Logarithm of the untreated hazard, less that where all covariates are 0.
    """

    covariates: pl.DataFrame
    score: np.ndarray
    log_hazard: np.ndarray


def draw_population(
    rng: np.random.Generator, size: int, scenario: Proportional
) -> Population:
    """Draw patients before treatment.

    Parameters
    ----------
    rng
        Source of the random numbers.
    size
        Patients.
    scenario
        Who is treated.
    """
    covariates = simulate_covariates(rng, size)
    decades = (covariates["age_years"].to_numpy() - 57) / 10
    columns = [decades, *(covariates[name].to_numpy() for name in NAMES[1:])]
    # Summed in this order, so that the bits do not hang on a library of algebra.
    choice, hazard = (
        sum(table[name] * each for name, each in zip(NAMES, columns, strict=True))
        for table in (SURGERY, PROGNOSIS)
    )
    return Population(
        covariates,
        expit(scenario.choice * (np.asarray(choice) - AVERAGE)),
        np.asarray(hazard),
    )


def simulate_proportional(
    rng: np.random.Generator, size: int, scenario: Proportional
) -> pl.DataFrame:
    """Draw a cohort, with its arms and one endpoint.

    Times are Weibull; censoring has nothing to do with the patient. Both are told in
    whole days, rounded up; on one day an event comes before a censoring.

    Parameters
    ----------
    rng
        Source of the random numbers.
    size
        Patients.
    scenario
        What treatment does, and who is treated.

    Returns
    -------
    pl.DataFrame
        Covariates; `treated`; `treatment_days` (0, or null); `os_days`; `os_event`.
    """
    people = draw_population(rng, size, scenario)
    treated = rng.uniform(size=size) < people.score
    rate = np.exp(people.log_hazard) * np.where(treated, scenario.effect, 1.0)
    event = (rng.exponential(size=size) / (SCALE * rate)) ** (1 / SHAPE)
    cut = rng.uniform(FIRST_CUT, LAST_CUT, size)
    censor = np.minimum(rng.exponential(1 / LOSS_RATE, size), cut)
    event, censor = (
        np.maximum(np.ceil(each * DAYS_PER_MONTH), 1.0) for each in (event, censor)
    )
    return people.covariates.with_columns(
        treated=pl.Series(treated),
        treatment_days=pl.Series(np.where(treated, 0.0, np.nan)).fill_nan(None),
        first_dose_days=pl.lit(None, pl.Float64),
        os_days=pl.Series(np.minimum(event, censor)),
        os_event=pl.Series(event <= censor),
    )


def hazard_at(months: np.ndarray) -> np.ndarray:
    """Return the cumulative hazard where all covariates are 0, untreated."""
    return np.asarray(SCALE * months**SHAPE)


def followed_at(months: np.ndarray) -> np.ndarray:
    """Return the share of the patients that are not yet censored.

    >>> followed_at(np.array([0.0, 60.0])).tolist()
    [1.0, 0.0]
    """
    cut = np.clip((LAST_CUT - months) / (LAST_CUT - FIRST_CUT), 0.0, 1.0)
    return np.asarray(np.exp(-LOSS_RATE * months) * cut)
