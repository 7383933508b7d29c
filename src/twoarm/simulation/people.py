"""All who were screened, with the numbers that their hospitals know them by."""

import numpy as np
import polars as pl

from twoarm.simulation.cohort import FIRST_DAY, simulate_eligible
from twoarm.simulation.excluded import simulate_excluded
from twoarm.simulation.model import CENTRES
from twoarm.simulation.scenarios import Scenario

# Digits of the record numbers of each centre; the first is a zero.
DIGITS = {"a": 8, "b": 7}


def simulate_people(rng: np.random.Generator, scenario: Scenario) -> pl.DataFrame:
    """Draw all 613 who were screened.

    Parameters
    ----------
    rng
        Source of the random numbers.
    scenario
        What surgery does.

    Returns
    -------
    pl.DataFrame
        One row a patient, by centre and `record`, the invented record number: the
        columns of `simulate_eligible` and `simulate_excluded` (null where a patient
        has none), `reason` null if the criteria were met, and `first_dose_date`.
    """
    people = pl.concat(
        [simulate_eligible(rng, scenario), simulate_excluded(rng)], how="diagonal"
    )
    first_dose = pl.lit(FIRST_DAY) + pl.duration(days="first_day")
    return people.with_columns(
        record=_simulate_records(rng, people["centre"]), first_dose_date=first_dose
    ).sort("centre", "record")


def _simulate_records(rng: np.random.Generator, centres: pl.Series) -> pl.Series:
    """Draw record numbers, text with leading zeros, none twice in a centre."""
    records = np.empty(len(centres), dtype=object)
    for centre in CENTRES:
        own = np.flatnonzero((centres == centre).to_numpy())
        digits = DIGITS[centre]
        drawn = rng.choice(10 ** (digits - 1), len(own), replace=False)
        records[own] = [f"{number:0{digits}d}" for number in drawn]
    return pl.Series(records, dtype=pl.String)


def shift(date: str, days: str) -> pl.Expr:
    """Add a column of days to a column of dates; null if either is."""
    return pl.col(date) + pl.duration(days=pl.col(days))
