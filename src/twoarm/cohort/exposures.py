"""What was known of a patient at each assessment: drugs so far, and the response."""

from collections.abc import Mapping

import polars as pl

from twoarm.cohort.responses import RECIST, derive_baselines, target_response_of
from twoarm.questions import EXPOSURES, FINDINGS, PERSON
from twoarm.scores.quantities import RESPONSES
from twoarm.scores.response import depth_percent, tenths
from twoarm.scores.visits import best_so_far, nadir_before, smallest_so_far

# ASSUME: cycles follow each other after three weeks, as in the usual regimens of this
# disease: a file tells how many there were, not when each was given.
CYCLE_DAYS = 21
# ASSUME: two drugs are a combination if given for at least 21 days together, one cycle,
# and begun at most 60 days apart; later the second is another line of treatment.
OVERLAP_DAYS = 21
START_GAP_DAYS = 60
PARTNERS = ("antivegf", "tki")
"""Classes of drugs that make a combination with an immune checkpoint inhibitor."""

KEY = ["patient_id", "exam_date"]


def derive_exposures(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Join to each assessment what was known of its patient on that day.

    Nothing of a later day bears on a row. Of several assessments of a patient on one
    day each finding is the last known of the file.

    Parameters
    ----------
    tables
        Table of the dictionary to its records.

    Returns
    -------
    pl.DataFrame
        One row a patient and day of assessment, sorted, with the columns of
        `twoarm.questions.ASSESSMENT`. `days_since_first_dose` is negative before it.
        `non_progression_days` counts from the first assessment after the first dose
        that shows no progression; null where the target lesions were not measured, and
        from progression on, after which no response counts. `response` and
        `best_response`, so far, are null before the first dose, and PD from progression
        on.
    """
    people = one_row_a_patient(tables["patients"]).select(
        "patient_id", *PERSON, "first_dose_date"
    )
    told = one_row_a_patient(tables["follow_ups"])
    days = (
        _one_row_a_day(tables["assessments"])
        .join(people, on="patient_id")
        .join(
            told.select("patient_id", "progression_date"), on="patient_id", how="left"
        )
        .with_columns(days_since_first_dose=_days("exam_date", "first_dose_date"))
    )
    days = add_drugs(days, tables["treatments"])
    days = days.join(_derive_responses(days), on=KEY, how="left")
    return days.select(*KEY, *PERSON, *FINDINGS, *EXPOSURES).sort(KEY)


def one_row_a_patient(records: pl.DataFrame) -> pl.DataFrame:
    """Keep the first row of each patient; that one is repeated is told elsewhere."""
    ordered = records.sort("patient_id", "source_file", "source_row")
    return ordered.unique("patient_id", keep="first", maintain_order=True)


def _one_row_a_day(assessments: pl.DataFrame) -> pl.DataFrame:
    return (
        assessments.sort(*KEY, "source_file", "source_row")
        .group_by(KEY, maintain_order=True)
        .agg(pl.col(*FINDINGS).drop_nulls().last())
    )


def add_drugs(days: pl.DataFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """Add what a patient had been given by a day; null where the day is not known.

    Parameters
    ----------
    days
        `patient_id` and `exam_date`, no two rows the same.
    treatments
        Harmonised treatments, one row a drug and period. A patient without a row had
        none.

    Returns
    -------
    pl.DataFrame
        With `n_cycles` of immune checkpoint inhibitors, `overlap_days` and
        `combination`: an overlap of at least `OVERLAP_DAYS`.
    """
    for part in (_count_cycles(days, treatments), _measure_overlaps(days, treatments)):
        days = days.join(part, on=KEY, how="left")
    known = pl.col("exam_date").is_not_null()
    none = pl.when(known).then(0.0)
    return days.with_columns(
        n_cycles=pl.when("n_begun").then("n_cycles").otherwise(none),
        overlap_days=pl.col("overlap_days").fill_null(none),
    ).with_columns(combination=pl.col("overlap_days") >= OVERLAP_DAYS)


def _count_cycles(days: pl.DataFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """Count the cycles of an immune checkpoint inhibitor that began by each day.

    The first cycle of a row begins with it, the others each `CYCLE_DAYS` later, until
    the number of the row is reached; null if the number of a row that began is not
    known.
    """
    given = treatments.filter(pl.col("drug_class").cast(pl.String) == "ici").select(
        "patient_id", "start_date", cycles="n_cycles"
    )
    begun = days.select(KEY).join(given, on="patient_id")
    begun = begun.filter(pl.col("start_date") <= pl.col("exam_date"))
    by_schedule = 1 + (_days("exam_date", "start_date") / CYCLE_DAYS).floor()
    so_far = pl.when(pl.col("cycles").is_not_null()).then(
        pl.min_horizontal("cycles", by_schedule)
    )
    total = pl.col("so_far").sum()
    return (
        begun.with_columns(so_far=so_far)
        .group_by(KEY)
        .agg(
            n_cycles=pl.when(pl.col("so_far").null_count() == 0).then(total),
            n_begun=pl.lit(value=True),
        )
    )


def _measure_overlaps(days: pl.DataFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """Measure for how long two drugs of a combination were given together by each day.

    A pair is a row of an immune checkpoint inhibitor and one of a partner that begin at
    most `START_GAP_DAYS` apart, whichever is first. They overlap from the later begin
    to the earlier end, the days between these two; a drug without an end goes on. Of
    several pairs the longest counts.
    """
    rows = treatments.with_columns(drug=pl.col("drug_class").cast(pl.String))
    dates = ("patient_id", "start_date", "end_date")
    inhibitors = rows.filter(drug="ici").select(dates)
    partners = rows.filter(pl.col("drug").is_in(PARTNERS)).select(dates)
    pairs = inhibitors.join(partners, on="patient_id", suffix="_partner").filter(
        _days("start_date", "start_date_partner").abs() <= START_GAP_DAYS
    )
    both_from = pl.max_horizontal("start_date", "start_date_partner")
    both_until = pl.min_horizontal("end_date", "end_date_partner", "exam_date")
    together = (both_until - both_from).dt.total_days().cast(pl.Float64)
    return (
        days.select(KEY)
        .drop_nulls()
        .join(pairs, on="patient_id")
        .with_columns(overlap_days=pl.max_horizontal(together, 0.0))
        .group_by(KEY)
        .agg(pl.col("overlap_days").max())
    )


def _derive_responses(days: pl.DataFrame) -> pl.DataFrame:
    """Follow the target lesions by RECIST 1.1, until progression."""
    sum_mm = pl.col("target_sum_mm")
    visits = days.sort(KEY).with_columns(sum_mm=sum_mm, size=tenths(sum_mm))
    first = derive_baselines(visits).select("patient_id", baseline="size")
    after = visits.filter(pl.col("days_since_first_dose") > 0)
    after = after.join(first, on="patient_id", how="left")
    size, baseline = pl.col("size"), pl.col("baseline")
    response, since = pl.col("response"), pl.col("days_since_first_dose")
    return (
        after.sort(KEY)
        .with_columns(
            smallest=smallest_so_far(size).over("patient_id"),
            nadir=nadir_before(size, baseline).over("patient_id"),
        )
        .with_columns(response=target_response_of(RECIST.growth_mm))
        .with_columns(progressed=_progresses().cum_max().over("patient_id"))
        .with_columns(
            response=pl.when("progressed").then(pl.lit("PD")).otherwise("response"),
            held_from=_held_from().over("patient_id"),
        )
        .select(
            *KEY,
            "progressed",
            response.cast(pl.Enum(RESPONSES)),
            best_response=best_so_far(response, since).over("patient_id"),
            change_percent=depth_percent.function(size, baseline),
            best_change_percent=depth_percent.function(pl.col("smallest"), baseline),
            non_progression_days=pl.when(_holds()).then(
                _days("exam_date", "held_from")
            ),
        )
    )


def _progresses() -> pl.Expr:
    """Tell whether an assessment shows progression, or it was noted by that day."""
    noted = pl.col("progression_date") <= pl.col("exam_date")
    return (
        (pl.col("response") == "PD")
        | pl.col("new_lesion").fill_null(value=False)
        | noted.fill_null(value=False)
    )


def _holds() -> pl.Expr:
    return pl.col("size").is_not_null() & ~pl.col("progressed")


def _held_from() -> pl.Expr:
    return pl.when(_holds()).then("exam_date").min()


def _days(later: str, earlier: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_days().cast(pl.Float64)
