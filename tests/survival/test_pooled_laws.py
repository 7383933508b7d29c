"""Pooled tables: laws, two routes to one number, each scale by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import Arm, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.pooled_curves import pool_curves, pool_medians
from twoarm.survival.pooled_effects import POOLS, REACHED, TESTS, pool_effects
from twoarm.tables.survival import MEASURES, Curves, Effects

KEY = ["endpoint", "design", "measure", "term", "months"]
LABELS = {"treated": "Surgery", "control": "None"}
PLACE = {"endpoint": "os", "design": "matched"}


def arms(invent, seed, *, weighted=False, keep=None):
    """Two arms; `keep` says who is in, as a match that differs would."""
    time, event, treated, weight = invent(seed, ties=False)
    inside = np.ones(len(time), bool) if keep is None else keep
    parts = {}
    for name, label in LABELS.items():
        rows = inside & (treated == (name == "treated"))
        own = weight[rows] if weighted else None
        parts[name] = Arm(label, time[rows] * DAYS_PER_MONTH, event[rows], own, None)
    return parts


def differing(invent, seed, m=3, *, weighted=False):
    """Data sets of which each leaves out four of forty patients."""
    rng = np.random.default_rng(seed)
    kept = [rng.permutation(40) >= 4 for _ in range(m)]
    return [arms(invent, seed, weighted=weighted, keep=each) for each in kept]


def tables(sets):
    """Curves and effects of several data sets, as the jobs of a study write them."""
    curves, effects = [], []
    for number, each in enumerate(sets, start=1):
        named = {**PLACE, "imputation": number}
        lit = {name: pl.lit(value) for name, value in named.items()}
        curves += [
            estimate_curve(arm, confidence=0.95).with_columns(**lit)
            for arm in each.values()
        ]
        rows = estimate_effects(
            each, horizons_months=(3.0, 6.0), rmst_months=6.0, confidence=0.95
        )
        effects += [{**named, **row} for row in rows]
    return pl.concat(curves), Effects.many(effects)


def made(**columns):
    """Rows of one estimate: what is a list differs between the data sets."""
    m = max(len(value) for value in columns.values() if isinstance(value, list))
    counts = {"n_treated": 40, "n_control": 60}
    events = {"events_treated": 20, "events_control": 30}
    usual = {"measure": "hazard_ratio", "term": "treated", "method": "made"}
    every = {**PLACE, **counts, **events, **usual, **columns}
    return Effects.many(
        [
            {k: v[place] if isinstance(v, list) else v for k, v in every.items()}
            | {"imputation": place + 1}
            for place in range(m)
        ]
    )


def one_row(**columns):
    return pool_effects(made(**columns), confidence=0.95).row(0, named=True)


class TestCurves:
    @pytest.mark.parametrize("weighted", [False, True])
    def test_alike_are_as_they_are(self, invent, weighted):
        curves, _ = tables([arms(invent, 1, weighted=weighted)] * 4)

        found = Curves.check(pool_curves(curves, confidence=0.95))

        one = Curves.check(curves.filter(imputation=1).drop("imputation"))
        assert_frame_equal(found, one, check_exact=True)

    @given(st.integers(0, 10_000), st.booleans())
    def test_they_fall_and_their_counts_add_up(self, invent, seed, weighted):
        curves, _ = tables(differing(invent, seed, weighted=weighted))

        found = Curves.check(pool_curves(curves, confidence=0.95))

        for arm in found.partition_by("arm"):
            assert arm["months"].is_sorted()
            assert arm["estimate"][0] == 1
            assert (arm["estimate"].diff().drop_nulls() <= 0).all()
            assert (arm["conf_low"] <= arm["estimate"]).all()
            assert (arm["conf_high"] >= arm["estimate"]).all()
            leaving = arm["n_event"] + arm["n_censor"]
            assert (arm["n_risk"].diff().drop_nulls() == -leaving[:-1]).all()
            assert (leaving <= arm["n_risk"]).all()
            own = curves.filter(arm=arm["arm"][0]).group_by("imputation")
            assert arm["months"][-1] == own.agg(pl.max("months"))["months"].min()

    def test_one_with_no_death_yet_counts_half_a_death(self):
        """One drops at 2, the other at 3; between, the second is 1 - 1/20."""
        rows = pl.DataFrame(
            {
                "imputation": [1, 1, 1, 2, 2, 2],
                "months": [0.0, 2, 5, 0, 3, 5],
                "n_risk": [10, 10, 8, 10, 10, 9],
                "n_event": [0, 2, 0, 0, 1, 0],
                "n_censor": [0, 0, 8, 0, 0, 9],
                "estimate": [1.0, 0.8, 0.8, 1, 0.9, 0.9],
                "conf_low": [None, 0.5, 0.5, None, 0.6, 0.6],
                "conf_high": [None, 0.95, 0.95, None, 0.98, 0.98],
            }
        ).with_columns(arm=pl.lit("A"), **{k: pl.lit(v) for k, v in PLACE.items()})

        found = Curves.check(pool_curves(rows, confidence=0.95))

        assert found["months"].to_list() == [0, 2, 3, 5]
        at_two = np.exp(-np.sqrt(np.log(0.8) * np.log(0.95)))
        at_three = np.exp(-np.sqrt(np.log(0.8) * np.log(0.9)))
        expected = [1, at_two, at_three, at_three]
        assert found["estimate"].to_list() == pytest.approx(expected)
        # events up to each time: 0, 1, 1.5, 1.5; a half goes to the even number
        assert found["n_event"].to_list() == [0, 1, 1, 0]
        assert found["n_censor"].to_list() == [0, 0, 0, 8]
        assert found["n_risk"].to_list() == [10, 10, 9, 8]

    def test_arm_that_a_data_set_lacks_is_left_out(self, invent):
        curves, _ = tables([arms(invent, 1), arms(invent, 2)])
        fewer = curves.filter((pl.col("arm") != "None") | (pl.col("imputation") == 1))

        found = pool_curves(fewer, confidence=0.95)

        assert found["arm"].unique().to_list() == ["Surgery"]


class TestEffects:
    def test_every_measure_has_a_rule(self):
        assert {*POOLS, *REACHED, *TESTS} == {*MEASURES}

    def test_alike_keep_their_numbers_with_curves_and_without(self, invent):
        curves, effects = tables([arms(invent, 1)] * 4)
        pooled = pool_curves(curves, confidence=0.95)
        one = Effects.check(effects.filter(imputation=1).drop("imputation"))

        for given_curves in (None, pooled):
            found = pool_effects(effects, confidence=0.95, curves=given_curves)
            numbers = Effects.check(found).drop("method")
            assert_frame_equal(numbers, one.drop("method"), check_exact=True)

    @given(st.integers(0, 10_000), st.booleans())
    def test_estimates_lie_among_those_pooled(self, invent, seed, weighted):
        curves, effects = tables(differing(invent, seed, weighted=weighted))
        pooled = pool_curves(curves, confidence=0.95)

        found = Effects.check(pool_effects(effects, confidence=0.95, curves=pooled))

        ends = effects.group_by(KEY).agg(
            low=pl.col("estimate").min(), high=pl.col("estimate").max()
        )
        between = found.join(ends, on=KEY, nulls_equal=True)
        assert between.height == found.height == ends.height
        # D2 takes off for disagreement, and medians come from the pooled curve
        known = between.filter(~pl.col("measure").is_in([*TESTS, "median"]))
        assert (known["estimate"] >= known["low"] - 1e-9).all()
        assert (known["estimate"] <= known["high"] + 1e-9).all()
        assert (found["conf_low"] <= found["estimate"] + 1e-12).all()
        assert (found["conf_high"] >= found["estimate"] - 1e-12).all()

    def test_curve_and_table_tell_one_number(self, invent):
        curves, effects = tables(differing(invent, 8))
        pooled = pool_curves(curves, confidence=0.95)

        found = pool_effects(effects, confidence=0.95, curves=pooled)

        medians = pool_medians(pooled)
        for label in LABELS.values():
            own = pooled.filter(arm=label)
            at_six = own.filter(pl.col("months") <= 6).row(-1, named=True)
            key = {"measure": "survival", "term": label, "months": 6.0}
            row = found.filter(**key).row(0, named=True)
            for line in ("estimate", "conf_low", "conf_high"):
                assert row[line] == pytest.approx(at_six[line], rel=1e-9)
            median = found.filter(measure="median", term=label)["estimate"][0]
            assert median == medians.filter(arm=label)["estimate"][0]
            assert median == own.filter(pl.col("estimate") < 0.5)["months"][0]

    def test_regression_has_as_many_coefficients_as_rows(self):
        ratio = {"estimate": [0.5, 0.6], "std_error": [0.2, 0.2], "p_value": 0.01}
        alone = made(**ratio, term="treated_adjusted")
        many = [made(**ratio, term=f"x{place}") for place in range(30)]

        lone = pool_effects(alone, confidence=0.95)
        crowd = pool_effects(pl.concat([alone, *many]), confidence=0.95)

        # of 50 events 49 degrees of freedom are left, or 19
        assert crowd["estimate"][0] == lone["estimate"][0]
        assert crowd["conf_high"][0] > lone["conf_high"][0] * 1.001

    def test_it_says_in_how_many_it_is_not_estimable(self):
        reason = "not estimable: an arm has no event"

        row = one_row(
            estimate=[0.5, None, None],
            std_error=[0.2, None, None],
            method=["Cox", reason, reason],
        )

        told = "not estimable in 2 of 3 imputations: an arm has no event"
        assert row["method"] == told

    def test_a_row_that_one_does_not_have_is_not_estimable(self):
        other = made(estimate=[1.0, 2, 3], std_error=[0.1] * 3, measure="rmst")
        fewer = made(estimate=[0.5, 0.6], std_error=[0.2] * 2)

        found = pool_effects(pl.concat([other, fewer]), confidence=0.95)

        row = found.filter(measure="hazard_ratio").row(0, named=True)
        assert row["estimate"] is None
        assert row["method"].startswith("not estimable in 1 of 3 imputations")

    def test_chi_squared_is_d2(self):
        row = one_row(
            estimate=[4.1, 5.2, 3.3],
            p_value=[0.043, 0.023, 0.069],
            measure="logrank",
            method="log-rank chi-squared, 1 degree of freedom",
        )

        # ORACLE: the first test of pooling.json
        assert row["estimate"] == pytest.approx(3.7839092191069206)
        assert row["p_value"] == pytest.approx(0.052378399059199526)
        assert row["method"] == (
            "log-rank chi-squared; D2 of 3 imputations, "
            "F with 1 and 444 degrees of freedom"
        )

    def test_cumulative_incidence_is_survival_turned(self):
        horizon = {"std_error": [0.05, 0.04], "months": 12.0}

        survival = one_row(estimate=[0.7, 0.8], measure="survival", **horizon)
        turned = one_row(estimate=[0.3, 0.2], measure="cumulative_incidence", **horizon)

        assert turned["estimate"] == pytest.approx(1 - survival["estimate"])
        assert turned["conf_low"] == pytest.approx(1 - survival["conf_high"])
        assert turned["conf_high"] == pytest.approx(1 - survival["conf_low"])
        assert turned["std_error"] == pytest.approx(survival["std_error"])


class TestMediansWithoutCurves:
    def test_the_middle_one_with_limits_as_of_its_logarithm(self):
        estimates = [10.0, 12, 20]

        row = one_row(
            estimate=estimates,
            conf_low=[8.0, 9, 16],
            conf_high=[12.5, 16, 25],
            measure="median",
        )

        assert row["estimate"] == 12
        width = np.log(row["conf_high"] / 12)
        assert np.log(12 / row["conf_low"]) == pytest.approx(width)
        assert width > 1.96 * (np.log(estimates).var(ddof=1) * 4 / 3) ** 0.5

    def test_a_limit_that_is_not_reached_gives_the_widest(self):
        row = one_row(
            estimate=[10.0, 12, None],
            conf_low=[8.0, 9, 16],
            conf_high=[12.5, None, None],
            measure="median",
            method=["Kaplan-Meier", "Kaplan-Meier", "not reached"],
        )

        numbers = (row["estimate"], row["conf_low"], row["conf_high"])
        assert numbers == (12, 8, None)
        assert row["method"] == "Kaplan-Meier; median of 3 imputations"

    def test_not_reached_in_half_is_not_reached(self):
        row = one_row(
            estimate=[10.0, None],
            measure="median_follow_up",
            method=["reverse Kaplan-Meier", "not reached"],
        )

        assert row["estimate"] is None
        assert row["method"] == "not reached in 1 of 2 imputations"
