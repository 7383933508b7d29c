"""Ranks, strata, clusters, likelihoods, periods, trends and pseudo-values against R."""

import numpy as np
import pytest

from twoarm.engine import fit_cox, fit_curve
from twoarm.survival.curves import Arm
from twoarm.survival.firth import draws_of, fit_profile
from twoarm.survival.proportionality import assess_terms
from twoarm.survival.ranks import compare_ranks
from twoarm.survival.stack import Stack
from twoarm.survival.standardised import pseudo_values
from twoarm.survival.varying import fit_period, fit_trend

EXACT = {"rel": 1e-9, "abs": 1e-12}
FITTED = {"rel": 1e-6, "abs": 1e-8}
LATE = ("heart", "veteran", "few")
EARLY = ("veteran", "few")


@pytest.fixture(params=LATE)
def case(request, oracle):
    return found_in(oracle, request.param)


@pytest.fixture(params=EARLY)
def early(request, oracle):
    return found_in(oracle, request.param)


def found_in(oracle, name):
    told = oracle("contrasts")[name]
    columns = ("start", "time", "event", "x", "age", "w", "stratum", "pair")
    rows = {column: np.array(told[column], float) for column in columns}
    rows["event"] = rows["event"] == 1
    return rows, told, name in EARLY


def stack(rows, *, right, **more):
    entry = None if right else rows["start"]
    both = Stack(rows["time"], rows["event"], rows["x"], None, None, entry)
    return both._replace(**more)


def whole(array):
    return np.asarray(array).astype(int)


# ------------------------------------------------------------------------ against R


def test_weighted_logrank_is_the_robust_score_test(case):
    rows, told, right = case

    found = compare_ranks(stack(rows, right=right, weight=rows["w"]))

    assert found.statistic == pytest.approx(told["weighted_logrank"], **EXACT)


def test_logrank_of_pairs_is_the_robust_score_test(case):
    rows, told, right = case

    found = compare_ranks(stack(rows, right=right, cluster=rows["pair"]))

    assert found.statistic == pytest.approx(told["paired_logrank"], **EXACT)


def test_rank_tests_of_right_censored_arms(early):
    rows, told, right = early
    both, strata = stack(rows, right=right), whole(rows["stratum"])

    plain = compare_ranks(both)
    early_weight = compare_ranks(both, (1.0, 0.0))
    stratified = compare_ranks(both, strata=strata)

    assert plain.statistic == pytest.approx(told["logrank"], **EXACT)
    assert early_weight.statistic == pytest.approx(told["rho_1"], **EXACT)
    assert stratified.statistic == pytest.approx(told["stratified_logrank"], **EXACT)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("stratified", {"strata": "stratum"}),
        ("stratified_weighted", {"strata": "stratum", "weight": "w"}),
        ("clustered", {"cluster": "pair"}),
        ("clustered_weighted", {"cluster": "pair", "weight": "w"}),
        ("offset", {"offset": "age"}),
    ],
)
def test_cox(case, name, more):
    rows, told, right = case
    how = {key: rows[column] for key, column in more.items()}
    for key in ("strata", "cluster"):
        if key in how:
            how[key] = whole(how[key])
    if "offset" in how:
        how["offset"] = how["offset"] / 20
    entry = None if right else rows["start"]

    fit = fit_cox(rows["time"], rows["event"], rows["x"][:, None], entry=entry, **how)

    assert fit.estimate[0] == pytest.approx(told[name][0], **FITTED)
    assert fit.std_error[0] == pytest.approx(told[name][1], **FITTED)


@pytest.mark.parametrize("scale", ["km", "rank", "identity", "log"])
def test_proportionality_of_each_term(case, scale):
    rows, told, right = case
    matrix = np.column_stack([rows["x"], rows["age"]])
    entry = None if right else rows["start"]

    found = assess_terms(rows["time"], rows["event"], matrix, entry, transform=scale)

    expected = told[f"zph_{scale}"]
    assert [each.statistic for each in found] == pytest.approx(
        expected["chisq"], **FITTED
    )
    assert [each.degrees for each in found] == expected["df"]


@pytest.mark.parametrize("firth", [False, True], ids=["profile", "firth"])
def test_likelihood_limits(case, firth):
    rows, told, right = case

    found = fit_profile(
        draws_of(stack(rows, right=right)), confidence=0.95, firth=firth
    )

    expected = told["firth" if firth else "profile"]
    # optimize() finds a maximum to the root of its tolerance alone.
    assert found.estimate == pytest.approx(expected["coef"], abs=1e-6)
    assert found.conf_low == pytest.approx(expected["lower"], abs=1e-8)
    assert found.conf_high == pytest.approx(expected["upper"], abs=1e-8)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-6)


def test_periods(case):
    rows, told, right = case
    both = stack(rows, right=right)

    for name, span in (("period_1", (0.0, 90.0)), ("period_2", (90.0, np.inf))):
        fit, _ = fit_period(both, *span)
        if told[name][1] > 1000:  # R's sign of an arm without an event
            assert fit is None
            continue
        assert fit.estimate[0] == pytest.approx(told[name][0], **FITTED)
        assert fit.std_error[0] == pytest.approx(told[name][1], **FITTED)


def test_trend(case):
    rows, told, right = case

    found = fit_trend(draws_of(stack(rows, right=right)))

    if abs(told["trend"][0]) > 100:  # R's sign of a likelihood that grows for ever
        assert np.isnan(found.estimate).all()
        return
    assert found.estimate == pytest.approx(told["trend"], **FITTED)
    assert found.covariance.ravel() == pytest.approx(told["trend_var"], **FITTED)


def treated_arm(rows):
    own = rows["x"] == 1
    return Arm("Treated", rows["time"][own], rows["event"][own], None, None)


@pytest.mark.parametrize("scale", ["log", "plain"])
def test_limits_on_other_scales(early, scale):
    rows, told, _ = early
    arm = treated_arm(rows)

    curve, _ = fit_curve(arm.time, arm.event, limits=scale)

    for name, line in (("lower", curve.conf_low), ("upper", curve.conf_high)):
        known = ~np.isnan(line)
        expected = np.array(told[scale][name], float)[known]
        assert line[known] == pytest.approx(expected, **EXACT)


def test_pseudo_values(early):
    rows, told, _ = early

    survival, area = pseudo_values(treated_arm(rows), [90.0])

    assert survival[:, 0] == pytest.approx(told["pseudo"], **EXACT)
    assert area[:, 0] == pytest.approx(told["pseudo_area"], **EXACT)
