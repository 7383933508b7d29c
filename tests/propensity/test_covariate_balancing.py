import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import root
from scipy.special import expit, logit

from twoarm.errors import InputError
from twoarm.propensity.covariate_balancing import weight_by_covariate_balancing
from twoarm.propensity.entropy import weight_by_entropy
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.terms import expand_terms

ESTIMANDS = ["ATE", "ATT", "ATC"]


@pytest.fixture
def balanced(matchit, oracle):
    """Matrix, arms and names of data that R balanced, and R's numbers."""
    matrix, terms = expand_terms(matchit.patients, matchit.covariates)
    treated = matchit.patients["treated"].to_numpy()
    names = [term.name for term in terms]
    return matrix, treated, names, oracle("weights")[matchit.expected["name"]]


def some(values):
    """Twelve of the patients, as R chose them."""
    return values[np.round(np.linspace(0, len(values) - 1, 12)).astype(int)]


def drawn(seed, *, size=300):
    """Patients whose treatment depends on columns of unlike units."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, 4)) * [1, 10, 0.1, 3] + [0, 2000, 1, -5]
    matrix[:, 3] = matrix[:, 3] > -5
    treated = rng.random(size) < expit(0.7 * matrix[:, 0] + matrix[:, 3] - 1)
    return matrix, treated


def off(matrix, treated, weight):
    """Greatest distance between the arms' means, in standard deviations."""
    means = [weight[a] @ matrix[a] / weight[a].sum() for a in (treated, ~treated)]
    return np.abs((means[0] - means[1]) / matrix.std(axis=0)).max()


seeds = st.integers(0, 10_000)
estimands = st.sampled_from(ESTIMANDS)


# --------------------------------------------------------------------------- against R


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_score_is_the_root_that_r_finds(balanced, estimand):
    matrix, treated, names, r = balanced

    found = weight_by_covariate_balancing(
        matrix, treated, estimand=estimand, names=names
    )

    expected = r["covariate_balancing"][estimand]
    # nleqslv stops at equations of 1e-13 of their size
    np.testing.assert_allclose(found.estimate, expected["estimate"], rtol=1e-7)
    np.testing.assert_allclose(some(found.weight), expected["some"], rtol=1e-8)
    for arm, rows in (("treated", treated), ("control", ~treated)):
        of_arm = found.weight[rows]
        assert of_arm.sum() == pytest.approx(expected["sum"][arm], rel=1e-9)
        size = of_arm.sum() ** 2 / (of_arm**2).sum()
        assert size == pytest.approx(expected["ess"][arm], rel=1e-8)
    assert off(matrix, treated, found.weight) < 1e-10


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_likely_score_does_not_balance(balanced, estimand):
    matrix, treated, *_ = balanced
    likely = estimate_score(treated, matrix).probability

    weight = weight_by_score(likely, treated, estimand=estimand)

    assert off(matrix, treated, weight) > 1e-3


# ---------------------------------------------------------------------------- by hand


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_one_factor_is_the_share_of_its_level(estimand):
    # 10 of 40 treated without the covariate, 30 of 50 with it
    covariate = np.repeat([0.0, 1.0], [40, 50])
    treated = np.r_[np.arange(40) < 10, np.arange(50) < 30]

    found = weight_by_covariate_balancing(
        covariate[:, None], treated, estimand=estimand
    )

    np.testing.assert_allclose(found.probability[[0, -1]], [0.25, 0.6], rtol=1e-10)
    odds = 10 / 30, 30 / 20
    np.testing.assert_allclose(
        found.estimate, np.log([odds[0], odds[1] / odds[0]]), rtol=1e-9
    )
    # treated with the covariate, then controls with it
    by_hand = {
        "ATE": [1 / 0.6, 1 / 0.4],
        "ATT": [1, 1.5],
        "ATC": [2 / 3, 1],
    }[estimand]
    np.testing.assert_allclose(found.weight[[40, -1]], by_hand, rtol=1e-9)


# -------------------------------------------------------------------------------- laws


@given(seeds, estimands)
def test_sums_of_the_arms_are_equal(seed, estimand):
    matrix, treated = drawn(seed)

    found = weight_by_covariate_balancing(matrix, treated, estimand=estimand)

    assert (found.weight > 0).all()
    assert off(matrix, treated, found.weight) < 1e-10
    sums = [found.weight[arm].sum() for arm in (treated, ~treated)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-10)
    if estimand != "ATE":
        arm = treated if estimand == "ATT" else ~treated
        assert sums[0] == pytest.approx(arm.sum(), rel=1e-10)
        np.testing.assert_array_equal(found.weight[arm], 1)


@given(seeds, estimands)
def test_weights_logit_and_coefficients_are_of_one_score(seed, estimand):
    matrix, treated = drawn(seed)

    found = weight_by_covariate_balancing(matrix, treated, estimand=estimand)

    by_score = weight_by_score(found.probability, treated, estimand=estimand)
    np.testing.assert_allclose(found.weight, by_score, rtol=1e-9)
    np.testing.assert_allclose(found.logit, logit(found.probability), atol=1e-9)
    by_hand = found.estimate[0] + matrix @ found.estimate[1:]
    np.testing.assert_allclose(found.logit, by_hand, atol=1e-8)


@given(seeds, st.sampled_from(["ATT", "ATC"]))
def test_weights_are_those_of_entropy_balancing(seed, estimand):
    matrix, treated = drawn(seed)

    found = weight_by_covariate_balancing(matrix, treated, estimand=estimand)

    entropy = weight_by_entropy(matrix, treated, estimand=estimand)
    np.testing.assert_allclose(found.weight, entropy, rtol=1e-8)


@given(seeds)
def test_weights_of_all_patients_are_not_those_of_entropy_balancing(seed):
    matrix, treated = drawn(seed)

    found = weight_by_covariate_balancing(matrix, treated, estimand="ATE")

    entropy = weight_by_entropy(matrix, treated, estimand="ATE")
    assert np.abs(found.weight / entropy - 1).max() > 1e-3


@given(seeds, estimands)
def test_a_general_root_finder_finds_the_same(seed, estimand):
    matrix, treated = drawn(seed)
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    columns = np.column_stack([np.ones(len(matrix)), scaled])
    side = np.where(treated, 1, -1)

    def equations(coefficient):
        score = expit(columns @ coefficient)
        weight = weight_by_score(score, treated, estimand=estimand)
        return (side * weight) @ columns / len(treated)

    start = np.linalg.lstsq(columns, estimate_score(treated, matrix).logit)[0]
    found = root(equations, start, method="lm", options={"xtol": 1e-12})

    ours = weight_by_covariate_balancing(matrix, treated, estimand=estimand)
    np.testing.assert_allclose(ours.logit, columns @ found.x, atol=1e-6)


@given(seeds, estimands)
def test_exchanging_the_arms_turns_the_score_around(seed, estimand):
    matrix, treated = drawn(seed)
    exchanged = {"ATT": "ATC", "ATC": "ATT", "ATE": "ATE"}[estimand]

    found = weight_by_covariate_balancing(matrix, treated, estimand=estimand)
    mirrored = weight_by_covariate_balancing(matrix, ~treated, estimand=exchanged)

    np.testing.assert_allclose(mirrored.weight, found.weight, rtol=1e-8)
    np.testing.assert_allclose(mirrored.logit, -found.logit, atol=1e-8)


@given(seeds, estimands)
def test_units_do_not_matter(seed, estimand):
    matrix, treated = drawn(seed)
    mixed = matrix @ np.random.default_rng(seed).normal(size=(4, 4)) + 7

    found = weight_by_covariate_balancing(matrix, treated, estimand=estimand)
    again = weight_by_covariate_balancing(mixed, treated, estimand=estimand)

    np.testing.assert_allclose(again.weight, found.weight, rtol=1e-6)


# --------------------------------------------------------------------- out of reach


def test_a_mean_out_of_reach_is_named():
    # no control has the mean age of the treated, though the arms are not separated
    matrix = np.array(
        [[0.0, 1], [10, 0], [9, 1], [1, 0], [2, 1], [3, 0], [3, 1], [2, 0]]
    )
    treated = np.arange(8) < 3
    names = ["age", "nodes"]
    message = r"^designs\.cb\.covariates: no score .* in age; .* overlap weights"

    with pytest.raises(InputError, match=message):
        weight_by_covariate_balancing(
            matrix, treated, estimand="ATT", names=names, key="designs.cb.covariates"
        )

    found = weight_by_covariate_balancing(matrix, treated, estimand="ATE")
    assert off(matrix, treated, found.weight) < 1e-10


def test_columns_out_of_reach_together_are_named():
    controls = [[0, 0], [4, 0], [0, 4], [1, 1], [4, 0.1]]
    matrix = np.array([[8.0, 8], [0, 0], [3, 0.5], *controls])

    with pytest.raises(InputError, match=r"in (age|nodes); take that out"):
        weight_by_covariate_balancing(
            matrix, np.arange(8) < 3, estimand="ATT", names=["age", "nodes"]
        )


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_separated_arms_are_refused(estimand):
    matrix = np.column_stack([np.arange(8.0), [0, 1] * 4])

    with pytest.raises(InputError, match=r"separate the arms.*age"):
        weight_by_covariate_balancing(
            matrix, np.arange(8) < 4, estimand=estimand, names=["age", "nodes"]
        )


def test_a_column_that_follows_is_refused():
    matrix, treated = drawn(0)
    matrix[:, 3] = matrix[:, 0] + matrix[:, 1]

    with pytest.raises(InputError, match="er follows from others"):
        weight_by_covariate_balancing(
            matrix, treated, estimand="ATE", names=["age", "year", "pgr", "er"]
        )
