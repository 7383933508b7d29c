"""Records that are handed on, and rows that are set aside."""

from collections.abc import Mapping

import polars as pl

from twoarm.harmonisation.fields import Harmonised
from twoarm.tables.cohort import Quarantine


def set_aside(
    result: Harmonised, reasons: Mapping[str, str], *, prefix: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the rows that break a rule which the study sets aside from the others.

    Parameters
    ----------
    result
        Records and faults of one file.
    reasons
        Rules that set a row aside, with their reason in words.
    prefix
        Put before each `patient_id`, so that two centres' patients stay apart.

    Returns
    -------
    records, quarantine
        Every row of the file is in just one of the two.
    """
    place = {"file": "source_file", "row": "source_row"}
    broken = (
        result.faults.filter(pl.col("rule").is_in(list(reasons)))
        .rename(place)
        .sort("source_row", "rule", "column")
        .group_by("source_file", "source_row", maintain_order=True)
        .agg(pl.col("column", "rule").first())
        .with_columns(reason=pl.col("rule").replace_strict(dict(reasons), default=""))
    )
    keys = ["source_file", "source_row"]
    kept = result.records.join(broken, on=keys, how="anti", maintain_order="left")
    if "patient_id" in kept.columns:
        name = pl.col("patient_id").fill_null("")
        kept = kept.with_columns(patient_id=prefix + name)
    return kept, Quarantine.of([]).vstack(broken.select(Quarantine.column_names()))
