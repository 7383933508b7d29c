"""Twins: what was fitted is drawn again, and what was not has no effect."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.survival.two_arms import fit_two_arms
from twoarm.tables.cohort import Patients
from twoarm.validation.twin import choose_endpoints, fit_twin
from twoarm.validation.twin_draws import draw_twin
from twoarm.validation.twin_hazards import (
    Course,
    Hazard,
    days_at,
    donors_at,
    draw_days,
    fit_hazard,
)

BOTH = ["os", "pfs"]


def log_ratio(patients, endpoint):
    columns = patients[f"{endpoint}_days"], patients[f"{endpoint}_event"]
    arrays = [each.to_numpy() for each in (*columns, patients["treated"])]
    return fit_two_arms(*arrays).estimate


def summary(patients):
    return {
        "treated": patients["treated"].mean(),
        "wait": patients["treatment_days"].median(),
        **{f"{name}_events": patients[f"{name}_event"].mean() for name in BOTH},
        **{f"{name}_ratio": log_ratio(patients, name) for name in BOTH},
        **{f"{name}_median": patients[f"{name}_days"].median() for name in BOTH},
    }


def drawn(twin, times, *, effect):
    return [
        draw_twin(twin, np.random.default_rng([3, k]), effect=effect)
        for k in range(times)
    ]


@pytest.fixture(scope="module")
def parent(invented):
    return invented("moderate", 400, seed=5)


@pytest.fixture(scope="module")
def twin(parent, adjusted):
    return fit_twin(parent, BOTH, adjusted)


def course(stop, event, start=None, treated=None):
    n = len(stop)
    return Course(
        np.arange(n),
        np.zeros(n) if start is None else np.array(start, float),
        np.array(stop, float),
        np.array(event, bool),
        np.zeros(n, bool) if treated is None else np.array(treated, bool),
    )


NONE = np.empty((4, 0))


class TestHazard:
    def test_baseline_is_breslow_by_hand(self):
        # 4 at risk on day 1, 3 on day 2 of whom 2 die, nobody after.
        found = fit_hazard(course([1, 2, 2, 5], [1, 1, 1, 0]), NONE)
        assert found.days.tolist() == [1, 2]
        assert found.cumulative == pytest.approx([1 / 4, 1 / 4 + 2 / 3])
        assert found.donors.tolist() == [0, 1, 2]
        assert found.first.tolist() == [0, 1, 3]

    def test_who_enters_late_is_not_at_risk_before_nor_on_the_day(self):
        found = fit_hazard(course([1, 2, 5, 5], [1, 1, 0, 0], [0, 0, 1, 2]), NONE)
        assert found.cumulative == pytest.approx([1 / 2, 1 / 2 + 1 / 2])

    def test_days_by_hand(self):
        hazard = Hazard(
            np.array([10.0, 20.0]), np.array([1.0, 2.0]), NONE, 1.0, NONE, NONE
        )
        exponential = np.array([0.5, 1.0, 1.5, 2.5])

        def days(**how):
            place = draw_days(hazard, exponential, np.zeros(4), **how)
            return days_at(hazard, place).tolist()

        assert days() == [10, 10, 20, np.inf]
        # From day 15 on half the hazard: a second unit needs twice as much.
        assert days(switch=15.0, effect=0.5) == [10, 10, 20, np.inf]
        assert days(switch=15.0, effect=0.25) == [10, 10, np.inf, np.inf]
        assert days(switch=0.0, effect=2.0) == [10, 10, 10, 20]
        assert days(after=10.0) == [20, 20, np.inf, np.inf]

    def test_score_of_minus_infinity_is_never(self):
        hazard = Hazard(np.array([1.0]), np.array([9.0]), NONE, 1.0, NONE, NONE)
        place = draw_days(hazard, np.array([1e-9]), np.array([-np.inf]))
        assert days_at(hazard, place).tolist() == [np.inf]

    def test_donors_had_the_event_on_the_day(self):
        found = fit_hazard(course([1, 2, 2, 5], [1, 1, 1, 0]), NONE)
        place = np.array([0, 1, 1, 2])
        picked = donors_at(found, place, np.array([0.9, 0.1, 0.6, 0.5]))
        assert picked.tolist() == [0, 1, 2, -1]

    def test_terms_are_shrunk_and_pure_noise_to_nothing(self):
        rng = np.random.default_rng(1)
        n = 2000
        matrix = rng.normal(size=(n, 4))
        time = rng.exponential(size=n) * np.exp(-0.7 * matrix[:, 0])
        told = fit_hazard(course(time, np.ones(n)), matrix)
        slope = np.polyfit(matrix[:, 0], told.score, 1)[0]
        assert slope == pytest.approx(0.7, abs=0.06)
        few = 60
        noise = [
            fit_hazard(
                course(rng.exponential(size=few), np.ones(few)),
                rng.normal(size=(few, 6)),
            ).score.std()
            for _ in range(40)
        ]
        assert np.median(noise) < 0.15

    def test_level_without_events_bars_only_where_asked(self):
        n = 60
        level = np.repeat([0.0, 1.0], [40, 20])[:, None]
        event = np.r_[np.ones(40), np.zeros(20)]
        stop = np.r_[np.arange(1, 41), np.full(20, 50)]
        barred = fit_hazard(course(stop, event), level, bars=True)
        assert np.isneginf(barred.score).tolist() == (level[:, 0] == 1).tolist()
        assert np.isfinite(fit_hazard(course(stop, event), level).score).all()
        assert len(barred.score) == n

    def test_covariate_with_one_level_is_passed_over(self):
        rng = np.random.default_rng(2)
        same = np.ones((50, 1))
        found = fit_hazard(course(rng.exponential(size=50), np.ones(50)), same)
        assert (found.score == 0).all()


class TestTwin:
    def test_endpoint_that_never_ends_after_another_is_the_first(self, parent):
        assert choose_endpoints(parent, ["os", "pfs"]) == ("pfs", "os")
        assert choose_endpoints(parent, ["pfs", "os"]) == ("pfs", "os")
        assert choose_endpoints(parent, ["os"]) == ("os", "os")
        crossed = parent.with_columns(
            pfs_days=pl.col("pfs_days")
            + pl.when(pl.col("treated")).then(9999).otherwise(0)
        )
        assert choose_endpoints(crossed, BOTH, lead="pfs") == ("pfs", "pfs")

    def test_contract_and_columns_are_those_of_the_parent(self, twin, parent):
        (found,) = drawn(twin, 1, effect=1.0)
        Patients.check(found)
        assert set(found.columns) == set(parent.columns)
        assert found.schema == {name: parent.schema[name] for name in found.columns}
        assert found.height == parent.height
        assert not set(found["patient_id"]) & set(parent["patient_id"])
        assert found["patient_id"].is_sorted()

    def test_same_seed_same_twin_and_another_another(self, twin):
        one, same = (
            draw_twin(twin, np.random.default_rng(9), effect=1.0) for _ in "ab"
        )
        assert one.equals(same)
        assert not one.equals(draw_twin(twin, np.random.default_rng(8), effect=1.0))

    def test_courses_are_possible(self, twin, parent):
        for found in drawn(twin, 5, effect=0.7):
            assert (found["pfs_days"] <= found["os_days"]).all()
            assert (found["pfs_days"] > 0).all()
            assert (found["os_event"] <= found["pfs_event"]).all()
            assert (found["treatment_days"].is_not_null() == found["treated"]).all()
            # Nobody is treated after progression: nobody was.
            own = found.filter("treated")
            assert (own["treatment_days"] <= own["pfs_days"]).all()
            for name in ("os_days", "pfs_days"):
                assert (found[name] % 1 == 0).all()
            assert found["os_days"].max() <= parent["os_days"].max()

    def test_covariates_are_those_of_drawn_patients(self, twin, parent, adjusted):
        before = set(parent.select(adjusted).iter_rows())
        means = []
        for found in drawn(twin, 30, effect=1.0):
            assert set(found.select(adjusted).iter_rows()) <= before
            means.append(found["albi"].mean())
        error = parent["albi"].std() / np.sqrt(parent.height * 30)
        assert np.mean(means) == pytest.approx(parent["albi"].mean(), abs=4 * error)

    def test_columns_beside_the_courses_stay_with_the_patient(self, parent, adjusted):
        marked = parent.with_columns(
            first_dose_days=-pl.col("age_years"), extra=pl.col("age_years") * 2
        )
        (found,) = drawn(fit_twin(marked, BOTH, adjusted), 1, effect=1.0)
        assert (found["extra"] == found["age_years"] * 2).all()
        assert (found["first_dose_days"] == -found["age_years"]).all()

    @pytest.mark.parametrize("scenario", ["null", "moderate"])
    def test_parent_is_drawn_again(self, invented, adjusted, scenario):
        parent = invented(scenario, 1500, seed=11)
        found = pl.DataFrame(
            [
                summary(each)
                for each in drawn(fit_twin(parent, BOTH, adjusted), 40, effect=None)
            ]
        )
        for name, value in summary(parent).items():
            # The twin's parameters are estimates: the parent lies among its children.
            near = 3 * found[name].std()
            assert found[name].mean() == pytest.approx(value, abs=near), name
            small = {"wait": 3, "os_median": 40, "pfs_median": 25}.get(name, 0.06)
            assert found[name].mean() == pytest.approx(value, abs=3 * small), name

    def test_without_an_effect_the_naive_ratio_is_still_far_from_one(self, twin):
        ratios = [log_ratio(each, "pfs") for each in drawn(twin, 30, effect=1.0)]
        assert np.mean(ratios) < -0.3

    def test_effect_lowers_the_ratio(self, twin):
        means = [
            np.mean([log_ratio(each, "pfs") for each in drawn(twin, 30, effect=effect)])
            for effect in (1.0, 0.7, 0.4)
        ]
        assert means[0] > means[1] + 0.15 > means[2] + 0.3

    def test_death_hangs_on_progression_as_in_the_cohort(self, twin, parent):
        def share(patients):
            ill = patients.filter(pl.col("pfs_event"))
            return (ill["os_event"] & (ill["os_days"] > ill["pfs_days"])).mean()

        found = [share(each) for each in drawn(twin, 30, effect=None)]
        assert np.mean(found) == pytest.approx(share(parent), abs=3 * np.std(found))

    def test_who_is_treated_after_progression_is_drawn_so(self, parent, adjusted):
        ill = pl.col("pfs_event") & ~pl.col("treated")
        late = ill & (pl.col("os_days") > pl.col("pfs_days") + 30)
        crossed = parent.with_columns(
            treatment_days=pl.when(late)
            .then(pl.col("pfs_days") + 20)
            .otherwise("treatment_days"),
            treated=pl.col("treated") | late,
        )
        twin = fit_twin(crossed, BOTH, adjusted)
        own = pl.col("treatment_days") > pl.col("pfs_days")
        before = crossed.filter(own).height
        assert before > 20
        found = [each.filter(own).height for each in drawn(twin, 20, effect=1.0)]
        assert np.mean(found) == pytest.approx(before, rel=0.25)

    def test_treatment_at_time_zero_has_a_twin_without_waiting(self, parent, adjusted):
        plain = parent.with_columns(treatment_days=pl.lit(None, pl.Float64))
        twin = fit_twin(plain, BOTH, adjusted)
        assert twin.treatment is None
        ratios = [log_ratio(each, "pfs") for each in drawn(twin, 40, effect=1.0)]
        # What is left is confounding by the covariates.
        assert abs(np.mean(ratios)) < 0.3
        (found,) = drawn(twin, 1, effect=1.0)
        assert found["treatment_days"].null_count() == found.height

    def test_treatment_on_day_zero_is_a_day_like_others(self, parent, adjusted):
        some = pl.col("treated") & (pl.col("patient_id").str.ends_with("1"))
        day = pl.when(some).then(0.0).otherwise("treatment_days")
        twin = fit_twin(parent.with_columns(treatment_days=day), BOTH, adjusted)
        found = [
            (each["treatment_days"] == 0).sum() for each in drawn(twin, 20, effect=1)
        ]
        assert np.mean(found) == pytest.approx(parent.filter(some).height, rel=0.25)

    def test_competing_events_are_drawn_as_such(self, parent, adjusted):
        dead = pl.col("pfs_event") & pl.col("patient_id").str.ends_with("2")
        told = parent.with_columns(
            pfs_competing=dead, pfs_event=pl.col("pfs_event") & ~dead
        )
        found = drawn(fit_twin(told, BOTH, adjusted), 20, effect=1.0)
        share = told["pfs_competing"].sum() / told["pfs_event"].sum()
        shares = [f["pfs_competing"].sum() / f["pfs_event"].sum() for f in found]
        assert np.mean(shares) == pytest.approx(share, rel=0.3)
        assert not any((f["pfs_competing"] & f["pfs_event"]).any() for f in found)

    def test_progression_that_is_followed_for_less_long_stays_so(
        self, parent, adjusted
    ):
        free = ~pl.col("pfs_event") & (pl.col("pfs_days") > 40)
        short = pl.when(free).then(pl.col("pfs_days") - 30).otherwise("pfs_days")
        told = parent.with_columns(pfs_days=short)
        gap = pl.col("os_days") - pl.col("pfs_days")
        for found in drawn(fit_twin(told, BOTH, adjusted), 3, effect=1.0):
            assert (found["pfs_days"] <= found["os_days"]).all()
            own = found.filter(~pl.col("pfs_event"), ~pl.col("os_event"))
            assert own.select((gap == 30).mean()).item() > 0.8

    @given(shift=st.integers(1, 400))
    def test_time_that_starts_earlier_only_shifts(self, parent, adjusted, shift):
        """A clock that starts `shift` days earlier reads so much more, no else."""
        days = ["os_days", "pfs_days", "treatment_days"]
        longer = parent.with_columns(pl.col(days) + shift)
        later, now = (
            draw_twin(
                fit_twin(each, BOTH, adjusted), np.random.default_rng(4), effect=0.7
            )
            for each in (longer, parent)
        )
        assert later["treated"].equals(now["treated"])
        assert later["pfs_event"].equals(now["pfs_event"])
        assert np.allclose(later["pfs_days"] - shift, now["pfs_days"])


class TestNoTwin:
    def fails(self, patients, covariates, words):
        with pytest.raises(InputError, match=f"^no twin: .*{words}"):
            fit_twin(patients, BOTH, covariates)

    def test_nobody_treated(self, parent, adjusted):
        rows = parent.filter(~pl.col("treated"))
        self.fails(rows, adjusted, "fewer than 10 patients are treated")

    def test_few_untreated(self, parent, adjusted):
        rows = parent.filter(pl.col("treated"))
        self.fails(rows, adjusted, "fewer than 10 patients are not treated")

    def test_few_events(self, parent, adjusted):
        none = parent.with_columns(
            os_event=pl.lit(value=False), pfs_event=pl.lit(value=False)
        )
        self.fails(none, adjusted, "fewer than 10 patients had an event")

    def test_day_of_treatment_of_some_not_known(self, parent, adjusted):
        some = pl.col("treated") & (pl.col("patient_id").str.ends_with("1"))
        day = pl.when(~some).then("treatment_days")
        self.fails(
            parent.with_columns(treatment_days=day),
            adjusted,
            "the day of treatment is not known of some patients",
        )

    def test_gaps_and_all_faults_at_once(self, parent, adjusted):
        rows = parent.filter(pl.col("treated")).with_columns(
            albi=pl.when(pl.col("age_years") > 50).then("albi")
        )
        self.fails(rows, adjusted, "are not treated; covariates have gaps: albi")

    def test_small_but_enough_is_drawn(self, parent, adjusted):
        few = pl.concat(
            parent.filter(pl.col("treated") == arm).head(15) for arm in (True, False)
        ).with_columns(same=pl.lit(1.0))
        twin = fit_twin(few, BOTH, [*adjusted, "same"])
        assert all(each.height == 30 for each in drawn(twin, 20, effect=0.7))
