"""Response of each arm: by RECIST and mRECIST, at time zero and at its best."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.cohort.courses import derive_responses
from twoarm.cohort.findings import (
    Row,
    list_rows,
    summarise_levels,
    summarise_numbers,
)
from twoarm.cohort.responses import (
    MRECIST,
    RECIST,
    Criterion,
    derive_best_responses,
    derive_visit_responses,
)
from twoarm.scores.quantities import RESPONSES
from twoarm.tables.care import Findings

CRITERIA: Mapping[str, Criterion | None] = {
    "recist": RECIST,
    "mrecist": MRECIST,
    "charted": None,
}
"""Item to what is summed; None for the response that the chart tells."""
CHARTED = "charted_response"
UNKNOWN = "NE"
TOO_EARLY = "the first dose is time zero"
MARKERS = {"afp_half": "afp_response", "afp_75": "afp_response_75"}
"""Item to the column of the candidates: fall of AFP up to time zero."""


def describe_responses(
    candidates: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    confidence: float,
) -> pl.DataFrame:
    """Describe the response of each arm.

    By RECIST 1.1, by mRECIST, and as the chart has it. Response rates are of all
    patients of an arm: who was not evaluable, or not seen, counts as without a
    response. At time zero it is that of the last visit by then. The best is of the
    visits up to the first progression, measured or charted, and up to surgery: who is
    not operated has longer to respond, so that the best responses of the arms are not
    to be compared.

    Parameters
    ----------
    candidates
        One row an analysed patient: `treated`, the dates of what happened, and
        `afp_response` and `afp_response_75` at time zero.
    assessments
        Harmonised assessments.
    labels
        `treated` and `control`: names of the arms.
    confidence
        Of the limits, as 0.95.

    Returns
    -------
    pl.DataFrame
        As the contract Findings.

    References
    ----------
    .. [1] Eisenhauer EA et al. New response evaluation criteria in solid tumours:
       revised RECIST guideline (version 1.1). Eur J Cancer 2009;45:228-247.
       doi:10.1016/j.ejca.2008.10.026
    .. [2] Lencioni R, Llovet JM. Modified RECIST (mRECIST) assessment for
       hepatocellular carcinoma. Semin Liver Dis 2010;30:52-60.
       doi:10.1055/s-0030-1247132
    """
    dates = ("first_dose_date", "index_date")
    people = candidates.select("patient_id", "treated", *dates, *MARKERS.values())
    for name, criterion in CRITERIA.items():
        people = _add_responses(people, candidates, assessments, name, criterion)
    changes = derive_responses(candidates, assessments, labels)
    people = people.join(
        changes.select("patient_id", change="change_percent"),
        on="patient_id",
        how="left",
    )
    arms = {
        labels[arm]: _describe(
            people.filter(pl.col("treated") == is_treated), confidence
        )
        for arm, is_treated in (("treated", True), ("control", False))
    }
    return Findings.of(list_rows(arms))


def _add_responses(
    people: pl.DataFrame,
    candidates: pl.DataFrame,
    assessments: pl.DataFrame,
    name: str,
    criterion: Criterion | None,
) -> pl.DataFrame:
    """Add the response by a criterion, at time zero and the best; null if NE."""
    visits = _visits(candidates, assessments, criterion)
    days = visits.join(people.select("patient_id", "index_date"), on="patient_id")
    at_zero = (
        days.filter(pl.col("exam_date") <= pl.col("index_date"))
        .sort("patient_id", "exam_date")
        .group_by("patient_id")
        .agg(pl.col("response").last())
    )
    for when, found in (("zero", at_zero), ("best", derive_best_responses(visits))):
        told = found.select(
            "patient_id",
            pl.when(pl.col("response") != UNKNOWN)
            .then("response")
            .alias(f"{name}_{when}"),
        )
        people = people.join(told, on="patient_id", how="left", maintain_order="left")
    return people


def _visits(
    candidates: pl.DataFrame, assessments: pl.DataFrame, criterion: Criterion | None
) -> pl.DataFrame:
    """Follow the response up to surgery and progression; a charted one is a visit too.

    Of patients in whom what the criterion sums was ever measured, or a response ever
    charted: of others a new lesion alone would be told, and no response could.
    """
    told, surgery = pl.col("progression_date"), pl.col("surgery_date")
    column = criterion.column if criterion else CHARTED
    measured = assessments.drop_nulls(column).select("patient_id").unique()
    ends = candidates.join(measured, on="patient_id", how="semi").select(
        "patient_id",
        "first_dose_date",
        ended=pl.when(
            told > pl.col("first_dose_date"), told <= pl.coalesce(surgery, told)
        ).then(told),
    )
    seen = (
        derive_visit_responses(candidates, assessments, criterion)
        if criterion
        else _charted(candidates, assessments)
    )
    free = seen.join(ends, on="patient_id").filter(
        pl.col("ended").is_null() | (pl.col("exam_date") < pl.col("ended"))
    )
    charted = ends.drop_nulls("ended").with_columns(
        exam_date="ended",
        days=(pl.col("ended") - pl.col("first_dose_date")).dt.total_days(),
        response=pl.lit("PD"),
    )
    columns = ("patient_id", "exam_date", "days", "response")
    visits = pl.concat([free.select(columns), charted.select(columns)])
    over = (pl.col("response") == "PD").cum_sum().shift(1, fill_value=0)
    return visits.sort("patient_id", "exam_date").filter(over.over("patient_id") == 0)


def _charted(candidates: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """List the charted responses; of several of a day the last of the file."""
    exam, first_dose = pl.col("exam_date"), pl.col("first_dose_date")
    dates = ("first_dose_date", "surgery_date")
    return (
        assessments.drop_nulls(CHARTED)
        .join(candidates.select("patient_id", *dates), on="patient_id")
        .filter(exam > first_dose, exam <= pl.coalesce("surgery_date", "exam_date"))
        .sort("patient_id", "exam_date", "source_file", "source_row")
        .group_by("patient_id", "exam_date", maintain_order=True)
        .agg(
            days=(exam - first_dose).dt.total_days().last(),
            response=pl.col(CHARTED).cast(pl.String).last(),
        )
    )


def _describe(people: pl.DataFrame, confidence: float) -> list[Row]:
    """Describe one arm."""
    levels = [level for level in RESPONSES if level != UNKNOWN]
    begun = people["index_date"] > people["first_dose_date"]
    early = people.height > 0 and not begun.any()
    rows = []
    for when in ("zero", "best"):
        why = {"lacking": TOO_EARLY} if early and when == "zero" else {}
        told: dict[str, Any] = {"confidence": confidence, "unknown": UNKNOWN, **why}
        for name in CRITERIA:
            item = f"{name}_{when}"
            rows += summarise_levels(item, people[item], levels, **told)
    rows += summarise_numbers("change", people["change"])
    for item, column in MARKERS.items():
        fell = people[column].cast(pl.String)
        rows += summarise_levels(item, fell, ["yes", "no"], confidence=confidence)
    return rows
