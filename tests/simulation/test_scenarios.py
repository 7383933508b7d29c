"""The scenarios, and the words that a study has for them."""

from dataclasses import asdict
from typing import get_args

import numpy as np
import pytest

from twoarm.config.scenarios import DRAWN, ScenarioName
from twoarm.simulation.exports import simulate_exports
from twoarm.simulation.model import simulate_candidates
from twoarm.simulation.scenarios import SCENARIOS

MODERATE = SCENARIOS["moderate"]


def test_a_study_may_name_each():
    assert list(get_args(ScenarioName)) == list(SCENARIOS)


def test_columns_that_a_study_may_name_are_drawn():
    rng = np.random.default_rng(1)
    drawn = simulate_candidates(rng, 5, MODERATE).columns
    assert set(DRAWN) - {"calendar_year"} <= set(drawn)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_exports_have_the_flow_of_the_default_study(scenario):
    truth = simulate_exports(20250101, scenario).truth
    assert (truth.height, truth["treated"].sum()) == (128, 74)


@pytest.mark.parametrize("scenario", sorted(set(SCENARIOS) - {"moderate"}))
def test_each_differs_from_the_moderate_one(scenario):
    assert asdict(SCENARIOS[scenario]) != asdict(MODERATE)


def drawn(scenario):
    rng = np.random.default_rng(8)
    return simulate_candidates(rng, 20_000, SCENARIOS[scenario])


def test_the_hidden_covariate_moves_both_scores():
    plain, hidden = drawn("moderate"), drawn("unmeasured")

    surgery = hidden["surgery_score"] - plain["surgery_score"]
    prognosis = hidden["prognostic_score"] - plain["prognostic_score"]
    np.testing.assert_allclose(prognosis, surgery * (-0.35 / 0.6), atol=1e-9)
    assert surgery.std() == pytest.approx(0.6, rel=0.03)


def test_cured_patients_never_progress():
    cured = drawn("cure")

    alive = cured.filter("operated")["progression_months"].null_count()
    assert alive / cured["operated"].sum() == pytest.approx(0.32, abs=0.03)


def test_late_operations_come_after_the_grace_period():
    waits = drawn("late")["wait_months"].drop_nulls()

    assert (waits > 3).mean() == pytest.approx(0.09, abs=0.03)
    assert (drawn("moderate")["wait_months"].drop_nulls() < 3).all()


def test_the_sick_are_lost_where_loss_informs():
    people = drawn("informative_loss")
    sick = people["prognostic_score"] > people["prognostic_score"].median()

    lost = people["censor_months"]
    assert lost.filter(sick).mean() < lost.filter(~sick).mean() - 1


def test_arms_overlap_less_where_the_choice_is_sharper():
    assert drawn("poor_overlap")["surgery_score"].std() > (
        1.5 * drawn("moderate")["surgery_score"].std()
    )
