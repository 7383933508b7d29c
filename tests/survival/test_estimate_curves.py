import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, arms_of, count_arm, estimate_curve
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Differences

CLOCK = {
    "imputation": pl.lit(0, pl.Int64),
    "origin_days": pl.lit(0.0),
    "entry_days": pl.lit(0.0),
    "exit_days": pl.lit(None, pl.Float64),
}
"""Columns of a design whose clock starts at time zero."""
LABELS = {"treated": "Hormone", "control": "None"}


def arm_of(months, event, weight=None):
    time = np.array(months, float) * DAYS_PER_MONTH
    weight = None if weight is None else np.array(weight, float)
    return Arm("A", time, np.array(event, bool), weight, None)


def checked(arm, confidence=0.95):
    """Return the curve of an arm after its contract."""
    keys = {"endpoint": pl.lit("os"), "design": pl.lit("unadjusted")}
    table = estimate_curve(arm, confidence=confidence).with_columns(**keys)
    return Curves.check(table)


def test_six_patients_by_hand():
    curve = checked(arm_of([3, 5, 5, 8, 10, 12], [1, 1, 0, 1, 0, 1]))

    assert curve["months"].to_list() == [0, 3, 5, 8, 10, 12]
    assert curve["n_risk"].to_list() == [6, 6, 5, 3, 2, 1]
    assert curve["n_event"].to_list() == [0, 1, 1, 1, 0, 1]
    assert curve["n_censor"].to_list() == [0, 0, 1, 0, 1, 0]
    expected = [1, 5 / 6, 2 / 3, 4 / 9, 4 / 9, 0]
    np.testing.assert_allclose(curve["estimate"], expected, atol=1e-15)
    known = curve["conf_low"].is_not_null().to_list()
    assert known == [False, True, True, True, True, False]
    assert curve["conf_high"].is_not_null().to_list() == known


def test_limits_are_log_log():
    # at 8 the variance of log S is 1/30 + 1/20 + 1/6 = 0.25
    curve = checked(arm_of([3, 5, 5, 8, 10, 12], [1, 1, 0, 1, 0, 1]))

    (row,) = curve.filter(pl.col("months") == 8).rows(named=True)
    spread = np.exp(1.959963984540054 * 0.5 / np.log(9 / 4))
    assert row["conf_low"] == pytest.approx((4 / 9) ** spread, rel=1e-12)
    assert row["conf_high"] == pytest.approx((4 / 9) ** (1 / spread), rel=1e-12)


def test_a_wider_confidence_has_wider_limits():
    arm = arm_of([3, 5, 5, 8, 10, 12], [1, 1, 0, 1, 0, 1])

    narrow, wide = checked(arm, 0.8), checked(arm, 0.99)

    assert (wide["conf_low"] < narrow["conf_low"]).all()
    assert (wide["conf_high"] > narrow["conf_high"]).all()


@pytest.mark.parametrize("name", ["treated", "control"])
def test_curve_and_numbers_at_risk_are_rs(study, name):
    curve = checked(study.arms()[name])
    expected = study.expected["arms"][name]["km"]

    at = np.searchsorted(curve["months"], np.array(expected["time"]) / DAYS_PER_MONTH)
    np.testing.assert_allclose(curve["estimate"][at], expected["surv"], rtol=1e-10)
    if study.weight is None:  # R's counts are weighted, ours never
        assert curve["n_risk"][at].to_list() == expected["n_risk"]
        assert curve["n_event"][at].to_list() == expected["n_event"]
        assert curve["n_censor"][at].to_list() == expected["n_censor"]


@pytest.mark.parametrize("name", ["treated", "control"])
def test_counts_of_a_weighted_curve_are_of_patients(weighted, name):
    arm = weighted.arms()[name]

    of_weights, of_patients = checked(arm), checked(arm._replace(weight=None))

    counts = ["months", "n_risk", "n_event", "n_censor"]
    assert of_weights.select(counts).equals(of_patients.select(counts))


patients = st.lists(
    st.tuples(st.integers(1, 8), st.booleans(), st.floats(0.01, 50)), min_size=1
)


@given(patients, st.booleans())
def test_any_curve_falls_from_one_and_counts_add_up(drawn, weighted):
    months, event, weight = zip(*drawn, strict=True)
    arm = arm_of(months, event, weight if weighted else None)

    curve = checked(arm)

    assert curve.row(0)[3:] == (0.0, len(drawn), 0, 0, 1.0, None, None)
    assert (np.diff(curve["months"]) > 0).all()
    assert (np.diff(curve["estimate"]) <= 0).all()
    leaving = curve["n_event"] + curve["n_censor"]
    left = curve["n_risk"] - leaving
    assert left[:-1].to_list() == curve["n_risk"][1:].to_list()
    assert left[-1] == 0
    assert curve["n_event"].sum() == sum(event)
    inside = curve.filter(pl.col("conf_low").is_not_null())
    assert (inside["conf_low"] <= inside["estimate"]).all()
    assert (inside["conf_high"] >= inside["estimate"]).all()


def test_times_that_differ_by_rounding_are_one():
    time = np.array([0.3, 0.1 + 0.2, 0.7, 0.1 + 0.6])
    assert len(np.unique(time)) > 2

    curve = checked(Arm("A", time, np.ones(4, bool), None, None))

    assert curve["n_risk"].to_list() == [4, 4, 2]
    assert curve["n_event"].to_list() == [0, 2, 2]


# -------------------------------------------------------------------------- the arms


def members_of(rows):
    return pl.DataFrame(
        rows, schema=["patient_id", "treated", "weight", "set_id"], orient="row"
    ).with_columns(pl.col("set_id").cast(pl.String), **CLOCK)


PATIENTS = pl.DataFrame(
    {
        "patient_id": ["a", "b", "c", "d"],
        "treated": [True, False, True, False],
        "treatment_days": pl.Series([None] * 4, dtype=pl.Float64),
        "os_days": [1.0, 2.0, 3.0, 4.0],
        "os_event": [True, False, True, False],
    }
)


def split(rows):
    return arms_of(PATIENTS, members_of(rows), endpoint="os", labels=LABELS)


def test_arms_are_those_of_the_design():
    arms = split([("d", True, 1.0, None), ("b", False, 1.0, None)])

    assert arms["treated"].label == "Hormone"
    assert arms["treated"].time.tolist() == [4.0]
    assert arms["treated"].event.tolist() == [False]
    assert arms["control"].time.tolist() == [2.0]
    assert arms["control"].weight is None
    assert arms["control"].cluster is None


def test_weights_other_than_one_are_kept():
    arms = split([("a", True, 1.0, None), ("b", False, 0.5, None)])

    assert arms["treated"].weight.tolist() == [1.0]
    assert arms["control"].weight.tolist() == [0.5]


def test_matched_sets_are_clusters():
    arms = split(
        [
            ("a", True, 1, "a"),
            ("b", False, 1, "c"),
            ("c", True, 1, "c"),
            ("d", False, 1, "a"),
        ]
    )

    one, other = arms["treated"].cluster, arms["control"].cluster
    assert one.tolist() == other[::-1].tolist()
    assert one[0] != one[1]


def test_a_set_that_bears_the_name_of_a_patient_has_all_its_patients():
    # Coarsened or full matching: several of an arm in one set.
    arms = split([(who, who != "b", 1, "a") for who in "abcd"])

    assert arms["treated"].entry is None
    assert count_arm(arms["treated"]) == (3, 2)


def test_sets_that_share_a_control_are_no_clusters():
    arms = split([("a", True, 1, "a"), ("b", False, 1, None), ("c", True, 1, "c")])

    assert arms["treated"].cluster is None
    assert arms["control"].cluster is None


ENTRIES = pl.Series("entry_days", [0.0, 1.5, 1.0, 4.0])
EXITS = pl.Series("exit_days", [None, 1.9, 2.5, None])


def late(*clock):
    rows = members_of([(name, name in "ac", 1.0, None) for name in "abcd"])
    members = rows.with_columns(ENTRIES, EXITS, *clock)
    return arms_of(PATIENTS, members, endpoint="os", labels=LABELS)


def test_clock_starts_at_the_origin_and_ends_at_exit():
    arms = late(ENTRIES.alias("origin_days"))

    # a from 0 to its event at 1; c from 1, its event at 3 comes after 2.5
    assert arms["treated"].time.tolist() == [1.0, 1.5]
    assert arms["treated"].event.tolist() == [True, False]
    # b from 1.5 to 1.9; d is not followed past the start at 4
    assert arms["control"].time == pytest.approx([0.4])
    assert arms["control"].event.tolist() == [False]
    assert (arms["treated"].entry, arms["control"].entry) == (None, None)


def test_an_entry_after_the_origin_leaves_the_clock():
    arms = late()

    # the same spans, on a clock that started before them; d, a control who enters on
    # the day on which follow-up ends, is not followed past it
    assert arms["treated"].entry.tolist() == [0.0, 1.0]
    assert arms["treated"].time.tolist() == [1.0, 2.5]
    assert arms["treated"].event.tolist() == [True, False]
    assert arms["control"].entry.tolist() == [1.5]
    assert arms["control"].time.tolist() == [1.9]
    assert arms["control"].event.tolist() == [False]


def test_an_event_on_the_day_of_a_change_of_arms_comes_after_it():
    rows = members_of([("a", False, 1.0, None), ("a", True, 1.0, None)])
    clock = rows.with_columns(
        entry_days=pl.Series([0.0, 1.0]), exit_days=pl.Series([1.0, None])
    )

    treated = PATIENTS.with_columns(treatment_days=1.0)
    arms = arms_of(treated, clock, endpoint="os", labels=LABELS)

    assert arms["control"].time.tolist() == arms["treated"].entry.tolist() == [0.5]
    assert arms["control"].event.tolist() == [False]
    assert arms["treated"].event.tolist() == [True]


def test_an_exit_after_the_last_day_hides_no_event():
    rows = members_of([("a", True, 1.0, None), ("c", False, 1.0, None)])
    clock = rows.with_columns(exit_days=pl.Series([1.5, 2.0]))

    arms = arms_of(PATIENTS, clock, endpoint="os", labels=LABELS)

    assert arms["treated"].event.tolist() == [True]
    assert arms["control"].event.tolist() == [False]


# ------------------------------------------------------------------------ the script


def test_script_writes_every_design_and_arm(script, cohort, tmp_path, filled):
    patients = filled(cohort("rotterdam"))
    designs = pl.concat(
        patients.select(
            "patient_id",
            "treated",
            design=pl.lit(name),
            propensity_score=0.5,
            weight=weight,
            set_id=pl.lit(None, pl.String),
            **CLOCK,
        )
        for name, weight in (("unadjusted", pl.lit(1.0)), ("iptw", pl.col("age") / 50))
    ).select(Designs.column_names())
    paths = [tmp_path / name for name in ("patients", "designs", "curves", "apart")]
    Patients.write(patients, paths[0])
    Designs.write(designs, paths[1])

    script("survival/estimate_curves").main(
        *paths, endpoint="rfs", labels=LABELS, confidence=0.95, limits="log-log"
    )

    apart = Differences.read(paths[3]).filter(months=12, measure="rmst_difference")
    assert apart["weight_treated"].is_null().to_list() == [False, True]
    curves = Curves.read(paths[2])
    groups = curves.select("endpoint", "design", "arm").unique().sort("design", "arm")
    assert groups.rows() == [
        ("rfs", design, arm)
        for design in ("iptw", "unadjusted")
        for arm in ("Hormone", "None")
    ]
    firsts = curves.filter(pl.col("months") == 0)
    assert sorted(firsts["n_risk"]) == [339, 339, 2643, 2643]
