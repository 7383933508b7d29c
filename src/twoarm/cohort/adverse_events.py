"""Adverse events of each arm by period, in the time in which they could be seen."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl
from scipy.stats import chi2

from twoarm.cohort.findings import NOT_REPORTED
from twoarm.months import DAYS_PER_MONTH
from twoarm.tables.care import KINDS, PERIODS, AdverseEvents

PER_MONTHS = 100
"""Person-months that a rate is of."""
MOST_TERMS = 10
"""How many terms are told, the most frequent first."""
SEVERE, FATAL = 3, 5
"""Grades of CTCAE from which an event is severe, and fatal."""
NO_TIME = "nobody was observed"
GRADE = pl.col("ctcae_grade").cast(pl.String).cast(pl.Int64)
OF_KIND = {
    "any": pl.lit(value=True),
    "severe": GRADE >= SEVERE,
    "immune": pl.col("immune_related"),
    "fatal": GRADE >= FATAL,
}
"""Kind to whether an event is of it; null where that is not told."""
OF_TERMS = ("any", "severe")
"""Kinds that are counted of each term."""
OUTSIDE = PERIODS[-1]
OF_ARM = {
    True: ("before_zero", "zero_to_surgery", "after_surgery", OUTSIDE),
    False: ("before_zero", "after_zero", OUTSIDE),
}
"""Whether operated, to the periods."""


def estimate_rate(
    n_event: int, person_months: float, *, confidence: float
) -> dict[str, float]:
    """Estimate a rate with exact limits, in events a hundred person-months.

    The limits are those of a Poisson count. Events of one patient go together: where
    few have many, the limits are too narrow.

    Parameters
    ----------
    n_event
        Events.
    person_months
        Time in which they were seen; above 0.
    confidence
        Of the limits, as 0.95.

    References
    ----------
    .. [1] Garwood F. Fiducial limits for the Poisson distribution. Biometrika
       1936;28:437-442. doi:10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> found = estimate_rate(3, 60.0, confidence=0.95)
    >>> [round(found[name], 3) for name in ("rate", "conf_low", "conf_high")]
    [5.0, 1.031, 14.612]
    """
    tail = (1 - confidence) / 2
    scale = PER_MONTHS / person_months
    low = float(chi2.ppf(tail, 2 * n_event)) / 2 if n_event else 0.0
    high = float(chi2.isf(tail, 2 * n_event + 2)) / 2
    return {
        "rate": n_event * scale,
        "conf_low": low * scale,
        "conf_high": high * scale,
    }


def derive_periods(candidates: pl.DataFrame) -> pl.DataFrame:
    """Part the course of each patient from the first dose to the last contact.

    The operated: before time zero, from there to surgery, after surgery. The others:
    before time zero and after it. A period holds the day on which it begins and not
    that on which the next does; the last holds its last day too.

    Parameters
    ----------
    candidates
        One row an analysed patient: `treated`, and the dates of what happened.

    Returns
    -------
    pl.DataFrame
        `patient_id`, `treated`, `period`, `start` and `end` (dates), `last`: nothing
        follows it. Those of a patient add up to the whole course.
    """
    end = pl.coalesce("death_date", "last_contact_date", "index_date")
    zero = pl.col("index_date")
    people = candidates.select(
        "patient_id",
        "treated",
        first=pl.min_horizontal("first_dose_date", zero),
        zero=zero,
        surgery=pl.max_horizontal("surgery_date", zero),
        end=end,
    ).with_columns(end=pl.max_horizontal("zero", "surgery", "end"))
    operated, others = people.filter("treated"), people.filter(~pl.col("treated"))
    parts = (
        (people, "before_zero", "first", "zero"),
        (operated, "zero_to_surgery", "zero", "surgery"),
        (operated, "after_surgery", "surgery", "end"),
        (others, "after_zero", "zero", "end"),
    )
    return pl.concat(
        rows.select(
            "patient_id",
            "treated",
            period=pl.lit(name, pl.Enum(PERIODS)),
            start=start,
            end=end,
            last=pl.lit(end == "end"),
        )
        for rows, name, start, end in parts
    )


def describe_adverse_events(
    candidates: pl.DataFrame,
    adverse_events: pl.DataFrame,
    *,
    reporting: Collection[str],
    labels: Mapping[str, str],
    confidence: float,
) -> pl.DataFrame:
    """Count adverse events by arm and period, and the time in which they could occur.

    The arms are at risk for different times, and in different parts of the course: so
    counts are not to be compared, and a rate is of one period. Patients of centres that
    export adverse events count, and any other who has one. Every event of theirs is in
    one period, or outside of all. Of each kind those are counted of which it is told: a
    grade, or if immune-related. The most frequent terms are those of most events, small
    and capital letters alike.

    Parameters
    ----------
    candidates
        One row an analysed patient: `centre`, `treated`, the dates of what happened.
    adverse_events
        Harmonised adverse events.
    reporting
        Centres that export adverse events.
    labels
        `treated` and `control`: names of the arms.
    confidence
        Of the limits, as 0.95.

    Returns
    -------
    pl.DataFrame
        As the contract AdverseEvents.
    """
    has = adverse_events["patient_id"].unique().implode()
    told = pl.col("centre").cast(pl.String).is_in([*reporting])
    watched = candidates.filter(told | pl.col("patient_id").is_in(has))
    periods = derive_periods(watched)
    events = place_events(adverse_events, periods)
    terms = _most_frequent(events)
    rows = [
        row
        for arm, is_treated in (("treated", True), ("control", False))
        for row in _describe(
            periods.filter(treated=is_treated),
            events.filter(treated=is_treated),
            terms,
            confidence,
            arm=labels[arm],
            is_treated=is_treated,
        )
    ]
    return AdverseEvents.of(rows)


def place_events(adverse_events: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Put each event of the patients into the period on a day of which it began.

    Parameters
    ----------
    adverse_events
        Harmonised adverse events; those of other patients are left out.
    periods
        As `derive_periods` gives them.

    Returns
    -------
    pl.DataFrame
        One row an event, with `treated`, `period`, `name` (the term, small letters)
        and a column a kind of event.
    """
    onset = pl.col("onset_date")
    within = (onset >= pl.col("start")) & (
        (onset < pl.col("end")) | (pl.col("last") & (onset == pl.col("end")))
    )
    numbered = adverse_events.with_row_index("event")
    placed = numbered.join(periods, on="patient_id").filter(within)
    people = periods.select("patient_id", "treated").unique()
    name = pl.col("term").str.strip_chars().str.to_lowercase()
    return (
        numbered.join(people, on="patient_id")
        .join(placed.select("event", "period"), on="event", how="left")
        .with_columns(pl.col("period").fill_null(OUTSIDE), name=name, **OF_KIND)
        .sort("event")
    )


def _most_frequent(events: pl.DataFrame) -> dict[str, str]:
    """Name the terms of most events; of equally many the first by the alphabet.

    Returns
    -------
    dict
        A term in small letters to how it is written, the first letter a capital.
    """
    # Of several ways the last by the alphabet: it has the fewest capitals.
    written = pl.col("term").str.strip_chars().max()
    counts = events.drop_nulls("name").group_by("name").agg(pl.len(), written)
    ranked = counts.sort(["len", "name"], descending=[True, False]).head(MOST_TERMS)
    terms = ranked.select("name", "term").iter_rows()
    return {name: term[:1].upper() + term[1:] for name, term in terms}


def _describe(
    periods: pl.DataFrame,
    events: pl.DataFrame,
    terms: Mapping[str, str],
    confidence: float,
    *,
    arm: str,
    is_treated: bool,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of an arm: all events of each kind, then those of each term."""
    length = (pl.col("end") - pl.col("start")).dt.total_days()
    observed = (length > 0) | pl.col("last")
    lacking = NO_TIME if periods.height else NOT_REPORTED
    for period in OF_ARM[is_treated]:
        own = periods.filter(period=period)
        months = float(own.select(length.sum()).item()) / DAYS_PER_MONTH
        seen = {"n_at_risk": own.filter(observed).height, "person_months": months}
        place = {"arm": arm, "period": period, **seen}
        of_period = events.filter(period=period)
        rate: dict[str, Any] = {
            "months": months,
            "confidence": confidence,
            "lacking": lacking,
        }
        for kind in KINDS:
            yield {**place, "position": 0, **_count(of_period, kind, **rate)}
        for position, (name, term) in enumerate(terms.items(), start=1):
            named = {**place, "position": position, "term": term}
            of_term = of_period.filter(name=name)
            for kind in OF_TERMS:
                yield {**named, **_count(of_term, kind, **rate)}


def _count(
    events: pl.DataFrame, kind: str, *, months: float, confidence: float, lacking: str
) -> dict[str, Any]:
    """Count the events of a kind, those who had one, and the rate."""
    told = events.drop_nulls(kind)
    if (events.height and told.is_empty()) or lacking == NOT_REPORTED:
        return {"kind": kind, "n_known": 0, "reason": NOT_REPORTED}
    had = told.filter(pl.col(kind))
    counts = {
        "kind": kind,
        "n_known": told.height,
        "n_event": had.height,
        "n_patients": had["patient_id"].n_unique(),
    }
    if not months:
        return {**counts, "reason": lacking}
    return {**counts, **estimate_rate(had.height, months, confidence=confidence)}
