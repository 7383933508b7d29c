"""What endpoints need beyond dates: margins, viable tumour, exported months."""

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.assessments import DEEPEST_DAYS

# ASSUME: 4 % of resections leave tumour, and none visible tumour.
R1_SHARE = 0.04
EXPORTING = "d"
"""Centre whose export tells months of survival."""


def simulate_margins(rng: np.random.Generator, surgeries: pl.DataFrame) -> pl.DataFrame:
    """Draw whether the resections were complete, and the grade of the tumour.

    Parameters
    ----------
    rng
        Source of the random numbers.
    surgeries
        As `simulate_surgeries` gives them.
    """
    n = surgeries.height
    left = pl.Series(rng.uniform(size=n) < R1_SHARE)
    return surgeries.with_columns(
        r_status=pl.when(left).then(pl.lit("R1")).otherwise(pl.lit("R0")),
        edmondson=pl.Series(rng.choice(["I", "II", "III"], n, p=[0.1, 0.5, 0.4])),
    )


def simulate_viable_sums(
    rng: np.random.Generator, people: pl.DataFrame, assessments: pl.DataFrame
) -> pl.DataFrame:
    """Draw how much of the target lesions is viable, in mm: `viable_sum_mm`.

    All of it is before the first dose and when the lesions grow again, so that both
    criteria date progression alike; between, a part dies that differs by patient.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.
    assessments
        As `simulate_assessments` gives them.
    """
    # ASSUME: a third of the diameter dies in the mean patient, in few all of it.
    dying = np.where(rng.uniform(size=people.height) < 0.1, 1.0, 0.0)
    dying = np.maximum(dying, rng.beta(2, 4, people.height))
    courses = people.select(
        "centre",
        "progression_days",
        patient_id="record",
        first_dose="first_dose_date",
        deepest=pl.coalesce("criteria_days", DEEPEST_DAYS),
        dying=pl.Series(dying),
    )
    day = (pl.col("exam_date") - pl.col("first_dose")).dt.total_days()
    reached = (day / pl.col("deepest")).clip(0, 1)
    growing = ~pl.col("new_lesion") & (day == pl.col("progression_days"))
    share = pl.when(growing).then(1.0).otherwise(1 - pl.col("dying") * reached)
    return assessments.join(
        courses, on=["centre", "patient_id"], how="left", maintain_order="left"
    ).select(*assessments.columns, viable_sum_mm=pl.col("target_sum_mm") * share)


def derive_survival(follow_ups: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """Add the months of survival that one centre exports, and who is alive.

    Parameters
    ----------
    follow_ups
        As `derive_follow_ups` gives them.
    patients
        As `simulate_patients` gives them.

    Returns
    -------
    pl.DataFrame
        With `os_months`, from the first dose, and `vital_status`; null at the other
        centres.
    """
    keys = ["centre", "patient_id"]
    first = patients.select(*keys, start="first_dose_date").unique(keys)
    days = (pl.col("last_contact_date") - pl.col("start")).dt.total_days()
    own = pl.col("centre") == EXPORTING
    status = pl.when(pl.col("death_date").is_null()).then(pl.lit("alive"))
    return (
        follow_ups.join(first, on=keys, how="left", maintain_order="left")
        .with_columns(
            os_months=pl.when(own).then(days / DAYS_PER_MONTH),
            vital_status=pl.when(own).then(status.otherwise(pl.lit("dead"))),
        )
        .drop("start")
    )
