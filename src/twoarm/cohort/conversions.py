"""Candidates of a conversion study: patients from the day they meet the criteria."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.cohort.attrition import restrict_where
from twoarm.errors import InputError

BASELINE_DAYS = 28
"""A laboratory value counts for a day if taken on it or at most so many days before."""
DAYS_PER_YEAR = 365.25


def derive_conversions(
    tables: Mapping[str, pl.DataFrame], attrition: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make candidates of harmonised exports.

    Time zero is the first assessment at which the criteria for surgery are met, never
    a date derived from the surgery. Treated are those operated at any later time; this
    looks ahead of time zero and gives the treated immortal time.

    Parameters
    ----------
    tables
        Table of the dictionary to its records, `patient_id` unique in `patients`.
    attrition
        The steps before.

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
    _check_follow_ups(tables["follow_ups"])
    people = _bring_together(tables)
    index = pl.col("index_date")
    for keep, reason in (
        (index.is_not_null(), "Criteria for surgery never met"),
        (
            pl.col("progression_date").is_null() | (pl.col("progression_date") > index),
            "Progressed by the time the criteria were met",
        ),
        (
            pl.col("surgery_date").is_null() | (pl.col("surgery_date") > index),
            "Operated before the criteria were met",
        ),
    ):
        people, attrition = restrict_where(people, attrition, keep, reason)
    wait = (pl.col("surgery_date") - index).dt.total_days().cast(pl.Float64)
    people = people.with_columns(
        treated=pl.col("surgery_date").is_not_null(),
        excluded=pl.lit(value=False),
        treatment_days=wait,
    )
    return derive_covariates(people, tables), attrition


def _bring_together(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Join the dates of each patient; what did not happen, or is not known, is null."""
    met = tables["assessments"].filter("criteria_met")
    surgeries, follow_ups = tables["surgeries"], tables["follow_ups"]
    people = tables["patients"]
    for dates in (
        _first(met, "exam_date", "index_date"),
        _first(surgeries, "surgery_date", "surgery_date"),
        follow_ups.drop("source_file", "source_row", "centre"),
    ):
        people = people.join(dates, on="patient_id", how="left")
    return people


def _check_follow_ups(follow_ups: pl.DataFrame) -> None:
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


def derive_covariates(
    people: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Add the covariates that are known at time zero; what is not known is null.

    A value of 0 that would have to be divided by, or has no logarithm, gives null.

    References
    ----------
    .. [1] Johnson PJ et al. Assessment of liver function in patients with
       hepatocellular carcinoma. J Clin Oncol 2015;33:550-558.
       doi:10.1200/JCO.2014.57.9151
    """
    index, first_dose = pl.col("index_date"), pl.col("first_dose_date")
    people = people.join(
        _at_index(people, tables["assessments"]), on="patient_id", how="left"
    )
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


def derive_endpoint(
    name: str, *, events: Sequence[str], censor: str
) -> dict[str, pl.Expr]:
    """Make the columns of an endpoint from dates: the first event counts.

    Resection is neither an event nor a censoring.

    Parameters
    ----------
    name
        Of the endpoint.
    events
        Of `death` and `progression`, what counts.
    censor
        `last_contact` or `last_imaging`: when a patient without event was last free
        of it.
    """
    event_on = pl.min_horizontal(f"{event}_date" for event in events)
    ended = pl.coalesce(event_on, pl.col(f"{censor}_date"))
    return {
        f"{name}_days": _days(ended - pl.col("index_date")),
        f"{name}_event": event_on.is_not_null(),
    }


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


def _first(rows: pl.DataFrame, date: str, name: str) -> pl.DataFrame:
    return rows.group_by("patient_id").agg(pl.col(date).min().alias(name))


def _at_index(people: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Take the assessment of time zero; of several on that day the last of the file."""
    columns = ("ecog", "n_lesions", "portal_invasion", "extrahepatic_spread")
    found = _select_near(
        people.select("patient_id", "index_date"),
        assessments.lazy().select(*_PLACE, "exam_date", *columns),
        pl.col("exam_date") == pl.col("index_date"),
    )
    return found.sort(_IN_FILE).group_by("patient_id").agg(pl.col(columns).last())


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
