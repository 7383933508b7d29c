"""Candidates of a conversion study: patients from the day they meet the criteria."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from twoarm.cohort.attrition import find_n_event, restrict_where
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.reasons import derive_whole_courses, restrict_met
from twoarm.cohort.time_zero import STEPS, bring_together, check_follow_ups
from twoarm.questions import EXPOSURES, FINDINGS

BASELINE_DAYS = 28
"""A laboratory value counts for a day if taken on it or at most so many days before."""
DAYS_PER_YEAR = 365.25
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
        first_dose_days=_days(pl.col("first_dose_date") - pl.col("index_date")),
    )
    return derive_covariates(people, tables, assessed), attrition


def derive_covariates(
    people: pl.DataFrame, tables: Mapping[str, pl.DataFrame], assessed: pl.DataFrame
) -> pl.DataFrame:
    """Add the covariates that are known at time zero; what is not known is null.

    Findings are those of the last assessment on that day or before.

    A value of 0 that would have to be divided by, or has no logarithm, gives null.

    References
    ----------
    .. [1] Johnson PJ et al. Assessment of liver function in patients with
       hepatocellular carcinoma. J Clin Oncol 2015;33:550-558.
       doi:10.1200/JCO.2014.57.9151
    """
    index, first_dose = pl.col("index_date"), pl.col("first_dose_date")
    people = people.join(_at_index(people, assessed), on="patient_id", how="left")
    people = people.join(
        _depths(people, tables["assessments"]),
        on=["patient_id", "first_dose_date"],
        how="left",
    )
    for day, suffix in (("first_dose_date", "_first"), ("index_date", "_index")):
        people = people.join(
            _labs_at(people, tables["labs"], day, suffix),
            on=["patient_id", day],
            how="left",
        )
    albi = 0.66 * _positive("bilirubin_umol_l_index").log10() - 0.085 * pl.col(
        "albumin_g_l_index"
    )
    afp_fall = 1 - pl.col("afp_ng_ml_index") / _positive("afp_ng_ml_first")
    year = index.dt.year() + (index.dt.ordinal_day() - 1) / DAYS_PER_YEAR
    return people.with_columns(
        centre=_levels(pl.col("centre"), sorted(people["centre"].unique())),
        age_years=_days(index - pl.col("birth_date")) / DAYS_PER_YEAR,
        hbv=_yes(pl.col("hbv")),
        albi=albi,
        afp_log10=_positive("afp_ng_ml_first").log10(),
        # SOURCE: a fall by half or more, one of the published cut-offs.
        afp_response=_yes(afp_fall >= 0.5),
        portal_invasion=_yes(pl.col("portal_invasion")),
        many_lesions=_yes(pl.col("n_lesions") > 3),
        extrahepatic_spread=_yes(pl.col("extrahepatic_spread")),
        months_to_criteria=_days(index - first_dose) / (DAYS_PER_YEAR / 12),
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


def _at_index(people: pl.DataFrame, assessed: pl.DataFrame) -> pl.DataFrame:
    """Take the last assessment up to time zero."""
    columns = (*FINDINGS, *EXPOSURES)
    found = _select_near(
        people.select("patient_id", "index_date"),
        assessed.lazy().select("patient_id", "exam_date", *columns),
        pl.col("exam_date") <= pl.col("index_date"),
    )
    return found.sort("exam_date").group_by("patient_id").agg(pl.col(columns).last())


def _depths(people: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Take the deepest change of the target lesions up to time zero, in percent."""
    exam, first_dose = pl.col("exam_date"), pl.col("first_dose_date")
    size = pl.col("target_sum_mm")
    measured = _select_near(
        people.select("patient_id", "index_date", "first_dose_date"),
        assessments.lazy()
        .select(*_PLACE, "exam_date", "target_sum_mm")
        .filter(size.is_not_null()),
        exam <= pl.col("index_date"),
    )
    sizes = (
        measured.with_columns(
            baseline=pl.when(exam <= first_dose).then(size),
            later=pl.when(exam > first_dose).then(size),
        )
        .sort("exam_date", *_IN_FILE)
        .group_by("patient_id", "first_dose_date")
        .agg(pl.col("baseline").last(ignore_nulls=True), pl.col("later").min())
    )
    change = 100 * (pl.col("later") - pl.col("baseline")) / _positive("baseline")
    return sizes.select("patient_id", "first_dose_date", depth_percent=change)


def _labs_at(
    people: pl.DataFrame, labs: pl.DataFrame, day: str, suffix: str
) -> pl.DataFrame:
    """Take each laboratory value nearest before a day, not after it; the latest."""
    analytes = ("bilirubin_umol_l", "albumin_g_l", "afp_ng_ml")
    earliest = pl.col(day) - pl.duration(days=BASELINE_DAYS)
    found = _select_near(
        people.select("patient_id", day),
        labs.lazy().select(*_PLACE, "sample_date", *analytes),
        pl.col("sample_date").is_between(earliest, day),
    )
    return (
        found.sort("sample_date", *_IN_FILE)
        .group_by("patient_id", day)
        .agg(pl.col(analytes).last(ignore_nulls=True).name.suffix(suffix))
    )


_IN_FILE = ("source_row", "source_file")
_PLACE = ("patient_id", *_IN_FILE)


def _select_near(days: pl.DataFrame, rows: pl.LazyFrame, near: pl.Expr) -> pl.DataFrame:
    """Keep the rows that lie near a day of their patient, in any order.

    They are few of many, so the join is streamed and never whole in memory. A patient
    who is repeated with another day has rows for each of the days.
    """
    return (
        rows.join(days.unique().lazy(), on="patient_id")
        .filter(near)
        .collect(engine="streaming")
    )


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_days().cast(pl.Float64)


def _positive(column: str) -> pl.Expr:
    return pl.when(pl.col(column) > 0).then(column)


def _yes(flag: pl.Expr) -> pl.Expr:
    levels = pl.Enum(["no", "yes"])
    return (
        pl.when(flag).then(pl.lit("yes", levels)).when(~flag).then(pl.lit("no", levels))
    )


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
