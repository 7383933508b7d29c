"""Response of the target lesions at each visit, by RECIST 1.1 and by mRECIST."""

from typing import NamedTuple

import polars as pl

from twoarm.scores.response import RECIST_GROWTH_MM, response_of_targets, tenths
from twoarm.scores.visits import best_response, nadir_before


class Criterion(NamedTuple):
    """What a criterion sums, and how much growth it asks for."""

    column: str
    """Sum of the assessments, in mm."""
    growth_mm: float = 0
    """Least growth over the smallest sum that is progression."""


RECIST = Criterion("target_sum_mm", RECIST_GROWTH_MM)
MRECIST = Criterion("viable_sum_mm")


def derive_visit_responses(
    people: pl.DataFrame, assessments: pl.DataFrame, criterion: Criterion = RECIST
) -> pl.DataFrame:
    """Tell the response at each visit after the first dose.

    Sums are compared in whole tenths of a millimetre, in which exports are written: as
    floats, 76.8 mm is not a fifth above 64 mm. Of several sums of a day the last of the
    file counts, and a new lesion in any of them. A sum that is not known gives NE
    unless there is a new lesion; so does a baseline that is not known, or is 0.

    Parameters
    ----------
    people
        One row a patient, with `first_dose_date` and `surgery_date` (null: none).
    assessments
        Harmonised assessments.
    criterion
        RECIST or MRECIST.

    Returns
    -------
    pl.DataFrame
        `patient_id`, `exam_date`, `days` since the first dose, `size`, `baseline`,
        `nadir` (smallest sum before the visit, the baseline included) in tenths of a
        millimetre, `new_lesion`, `response`. Visits up to surgery, as targets are
        resected then, and up to the first progression, as nothing counts after it.

    References
    ----------
    .. [1] Eisenhauer EA et al. New response evaluation criteria in solid tumours:
       revised RECIST guideline (version 1.1). Eur J Cancer 2009;45:228-247.
       doi:10.1016/j.ejca.2008.10.026
    .. [2] Lencioni R, Llovet JM. Modified RECIST (mRECIST) assessment for
       hepatocellular carcinoma. Semin Liver Dis 2010;30:52-60.
       doi:10.1055/s-0030-1247132
    """
    exam, first_dose = pl.col("exam_date"), pl.col("first_dose_date")
    visits = join_visits(
        people.select("patient_id", "first_dose_date", "surgery_date"),
        assessments,
        criterion.column,
    )
    baselines = derive_baselines(visits).select("patient_id", baseline="size")
    nadir = nadir_before(pl.col("size"), pl.col("baseline")).over("patient_id")
    targets = target_response_of(criterion.growth_mm)
    told = (
        visits.join(baselines, on="patient_id", how="left", maintain_order="left")
        .filter(exam > first_dose, exam <= pl.coalesce("surgery_date", "exam_date"))
        .with_columns(nadir=nadir, days=(exam - first_dose).dt.total_days())
        .with_columns(
            response=pl.when("new_lesion").then(pl.lit("PD")).otherwise(targets)
        )
    )
    over = (pl.col("response") == "PD").cum_sum().shift(1, fill_value=0)
    columns = ("patient_id", "exam_date", "days", "size", "baseline", "nadir")
    return told.filter(over.over("patient_id") == 0).select(
        *columns, "new_lesion", "response"
    )


def derive_best_responses(visits: pl.DataFrame) -> pl.DataFrame:
    """Take each patient's best overall response up to progression and surgery.

    As `twoarm.scores.visits.best_response` counts them.

    Parameters
    ----------
    visits
        As `derive_visit_responses` gives them.

    Returns
    -------
    pl.DataFrame
        `patient_id` and `response`; patients without a visit are not in it.
    """
    return (
        visits.group_by("patient_id", maintain_order=True)
        .agg(response=best_response(pl.col("response"), pl.col("days")))
        .with_columns(pl.col("response").cast(pl.String))
        .sort("patient_id")
    )


def target_response_of(growth_mm: float, nadir: str = "nadir") -> pl.Expr:
    """Class of `size` against `baseline` and nadir, all in tenths of a millimetre."""
    columns = (pl.col(name) for name in ("size", "baseline", nadir))
    return response_of_targets(*columns, growth_mm=growth_mm)


def join_visits(
    people: pl.DataFrame, assessments: pl.DataFrame, column: str
) -> pl.DataFrame:
    """Bring the assessments of a day together and join them to their patients.

    Parameters
    ----------
    people
        One row a patient.
    assessments
        Harmonised assessments.
    column
        The sum to take.

    Returns
    -------
    pl.DataFrame
        One row a patient and day, sorted so: `exam_date`, `sum_mm`, the same as `size`
        in tenths of a millimetre, `new_lesion` (null: not noted), and the columns of
        `people`.
    """
    return (
        assessments.join(people.select("patient_id"), on="patient_id", how="semi")
        .sort("patient_id", "exam_date", "source_file", "source_row")
        .group_by("patient_id", "exam_date", maintain_order=True)
        .agg(
            sum_mm=pl.col(column).drop_nulls().last(),
            new_lesion=pl.col("new_lesion").max(),
        )
        .with_columns(size=tenths(pl.col("sum_mm")))
        .join(people, on="patient_id", how="left", maintain_order="left")
    )


def derive_baselines(visits: pl.DataFrame) -> pl.DataFrame:
    """Take each patient's last sum on the day of the first dose or before it.

    A sum of 0 is no baseline: nothing can be compared with it.

    Parameters
    ----------
    visits
        As `join_visits` gives them, with `first_dose_date`.

    Returns
    -------
    pl.DataFrame
        `patient_id`, `sum_mm` and `size` of those who have one.
    """
    return (
        visits.drop_nulls("size")
        .filter(pl.col("exam_date") <= pl.col("first_dose_date"))
        .group_by("patient_id", maintain_order=True)
        .agg(pl.col("sum_mm", "size").last())
        .filter(pl.col("size") > 0)
    )
