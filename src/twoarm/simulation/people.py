"""All who were screened, with the numbers that their hospitals know them by."""

import numpy as np
import polars as pl

from twoarm.simulation.cohort import FIRST_DAY, simulate_eligible
from twoarm.simulation.excluded import simulate_excluded
from twoarm.simulation.model import FIVE
from twoarm.simulation.scenarios import Scenario

# Digits of the record numbers of each centre; the first is a zero.
DIGITS = {"a": 8, "b": 7, "c": 6, "d": 9, "e": 10}

# SOURCE: with the second records of `duplicates.SECOND` and `duplicates.AGAIN` these
# are 226, 142, 117, 99 and 57 records.
PERSONS = {"a": 216, "b": 137, "c": 112, "d": 95, "e": 53}
"""Centre to the persons who were first treated there."""


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
    eligible, excluded = simulate_eligible(rng, scenario), simulate_excluded(rng)
    # ASSUME: the centre bears on nothing in those who never met the criteria.
    elsewhere = [
        centre
        for centre, n in PERSONS.items()
        for _ in range(n - eligible.filter(centre=centre).height)
    ]
    placed = excluded.with_columns(centre=pl.Series(rng.permutation(elsewhere)))
    people = pl.concat([eligible, placed], how="diagonal")
    first_dose = pl.lit(FIRST_DAY) + pl.duration(days="first_day")
    return people.with_columns(
        record=simulate_records(rng, people["centre"]), first_dose_date=first_dose
    ).sort("centre", "record")


def simulate_records(
    rng: np.random.Generator, centres: pl.Series, *, tenths: range = range(8)
) -> pl.Series:
    """Draw record numbers, text with leading zeros, none twice in a centre.

    Parameters
    ----------
    rng
        Source of the random numbers.
    centres
        Centre of each record.
    tenths
        Which tenths of a centre's numbers to draw from: draws from others never meet.
    """
    records = np.empty(len(centres), dtype=object)
    for centre in FIVE:
        own = np.flatnonzero((centres == centre).to_numpy())
        digits = DIGITS[centre]
        tenth = 10 ** (digits - 2)
        drawn = rng.choice(tenth * len(tenths), len(own), replace=False)
        first = tenth * tenths.start
        records[own] = [f"{first + number:0{digits}d}" for number in drawn]
    return pl.Series(records, dtype=pl.String)


def shift(date: str, days: str) -> pl.Expr:
    """Add a column of days to a column of dates; null if either is."""
    return pl.col(date) + pl.duration(days=pl.col(days))
