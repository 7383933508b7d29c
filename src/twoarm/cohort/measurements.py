"""What assessments and laboratory values say of patients on a day."""

from collections.abc import Mapping

import polars as pl

from twoarm.questions import EXPOSURES, FINDINGS
from twoarm.scores.blood import afp_response, afp_response_75
from twoarm.scores.liver import albi, albi_grade, child_pugh_class, malbi_grade
from twoarm.scores.response import depth_percent

BASELINE_DAYS = 28
"""A laboratory value counts for a day if taken on it or at most so many days before."""
DAYS_PER_YEAR = 365.25


def derive_measured(
    people: pl.DataFrame, tables: Mapping[str, pl.DataFrame], assessed: pl.DataFrame
) -> pl.DataFrame:
    """Add the covariates that can be measured more than once, as known on a day.

    Findings are those of the last assessment on that day or before; what is not known
    is null, and so is a score of a value that is not possible (`twoarm.scores`).

    Parameters
    ----------
    people
        One row a patient and `index_date`, the day, with `first_dose_date`.
    tables
        Table of the dictionary to its records.
    assessed
        Assessments, as `derive_exposures` gives them.
    """
    one = ["patient_id", "index_date"]
    people = people.join(_at_index(people, assessed), on=one, how="left")
    depths = _depths(people, tables["assessments"])
    people = people.join(depths, on=[*one, "first_dose_date"], how="left")
    for day, suffix in (("first_dose_date", "_first"), ("index_date", "_index")):
        people = people.join(
            _labs_at(people, tables["labs"], day, suffix),
            on=["patient_id", day],
            how="left",
        )
    labs = {name: f"{name}_index" for name in ("bilirubin_umol_l", "albumin_g_l")}
    afp = {"afp_ng_ml": "afp_ng_ml_index"}
    return people.with_columns(
        albi(**labs),
        albi_grade(**labs),
        malbi_grade(**labs),
        child_pugh_class(),
        afp_log10=_positive("afp_ng_ml_first").log10(),
        afp_response=as_yes_or_no(afp_response(**afp)),
        afp_response_75=as_yes_or_no(afp_response_75(**afp)),
        portal_invasion=as_yes_or_no(pl.col("portal_invasion")),
        many_lesions=as_yes_or_no(pl.col("n_lesions") > 3),
        extrahepatic_spread=as_yes_or_no(pl.col("extrahepatic_spread")),
    )


def _at_index(people: pl.DataFrame, assessed: pl.DataFrame) -> pl.DataFrame:
    """Take the last assessment up to each day; there is one a patient and day."""
    columns = (*FINDINGS, *EXPOSURES)
    days = people.select("patient_id", "index_date").unique().drop_nulls()
    told = assessed.select("patient_id", "exam_date", *columns).drop_nulls("exam_date")
    return (
        days.sort("index_date")
        .join_asof(
            told.sort("exam_date"),
            left_on="index_date",
            right_on="exam_date",
            by="patient_id",
            check_sortedness=False,
        )
        .drop("exam_date")
    )


def _depths(people: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Take the deepest change of the target lesions up to each day, in percent.

    By first dose too: a patient who is repeated with another has a size of each.
    """
    one = ("patient_id", "index_date", "first_dose_date")
    exam, first_dose = pl.col("exam_date"), pl.col("first_dose_date")
    size = pl.col("target_sum_mm")
    measured = _select_near(
        people.select(one),
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
        .group_by(one)
        .agg(pl.col("baseline").last(ignore_nulls=True), pl.col("later").min())
    )
    return sizes.select(
        *one, depth_percent(smallest_mm="later", baseline_mm="baseline")
    )


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


def days_of(span: pl.Expr) -> pl.Expr:
    """Return a span of time in days."""
    return span.dt.total_days().cast(pl.Float64)


def _positive(column: str) -> pl.Expr:
    return pl.when(pl.col(column) > 0).then(column)


def as_yes_or_no(flag: pl.Expr) -> pl.Expr:
    """Return a flag as a covariate of two levels; null where it is not known."""
    levels = pl.Enum(["no", "yes"])
    return (
        pl.when(flag).then(pl.lit("yes", levels)).when(~flag).then(pl.lit("no", levels))
    )
