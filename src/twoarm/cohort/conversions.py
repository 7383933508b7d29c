"""Candidates of a conversion study: patients from the day they meet the criteria."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from twoarm.cohort.attrition import find_n_event, restrict_where
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.measurements import (
    DAYS_PER_YEAR,
    as_yes_or_no,
    days_of,
    derive_measured,
)
from twoarm.cohort.reasons import derive_whole_courses, restrict_met
from twoarm.cohort.time_zero import STEPS, bring_together, check_follow_ups

DATED = {"death", "progression"}
"""Events that follow-up dates."""


def derive_conversions(
    tables: Mapping[str, pl.DataFrame],
    attrition: pl.DataFrame,
    *,
    met: pl.DataFrame,
    never: Sequence[Mapping[str, Any]] = (),
    time_zero: Literal["criteria_met", "first_dose"] = "criteria_met",
    events: Sequence[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make candidates of harmonised exports.

    Time zero is the first assessment at which the criteria for surgery are met, or the
    first dose of the same patients; never a date derived from the surgery. Treated are
    those operated at any later time; this looks ahead of time zero and gives the
    treated immortal time. Who is operated before the criteria are met leaves, and so
    does, by a step of its own, who is operated on that day: nothing says that the
    patient was assessed first.

    Parameters
    ----------
    tables
        Table of the dictionary to its records, `patient_id` unique in `patients`.
    attrition
        The steps before.
    met
        `patient_id` and `criteria_date` of those who ever met the criteria.
    never
        Why the others did not, as `restrict_met` takes it.
    time_zero
        When the clock starts. From the first dose on everybody had to live until the
        criteria were met: that clock is for comparison with what others publish.
    events
        Of `death` and `progression`, what the attrition table counts.

    Returns
    -------
    candidates, attrition
        One row a patient who met the criteria free of progression: arm, time zero,
        dates of what came later, and the covariates known at time zero.

    Raises
    ------
    InputError
        If the follow-up of a patient is told more than once.
    """
    check_follow_ups(tables["follow_ups"])
    assessed = derive_exposures(tables)
    people = bring_together(tables, met)
    if events:
        people = people.with_columns(event=_happened(events))
    people, attrition = restrict_met(
        people,
        attrition,
        derive_whole_courses(tables, assessed),
        never,
        event="event",
    )
    for keep, reason in STEPS[time_zero]:
        people, attrition = restrict_where(
            people, attrition, keep, reason, event="event"
        )
    starts = {"criteria_met": "criteria_date", "first_dose": "first_dose_date"}
    people = people.drop("event", strict=False).with_columns(
        index_date=starts[time_zero]
    )
    wait = (pl.col("surgery_date") - pl.col("index_date")).dt.total_days()
    people = people.with_columns(
        treated=pl.col("surgery_date").is_not_null(),
        excluded=pl.lit(value=False),
        treatment_days=wait.cast(pl.Float64),
        first_dose_days=days_of(pl.col("first_dose_date") - pl.col("index_date")),
    )
    return derive_covariates(people, tables, assessed), attrition


def derive_covariates(
    people: pl.DataFrame, tables: Mapping[str, pl.DataFrame], assessed: pl.DataFrame
) -> pl.DataFrame:
    """Add the covariates that are known at time zero; what is not known is null.

    Those that can be measured again are as `derive_measured` has them.
    """
    index, first_dose = pl.col("index_date"), pl.col("first_dose_date")
    people = derive_measured(people, tables, assessed)
    year = index.dt.year() + (index.dt.ordinal_day() - 1) / DAYS_PER_YEAR
    return people.with_columns(
        centre=_levels(pl.col("centre"), sorted(people["centre"].unique())),
        age_years=days_of(index - pl.col("birth_date")) / DAYS_PER_YEAR,
        hbv=as_yes_or_no(pl.col("hbv")),
        months_to_criteria=days_of(index - first_dose) / (DAYS_PER_YEAR / 12),
        calendar_year=year,
    ).sort("patient_id", "source_file", "source_row")


def _happened(events: Sequence[str]) -> pl.Expr:
    """Tell whether an event is known of; null for a patient without any follow-up.

    Null of everybody if an event has no date of its own.
    """
    followed = pl.col("last_contact_date").is_not_null()
    if not {*events} <= DATED:
        return pl.lit(None, pl.Boolean)
    first = pl.min_horizontal(f"{event}_date" for event in events)
    return pl.when(followed).then(first.is_not_null())


def find_n_event_read(
    tables: Mapping[str, pl.DataFrame], events: Sequence[str]
) -> int | None:
    """Count the patients read who had an event; None if it is not known of them all."""
    told = tables["follow_ups"].unique("patient_id")
    people = tables["patients"].join(told, on="patient_id", how="left")
    return find_n_event(people.select(event=_happened(events)), "event")


def select_covariates(
    candidates: pl.DataFrame, covariates: Mapping[str, Mapping[str, Any]]
) -> dict[str, pl.Expr]:
    """Name the study's covariates, each from its column of the candidates."""
    return {
        name: pl.col(covariate["column"]).cast(pl.Float64)
        if covariate["kind"] == "continuous"
        else _levels_as_text(candidates, covariate["column"])
        for name, covariate in covariates.items()
    }


def _levels(text: pl.Expr, levels: Sequence[str]) -> pl.Expr:
    return text.cast(pl.Enum(levels))


def _levels_as_text(candidates: pl.DataFrame, column: str) -> pl.Expr:
    """Keep levels; numbers that serve as levels become text in their order."""
    if isinstance(candidates.schema[column], pl.Enum):
        return pl.col(column)
    values = sorted(candidates[column].drop_nulls().unique())
    levels = [f"{value:g}" for value in values]
    return pl.col(column).replace_strict(
        [None, *values], [None, *levels], return_dtype=pl.Enum(levels)
    )
