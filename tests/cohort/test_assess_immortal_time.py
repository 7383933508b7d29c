import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.cohort.arms import derive_arms
from twoarm.cohort.audit import (
    CENSORED,
    CONFOUNDED,
    IMMORTAL,
    LATER,
    SOUND,
    UNKNOWN,
    assess_immortal_time,
)
from twoarm.cohort.index_rows import derive_from_visits
from twoarm.cohort.refusals import check_headline, check_regression
from twoarm.errors import InputError
from twoarm.simulation.cohort import derive_days
from twoarm.simulation.model import SCENARIOS, simulate_candidates
from twoarm.tables.cohort import Arms, Audit, Patients

LABELS = {"treated": "Surgery", "control": "No surgery"}
MONTH = 30.4375


EVER = {"unadjusted": {"clock": "ever"}}


def patients(*rows, **more):
    """Rows of (treated, wait, days, event), times in months; `more` are columns."""
    return pl.DataFrame(
        [
            {
                "patient_id": f"p{place}",
                "treated": treated,
                "treatment_days": None if wait is None else wait * MONTH,
                "index_date": None,
                "first_dose_days": None,
                "os_days": months * MONTH,
                "os_event": event,
            }
            for place, (treated, wait, months, event) in enumerate(rows)
        ],
        schema_overrides={
            "index_date": pl.Date,
            **dict.fromkeys(("treatment_days", "first_dose_days"), pl.Float64),
            "os_days": pl.Float64,
        },
        infer_schema_length=None,
    ).with_columns(**{name: pl.Series(column) for name, column in more.items()})


def audit(table, endpoints=("os",), clocks=EVER, covariates=()):
    """Audit designs by their clocks; each adjusts for the covariates."""
    arms = derive_arms(table, clocks, endpoints)
    found = assess_immortal_time(
        table,
        arms,
        endpoints=endpoints,
        labels=LABELS,
        covariates=dict.fromkeys(clocks, covariates),
    )
    return Audit.check(found)


def rows_of(table, endpoints=("os",), **more):
    """Rows of the audit of one design, by endpoint and arm."""
    rows = audit(table, endpoints, **more).iter_rows(named=True)
    return {(row["endpoint"], row["arm"]): row for row in rows}


def verdicts(table, endpoints=("os",), **more):
    """Verdict of each design and endpoint."""
    found = audit(table, endpoints, **more)
    told = found.select("design", "endpoint", "verdict").unique().iter_rows()
    return {(design, endpoint): verdict for design, endpoint, verdict in told}


def verdict(*waits):
    rows = [(True, wait, 9.0, True) for wait in waits]
    (told,) = verdicts(patients(*rows, (False, None, 5.0, True))).values()
    return told


HAND = (
    # wait, follow-up: immortal are 2, 4 (followed for 4 of 6 months) and 0 months
    (True, 2.0, 12.0, True),
    (True, 6.0, 4.0, False),
    (True, 0.0, 10.0, True),
    # events by the median wait, of those who waited, of 4 months: the first three
    (False, None, 1.0, True),
    (False, None, 2.0, True),
    (False, None, 2.5, True),
    (False, None, 0.5, False),
)


def test_person_time_by_hand():
    found = rows_of(patients(*HAND))
    treated, control = found["os", "Surgery"], found["os", "No surgery"]

    assert treated["n_patients"] == 3
    assert treated["n_event"] == 2
    assert treated["n_waiting"] == 2
    assert treated["person_months"] == pytest.approx(26.0)
    assert treated["immortal_months"] == pytest.approx(6.0)
    assert treated["median_wait_months"] == pytest.approx(4.0)
    assert (treated["n_event_waiting"], treated["n_crossover"]) == (0, 0)
    assert treated["verdict"] == IMMORTAL

    assert control["n_patients"] == 4
    assert control["n_event"] == 3
    assert control["n_waiting"] == 0
    assert control["person_months"] == pytest.approx(6.0)
    assert control["immortal_months"] == 0.0
    assert control["median_wait_months"] is None
    assert control["expected_events"] == 0.0
    assert (control["n_event_waiting"], control["n_crossover"]) == (3, 0)
    assert control["verdict"] == IMMORTAL
    assert {row["n_before"] for row in found.values()} == {0}
    assert {row["median_year"] for row in found.values()} == {None}


def test_expected_events_by_hand():
    # untreated at risk: 5 at the death at 1 (one was treated at once, one is censored),
    # 4 at 2, 2 at 2.5 (one was treated at 2): the hazards are 1/5, 1/4 and 1/2. Two
    # months of waiting cost 1/5 + 1/4, the four months of the other all three.
    found = rows_of(patients(*HAND))["os", "Surgery"]

    assert found["expected_events"] == pytest.approx(2 * (1 / 5 + 1 / 4) + 1 / 2)


def test_follow_up_and_calendar_by_hand():
    rows = [(False, None, months, event) for months, event in
            ((5.0, True), (4.0, False), (6.0, False), (8.0, False))]  # fmt: skip
    days = ["2020-01-01", "2021-07-02", "2022-01-01", "2021-07-02", "2019-01-01"]
    dates = pl.Series(days).str.to_date()

    found = rows_of(patients(*rows, (True, 0.0, 9.0, True), index_date=dates))

    # censored 1 of 4 at 4 months, 1 of 2 at 6 (an event at 5 left): 3/4, then 3/8
    control = found["os", "No surgery"]
    assert control["median_follow_up_months"] == pytest.approx(6.0)
    assert control["median_year"] == 2021.5
    assert found["os", "Surgery"]["median_follow_up_months"] is None
    assert found["os", "Surgery"]["median_year"] == 2019.0


def test_each_endpoint_has_its_own_person_time():
    table = patients(*HAND).with_columns(
        pfs_days=pl.col("os_days") / 2, pfs_event=pl.lit(value=True)
    )

    found = rows_of(table, ["os", "pfs"])

    assert found["pfs", "Surgery"]["person_months"] == pytest.approx(13.0)
    assert found["pfs", "Surgery"]["immortal_months"] == pytest.approx(4.0)
    assert found["pfs", "No surgery"]["n_event_waiting"] == 4
    assert found["os", "Surgery"]["immortal_months"] == pytest.approx(6.0)


def test_wait_of_one_treated_patient_is_enough_to_bias():
    assert verdict(0.0, 0.0, 0.01) == IMMORTAL


@pytest.mark.parametrize("waits", [(0.0, 0.0), (-3.0, 0.0)])
def test_treated_by_time_zero_is_sound(waits):
    assert verdict(*waits) == SOUND


@pytest.mark.parametrize("waits", [(None, None), (None, 0.0)])
def test_wait_that_is_not_known_of_any_treated_is_unknown(waits):
    assert verdict(*waits) == UNKNOWN


def test_wait_that_is_known_of_one_is_enough_to_bias():
    assert verdict(None, 5.0) == IMMORTAL


def test_treatment_before_time_zero_is_no_negative_person_time():
    found = rows_of(patients((True, -3.0, 9.0, True), (False, None, 5.0, True)))

    assert found["os", "Surgery"]["immortal_months"] == 0.0
    assert found["os", "Surgery"]["n_waiting"] == 0


def test_days_of_a_control_do_not_count():
    found = rows_of(patients((True, 0.0, 9.0, True), (False, 4.0, 5.0, True)))

    assert found["os", "No surgery"]["verdict"] == SOUND
    assert found["os", "No surgery"]["immortal_months"] == 0.0
    assert found["os", "No surgery"]["n_crossover"] == 1


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
    found = rows_of(patients(*table))

    for row in found.values():
        assert 0 <= row["immortal_months"] <= row["person_months"] + 1e-9
        assert row["n_waiting"] <= row["n_patients"]
        assert row["n_event"] <= row["n_patients"]
        assert (row["expected_events"] > 0) <= (row["immortal_months"] > 0)
    waits = [wait for treated, wait, *_ in table if treated]
    biased = any(wait is not None and wait > 0 for wait in waits)
    assert {row["verdict"] == IMMORTAL for row in found.values()} == {biased}


# Designs with clocks of their own


def test_a_landmark_counts_no_immortal_time_and_says_whom_it_leaves_out():
    late = {"late": {"clock": "landmark", "landmark_days": 2 * MONTH}}

    found = rows_of(patients(*HAND), clocks=late)

    treated, control = found["os", "Surgery"], found["os", "No surgery"]
    assert {row["verdict"] for row in found.values()} == {SOUND}
    # in are those followed beyond 2 months; nobody of them is treated while followed
    assert (treated["n_patients"], control["n_patients"]) == (2, 2)
    assert (treated["n_before"], control["n_before"]) == (3, 3)
    assert (treated["n_crossover"], control["n_crossover"]) == (0, 0)
    assert treated["person_months"] == pytest.approx(18.0)
    assert control["person_months"] == pytest.approx(2.5)
    assert treated["immortal_months"] == treated["expected_events"] == 0.0


def test_time_before_a_time_dependent_treatment_is_of_the_untreated():
    changing = {"changing": {"clock": "time_dependent"}}

    found = rows_of(patients(*HAND), clocks=changing)

    treated, control = found["os", "Surgery"], found["os", "No surgery"]
    assert {row["verdict"] for row in found.values()} == {SOUND}
    assert (treated["n_patients"], control["n_patients"]) == (2, 6)
    assert (treated["n_event"], control["n_event"]) == (2, 3)
    assert treated["person_months"] == pytest.approx(20.0)
    assert control["person_months"] == pytest.approx(12.0)
    assert treated["immortal_months"] == 0.0
    assert {row["n_before"] for row in found.values()} == {0}


@pytest.mark.parametrize(("ends", "told"), [(False, SOUND), (True, CENSORED)])
def test_controls_who_are_lost_to_their_own_treatment_bias(ends, told):
    clock = {"clock": "risk_set", "censor_crossovers": ends}

    assert verdicts(patients(*HAND), clocks={"at_risk": clock}) == {
        ("at_risk", "os"): told
    }


def test_a_clock_from_the_first_dose_is_immortal_to_time_zero():
    early = {"early": {"clock": "first_dose"}}
    people = [(True, 0.0, 9.0, True), (False, None, 5.0, True)]
    table = patients(*people, first_dose_days=[-2 * MONTH, -MONTH])

    found = rows_of(table, clocks=early)

    assert found["os", "Surgery"]["verdict"] == IMMORTAL
    assert found["os", "Surgery"]["immortal_months"] == pytest.approx(2.0)
    assert found["os", "Surgery"]["person_months"] == pytest.approx(11.0)
    assert found["os", "No surgery"]["person_months"] == pytest.approx(6.0)


# (treated, wait, death, progression), months
TURNING = {
    # after a progression nobody is treated any more
    0: [(False, None, 10.0, 2.0), (True, 2.0, 12.0, 11.0), (True, 4.0, 8.0, 7.0)],
    # 2 are treated in 13 months after, 2 in 10 before: 0.77 times as often
    2: [(True, 5.0, 9.0, 1.0), (True, 2.0, 9.0, 1.0)],
}


@pytest.mark.parametrize(("after", "told"), [(0, CONFOUNDED), (2, SOUND)])
def test_an_event_that_turns_treatment_away_confounds_the_later_one(after, told):
    people = [*TURNING[0], *(TURNING[2] if after else [])]
    table = patients(
        *((treated, wait, months, True) for treated, wait, months, _ in people),
        pfs_days=[months * MONTH for *_, months in people],
        pfs_event=[True] * len(people),
    )
    clocks = {**EVER, "changing": {"clock": "time_dependent"}}

    found = verdicts(table, ("os", "pfs"), clocks=clocks)

    assert found["changing", "os"] == told
    assert found["changing", "pfs"] == SOUND
    assert found["unadjusted", "os"] == IMMORTAL


# What is measured later


def measured(days=(0.0, 40.0)):
    people = [(True, 0.0, 9.0, True), (False, None, 5.0, True)]
    return patients(*people, age_measured=days, age=[50.0, 60.0])


LANDMARKS = {
    **EVER,
    "early": {"clock": "landmark", "landmark_days": 30.0},
    "late": {"clock": "landmark", "landmark_days": 40.0},
}


def test_what_is_measured_after_the_clock_started_is_later_information():
    found = audit(measured(), clocks=LANDMARKS, covariates=["age"])

    told = found.select("design", "verdict").unique(maintain_order=True).rows()
    assert told == [("unadjusted", LATER), ("early", LATER), ("late", SOUND)]
    assert found["reason"][0] == "measured after the clock started: age"


@pytest.mark.parametrize("days", [(0.0, -3.0), (None, None), (0.0, None)])
def test_what_is_measured_by_time_zero_is_sound(days):
    assert verdicts(measured(days), covariates=["age"]) == {("unadjusted", "os"): SOUND}


def test_a_design_without_the_covariate_is_sound():
    assert verdicts(measured()) == {("unadjusted", "os"): SOUND}


def test_a_regression_on_what_is_measured_later_is_refused():
    arms = derive_arms(measured(), EVER, ["os"])

    with pytest.raises(InputError) as error:
        check_regression(measured(), arms, ["age"])

    assert "analysis.cox or analysis.subgroups" in str(error.value)
    assert "age (n = 1)" in str(error.value)
    check_regression(measured(), arms, [])
    check_regression(measured((0.0, 0.0)), arms, ["age"])


# The headline


HEADLINE = {"endpoint": "os", "design": "unadjusted", "exception": None}


def both():
    return audit(
        patients(*HAND), clocks={**EVER, "changing": {"clock": "time_dependent"}}
    )


def test_a_biased_headline_is_refused_and_sound_ones_are_named():
    with pytest.raises(InputError) as error:
        check_headline(both(), HEADLINE)

    told = str(error.value)
    assert f"design unadjusted for endpoint os, is {IMMORTAL}" in told
    assert "sound for this endpoint: changing" in told
    assert "headline.exception" in told


@pytest.mark.parametrize(
    "headline",
    [
        None,
        {**HEADLINE, "design": "changing"},
        {**HEADLINE, "exception": {"reason": "As planned.", "signed": "A. Author"}},
    ],
)
def test_a_sound_headline_or_one_signed_for_passes(headline):
    check_headline(both(), headline)


def test_a_headline_of_which_nothing_is_known_passes():
    people = [(True, None, 9.0, True), (False, None, 5.0, True)]

    check_headline(audit(patients(*people)), HEADLINE)


# Simulated patients


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("seed", range(8))
def test_every_simulated_naive_design_is_flagged(seed, scenario, filled):
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

    found = rows_of(filled(table))["os", "Surgery"]

    assert found["verdict"] == IMMORTAL
    assert found["n_waiting"] == found["n_patients"] > 50
    waited = table.filter("treated")["treatment_days"].sum() / MONTH
    assert found["immortal_months"] == pytest.approx(waited)


@pytest.mark.parametrize(("when", "told"), [("baseline", "sound"), ("later", IMMORTAL)])
def test_arm_of_a_later_visit_is_flagged_and_that_of_the_first_is_sound(
    when, told, filled
):
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

    assert verdicts(filled(table)) == {("unadjusted", "os"): told}


@pytest.fixture
def run(script, tmp_path):
    """Run the rule on the patients of the example by hand; return the table."""

    def start(**params):
        Patients.write(patients(*HAND), tmp_path / "patients.parquet")
        clocks = {**EVER, "changing": {"clock": "time_dependent"}}
        arms = derive_arms(patients(*HAND), clocks, ["os"])
        Arms.write(arms, tmp_path / "arms.parquet")
        usual = {"covariates": {}, "regression": [], "headline": None}
        script("cohort/assess_immortal_time").main(
            **{
                name: tmp_path / f"{name}.parquet"
                for name in ("patients", "arms", "audit")
            },
            endpoints=["os"],
            labels=LABELS,
            reweighted=[],
            **{**usual, **params},
        )
        return Audit.read(tmp_path / "audit.parquet")

    return start


def test_script_writes_a_row_a_design_endpoint_and_arm(run):
    found = run()

    assert found["design"].to_list() == ["changing", "changing", *["unadjusted"] * 2]
    assert found["arm"].to_list() == ["No surgery", "Surgery"] * 2
    assert found["immortal_months"].to_list() == pytest.approx([0.0, 0.0, 0.0, 6.0])


def test_script_writes_nothing_where_the_headline_is_biased(run, tmp_path):
    with pytest.raises(InputError, match="immortal time"):
        run(headline=HEADLINE)

    assert not (tmp_path / "audit.parquet").exists()
    assert run(headline={**HEADLINE, "design": "changing"}).height == 4
