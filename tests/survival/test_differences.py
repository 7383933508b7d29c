"""The arms month by month: the numbers of the effects, and who is left."""

import numpy as np
import polars as pl
import pytest

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm
from twoarm.survival.differences import estimate_differences, pool_differences
from twoarm.survival.effects import estimate_effects
from twoarm.tables.survival import Curves, Differences

NAMES = ("treated", "control")
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")


def arm(months, event, weight=None, cluster=None, entry=None, competing=None):
    arrays = [None if each is None else np.array(each) for each in (weight, cluster)]
    names = pl.Series(cluster or range(len(months)), dtype=pl.Int64).cast(pl.String)
    start = None if entry is None else np.array(entry) * DAYS_PER_MONTH
    others = None if competing is None else np.array(competing, bool)
    time = np.array(months, float) * DAYS_PER_MONTH
    return Arm(
        "A", time, np.array(event, bool), *arrays, start, names, "clones", others
    )


def months_of(arms, measure="survival_difference"):
    rows = estimate_differences(arms, confidence=0.95)
    return {row["months"]: row for row in rows if row["measure"] == measure}


def four(**more):
    return {
        "treated": arm([0.5, 1.5, 2.5, 3.5], [1, 0, 1, 0], **more),
        "control": arm([0.5, 1.5, 2.5, 4.5], [1, 1, 0, 0], **more),
    }


def test_eight_patients_by_hand():
    found = months_of(four())

    # At 2 months 3/4 and 3/4 * 2/3, variances by Greenwood 3/64 and 1/16.
    assert list(found) == [0, 1, 2, 3]
    assert found[2]["estimate"] == pytest.approx(1 / 4)
    assert found[2]["std_error"] == pytest.approx(np.sqrt(7) / 8)
    assert found[2]["conf_low"] == pytest.approx(1 / 4 - 1.959964 * np.sqrt(7) / 8)
    left = [found[0][f"n_risk_{each}"] for each in NAMES]
    assert (left, found[0]["estimate"], found[2]["n_risk_treated"]) == ([4, 4], 0, 2)
    assert found[2]["weight_treated"] is None
    # Areas to 2 months: 1/2 + 3/2 * 3/4, and 1/2 + 3/4 + 1/2 * 1/2; beyond the deaths
    # 9/8 of the treated, 1 and 1/4 of the controls, who are 4 and 3.
    mean = months_of(four(), "rmst_difference")
    assert (mean[0]["estimate"], mean[2]["estimate"]) == (0, pytest.approx(1 / 8))
    variance = (9 / 8) ** 2 / (4 * 3) + 1 / (4 * 3) + (1 / 4) ** 2 / (3 * 2)
    assert mean[2]["std_error"] == pytest.approx(np.sqrt(variance))
    assert (list(mean), mean[2]["n_risk_treated"]) == ([0, 1, 2, 3], 2)


def test_weights_left_are_summed():
    found = months_of(four(weight=[1.0, 2, 3, 4]))

    assert [found[month]["weight_treated"] for month in range(4)] == [10, 9, 7, 4]
    assert found[3]["n_risk_control"] == 1


SPELLS = {
    "weight": [1.0, 1.5, 1, 2],
    "cluster": [0, 0, 1, 2],
    "entry": [0.0, 0.5, 0.0, 0.0],
}


@pytest.mark.parametrize(
    "more",
    [{}, {"weight": [1.0, 2, 3, 4]}, SPELLS, {"competing": [0, 1, 0, 0]}],
    ids=["plain", "weighted", "clones", "competing"],
)
def test_difference_is_that_of_the_effects(more):
    arms = four(**more)
    told = estimate_effects(
        arms, horizons_months=[1.0, 3.0], rmst_months=2.0, confidence=0.95
    )
    expected = [
        row
        for row in told
        if row["measure"].endswith("_difference") and row["months"] in (1.0, 2.0, 3.0)
    ]

    assert len(expected) == (2 if "competing" in more else 3)
    for row in expected:
        one = months_of(arms, row["measure"])[row["months"]]
        assert [one.get(k) for k in NUMBERS] == [row.get(k) for k in NUMBERS]


def test_patient_of_several_spells_counts_once_with_the_weight_of_the_day():
    found = months_of(four(**SPELLS))

    assert [found[month]["n_risk_treated"] for month in (0, 1)] == [3, 3]
    assert [found[month]["weight_treated"] for month in (0, 1)] == [4.0, 4.5]


def test_arms_that_patients_change_have_no_difference():
    assert estimate_differences(four(entry=[0.0, 0, 1, 0]), confidence=0.95) == []


@pytest.mark.parametrize("endpoint", ["os", "rfs"])
def test_differences_are_those_of_rs_curves(study_of, endpoint):
    study = study_of("rotterdam", endpoint, None)
    found = months_of(study.arms())
    means = months_of(study.arms(), "rmst_difference")

    for months, area in study.expected["rmst"].items():
        told = [area["difference"][name] for name in ("value", "se")]
        row = [means[int(months)][name] for name in NUMBERS[:2]]
        assert np.array(row) * DAYS_PER_MONTH == pytest.approx(told, rel=1e-9)
    for months in (12, 60):
        told = [study.expected["arms"][k]["survival_at"][f"{months}"] for k in NAMES]
        gap = told[0]["surv"] - told[1]["surv"]
        error = np.hypot(*(each["std_err"] for each in told))
        assert found[months]["estimate"] == pytest.approx(gap, rel=1e-9)
        assert found[months]["std_error"] == pytest.approx(error, rel=1e-9)


def test_pooled_table_has_the_fewest_left_and_the_mean_weight():
    named = {"endpoint": "os", "design": "iptw"}
    rows = [
        {**row, **named, "imputation": number}
        for number, weight in ((1, [1.0, 2, 3, 4]), (2, [2.0, 2, 3, 6]))
        for row in estimate_differences(four(weight=weight), confidence=0.95)
    ]

    found = pool_differences(rows, confidence=0.95, curves=Curves.create_empty())

    named = {"months": 3, "measure": "rmst_difference"}
    (one,) = Differences.check(found).filter(**named).to_dicts()
    assert one["weight_treated"] == 5
    assert one["n_risk_treated"] == 1
    parts = [row["estimate"] for row in rows if named.items() <= row.items()]
    assert one["estimate"] == pytest.approx(np.mean(parts))


def test_study_without_a_contrast_has_an_empty_table():
    empty = pool_differences([], confidence=0.95, curves=Curves.create_empty())

    assert Differences.check(empty).is_empty()
