"""Endpoints from dates, by the rules that the study declares."""

from collections.abc import Iterable, Mapping

import polars as pl

from twoarm.cohort.scans import TUMOUR, Rule, criterion_of, derive_scans

STARTS = {
    "time_zero": "index_date",
    "first_dose": "first_dose_date",
    "surgery": "surgery_date",
}
"""Start of an endpoint's clock to its date."""
DATES = (
    "index_date",
    "first_dose_date",
    "surgery_date",
    "progression_date",
    "death_date",
    "last_imaging_date",
    "last_contact_date",
)
"""What endpoints are derived from."""


def derive_outcomes(
    candidates: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    endpoints: Mapping[str, Rule],
) -> pl.DataFrame:
    """Derive each endpoint of each patient: the first event counts.

    Resection is neither an event nor a censoring. An event counts before a competing
    one of its day. What lies before an endpoint's start is put on it, which leaves no
    positive follow-up. Death without any scan after the start is an event, however many
    scans were missed.

    Parameters
    ----------
    candidates
        Patients with `index_date`, `first_dose_date`, and the dates of what came later,
        null where it did not. Of a patient's several rows the first counts.
    tables
        The harmonised `assessments` and `surgeries`.
    endpoints
        Name to rule, as the config's section `endpoints` is.

    Returns
    -------
    pl.DataFrame
        As the contract Outcomes, but that a patient without follow-up has null days:
        of an endpoint that starts at surgery the operated alone, and if it counts
        recurrence, those resected R0.

    References
    ----------
    .. [1] Food and Drug Administration. Clinical trial endpoints for the approval of
       cancer drugs and biologics: guidance for industry. 2018 (two missed visits).
    .. [2] Llovet JM et al. Trial design and endpoints in hepatocellular carcinoma:
       AASLD consensus conference. Hepatology 2021;73(S1):158-191.
       doi:10.1002/hep.31327
    """
    people = candidates.select("patient_id", *DATES).unique(
        "patient_id", keep="first", maintain_order=True
    )
    margins = _margins(people, tables["surgeries"])
    people = people.join(margins, on="patient_id", how="left")
    parts = [
        _derive_outcome(people, tables["assessments"], name, rule)
        for name, rule in endpoints.items()
    ]
    return pl.concat(parts).sort("patient_id", "endpoint")


def add_outcomes(
    candidates: pl.DataFrame, outcomes: pl.DataFrame, endpoints: Mapping[str, Rule]
) -> pl.DataFrame:
    """Add the columns of the endpoints that start at time zero: they have two arms.

    Returns
    -------
    pl.DataFrame
        With `<endpoint>_days`, `<endpoint>_event`, and `<endpoint>_competing` where
        the study names what competes.
    """
    for name, rule in endpoints.items():
        if rule["start"] != "time_zero":
            continue
        kept = ["days", "event", *(["competing"] if rule["competing"] else [])]
        own = outcomes.filter(pl.col("endpoint") == name).select(
            "patient_id", pl.col(kept).name.prefix(f"{name}_")
        )
        candidates = candidates.join(
            own, on="patient_id", how="left", maintain_order="left"
        )
    return candidates


def _margins(people: pl.DataFrame, surgeries: pl.DataFrame) -> pl.DataFrame:
    """Take the margin of each first surgery; of several that day the worst."""
    return (
        surgeries.join(
            people.select("patient_id", first="surgery_date"), on="patient_id"
        )
        .filter(pl.col("surgery_date") == pl.col("first"))
        .group_by("patient_id")
        .agg(pl.col("r_status").cast(pl.String).max())
    )


def _derive_outcome(
    people: pl.DataFrame, assessments: pl.DataFrame, name: str, rule: Rule
) -> pl.DataFrame:
    """Derive one endpoint; the dates on the way are the columns `<what>_on`."""
    followed = _add_dates(_restrict_started(people, rule), assessments, rule)
    missed = _missed(rule["missed_visits"])
    counted = pl.col("event_on").is_not_null() & ~missed
    first = counted & (pl.col("event_on") == pl.col("ended_on"))
    ended = (
        pl.when(missed)
        .then("clear_on")
        .otherwise(pl.coalesce("ended_on", f"{rule['censor']}_on"))
    )
    seen = pl.col("tumour_on") == pl.col("ended_on")
    known = pl.col("last_contact_date").is_not_null()
    start = pl.col("start_on")
    return followed.select(
        "patient_id",
        endpoint=pl.lit(name),
        start_days=_days(start - pl.col("index_date")),
        days=pl.when(known).then(_days(ended - start)),
        event=first.fill_null(value=False),
        competing=(pl.col("ended_on").is_not_null() & ~missed & ~first).fill_null(
            value=False
        ),
        clear_days=pl.when(seen).then(_days(pl.col("clear_on") - start)),
        seen_days=pl.when(seen).then(_days(pl.col("tumour_on") - start)),
    )


def _restrict_started(people: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Keep those in whom the endpoint's clock starts."""
    started = people.with_columns(start_on=pl.col(STARTS[rule["start"]]))
    if "recurrence" in {*rule["events"], *rule["competing"]}:
        # A tumour that was left in cannot recur.
        started = started.filter(pl.col("r_status") == "R0")
    return started.filter(pl.col("start_on").is_not_null())


def _add_dates(
    people: pl.DataFrame, assessments: pl.DataFrame, rule: Rule
) -> pl.DataFrame:
    """Date the first event, the competing one, the clear scan before, the censoring."""
    scans = derive_scans(people, assessments, criterion_of(rule))
    people = people.join(_first_seen(scans), on="patient_id", how="left")
    dates = _dates_of_events(charted=rule["progression"] == "charted")
    tumour = [event for event in rule["events"] if event in TUMOUR]
    people = people.with_columns(
        event_on=_earliest(dates[event] for event in rule["events"]),
        other_on=_earliest(dates[event] for event in rule["competing"]),
        tumour_on=_earliest(dates[event] for event in tumour),
        last_contact_on=_not_before_start("last_contact_date"),
        last_imaging_on=_not_before_start("last_imaging_date"),
    ).with_columns(ended_on=pl.min_horizontal("event_on", "other_on"))
    exam = pl.col("exam_date")
    dated = scans.filter("adequate").join(
        people.select("patient_id", "start_on", "ended_on"), on="patient_id"
    )
    dated = dated.filter(exam > pl.col("start_on"))
    before = dated.filter(exam < pl.coalesce("ended_on", exam + pl.duration(days=1)))
    clear = before.group_by("patient_id").agg(clear_on=exam.max())
    return (
        people.join(clear, on="patient_id", how="left", maintain_order="left")
        .with_columns(scanned=pl.col("clear_on").is_not_null())
        .with_columns(clear_on=pl.coalesce("clear_on", "start_on"))
        .with_columns(last_adequate_scan_on="clear_on")
    )


def _first_seen(scans: pl.DataFrame) -> pl.DataFrame:
    """Take the first scan with progression before resection, and with a new lesion."""
    exam, resected = pl.col("exam_date"), pl.col("resected")
    return (
        scans.filter("progressed")
        .group_by("patient_id")
        .agg(
            grown_on=exam.filter(~resected).min(),
            new_lesion_on=exam.filter(resected).min(),
        )
    )


def _dates_of_events(*, charted: bool) -> dict[str, pl.Expr]:
    """Date each event; null: it did not happen."""
    told, surgery = pl.col("progression_date"), pl.col("surgery_date")
    told_after = pl.when(told > surgery).then(told)
    recurrence = (
        told_after if charted else pl.min_horizontal(told_after, "new_lesion_on")
    )
    left = pl.col("r_status").is_in(["R1", "R2"])
    return {
        "death": pl.col("death_date"),
        "progression": told if charted else pl.min_horizontal("grown_on", recurrence),
        "recurrence": recurrence,
        "not_r0": pl.when(left).then(surgery),
    }


def _earliest(dates: Iterable[pl.Expr]) -> pl.Expr:
    """Take the first of some dates, not before the start."""
    found = pl.min_horizontal(pl.lit(None, pl.Date), *dates)
    return pl.when(found.is_not_null()).then(pl.max_horizontal(found, "start_on"))


def _not_before_start(date: str) -> pl.Expr:
    known = pl.col(date).is_not_null()
    return pl.when(known).then(pl.max_horizontal(date, "start_on"))


def _missed(schedule: Mapping[str, int] | None) -> pl.Expr:
    """Tell whether two scans or more were missed before what ended the follow-up.

    After a scan the next are due in one and in two intervals: what is seen later than
    two intervals and the window was seen after both were missed.
    """
    if schedule is None:
        return pl.lit(value=False)
    longest = 2 * schedule["every_days"] + schedule["window_days"]
    late = (pl.col("ended_on") - pl.col("clear_on")).dt.total_days() > longest
    died = (pl.col("death_date") == pl.col("ended_on")).fill_null(value=False)
    return (late & (pl.col("scanned") | ~died)).fill_null(value=False)


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_days().cast(pl.Float64)
