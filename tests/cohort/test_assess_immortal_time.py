import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.audit import BIASED, assess_immortal_time
from twoarm.cohort.index_rows import derive_from_visits
from twoarm.simulation.cohort import derive_days
from twoarm.simulation.model import SCENARIOS, simulate_candidates
from twoarm.tables.cohort import Audit, Patients

LABELS = {"treated": "Surgery", "control": "No surgery"}
MONTH = 30.4375


def patients(*rows):
    """Rows of (treated, wait, days, event); times in months."""
    return pl.DataFrame(
        [
            {
                "patient_id": f"p{place}",
                "treated": treated,
                "treatment_days": None if wait is None else wait * MONTH,
                "os_days": months * MONTH,
                "os_event": event,
            }
            for place, (treated, wait, months, event) in enumerate(rows)
        ],
        schema_overrides={"treatment_days": pl.Float64, "os_days": pl.Float64},
        infer_schema_length=None,
    )


def audit(table, endpoints=("os",)):
    found = assess_immortal_time(table, endpoints=endpoints, labels=LABELS)
    rows = Audit.check(found).iter_rows(named=True)
    return {(row["endpoint"], row["arm"]): row for row in rows}


def verdict(*waits):
    rows = [(True, wait, 9.0, True) for wait in waits]
    return audit(patients(*rows, (False, None, 5.0, True)))["os", "Surgery"]["verdict"]


HAND = (
    # wait, follow-up: immortal are 2, 4 (followed for 4 of 6 months) and 0 months
    (True, 2.0, 12.0, True),
    (True, 6.0, 4.0, False),
    (True, 0.0, 10.0, True),
    # events by the median wait of 2 months: the first two
    (False, None, 1.0, True),
    (False, None, 2.0, True),
    (False, None, 2.5, True),
    (False, None, 0.5, False),
)


def test_person_time_by_hand():
    found = audit(patients(*HAND))
    treated, control = found["os", "Surgery"], found["os", "No surgery"]

    assert treated["n_patients"] == 3
    assert treated["n_event"] == 2
    assert treated["n_waiting"] == 2
    assert treated["person_months"] == pytest.approx(26.0)
    assert treated["immortal_months"] == pytest.approx(6.0)
    assert treated["median_wait_months"] == pytest.approx(2.0)
    assert treated["n_event_control_waiting"] == 2
    assert treated["verdict"] == BIASED

    assert control["n_patients"] == 4
    assert control["n_event"] == 3
    assert control["n_waiting"] == 0
    assert control["person_months"] == pytest.approx(6.0)
    assert control["immortal_months"] == 0.0
    assert control["median_wait_months"] is None
    assert control["n_event_control_waiting"] == 0
    assert control["verdict"] == BIASED


def test_each_endpoint_has_its_own_person_time():
    table = patients(*HAND).with_columns(
        pfs_days=pl.col("os_days") / 2, pfs_event=pl.lit(value=True)
    )

    found = audit(table, ["os", "pfs"])

    assert found["pfs", "Surgery"]["person_months"] == pytest.approx(13.0)
    assert found["pfs", "Surgery"]["immortal_months"] == pytest.approx(4.0)
    assert found["pfs", "Surgery"]["n_event_control_waiting"] == 4
    assert found["os", "Surgery"]["immortal_months"] == pytest.approx(6.0)


def test_wait_of_one_treated_patient_is_enough_to_bias():
    assert verdict(0.0, 0.0, 0.01) == BIASED


@pytest.mark.parametrize("waits", [(0.0, 0.0), (-3.0, 0.0)])
def test_treated_by_time_zero_is_sound(waits):
    assert verdict(*waits) == "sound"


@pytest.mark.parametrize("waits", [(None, None), (None, 0.0), (None, 5.0)])
def test_wait_that_is_not_known_of_any_treated_is_unknown(waits):
    assert verdict(*waits) == "unknown"


def test_treatment_before_time_zero_is_no_negative_person_time():
    found = audit(patients((True, -3.0, 9.0, True), (False, None, 5.0, True)))

    assert found["os", "Surgery"]["immortal_months"] == 0.0
    assert found["os", "Surgery"]["n_waiting"] == 0


def test_days_of_a_control_do_not_count():
    found = audit(patients((True, 0.0, 9.0, True), (False, 4.0, 5.0, True)))

    assert found["os", "No surgery"]["verdict"] == "sound"
    assert found["os", "No surgery"]["immortal_months"] == 0.0


rows = st.lists(
    st.tuples(
        st.booleans(),
        st.one_of(st.none(), st.floats(-5, 30)),
        st.floats(0.1, 60),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_immortal_time_is_part_of_the_follow_up(table):
    found = audit(patients(*table))

    for row in found.values():
        assert 0 <= row["immortal_months"] <= row["person_months"] + 1e-9
        assert row["n_waiting"] <= row["n_patients"]
        assert row["n_event"] <= row["n_patients"]
    waits = [wait for treated, wait, *_ in table if treated]
    biased = None not in waits and any(wait > 0 for wait in waits)
    assert {row["verdict"] == BIASED for row in found.values()} == {biased}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("seed", range(8))
def test_every_simulated_naive_design_is_flagged(seed, scenario):
    """Operated ever against never, from the day the criteria were met."""
    drawn = simulate_candidates(np.random.default_rng(seed), 200, SCENARIOS[scenario])
    zero = pl.col("criteria_days")
    naive = derive_days(drawn).filter(pl.col("last_days") > zero)
    table = naive.select(
        patient_id=pl.int_range(pl.len()).cast(pl.String),
        treated="treated",
        treatment_days=(pl.col("surgery_days") - zero).cast(pl.Float64),
        os_days=(pl.col("last_days") - zero).cast(pl.Float64),
        os_event=pl.col("death_days").is_not_null(),
    )

    found = audit(table)["os", "Surgery"]

    assert found["verdict"] == BIASED
    assert found["n_waiting"] == found["n_patients"] > 50
    waited = table.filter("treated")["treatment_days"].sum() / MONTH
    assert found["immortal_months"] == pytest.approx(waited)


@pytest.mark.parametrize(("when", "told"), [("baseline", "sound"), ("later", BIASED)])
def test_arm_of_a_later_visit_is_flagged_and_that_of_the_first_is_sound(when, told):
    visits = pl.DataFrame(
        {
            "patient_id": ["a", "a", "b", "c", "c"],
            "visit_date": pl.Series(
                ["2020-01-01", "2020-03-01", "2020-01-01", "2020-01-01", "2020-06-01"]
            ).str.to_date(),
            "arm": ["treated", "treated", "control", "control", "treated"],
            "source_row": [2, 3, 4, 5, 6],
        }
    )
    table = derive_from_visits(visits, when=when).with_columns(
        os_days=pl.lit(700.0), os_event=pl.lit(value=True)
    )

    assert audit(table)["os", "Surgery"]["verdict"] == told


def test_script_writes_a_row_an_endpoint_and_arm(script, tmp_path):
    Patients.write(patients(*HAND), tmp_path / "patients.parquet")

    script("cohort/assess_immortal_time").main(
        patients=tmp_path / "patients.parquet",
        audit=tmp_path / "audit.parquet",
        endpoints=["os"],
        labels=LABELS,
    )

    found = Audit.read(tmp_path / "audit.parquet")
    assert found["arm"].to_list() == ["No surgery", "Surgery"]
    assert found["immortal_months"].to_list() == pytest.approx([0.0, 6.0])
