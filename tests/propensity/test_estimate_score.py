import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.propensity.score import estimate_score
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Coefficients, Scores
from twoarm.terms import expand_terms


@pytest.fixture(params=["rotterdam", "hepatocellular", "sysucc"])
def fitted(request, cohort, oracle):
    """Our fit, its matrix and arms, and R's."""
    patients, expected = cohort(request.param), oracle(request.param)
    expected = expected.get("reduced", expected)
    matrix, terms = expand_terms(patients, expected["covariates"])
    treated = patients["treated"].to_numpy()
    fit = estimate_score(treated, matrix, [term.name for term in terms])
    return fit, matrix, treated, expected["propensity"]


def test_coefficients_are_those_of_glm(fitted):
    fit, *_, expected = fitted
    terms = expected["terms"].values()

    np.testing.assert_allclose(fit.estimate, [x["coef"] for x in terms], rtol=1e-11)


def test_errors_are_those_of_glm(fitted):
    fit, *_, expected = fitted
    terms = expected["terms"].values()

    # glm takes them from the weights of the step before its last.
    np.testing.assert_allclose(fit.std_error, [x["se"] for x in terms], rtol=2e-7)


def test_logits_are_those_of_glm(fitted):
    fit, _, treated, expected = fitted

    first = expected.get("first_logits", [])
    np.testing.assert_allclose(fit.logit[: len(first)], first, rtol=1e-12)
    spread = fit.logit.std(ddof=1)
    assert spread == pytest.approx(expected["logit_sd_all"], rel=1e-12)
    for arm, rows in (("treated", treated), ("control", ~treated)):
        mean, spread = fit.logit[rows].mean(), fit.logit[rows].std(ddof=1)
        assert mean == pytest.approx(expected["logit_mean"][arm], rel=1e-12)
        assert spread == pytest.approx(expected["logit_sd"][arm], rel=1e-12)


def test_fit_is_converged(fitted):
    fit, matrix, treated, _ = fitted
    columns = np.column_stack([np.ones(len(matrix)), matrix])

    # The score of the likelihood is zero at its maximum.
    score = columns.T @ (treated - fit.probability)
    assert np.abs(score / np.abs(columns).sum(axis=0)).max() < 1e-12


def test_probability_is_the_logit_undone(fitted):
    fit, matrix, *_ = fitted

    np.testing.assert_allclose(np.log(fit.probability / (1 - fit.probability)), fit[1])
    by_hand = fit.estimate[0] + matrix @ fit.estimate[1:]
    np.testing.assert_allclose(fit.logit, by_hand, atol=1e-12)


def test_two_by_two_table_by_hand():
    # 10 of 40 treated without the covariate, 30 of 50 with it
    covariate = np.repeat([0.0, 1.0], [40, 50])
    treated = np.r_[np.arange(40) < 10, np.arange(50) < 30]

    fit = estimate_score(treated, covariate[:, None])

    odds = 10 / 30, 30 / 20
    np.testing.assert_allclose(
        fit.estimate, np.log([odds[0], odds[1] / odds[0]]), rtol=1e-12
    )
    errors = [(1 / 10 + 1 / 30), (1 / 10 + 1 / 30 + 1 / 30 + 1 / 20)]
    np.testing.assert_allclose(fit.std_error, np.sqrt(errors), rtol=1e-9)
    np.testing.assert_allclose(fit.probability, np.where(covariate, 0.6, 0.25))


def invented(seed=0, size=200):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, 3))
    treated = rng.random(size) < 1 / (1 + np.exp(0.5 - matrix @ [1.0, -0.5, 0.2]))
    return treated, matrix


@given(
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e4, 1e4),
    sign=st.sampled_from([-1, 1]),
)
def test_affine_change_of_a_covariate_leaves_the_score(scale, shift, sign):
    treated, matrix = invented()
    changed = matrix.copy()
    changed[:, 1] = sign * scale * (matrix[:, 1] + shift)

    before, after = estimate_score(treated, matrix), estimate_score(treated, changed)

    np.testing.assert_allclose(after.logit, before.logit, rtol=1e-8, atol=1e-9)
    ratio = after.estimate[2] * sign * scale / before.estimate[2]
    assert ratio == pytest.approx(1, rel=1e-8)
    assert after.std_error[2] * scale == pytest.approx(before.std_error[2], rel=1e-8)


@given(st.permutations(range(60)))
def test_row_order_does_not_matter(order):
    treated, matrix = invented(1, 60)

    before = estimate_score(treated, matrix)
    after = estimate_score(treated[order], matrix[order])

    np.testing.assert_allclose(after.logit, before.logit[order], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(after.std_error, before.std_error, rtol=1e-10)


def test_exchanged_arms_exchange_the_signs():
    treated, matrix = invented()

    one, other = estimate_score(treated, matrix), estimate_score(~treated, matrix)

    np.testing.assert_allclose(one.logit, -other.logit, rtol=1e-10)


def test_a_level_in_one_arm_alone_is_named(cohort, oracle):
    # no treated patient of the SYSUCC cohort has distant metastases
    patients, covariates = cohort("sysucc"), oracle("sysucc")["covariates"]
    matrix, terms = expand_terms(patients, covariates)
    names = [term.name for term in terms]

    with pytest.raises(InputError, match=r"by itself: Distant.Metastasis=1$"):
        estimate_score(patients["treated"].to_numpy(), matrix, names)


def test_a_covariate_that_splits_the_arms_is_named():
    treated, matrix = invented()
    matrix[:, 1] = np.where(treated, 1, -1) * np.abs(matrix[:, 1])

    with pytest.raises(InputError, match=r"separate the arms.*by itself: b$"):
        estimate_score(treated, matrix, ["a", "b", "c"])


def test_covariates_that_separate_only_together_are_refused():
    treated, matrix = invented()
    matrix[:, 2] = np.where(treated, 1, -1) - 3 * matrix[:, 0]

    with pytest.raises(InputError, match=r"separate the arms.*take out.*one of them"):
        estimate_score(treated, matrix, ["a", "b", "c"])


def test_separation_of_a_few_patients_is_found():
    treated, matrix = invented()
    rare = np.zeros(len(treated))
    rare[np.flatnonzero(treated)[:2]] = 1

    with pytest.raises(InputError, match=r"by itself: rare$"):
        estimate_score(
            treated, np.column_stack([matrix, rare]), ["a", "b", "c", "rare"]
        )


def with_one_far_away(distance):
    covariate = np.r_[np.arange(10.0), distance]
    treated = np.r_[[0, 0, 1, 0, 0, 1, 0, 1, 1, 1], 1].astype(bool)
    return treated, covariate[:, None]


def test_a_patient_far_from_all_others_is_no_separation():
    treated, matrix = with_one_far_away(50)

    fit = estimate_score(treated, matrix)

    assert 1 - 1e-10 < fit.probability[-1] < 1
    assert abs((treated - fit.probability).sum()) < 1e-12


def test_a_probability_of_one_is_refused():
    with pytest.raises(InputError, match=r"0 or 1, to all digits, for 1 patient\(s\)"):
        estimate_score(*with_one_far_away(400))


def test_a_constant_covariate_is_named():
    treated, matrix = invented()
    matrix[:, 1] = 0.1  # its standard deviation is rounding, not zero

    with pytest.raises(InputError, match="covariates: b is the same in all patients"):
        estimate_score(treated, matrix, ["a", "b", "c"])


def test_collinear_covariates_are_named():
    treated, matrix = invented()
    matrix = np.column_stack([matrix, 1e6 + 3 * matrix[:, 0] - matrix[:, 2]])

    with pytest.raises(InputError, match="covariates: d follows from others"):
        estimate_score(treated, matrix, ["a", "b", "c", "d"])


def test_all_faults_are_in_one_message():
    treated, matrix = invented()
    same = np.full(len(treated), 5.0)
    matrix = np.column_stack([same, matrix, matrix[:, 1]])

    with pytest.raises(InputError) as caught:
        estimate_score(treated, matrix)
    assert str(caught.value) == (
        "propensity.covariates: column 1 is the same in all patients; "
        "column 5 follows from others; take it out"
    )


def test_every_level_of_a_category_beside_the_intercept_is_collinear():
    treated, matrix = invented()
    old = matrix[:, 0] > 0

    with pytest.raises(InputError, match="young follows from others"):
        estimate_score(treated, np.column_stack([old, ~old]) * 1.0, ["old", "young"])


def test_nearly_collinear_covariates_are_fitted():
    treated, matrix = invented()
    matrix[:, 2] = matrix[:, 0] + 1e-4 * matrix[:, 2]

    fit = estimate_score(treated, matrix)

    assert abs((treated - fit.probability).sum()) < 1e-9


MODEL = {"penalty": 1.0, "folds": None, "within": None, "seed": 1}


def test_script_writes_scores_and_coefficients(
    script, cohort, tmp_path, filled, everybody
):
    patients = filled(cohort("rotterdam"))
    names = ("patients", "arms", "scores", "coefficients")
    paths = [tmp_path / name for name in names]
    Patients.write(patients.sample(fraction=1, shuffle=True, seed=1), paths[0])
    Arms.write(everybody(patients, "unadjusted", "own"), paths[1])

    script("propensity/estimate_score").main(
        *paths,
        imputation="0",
        terms={"unadjusted": ["age", "grade"], "own": ["age"]},
        model={**MODEL, "method": "logistic"},
        endpoints=["os", "rfs"],
    )

    scores, coefficients = Scores.read(paths[2]), Coefficients.read(paths[3])
    assert set(scores["score"]) == {"unadjusted", "own"}
    assert set(scores["imputation"]) == {0}
    scores = scores.filter(score="unadjusted")
    coefficients = coefficients.filter(score="unadjusted")
    assert scores["patient_id"].to_list() == patients["patient_id"].to_list()
    assert scores["treated"].to_list() == patients["treated"].to_list()
    assert coefficients["term"].to_list() == ["(intercept)", "age", "grade=3"]
    matrix, _ = expand_terms(patients, ["age", "grade"])
    fit = estimate_score(patients["treated"].to_numpy(), matrix)
    np.testing.assert_allclose(scores["logit"], fit.logit, rtol=1e-12)
    np.testing.assert_allclose(coefficients["estimate"], fit.estimate, rtol=1e-12)


def test_score_of_a_landmark_is_of_who_is_in_and_in_the_arms_of_that_day(
    script, cohort, tmp_path, filled, everybody
):
    patients = filled(cohort("rotterdam")).sort("patient_id")
    landmark = everybody(patients.filter(pl.col("os_days") > 700), "own").with_columns(
        origin_days=700.0, entry_days=700.0, treated=pl.int_range(pl.len()) % 3 == 0
    )
    names = ("patients", "arms", "scores", "coefficients")
    paths = [tmp_path / name for name in names]
    Patients.write(patients, paths[0])
    Arms.write(landmark, paths[1])

    script("propensity/estimate_score").main(
        *paths,
        imputation="0",
        terms={"own": ["age"]},
        model={**MODEL, "method": "logistic"},
        endpoints=["os", "rfs"],
    )

    scores, by_id = Scores.read(paths[2]), landmark.sort("patient_id")
    assert 0 < scores.height < patients.height
    assert scores["patient_id"].equals(by_id["patient_id"])
    assert scores["treated"].equals(by_id["treated"])
