"""Patients, treatments, operations and follow-up, as hospitals note them."""

import numpy as np
import polars as pl

from twoarm.simulation.people import shift

WHO = ("centre", "record", "first_dose_date")


def simulate_patients(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Draw sex and hepatitis B, and date birth so that age at time zero is the model's.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`; `hbv` is null for some of those who never
        met the criteria. Age counts at the first dose if there is no time zero.
    """
    n = people.height
    # ASSUME: shares of a Chinese series: 85 % men, 85 % with hepatitis B.
    men, hbv, noted = rng.uniform(size=(3, n))
    age_days = (pl.col("age_years") * 365.25).round().cast(pl.Int64)
    unknown = pl.col("criteria_days").is_null() & pl.Series(noted < 0.02)
    return people.with_columns(
        born=pl.col("criteria_days").fill_null(0) - age_days
    ).select(
        "centre",
        patient_id="record",
        sex=pl.Series(np.where(men < 0.85, "male", "female")),
        birth_date=shift("first_dose_date", "born"),
        hbv=pl.when(~unknown).then(pl.Series(hbv < 0.85)),
        first_dose_date="first_dose_date",
    )


def simulate_treatments(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Draw the regimens: one from the first dose, one more if it was resumed.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        One row a regimen, with `centre`; `end_date` is null while it goes on at the
        last contact. `until_date` is its last day by then, and `few_cycles` tells who
        had but one cycle.
    """
    n = people.height
    regimen = np.where(rng.uniform(size=n) < 0.35, "ici_antivegf", "ici_tki")
    short = pl.Series(rng.integers(1, 36, n))
    paused = pl.Series(rng.integers(7, 22, n))
    named = people.with_columns(regimen=pl.Series(regimen))
    # ASSUME: the last dose is one to three weeks before surgery; a regimen ends with
    # progression, after two years, or a year after it was resumed.
    first = named.with_columns(
        start=pl.lit(0),
        end=pl.when(pl.col("reason") == "few_cycles")
        .then(short)
        .otherwise(
            pl.min_horizontal(pl.col("surgery_days") - paused, "progression_days", 730)
        ),
    )
    second = named.filter(pl.col("resumed_days").is_not_null()).with_columns(
        start=pl.col("resumed_days"),
        end=pl.min_horizontal("progression_days", pl.col("resumed_days") + 365),
    )
    rows = pl.concat([first, second.cast({"start": pl.Int64})], how="vertical_relaxed")
    dead = pl.col("death_days").is_not_null()
    end = pl.when((pl.col("end") < pl.col("last_days")) | dead).then(
        pl.min_horizontal("end", "last_days")
    )
    return (
        rows.with_columns(end=end)
        .select(
            "centre",
            patient_id="record",
            regimen="regimen",
            start_date=shift("first_dose_date", "start"),
            end_date=shift("first_dose_date", "end"),
            until_date=pl.coalesce(
                shift("first_dose_date", "end"), shift("first_dose_date", "last_days")
            ),
            few_cycles=(pl.col("reason") == "few_cycles").fill_null(value=False),
        )
        .sort("centre", "patient_id", "start_date")
    )


def simulate_surgeries(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Draw how much of the resected tumour was viable.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`: `viable_percent` is 0 for a complete
        pathological response, which a deep response makes more likely.
    """
    operated = people.filter(pl.col("surgery_days").is_not_null())
    n = operated.height
    complete, major = rng.uniform(size=(2, n))
    log_odds = -0.9 + 0.9 * operated["depth_z"].to_numpy()
    # ASSUME: three in ten of the others have a major response, at most 10 % viable.
    viable = np.where(major < 0.3, rng.integers(1, 11, n), rng.integers(11, 96, n))
    viable = np.where(complete < 1 / (1 + np.exp(-log_odds)), 0, viable)
    return operated.select(
        "centre",
        patient_id="record",
        surgery_date=shift("first_dose_date", "surgery_days"),
        viable_percent=pl.Series(viable).cast(pl.Float64),
    )


def derive_follow_ups(people: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Date the last contact, last imaging, progression and death of each patient.

    Parameters
    ----------
    people
        As `simulate_people` gives them.
    assessments
        Their visits, dated; patients without any were imaged elsewhere, before the
        first dose.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`: one row a patient.
    """
    imaged = assessments.group_by("centre", "patient_id").agg(
        last_imaging_date=pl.col("exam_date").max()
    )
    return (
        people.select(
            "centre",
            patient_id="record",
            last_contact_date=shift("first_dose_date", "last_days"),
            progression_date=shift("first_dose_date", "progression_days"),
            death_date=shift("first_dose_date", "death_days"),
            elsewhere=pl.col("first_dose_date") - pl.duration(days=14),
        )
        .join(imaged, on=["centre", "patient_id"], how="left", maintain_order="left")
        .select(
            "centre",
            "patient_id",
            "last_contact_date",
            pl.coalesce("last_imaging_date", "elsewhere").alias("last_imaging_date"),
            "progression_date",
            "death_date",
        )
    )
