import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.special import expit, logsumexp

from twoarm.errors import InputError
from twoarm.propensity.entropy import weight_by_entropy
from twoarm.terms import expand_terms

ESTIMANDS = ["ATT", "ATC", "ATE"]
CONTINUOUS = ["age", "educ", "re74", "re75"]


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


def drawn(seed, *, size=300, terms=4):
    """Patients whose treatment depends on columns of unlike units."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, terms)) * [1, 10, 0.1, 3] + [0, 2000, 1, -5]
    matrix[:, 3] = matrix[:, 3] > -5
    treated = rng.random(size) < expit(0.7 * matrix[:, 0] + matrix[:, 3] - 1)
    return matrix, treated


def of_target(treated, estimand):
    return {"ATT": treated, "ATC": ~treated, "ATE": np.ones(len(treated), bool)}[
        estimand
    ]


def off(matrix, treated, weight, estimand, base=1.0):
    """Greatest distance of an arm's mean from the target, in standard deviations."""
    share = np.where(of_target(treated, estimand), base, 0.0)
    target = share @ matrix / share.sum()
    spread = matrix.std(axis=0)
    return max(
        np.abs((weight[arm] @ matrix[arm] / weight[arm].sum() - target) / spread).max()
        for arm in (treated, ~treated)
    )


seeds = st.integers(0, 10_000)
estimands = st.sampled_from(ESTIMANDS)


# --------------------------------------------------------------------------- against R


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_weights_are_those_of_rs_raking(balanced, estimand):
    matrix, treated, names, r = balanced

    weight = weight_by_entropy(matrix, treated, estimand=estimand, names=names)

    expected = r["entropy"][estimand]
    # survey's raking stops at 1e-11 of a total
    np.testing.assert_allclose(some(weight), expected["some"], rtol=1e-8)
    for arm, rows in (("treated", treated), ("control", ~treated)):
        of_arm = weight[rows]
        assert of_arm.sum() == pytest.approx(expected["sum"][arm], rel=1e-9)
        size = of_arm.sum() ** 2 / (of_arm**2).sum()
        assert size == pytest.approx(expected["ess"][arm], rel=1e-8)
    assert off(matrix, treated, weight, estimand) < 1e-10


def test_weights_of_two_moments_are_those_of_rs_raking(lalonde, oracle):
    names = ["educ", "age", "re74", "re75", "married", "nodegree"]
    race = [lalonde["race"] == level for level in ("hispan", "white")]
    matrix = np.column_stack([lalonde[name].to_numpy() for name in names] + race)
    treated = lalonde["treat"].to_numpy() == 1
    expected = oracle("weights")["lalonde"]["entropy"]["ATT_second_moment"]

    for moments in (2, [2, 2, 2, 2, 1, 1, 1, 1]):
        weight = weight_by_entropy(
            matrix.astype(float), treated, estimand="ATT", moments=moments
        )

        np.testing.assert_allclose(some(weight), expected["some"], rtol=1e-7)


# ---------------------------------------------------------------------------- by hand


def test_one_factor_is_post_stratification():
    # levels of the treated 1:3, of the controls 2:2
    level = np.array([[0.0], [1], [1], [1], [0], [0], [1], [1]])
    treated = np.arange(8) < 4

    att = weight_by_entropy(level, treated, estimand="ATT")
    atc = weight_by_entropy(level, treated, estimand="ATC")
    ate = weight_by_entropy(level, treated, estimand="ATE")

    np.testing.assert_allclose(att, [1, 1, 1, 1, 0.5, 0.5, 1.5, 1.5])
    np.testing.assert_allclose(atc, [2, *[2 / 3] * 3, 1, 1, 1, 1])
    np.testing.assert_allclose(ate, [3, *[5 / 3] * 3, 1.5, 1.5, 2.5, 2.5])


def test_three_controls_by_hand():
    # x = 0, 1, 2 with mean m: weights proportional to 1, z, z^2
    matrix = np.array([[1.5], [0.0], [1.0], [2.0]])
    z = (0.5 + np.sqrt(0.25 + 4 * 0.5 * 1.5)) / (2 * 0.5)

    weight = weight_by_entropy(matrix, np.arange(4) < 1, estimand="ATT")

    expected = np.array([1, z, z**2]) / (1 + z + z**2)
    np.testing.assert_allclose(weight, [1, *expected], rtol=1e-12)


def test_balanced_arms_stay_as_they_are():
    matrix = np.array([[0.0], [1.0], [0.0], [1.0], [0.0], [1.0]])
    treated = np.arange(6) < 2

    for estimand, controls in (("ATT", 0.5), ("ATC", 1.0), ("ATE", 1.5)):
        weight = weight_by_entropy(matrix, treated, estimand=estimand)
        np.testing.assert_allclose(weight[~treated], controls)


# -------------------------------------------------------------------------------- laws


@given(seeds, estimands, st.booleans())
def test_solution_is_balanced_and_log_linear(seed, estimand, based):
    matrix, treated = drawn(seed)
    base = None
    if based:
        base = np.random.default_rng(seed + 1).uniform(0.5, 2, len(treated))

    weight = weight_by_entropy(matrix, treated, estimand=estimand, base=base)

    # Both together are the Karush-Kuhn-Tucker conditions of the least divergence.
    start = np.ones(len(treated)) if base is None else base
    assert (weight > 0).all()
    assert off(matrix, treated, weight, estimand, start) < 1e-10
    design = np.column_stack([np.ones(len(matrix)), matrix - matrix.mean(axis=0)])
    for arm in (treated, ~treated):
        change = np.log(weight / start)[arm]
        fitted = design[arm] @ np.linalg.lstsq(design[arm], change)[0]
        np.testing.assert_allclose(change, fitted, atol=1e-9)
        total = start[of_target(treated, estimand)].sum()
        assert weight[arm].sum() == pytest.approx(total, rel=1e-12)
    keeps = {"ATT": treated, "ATC": ~treated}.get(estimand)
    if keeps is not None:
        np.testing.assert_array_equal(weight[keeps], start[keeps])


@given(seeds)
def test_a_general_minimiser_finds_the_same(seed):
    matrix, treated = drawn(seed)
    columns = (matrix[~treated] - matrix[treated].mean(axis=0)) / matrix.std(axis=0)

    def dual(coefficient):
        exponent = columns @ coefficient
        share = np.exp(exponent - logsumexp(exponent))
        return logsumexp(exponent), share @ columns

    found = minimize(dual, np.zeros(4), jac=True, method="BFGS", options={"gtol": 1e-9})
    exponent = columns @ found.x
    expected = treated.sum() * np.exp(exponent - logsumexp(exponent))

    weight = weight_by_entropy(matrix, treated, estimand="ATT")
    np.testing.assert_allclose(weight[~treated], expected, rtol=1e-5)


@given(seeds, estimands)
def test_exchanging_the_arms_exchanges_att_and_atc(seed, estimand):
    matrix, treated = drawn(seed)
    exchanged = {"ATT": "ATC", "ATC": "ATT", "ATE": "ATE"}[estimand]

    np.testing.assert_allclose(
        weight_by_entropy(matrix, ~treated, estimand=exchanged),
        weight_by_entropy(matrix, treated, estimand=estimand),
        rtol=1e-9,
    )


@given(seeds, estimands)
def test_units_order_and_superfluous_columns_do_not_matter(seed, estimand):
    matrix, treated = drawn(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(matrix))
    mixed = matrix @ rng.normal(size=(4, 4)) + 7
    more = np.column_stack([matrix, matrix[:, 0] - 3 * matrix[:, 3], np.full(300, 5.0)])

    weight = weight_by_entropy(matrix, treated, estimand=estimand)

    def again(columns, rows):
        return weight_by_entropy(columns[rows], treated[rows], estimand=estimand)

    np.testing.assert_allclose(again(matrix, order), weight[order], rtol=1e-8)
    np.testing.assert_allclose(again(mixed, slice(None)), weight, rtol=1e-6)
    np.testing.assert_allclose(again(more, slice(None)), weight, rtol=1e-8)


@given(seeds, estimands)
def test_two_moments_balance_variances(seed, estimand):
    matrix, treated = drawn(seed)
    matrix[:, 0] *= np.where(treated, 1.3, 1.0)

    def spread(weight, arm):
        share = weight[arm] / weight[arm].sum()
        return share @ (matrix[arm] - share @ matrix[arm]) ** 2

    one = weight_by_entropy(matrix, treated, estimand=estimand)
    two = weight_by_entropy(matrix, treated, estimand=estimand, moments=2)

    assert off(matrix, treated, two, estimand) < 1e-10
    target = of_target(treated, estimand)
    wanted = spread(np.ones(len(treated)), target)
    for arm in (treated, ~treated):
        np.testing.assert_allclose(spread(two, arm), wanted, rtol=1e-9)
    assert np.abs(spread(one, ~target | ~treated) / wanted - 1).max() > 1e-3


@given(seeds)
def test_two_moments_ask_nothing_more_of_two_values(seed):
    matrix, treated = drawn(seed)

    once, twice = (
        weight_by_entropy(matrix, treated, estimand="ATE", moments=[1, 1, 1, order])
        for order in (1, 2)
    )

    np.testing.assert_allclose(once, twice, rtol=1e-9)


def test_balancing_balanced_weights_changes_nothing():
    matrix, treated = drawn(1)
    weight = weight_by_entropy(matrix, treated, estimand="ATE")

    again = weight_by_entropy(matrix, treated, estimand="ATE", base=weight)

    np.testing.assert_allclose(again, 2 * weight, rtol=1e-9)


def test_a_control_far_off_weighs_next_to_nothing():
    matrix = np.array([[0.5], [1.0], [0.0], [1.0], [2.0], [1e6]])

    weight = weight_by_entropy(matrix, np.arange(6) < 2, estimand="ATT")

    assert 0 < weight[-1] < 1e-200
    assert weight[2:] @ matrix[2:, 0] / 2 == pytest.approx(0.75, rel=1e-10)


# --------------------------------------------------------------------- out of reach


def reach(controls, treated, names=("age", "nodes"), estimand="ATT", **rules):
    matrix = np.vstack([treated, controls]).astype(float)
    arms = np.arange(len(matrix)) < len(treated)
    return weight_by_entropy(matrix, arms, estimand=estimand, names=names, **rules)


@pytest.mark.parametrize(
    ("controls", "treated"),
    [
        pytest.param([[0, 1], [1, 2], [2, 0]], [[3, 1]], id="beyond"),
        pytest.param([[0, 1], [1, 2], [2, 0]], [[2, 0.5]], id="at the edge"),
        pytest.param([[1, 1], [1, 2], [1, 0]], [[0, 1], [1, 1]], id="constant"),
        pytest.param([[0, 1], [0, 2], [1, 0]], [[0, 1], [0, 1]], id="level of one arm"),
    ],
)
def test_a_mean_out_of_reach_is_named(controls, treated):
    with pytest.raises(InputError) as error:
        reach(controls, treated, key="designs.eb.covariates")

    assert str(error.value).startswith("designs.eb.covariates: the controls cannot")
    assert "age" in str(error.value)
    assert "nodes" not in str(error.value)


def test_columns_out_of_reach_together_are_named():
    # each mean is among the controls', but not both at once
    controls = [[0, 0, 0], [4, 0, 1], [0, 4, 0], [0, 0, 1], [1, 1, 1]]
    with pytest.raises(InputError, match=r"means to reach of (age|nodes)") as error:
        reach(controls, [[3, 3, 0.5]], names=["age", "nodes", "er"])

    assert "er," not in str(error.value)
    assert not str(error.value).startswith("er")


def test_a_relation_that_only_one_arm_has_is_named():
    # of the controls, the sum is always 3
    with pytest.raises(InputError, match=r"cannot be weighted.*(age|nodes)"):
        reach([[0, 3], [1, 2], [2, 1], [3, 0]], [[1, 1], [2, 1]])


def test_a_relation_that_both_have_is_no_trouble():
    weight = reach([[0, 3], [1, 2], [2, 1], [3, 0]], [[1, 2], [1, 2]])

    assert weight[2:] @ [0, 1, 2, 3] / weight[2:].sum() == pytest.approx(1)


def test_a_spread_out_of_reach_is_named():
    matrix = np.array([[0.0], [10.0], [4.0], [5.0], [6.0], [5.5]])

    with pytest.raises(InputError, match="of spread of age"):
        weight_by_entropy(
            matrix, np.arange(6) < 2, estimand="ATT", names=["age"], moments=2
        )


def test_both_arms_at_fault_are_both_said():
    matrix = np.array([[0.0, 1], [0, 2], [1, 0], [1, 0]])

    with pytest.raises(InputError) as error:
        weight_by_entropy(
            matrix, np.arange(4) < 2, estimand="ATE", names=["age", "nodes"]
        )

    assert "the treated cannot be weighted to the means to reach of age" in str(
        error.value
    )
    assert "the controls cannot be weighted to the means to reach of age, nodes" in str(
        error.value
    )


@given(seeds)
def test_out_of_reach_or_balanced(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 3, size=(12, 3)).astype(float)
    treated = np.arange(12) < 5
    try:
        weight = weight_by_entropy(matrix, treated, estimand="ATT", names="abc")
    except InputError as error:
        message = str(error)
    else:
        means = [weight[a] @ matrix[a] / weight[a].sum() for a in (treated, ~treated)]
        np.testing.assert_allclose(*means, atol=1e-9)
        assert (weight > 0).all()
        return

    named = message.split(" of ")[-1].split(";")[0].split(", ")
    assert set(named) <= set("abc") or "at the edge" in message
    # No shares balance the arms by much: the least share of any patient is nothing.
    found = linprog(
        np.r_[np.zeros(7), -1.0],
        A_ub=np.column_stack([-np.eye(7), np.ones(7)]),
        b_ub=np.zeros(7),
        A_eq=np.column_stack(
            [np.vstack([matrix[~treated].T, np.ones(7)]), np.zeros(4)]
        ),
        b_eq=np.r_[matrix[treated].mean(axis=0), 1.0],
        bounds=[(0, None)] * 8,
    )
    assert found.status == 2 or found.x[-1] < 1e-9
