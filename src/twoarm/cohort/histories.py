"""Covariates that are measured again after time zero."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.cohort.conversions import select_covariates
from twoarm.cohort.exposures import derive_exposures
from twoarm.cohort.measurements import days_of, derive_measured
from twoarm.cohort.selection import transform_covariates

FROM_LABS = ("albi", "albi_grade", "malbi_grade", "afp_response", "afp_response_75")
"""Columns that laboratory values give; assessments give all others."""


def derive_visit_histories(
    visits: pl.DataFrame,
    index: pl.DataFrame,
    covariates: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    """Take the covariates of each visit after time zero.

    Of several rows of one day the last of the file that has a value counts. A row of
    the day of time zero is no measurement after it. Nothing is known of a cell that
    cannot be read, nor of a visit that was set aside.

    Parameters
    ----------
    visits
        One row a visit, with `patient_id`, `visit_date` and the covariates as measured.
    index
        `patient_id` and `index_date` of those analysed.
    covariates
        As `transform_covariates` takes them.

    Returns
    -------
    pl.DataFrame
        As the contract Histories.
    """
    days = days_of(pl.col("visit_date") - pl.col("index_date"))
    later = (
        visits.join(index.select("patient_id", "index_date"), on="patient_id")
        .with_columns(days=days)
        .filter(pl.col("days") > 0)
        .sort("patient_id", "days", "source_file", "source_row")
    )
    return _keep_known(transform_covariates(later, covariates), list(covariates))


def derive_export_histories(
    tables: Mapping[str, pl.DataFrame],
    index: pl.DataFrame,
    covariates: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    """Take the covariates of each assessment and laboratory value after time zero.

    On each such day they are derived as at time zero, and kept if something that they
    are derived from was measured on that day.

    Parameters
    ----------
    tables
        Table of the dictionary to its records.
    index
        `patient_id`, `index_date` and `first_dose_date` of those analysed.
    covariates
        Those of `twoarm.dictionary.REPEATED`, by their columns.

    Returns
    -------
    pl.DataFrame
        As the contract Histories.
    """
    people = index.select("patient_id", "index_date", "first_dose_date")
    sampled, seen = (
        tables[table].select("patient_id", day=date).unique().drop_nulls()
        for table, date in (("labs", "sample_date"), ("assessments", "exam_date"))
    )
    sampled = sampled.with_columns(sampled=pl.lit(value=True))
    seen = seen.with_columns(seen=pl.lit(value=True))
    # With time zero itself, whose values have levels too.
    zero = people.select("patient_id", day="index_date", zero="index_date")
    moments = (
        sampled.join(seen, on=["patient_id", "day"], how="full", coalesce=True)
        .join(zero.select("patient_id", "zero"), on="patient_id")
        .filter(pl.col("day") > pl.col("zero"))
    )
    moments = pl.concat([moments, zero], how="diagonal")
    moments = moments.join(
        people.select("patient_id", "first_dose_date"), on="patient_id"
    ).rename({"day": "index_date"})
    rows = derive_measured(moments, tables, derive_exposures(tables))
    rows = rows.with_columns(**select_covariates(rows, covariates)).with_columns(
        pl.when("sampled" if each["column"] in FROM_LABS else "seen")
        .then(name)
        .alias(name)
        for name, each in covariates.items()
    )
    days = days_of(pl.col("index_date") - pl.col("zero"))
    later = rows.with_columns(days=days).filter(pl.col("days") > 0)
    return _keep_known(later.sort("patient_id", "days"), list(covariates))


def _keep_known(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Bring rows in their order to one a patient and day; drop those without values."""
    known = pl.any_horizontal(pl.col(names).is_not_null())
    return (
        rows.group_by("patient_id", "days", maintain_order=True)
        .agg(pl.col(names).last(ignore_nulls=True))
        .filter(known)
        .sort("patient_id", "days")
    )
