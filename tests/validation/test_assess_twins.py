"""Performance by hand, the truth of twins, and the biases that are known."""

import numpy as np
import polars as pl
import pytest

from twoarm.config.replay import replay_of, twins_of
from twoarm.tables.cohort import Patients
from twoarm.tables.validation import Performance, Replicates, Truths
from twoarm.validation.performance import assess_performance
from twoarm.validation.twin import fit_twin
from twoarm.validation.twin_study import replicate_twins
from twoarm.validation.twin_truth import estimate_twin_truths

PLACE = {
    "scenario": "1",
    "n_patients": 50,
    "endpoint": "os",
    "design": "unadjusted",
    "measure": "hazard_ratio",
    "term": "treated",
}
CLOCK = {"landmark_days": None, "censor_crossovers": False, "grace_days": None}


def replicates(*rows):
    return Replicates.of(
        [{**PLACE, "replicate": k, **row} for k, row in enumerate(rows, start=1)]
    )


def truths(truth, error=0.0, **place):
    named = {key: PLACE[key] for key in PLACE if key != "n_patients"}
    return Truths.of([{**named, "truth": truth, "std_error": error, **place}])


class TestPerformance:
    @pytest.fixture
    def row(self):
        found = replicates(
            {"estimate": 0.5, "std_error": 0.3, "conf_low": 0.3, "conf_high": 0.9},
            {"estimate": 1.0, "std_error": 0.4, "conf_low": 0.5, "conf_high": 2.0},
            {"estimate": 2.0, "std_error": 0.5, "conf_low": 0.8, "conf_high": 5.0},
            {"reason": "an arm has nobody"},
        )
        return assess_performance(found, truths(np.log(0.8))).row(0, named=True)

    def test_counts(self, row):
        assert (row["n_replicates"], row["n_failed"]) == (3, 1)
        assert row["reason"] == "an arm has nobody"

    def test_bias_is_on_the_log_scale(self, row):
        assert row["mean"] == pytest.approx(0.0)
        assert row["bias"] == pytest.approx(-np.log(0.8))
        assert row["empirical_error"] == pytest.approx(np.log(2))
        assert row["bias_mcse"] == pytest.approx(np.log(2) / np.sqrt(3))
        assert row["empirical_error_mcse"] == pytest.approx(np.log(2) / 2)

    def test_model_error(self, row):
        squares = np.array([0.09, 0.16, 0.25])
        assert row["model_error"] == pytest.approx(np.sqrt(squares.mean()))
        error = np.sqrt(squares.var(ddof=1) / (4 * 3 * squares.mean()))
        assert row["model_error_mcse"] == pytest.approx(error)

    def test_coverage_and_rejection(self, row):
        assert row["coverage"] == pytest.approx(1.0)  # of 0.8, the limit itself
        assert row["rejection"] == pytest.approx(1 / 3)
        assert row["rejection_mcse"] == pytest.approx(np.sqrt(2 / 27))

    def test_error_of_the_truth_counts_in_the_bias(self):
        found = replicates({"estimate": 1.0}, {"estimate": np.e})
        row = assess_performance(found, truths(0.5, 0.3)).row(0, named=True)
        assert row["bias"] == pytest.approx(0)
        assert row["bias_mcse"] == pytest.approx(np.hypot(0.5, 0.3))

    def test_truth_of_a_design_comes_before_that_of_all(self):
        found = replicates({"estimate": 1.0}, {"estimate": 1.0})
        both = pl.concat([truths(0.2, design=None), truths(0.1)])
        assert assess_performance(found, both)["bias"].to_list() == [-0.1]
        other = pl.concat([truths(0.2, design=None), truths(0.1, design="iptw")])
        assert assess_performance(found, other)["bias"].to_list() == [-0.2]

    def test_without_a_truth_there_is_no_bias(self):
        found = replicates({"estimate": 1.0, "conf_low": 0.5, "conf_high": 2.0})
        row = assess_performance(found, Truths.of([])).row(0, named=True)
        assert (row["bias"], row["truth"], row["coverage"]) == (None, None, None)
        assert row["rejection"] == 0

    def test_only_failures(self):
        found = replicates({"reason": "b"}, {"reason": "b"}, {"reason": "a"})
        row = assess_performance(found, truths(0.0)).row(0, named=True)
        assert (row["n_replicates"], row["n_failed"], row["mean"]) == (0, 3, None)
        assert row["reason"] == "b"


class TestTruth:
    ASKED = (("hazard_ratio", None), ("rmst_difference", 24.0))

    @pytest.fixture(scope="class")
    @classmethod
    def twin(cls, invented, adjusted):
        return fit_twin(invented("moderate", 600, seed=3), ["os", "pfs"], adjusted)

    def truth(self, twin, effect, grace=None, **clock):
        how = {"effect": effect, "seed": [1], "grace_days": grace}
        rows = estimate_twin_truths(twin, {"d": {**CLOCK, **clock}}, self.ASKED, **how)
        return {
            (r["endpoint"], r["measure"]): r for r in rows if r["term"] == "treated"
        }

    @pytest.mark.parametrize(
        "clock",
        [
            {"clock": "ever"},
            {"clock": "cloning", "grace_days": 92},
            {"clock": "landmark", "landmark_days": 90},
            {"clock": "time_dependent"},
            {"clock": "risk_set"},
        ],
        ids=lambda clock: clock["clock"],
    )
    def test_without_an_effect_it_is_exactly_none(self, twin, clock):
        found = self.truth(twin, 1.0, **clock)
        assert {row["truth"] for row in found.values()} == {0.0}
        assert {row["std_error"] for row in found.values()} == {0.0}
        # Drawn all the same, it is none within its error.
        drawn = self.truth(twin, 1.0 - 1e-9, **clock)
        for row in drawn.values():
            assert abs(row["truth"]) <= 4 * row["std_error"] + 1e-6

    def test_treated_at_once_the_first_endpoint_has_nearly_the_effect(self, twin):
        """All but the wait is treated; the marginal ratio is nearer to 1."""
        found = self.truth(twin, 0.5, 1, clock="ever")
        ratio = np.exp(found["pfs", "hazard_ratio"]["truth"])
        assert 0.5 < ratio < 0.62
        later = self.truth(twin, 0.5, 92, clock="ever")
        assert ratio < np.exp(later["pfs", "hazard_ratio"]["truth"])

    def test_time_dependent_truth_is_about_the_effect(self, twin):
        found = self.truth(twin, 0.5, clock="time_dependent")
        row = found["pfs", "hazard_ratio"]
        assert np.exp(row["truth"]) == pytest.approx(0.53, abs=0.05)
        assert ("pfs", "rmst_difference") not in found

    def test_adjusted_truth_is_the_effect_where_there_is_one(self, twin):
        clocks = {"changing": {**CLOCK, "clock": "time_dependent"}}
        rows = estimate_twin_truths(twin, clocks, self.ASKED, effect=0.5, seed=[1])
        own = [row for row in rows if row["term"] == "treated_adjusted"]
        assert [row["endpoint"] for row in own] == ["pfs"]
        assert own[0]["truth"] == np.log(0.5)

    def test_months_gained_grow_with_the_effect(self, twin):
        gains = [
            self.truth(twin, effect, clock="ever")["os", "rmst_difference"]["truth"]
            for effect in (0.9, 0.7, 0.5)
        ]
        assert 0 < gains[0] < gains[1] < gains[2]

    def test_agrees_with_the_model_that_made_the_cohort(self, invented, adjusted):
        """The twin's effect as estimated against the simulation's own truth: 0.79."""
        parent = invented("moderate", 4000, seed=8)
        twin = fit_twin(parent, ["os", "pfs"], adjusted)
        found = self.truth(twin, None, clock="cloning", grace_days=92)
        ratio = np.exp(found["pfs", "hazard_ratio"]["truth"])
        assert ratio == pytest.approx(0.791, abs=0.06)


@pytest.fixture
def assessed(script, tmp_path, replicated):
    """Performance on twins of an invented cohort, by the rule's script."""
    folder, made = replicated
    script("validation/assess_twins").main(
        folder / "patients.parquet",
        [folder / "1", folder / "0.7"],
        tmp_path / "performance.parquet",
        tmp_path / "truths.parquet",
        drawn=twins_of(made)["drawn"],
        plan=replay_of(made),
        grace_days=92,
    )
    Truths.read(tmp_path / "truths.parquet")
    found = Performance.read(tmp_path / "performance.parquet")
    return found.filter(measure="hazard_ratio")


@pytest.fixture(scope="module")
def replicated(tmp_path_factory, invented, study):
    """Folder with an invented cohort and its replicates, and the study."""
    folder = tmp_path_factory.mktemp("twins")
    designs = {
        "changing": {"method": "time_dependent"},
        "day_90": {"method": "weighting", "estimand": "ATO", "landmark_days": 90},
        "cloned": {"method": "cloning", "grace_days": 92, "penalty": 1},
    }
    made = study(designs, headline={"endpoint": "os", "design": "cloned"})
    twins, plan = twins_of(made), replay_of(made)
    parent = invented("null", 400, seed=2)
    Patients.write(parent, folder / "patients.parquet")
    for effect in ("1", "0.7"):
        how = {"effect": effect, "numbers": range(1, 41), **twins["drawn"]}
        Replicates.write(replicate_twins(parent, plan, **how), folder / effect)
    return folder, made


class TestKnownBiases:
    def row(self, assessed, design, endpoint, term="treated", scenario="1"):
        where = {"design": design, "endpoint": endpoint, "term": term}
        return assessed.filter(scenario=scenario, **where).row(0, named=True)

    @pytest.mark.parametrize("endpoint", ["os", "pfs"])
    def test_plain_contrast_finds_what_is_not_there(self, assessed, endpoint):
        row = self.row(assessed, "unadjusted", endpoint)
        assert row["bias"] < -0.35
        assert row["rejection"] > 0.5

    @pytest.mark.parametrize("endpoint", ["os", "pfs"])
    @pytest.mark.parametrize("design", ["day_90", "cloned"])
    def test_landmark_and_clones_are_near_the_truth(self, assessed, design, endpoint):
        for scenario in ("1", "0.7"):
            row = self.row(assessed, design, endpoint, scenario=scenario)
            assert abs(row["bias"]) < 0.08 + 3 * row["bias_mcse"]
            assert row["coverage"] > 0.8

    def test_time_dependent_treatment_is_right_for_progression_only(self, assessed):
        own = ("changing", "pfs", "treated_adjusted")
        for scenario in ("1", "0.7"):
            row = self.row(assessed, *own, scenario=scenario)
            assert abs(row["bias"]) < 3.5 * row["bias_mcse"]
        death = self.row(assessed, "changing", "os", "treated_adjusted")
        assert death["bias"] < -4 * death["bias_mcse"]
        assert death["bias"] < -0.2
