"""What the items of the criteria for surgery ask: histology, and findings at visits."""

from dataclasses import dataclass

import numpy as np
import polars as pl

REVIEWED = ("insufficient", "unfit")
"""Reasons of those whom the board saw, and never called resectable."""


@dataclass(frozen=True)
class Chance:
    """How often a finding is true, when the criteria are met and at other visits."""

    met: float
    other: float


# ASSUME: all shares are invented. They bear on nothing but versions of the criteria
# that the default study does not go by.
CHANCES = {
    "r0_feasible": Chance(0.97, 0.04),
    "flr_adequate": Chance(0.96, 0.80),
    "margin_adequate": Chance(0.93, 0.04),
    "vessels_resectable": Chance(0.90, 0.30),
    "extrahepatic_inactive": Chance(0.60, 0.10),
    "severe_ae": Chance(0.03, 0.06),
    "contraindicated": Chance(0.01, 0.04),
}


def simulate_histology(
    rng: np.random.Generator, patients: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Add the histology: pure hepatocellular carcinoma but for those left out for it.

    Parameters
    ----------
    rng
        Source of the random numbers.
    patients
        As `simulate_patients` gives them, in the order of `people`.
    people
        As `simulate_people` gives them.
    """
    combined = pl.Series(rng.uniform(size=people.height) < 0.7)
    mixed = pl.when(combined).then(pl.lit("combined")).otherwise(pl.lit("other"))
    pure = people["reason"].ne_missing("not_pure_hcc")
    return patients.with_columns(
        histology=pl.when(pure).then(pl.lit("hcc")).otherwise(mixed)
    )


def simulate_findings(
    rng: np.random.Generator, assessments: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Add to each visit what the criteria ask.

    The board calls the tumour resectable at just the visits at which the model says
    that the criteria are met. It says no at the other visits of these patients, and of
    those whose response was not enough or who were unfit; the others it never saw.

    Parameters
    ----------
    rng
        Source of the random numbers.
    assessments
        As `simulate_assessments` gives them.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`.
    """
    reasons = people.select("centre", "reason", patient_id="record")
    visits = assessments.join(
        reasons, on=["centre", "patient_id"], how="left", maintain_order="left"
    )
    n = visits.height
    reason, met = pl.col("reason"), pl.col("criteria_met")
    seen = reason.is_null() | reason.is_in(REVIEWED)
    # Points of Child-Pugh: class A but for the unfit.
    fit, unfit = pl.Series(rng.integers(5, 7, n)), pl.Series(rng.integers(7, 10, n))
    drawn = dict(zip(CHANCES, rng.uniform(size=(len(CHANCES), n)), strict=True))
    return visits.with_columns(
        child_pugh=pl.when(reason == "unfit").then(unfit).otherwise(fit),
        mdt_resectable=pl.when(seen).then(met),
        **{
            name: pl.Series(drawn[name])
            < pl.when(met).then(chance.met).otherwise(chance.other)
            for name, chance in CHANCES.items()
        },
    ).drop("criteria_met", "reason")
