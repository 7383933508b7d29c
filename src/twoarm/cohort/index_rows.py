"""Time zero and arm from one row a patient, or from the rows of their visits."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from twoarm.cohort.attrition import add_step, find_n_event, start_attrition
from twoarm.cohort.eligibility import meets
from twoarm.errors import InputError


def derive_from_table(records: pl.DataFrame) -> pl.DataFrame:
    """Make candidates of an analysis-ready table: time zero is the row's own.

    Parameters
    ----------
    records
        One row a patient, with `arm` (treated, control, excluded) and, if known,
        `treatment_days`. Treated before time zero are `early`; on day 0 they are not.
    """
    known = "treatment_days" in records.columns
    days = pl.col("treatment_days") if known else pl.lit(None, pl.Float64)
    rows = _with_arm(records).with_columns(
        treatment_days=days, index_date=pl.lit(None, pl.Date)
    )
    before = pl.col("treated") & (pl.col("treatment_days") < 0)
    return rows.with_columns(early=pl.when(before).then(pl.lit("before")))


def derive_from_visits(
    visits: pl.DataFrame,
    *,
    when: Literal["baseline", "later"],
    qualifying: pl.DataFrame | None = None,
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
    qualifying
        The visits that may be time zero; all of them if left out.

    Returns
    -------
    pl.DataFrame
        The index rows, with `treated`, `excluded`, `index_date` and `treatment_days`:
        from the index visit to the first treated one after it, null if there is none.
        `early` says who was treated at a visit `before`, or, with `later`, on the
        `same_day`.
    """
    ordered = visits.sort("patient_id", "visit_date", "source_row")
    index = first_visits(visits if qualifying is None else qualifying)
    index = _with_arm(index).with_columns(index_date="visit_date")
    index = _with_early(index, ordered, same_day=when == "later")
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


def first_visits(visits: pl.DataFrame) -> pl.DataFrame:
    """Take the first visit of each patient; of one day the first row of the file."""
    ordered = visits.sort("patient_id", "visit_date", "source_row")
    return ordered.group_by("patient_id", maintain_order=True).first()


def restrict_qualifying(
    visits: pl.DataFrame,
    attrition: pl.DataFrame,
    conditions: Sequence[Mapping[str, Any]],
    *,
    event: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the visits at which all conditions hold at once.

    A patient leaves by the first condition that, with those before it, holds at none of
    the patient's visits.

    Parameters
    ----------
    visits
        One row a visit, with the columns `eligible_<name>` of the conditions.
    attrition
        The steps before.
    conditions
        As in `twoarm.cohort.eligibility.meets`.
    event
        As in `restrict_where`, of the patient's first visit that is left.
    """
    for condition in conditions:
        before = visits["patient_id"].n_unique()
        visits = visits.filter(meets(condition))
        attrition = add_step(
            attrition,
            condition["reason"],
            n_before=before,
            n_after=visits["patient_id"].n_unique(),
            n_event=find_n_event(first_visits(visits), event),
        )
    return visits, attrition


def start_visits(
    visits: pl.DataFrame, aside: pl.DataFrame, *, event: str | None = None
) -> pl.DataFrame:
    """Start the attrition table of visits with the patients read.

    Parameters
    ----------
    visits
        One row a visit that can be used.
    aside
        As the contract Aside: the visits that cannot.
    event
        As in `restrict_where`.
    """
    usable = visits["patient_id"].n_unique()
    n_event = find_n_event(first_visits(visits), event)
    gone = aside.drop_nulls("patient_id").join(visits, on="patient_id", how="anti")
    lost = gone["patient_id"].n_unique()
    if not lost:
        return start_attrition(usable, n_event=n_event)
    return add_step(
        start_attrition(usable + lost),
        "No visit of the patient could be used",
        n_before=usable + lost,
        n_after=usable,
        n_event=n_event,
    )


def derive_unusable(index: pl.DataFrame, aside: pl.DataFrame) -> pl.DataFrame:
    """Add `index_unusable`: a visit that may have been the first was set aside.

    It may have been if it was earlier, on the same day in a row before, or on a day
    that is not known. Time zero would have moved to a later visit without a word.

    Parameters
    ----------
    index
        Index rows, as `derive_from_visits` gives them.
    aside
        As the contract Aside.
    """
    place = {"visit_date": "aside_date", "source_row": "aside_row"}
    day, other = pl.col("index_date"), pl.col("aside_date")
    earlier = (other < day) | (
        (other == day) & (pl.col("aside_row") < pl.col("source_row"))
    )
    moved = (
        aside.select("patient_id", *place)
        .rename(place)
        .join(index.select("patient_id", "index_date", "source_row"), on="patient_id")
        .filter(earlier.fill_null(value=True))
    )
    unusable = pl.col("patient_id").is_in(moved["patient_id"].implode())
    return index.with_columns(index_unusable=unusable.fill_null(value=False))


def check_clock(
    index: pl.DataFrame, visits: pl.DataFrame, endpoints: Sequence[str]
) -> None:
    """Refuse times that count from the first visit where the clock starts later.

    The time of an endpoint is that of the index row. If it is the same as at the first
    visit of every patient whose time zero is later, it does not count from its own row.

    Raises
    ------
    InputError
        Names each such endpoint.
    """
    first = first_visits(visits)
    faults = []
    for name in endpoints:
        days = f"{name}_days"
        if days not in index.columns:
            continue
        began = first.select("patient_id", began="visit_date", before=days)
        later = index.join(began, on="patient_id").filter(
            pl.col("index_date") > pl.col("began"), pl.col("before").is_not_null()
        )
        if later.height and later["before"].equals(later[days].alias("before")):
            faults.append(f"  endpoint {name}: its time is that of the first visit")
    if faults:
        what = "Times do not count from the visit that is time zero:"
        do = "Give times that count from each row, or take cohort.time_zero out."
        raise InputError("\n".join([what, *faults, do]))


def _with_early(
    index: pl.DataFrame, visits: pl.DataFrame, *, same_day: bool
) -> pl.DataFrame:
    """Say who was treated at an earlier visit, or at one of the same day."""
    treated = visits.filter(pl.col("arm") == "treated")
    first = treated.group_by("patient_id").agg(treated_from=pl.col("visit_date").min())
    first_day, day = pl.col("treated_from"), pl.col("index_date")
    early = (
        pl.when(first_day < day)
        .then(pl.lit("before"))
        .when((first_day == day) & same_day)
        .then(pl.lit("same_day"))
    )
    return (
        index.join(first, on="patient_id", how="left", maintain_order="left")
        .with_columns(early=early)
        .drop("treated_from")
    )


def _with_arm(records: pl.DataFrame) -> pl.DataFrame:
    arm = pl.col("arm").cast(pl.String)
    return records.with_columns(
        treated=pl.when(arm != "excluded").then(arm == "treated"),
        excluded=(arm == "excluded").fill_null(value=False),
    )
