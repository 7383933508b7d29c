"""Surgery, what pathology found, and what followed, of the operated alone."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from twoarm.cohort.findings import (
    Row,
    list_rows,
    summarise_levels,
    summarise_numbers,
)
from twoarm.scores.pathology import complete_pathological, major_pathological
from twoarm.scores.quantities import CLAVIEN
from twoarm.scores.surgery import complication_index, worst_complication
from twoarm.tables.care import COMPLETE, LESS, MAJOR, Findings

# ASSUME: complications count up to 90 days after surgery, the time in which the deaths
# of an operation on the liver are counted; what comes later is follow-up.
COMPLICATION_DAYS = 90
DEATH_DAYS = (30, 90)
"""Days after surgery within which deaths are counted."""
DATES = (
    *("index_date", "first_dose_date", "surgery_date"),
    *("death_date", "last_contact_date"),
)
WORST_IS_LEAST = ("margin_mm",)
DETAILS = (
    *("blood_loss_ml", "operation_minutes", "margin_mm", "r_status"),
    *("viable_percent", "mvi", "edmondson"),
)
"""Fields of the exports that tell of an operation."""
LEVELS = {
    "r_status": ("R0", "R1", "R2"),
    "pathology": (COMPLETE, MAJOR, LESS),
    "mvi": ("M0", "M1", "M2"),
    "edmondson": ("I", "II", "III", "IV"),
    "clavien": ("none", *CLAVIEN),
    "death": ("by_30", "by_31_90", "later"),
    "resumed": ("yes", "no"),
}
ITEMS = (
    *("zero_days", "dose_days", "operation_minutes", "blood_loss_ml"),
    *("r_status", "margin_mm", "viable_percent", "pathology", "mvi", "edmondson"),
    *("clavien", "cci", "death", "resumed", "resumed_days"),
)
"""Rows of the table in their order."""


def describe_operations(
    candidates: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    adjuvant: pl.DataFrame,
    *,
    reporting: Collection[str],
    labels: Mapping[str, str],
    confidence: float,
) -> pl.DataFrame:
    """Describe the first operation of the operated.

    Of several rows of its day the worst finding counts. Complete pathological response
    is no viable tumour, major at most 10 %. Complications are those from the day of
    surgery to 90 days after it: the highest grade of Clavien and Dindo, and the
    comprehensive index of them all. They are known of the patients of centres that
    export complications, if each has its grade; a patient of these without any had
    none. Deaths are of those who died by then or were followed for 90 days. Who did not
    resume therapy has no days to it.

    Parameters
    ----------
    candidates
        One row an analysed patient: `surgery_date`, the dates of what happened.
    tables
        The harmonised `surgeries` and `complications`.
    adjuvant
        As the contract Adjuvant.
    reporting
        Centres that export complications.
    labels
        `treated`: name of the arm.
    confidence
        Of the limits, as 0.95.

    Returns
    -------
    pl.DataFrame
        As the contract Findings, of one arm.

    References
    ----------
    .. [1] Dindo D, Demartines N, Clavien PA. Classification of surgical complications.
       Ann Surg 2004;240:205-213. doi:10.1097/01.sla.0000133083.54934.ae
    .. [2] Slankamenac K et al. The comprehensive complication index. Ann Surg
       2013;258:1-7. doi:10.1097/SLA.0b013e318296c732
    .. [3] Hellmann MD et al. Pathological response after neoadjuvant chemotherapy in
       resectable non-small-cell lung cancers. Lancet Oncol 2014;15:e42-e50.
       doi:10.1016/S1470-2045(13)70334-6
    """
    operated = candidates.filter(pl.col("surgery_date").is_not_null()).select(
        "patient_id", *DATES
    )
    surgery = pl.col("surgery_date")
    followed = _days(pl.coalesce("death_date", "last_contact_date") - surgery)
    people = (
        operated.join(
            _details(operated, tables["surgeries"]), on="patient_id", how="left"
        )
        .join(_complications(operated, tables, reporting), on="patient_id", how="left")
        .join(
            adjuvant.select("patient_id", "resumed_days"), on="patient_id", how="left"
        )
        .with_columns(
            zero_days=_days(surgery - pl.col("index_date")),
            dose_days=_days(surgery - pl.col("first_dose_date")),
            pathology=_pathology(),
            death=_death(followed),
            resumed=pl.when(pl.col("resumed_days").is_null())
            .then(pl.lit("no"))
            .otherwise(pl.lit("yes")),
        )
    )
    rows = [row for item in ITEMS for row in _describe(people, item, confidence)]
    return Findings.of(list_rows({labels["treated"]: rows}))


def _describe(people: pl.DataFrame, item: str, confidence: float) -> Sequence[Row]:
    if item not in LEVELS:
        return summarise_numbers(item, people[item])
    values = people[item].cast(pl.String)
    return summarise_levels(item, values, LEVELS[item], confidence=confidence)


def _details(operated: pl.DataFrame, surgeries: pl.DataFrame) -> pl.DataFrame:
    """Take the worst finding of the rows of each patient's first surgery."""
    first = operated.select("patient_id", "surgery_date")
    rows = surgeries.join(first, on=["patient_id", "surgery_date"], how="semi")
    worst = [
        pl.col(name).min() if name in WORST_IS_LEAST else pl.col(name).max()
        for name in DETAILS
    ]
    text = [name for name in DETAILS if name in LEVELS]
    return (
        rows.with_columns(pl.col(text).cast(pl.String))
        .group_by("patient_id")
        .agg(worst)
    )


def _pathology() -> pl.Expr:
    return (
        pl.when(complete_pathological())
        .then(pl.lit(COMPLETE))
        .when(major_pathological())
        .then(pl.lit(MAJOR))
        .when(pl.col("viable_percent").is_not_null())
        .then(pl.lit(LESS))
    )


def _complications(
    operated: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    reporting: Collection[str],
) -> pl.DataFrame:
    """Grade the complications of each patient; null where they are not known."""
    surgery, onset = pl.col("surgery_date"), pl.col("onset_date")
    last = surgery + pl.duration(days=COMPLICATION_DAYS)
    had = (
        tables["complications"]
        .join(operated.select("patient_id", "surgery_date"), on="patient_id")
        .filter(onset >= surgery, onset <= last)
        .with_columns(pl.col("clavien").cast(pl.String))
        .group_by("patient_id")
        .agg(
            complications=pl.col("clavien").filter(pl.col("clavien") != "none"),
            ungraded=pl.col("clavien").is_null().any(),
        )
    )
    told = (
        tables["surgeries"]
        .join(operated, on=["patient_id", "surgery_date"], how="semi")
        .group_by("patient_id")
        .agg(told=pl.col("centre").cast(pl.String).is_in([*reporting]).any())
    )
    known = pl.col("told") | pl.col("complications").is_not_null()
    none = pl.lit([], pl.List(pl.String))
    grades = pl.coalesce("complications", none)
    return (
        operated.select("patient_id")
        .join(told, on="patient_id", how="left")
        .join(had, on="patient_id", how="left")
        .with_columns(
            complications=pl.when(
                known, ~pl.col("ungraded").fill_null(value=False)
            ).then(grades)
        )
        .select(
            "patient_id",
            clavien=worst_complication(),
            cci=complication_index(),
        )
    )


def _death(followed: pl.Expr) -> pl.Expr:
    """Tell when after surgery a patient died; null if not followed for long enough."""
    early, late = DEATH_DAYS
    died = pl.col("death_date").is_not_null()
    return (
        pl.when(died & (followed <= early))
        .then(pl.lit("by_30"))
        .when(died & (followed <= late))
        .then(pl.lit("by_31_90"))
        .when(followed >= late)
        .then(pl.lit("later"))
    )


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_days().cast(pl.Float64)
