"""Single courses for the waterfall and the swimmer plot: no identifier, no date."""

from collections.abc import Mapping

import polars as pl

from twoarm.cohort.responses import (
    RECIST,
    derive_baselines,
    join_visits,
    target_response_of,
)
from twoarm.months import DAYS_PER_MONTH
from twoarm.scores.response import depth_percent

CHANGE = depth_percent.function(pl.col("sum_mm"), pl.col("start"))


def derive_responses(
    candidates: pl.DataFrame, assessments: pl.DataFrame, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Find each patient's best change of the target lesions after the first dose.

    Of operated patients only what was seen before the operation counts, of all only
    what was seen before progression.

    Parameters
    ----------
    candidates
        One row an analysed patient, with the dates of what happened.
    assessments
        Harmonised assessments.
    labels
        `treated` and `control`: names of the arms.

    Returns
    -------
    pl.DataFrame
        As the contract Responses; patients without a baseline and a later measurement
        are not in it. The class is that of the change; a new lesion stands beside it.

    References
    ----------
    .. [1] Eisenhauer EA et al. New response evaluation criteria in solid tumours:
       revised RECIST guideline (version 1.1). Eur J Cancer 2009;45:228-247.
       doi:10.1016/j.ejca.2008.10.026
    """
    counted = _visits(candidates, assessments)
    best = counted.group_by("patient_id", maintain_order=True).agg(
        pl.col("treated", "start", "baseline").first(),
        pl.col("sum_mm", "size").min(),
        pl.col("new_lesion").any(),
        operated=pl.col("surgery_date").first().is_not_null(),
    )
    return (
        best.with_columns(
            change_percent=CHANGE,
            response=target_response_of(RECIST.growth_mm, nadir="baseline"),
            arm=_arm(labels),
            n_patients=pl.lit(1, pl.Int64),
        )
        .sort(["change_percent", "patient_id"], descending=[True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("arm"))
    )


def derive_changes(
    candidates: pl.DataFrame, assessments: pl.DataFrame, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Lay out the change of each patient's target lesions along time.

    Parameters are those of `derive_responses`, which takes the best of these visits.

    Returns
    -------
    pl.DataFrame
        As the contract Changes: each line starts with the baseline, at the first dose.
    """
    best = derive_responses(candidates, assessments, labels)
    ranks = best.select("patient_id", "arm", "rank")
    days = (pl.col("exam_date") - pl.col("first_dose_date")).dt.total_days()
    seen = _visits(candidates, assessments).select(
        "patient_id", "new_lesion", months=days / DAYS_PER_MONTH, change_percent=CHANGE
    )
    starts = ranks.select(
        "patient_id", new_lesion=False, months=pl.lit(0.0), change_percent=pl.lit(0.0)
    )
    return pl.concat([starts, seen]).join(ranks, on="patient_id")


def _visits(candidates: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """List the measured visits from the first dose to progression or surgery."""
    until = pl.min_horizontal("surgery_date", "progression_date")
    known = ("patient_id", "treated", "first_dose_date", "surgery_date")
    people = candidates.select(*known, until=until)
    visits = join_visits(people, assessments, RECIST.column).drop_nulls("size")
    baseline = derive_baselines(visits).rename({"sum_mm": "start", "size": "baseline"})
    exam = pl.col("exam_date")
    return (
        baseline.join(visits, on="patient_id", maintain_order="left_right")
        .filter(
            exam > pl.col("first_dose_date"), exam <= pl.coalesce("until", "exam_date")
        )
        .with_columns(pl.col("new_lesion").fill_null(value=False))
    )


def derive_courses(
    candidates: pl.DataFrame, treatments: pl.DataFrame, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Lay out each patient's course in months from the first dose.

    Returns
    -------
    pl.DataFrame
        As the contract Courses; lane 1 of an arm has the longest follow-up. Drugs given
        at one time, or from the day on which another ends, are one treatment.
    """
    people = _lanes(candidates.with_columns(arm=_arm(labels)))
    marks = {
        "criteria_met": pl.col("criteria_date"),
        "surgery": pl.col("surgery_date"),
        "progression": pl.col("progression_date"),
        "death": pl.col("death_date"),
        "ongoing": pl.when(pl.col("death_date").is_null()).then("last_contact_date"),
    }
    parts = [_bar(people, what, date, date) for what, date in marks.items()]
    first, last = pl.col("first_dose_date"), pl.col("last_contact_date")
    parts.append(_bar(people, "follow_up", first, last))
    given = _spells(treatments, people).join(people, on="patient_id")
    parts.append(_bar(given, "treatment", pl.col("start_date"), pl.col("until_date")))
    bars = ["arm", "lane", "what", "start_months"]
    return (
        pl.concat(parts)
        .group_by(bars, maintain_order=True)
        .agg(pl.col("end_months").max())
    )


def derive_adjuvant(candidates: pl.DataFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """Find when therapy was resumed after surgery, and how long the patient was free.

    Resumed is what starts after the day of surgery; a regimen that went on through it
    is not.

    Parameters
    ----------
    candidates
        One row an analysed patient, with the dates of what happened.
    treatments
        Harmonised treatments.

    Returns
    -------
    pl.DataFrame
        As the contract Adjuvant: the operated alone.
    """
    operated = candidates.filter(pl.col("surgery_date").is_not_null())
    surgery = pl.col("surgery_date")

    def since(date: pl.Expr) -> pl.Expr:
        return (date - surgery).dt.total_days().cast(pl.Float64)

    resumed = (
        treatments.join(operated.select("patient_id", "surgery_date"), on="patient_id")
        .filter(pl.col("start_date") > surgery)
        .group_by("patient_id")
        .agg(resumed_days=since(pl.col("start_date")).min())
    )
    recurred = pl.when(pl.col("progression_date") > surgery).then("progression_date")
    ended = pl.min_horizontal(recurred, "death_date", "last_contact_date")
    return operated.join(resumed, on="patient_id", how="left").select(
        "patient_id",
        surgery_days=(surgery - pl.col("index_date")).dt.total_days().cast(pl.Float64),
        resumed_days="resumed_days",
        free_days=pl.max_horizontal(since(ended), 0.0),
    )


def _spells(treatments: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Join the periods of all drugs of a patient where they overlap."""
    last = people.select("patient_id", "last_contact_date")
    ended = treatments.join(last, on="patient_id").with_columns(
        until_date=pl.min_horizontal("end_date", "last_contact_date")
    )
    earlier = pl.col("until_date").to_physical().cum_max().shift(1).over("patient_id")
    apart = (pl.col("start_date").to_physical() > earlier).fill_null(value=True)
    return (
        ended.sort("patient_id", "start_date", "until_date", nulls_last=True)
        .with_columns(apart=apart)
        .with_columns(spell=pl.col("apart").cum_sum().over("patient_id"))
        .group_by("patient_id", "spell", maintain_order=True)
        .agg(pl.col("start_date").min(), pl.col("until_date").max())
    )


def _lanes(people: pl.DataFrame) -> pl.DataFrame:
    followed = (pl.col("last_contact_date") - pl.col("first_dose_date")).dt.total_days()
    return (
        people.with_columns(followed=followed)
        .sort(["followed", "patient_id"], descending=[True, False])
        .with_columns(lane=pl.int_range(1, pl.len() + 1).over("arm"))
    )


def _bar(people: pl.DataFrame, what: str, start: pl.Expr, end: pl.Expr) -> pl.DataFrame:
    def months(date: pl.Expr) -> pl.Expr:
        days = (date - pl.col("first_dose_date")).dt.total_days()
        return pl.max_horizontal(days / DAYS_PER_MONTH, 0.0)

    return people.select(
        "arm",
        "lane",
        what=pl.lit(what),
        start_months=pl.when(start.is_not_null()).then(months(start)),
        end_months=pl.when(end.is_not_null()).then(months(end)),
    ).drop_nulls()


def _arm(labels: Mapping[str, str]) -> pl.Expr:
    return (
        pl.when("treated")
        .then(pl.lit(labels["treated"]))
        .otherwise(pl.lit(labels["control"]))
    )
