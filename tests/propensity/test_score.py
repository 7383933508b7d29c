"""The score's engine: blocks, cores, penalties, separation. R's glm: estimate_score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from twoarm.errors import InputError
from twoarm.propensity import newton, score
from twoarm.propensity.penalised import estimate_firth, estimate_ridge
from twoarm.propensity.score import estimate_score


def invented(size=300, terms=3, seed=1):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, terms))
    chance = 1 / (1 + np.exp(0.5 - 0.8 * matrix[:, 0] + 0.4 * matrix[:, 1]))
    return rng.random(size) < chance, matrix


def gradient(fit, treated, matrix):
    columns = np.column_stack([np.ones(len(matrix)), matrix])
    return columns.T @ (treated - fit.probability)


@pytest.mark.parametrize("block", [1, 7, 299, 300, 301])
def test_size_of_a_block_changes_rounding_alone(monkeypatch, block):
    treated, matrix = invented()
    whole = estimate_score(treated, matrix)
    monkeypatch.setattr(newton, "BLOCK", block)

    parts = estimate_score(treated, matrix)

    np.testing.assert_allclose(parts.estimate, whole.estimate, rtol=1e-12)
    np.testing.assert_allclose(parts.std_error, whole.std_error, rtol=1e-12)
    np.testing.assert_allclose(parts.logit, whole.logit, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("estimate", [estimate_score, estimate_firth])
def test_cores_change_no_digit(estimate):
    treated, matrix = invented(4 * newton.BLOCK + 5, 4)
    found = []
    for cores in (1, 2, 3):
        with threadpool_limits(cores, user_api="blas"):
            found.append(estimate(treated, matrix))

    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_start_from_some_patients_ends_where_that_from_nothing_does(monkeypatch):
    treated, matrix = invented(20_000, 5)
    cold = estimate_score(treated, matrix)
    monkeypatch.setattr(newton, "MANY", len(treated))

    warm = estimate_score(treated, matrix)

    np.testing.assert_allclose(warm.estimate, cold.estimate, rtol=1e-11)
    np.testing.assert_allclose(warm.std_error, cold.std_error, rtol=1e-9)


def test_start_from_patients_who_are_separated_is_from_nothing(monkeypatch):
    treated, matrix = invented(4000, 3)
    rare = np.zeros(len(treated))
    rare[[8, 16, 3, 4, 5, 6]] = 1
    treated[[8, 16]], treated[[3, 4, 5, 6]] = True, False
    matrix = np.column_stack([matrix, rare])
    cold = estimate_score(treated, matrix)
    monkeypatch.setattr(newton, "MANY", len(treated))

    np.testing.assert_allclose(
        estimate_score(treated, matrix).estimate, cold.estimate, rtol=1e-9
    )


def test_rows_of_columns_need_not_lie_together_in_memory():
    treated, matrix = invented()

    other = estimate_score(treated, np.asfortranarray(matrix))

    np.testing.assert_allclose(
        other.estimate, estimate_score(treated, matrix).estimate, rtol=1e-12
    )


def test_without_terms_the_score_is_the_share():
    treated, _ = invented()

    fit = estimate_score(treated, np.empty((300, 0)))

    np.testing.assert_allclose(fit.probability, treated.mean(), rtol=1e-14)
    share = treated.mean()
    expected = 1 / np.sqrt(300 * share * (1 - share))
    np.testing.assert_allclose(fit.std_error, [expected], rtol=1e-9)


def test_a_rare_arm_is_fitted_to_the_last_digit():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(50_000, 3))
    treated = rng.random(50_000) < 1 / (1 + np.exp(8 - matrix[:, 0]))

    fit = estimate_score(treated, matrix)

    assert 5 < treated.sum() < 100
    assert np.abs(gradient(fit, treated, matrix)).max() < 1e-9


def separated_together(size=200):
    """`b` and `c` part the arms, neither does so alone."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(size, 4))
    return matrix[:, 1] - 2 * matrix[:, 2] > 0, matrix


def test_columns_that_separate_together_are_named():
    treated, matrix = separated_together()

    with pytest.raises(InputError) as error:
        estimate_score(treated, matrix, list("abcd"))

    told = str(error.value)
    assert told.endswith("one of them that do so together: b, c")
    assert "set `propensity.method: firth` or `ridge`, or take out" in told


def test_columns_that_touch_separate_together():
    # All patients with b = 1 and c = 1 are treated; no one column parts the arms.
    both = [[0, 0], [0, 0], [0, 1], [0, 1], [1, 0], [1, 0], [1, 1], [1, 1]] * 3
    matrix = np.array(both, float)
    matrix = np.column_stack([matrix, matrix[:, 0] * matrix[:, 1]])
    treated = np.array(([True, False] * 3 + [True, True]) * 3)

    with pytest.raises(InputError, match=r"together: b, c, b:c$|by itself: b:c$"):
        estimate_score(treated, matrix, ["b", "c", "b:c"])


def test_a_long_search_is_left(monkeypatch):
    monkeypatch.setattr(score, "SEARCHED", 10)
    treated, matrix = separated_together()

    with pytest.raises(InputError, match=r"propensity.covariates one of them$"):
        estimate_score(treated, matrix, list("abcd"))


@given(st.integers(0, 2**32 - 1))
def test_the_linear_program_agrees_with_the_fit(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 3, size=(10, 2)).astype(float)
    treated = rng.random(10) < 0.5
    columns = newton.Columns(matrix)
    try:
        score.check_columns(treated, columns, ["a", "b"])
    except InputError:
        return
    rows = columns.centred(slice(None)) / columns.scale
    rows[~treated] *= -1
    try:
        newton.fit_newton(treated, columns)
    except newton.NoMaximumError:
        assert score._separate(rows)
    else:
        assert not score._separate(rows)


@pytest.mark.parametrize("arm", [True, False])
def test_one_arm_is_refused(arm):
    _, matrix = invented()
    alone = np.full(300, arm)

    for estimate in (estimate_score, estimate_firth):
        with pytest.raises(InputError, match="all 300 patients are"):
            estimate(alone, matrix)
    with pytest.raises(InputError, match="all 300 patients are"):
        estimate_ridge(alone, matrix, penalty=1.0)


@pytest.mark.parametrize("estimate", [estimate_score, estimate_firth])
def test_missing_and_infinite_values_are_counted(estimate):
    treated, matrix = invented()
    matrix[:2, 0], matrix[:, 2] = np.inf, np.nan

    with pytest.raises(InputError) as error:
        estimate(treated, matrix, list("abc"))

    assert str(error.value) == (
        "propensity.covariates: a is missing or infinite in 2 patient(s); c is missing "
        "or infinite in 300 patient(s); impute it, or take it out"
    )


@pytest.mark.parametrize("name", ["plain", "separated"])
def test_firth_is_that_of_r(rotterdam, oracle, name):
    patients = rotterdam.head(1000)
    treated = (patients["hormon"] == 1).to_numpy()
    rare = np.zeros(1000)
    rare[np.flatnonzero(treated)[:3]] = 1
    year = patients["year"].to_numpy() - 1985
    matrix = np.column_stack(
        [patients["age"], patients["nodes"], year if name == "plain" else rare]
    ).astype(float)

    fit = estimate_firth(treated, matrix)

    expected = oracle("score")[name]
    np.testing.assert_allclose(fit.estimate, expected["estimate"], rtol=1e-9)
    np.testing.assert_allclose(fit.std_error, expected["std_error"], rtol=1e-8)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_firth_of_a_table_adds_a_half_to_each_cell(counts):
    if 0 in (counts[0] + counts[1], counts[2] + counts[3]):
        return  # the covariate is the same in all
    if 0 in (counts[0] + counts[2], counts[1] + counts[3]):
        return  # one arm
    treated = np.repeat([True, False, True, False], counts)
    covariate = np.repeat([1.0, 1.0, 0.0, 0.0], counts)

    fit = estimate_firth(treated, covariate[:, None])

    a, b, c, d = np.array(counts) + 0.5
    np.testing.assert_allclose(fit.estimate[0], np.log(c / d), rtol=1e-8, atol=1e-9)
    odds_ratio = np.log(a * d / b / c)
    np.testing.assert_allclose(fit.estimate[1], odds_ratio, rtol=1e-8, atol=1e-9)


def test_firth_does_not_hang_on_the_units():
    treated, matrix = invented()

    before = estimate_firth(treated, matrix)
    after = estimate_firth(treated, matrix * [1, -1e4, 1] + [0, 0, 2000])

    np.testing.assert_allclose(after.logit, before.logit, rtol=1e-8)


def test_firth_of_arms_too_far_apart_is_refused():
    matrix = np.linspace(-1, 1, 2000)[:, None]

    with pytest.raises(InputError, match="ridge"):
        estimate_firth(matrix[:, 0] > 0, matrix)


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 50.0])
def test_ridge_is_at_the_top_of_what_it_states(penalty):
    treated, matrix = invented()
    matrix = matrix * [1, 100, 0.01] + [5, 0, 2000]
    scale = matrix.std(axis=0)

    fit = estimate_ridge(treated, matrix, penalty=penalty)

    slope = gradient(fit, treated, (matrix - matrix.mean(axis=0)) / scale)
    pull = penalty * fit.estimate[1:] * scale
    np.testing.assert_allclose(slope[1:], pull, rtol=1e-8)
    assert abs(slope[0]) < 1e-10


def test_ridge_takes_a_combination_of_others_but_no_constant():
    treated, matrix = invented()
    combined = np.column_stack([matrix, matrix[:, 0] - matrix[:, 1]])

    assert np.isfinite(estimate_ridge(treated, combined, penalty=1.0).logit).all()
    matrix[:, 1] = 0.1
    with pytest.raises(InputError, match="b is the same in all patients"):
        estimate_ridge(treated, matrix, list("abc"), penalty=1.0)


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan])
def test_ridge_without_a_penalty_is_refused(penalty):
    with pytest.raises(InputError, match="must be above 0"):
        estimate_ridge(*invented(), penalty=penalty)


def test_a_little_ridge_is_maximum_likelihood():
    treated, matrix = invented()

    plain, ridge = (
        estimate_score(treated, matrix),
        estimate_ridge(treated, matrix, penalty=1e-9),
    )

    np.testing.assert_allclose(ridge.estimate, plain.estimate, rtol=1e-8)
    np.testing.assert_allclose(ridge.std_error, plain.std_error, rtol=1e-8)
