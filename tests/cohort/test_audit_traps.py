"""What the audit must catch: designs that are biased by how they are laid out."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twoarm.clocks import spans_of
from twoarm.cohort.arms import derive_arms
from twoarm.cohort.audit import (
    CENSORED,
    CONFOUNDED,
    IMMORTAL,
    LATER,
    SELECTED,
    SOUND,
    UNKNOWN,
    assess_immortal_time,
)
from twoarm.engine import fit_cox
from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation.cohort import FIRST_DAY, derive_days
from twoarm.simulation.model import PROGNOSIS, SCENARIOS, simulate_candidates
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import stack_arms
from twoarm.tables.cohort import Audit

LABELS = {"treated": "Surgery", "control": "No surgery"}
BOTH = ("os", "pfs")
SEEDS = range(8)
"""Of the cohorts of each scenario, none of them drawn for another."""
QUARTER = 91.0
NAIVE = ("unadjusted", "from_first_dose", "matched")
RESTARTS = ("at_risk", "at_risk_censored")


def clock_of(clock, landmark_days=None, *, censor_crossovers=False):
    return {
        "clock": clock,
        "landmark_days": landmark_days,
        "censor_crossovers": censor_crossovers,
    }


CLOCKS = {
    "unadjusted": clock_of("ever"),
    "from_first_dose": clock_of("first_dose"),
    "matched": clock_of("ever"),
    "month_2": clock_of("landmark", 61.0),
    "month_3": clock_of("landmark", QUARTER),
    "changing": clock_of("time_dependent"),
    "from_treatment": clock_of("treatment"),
    "at_risk": clock_of("risk_set"),
    "at_risk_censored": clock_of("risk_set", censor_crossovers=True),
}


def audit(patients, arms, endpoints=BOTH, covariates=()):
    """Rows of the audit by design, endpoint and arm."""
    named = dict.fromkeys(arms["design"].unique(), covariates)
    found = assess_immortal_time(
        patients, arms, endpoints=endpoints, labels=LABELS, covariates=named
    )
    rows = Audit.check(found).iter_rows(named=True)
    return {(row["design"], row["endpoint"], row["arm"]): row for row in rows}


def verdicts(patients, arms, endpoints=BOTH, covariates=()):
    found = audit(patients, arms, endpoints, covariates)
    return {(design, end): row["verdict"] for (design, end, _), row in found.items()}


# ---------------------------------------------------------- the invented cohort


@cache
def invented(seed, scenario, size=200):
    """Patients from the day on which they met the criteria."""
    rng = np.random.default_rng(seed)
    drawn = derive_days(simulate_candidates(rng, size, SCENARIOS[scenario]))
    zero = pl.col("criteria_days")
    followed = drawn.filter(pl.col("last_days") > zero)

    def since(day):
        return (day - zero).cast(pl.Float64)

    turn = pl.min_horizontal("progression_days", "last_days")
    return followed.select(
        "treated",
        *PROGNOSIS,
        patient_id=pl.format("p{}", pl.int_range(pl.len()) + 1000),
        index_date=pl.lit(FIRST_DAY) + pl.duration(days=pl.col("first_day") + zero),
        first_dose_days=-zero.cast(pl.Float64),
        treatment_days=since(pl.col("surgery_days")),
        os_days=since(pl.col("last_days")),
        os_event=pl.col("death_days").is_not_null(),
        pfs_days=since(turn),
        pfs_event=pl.any_horizontal(
            pl.col("progression_days").is_not_null(), pl.col("death_days").is_not_null()
        ),
    )


@pytest.fixture(scope="module", params=sorted(SCENARIOS))
def judged(request):
    """Verdicts of each invented cohort of a scenario."""
    first = len(SEEDS) * sorted(SCENARIOS).index(request.param)
    tables = [invented(first + seed, request.param) for seed in SEEDS]
    return [verdicts(each, derive_arms(each, CLOCKS, BOTH)) for each in tables]


@pytest.mark.parametrize("endpoint", BOTH)
@pytest.mark.parametrize("design", NAIVE)
def test_every_naive_design_is_caught(judged, design, endpoint):
    assert {found[design, endpoint] for found in judged} == {IMMORTAL}


@pytest.mark.parametrize("endpoint", BOTH)
def test_treated_who_start_at_their_treatment_are_caught(judged, endpoint):
    assert {found["from_treatment", endpoint] for found in judged} == {SELECTED}


@pytest.mark.parametrize("endpoint", BOTH)
@pytest.mark.parametrize("design", ["month_2", "month_3", "at_risk"])
def test_no_honest_design_is_accused(judged, design, endpoint):
    assert {found[design, endpoint] for found in judged} == {SOUND}


@pytest.mark.parametrize("endpoint", BOTH)
def test_controls_lost_to_their_own_treatment_are_caught(judged, endpoint):
    assert {found["at_risk_censored", endpoint] for found in judged} == {CENSORED}


def test_changing_treatment_is_sound_only_until_progression(judged):
    """Progression stops surgery and foretells death: it confounds survival alone."""
    assert {found["changing", "pfs"] for found in judged} == {SOUND}
    assert {found["changing", "os"] for found in judged} == {CONFOUNDED}


def log_ratio(patients, design, endpoint):
    """Log hazard ratio of surgery, adjusted for all that makes the prognosis."""
    members = derive_arms(patients, {design: CLOCKS[design]}, BOTH).with_columns(
        weight=1.0, set_id=pl.lit(None, pl.String)
    )
    arms = arms_of(patients, members, endpoint=endpoint, labels=LABELS)
    both = stack_arms(arms)
    ids = pl.concat(
        pl.DataFrame({"patient_id": arm.patient_id}) for arm in arms.values()
    )
    known = ids.join(patients, on="patient_id", maintain_order="left")
    columns = known.select(pl.col(*PROGNOSIS).cast(pl.Float64)).to_numpy()
    matrix = np.column_stack([both.treated, columns])
    return fit_cox(both.time, both.event, matrix, **both.how()).estimate[0]


def test_verdicts_tell_who_finds_an_effect_where_there_is_none():
    """Surgery does nothing: what is biased finds an effect, what is sound does not."""
    tables = [invented(seed, "null", 1000) for seed in range(20)]

    def mean(design, endpoint):
        return np.mean([log_ratio(each, design, endpoint) for each in tables])

    assert mean("unadjusted", "os") < -0.3
    assert mean("unadjusted", "pfs") < -0.5
    for endpoint in BOTH:  # less so without the immortal time, but still
        rest = mean("from_treatment", endpoint)
        assert mean("unadjusted", endpoint) < rest < -0.15
    assert mean("changing", "os") < -0.15
    for design, endpoint in (
        ("changing", "pfs"),
        ("month_3", "pfs"),
        ("month_3", "os"),
    ):
        assert abs(mean(design, endpoint)) < 0.1


# ------------------------------------------------------------ wrong rows, caught


@pytest.fixture(scope="module")
def table():
    return invented(1, "moderate")


def spoilt(patients, design, **columns):
    """Arms of one design, some of their columns wrong."""
    return derive_arms(patients, {design: CLOCKS[design]}, BOTH).with_columns(**columns)


@pytest.mark.parametrize("design", ["changing", *RESTARTS])
def test_treated_who_enter_at_zero_are_caught(table, design):
    zero = pl.lit(0.0)
    arms = spoilt(table, design, entry_days=zero, origin_days=zero)

    assert set(verdicts(table, arms).values()) == {IMMORTAL}


def test_landmark_that_keeps_the_later_treated_is_caught(table):
    ever = table.filter("treated")["patient_id"]
    arms = spoilt(table, "month_2", treated=pl.col("patient_id").is_in(ever.implode()))

    assert set(verdicts(table, arms).values()) == {IMMORTAL}


def test_landmark_that_starts_its_clock_at_zero_is_caught(table):
    zero = pl.lit(0.0)
    arms = spoilt(table, "month_2", origin_days=zero, entry_days=zero)

    assert set(verdicts(table, arms).values()) == {IMMORTAL}


def everybody_is_told(patients, arms):
    """Whether members and those left out add up, for each endpoint."""
    found = audit(patients, arms)
    return {
        end: sum(found[design, end, arm]["n_patients"] for arm in LABELS.values())
        + found[design, end, "Surgery"]["n_before"]
        == patients.height
        for design in arms["design"].unique()
        for end in BOTH
    }


@pytest.mark.parametrize("last", BOTH)
def test_landmark_that_keeps_those_whose_follow_up_ends_there_does_not_add_up(last):
    """With `>=` instead of `>`: one with the event on the day would be a member."""
    table = invented(1, "moderate")
    day = float(table[f"{last}_days"].sort()[60])
    clocks = {"landmark": clock_of("landmark", day)}
    arms = derive_arms(table, clocks, BOTH)
    wrong = table.filter(pl.min_horizontal("os_days", "pfs_days") == day)
    kept = wrong.select(
        pl.lit("landmark").alias("design"),
        "patient_id",
        treated=pl.col("treatment_days").is_not_null(),
        origin_days=day,
        entry_days=day,
        exit_days=pl.lit(None, pl.Float64),
    )

    assert kept.height > 0
    assert everybody_is_told(table, arms) == {"os": True, "pfs": True}
    assert not everybody_is_told(table, pl.concat([arms, kept]))["pfs"]


def test_untreated_who_stay_on_after_their_treatment_do_not_add_up(table):
    """Their follow-up would count in both arms."""
    right = spoilt(table, "changing")
    wrong = spoilt(table, "changing", exit_days=pl.lit(None, pl.Float64))

    months = [
        sum(audit(table, arms)["changing", "os", arm]["person_months"] for arm in each)
        for arms in (right, wrong)
        for each in [LABELS.values()]
    ]

    assert months[0] == pytest.approx(table["os_days"].sum() / DAYS_PER_MONTH)
    assert months[1] > 1.2 * months[0]


# ------------------------------------------------------------------- small cases


def people(*rows):
    """Rows of (treated, wait, os, died, pfs, progressed); times in days."""
    names = ("treated", "treatment_days", "os_days", "os_event", "pfs_days")
    columns = dict(zip((*names, "pfs_event"), zip(*rows, strict=True), strict=True))
    return pl.DataFrame(columns, strict=False).select(
        pl.col("treated", "os_event", "pfs_event").cast(pl.Boolean),
        pl.col("treatment_days", "os_days", "pfs_days").cast(pl.Float64),
        patient_id=pl.format("p{}", pl.int_range(pl.len()) + 100),
        index_date=pl.lit(None, pl.Date),
        first_dose_days=pl.lit(-30.0),
    )


ONE_EACH = (
    (True, 0.0, 190.0, True, 190.0, True),
    (False, None, 180.0, True, 180.0, True),
)
HONEST = ("month_2", "changing", *RESTARTS)


def test_immortal_time_of_who_enters_late_starts_after_the_entry():
    """Of days 10 to 20 the event on day 15 counts, one of two; not that on day 10."""
    table = people(
        (True, 20.0, *(50.0, True) * 2),
        (False, None, *(10.0, True) * 2),
        (False, None, *(15.0, True) * 2),
    )
    arms = derive_arms(table, {"unadjusted": CLOCKS["unadjusted"]}, BOTH)
    late = pl.when("treated").then(10.0).otherwise("entry_days")
    found = audit(table, arms.with_columns(entry_days=late))

    row = found["unadjusted", "os", "Surgery"]
    assert row["immortal_months"] == pytest.approx(10 / DAYS_PER_MONTH)
    assert row["expected_events"] == pytest.approx(0.5)


def test_clock_of_the_treated_alone_starts_at_the_treatment():
    """Of who lives on at least; who is treated at time zero selects nobody."""
    waited = people((True, 40.0, *(90.0, True) * 2), *ONE_EACH)
    at_once = people(*ONE_EACH)
    for table, verdict in ((waited, SELECTED), (at_once, SOUND)):
        arms = derive_arms(table, {"late": clock_of("treatment")}, BOTH)
        found = audit(table, arms)
        assert {row["verdict"] for row in found.values()} == {verdict}
    row = audit(waited, derive_arms(waited, {"late": clock_of("treatment")}, BOTH))[
        "late", "os", "Surgery"
    ]
    assert row["person_months"] == pytest.approx((50 + 190) / DAYS_PER_MONTH)
    assert row["immortal_months"] == 0


def test_time_before_time_zero_is_immortal_for_both_arms():
    """Thirty days of each, to which all three lived; the treated one waited more."""
    table = people((True, 40.0, *(90.0, True) * 2), *ONE_EACH)
    arms = derive_arms(table, {"early": clock_of("first_dose")}, BOTH)
    found = audit(table, arms)

    treated, control = (found["early", "os", arm] for arm in LABELS.values())
    assert treated["shared_months"] == pytest.approx(60 / DAYS_PER_MONTH)
    assert control["shared_months"] == pytest.approx(30 / DAYS_PER_MONTH)
    assert treated["immortal_months"] == pytest.approx((70 + 30) / DAYS_PER_MONTH)
    untreated = audit(table, arms.filter(~pl.col("treated")))
    assert untreated["early", "os", "No surgery"]["verdict"] == IMMORTAL


def test_treated_on_the_day_of_death_waited_until_half_a_day_before():
    """The treatment came first that day; 49.5 days are immortal, or untreated."""
    table = people((True, 50.0, *(50.0, True) * 2), *ONE_EACH)
    clocks = {name: CLOCKS[name] for name in ("unadjusted", "changing")}
    found = audit(table, derive_arms(table, clocks, BOTH))

    naive = found["unadjusted", "os", "Surgery"]
    assert naive["immortal_months"] == pytest.approx(49.5 / DAYS_PER_MONTH)
    assert naive["median_wait_months"] == pytest.approx(49.5 / DAYS_PER_MONTH)
    changing = found["changing", "os", "Surgery"]
    assert changing["immortal_months"] == 0
    assert changing["person_months"] == pytest.approx(190.5 / DAYS_PER_MONTH)
    assert (changing["n_patients"], changing["n_event"]) == (2, 2)


@pytest.mark.parametrize("design", CLOCKS)
def test_one_unknown_time_of_treatment_is_enough_not_to_know(design):
    """A clock that asks for the time would take them for untreated, and be sound."""
    known = people(*ONE_EACH)
    table = people(*ONE_EACH, (True, None, 185.0, True, 185.0, True))
    arms = [
        derive_arms(each, {design: CLOCKS[design]}, BOTH) for each in (known, table)
    ]

    first_dose = design == "from_first_dose"  # immortal whoever is unknown
    assert set(verdicts(known, arms[0]).values()) == {IMMORTAL if first_dose else SOUND}
    expected = IMMORTAL if first_dose else UNKNOWN
    assert set(verdicts(table, arms[1]).values()) == {expected}


def test_unknown_time_of_who_is_not_in_the_design_does_not_matter():
    table = people(*ONE_EACH, (True, None, 40.0, True, 40.0, True))

    found = verdicts(table, derive_arms(table, {"month_2": CLOCKS["month_2"]}, BOTH))

    assert set(found.values()) == {SOUND}


@pytest.mark.parametrize(
    ("measured", "biased"),
    [
        (-3.0, ()),
        (0.0, ()),
        (5.0, ("unadjusted", "matched", "changing", "from_treatment", *RESTARTS)),
        (61.0, ("unadjusted", "matched", "changing", "from_treatment", *RESTARTS)),
        (62.0, (*CLOCKS.keys() - {"month_3"},)),
        (92.0, (*CLOCKS,)),
    ],
)
def test_measured_after_the_clock_started_by_hand(measured, biased):
    """Of a patient who changes arms the clock starts with the first: day 0."""
    table = people(*ONE_EACH, (False, None, 185.0, True, 185.0, True)).with_columns(
        size_measured=pl.lit(measured), first_dose_days=-1.0
    )
    for design, clock in CLOCKS.items():
        arms = derive_arms(table, {design: clock}, BOTH)
        found = set(verdicts(table, arms, covariates=["size"]).values())
        plain = set(verdicts(table, arms).values())
        if design == "from_first_dose":  # immortal whatever was measured
            assert found == plain == {IMMORTAL}
            continue
        assert found == {LATER if design in biased else SOUND}, design
        assert plain == {SOUND}


@pytest.mark.parametrize("first", ["treated", "control"])
def test_measured_between_entry_and_treatment_is_later_in_either_order(first):
    table = people(
        (True, 40.0, 90.0, True, 90.0, True), (False, None, 80.0, True, 80.0, True)
    ).with_columns(size_measured=pl.lit(20.0))
    arms = derive_arms(table, {"changing": CLOCKS["changing"]}, BOTH)
    arms = arms.filter(pl.col("patient_id") == "p100").sort(
        "treated", descending=first == "treated"
    )

    assert set(verdicts(table, arms, covariates=["size"]).values()) == {LATER}


def test_treated_at_time_zero_do_not_look_like_an_event_that_stops_treatment():
    """They never wait: 20 of them say nothing of who is treated after progression.

    Of the others, two are treated in 84 untreated days before progression and two in
    80 after it: as frequent.
    """
    at_once = [(True, 0.0, 200.0, True, 200.0, True)] * 20
    before = [(True, 40.0, 100.0, True, 90.0, True)] * 2
    after = [(True, 41.0, 100.0, True, 1.0, True)] * 2
    table = people(*at_once, *before, *after, (False, None, *(2.0, True) * 2))
    arms = derive_arms(table, {"changing": CLOCKS["changing"]}, BOTH)

    assert verdicts(table, arms)["changing", "os"] == SOUND


def test_event_that_brings_treatment_on_confounds():
    on = [(True, 11.0, 100.0, True, 10.0, True)] * 4
    table = people(*on, (True, 80.0, 90.0, True, 85.0, True), *ONE_EACH)
    arms = derive_arms(table, {"changing": CLOCKS["changing"]}, BOTH)

    found = audit(table, arms)["changing", "os", "Surgery"]

    assert found["verdict"] == CONFOUNDED
    # Four in 4 days, against one in 4 x 10 + 80 + 180, the days before progression.
    assert "is 300.0 times as frequent" in found["reason"]


# ------------------------------------------------------------------------- laws

FOLLOWED = st.integers(2, 200).map(float)


@st.composite
def cohorts(draw):
    """Progression at or before death; nobody treated on the day follow-up ends."""
    rows = []
    for _ in range(draw(st.integers(2, 14))):
        died = draw(FOLLOWED)
        turn = min(died, draw(FOLLOWED))
        treated = draw(st.booleans())
        wait = draw(st.integers(-2, 120)) + 0.25 if treated else None
        wait = 0.0 if treated and draw(st.integers(0, 3)) == 0 else wait
        rows.append(
            (treated, wait, died, draw(st.booleans()), turn, draw(st.booleans()))
        )
    return people(*rows)


def scaled(patients, by):
    return patients.with_columns(pl.col("^.*_days$") * by)


MONTHS = (
    "person_months",
    "immortal_months",
    "shared_months",
    "median_wait_months",
    "median_follow_up_months",
)


@given(cohorts(), st.sampled_from(sorted(CLOCKS)), st.sampled_from([0.25, 3.0, 7.0]))
def test_unit_of_time_scales_months_and_nothing_else(patients, design, by):
    clock = CLOCKS[design]
    longer = {
        **clock,
        "landmark_days": clock["landmark_days"] and clock["landmark_days"] * by,
    }
    first = audit(patients, derive_arms(patients, {design: clock}, BOTH))
    far = scaled(patients, by)
    second = audit(far, derive_arms(far, {design: longer}, BOTH))

    assert first.keys() == second.keys()
    for key, row in first.items():
        for name, value in row.items():
            other = second[key][name]
            if name in MONTHS and value is not None:
                assert other == pytest.approx(value * by, rel=1e-12), name
            elif name == "expected_events":
                assert other == pytest.approx(value, rel=1e-12, abs=1e-12)
            else:
                assert other == value, name


@given(cohorts(), st.integers(0, 99))
@settings(max_examples=30)
def test_order_of_patients_does_not_matter(patients, seed):
    shuffled = patients.sample(fraction=1, shuffle=True, seed=seed)

    first, second = (
        audit(each, derive_arms(each, CLOCKS, BOTH)) for each in (patients, shuffled)
    )

    assert first == second


@given(cohorts(), st.sampled_from(sorted(CLOCKS)), st.sampled_from(BOTH))
def test_immortal_time_is_that_of_brute_force(patients, design, endpoint):
    """Day by day of each treated member, and Nelson-Aalen's hazard by its sum."""
    arms = derive_arms(patients, {design: CLOCKS[design]}, BOTH)
    spans = spans_of(patients, arms, endpoint).rows(named=True)
    assume(spans)

    def hazard(time):
        """Of everybody until their treatment."""
        until = [
            min(s["end"], np.inf if s["wait"] is None else s["wait"]) for s in spans
        ]
        ends = {
            u
            for s, u in zip(spans, until, strict=True)
            if s["event"] and u == s["end"] and u <= time
        }
        total = 0.0
        for t in ends:
            at_risk = sum(
                s["start"] < t <= u for s, u in zip(spans, until, strict=True)
            )
            died = sum(
                s["event"] and s["end"] == t == u
                for s, u in zip(spans, until, strict=True)
            )
            total += died / at_risk
        return total

    immortal, expected, waited = 0.0, 0.0, 0
    for s in spans:
        if s["treated"] and s["wait"] is not None:
            stop = max(s["start"], min(s["wait"], s["end"]))
            immortal += stop - s["start"]
            waited += stop > s["start"]
            expected += hazard(stop) - hazard(s["start"])
    found = audit(patients, arms)
    mine = found[design, endpoint, "Surgery"]

    assert mine["n_waiting"] == waited
    assert mine["immortal_months"] == pytest.approx(immortal / DAYS_PER_MONTH)
    assert mine["expected_events"] == pytest.approx(expected, abs=1e-9)
    early = (
        mine["shared_months"] > 0
        or found[design, endpoint, "No surgery"]["shared_months"]
    )
    assert (mine["verdict"] == IMMORTAL) == bool(immortal > 0 or early)
    control = found[design, endpoint, "No surgery"]
    assert mine["n_patients"] + control["n_patients"] == len(spans)
    assert control["immortal_months"] == control["expected_events"] == 0


@given(cohorts(), st.sampled_from(BOTH))
@settings(max_examples=30)
def test_naive_arms_have_everybody_and_all_their_follow_up(patients, endpoint):
    two = {name: CLOCKS[name] for name in ("unadjusted", "changing")}
    found = audit(patients, derive_arms(patients, two, BOTH))

    for design in two:
        both = [found[design, endpoint, arm] for arm in LABELS.values()]
        months = patients[f"{endpoint}_days"].sum() / DAYS_PER_MONTH
        assert sum(row["person_months"] for row in both) == pytest.approx(months)
        events = patients[f"{endpoint}_event"].sum()
        assert sum(row["n_event"] for row in both) == events
        if design == "unadjusted":
            assert sum(row["n_patients"] for row in both) == patients.height
        assert {row["n_before"] for row in both} == {0}
