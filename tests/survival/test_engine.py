import numpy as np
import pytest
import survival
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sksurv.compare import compare_survival
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.nonparametric import kaplan_meier_estimator
from sksurv.util import Surv

from twoarm.engine import (
    fit_cox,
    fit_curve,
)
from twoarm.logrank import compare_logrank
from twoarm.survival.proportionality import assess_proportionality
from twoarm.terms import expand_terms

ARMS = ("treated", "control")
CURVE, FIT = 1e-11, 1e-10  # relative; the project promises 1e-9 and 1e-6


def numbers(values):
    """R's numbers, its null as NaN."""
    return np.array([np.nan if each is None else each for each in values], float)


def close(found, expected, rtol):
    np.testing.assert_allclose(found, numbers(expected), rtol=rtol, atol=1e-15)


def quantile(block):
    return [block[each] for each in ("time", "lower", "upper")]


# ---------------------------------------------------------------- R, Kaplan-Meier


@pytest.mark.parametrize("arm", ARMS)
def test_curve_is_rs(study, arm):
    curve, _ = fit_curve(*study.arm(arm))
    expected = study.expected["arms"][arm]
    at = np.searchsorted(curve.time, expected["km"]["time"])

    assert len(curve.time) == expected["n_times"]
    assert curve.time[-1] == expected["max_time"]
    close(curve.time[at], expected["km"]["time"], 0)
    close(curve.estimate[at], expected["km"]["surv"], CURVE)
    alive = curve.estimate[at] > 0
    errors = numbers(expected["km"]["std_err"])[alive]
    close(curve.std_error[at][alive], errors, CURVE)
    assert np.isnan(curve.std_error[at][~alive]).all()
    close(curve.conf_low[at], expected["km"]["lower"], CURVE)
    close(curve.conf_high[at], expected["km"]["upper"], CURVE)


@pytest.mark.parametrize("arm", ARMS)
def test_median_is_rs(study, arm):
    _, median = fit_curve(*study.arm(arm))

    close(median, quantile(study.expected["arms"][arm]["median"]), 1e-15)


@pytest.mark.parametrize("arm", ARMS)
def test_median_follow_up_is_rs(plain, arm):
    time, event, _ = plain.arm(arm)

    _, median = fit_curve(time, ~event)

    close(median, quantile(plain.expected["arms"][arm]["followup"]), 1e-15)


def test_median_follow_up_of_all_is_rs(plain):
    _, median = fit_curve(plain.time, ~plain.event)

    close(median, quantile(plain.expected["followup_all"]), 1e-15)


@pytest.mark.parametrize(
    "case", ["half", "half_at_end", "half_rounded", "half_weighted"]
)
def test_curves_at_one_half_are_rs(oracle, case):
    expected = oracle("toy")[case]
    rows = {name: np.ravel(each) for name, each in expected["rows"].items()}
    time = rows["time"].astype(float)
    event = np.broadcast_to(rows["event"] == 1, time.shape)

    curve, median = fit_curve(time, event, rows.get("weight"))

    close(curve.estimate, expected["km"]["surv"], 1e-14)
    close(curve.conf_low, expected["km"]["lower"], 1e-13)
    close(curve.conf_high, expected["km"]["upper"], 1e-13)
    close(median, quantile(expected["quartiles"]["50"]), 1e-15)


# ----------------------------------------------------------------------- R, tests


def test_logrank_is_rs(plain):
    found = compare_logrank(plain.time, plain.event, plain.treated)

    close(found.statistic, [plain.expected["logrank"]["chisq"]], 1e-12)
    close(found.p_value, [plain.expected["logrank"]["p"]], 1e-11)
    assert found.degrees == 1


def test_proportionality_is_rs(plain):
    treated = plain.treated[:, None].astype(float)

    found = assess_proportionality(plain.time, plain.event, treated)

    close(found.statistic, [plain.expected["zph_treated"]["GLOBAL"]["chisq"]], FIT)
    close(found.p_value, [plain.expected["zph_treated"]["GLOBAL"]["p"]], FIT)


# ------------------------------------------------------------------------- R, Cox


def test_cox_of_the_treatment_is_rs(study):
    treated = study.treated[:, None].astype(float)

    fit = fit_cox(study.time, study.event, treated, weight=study.weight)

    expected = study.expected["cox_treated"]["terms"]["treated"]
    close(fit.estimate, [expected["coef"]], FIT)
    close(fit.std_error, [expected["se"]], FIT)
    assert fit.robust == (study.weight is not None)


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("rotterdam", "os"),
        ("rotterdam", "rfs"),
        ("hepatocellular", "os"),
        ("hepatocellular", "rfs"),
        ("sysucc", "os"),
    ],
)
def test_cox_with_covariates_is_rs(study_of, cohort, oracle, name, endpoint):
    plain = study_of(name, endpoint, None)
    matrix, _ = expand_terms(cohort(name), oracle(name)["covariates"])
    matrix = np.column_stack([plain.treated, matrix])

    fit = fit_cox(plain.time, plain.event, matrix)

    terms = plain.expected["cox_adjusted"]["terms"].values()
    close(fit.estimate, [term["coef"] for term in terms], FIT)
    close(fit.std_error, [term["se"] for term in terms], FIT)
    found = assess_proportionality(plain.time, plain.event, matrix)
    close(found.statistic, [plain.expected["zph_adjusted"]["GLOBAL"]["chisq"]], FIT)


def test_cox_with_a_covariate_by_hand_is_rs(study_of, oracle):
    toy = study_of("toy", "os", None)
    matrix = np.column_stack([toy.treated, oracle("toy")["rows"]["x"]])

    fit = fit_cox(toy.time, toy.event, matrix)

    terms = toy.expected["cox_adjusted"]["terms"].values()
    close(fit.estimate, [term["coef"] for term in terms], FIT)
    close(fit.std_error, [term["se"] for term in terms], FIT)


@pytest.mark.parametrize(
    ("estimand", "key"), [(None, "cox_treated"), ("own", "cox_treated_weighted")]
)
def test_clustered_cox_is_rs(study_of, oracle, estimand, key):
    toy = study_of("toy", "os", estimand)
    cluster = np.array(oracle("toy")["rows"]["stratum"])
    treated = toy.treated[:, None].astype(float)

    fit = fit_cox(toy.time, toy.event, treated, weight=toy.weight, cluster=cluster)

    expected = oracle("toy")["clustered"][key]["terms"]["treated"]
    close(fit.estimate, [expected["coef"]], FIT)
    close(fit.std_error, [expected["se"]], FIT)
    assert fit.robust


# ---------------------------------------------------------- scikit-survival agrees


@pytest.mark.parametrize("arm", ARMS)
def test_curve_is_scikit_survivals(plain, arm):
    time, event, _ = plain.arm(arm)

    curve, _ = fit_curve(time, event)
    times, estimate, limits = kaplan_meier_estimator(event, time, conf_type="log-log")

    np.testing.assert_allclose(curve.time, times, rtol=1e-15)
    np.testing.assert_allclose(curve.estimate, estimate, rtol=CURVE)
    inside = (estimate > 0) & (estimate < 1)
    np.testing.assert_allclose(curve.conf_low[inside], limits[0][inside], rtol=1e-9)
    np.testing.assert_allclose(curve.conf_high[inside], limits[1][inside], rtol=1e-9)


def test_logrank_is_scikit_survivals(plain):
    found = compare_logrank(plain.time, plain.event, plain.treated)

    response = Surv.from_arrays(plain.event, plain.time)
    chi_squared, p_value = compare_survival(response, plain.treated)

    assert found.statistic == pytest.approx(chi_squared, rel=1e-10)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize("name", ["rotterdam", "hepatocellular"])
def test_cox_is_scikit_survivals(study_of, cohort, oracle, name):
    plain = study_of(name, "os", None)
    matrix, _ = expand_terms(cohort(name), oracle(name)["covariates"])
    matrix = np.column_stack([plain.treated, matrix])

    fit = fit_cox(plain.time, plain.event, matrix)

    other = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12)
    other.fit(matrix, Surv.from_arrays(plain.event, plain.time))
    np.testing.assert_allclose(fit.estimate, other.coef_, rtol=1e-8)


# ------------------------------------------------------ the same from definitions


def survival_by_definition(time, event, weight):
    """The product over event times of one minus deaths over those at risk."""
    survival_at, at = 1.0, []
    for t in np.unique(time):
        deaths = weight[event & (time == t)].sum()
        survival_at *= 1 - deaths / weight[time >= t].sum()
        at.append(max(survival_at, 0.0))
    return np.array(at)


def logrank_by_definition(time, event, treated):
    gap = variance = 0.0
    for t in np.unique(time[event]):
        at_risk, dead = time >= t, event & (time == t)
        n, d = at_risk.sum(), dead.sum()
        share = (at_risk & treated).sum() / n
        gap += (dead & treated).sum() - d * share
        variance += d * share * (1 - share) * (n - d) / max(n - 1, 1)
    return gap**2 / variance if variance > 0 else np.nan


def efron_likelihood(beta, time, event, treated, weight):
    """The logarithm of Efron's partial likelihood, one death after the other."""
    risk = weight * np.exp(beta * treated)
    total = 0.0
    for t in np.unique(time[event]):
        dead = event & (time == t)
        d, mean = dead.sum(), weight[dead].mean()
        total += beta * (weight * treated)[dead].sum()
        for k in range(d):
            left = risk[time >= t].sum() - k / d * risk[dead].sum()
            total -= mean * np.log(left)
    return total


def derivative(function, weight, step=1e-5):
    """Derivative of an estimate by each patient's weight."""
    columns = []
    for place in range(len(weight)):
        up, down = weight.copy(), weight.copy()
        up[place] += step
        down[place] -= step
        columns.append((function(up) - function(down)) / (2 * step))
    return np.array(columns)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_weighted_curve_is_the_product_of_its_steps(invent, seed, ties):
    time, event, _, weight = invent(seed, ties=ties)

    curve, _ = fit_curve(time, event, weight)

    by_hand = survival_by_definition(time, event, weight)
    np.testing.assert_allclose(curve.estimate, by_hand, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("ties", [False, True])
def test_weighted_error_is_the_infinitesimal_jackknife(invent, ties):
    time, event, _, weight = invent(1, ties=ties)

    curve, _ = fit_curve(time, event, weight)

    slopes = derivative(lambda w: survival_by_definition(time, event, w), weight)
    errors = np.sqrt(((weight[:, None] * slopes) ** 2).sum(axis=0))
    alive = curve.estimate > 1e-12
    np.testing.assert_allclose(curve.std_error[alive], errors[alive], rtol=1e-6)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_logrank_is_observed_less_expected(invent, seed, ties):
    time, event, treated, _ = invent(seed, ties=ties)

    found = compare_logrank(time, event, treated).statistic

    by_hand = logrank_by_definition(time, event, treated)
    assert found == pytest.approx(by_hand, rel=1e-11)


@pytest.mark.parametrize("ties", [False, True])
def test_logrank_is_the_packages(invent, ties):
    time, event, treated, _ = invent(3, ties=ties)

    found = compare_logrank(time, event, treated)

    response = survival.Surv(time, event * 1.0)
    peer = survival.survdiff(response, group=treated.astype(int))
    close([found.statistic, found.p_value], [peer.chisq, peer.pvalue], 1e-11)


@pytest.mark.parametrize("limits", ["log-log", "log", "plain"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_curve_of_gathered_rows_is_the_packages_of_all(invent, ties, weighted, limits):
    time, event, _, weight = invent(4, ties=ties)
    time = time + 1e-10 * (np.arange(len(time)) % 3)  # one time, but for rounding
    how = {"weights": weight, "robust": True} if weighted else {}

    found, _ = fit_curve(time, event, weight if weighted else None, limits=limits)

    response = survival.Surv(time, event * 1.0)
    ids = {"id": np.arange(len(time))} if weighted else {}
    peer = survival.survfit(response, conf_type=limits, **how, **ids)
    alive, inside = found.estimate > 0, ~np.isnan(found.conf_low)
    close(found.time, peer.time, 0)
    close(found.estimate, peer.surv, 1e-12)
    error = np.array(peer.std_err)[alive]
    error = error * found.estimate[alive] if peer.logse else error
    close(found.std_error[alive], error, 1e-11)
    close(found.conf_low[inside], np.array(peer.lower)[inside], 1e-11)
    close(found.conf_high[inside], np.array(peer.upper)[inside], 1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_score_test_of_cox_is_the_logrank_without_ties(invent, seed):
    time, event, treated, _ = invent(seed, ties=False)

    found = compare_logrank(time, event, treated).statistic

    columns = {"time": time, "event": event * 1.0, "treated": treated * 1.0}
    fit = survival.coxph("Surv(time, event) ~ treated", data=columns)
    assert found == pytest.approx(fit.score, rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_cox_is_the_maximum_of_the_likelihood(invent, seed, ties, weighted):
    time, event, treated, weight = invent(seed, ties=ties)
    weight = weight if weighted else np.ones_like(weight)
    data = time, event, treated.astype(float)

    fit = fit_cox(*data[:2], data[2][:, None], weight=weight if weighted else None)

    def cost(beta):
        return -efron_likelihood(beta, *data, weight)

    found = minimize_scalar(cost, bracket=(-1, 1), tol=1e-10)
    assert fit.estimate[0] == pytest.approx(found.x, abs=1e-6)
    if not weighted:
        step, best = 1e-3, fit.estimate[0]
        bend = (cost(best + step) - 2 * cost(best) + cost(best - step)) / step**2
        assert fit.std_error[0] == pytest.approx(bend**-0.5, rel=1e-5)


@pytest.mark.parametrize("clustered", [False, True])
def test_robust_error_is_the_infinitesimal_jackknife(invent, clustered):
    time, event, treated, weight = invent(2, ties=False)
    cluster = np.arange(40) // 2 if clustered else np.arange(40)
    matrix = treated[:, None].astype(float)

    fit = fit_cox(time, event, matrix, weight=weight, cluster=cluster)

    def estimate(w):
        return fit_cox(time, event, matrix, weight=w).estimate[0]

    influence = weight * derivative(estimate, weight, 1e-4)
    error = np.sqrt((np.bincount(cluster, influence) ** 2).sum())
    assert fit.std_error[0] == pytest.approx(error, rel=1e-6)


# ---------------------------------------------------------------------------- laws

seeds = st.integers(0, 10_000)


@given(seeds, st.booleans())
def test_curve_falls_from_one(invent, seed, ties):
    time, event, _, weight = invent(seed, 12, ties=ties)

    for given_weight in (None, weight):
        curve, _ = fit_curve(time, event, given_weight)
        assert (np.diff(np.r_[1.0, curve.estimate]) <= 0).all()
        assert curve.estimate[-1] >= 0
        known = ~np.isnan(curve.conf_low)
        assert (curve.conf_low[known] <= curve.estimate[known]).all()
        assert (curve.conf_high[known] >= curve.estimate[known]).all()


@given(seeds, st.booleans())
def test_weights_of_one_are_no_weights(invent, seed, ties):
    time, event, treated, _ = invent(seed, ties=ties)
    ones, matrix = np.ones(len(time)), treated[:, None].astype(float)

    plain, weighted = fit_curve(time, event), fit_curve(time, event, ones)

    # Greenwood's error is the infinitesimal jackknife's where weights are one.
    for found, expected in zip(weighted[0], plain[0], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    np.testing.assert_array_equal(weighted[1], plain[1])
    fits = fit_cox(time, event, matrix), fit_cox(time, event, matrix, weight=ones)
    np.testing.assert_allclose(fits[1].estimate, fits[0].estimate, rtol=1e-9)


@given(seeds, st.booleans(), st.lists(st.integers(1, 4), min_size=40, max_size=40))
def test_whole_weights_are_copies(invent, seed, ties, copies):
    time, event, *_ = invent(seed, ties=ties)
    copied = [np.repeat(each, copies) for each in (time, event)]

    weighted = fit_curve(time, event, np.array(copies, float))

    plain = fit_curve(*copied)
    np.testing.assert_allclose(
        weighted[0].estimate, plain[0].estimate, rtol=1e-12, atol=1e-15
    )
    assert weighted[1].estimate == pytest.approx(plain[1].estimate, nan_ok=True)


@given(seeds, st.booleans(), st.sampled_from([0.01, 7.0, 1000.0]))
def test_size_of_the_weights_does_not_matter(invent, seed, ties, size):
    time, event, treated, weight = invent(seed, ties=ties)
    matrix = treated[:, None].astype(float)

    curves = [fit_curve(time, event, w)[0] for w in (weight, size * weight)]
    fits = [fit_cox(time, event, matrix, weight=w) for w in (weight, size * weight)]

    for one, other in zip(*curves, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(fits[0].estimate, fits[1].estimate, rtol=1e-8)
    np.testing.assert_allclose(fits[0].std_error, fits[1].std_error, rtol=1e-8)


def all_of(time, event, treated, weight, cluster):
    """Every figure of the engine that a change should leave alone."""
    matrix = treated[:, None].astype(float)
    curves = fit_curve(time, event)[0], fit_curve(time, event, weight)[0]
    fits = (
        fit_cox(time, event, matrix),
        fit_cox(time, event, matrix, cluster=cluster),
        fit_cox(time, event, matrix, weight=weight),
        fit_cox(time, event, matrix, weight=weight, cluster=cluster),
    )
    tests = (
        compare_logrank(time, event, treated),
        assess_proportionality(time, event, matrix),
    )
    figures = [each for curve in curves for each in curve[1:]]
    figures += [each for fit in fits for each in fit[:2]]
    return np.concatenate([*figures, *tests])


@given(seeds, st.booleans(), st.sampled_from([1 / 30.4375, 0.1, 365.25]))
def test_unit_of_time_does_not_matter(invent, seed, ties, scale):
    time, event, treated, weight = invent(seed, ties=ties)
    cluster = np.arange(40) // 3

    before = all_of(time, event, treated, weight, cluster)
    after = all_of(time * scale, event, treated, weight, cluster)

    np.testing.assert_allclose(after, before, rtol=1e-8, atol=1e-12)
    medians = [fit_curve(t, event)[1] for t in (time, time * scale)]
    np.testing.assert_allclose(medians[1], np.array(medians[0]) * scale, rtol=1e-12)


@given(seeds, st.booleans(), st.permutations(range(40)))
def test_row_order_does_not_matter(invent, seed, ties, order):
    time, event, treated, weight = invent(seed, ties=ties)
    columns = time, event, treated, weight, np.arange(40) // 3

    before = all_of(*columns)
    after = all_of(*(column[order] for column in columns))

    np.testing.assert_allclose(after, before, rtol=1e-8, atol=1e-12)


@given(seeds, st.booleans())
def test_names_of_the_clusters_do_not_matter(invent, seed, ties):
    time, event, treated, weight = invent(seed, ties=ties)
    cluster = np.arange(40) // 3

    before = all_of(time, event, treated, weight, cluster)
    after = all_of(time, event, treated, weight, 1000 - 7 * cluster)

    np.testing.assert_allclose(after, before, rtol=1e-8, atol=1e-12)


@given(seeds, st.booleans())
def test_exchanged_arms_exchange_the_sign(invent, seed, ties):
    time, event, treated, weight = invent(seed, ties=ties)

    for w in (None, weight):
        one = fit_cox(time, event, treated[:, None] * 1.0, weight=w)
        other = fit_cox(time, event, ~treated[:, None] * 1.0, weight=w)
        np.testing.assert_allclose(one.estimate, -other.estimate, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-8)
    tests = [compare_logrank(time, event, arm) for arm in (treated, ~treated)]
    assert tests[0].statistic == pytest.approx(tests[1].statistic, abs=1e-12)


# ------------------------------------------------------- what cannot be estimated

arm = st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=6)


@given(arm, arm, st.booleans())
def test_hazard_ratio_is_finite_if_events_of_both_arms_met_the_other(
    treated, control, weighted
):
    time, event = (np.array(each) for each in zip(*treated, *control, strict=True))
    time, event = time.astype(float), event.astype(bool)
    member = np.arange(len(time)) < len(treated)
    weight = np.linspace(0.5, 2, len(time)) if weighted else None

    fit = fit_cox(time, event, member[:, None].astype(float), weight=weight)

    met = [
        any(e and (time[member != one] >= t).any() for t, e in of)
        for one, of in ((True, treated), (False, control))
    ]
    assert np.isfinite(fit.estimate[0]) == all(met)
    assert np.isfinite(fit.std_error[0]) == all(met)


@pytest.mark.parametrize("amount", [1e-6, 1, 1e6])
def test_only_the_endless_term_is_not_estimable(invent, amount):
    time, event, treated, weight = invent(3, 200, ties=True)
    rare = np.zeros(200)
    rare[:3], event[:3] = amount, False
    matrix = np.column_stack([treated, rare])

    for w in (None, weight):
        fit = fit_cox(time, event, matrix, weight=w)

        assert np.isnan(fit.estimate).tolist() == [False, True]
        assert np.isnan(fit.std_error).tolist() == [False, True]
        # its likelihood is greatest where the rare are no more at risk
        without = None if w is None else w[3:]
        other = fit_cox(time[3:], event[3:], matrix[3:, :1], weight=without)
        assert fit.estimate[0] == pytest.approx(other.estimate[0], abs=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_unit_of_a_covariate_does_not_make_it_endless(invent, scale):
    time, event, treated, _ = invent(4, 200, ties=True)
    amount = np.random.default_rng(4).lognormal(size=200)

    plain, scaled = (
        fit_cox(time, event, np.column_stack([treated, amount * each]))
        for each in (1, scale)
    )

    np.testing.assert_allclose(scaled.estimate[0], plain.estimate[0], rtol=1e-7)
    np.testing.assert_allclose(scaled.estimate[1] * scale, plain.estimate[1], rtol=1e-7)


@pytest.mark.parametrize(
    ("time", "event", "treated"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], [1, 1, 0, 0]),  # no event
        ([5, 5, 5, 5], [1, 1, 1, 1], [1, 1, 0, 0]),  # all at once
        ([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 0, 0]),  # never at risk together
    ],
)
def test_tests_without_information_are_unknown(time, event, treated):
    data = np.array(time, float), np.array(event) == 1
    matrix = np.array(treated, float)[:, None]

    assert np.isnan(compare_logrank(*data, matrix[:, 0])).all()
    assert np.isnan(assess_proportionality(*data, matrix)).all()


def test_curve_of_a_single_patient():
    dead, median = fit_curve(np.array([5.0]), np.array([True]))
    assert dead.estimate.tolist() == [0]
    assert np.isnan([dead.std_error, dead.conf_low, dead.conf_high]).all()
    assert median.estimate == 5

    alive, median = fit_curve(np.array([5.0]), np.array([False]))
    assert alive.estimate.tolist() == [1]
    assert np.isnan([alive.conf_low, alive.conf_high]).all()
    assert np.isnan(median).all()
