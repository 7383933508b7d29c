"""Why those who never met the criteria for surgery did not."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.cohort.attrition import restrict_where
from twoarm.cohort.exposures import add_drugs, one_row_a_patient
from twoarm.expressions import add_answers
from twoarm.questions import PERSON

NEVER_MET = "Criteria for surgery never met"
"""Reason of those to whom no named one applies."""


def derive_whole_courses(
    tables: Mapping[str, pl.DataFrame], assessed: pl.DataFrame
) -> pl.DataFrame:
    """Sum up the course of each patient to the last contact.

    Parameters
    ----------
    tables
        Table of the dictionary to its records.
    assessed
        As `derive_exposures` gives it.

    Returns
    -------
    pl.DataFrame
        One row a patient, with the columns of `twoarm.questions.COURSE`. `n_reviews`
        counts assessments with a word of the board, whatever it was.
    """
    people = one_row_a_patient(tables["patients"])
    told = one_row_a_patient(tables["follow_ups"]).drop(
        "source_file", "source_row", "centre"
    )
    courses = people.join(told, on="patient_id", how="left").with_columns(
        exam_date="last_contact_date"
    )
    courses = add_drugs(courses, tables["treatments"]).join(
        _sum_up(assessed), on="patient_id", how="left"
    )
    counts = ("n_exams_before", "n_exams_after", "n_reviews")
    followed = pl.col("last_contact_date") - pl.col("first_dose_date")
    return courses.select(
        "patient_id",
        *PERSON,
        "lowest_ecog",
        "lowest_child_pugh",
        "best_change_percent",
        "n_cycles",
        "overlap_days",
        "combination",
        *(pl.col(name).cast(pl.Float64).fill_null(0.0) for name in counts),
        followed_days=followed.dt.total_days().cast(pl.Float64),
        progressed=_happened("progression_date"),
        died=_happened("death_date"),
    ).sort("patient_id")


def _sum_up(assessed: pl.DataFrame) -> pl.DataFrame:
    after = pl.col("days_since_first_dose") > 0
    return assessed.group_by("patient_id").agg(
        n_exams_before=(~after).sum(),
        n_exams_after=after.sum(),
        n_reviews=pl.col("mdt_resectable").count(),
        lowest_ecog=pl.col("ecog").min(),
        lowest_child_pugh=pl.col("child_pugh").min(),
        best_change_percent=pl.col("best_change_percent").min(),
    )


def _happened(date: str) -> pl.Expr:
    """Tell whether a day is known; null for a patient without any follow-up."""
    followed = pl.col("last_contact_date").is_not_null()
    return pl.when(followed).then(pl.col(date).is_not_null())


def restrict_met(
    people: pl.DataFrame,
    attrition: pl.DataFrame,
    courses: pl.DataFrame,
    never: Sequence[Mapping[str, Any]],
    *,
    event: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep those who ever met the criteria; the others leave by the first reason.

    Parameters
    ----------
    people
        One row a patient, with `criteria_date`, null for those who never met them.
    attrition
        The steps before.
    courses
        As `derive_whole_courses` gives them.
    never
        Reasons in their order, each with `reason` and `where`: what is true of those
        who leave by it. A reason that is not known to apply does not.
    event
        As in `restrict_where`.
    """
    questions = {f"reason:{place}": each["where"] for place, each in enumerate(never)}
    answers = add_answers(courses, questions).select("patient_id", *questions)
    unmet = pl.col("criteria_date").is_null()
    people = people.join(answers, on="patient_id", how="left", maintain_order="left")
    for name, each in zip(questions, never, strict=True):
        keep = ~(unmet & pl.col(name).fill_null(value=False))
        people, attrition = restrict_where(
            people, attrition, keep, each["reason"], event=event
        )
    return restrict_where(
        people.drop(*questions), attrition, ~unmet, NEVER_MET, event=event
    )
