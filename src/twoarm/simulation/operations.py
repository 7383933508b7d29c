"""What theatre, pathology and ward note of an operation."""

import numpy as np
import polars as pl

from twoarm.simulation.people import shift

# ASSUME: all shares are invented, but for those of complications: of a published series
# of conversion surgery. Nobody dies of an operation.
# SOURCE: severe complications in 7.1 %: Wu 2023, Liver Cancer 12:229-237.
SEVERE, MILD = 0.08, 0.25
"""Shares of the operated with a complication of grade IIIa or more, and below."""
SEVERE_GRADES = {"IIIa": 0.6, "IIIb": 0.25, "IVa": 0.15}
MILD_GRADES = {"I": 0.55, "II": 0.45}
TERMS = {
    "bile leak": 2, "pleural effusion": 3, "ascites": 3, "postoperative haemorrhage": 1,
    "wound infection": 2, "abdominal infection": 1, "pneumonia": 2, "liver failure": 1,
}  # fmt: skip
"""Complication to how often it comes, beside the others."""
WARD_DAYS = 30
"""Days after the operation in which complications are noted."""
UNKNOWN = 0.06
"""Share of each finding that nobody noted."""


def simulate_operations(
    rng: np.random.Generator, surgeries: pl.DataFrame
) -> pl.DataFrame:
    """Draw blood loss, minutes, width of the margin, and microvascular invasion.

    Parameters
    ----------
    rng
        Source of the random numbers.
    surgeries
        With `r_status` and `viable_percent`.

    Returns
    -------
    pl.DataFrame
        With `blood_loss_ml`, `operation_minutes`, `margin_mm` (0 if tumour was left)
        and `mvi`, never seen where nothing is viable; null where nobody noted it.
    """
    n = surgeries.height
    blood = 50 * np.round(rng.lognormal(np.log(300), 0.7, n).clip(50, 3000) / 50)
    minutes = 5 * np.round(rng.normal(215, 50, n).clip(80, 480) / 5)
    margin = pl.Series(rng.integers(1, 21, n).astype(float))
    seen = pl.Series(rng.choice(["M0", "M1", "M2"], n, p=[0.65, 0.27, 0.08]))
    left, viable = pl.col("r_status") == "R1", pl.col("viable_percent") > 0
    found = {
        "blood_loss_ml": pl.lit(pl.Series(blood)),
        "operation_minutes": pl.lit(pl.Series(minutes)),
        "margin_mm": pl.when(left).then(0.0).otherwise(margin),
        "mvi": pl.when(viable).then(seen).otherwise(pl.lit("M0")),
    }
    noted = rng.uniform(size=(len(found), n)) >= UNKNOWN
    return surgeries.with_columns(
        pl.when(pl.Series(known)).then(values).alias(name)
        for known, (name, values) in zip(noted, found.items(), strict=True)
    )


def simulate_complications(
    rng: np.random.Generator, people: pl.DataFrame
) -> pl.DataFrame:
    """Draw who had a complication, which, when, and of what grade.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`: one row a complication, at most one of an
        operation, by the last contact.
    """
    operated = people.filter(pl.col("surgery_days").is_not_null())
    n = operated.height
    luck = rng.uniform(size=n)
    severe, mild = (
        rng.choice(list(grades), n, p=list(grades.values()))
        for grades in (SEVERE_GRADES, MILD_GRADES)
    )
    shares = np.array(list(TERMS.values())) / sum(TERMS.values())
    after = pl.Series(rng.integers(1, WARD_DAYS, n))
    day = pl.min_horizontal(pl.col("surgery_days") + after, "last_days")
    return (
        operated.with_columns(onset=day)
        .select(
            "centre",
            patient_id="record",
            onset_date=shift("first_dose_date", "onset"),
            term=pl.Series(rng.choice(list(TERMS), n, p=shares)),
            clavien=pl.Series(np.where(luck < SEVERE, severe, mild)),
        )
        .filter(pl.Series(luck < SEVERE + MILD))
        .sort("centre", "patient_id", "onset_date")
    )
