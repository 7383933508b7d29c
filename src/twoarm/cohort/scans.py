"""Scans by which progression can be told, and how far they lie apart in each arm."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.cohort.responses import (
    MRECIST,
    RECIST,
    Criterion,
    derive_baselines,
    derive_visit_responses,
    join_visits,
)
from twoarm.tables.outcomes import Scans

Rule = Mapping[str, Any]
"""One endpoint of the config's section `endpoints`."""
TUMOUR = ("progression", "recurrence")
"""Events that scans tell."""


def derive_scans(
    people: pl.DataFrame, assessments: pl.DataFrame, criterion: Criterion | None
) -> pl.DataFrame:
    """Say of each day of assessment whether progression could be told, and was.

    Up to resection the criterion tells it. Without one the chart does, and a scan is
    adequate if it notes the sum of the target lesions, or whether there is a new one.
    After resection there is no target: it must be noted whether there is a new lesion,
    and one is a recurrence.

    Parameters
    ----------
    people
        One row a patient, with `first_dose_date` and `surgery_date`.
    assessments
        Harmonised assessments.
    criterion
        RECIST, MRECIST, or None for the chart, which alone dates progression then.

    Returns
    -------
    pl.DataFrame
        `patient_id`, `exam_date`, `resected`, `adequate`, `progressed`; one row a
        patient and day, sorted so.
    """
    wanted = people.select("patient_id", "first_dose_date", "surgery_date")
    visits = join_visits(wanted, assessments, (criterion or RECIST).column)
    noted = pl.col("new_lesion").is_not_null()
    if criterion is None:
        visits = visits.with_columns(grown=False, based=True)
        able, recurred = noted | pl.col("size").is_not_null(), pl.lit(value=False)
    else:
        visits = _judge(visits, people, assessments, criterion)
        able, recurred = pl.col("size").is_not_null(), pl.col("new_lesion")
    resected = pl.col("exam_date") > pl.col("surgery_date")
    progressed = pl.when("resected").then(recurred).otherwise("grown")
    return visits.with_columns(resected=resected.fill_null(value=False)).select(
        "patient_id",
        "exam_date",
        "resected",
        adequate=pl.when("resected").then(noted).otherwise(able & pl.col("based")),
        progressed=progressed.fill_null(value=False),
    )


def criterion_of(rule: Rule) -> Criterion | None:
    """Say by which criterion scans tell progression; None if the chart does."""
    criteria = {
        "charted": None,
        "recist": RECIST,
        "mrecist": MRECIST._replace(growth_mm=rule["mrecist_mm"]),
    }
    return criteria[rule["progression"]]


def _judge(
    visits: pl.DataFrame,
    people: pl.DataFrame,
    assessments: pl.DataFrame,
    criterion: Criterion,
) -> pl.DataFrame:
    """Add `grown`, progression by the criterion, and `based`: there is a baseline."""
    responses = derive_visit_responses(people, assessments, criterion)
    grown = responses.select(
        "patient_id", "exam_date", grown=pl.col("response") == "PD"
    )
    baselines = derive_baselines(visits).select("patient_id", based=pl.lit(value=True))
    return (
        visits.join(
            grown, on=["patient_id", "exam_date"], how="left", maintain_order="left"
        )
        .join(baselines, on="patient_id", how="left", maintain_order="left")
        .with_columns(pl.col("based").fill_null(value=False))
    )


def summarise_scans(
    people: pl.DataFrame,
    assessments: pl.DataFrame,
    outcomes: pl.DataFrame,
    endpoints: Mapping[str, Rule],
    *,
    labels: Mapping[str, str],
) -> pl.DataFrame:
    """Measure the days between scans while patients are at risk of progression.

    Arms that are scanned at different intervals see the same progression at different
    times: the sparser scanned arm later. The first interval is that from an endpoint's
    start; adequate scans up to the end of its follow-up count.

    Parameters
    ----------
    people
        Patients with `treated` and the dates of `derive_outcomes`.
    assessments
        Harmonised assessments.
    outcomes
        As the contract Outcomes.
    endpoints
        Name to rule; those of which scans tell no event are passed over.
    labels
        `treated` and `control`: names of the arms.

    Returns
    -------
    pl.DataFrame
        As the contract Scans; quartiles by linear interpolation (R's type 7).

    References
    ----------
    .. [1] Panageas KS et al. When you look matters: the effect of assessment schedule
       on progression-free survival. J Natl Cancer Inst 2007;99:428-432.
       doi:10.1093/jnci/djk091
    """
    scanned = {
        name: rule
        for name, rule in endpoints.items()
        if {*rule["events"], *rule["competing"]} & {*TUMOUR}
    }
    parts = []
    for name, rule in scanned.items():
        scans = derive_scans(people, assessments, criterion_of(rule))
        own = outcomes.filter(pl.col("endpoint") == name).join(
            people.select("patient_id", "index_date", "treated"), on="patient_id"
        )
        parts.append(_summarise(own, scans.filter("adequate"), labels))
    return pl.concat([Scans.of([]), *parts]).sort("endpoint", "arm")


def _summarise(
    outcomes: pl.DataFrame, scans: pl.DataFrame, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Summarise the intervals of one endpoint by arm."""
    on = (pl.col("exam_date") - pl.col("index_date")).dt.total_days()
    on = on - pl.col("start_days")
    at_risk = (
        outcomes.join(scans, on="patient_id")
        .with_columns(on=on)
        .filter(pl.col("on") > 0, pl.col("on") <= pl.col("days"))
        .sort("patient_id", "on")
        .with_columns(
            gap=pl.col("on") - pl.col("on").shift(1, fill_value=0).over("patient_id")
        )
    )
    gap, arm = pl.col("gap"), pl.when("treated").then(pl.lit(labels["treated"]))
    gaps = at_risk.group_by("treated").agg(
        n_scans=pl.len().cast(pl.Int64),
        median_days=gap.median(),
        lower_days=gap.quantile(0.25, "linear"),
        upper_days=gap.quantile(0.75, "linear"),
    )
    return (
        outcomes.group_by("endpoint", "treated")
        .agg(n_patients=pl.len().cast(pl.Int64))
        .join(gaps, on="treated", how="left")
        .with_columns(
            pl.col("n_scans").fill_null(0), arm=arm.otherwise(pl.lit(labels["control"]))
        )
        .select(Scans.column_names())
    )
