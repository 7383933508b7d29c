import numpy as np
import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.formula import KNOTS, expand_formula, expand_spline, names_of, parse_term
from twoarm.propensity.score import estimate_score
from twoarm.terms import expand_terms

PATIENTS = pl.DataFrame(
    {
        "age": [50.0, 60.0, 70.0, 80.0],
        "dose": [1.0, 2.0, 3.0, 5.0],
        "sex": pl.Series(["f", "m", "f", "m"], dtype=pl.Enum(["f", "m"])),
        "grade": pl.Series(["1", "2", "3", "3"], dtype=pl.Enum(["1", "2", "3"])),
    }
)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("age", ["age"]),
        ("age^2", ["age^2"]),
        ("age : sex", ["age:sex=m"]),
        ("age*sex", ["age", "sex=m", "age:sex=m"]),
        ("grade:sex", ["grade=2:sex=m", "grade=3:sex=m"]),
        ("spline(age,3):sex", ["age:sex=m", "age':sex=m"]),
    ],
)
def test_columns_of_a_term(term, names):
    matrix, found = expand_formula(PATIENTS, [term])

    assert found == names
    assert matrix.shape == (4, len(names))


def test_products_are_products():
    matrix, _ = expand_formula(PATIENTS, ["age*grade", "age^2"])

    age, grade = PATIENTS["age"].to_numpy(), PATIENTS["grade"].to_list()
    third = np.array([each == "3" for each in grade], float)
    np.testing.assert_array_equal(matrix[:, 0], age)
    np.testing.assert_array_equal(matrix[:, 4], age * third)
    np.testing.assert_array_equal(matrix[:, 5], age**2)


def test_plain_terms_are_those_of_the_covariates():
    names = ["age", "dose", "sex", "grade"]

    matrix, found = expand_formula(PATIENTS, names)

    plain, terms = expand_terms(PATIENTS, names)
    np.testing.assert_array_equal(matrix, plain)
    assert found == [term.name for term in terms]


def test_a_product_that_stands_twice_counts_once():
    _, names = expand_formula(PATIENTS, ["age", "sex", "age*sex", "age:sex"])

    assert names == ["age", "sex=m", "age:sex=m"]


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("age +", "cannot read 'age +'"),
        ("log(age)", "cannot read 'log(age)'"),
        ("__import__('os')", "cannot read"),
        ("spline(age, 2)", "3 to 7 knots"),
        ("spline(age, 8)", "3 to 7 knots"),
        ("age*sex*grade", "joins two covariates"),
        ("", "cannot read ''"),
        ("age^3", "cannot read 'age^3'"),
    ],
)
def test_what_cannot_be_read_is_told(term, told):
    with pytest.raises(InputError, match="term") as error:
        parse_term(term)

    assert told in str(error.value)


def test_levels_have_no_square_and_no_spline():
    for term in ("sex^2", "spline(grade, 3)"):
        with pytest.raises(InputError, match="has levels"):
            expand_formula(PATIENTS, [term])


def test_a_spline_needs_values_for_its_knots():
    few = PATIENTS.with_columns(dose=pl.Series([1.0, 1.0, 1.0, 2.0]))

    with pytest.raises(InputError, match="dose has too few values for 5 knots"):
        expand_formula(few, ["spline(dose, 5)"])


def test_names_of_a_term_are_its_covariates():
    assert names_of("spline(age, 4):sex") == ["age", "sex"]
    assert names_of("age*age") == ["age"]


def test_spline_by_hand():
    # knots 0, 1, 3: at x = 2 the bend is (8 - 1 * 3/2 + 0) / 9; at 4 it is
    # (64 - 27 * 3/2 + 1 * 1/2) / 9.
    found = expand_spline(np.array([-1.0, 2.0, 4.0]), np.array([0.0, 1.0, 3.0]))

    expected = [[-1, 0], [2, (8 - 1.5) / 9], [4, (64 - 27 * 1.5 + 0.5) / 9]]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("knots", KNOTS)
def test_a_spline_is_linear_beyond_its_knots(knots):
    places = np.linspace(10.0, 20.0, knots)
    outside = np.array([0.0, 1.0, 2.0, 30.0, 31.0, 32.0])

    found = expand_spline(outside, places)

    bends = np.diff(found.reshape(2, 3, -1), n=2, axis=1)
    np.testing.assert_allclose(bends, 0, atol=1e-11)
    assert found.shape == (6, knots - 1)


def test_logits_with_a_spline_are_rs(rotterdam, oracle):
    """R: glm(hormon ~ ns(age, knots, Boundary.knots) + nodes), the same knots."""
    patients = rotterdam.select(pl.col("age", "nodes").cast(float), "hormon")
    matrix, _ = expand_formula(patients, ["spline(age, 4)", "nodes"])
    treated = (patients["hormon"] == 1).to_numpy()

    fit = estimate_score(treated, matrix)

    expected = oracle("formula")
    np.testing.assert_allclose(fit.logit[:20], expected["logits"], rtol=1e-7)
    assert np.quantile(patients["age"], KNOTS[4]).tolist() == expected["knots"]
