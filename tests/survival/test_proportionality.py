"""Tests and smooths of proportional hazards, against R's numbers."""

import numpy as np
import pytest

from twoarm.engine import fit_cox, fit_residuals
from twoarm.survival.proportionality import (
    SCALES,
    assess_robustly,
    assess_terms,
    smooth_residuals,
)
from twoarm.survival.score_rows import score_rows
from twoarm.survival.stack import Stack


def stack_of(oracle, name, **more):
    """Rows of R's contrasts, with the two covariates of its regressions."""
    rows = {k: np.array(v) for k, v in oracle("contrasts")[name].items()}
    late = rows["start"].any()
    both = Stack(
        rows["time"].astype(float),
        rows["event"] == 1,
        rows["x"].astype(float),
        rows["w"] if more.get("weighted") else None,
        rows["pair"] if more.get("paired") else None,
        rows["start"].astype(float) if late else None,
    )
    return both, np.column_stack([rows["x"], rows["age"]]).astype(float)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["veteran", "heart"])
class TestR:
    def test_weighted_test_is_that_of_cox_zph(self, oracle, name, scale):
        both, matrix = stack_of(oracle, name, weighted=True)
        how = {"weight": both.weight, "transform": scale}
        found = assess_terms(both.time, both.event, matrix, both.entry, **how)

        # R's test does not change with a robust variance of the estimates.
        for key in ("weighted", "clustered"):
            expected = oracle("proportionality")[name][key][scale]
            statistics = [each.statistic for each in found]
            assert statistics == pytest.approx(expected["chisq"], rel=1e-6)
            assert [each.degrees for each in found] == expected["df"]

    @pytest.mark.parametrize("key", ["robust", "paired"])
    def test_robust_test_is_that_of_split_rows(self, oracle, name, scale, key):
        kind = {"weighted": True} if key == "robust" else {"paired": True}
        found = assess_robustly(*stack_of(oracle, name, **kind), transform=scale)

        expected = oracle("proportionality")[name][key][scale]
        statistics = [each.statistic for each in found]
        assert statistics == pytest.approx(expected, rel=1e-6)

    def test_smooth_is_that_of_plot_cox_zph(self, oracle, name, scale):
        both, matrix = stack_of(oracle, name)
        how = {"entry": both.entry, "transform": scale}
        fit = fit_residuals(both.time, both.event, matrix, **how)
        at = np.linspace(fit.place.min(), fit.place.max(), 40)
        found = smooth_residuals(fit, both, matrix, at)

        expected = oracle("proportionality")[name]["smooth"][scale]
        for column, term in enumerate(("x", "age")):
            block = expected[term]
            size = np.abs(block["estimate"]).max()
            close = {"rel": 1e-6, "abs": 1e-6 * size}
            assert found.estimate[:, column] == pytest.approx(
                block["estimate"], **close
            )
            assert found.std_error[:, column] == pytest.approx(block["error"], rel=1e-6)


@pytest.mark.parametrize("name", ["veteran", "heart"])
def test_scores_give_the_robust_error_of_the_estimates(oracle, name):
    both, matrix = stack_of(oracle, name, weighted=True, paired=True)
    fit = fit_cox(both.time, both.event, matrix, **both.how())
    steps = np.ones((len(np.unique(both.time[both.event])), 1))
    how = {"weight": both.weight, "entry": both.entry}
    rows, information = score_rows(
        both.time, both.event, matrix, fit.estimate, steps, **how
    )

    assert rows.sum(axis=0) == pytest.approx(0, abs=1e-6)
    moved = rows[:, 0] @ np.linalg.inv(information[0, 0])
    _, pair = np.unique(both.cluster, return_inverse=True)
    summed = np.column_stack([np.bincount(pair, each) for each in moved.T])
    assert (summed**2).sum(axis=0) ** 0.5 == pytest.approx(fit.std_error, rel=1e-8)


@pytest.mark.parametrize("name", ["veteran", "heart"])
def test_weights_alike_leave_the_smooth_as_it_is(oracle, name):
    both, terms = stack_of(oracle, name)
    at = np.array([0.1, 0.3, 0.5])
    lines = []
    for weight in (None, np.full(len(both.time), 2.5)):
        given = both._replace(weight=weight)
        rows = (both.time, both.event, terms)
        fit = fit_residuals(*rows, weight=weight, entry=both.entry)
        lines.append(smooth_residuals(fit, given, terms, at).estimate)

    assert lines[1] == pytest.approx(lines[0], rel=1e-6)


def test_smooth_with_weights_is_that_of_a_trial():
    rng = np.random.default_rng(6)
    size = 4000
    sick = rng.normal(size=size)
    chance = 1 / (1 + np.exp(-sick))
    treated = (rng.random(size) < chance).astype(float)
    trial = (rng.random(size) < 0.5).astype(float)
    lines = []
    for arm, weight in ((treated, 1 / np.where(treated == 1, chance, 1 - chance)),
                        (trial, np.ones(size))):  # fmt: skip
        debt = rng.exponential(np.exp(-0.5 * sick))
        # Half the hazard until 0.5, and then none of the difference.
        time = np.where(arm == 1, np.where(debt < 0.25, 2 * debt, debt + 0.25), debt)
        event = time < 3
        both = Stack(np.minimum(time, 3.0), event, arm, weight, None, None)
        fit = fit_residuals(both.time, event, matrix(both), weight=weight)
        at = fit.place[np.searchsorted(fit.time, [0.2, 0.8, 1.5])]
        lines.append(smooth_residuals(fit, both, matrix(both), at))

    gap = np.abs(lines[0].estimate - lines[1].estimate)
    assert (gap < 3 * np.hypot(lines[0].std_error, lines[1].std_error)).all()
    assert lines[0].estimate[0, 0] < -0.4
    assert abs(lines[0].estimate[2, 0]) < 0.3


def test_robust_error_of_a_smooth_is_near_the_model_s_where_the_model_holds():
    rng = np.random.default_rng(3)
    treated = np.repeat([1.0, 0.0], 400)
    time, event = rng.exponential(1 - 0.3 * treated), rng.random(800) < 0.8
    plain = Stack(time, event, treated, None, None, None)
    fit = fit_residuals(time, event, treated[:, None])
    at = np.linspace(0.05, 0.7, 12)
    ratios = [
        smooth_residuals(fit, each, treated[:, None], at).std_error
        for each in (plain._replace(weight=np.ones(800)), plain)
    ]

    assert ratios[0] / ratios[1] == pytest.approx(1, abs=0.05)


def test_a_hazard_ratio_that_wanes_is_seen():
    rng = np.random.default_rng(4)
    size = 1500
    treated = np.repeat([1.0, 0.0], size)
    # A quarter of the hazard before time 1, and the same hazard from then on.
    debt = rng.exponential(1, 2 * size)
    late = treated.astype(bool) & (debt > 0.25)
    time = np.where(late, debt + 0.75, debt * (1 + 3 * treated))
    both = Stack(time, np.ones(2 * size, bool), treated, None, None, None)
    fit = fit_residuals(time, both.event, treated[:, None], transform="identity")
    at = np.array([0.5, 2.0])
    found = smooth_residuals(fit, both, treated[:, None], at).estimate[:, 0]

    # One step from the one ratio of all times, and a smooth one: not the whole way.
    assert found[0] < -0.9
    assert abs(found[1]) < 0.15
    weighted = both._replace(weight=np.ones(2 * size))
    (alone, _) = assess_robustly(weighted, treated[:, None])
    assert alone.p_value < 1e-6


def test_too_few_times_have_no_smooth_and_no_test():
    time, event = np.array([1.0, 1, 2, 2, 3, 3]), np.ones(6, bool)
    treated = np.array([1.0, 0, 1, 0, 1, 0])
    both = Stack(time, event, treated, None, None, None)
    fit = fit_residuals(time, event, treated[:, None])

    assert smooth_residuals(fit, both, treated[:, None], np.array([0.2])) is None
    one = both._replace(event=treated > 0, weight=np.ones(6))
    assert all(np.isnan(each.statistic) for each in assess_robustly(one, matrix(one)))


def matrix(both):
    return both.treated[:, None]
