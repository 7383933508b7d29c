"""The audit: what each design counts that its arms could not have had, or known."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.cohort.confounding import find_ending, find_selection, find_turning
from twoarm.cohort.spans import Spans, find_spans
from twoarm.engine import fit_curve
from twoarm.months import DAYS_PER_MONTH
from twoarm.tables.cohort import Audit

IMMORTAL = "biased: immortal time"
LATER = "biased: later information"
SELECTED = "biased: selection by survival"
CENSORED = "biased: informative censoring"
CONFOUNDED = "biased: time-varying confounding"
UNKNOWN = "unknown"
SOUND = "sound"


def assess_immortal_time(
    patients: pl.DataFrame,
    arms: pl.DataFrame,
    *,
    endpoints: Sequence[str],
    labels: Mapping[str, str],
    covariates: Mapping[str, Sequence[str]],
    reweighted: Collection[str] = (),
) -> pl.DataFrame:
    """Audit each design for each endpoint.

    A member who counts as treated before the treatment could not have had the event
    before it and still count so: that time is immortal. So is that of both arms where
    a clock starts before time zero, to which all of them lived. What is measured after
    the clock started may be an effect. Where the clock of the treated alone starts at
    the treatment, they are those who lived to it. Where patients change arms over time,
    an earlier event that turns treatment away, or brings it on, confounds the later
    one. Where follow-up of the untreated ends at their treatment, those who are left
    are the ones whom nobody would treat.

    Parameters
    ----------
    patients
        As the contract Patients; `<covariate>_measured`, where it is known, has the
        days from time zero to the measurement.
    arms
        As the contract Arms.
    endpoints
        Names.
    labels
        `treated` and `control`: names of the arms.
    covariates
        Name of a design to the covariates that it adjusts for.
    reweighted
        Designs whose weights make up for follow-up that ends at treatment.

    Returns
    -------
    pl.DataFrame
        As the contract Audit. The verdict is `unknown` where the source gives no time
        of treatment of a treated patient.

    References
    ----------
    .. [1] Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol
       2008;167:492-499. doi:10.1093/aje/kwm324
    """
    rows: list[dict[str, Any]] = []
    for (design,), members in arms.group_by("design", maintain_order=True):
        later = find_later(patients, members, covariates.get(str(design), ()))
        unknown = _find_unknown(patients, members)
        for endpoint in endpoints:
            spans = find_spans(patients, members, endpoint)
            turning = find_turning(patients, members, endpoint, endpoints)
            ending = ""
            if design not in reweighted:
                ending = find_ending(patients, members, endpoint)
            reason, verdict = _judge(
                spans, later, find_selection(members), turning, ending, unknown
            )
            named = {"design": design, "endpoint": endpoint}
            told = {"reason": reason, "verdict": verdict}
            outside = patients.height - members["patient_id"].n_unique()
            for arm, label in labels.items():
                row = _count(spans, treated=arm == "treated")
                rows.append({**named, "arm": label, **row, "n_before": outside, **told})
    return Audit.of(rows)


def find_later(
    patients: pl.DataFrame, members: pl.DataFrame, covariates: Sequence[str]
) -> dict[str, int]:
    """Count, of each covariate, whose value is from after their clock started."""
    # Who changes arms comes twice; their clock starts with the first of their rows.
    started = members.group_by("patient_id").agg(pl.col("entry_days").min())
    joined = started.join(patients, on="patient_id")
    counts = {
        name: joined.filter(pl.col(f"{name}_measured") > pl.col("entry_days")).height
        for name in covariates
        if f"{name}_measured" in joined.columns
    }
    return {name: count for name, count in counts.items() if count}


def _find_unknown(patients: pl.DataFrame, members: pl.DataFrame) -> str:
    """Say that the source has no time of treatment for some, in words.

    A clock that asks for the time leaves them among the untreated.
    """
    treated = patients.filter("treated").join(members, on="patient_id", how="semi")
    if not treated["treatment_days"].null_count():
        return ""
    return "the source does not give the time of treatment of all treated patients"


def _judge(
    spans: Spans,
    later: Mapping[str, int],
    selected: str,
    turning: str,
    ending: str,
    unknown: str,
) -> tuple[str, str]:
    """Say what weighs most against a design, and the verdict."""
    immortal = [
        told
        for told, months in (
            ("treated patients count as treated before they were", _immortal(spans)),
            ("neither arm could have the event before time zero", spans.before),
        )
        if (months > 0).any()
    ]
    if immortal:
        return "; ".join(immortal), IMMORTAL
    if later:
        return f"measured after the clock started: {', '.join(later)}", LATER
    if selected:
        return selected, SELECTED
    if turning:
        return turning, CONFOUNDED
    if ending:
        return ending, CENSORED
    if unknown:
        return unknown, UNKNOWN
    return "the arms are told apart by what was known when the clock started", SOUND


def _immortal(spans: Spans) -> np.ndarray:
    """Return of each treated member the days before the treatment.

    None are of a patient who is in the control arm as well: who has the event first has
    it in both.
    """
    rows = spans.treated
    until = np.fmin(spans.wait[rows], spans.end[rows])
    known = ~np.isnan(spans.wait[rows]) & ~spans.cloned[rows]
    return np.where(known, np.maximum(until - spans.entry[rows], 0), 0)


def _count(spans: Spans, *, treated: bool) -> dict[str, Any]:
    """Count what one arm had, and what it could not have had."""
    mine = spans.treated == treated
    entry, end, event = spans.entry[mine], spans.end[mine], spans.event[mine]
    immortal = _immortal(spans)
    waited = immortal > 0
    before = (spans.wait - spans.entry)[spans.treated][waited]
    wait = float(np.median(before)) if waited.any() else None
    control = ~spans.treated & spans.event
    early = control & (spans.end - spans.entry <= (wait or 0))
    crossed = ~spans.treated & (spans.wait > spans.entry) & (spans.wait <= spans.end)
    follow = _follow_up(entry, end, event)
    years = spans.year[mine]
    return {
        "n_patients": len(np.unique(spans.patient[mine])),
        "n_event": len(np.unique(spans.patient[mine][event])),
        "person_months": float((end - entry).sum()) / DAYS_PER_MONTH,
        "n_waiting": int(waited.sum()) if treated else 0,
        "immortal_months": float(immortal.sum()) / DAYS_PER_MONTH if treated else 0.0,
        "shared_months": float(spans.before[mine].sum()) / DAYS_PER_MONTH,
        "median_wait_months": wait / DAYS_PER_MONTH if treated and wait else None,
        "expected_events": _expected(spans) if treated else 0.0,
        "n_event_waiting": 0 if treated else _n_of(spans, early),
        "n_crossover": 0 if treated else _n_of(spans, crossed),
        "median_follow_up_months": follow,
        "median_year": None
        if np.isnan(years).all()
        else round(float(np.nanmedian(years)), 1),
    }


def _n_of(spans: Spans, rows: np.ndarray) -> int:
    return len(np.unique(spans.patient[rows]))


def _follow_up(entry: np.ndarray, end: np.ndarray, event: np.ndarray) -> float | None:
    if not len(end):
        return None
    late = entry if (entry > 0).any() else None
    _, median = fit_curve(end, ~event, entry=late)
    return None if np.isnan(median.estimate) else median.estimate / DAYS_PER_MONTH


def _expected(spans: Spans) -> float:
    """Sum the untreated's cumulative hazard over the immortal time.

    It is Nelson-Aalen's, of everybody until their treatment: the events that as many
    untreated patients would have had while the treated waited.
    """
    until = np.fmin(spans.wait, spans.end)
    hit = spans.event & ~(spans.wait < spans.end)
    times = np.unique(spans.end[hit])
    died = np.bincount(np.searchsorted(times, spans.end[hit]), minlength=len(times))
    entered = np.searchsorted(np.sort(spans.entry), times, side="left")
    gone = np.searchsorted(np.sort(until), times, side="left")
    at_risk = np.maximum(entered - gone, 1)
    hazard = np.r_[0.0, np.cumsum(died / at_risk)]
    rows = np.flatnonzero(spans.treated)
    span = _immortal(spans)
    start = np.searchsorted(times, spans.entry[rows], side="right")
    stop = np.searchsorted(times, spans.entry[rows] + span, side="right")
    return float((hazard[stop] - hazard[start]).sum())
