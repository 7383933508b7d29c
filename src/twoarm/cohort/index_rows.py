"""Time zero and arm from one row a patient, or from the rows of their visits."""

from typing import Literal

import polars as pl


def derive_from_table(records: pl.DataFrame) -> pl.DataFrame:
    """Make candidates of an analysis-ready table: time zero is the row's own.

    Parameters
    ----------
    records
        One row a patient, with `arm` (treated, control, excluded) and, if known,
        `treatment_days`.
    """
    known = "treatment_days" in records.columns
    days = pl.col("treatment_days") if known else pl.lit(None, pl.Float64)
    return _with_arm(records).with_columns(
        treatment_days=days, index_date=pl.lit(None, pl.Date)
    )


def derive_from_visits(
    visits: pl.DataFrame, *, when: Literal["baseline", "later"]
) -> pl.DataFrame:
    """Make candidates of visits: time zero is a patient's first visit.

    Several rows of one patient on one day keep the order of the file; the first of them
    is the index row.

    Parameters
    ----------
    visits
        One row a visit, with `patient_id`, `visit_date`, `arm`, `source_row`.
    when
        `baseline`: the index row tells the arm. `later`: treated are those with a
        treated row on a later day than the first; this looks ahead of time zero and
        gives the treated immortal time.

    Returns
    -------
    pl.DataFrame
        The index rows, with `treated`, `excluded`, `index_date` and `treatment_days`:
        from the first visit to the first treated one, null if there is none.
    """
    ordered = visits.sort("patient_id", "visit_date", "source_row")
    index = ordered.group_by("patient_id", maintain_order=True).first()
    index = _with_arm(index).with_columns(index_date="visit_date")
    if when == "baseline":
        started = pl.when("treated").then(pl.lit(0.0))
        return index.with_columns(treatment_days=started)
    treated = (
        ordered.join(index.select("patient_id", "index_date"), on="patient_id")
        .filter(pl.col("visit_date") > pl.col("index_date"), pl.col("arm") == "treated")
        .group_by("patient_id")
        .agg(treated_on=pl.col("visit_date").min())
    )
    days = (pl.col("treated_on") - pl.col("index_date")).dt.total_days()
    return (
        index.join(treated, on="patient_id", how="left", maintain_order="left")
        .with_columns(
            treated=pl.col("treated_on").is_not_null(),
            treatment_days=days.cast(pl.Float64),
        )
        .drop("treated_on")
    )


def _with_arm(records: pl.DataFrame) -> pl.DataFrame:
    arm = pl.col("arm").cast(pl.String)
    return records.with_columns(
        treated=pl.when(arm != "excluded").then(arm == "treated"),
        excluded=(arm == "excluded").fill_null(value=False),
    )
