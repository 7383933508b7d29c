"""The truth of proportional hazards, by closed forms and by cohorts themselves."""

import numpy as np
import pytest

from twoarm.months import DAYS_PER_MONTH
from twoarm.simulation import proportional
from twoarm.simulation.proportional import (
    PROPORTIONAL,
    draw_population,
    simulate_proportional,
)
from twoarm.survival.two_arms import fit_two_arms
from twoarm.tables.validation import Performance, Truths
from twoarm.validation.performance import assess_performance
from twoarm.validation.proportional_answers import Whom, answer_of
from twoarm.validation.proportional_truth import estimate_proportional_truths
from twoarm.validation.scenarios import replicate_scenarios

ENDS = {"horizons_months": [12.0, 24.0], "rmst_months": 24.0}
LABELS = {"treated": "Surgery", "control": "No surgery"}
ASKED = {"labels": LABELS, "analysis": {"periods_months": [12]}}


def answers(log_hazard, effect, weight=None, stratum=None):
    size = len(log_hazard)
    whom = Whom(
        np.asarray(log_hazard, float),
        np.ones(size) if weight is None else weight,
        np.zeros(size, int) if stratum is None else stratum,
    )
    return answer_of(whom, effect, ASKED, *ENDS.values())


def test_patients_who_are_alike_have_the_closed_form(monkeypatch):
    """Exponential times: S = exp(-rate t), and the mean is (1 - S) / rate."""
    monkeypatch.setattr(proportional, "SHAPE", 1.0)
    rate = proportional.SCALE * np.e
    found = answers([1.0, 1.0], 0.5)

    for term in ("treated", "treated_adjusted", "treated_stratified"):
        assert found["hazard_ratio", term, None] == pytest.approx(np.log(0.5), abs=1e-5)
    # Of an event on a day the whole day counts: half a day more, or less, is known.
    one, other = (np.exp(-rate * share * 24) for share in (0.5, 1.0))
    assert found["survival", "Surgery", 24.0] == pytest.approx(one, abs=2e-4)
    assert found["survival_difference", "treated", 24.0] == pytest.approx(
        one - other, abs=2e-4
    )
    mean = (1 - other) / rate + 0.5 / DAYS_PER_MONTH * (1 - other)
    assert found["rmst", "No surgery", 24.0] == pytest.approx(mean, abs=1e-3)
    half = np.log(2) / rate
    assert found["median", "No surgery", None] == pytest.approx(half, abs=0.05)


def test_strata_that_hold_all_give_the_ratio_of_the_model():
    """Two kinds of patients: without strata the ratio is nearer to 1, by strata not."""
    found = answers([-1.5, 1.5], 0.5, stratum=np.array([0, 1]))

    assert found["hazard_ratio", "treated_stratified", None] == pytest.approx(
        np.log(0.5), abs=1e-5
    )
    marginal = found["hazard_ratio", "treated", None]
    assert np.log(0.5) + 0.1 < marginal < -0.1
    early, late = (
        found["hazard_ratio", f"treated: {when}", None]
        for when in ("0-12 months", "after 12 months")
    )
    assert early < marginal < late


def test_marginal_ratio_is_that_of_a_randomised_cohort_without_end():
    """A Cox regression of 100,000 patients, whose own error is 0.009."""
    cohort = simulate_proportional(
        np.random.default_rng(1), 100_000, PROPORTIONAL["ph_half"]
    )
    whom = draw_population(np.random.default_rng(2), 20_000, PROPORTIONAL["ph_half"])
    columns = (cohort[name].to_numpy() for name in ("os_days", "os_event", "treated"))

    fit = fit_two_arms(*columns)

    truth = answers(whom.log_hazard, 0.5)["hazard_ratio", "treated", None]
    assert fit.estimate == pytest.approx(truth, abs=3 * fit.std_error)
    # What the covariates take away is more than that error.
    assert truth - np.log(0.5) > 6 * fit.std_error


@pytest.fixture(scope="module")
def planned(calibration):
    designs = ("unadjusted", "matched", "overlap")
    plan = calibration["plan"]
    clocks = {name: plan["clocks"][name] for name in designs}
    return {**plan, "clocks": clocks, "bootstrap": {"designs": []}}


@pytest.fixture(scope="module")
def truths(calibration, planned):
    how = {"covariates": calibration["drawn"]["covariates"], "seed": 1, **ENDS}
    found = estimate_proportional_truths(
        "ph_half_confounded", planned, size=20_000, **how
    )
    return Truths.of(found)


def test_each_design_answers_for_its_own(truths):
    """Who is treated has the better outlook."""
    rows = truths.filter(term="No surgery", measure="rmst")
    found = dict(rows.select("design", "truth").rows())

    assert found["matched"] > found["unadjusted"] + 0.1
    assert found["matched"] > found["overlap"] > found["unadjusted"] - 0.2


def test_nothing_is_to_be_found_where_nothing_is():
    whom = draw_population(np.random.default_rng(3), 500, PROPORTIONAL["ph_null"])
    found = answers(whom.log_hazard, 1.0, stratum=np.arange(500) % 2)

    arms = {"survival", "rmst", "median"}
    contrasts = {key: each for key, each in found.items() if key[0] not in arms}
    assert max(map(abs, contrasts.values())) < 1e-9
    assert {"treated: then", "treated_stratified"} <= {term for _, term, _ in contrasts}


def test_limits_hold_the_truth_and_confounding_is_seen(calibration, planned, truths):
    """Forty cohorts: 95 % has a Monte Carlo error of 3.4."""
    drawn = calibration["drawn"]
    rows = replicate_scenarios(
        {**planned, "variants": False}, scenario="ph_half_confounded", size=300,
        numbers=range(1, 41), seed=4, covariates=drawn["covariates"],
    )  # fmt: skip

    found = Performance.check(assess_performance(rows, truths)).filter(
        measure="hazard_ratio"
    )
    by_key = {(row["design"], row["term"]): row for row in found.to_dicts()}
    for key in [("unadjusted", "treated_adjusted"), ("overlap", "treated")]:
        row = by_key[key]
        assert abs(row["bias"]) < 3.5 * row["bias_mcse"] + 0.02
        assert row["coverage"] >= 0.84
        ratio = row["model_error"] / row["empirical_error"]
        assert 0.7 < ratio < 1.5
    crude = by_key["unadjusted", "treated"]
    assert crude["bias"] < -6 * crude["bias_mcse"]
