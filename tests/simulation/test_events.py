"""Adverse events, complications and details of operations, drawn and read back."""

import numpy as np
import polars as pl
import pytest

from twoarm.simulation.adverse import RATE, simulate_adverse_events
from twoarm.simulation.operations import (
    MILD,
    SEVERE,
    WARD_DAYS,
    simulate_complications,
    simulate_operations,
)

KEY = ["centre", "patient_id"]
DAY = pl.date(2020, 1, 1)
GRADES = pl.col("ctcae_grade").cast(pl.Int64)


def regimens_of(n, days):
    """`n` persons on each pair of drugs for as many days."""
    return pl.DataFrame(
        {"centre": ["a"] * 2 * n, "patient_id": [f"{i:05d}" for i in range(2 * n)]}
    ).with_columns(
        regimen=pl.Series(["ici_tki", "ici_antivegf"] * n),
        start_date=DAY,
        until_date=DAY + pl.duration(days=days - 1),
    )


def test_events_come_as_often_as_there_is_time_on_drugs():
    rng = np.random.default_rng(1)
    events = simulate_adverse_events(rng, regimens_of(2000, 300))

    months = 4000 * 300 / 30.4375
    # Of over 7,800 events: three standard errors, and a few fall on one day.
    assert events.height / months == pytest.approx(RATE, rel=0.035)
    severe = events.filter(GRADES >= 3).height / events.height
    assert severe == pytest.approx(0.08, abs=0.012)
    assert events["ctcae_grade"].unique().sort().to_list() == ["1", "2", "3", "4"]
    assert 0.15 < events["immune_related"].mean() < 0.35
    assert events.select(*KEY, "onset_date", "term").is_unique().all()


def test_a_drug_has_its_own_events_and_none_comes_off_it():
    rng = np.random.default_rng(2)
    regimens = regimens_of(300, 60)
    events = simulate_adverse_events(rng, regimens).join(regimens, on=KEY)

    after = (pl.col("onset_date") - pl.col("start_date")).dt.total_days()
    assert events.select(after.is_between(0, 59)).to_series().all()
    skin = events.filter(term="hand-foot skin reaction")["regimen"]
    assert skin.unique().to_list() == ["ici_tki"]


def test_nobody_has_events_of_the_drugs_between_regimens(handed_over):
    """After surgery only who goes on with therapy."""
    times = handed_over["treatments"].join(
        handed_over["follow_ups"].select(*KEY, "last_contact_date"), on=KEY
    )
    onset = pl.col("onset_date")
    ended = pl.coalesce("end_date", "last_contact_date")
    on_drugs = (
        handed_over["adverse_events"]
        .join(times, on=KEY)
        .filter(onset >= pl.col("start_date"), onset <= ended)
    )
    told = handed_over["adverse_events"]
    assert told.join(on_drugs, on=[*KEY, "onset_date", "term"], how="anti").is_empty()
    assert told.height > 900


def test_complications_are_of_the_operated_and_nobody_dies_of_one(handed_over):
    told = handed_over["complications"].join(handed_over["surgeries"], on=KEY)
    assert told.height == handed_over["complications"].height
    after = (told["onset_date"] - told["surgery_date"]).dt.total_days()
    assert after.is_between(1, WARD_DAYS).all()
    assert "V" not in set(told["clavien"])
    last = told.join(handed_over["follow_ups"], on=KEY)
    assert (last["onset_date"] <= last["last_contact_date"]).all()


def test_shares_of_complications_and_of_findings():
    n = 20_000
    people = pl.DataFrame(
        {"centre": ["a"] * n, "record": [f"{i:05d}" for i in range(n)]}
    ).with_columns(first_dose_date=DAY, surgery_days=pl.lit(100), last_days=pl.lit(103))
    told = simulate_complications(np.random.default_rng(3), people)
    severe = told["clavien"].is_in(["IIIa", "IIIb", "IVa"]).sum()
    assert severe / n == pytest.approx(SEVERE, abs=0.006)
    assert (told.height - severe) / n == pytest.approx(MILD, abs=0.01)
    assert told["onset_date"].max() == pl.select(DAY + pl.duration(days=103)).item()

    surgeries = pl.DataFrame(
        {"r_status": ["R0", "R1"] * n, "viable_percent": [0.0, 40.0] * n}
    )
    found = simulate_operations(np.random.default_rng(4), surgeries)
    assert found.filter(r_status="R1")["margin_mm"].drop_nulls().unique().to_list() == [
        0.0
    ]
    assert found.filter(viable_percent=0.0)["mvi"].drop_nulls().unique().to_list() == [
        "M0"
    ]
    assert found["blood_loss_ml"].null_count() / (2 * n) == pytest.approx(
        0.06, abs=0.01
    )
    assert found["operation_minutes"].drop_nulls().is_between(80, 480).all()
