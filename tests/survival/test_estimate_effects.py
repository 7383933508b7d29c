import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.config.output import Analysis
from twoarm.months import DAYS_PER_MONTH
from twoarm.propensity.designs import design_of_sets
from twoarm.propensity.matching import Matched, list_members
from twoarm.propensity.nearest import Matches
from twoarm.propensity.sets import sets_of, weight_sets
from twoarm.survival.curves import Arm, arms_of
from twoarm.survival.effects import estimate_effects, select_horizons
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs, Sets
from twoarm.tables.survival import Effects

CLOCK = {
    "imputation": pl.lit(0, pl.Int64),
    "origin_days": pl.lit(0.0),
    "entry_days": pl.lit(0.0),
    "exit_days": pl.lit(None, pl.Float64),
}
"""Columns of a design whose clock starts at time zero."""
ORACLE = Path(__file__).parents[1] / "oracle"
LABELS = {"treated": "Treated", "control": "Control"}
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
UNEQUAL = "hazard_ratio", "logrank", "proportional_hazards"


def effects_of(arms, horizons=(), rmst_months=None, confidence=0.95):
    """Estimate, hold the rows to their promises, and return them by their key."""
    rows = estimate_effects(
        arms,
        horizons_months=horizons,
        rmst_months=rmst_months,
        confidence=confidence,
    )
    keys = {"endpoint": "os", "design": "unadjusted"}
    table = Effects.check(Effects.of([{**row, **keys} for row in rows]))
    assert table.select(Effects.key()).is_duplicated().sum() == 0
    found = {}
    for row in table.rows(named=True):
        check_row(row)
        found[row["measure"], row["term"], row["months"]] = row
    return found


def check_row(row):
    for name in NUMBERS:
        assert row[name] is None or math.isfinite(row[name]), row
    if row["estimate"] is None:
        assert row["method"].startswith("not "), row
        # a median may have a limit that is reached
        others = [row[name] for name in NUMBERS if name != "conf_low"]
        assert others == [None] * 4, row
        assert row["conf_low"] is None or row["method"] == "not reached", row
        return
    for limit, sign in (("conf_low", 1), ("conf_high", -1)):
        if row[limit] is not None:
            gap = sign * (row["estimate"] - row[limit])
            assert gap >= -1e-9 * abs(row["estimate"]), row


def arm(label, months, event, weight=None, cluster=None):
    days = np.array(months, float) * DAYS_PER_MONTH
    return Arm(label, days, np.array(event, bool), weight, cluster)


def two_arms(treated, control, **more):
    """Arms from lists of months; a negative one is censored."""
    return {
        name: arm(label, np.abs(months), np.array(months) > 0, **more)
        for (name, label), months in zip(
            LABELS.items(), (treated, control), strict=True
        )
    }


# ------------------------------------------------------------------------ against R


def same(row, expected, unit=1.0, rel=1e-10):
    """Compare a row with R's (estimate, std_error, conf_low, conf_high)."""
    for name, value in zip(NUMBERS, expected, strict=False):
        wanted = None if value is None else pytest.approx(value / unit, rel=rel)
        assert row[name] == wanted, (row["measure"], name)


def all_effects(study):
    months = [float(each) for each in study.expected["rmst"]]
    return effects_of(study.arms(), months, max(months))


def test_hazard_ratio_is_rs(study):
    row = all_effects(study)["hazard_ratio", "treated", None]

    r = study.expected["cox_treated"]["terms"]["treated"]
    same(row, [r["hr"], r["se"], r["lower"], r["upper"], r["p"]], rel=1e-9)
    words = "model-based" if study.weight is None else "weighted, robust"
    assert row["method"] == f"Cox, Efron ties, {words} variance"


def test_survival_at_the_horizons_is_rs(study):
    found = all_effects(study)

    for name, block in study.expected["arms"].items():
        for months in study.expected["rmst"]:
            r = block["survival_at"][months]
            row = found["survival", name.capitalize(), float(months)]
            same(row, [r["surv"], r["std_err"], r["lower"], r["upper"]])


def test_restricted_means_are_rs(study):
    found = all_effects(study)

    months, block = list(study.expected["rmst"].items())[-1]
    for name in LABELS:
        row, r = found["rmst", name.capitalize(), float(months)], block[name]
        same(row, [r["rmst"], r["se"]], DAYS_PER_MONTH)
    row, r = found["rmst_difference", "treated", float(months)], block["difference"]
    same(row, [r["value"], r["se"], r["lower"], r["upper"]], DAYS_PER_MONTH, 1e-9)
    assert row["p_value"] == pytest.approx(r["p"], rel=1e-9)


def test_medians_are_rs(study):
    found = all_effects(study)

    for name, block in study.expected["arms"].items():
        r, row = block["median"], found["median", name.capitalize(), None]
        same(row, [r["time"], None, r["lower"], r["upper"]], DAYS_PER_MONTH, 1e-14)
        if "followup" in block:
            r, row = (
                block["followup"],
                found["median_follow_up", name.capitalize(), None],
            )
            same(row, [r["time"], None, r["lower"], r["upper"]], DAYS_PER_MONTH, 1e-14)


def test_tests_are_rs_without_weights(study):
    found = all_effects(study)

    if study.weight is not None:
        assert ("logrank", "treated", None) not in found
        row = found["proportional_hazards", "treated", None]
        assert row["method"].endswith("robust variance")
        assert 0 <= row["p_value"] <= 1
        return
    for measure, r in (
        ("logrank", study.expected["logrank"]),
        ("proportional_hazards", study.expected["zph_treated"]["GLOBAL"]),
    ):
        row = found[measure, "treated", None]
        same(row, [r["chisq"], None, None, None, r["p"]], rel=1e-9)


def test_counts_are_of_patients_and_events(study):
    arms = study.expected["arms"]

    for row in all_effects(study).values():
        for name in LABELS:
            rows = study.treated == (name == "treated")
            assert row[f"n_{name}"] == rows.sum()
            assert row[f"events_{name}"] == study.event[rows].sum()
            assert row[f"n_{name}"] == arms[name]["n"]


MATCHED = {
    "nn1_cal0.2_largest": "cox_cluster_subclass_robust",
    "nn2_cal0.2_largest": "cox_cluster_subclass_robust",
    "nn1_nocaliper_largest": "cox_cluster_subclass_robust",
    "nn1_cal0.2_replace": "cox_weighted_robust_by_person",
    "nn2_cal0.2_replace": "cox_weighted_robust_by_person",
}


@pytest.mark.parametrize(("configuration", "key"), MATCHED.items())
def test_matched_hazard_ratio_is_rs(
    cohort, oracle, filled, everybody, configuration, key
):
    block = oracle("matchit_rotterdam")["configurations"][configuration]["outcomes"]
    pairs = pl.read_csv(ORACLE / "matchit_rotterdam.csv").filter(
        configuration=configuration
    )
    treated, control = (
        pairs[f"{arm}_row"].to_numpy() for arm in ("treated", "control")
    )
    sets = sets_of(Matches(treated - 1, control - 1, np.zeros(len(treated))))
    patients = cohort("rotterdam")
    arm = patients["treated"].to_numpy()
    matched = Matched(
        sets, arm, weight_sets(sets, arm, estimand="ATT"),
        np.full(len(sets.row), np.nan), np.full(len(sets.row), np.inf),
    )  # fmt: skip
    scores = patients.select(
        "patient_id", "treated", imputation=pl.lit(0, pl.Int64), propensity_score=0.5
    )
    listed = list_members(matched, patients["patient_id"])
    clock = everybody(patients, "psm")
    members = design_of_sets("psm", clock, scores, Sets.check(listed))

    arms = arms_of(filled(patients), members, endpoint="os", labels=LABELS)

    row = effects_of(arms)["hazard_ratio", "treated", None]
    r = block[key]
    expected = [r["hr"], r["robust_se"], r["hr_lower95"], r["hr_upper95"], r["p"]]
    same(row, expected, rel=1e-8)
    assert row["n_treated"] + row["n_control"] == block["n"]
    assert row["events_treated"] + row["events_control"] == block["n_events"]
    clustered = "clustered by matched set" in row["method"]
    assert clustered == ("replace" not in configuration)


# ------------------------------------------------------------------- worked by hand


def test_six_patients_by_hand():
    months = [3, 5, -5, 8, -10, 12]

    found = effects_of(two_arms(months, [2, 4, -6, 13]), [8.0], 12.0)

    row = found["survival", "Treated", 8.0]
    assert row["estimate"] == pytest.approx(4 / 9)
    assert row["std_error"] == pytest.approx(0.2222, abs=5e-5)
    assert found["median", "Treated", None]["estimate"] == pytest.approx(8)
    assert found["rmst", "Treated", 12.0]["estimate"] == pytest.approx(8.4444, abs=5e-5)
    # control: 1 to 2, 3/4 to 4, 1/2 to 13
    assert found["rmst", "Control", 12.0]["estimate"] == pytest.approx(2 + 1.5 + 4)
    row = found["rmst_difference", "treated", 12.0]
    assert row["estimate"] == pytest.approx(8.4444 - 7.5, abs=5e-5)
    row = found["survival_difference", "treated", 8.0]
    assert row["estimate"] == pytest.approx(4 / 9 - 0.5)
    spread = (0.25 * 16 / 81 + 0.25 * (1 / 12 + 1 / 6)) ** 0.5
    assert row["std_error"] == pytest.approx(spread)
    assert row["conf_low"] == pytest.approx(4 / 9 - 0.5 - 1.959963984540054 * spread)
    p_value = math.erfc(abs(4 / 9 - 0.5) / spread / 2**0.5)
    assert row["p_value"] == pytest.approx(p_value)


def test_survival_at_a_time_of_an_event_counts_it():
    found = effects_of(two_arms([3, 12, 20, 30], [3, 12, 20, 30]), [11.99, 12.0])

    assert found["survival", "Treated", 11.99]["estimate"] == pytest.approx(0.75)
    assert found["survival", "Treated", 12.0]["estimate"] == pytest.approx(0.5)


def test_the_last_time_is_within_the_follow_up():
    found = effects_of(two_arms([3, -12], [3, 5, 12]), [12.0], 12.0)

    assert found["survival", "Treated", 12.0]["estimate"] == pytest.approx(0.5)
    row = found["survival", "Control", 12.0]
    assert (row["estimate"], row["std_error"], row["conf_low"]) == (0, None, None)
    assert found["rmst", "Treated", 12.0]["estimate"] == pytest.approx(7.5)
    row = found["survival_difference", "treated", 12.0]
    assert (row["estimate"], row["std_error"], row["p_value"]) == (0.5, None, None)


def test_horizon_before_the_first_time_is_all_alive():
    found = effects_of(two_arms([3, 12, 20], [5, 6, 7]), [1.0], 1.0)

    row = found["survival", "Treated", 1.0]
    assert (row["estimate"], row["std_error"]) == (1.0, 0.0)
    assert (row["conf_low"], row["conf_high"]) == (None, None)
    row = found["rmst", "Treated", 1.0]
    assert (row["estimate"], row["std_error"], row["conf_low"]) == (1.0, 0.0, None)
    row = found["survival_difference", "treated", 1.0]
    assert (row["estimate"], row["p_value"]) == (0.0, None)


@pytest.mark.parametrize(
    ("longest", "expected"),
    [(11.9, []), (12, [12]), (36, [12, 36]), (59, [12, 36]), (200, [12, 36, 60])],
)
def test_default_horizons_lie_within_both_arms(longest, expected):
    assert select_horizons(two_arms([1, longest], [1, 300])) == expected
    assert select_horizons(two_arms([1, 300], [1, longest])) == expected


# ------------------------------------------------------- what cannot be estimated

ODD = {
    "an arm without events": ([-3, -9, -20], [4, 8, 15]),
    "one patient an arm": ([10], [14]),
    "one patient an arm, censored": ([-10], [-14]),
    "all censored": ([-3, -9, -14], [-4, -8, -13]),
    "all events at one time": ([14, 14, 14], [14, 14]),
    "all events of an arm first": ([1, 2, 3], [20, 25, 30]),
    "never at risk together": ([-1, -2], [20, 25, 30]),
    "one arm ends before a horizon": ([1, 5, -9], [2, 20, -40]),
    "all dead before a horizon": ([1, 2, 3], [2, 3, 4]),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("swap", [False, True])
def test_rows_are_numbers_or_say_why_not(case, weighted, swap):
    arms = two_arms(*(ODD[case][::-1] if swap else ODD[case]))
    if weighted:
        arms = {
            name: each._replace(weight=np.linspace(0.4, 2.2, len(each.time)))
            for name, each in arms.items()
        }

    found = effects_of(arms, [6.0, 12.0, 36.0], 12.0)

    expected = 2 if weighted else 3
    assert sum(measure in UNEQUAL for measure, *_ in found) == expected


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("an arm without events", "an arm has no event"),
        ("all censored", "an arm has no event"),
        ("all events of an arm first", "the likelihood has no single maximum"),
        ("one patient an arm", "the likelihood has no single maximum"),
    ],
)
def test_hazard_ratio_says_why_not(case, reason):
    row = effects_of(two_arms(*ODD[case]))["hazard_ratio", "treated", None]

    assert row["method"] == f"not estimable: {reason}"


def test_logrank_needs_no_event_in_each_arm():
    found = effects_of(two_arms(*ODD["an arm without events"]))

    # expected in the treated: 2/5, 2/4, 1/2 of one death each
    row = found["logrank", "treated", None]
    assert row["estimate"] == pytest.approx(1.4**2 / 0.74)
    assert found["proportional_hazards", "treated", None]["estimate"] is None


def test_beyond_the_follow_up_of_an_arm_nothing_is_said():
    found = effects_of(two_arms(*ODD["one arm ends before a horizon"]), [12.0], 12.0)

    for key in (
        ("survival", "Treated", 12.0),
        ("survival_difference", "treated", 12.0),
        ("rmst", "Treated", 12.0),
        ("rmst_difference", "treated", 12.0),
    ):
        assert found[key]["estimate"] is None
        assert found[key]["method"] == "not estimable: beyond the follow-up"
    assert found["survival", "Control", 12.0]["estimate"] is not None
    assert found["rmst", "Control", 12.0]["estimate"] is not None


def test_a_median_that_is_not_reached_says_so():
    found = effects_of(two_arms([5, -9, -9], [5, 7, -9]))

    row = found["median", "Treated", None]
    assert (row["estimate"], row["method"]) == (None, "not reached")
    assert found["median", "Control", None]["estimate"] == pytest.approx(7)


def test_alike_clusters_have_no_error():
    months, cluster = [5, 7], np.array([1, 2])
    arms = two_arms(months, months, cluster=cluster)

    row = effects_of(arms)["hazard_ratio", "treated", None]

    assert row["method"] == "not estimable: its error is 0 or beyond all numbers"


patients = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.sampled_from([0.3, 1.0, 2.5])),
    min_size=1,
    max_size=8,
)


@given(patients, patients, st.booleans(), st.booleans())
def test_any_arms_give_rows_that_keep_the_contract(one, other, weighted, clustered):
    arms = {}
    for (name, label), rows in zip(LABELS.items(), (one, other), strict=True):
        months, event, weight = (np.array(each) for each in zip(*rows, strict=True))
        cluster = np.arange(len(rows)) if clustered else None
        arms[name] = arm(label, months, event, weight if weighted else None, cluster)

    effects_of(arms, [3.0, 6.0, 12.0, 100.0], 6.0)


# ----------------------------------------------------------------------------- laws


def relabelled(arms):
    """Exchange the arms, each keeping its label."""
    return {"treated": arms["control"], "control": arms["treated"]}


def check_exchanged(one, other):
    assert one.keys() == other.keys()
    for key, row in one.items():
        contrast, exchanged = key[1] == "treated", other[key]
        values = [exchanged[name] for name in NUMBERS]
        if contrast and key[0] == "hazard_ratio" and values[0] is not None:
            estimate, error, low, high, p_value = values
            values = [1 / estimate, error, 1 / high, 1 / low, p_value]
        elif contrast and key[0].endswith("difference") and values[0] is not None:
            estimate, error, low, high, p_value = values
            limits = [None, None] if low is None else [-high, -low]
            values = [-estimate, error, *limits, p_value]
        elif contrast and key[0] == "rmst_ratio" and values[0] is not None:
            estimate, error, low, high, p_value = values
            limits = [None, None] if low is None else [1 / high, 1 / low]
            values = [1 / estimate, error, *limits, p_value]
        for name, value in zip(NUMBERS, values, strict=True):
            nearly = (
                value if value is None else pytest.approx(value, rel=1e-8, abs=1e-9)
            )
            assert row[name] == nearly, (key, name)
        assert row["n_treated"] == exchanged["n_control"]
        assert row["events_treated"] == exchanged["events_control"]


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_exchanged_arms_invert_and_negate(invent, seed, ties, weighted):
    time, event, treated, weight = invent(seed, ties=ties)
    arms = {
        name: arm(label, time[rows], event[rows], weight[rows] if weighted else None)
        for (name, label), rows in zip(LABELS.items(), (treated, ~treated), strict=True)
    }

    one, other = (
        effects_of(each, [3.0, 6.0], 5.0) for each in (arms, relabelled(arms))
    )

    check_exchanged(one, other)


@given(st.integers(0, 10_000), st.permutations(range(40)))
def test_row_order_does_not_matter(invent, seed, order):
    columns = invent(seed, ties=True)
    results = []
    for place in (range(40), order):
        time, event, treated, weight = (column[list(place)] for column in columns)
        arms = {
            name: arm(label, time[rows], event[rows], weight[rows])
            for (name, label), rows in zip(
                LABELS.items(), (treated, ~treated), strict=True
            )
        }
        results.append(effects_of(arms, [3.0, 6.0], 5.0))

    for key, row in results[0].items():
        for name in NUMBERS:
            value = results[1][key][name]
            nearly = (
                value if value is None else pytest.approx(value, rel=1e-8, abs=1e-9)
            )
            assert row[name] == nearly, (key, name)


@given(st.integers(0, 10_000))
def test_weights_of_one_are_no_weights(invent, seed):
    time, event, treated, _ = invent(seed, ties=True)
    ones, results = np.ones(40), []
    for weight in (None, ones):
        arms = {
            name: arm(
                label, time[rows], event[rows], None if weight is None else ones[rows]
            )
            for (name, label), rows in zip(
                LABELS.items(), (treated, ~treated), strict=True
            )
        }
        results.append(effects_of(arms, [3.0, 6.0], 5.0))

    for key, row in results[1].items():
        if key[0] in ("n_risk_weighted", "proportional_hazards"):
            continue
        for name in NUMBERS if key[0] != "hazard_ratio" else NUMBERS[:1]:
            value = results[0][key][name]
            nearly = (
                value if value is None else pytest.approx(value, rel=1e-8, abs=1e-9)
            )
            assert row[name] == nearly, (key, name)


# ------------------------------------------------------------------------ the script

ANALYSIS = Analysis().model_dump()


def run_script(script, tmp_path, patients, designs, regression=(), **analysis):
    paths = [tmp_path / name for name in ("patients", "designs", "curves", "effects")]
    Patients.write(patients, paths[0])
    Designs.write(designs.select(Designs.column_names()), paths[1])

    script("survival/estimate_curves").main(
        *paths[:3], tmp_path / "differences",
        endpoint="os", labels=LABELS, confidence=0.95, limits="log-log",
    )  # fmt: skip
    paths[0] = [paths[0]]
    script("survival/estimate_effects").main(
        *paths,
        endpoint="os",
        labels=LABELS,
        analysis={**ANALYSIS, **analysis},
        regressions={"unadjusted": regression},
    )
    return Effects.read(paths[3])


def design(patients, name, weight):
    return patients.select(
        "patient_id",
        "treated",
        design=pl.lit(name),
        propensity_score=0.5,
        weight=weight,
        set_id=pl.lit(None, pl.String),
        **CLOCK,
    )


def test_script_writes_every_design_and_the_regression(
    script, cohort, tmp_path, filled
):
    patients = filled(cohort("rotterdam"))
    designs = pl.concat(
        [
            design(patients, "unadjusted", pl.lit(1.0)),
            design(patients, "iptw", pl.col("age") / 50),
        ]
    )

    effects = run_script(script, tmp_path, patients, designs, ["age", "grade"])

    assert set(effects["design"]) == {"unadjusted", "iptw"}
    (only,) = effects.filter(measure="hazard_ratio", design="iptw")["term"]
    assert only == "treated"
    terms = effects.filter(measure="hazard_ratio", design="unadjusted")["term"]
    assert terms.to_list() == ["age", "grade=3", "treated", "treated_adjusted"]
    horizons = effects.filter(measure="survival")["months"].unique().sort()
    assert horizons.to_list() == [12, 36, 60]
    assert set(effects.filter(measure="rmst")["months"]) == {60}


def test_script_takes_the_horizons_it_is_given(script, cohort, tmp_path, filled):
    patients = filled(cohort("hepatocellular"))
    designs = design(patients, "unadjusted", pl.lit(1.0))
    horizons = {"horizons_months": [6.0, 24.0], "rmst_months": 18.0}

    effects = run_script(script, tmp_path, patients, designs, **horizons)

    assert set(effects.filter(measure="survival")["months"]) == {6, 24}
    assert set(effects.filter(measure="rmst_difference")["months"]) == {18}
    assert set(effects.filter(measure="hazard_ratio")["term"]) == {"treated"}


def test_script_with_short_follow_up_has_no_horizons(script, cohort, tmp_path, filled):
    patients = filled(cohort("rotterdam")).with_columns(pl.col("os_days") / 100)
    designs = design(patients, "unadjusted", pl.lit(1.0))

    effects = run_script(script, tmp_path, patients, designs)

    assert not set(effects["measure"]) & {"survival", "rmst", "rmst_difference"}
    assert effects.filter(measure="hazard_ratio")["estimate"].null_count() == 0


def test_no_event_in_an_arm_gives_no_test_of_the_restricted_means():
    days = np.arange(100.0, 1100.0, 50.0)
    none = np.zeros(len(days), dtype=bool)
    arms = {
        "treated": Arm("A", days, none, None, None),
        "control": Arm("B", days, ~none, None, None),
    }

    rows = estimate_effects(
        arms, horizons_months=[12.0], rmst_months=24.0, confidence=0.95
    )

    (found,) = [row for row in rows if row["measure"] == "rmst_difference"]
    assert found["estimate"] > 0
    assert found.get("p_value") is None
    assert found.get("conf_low") is None


def test_weights_of_those_at_risk_are_summed_unless_they_are_few():
    arms = {
        "treated": arm("Treated", range(1, 13), np.ones(12), np.arange(1.0, 13)),
        "control": arm("Control", range(6, 18), np.ones(12), np.full(12, 0.5)),
    }

    rows = estimate_effects(
        arms,
        horizons_months=[3.0, 6.0],
        rmst_months=None,
        confidence=0.95,
        minimum_at_risk=10,
    )

    found = {
        (row["term"], row["months"]): row
        for row in rows
        if row["measure"] == "n_risk_weighted"
    }
    assert found["Treated", 3.0]["estimate"] == sum(range(3, 13))
    assert found["Control", 6.0]["estimate"] == 6
    assert found["Treated", 6.0].get("estimate") is None
    assert "fewer than 10" in found["Treated", 6.0]["method"]


def test_what_rests_on_few_says_so_without_their_number():
    arms = two_arms(list(range(1, 13)), list(range(1, 21)))

    rows = estimate_effects(
        arms,
        horizons_months=[2.0, 4.0],
        rmst_months=4.0,
        confidence=0.95,
        minimum_at_risk=10,
    )

    marked = {
        (row["measure"], row["term"], row["months"])
        for row in rows
        if "rests on fewer than 10 at risk" in row["method"]
    }
    assert marked == {
        ("survival", "Treated", 4.0),
        ("survival_difference", "treated", 4.0),
        ("rmst", "Treated", 4.0),
        ("rmst_difference", "treated", 4.0),
        ("rmst_ratio", "treated", 4.0),
    }


def test_ratio_of_restricted_means_by_hand():
    # To month 4: (1 + 2 + 3 + 4) / 4 and 4.
    arms = two_arms([1, 2, 3, 4], [5, 5, 5, 5])

    row = effects_of(arms, rmst_months=4.0)["rmst_ratio", "treated", 4.0]

    assert row["estimate"] == pytest.approx(2.5 / 4)
    assert row["std_error"] is None  # nobody of the control arm died


def test_limits_on_the_scale_that_is_asked_for():
    arms = two_arms([1, 2, 3, 4], [1, 3, 5, 7])
    how = {"horizons_months": [2.5], "rmst_months": None, "confidence": 0.95}

    found = {
        scale: next(
            row
            for row in estimate_effects(arms, limits=scale, **how)
            if row["measure"] == "survival" and row["term"] == "Treated"
        )
        for scale in ("log-log", "log", "plain")
    }

    assert len({row["estimate"] for row in found.values()}) == 1
    plain = found["plain"]
    assert plain["conf_low"] == pytest.approx(max(0.5 - 1.959964 * 0.25, 0), rel=1e-6)
    log = found["log"]
    assert log["conf_low"] == pytest.approx(0.5 * np.exp(-1.959964 * 0.5), rel=1e-6)
    assert "Kaplan-Meier, plain" in plain["method"]
