import numpy as np
import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.terms import Term, check_terms, expand_terms

PATIENTS = pl.DataFrame(
    {
        "age": [50.0, 60.0, 70.0, 80.0],
        "grade": pl.Series(["b", "c", "a", "c"], dtype=pl.Enum(["a", "b", "c"])),
        "sex": pl.Series(["m", "f", "m", "f"], dtype=pl.Enum(["m", "f"])),
    }
)


def test_a_model_has_every_level_but_the_first():
    matrix, terms = expand_terms(PATIENTS, ["sex", "age", "grade"])

    assert [term.name for term in terms] == ["sex=f", "age", "grade=b", "grade=c"]
    assert matrix.T.tolist() == [
        [0, 1, 0, 1],
        [50, 60, 70, 80],
        [1, 0, 0, 0],
        [0, 1, 0, 1],
    ]


def test_a_table_has_every_level_of_more_than_two():
    matrix, terms = expand_terms(PATIENTS, ["grade", "sex"], full=True)

    levels = [Term("grade", each) for each in "abc"]
    assert terms == [*levels, Term("sex", "f")]
    assert matrix[:, :3].sum(axis=1).tolist() == [1] * 4


def test_no_covariates_give_no_columns():
    matrix, terms = expand_terms(PATIENTS, [])

    assert matrix.shape == (4, 0)
    assert terms == []


def test_columns_that_say_something_pass():
    check_terms(np.array([[1.0, 0.0], [2.0, 1.0], [4.0, 0.0]]), ["a", "b"], "model")
    check_terms(np.empty((3, 0)), [], "model")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_combination_is_found_whatever_its_size(scale):
    columns = np.random.default_rng(0).normal(size=(50, 3))
    combined = scale * (columns[:, 0] - 2 * columns[:, 2]) + 1e6 * scale

    with pytest.raises(InputError, match="model: d follows from others; take it out"):
        check_terms(np.column_stack([columns, combined]), list("abcd"), "model")
    check_terms(columns * [scale, 1, 1], list("abc"), "model")


def test_more_columns_than_patients_are_combinations():
    columns = np.random.default_rng(0).normal(size=(3, 4))

    with pytest.raises(InputError, match="c follows from others; d follows"):
        check_terms(columns, list("abcd"), "model")
