"""Sums of target lesions, where a centre exports lesions and not their sum."""

from collections.abc import Mapping

import polars as pl

SUMS = {"target_sum_mm": "long_mm", "viable_sum_mm": "viable_mm"}
"""Sum to the size that is added up."""
SUMMED = ("assessments", "lesions")
"""Tables that are looked at, or added to."""


def add_target_sums(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Add the sizes of the target lesions of each examination, where no sum is told.

    A sum is null if the size of one of its lesions is not known.

    Parameters
    ----------
    tables
        Table of the dictionary to its records, of one centre; those of `SUMMED` will
        do.

    References
    ----------
    .. [1] Eisenhauer EA et al. New response evaluation criteria in solid tumours:
       revised RECIST guideline (version 1.1). Eur J Cancer 2009;45:228-247.
       doi:10.1016/j.ejca.2008.10.026
    """
    lesions = tables.get("lesions")
    if lesions is None or lesions.is_empty():
        return dict(tables)
    exam = ["patient_id", "exam_date"]
    whole = {
        name: pl.when(pl.col(size).is_not_null().all()).then(pl.col(size).sum())
        for name, size in SUMS.items()
    }
    sums = lesions.filter("target").group_by(exam).agg(**whole)
    told = tables["assessments"].join(
        sums, on=exam, how="left", suffix="_added", maintain_order="left"
    )
    assessments = told.with_columns(
        pl.coalesce(name, f"{name}_added").alias(name) for name in SUMS
    ).select(tables["assessments"].columns)
    return {**tables, "assessments": assessments}
