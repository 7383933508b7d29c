"""The laboratory's other values, and what a ward notes beside them."""

from typing import NamedTuple

import numpy as np
import polars as pl

from twoarm.simulation.people import shift


class Analyte(NamedTuple):
    """A log-normal value: median, spread, limits, and how often it lacks."""

    median: float
    spread: float
    low: float
    high: float
    missing: float = 0.0


# ASSUME: all values are invented. They bear on nothing that the default study asks.
PANEL = {
    "pivka_mau_ml": Analyte(400, 2.2, 12, 75_000, 0.22),
    "alt_u_l": Analyte(38, 0.5, 6, 400),
    "ast_u_l": Analyte(45, 0.5, 8, 500),
    "platelets_10_9_l": Analyte(150, 0.35, 45, 440),
    "leukocytes_10_9_l": Analyte(5.5, 0.25, 2.2, 14),
    "haemoglobin_g_l": Analyte(132, 0.1, 85, 180),
    "inr": Analyte(1.08, 0.07, 0.9, 1.9),
    "creatinine_umol_l": Analyte(72, 0.15, 42, 128),
    "sodium_mmol_l": Analyte(139, 0.015, 128, 149),
    "crp_mg_l": Analyte(4, 1.0, 0.5, 180, 0.35),
}


def simulate_panel(rng: np.random.Generator, labs: pl.DataFrame) -> pl.DataFrame:
    """Add the other analytes to each sample, in the dictionary's units.

    Parameters
    ----------
    rng
        Source of the random numbers.
    labs
        As `simulate_labs` gives them.
    """
    n = labs.height
    drawn = {
        name: np.exp(rng.normal(np.log(each.median), each.spread, n)).clip(
            each.low, each.high
        )
        for name, each in PANEL.items()
    }
    drawn["neutrophils_10_9_l"] = drawn["leukocytes_10_9_l"] * rng.uniform(0.5, 0.7, n)
    drawn["lymphocytes_10_9_l"] = drawn["leukocytes_10_9_l"] * rng.uniform(0.2, 0.35, n)
    gaps = {name: rng.uniform(size=n) < each.missing for name, each in PANEL.items()}
    known = {
        name: pl.when(~pl.Series(gaps.get(name, np.zeros(n, bool)))).then(
            pl.Series(values)
        )
        for name, values in drawn.items()
    }
    return labs.with_columns(**known)


def simulate_wards(
    rng: np.random.Generator, patients: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Add what the ward notes of each patient: diagnosis, body, liver, stage.

    Parameters
    ----------
    rng
        Source of the random numbers.
    patients
        As `simulate_patients` gives them, in the order of `people`.
    people
        As `simulate_people` gives them.
    """
    n = people.height
    before = pl.Series(-rng.integers(12, 70, n))
    hcv, cirrhosis = rng.uniform(size=(2, n))
    grown = pl.Series(np.where(patients["sex"] == "male", 169.0, 159.0))
    tall = (grown + pl.Series(rng.normal(0, 6, n))).round()
    slim = pl.Series(rng.uniform(19, 28, n))
    cheng = pl.Series(rng.choice(["I", "II", "III"], n, p=[0.2, 0.5, 0.3]))
    invaded = people["portal_invasion"]
    spread = people["extrahepatic_spread"]
    stage = (
        pl.when(spread)
        .then(pl.lit("IIIb"))
        .when(invaded)
        .then(pl.lit("IIIa"))
        .when(people["many_lesions"])
        .then(pl.lit("IIb"))
        .otherwise(pl.lit("Ib"))
    )
    dated = people.with_columns(before=before)
    return patients.with_columns(
        hcv=pl.Series(hcv < 0.04),
        cirrhosis=pl.Series(cirrhosis < 0.7),
        diagnosis_date=dated.select(shift("first_dose_date", "before")).to_series(),
        height_cm=tall,
        weight_kg=(slim * (tall / 100) ** 2).round(1),
        bclc=pl.when(spread | invaded)
        .then(pl.lit("C"))
        .otherwise(
            pl.when(people["many_lesions"]).then(pl.lit("B")).otherwise(pl.lit("A"))
        ),
        cnlc=stage,
        pvtt=pl.when(invaded).then(cheng),
    )
