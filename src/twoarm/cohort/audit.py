"""Immortal time: what the arms could not have had before the treatment came."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.months import DAYS_PER_MONTH

BIASED = "biased: immortal time"


def assess_immortal_time(
    patients: pl.DataFrame, *, endpoints: Sequence[str], labels: Mapping[str, str]
) -> pl.DataFrame:
    """Measure the follow-up of each arm between time zero and treatment.

    A patient who is called treated because of a treatment after time zero could not
    have had the event before it and still be called so: that time is immortal.

    Parameters
    ----------
    patients
        Analysed patients with `treated`, `treatment_days` and the endpoints.
    labels
        `treated` and `control`: names of the arms.

    Returns
    -------
    pl.DataFrame
        As the contract Audit. The verdict is `unknown` where the source gives no time
        of treatment.

    References
    ----------
    .. [1] Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol
       2008;167:492-499. doi:10.1093/aje/kwm324
    """
    waits = patients.filter("treated")["treatment_days"]
    verdict = "unknown"
    if waits.len() and not waits.null_count():
        verdict = BIASED if (waits > 0).any() else "sound"
    rows = [
        _row(patients, endpoint, arm, label, waits.median(), verdict)
        for endpoint in endpoints
        for arm, label in labels.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None).cast(
        {"median_wait_months": pl.Float64}
    )


def _row(
    patients: pl.DataFrame,
    endpoint: str,
    arm: str,
    label: str,
    wait_days: Any,
    verdict: str,
) -> dict[str, Any]:
    days, event = pl.col(f"{endpoint}_days"), pl.col(f"{endpoint}_event")
    members = patients.filter(treated=arm == "treated")
    before = pl.min_horizontal("treatment_days", days).clip(lower_bound=0)
    early = patients.filter(~pl.col("treated") & event & (days <= (wait_days or 0)))
    treated = arm == "treated"
    return {
        "endpoint": endpoint,
        "arm": label,
        "n_patients": members.height,
        "n_event": int(members.select(event.sum()).item()),
        "n_waiting": members.filter(pl.col("treatment_days") > 0).height
        if treated
        else 0,
        "person_months": members.select(days.sum()).item() / DAYS_PER_MONTH,
        "immortal_months": members.filter(pl.col("treatment_days").is_not_null())
        .select(before.sum())
        .item()
        / DAYS_PER_MONTH
        if treated
        else 0.0,
        "median_wait_months": wait_days / DAYS_PER_MONTH
        if treated and wait_days is not None
        else None,
        "n_event_control_waiting": early.height if treated else 0,
        "verdict": verdict,
    }
