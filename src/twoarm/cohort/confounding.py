"""What bears on who is treated later, and so on who is left untreated."""

from collections.abc import Sequence

import polars as pl

BOUNDS = (0.5, 2.0)
"""Rates of treatment after an earlier event over that before, beyond which the event
counts as bearing on treatment."""


def find_turning(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    endpoint: str,
    endpoints: Sequence[str],
) -> str:
    """Say which other endpoint's event bears on who is treated later, in words.

    Where patients change arms over time, the untreated after such an event are not
    like the untreated before it: progression both stops surgery and foretells death.
    A Cox regression with a time-dependent treatment is then biased for the later
    endpoint, unless the event is modelled as well.

    Parameters
    ----------
    patients
        As the contract Patients.
    members
        Rows of one design of the contract Arms; only a design in which patients change
        arms is asked.
    endpoint
        Endpoint that is judged.
    endpoints
        All endpoints.

    Returns
    -------
    str
        Empty if there is none.

    References
    ----------
    .. [1] Robins JM, Hernan MA, Brumback B. Marginal structural models and causal
       inference in epidemiology. Epidemiology 2000;11:550-560.
       doi:10.1097/00001648-200009000-00011
    """
    switching = members.filter(~pl.col("treated"), pl.col("exit_days").is_not_null())
    clock = members.filter(pl.col("treated"), pl.col("entry_days") > 0)
    changing = not (switching.is_empty() or clock.is_empty())
    if not changing or not (clock["origin_days"] == 0).all():
        return ""
    for other in endpoints:
        if other != endpoint:
            ratio = _rate_ratio(patients, endpoint, other)
            if ratio is not None and not BOUNDS[0] <= ratio <= BOUNDS[1]:
                often = f"treatment is {ratio:.1f} times as frequent as before it"
                if not ratio:
                    often = "nobody is treated"
                return f"after the event of {other} {often}, while follow-up goes on"
    return ""


def find_ending(patients: pl.DataFrame, members: pl.DataFrame, endpoint: str) -> str:
    """Say that the untreated are lost to their own treatment, in words.

    Where the clock restarts at the treatment, a control whose follow-up ends there is
    censored for doing well: in simulated patients on whom surgery has no effect such a
    match gave a hazard ratio of 0.72 for death and of 0.84 for progression or death,
    following on 0.97 and 0.99.

    Parameters
    ----------
    patients, members, endpoint
        As in `find_turning`.

    Returns
    -------
    str
        Empty if follow-up does not end so, or the clock does not restart.

    References
    ----------
    .. [1] Robins JM, Finkelstein DM. Correcting for noncompliance and dependent
       censoring in an AIDS clinical trial with inverse probability of censoring
       weighted log-rank tests. Biometrics 2000;56:779-788.
       doi:10.1111/j.0006-341X.2000.00779.x
    """
    restarts = members.filter(pl.col("treated"), pl.col("origin_days") > 0)
    controls = members.filter(~pl.col("treated"))
    ended = controls.join(patients.drop("treated"), on="patient_id").filter(
        pl.col("exit_days") <= pl.col(f"{endpoint}_days")
    )
    if restarts.is_empty() or ended.is_empty():
        return ""
    return "follow-up of the untreated ends at their own treatment"


def find_selection(members: pl.DataFrame) -> str:
    """Say that the treated are those who lived to be treated, in words.

    The time before the treatment is nobody's: the treated count from it, and are not
    among the untreated before, whose own clock starts at time zero. Leaving out the
    immortal time so takes a part of its bias away (in the plasmode data of [1]_ 0.074
    of 0.177 was left); whoever had the event while waiting is still a control, and
    months since treatment are set against months since time zero.

    Parameters
    ----------
    members
        Rows of one design of the contract Arms.

    Returns
    -------
    str
        Empty if all treated start their clock with the controls, or have been among
        them.

    References
    ----------
    .. [1] Duchesneau ED, et al. The timing, the treatment, the question. Cancer
       Epidemiol Biomarkers Prev 2022;31:2079-2086. doi:10.1158/1055-9965.EPI-22-0495
    """
    controls = members.filter(~pl.col("treated"))
    start = pl.lit(controls["origin_days"].max(), pl.Float64)
    later = members.filter("treated", pl.col("origin_days") > start)
    alone = later.join(controls, on="patient_id", how="anti")
    if alone.is_empty():
        return ""
    return (
        "the treated count from their treatment, to which they had to live, and are "
        "not among the untreated before it, whose clock starts earlier"
    )


def _rate_ratio(patients: pl.DataFrame, endpoint: str, other: str) -> float | None:
    """Compare the rate of treatment of the untreated after and before an event.

    None if the event never comes before the end of `endpoint` and before treatment.
    Who is treated by time zero is never among the untreated.
    """
    wait = pl.col("treatment_days")
    patients = patients.filter(wait.is_null() | (wait > 0))
    end = pl.min_horizontal(f"{endpoint}_days", wait)
    turn = pl.when(f"{other}_event").then(f"{other}_days").otherwise(None)
    rows = patients.select(
        end=end,
        turn=turn,
        treated=(wait <= pl.col(f"{endpoint}_days")).fill_null(value=False),
    ).with_columns(after=(pl.col("turn") < pl.col("end")).fill_null(value=False))
    time_after = pl.when("after").then(pl.col("end") - pl.col("turn")).otherwise(0.0)
    sums = rows.select(
        n_after=(pl.col("treated") & pl.col("after")).sum(),
        n_before=(pl.col("treated") & ~pl.col("after")).sum(),
        time_after=time_after.sum(),
        time_before=(pl.col("end") - time_after).sum(),
    ).row(0, named=True)
    if not sums["time_after"] or not sums["n_before"]:
        return None
    rate = sums["n_before"] / sums["time_before"]
    return float(sums["n_after"] / sums["time_after"] / rate)
