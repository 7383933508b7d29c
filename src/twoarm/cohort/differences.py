"""Exported times held against the dates beside them."""

import polars as pl

from twoarm.months import DAYS_PER_MONTH
from twoarm.tables.outcomes import Differences

TOLERATED_MONTHS = 0.5
"""Difference that rounding, or months of another length, explain."""


def find_differences(patients: pl.DataFrame, follow_ups: pl.DataFrame) -> pl.DataFrame:
    """List the exported months of survival that the dates contradict.

    No analysis uses the exported months: they are recomputed.

    Parameters
    ----------
    patients
        With `first_dose_date`; of a patient's several rows the first counts.
    follow_ups
        With `os_months`, null where it is not exported.

    Returns
    -------
    pl.DataFrame
        As the contract Differences.
    """
    # ASSUME: a hospital's months of survival count from the first dose.
    first = patients.sort("source_file", "source_row").unique(
        "patient_id", keep="first", maintain_order=True
    )
    ended = pl.coalesce("death_date", "last_contact_date")
    days = (ended - pl.col("first_dose_date")).dt.total_days()
    apart = (pl.col("os_months") - pl.col("recomputed_months")).abs()
    found = (
        follow_ups.join(first.select("patient_id", "first_dose_date"), on="patient_id")
        .with_columns(recomputed_months=days / DAYS_PER_MONTH)
        .filter(apart > TOLERATED_MONTHS)
        .with_columns(field=pl.lit("os_months"), exported_months="os_months")
        .sort("source_file", "source_row")
    )
    return found.select(Differences.column_names())


def summarise_doubts(
    people: pl.DataFrame, follow_ups: pl.DataFrame, surgeries: pl.DataFrame
) -> dict[str, int]:
    """Count what the exports leave in doubt of endpoints.

    Parameters
    ----------
    people
        The analysed, with the dates of `derive_outcomes`.
    follow_ups, surgeries
        As harmonised.

    Returns
    -------
    dict
        What it is, in words, to the number of patients.
    """
    dead, status = pl.col("death_date").is_not_null(), pl.col("vital_status")
    told_dead = status.cast(pl.String) == "dead"
    told_alive = status.cast(pl.String) == "alive"
    last = pl.col("last_contact_date")
    margins = people.filter(pl.col("surgery_date").is_not_null()).join(
        surgeries.drop_nulls("r_status"), on="patient_id", how="anti"
    )
    contradicted = follow_ups.filter((told_dead & ~dead) | (told_alive & dead))
    later = pl.max_horizontal("progression_date", "death_date") > last
    return {
        "with a vital status that the date of death contradicts": contradicted.height,
        "with an event after the last contact": follow_ups.filter(later).height,
        "operated without a known margin": margins.height,
    }
