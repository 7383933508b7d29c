import numpy as np
import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.propensity.models import (
    deal_folds,
    estimate_scores,
    fit_scores,
    groups_of,
    preference_of,
)
from twoarm.propensity.penalised import estimate_firth, estimate_ridge
from twoarm.propensity.score import estimate_score
from twoarm.terms import expand_terms

NAMES = ["x", "y", "z"]


def invented(size=300, seed=1):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, 3))
    chance = 1 / (1 + np.exp(-0.8 * matrix[:, 0] + 0.4 * matrix[:, 1]))
    return rng.random(size) < chance, matrix


def fit(treated, matrix, **model):
    return fit_scores(treated, matrix, NAMES, **{"method": "logistic", **model})


def test_logistic_score_is_that_of_maximum_likelihood():
    treated, matrix = invented()

    found, plain = fit(treated, matrix), estimate_score(treated, matrix)

    np.testing.assert_array_equal(found.probability, plain.probability)
    assert [term for _, term, _, _ in found.terms] == ["(intercept)", *NAMES]
    assert [estimate for *_, estimate, _ in found.terms] == plain.estimate.tolist()


def test_penalised_scores_are_those_of_their_functions():
    treated, matrix = invented()

    firth = fit(treated, matrix, method="firth")
    ridge = fit(treated, matrix, method="ridge", penalty=3.0)

    expected = estimate_firth(treated, matrix, NAMES).logit
    np.testing.assert_array_equal(firth.logit, expected)
    expected = estimate_ridge(treated, matrix, NAMES, penalty=3.0).logit
    np.testing.assert_array_equal(ridge.logit, expected)


def test_firth_adds_a_half_to_each_cell_of_a_table():
    treated = np.repeat([True, False, True, False], [5, 0, 3, 4])
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [5, 0, 3, 4])[:, None]

    found = estimate_firth(treated, x, ["x"])

    odds = (5.5 / 0.5) / (3.5 / 4.5)
    np.testing.assert_allclose(found.estimate[1], np.log(odds), rtol=1e-8)
    np.testing.assert_allclose(found.estimate[0], np.log(3.5 / 4.5), rtol=1e-8)


def test_ridge_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    treated, matrix = invented()
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)

    found = estimate_ridge(treated, matrix, NAMES, penalty=4.0)

    peer = LogisticRegression(C=1 / 4.0, tol=1e-12, max_iter=10_000)
    peer.fit(matrix, treated)
    np.testing.assert_allclose(found.estimate[1:], peer.coef_[0], rtol=1e-6)
    np.testing.assert_allclose(found.estimate[0], peer.intercept_[0], rtol=1e-6)


@pytest.mark.parametrize("method", ["firth", "ridge"])
def test_penalised_scores_are_finite_where_the_arms_are_separated(method):
    treated, matrix = invented()
    matrix[:, 2] = treated

    found = fit(treated, matrix, method=method)

    assert np.isfinite(found.logit).all()
    with pytest.raises(InputError, match="separate") as error:
        fit(treated, matrix)
    assert "z" in str(error.value)
    assert "firth" in str(error.value)


@pytest.mark.parametrize("method", ["logistic", "ridge", "boosting"])
def test_cross_fitted_score_does_not_see_ones_own_fold(method):
    treated, matrix = invented()
    model = {"method": method, "folds": 4, "seed": 3}

    found = fit(treated, matrix, **model)

    # The others of a patient's fold are scored by a model that did not see that one.
    fold = deal_folds(treated, 4, 3)
    (one, *_) = np.flatnonzero((fold == 2) & treated)
    matrix[one] += 2.0
    again = fit(treated, matrix, **model)
    rest = fold == 2
    rest[one] = False
    np.testing.assert_array_equal(again.probability[rest], found.probability[rest])
    assert (again.probability[fold != 2] != found.probability[fold != 2]).any()
    assert found.terms == []


def test_folds_are_even_in_each_arm_and_hang_on_the_seed():
    treated, _ = invented(103)

    fold = deal_folds(treated, 5, 1)

    for arm in (treated, ~treated):
        counts = np.bincount(fold[arm], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert (fold == deal_folds(treated, 5, 1)).all()
    assert (fold != deal_folds(treated, 5, 2)).any()


def test_boosted_score_is_the_same_in_any_number_of_threads():
    from threadpoolctl import threadpool_limits

    treated, matrix = invented(600)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(fit(treated, matrix, method="boosting").probability)

    np.testing.assert_array_equal(*found)
    assert ((found[0] > 0) & (found[0] < 1)).all()
    truth = matrix[:, 0] * 0.8 - matrix[:, 1] * 0.4
    assert np.corrcoef(found[0], truth)[0, 1] > 0.5


def test_boosting_finds_what_is_not_linear():
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(1000, 3))
    treated = rng.random(1000) < np.where(np.abs(matrix[:, 0]) > 0.8, 0.8, 0.2)

    boosted = fit(treated, matrix, method="boosting").probability
    plain = fit(treated, matrix).probability

    assert boosted[treated].mean() - boosted[~treated].mean() > 0.2
    assert plain[treated].mean() - plain[~treated].mean() < 0.05


def test_more_folds_than_patients_are_refused():
    treated = np.repeat([True, False], [3, 30])

    with pytest.raises(InputError, match="take fewer folds"):
        fit(treated, invented(33)[1], folds=5)


def patients_of(treated, matrix, site):
    names = [f"P{row:04}" for row in range(len(treated))]
    level = pl.Series(site, dtype=pl.Enum(sorted(set(site))))
    columns = {"patient_id": names, "treated": treated, "site": level}
    return pl.DataFrame({**columns, **dict(zip(NAMES, matrix.T, strict=True))})


def test_score_within_levels_is_that_of_each_by_itself():
    treated, matrix = invented()
    site = ["a", "b", "b"] * 100
    patients = patients_of(treated, matrix, site)

    scores, coefficients = estimate_scores(
        patients, [*NAMES, "site", "x:site"], method="logistic", within="site"
    )

    for each in "ab":
        rows = np.array(site) == each
        alone = estimate_score(treated[rows], matrix[rows])
        np.testing.assert_allclose(
            scores["propensity_score"].to_numpy()[rows], alone.probability, rtol=1e-12
        )
    assert coefficients["term"].to_list()[:2] == ["a: (intercept)", "a: x"]
    assert coefficients.height == 8


def test_level_with_one_arm_is_refused_without_a_name():
    treated, matrix = invented()
    site = np.where(treated, "alone", "b")
    site[:30] = "b"

    with pytest.raises(InputError, match="1 of 2 levels have one arm only"):
        fit(
            treated,
            matrix,
            groups=groups_of(patients_of(treated, matrix, site), "site"),
        )


def test_term_that_is_the_same_in_a_level_is_left_out_there():
    treated, matrix = invented()
    groups = np.arange(300) % 2
    matrix[groups == 1, 2] = 1.0

    found = fit(treated, matrix, groups=groups)

    named = [(group, name) for group, name, _, _ in found.terms]
    assert (0, "z") in named
    assert (1, "z") not in named


def test_preference_score_of_equal_arms_is_the_score():
    score = np.array([0.1, 0.5, 0.9, 0.4])

    same = preference_of(score, np.array([True, False, True, False]))

    np.testing.assert_allclose(same, score)


def test_scores_of_real_patients_are_in_the_contracts_columns(cohort):
    patients = cohort("rotterdam")

    scores, _ = estimate_scores(patients, ["age", "grade"], method="logistic")

    matrix, _ = expand_terms(patients, ["age", "grade"])
    plain = estimate_score(patients["treated"].to_numpy(), matrix)
    np.testing.assert_array_equal(scores["logit"], plain.logit)
    share = patients["treated"].mean()
    odds = scores["preference_score"] / (1 - scores["preference_score"])
    expected = np.exp(plain.logit) * (1 - share) / share
    np.testing.assert_allclose(odds, expected, rtol=1e-9)


@pytest.mark.parametrize("arms", [np.ones(20, bool), np.zeros(20, bool)])
def test_one_arm_has_no_score(arms):
    for method in ("logistic", "firth", "ridge", "boosting"):
        with pytest.raises(InputError, match="arm"):
            fit(arms, invented(20)[1], method=method)


def test_product_with_the_level_leaves_its_other_part():
    treated, matrix = invented()
    patients = patients_of(treated, matrix, ["a", "b", "b"] * 100)
    within = {"method": "logistic", "within": "site"}

    joined, _ = estimate_scores(patients, ["x*site", "y:site"], **within)

    alone, _ = estimate_scores(patients, ["x"], **within)
    assert joined.equals(alone)


def test_faults_of_all_levels_are_told_with_their_number():
    treated, matrix = invented(12)
    treated[:12] = np.arange(12) % 2 == 0
    groups = np.arange(12) // 4

    with pytest.raises(InputError) as error:
        fit(treated, matrix, groups=groups)

    told = str(error.value)
    assert "level 1: 4 patients are too few for 3 terms" in told
    assert "level 3: 4 patients" in told


@pytest.mark.parametrize("method", ["logistic", "ridge", "boosting"])
def test_value_that_is_not_known_is_told(method):
    treated, matrix = invented()
    matrix[5, 1] = np.nan

    with pytest.raises(InputError, match="needs values of y in all patients"):
        fit(treated, matrix, method=method)
