"""Time zero of a conversion study: who is free of what ends eligibility by then."""

from collections.abc import Mapping

import polars as pl

from twoarm.errors import InputError

EXPORTED = ("os_months", "vital_status")
"""What follow-ups tell that the dates tell better."""


def _after_criteria(date: str) -> pl.Expr:
    return pl.col(date).is_null() | (pl.col(date) > pl.col("criteria_date"))


_FREE = (
    (
        _after_criteria("progression_date"),
        "Progressed by the time the criteria were met",
    ),
    (
        _after_criteria("surgery_date")
        | (pl.col("surgery_date") == pl.col("criteria_date")),
        "Operated before the criteria were met",
    ),
    (_after_criteria("surgery_date"), "Operated on the day the criteria were met"),
)
STEPS = {
    "criteria_met": _FREE,
    "first_dose": (
        *_FREE,
        (
            pl.col("criteria_date") >= pl.col("first_dose_date"),
            "Criteria met before the first dose",
        ),
    ),
}
"""Who stays of those who met the criteria, and why the others do not."""


def bring_together(
    tables: Mapping[str, pl.DataFrame], met: pl.DataFrame
) -> pl.DataFrame:
    """Join the dates of each patient; what did not happen, or is not known, is null."""
    surgeries, follow_ups = tables["surgeries"], tables["follow_ups"]
    people = tables["patients"]
    for dates in (
        met,
        _first(surgeries, "surgery_date", "surgery_date"),
        follow_ups.drop("source_file", "source_row", "centre", *EXPORTED),
    ):
        people = people.join(dates, on="patient_id", how="left")
    return people


def check_follow_ups(follow_ups: pl.DataFrame) -> None:
    """Refuse a second row of a patient: nothing says which of them to believe."""
    patient = pl.col("patient_id")
    repeated = (
        follow_ups.filter(patient.is_duplicated() & ~patient.is_first_distinct())
        .group_by("source_file", maintain_order=True)
        .agg(pl.col("source_row").sort())
    )
    if repeated.height:
        lines = [
            f"  {file}, {len(rows)} row{'s' if len(rows) > 1 else ''} "
            f"({', '.join(map(str, rows[:10]))}{', ...' if len(rows) > 10 else ''}): "
            "repeats a patient"
            for file, rows in repeated.iter_rows()
        ]
        first = "The follow-up of a patient must be told once; nothing was analysed."
        raise InputError("\n".join([first, *lines, "Keep one row a patient."]))


def _first(rows: pl.DataFrame, date: str, name: str) -> pl.DataFrame:
    return rows.group_by("patient_id").agg(pl.col(date).min().alias(name))
