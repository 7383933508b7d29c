"""Therapy resumed after surgery against not, from a landmark after surgery."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.errors import InputError
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.effects import estimate_effects
from twoarm.survival.members import counts_of
from twoarm.survival.regression import fit_regression

Row = dict[str, Any]
LABELS = {"treated": "Resumed", "control": "Not resumed"}


def compare_adjuvant(
    patients: pl.DataFrame,
    adjuvant: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    landmark_days: float,
    covariates: Sequence[str],
    horizons_months: Sequence[float],
    confidence: float,
) -> list[Row]:
    """Compare who resumed therapy by a day after surgery with who did not.

    Who resumes must live, recover and not recur until then: a plain contrast gives that
    time to those who did. So in are those operated who are followed beyond the
    landmark, free of recurrence; resumed is what was resumed by then; the clock starts
    there. Who resumes later stays among those who had not.

    Parameters
    ----------
    patients
        Analysed patients with the covariates.
    adjuvant
        As the contract Adjuvant.
    outcomes
        As the contract Outcomes; those with a competing event are left out.
    landmark_days
        Days after surgery.
    covariates
        Covariates of a regression beside it; none: no such regression.
    horizons_months
        Months after the landmark; those beyond the follow-up are left out.
    confidence
        Level of the two-sided limits.

    Returns
    -------
    list of dict
        Rows of the contract Effects without `design`: `resumed` stands for the contrast
        of the arms, and n_treated counts who resumed.

    References
    ----------
    .. [1] Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J
       Clin Oncol 1983;1:710-719. doi:10.1200/JCO.1983.1.11.710
    """
    competing = outcomes.group_by("endpoint").agg(pl.col("competing").any())
    plain = competing.filter(~pl.col("competing"))["endpoint"].sort()
    followed = _follow(adjuvant, outcomes, landmark_days)
    rows: list[Row] = []
    for endpoint in plain:
        arms = _arms_of(followed.filter(endpoint=endpoint))
        if min(len(arm.time) for arm in arms.values()) == 0:
            counts, why = counts_of(arms), "not estimable: an arm has no patient"
            told = {"measure": "hazard_ratio", "term": "resumed", "method": why}
            rows.append({**told, "endpoint": endpoint, **counts})
            continue
        longest = min(arm.time.max() for arm in arms.values()) / DAYS_PER_MONTH
        months = [each for each in horizons_months if each <= longest]
        found = estimate_effects(
            arms,
            horizons_months=months,
            rmst_months=max(months, default=None),
            confidence=confidence,
        )
        found += _adjusted(patients, arms, covariates, confidence)
        rows += [{**_renamed(row), "endpoint": endpoint} for row in found]
    return [
        {**row, "method": f"{row['method']}; from day {landmark_days:g} after surgery"}
        for row in rows
    ]


def _follow(
    adjuvant: pl.DataFrame, outcomes: pl.DataFrame, landmark_days: float
) -> pl.DataFrame:
    """Follow who is free at the landmark from there on."""
    start = pl.col("surgery_days") + landmark_days
    by_then = pl.col("resumed_days") <= landmark_days
    return (
        outcomes.join(adjuvant, on="patient_id")
        .with_columns(
            time=pl.col("start_days") + pl.col("days") - start,
            resumed=by_then.fill_null(value=False),
        )
        .filter(pl.col("free_days") > landmark_days, pl.col("time") > 0)
        .sort("endpoint", "patient_id")
    )


def _arms_of(followed: pl.DataFrame) -> dict[str, Arm]:
    arms = {}
    for name, label in LABELS.items():
        rows = followed.filter(pl.col("resumed") == (name == "treated"))
        time, event = rows["time"].to_numpy(), rows["event"].to_numpy()
        arms[name] = Arm(label, time, event, None, None, None, rows["patient_id"])
    return arms


def _adjusted(
    patients: pl.DataFrame,
    arms: Mapping[str, Arm],
    covariates: Sequence[str],
    confidence: float,
) -> list[Row]:
    """Fit the regression with covariates, or say why few patients do not carry it."""
    how = {"covariates": covariates, "confidence": confidence}
    source = "analysis.adjuvant.covariates"
    try:
        return fit_regression(patients, arms, **how, source=source)[:1]  # type: ignore[arg-type]
    except InputError as error:
        why = f"not estimable: {error}"
        row = {"measure": "hazard_ratio", "term": "treated_adjusted", "method": why}
        return [{**row, **counts_of(arms)}]


def _renamed(row: Row) -> Row:
    term = row["term"]
    return {**row, "term": term.replace("treated", "resumed", 1)}


def design_of(landmark_days: float) -> str:
    """Name the design of a landmark.

    >>> design_of(90.0)
    'resumed_90'
    """
    return f"resumed_{landmark_days:g}".replace(".", "_")
