import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.coarsened import derive_bins, match_coarsened
from twoarm.propensity.sets import check_sets, weight_sets

AGES = np.array([20.0, 30.0, 39.9, 40.0, 60.0])


def test_bins_of_equal_width():
    assert derive_bins(AGES, bins=2).tolist() == [0, 0, 0, 1, 1]
    assert derive_bins(AGES, bins=1).tolist() == [0] * 5
    assert derive_bins(AGES, bins=4).tolist() == [0, 1, 1, 2, 3]


def test_a_cut_belongs_to_the_bin_above_it():
    assert derive_bins(AGES, bins=[30.0, 60.0]).tolist() == [0, 1, 1, 1, 2]
    assert derive_bins(AGES, bins=[60.0, 30.0]).tolist() == [0, 1, 1, 1, 2]


def test_sturges_rule_is_the_usual_one():
    # 1 + log2(5) rounded up is 4 bins
    np.testing.assert_array_equal(derive_bins(AGES), derive_bins(AGES, bins=4))


def test_a_constant_is_one_bin():
    assert len(set(derive_bins(np.full(9, 3.0)))) == 1


def test_sets_agree_in_all_columns_by_hand():
    sex = np.array([0, 0, 0, 1, 1, 1])
    age = np.array([1, 1, 2, 1, 1, 1])
    treated = np.array([True, False, False, False, True, True])

    found = match_coarsened([sex, age], treated)

    # row 2 agrees with nobody
    assert found.row.tolist() == [0, 1, 3, 4, 5]
    assert found.set_number.tolist() == [0, 0, 1, 1, 1]
    weight = weight_sets(found, treated, estimand="ATT")
    np.testing.assert_allclose(weight, [1, 2 / 3, 0, 4 / 3, 1, 1])


cells = st.tuples(st.integers(0, 2), st.integers(0, 1), st.booleans())


@given(st.lists(cells, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_sets_are_those_of_the_cells_with_both_arms(rows, random):
    one, two, arm = (np.array(each) for each in zip(*rows, strict=True))
    treated = arm.astype(bool)

    found = match_coarsened([one, two], treated)

    cell = one * 10 + two
    both = set(cell[treated]) & set(cell[~treated])
    assert set(found.row.tolist()) == set(np.flatnonzero(np.isin(cell, list(both))))
    check_sets(found, treated, strata=cell)
    order = list(range(len(rows)))
    random.shuffle(order)
    again = match_coarsened([one[order], two[order]], treated[order])
    assert set(np.array(order)[again.row].tolist()) == set(found.row.tolist())


@pytest.mark.parametrize("arm", [True, False])
def test_one_arm_has_no_sets(arm):
    assert len(match_coarsened([np.zeros(4, int)], np.full(4, arm)).row) == 0


@pytest.mark.parametrize("cuts", ["default", "number", "cuts"])
def test_sets_and_weights_are_rs(lalonde, oracle, cuts):
    expected = oracle("coarsened")
    bins = {
        "default": {"age": None, "educ": None, "re74": None},
        "number": {"age": 4, "educ": 5, "re74": 3},
        "cuts": {"age": [25, 20, 35], "educ": [8, 12], "re74": [1, 5000]},
    }[cuts]
    columns = [
        derive_bins(lalonde[name].to_numpy().astype(float), bins=each)
        for name, each in bins.items()
    ]
    race = lalonde["race"].rank("dense").to_numpy()
    treated = lalonde["treat"].to_numpy() == 1

    found = match_coarsened([*columns, race], treated)

    weight = weight_sets(found, treated, estimand="ATT")
    check_sets(found, treated, weight=weight)
    of_control = weight[~treated & (weight > 0)]
    age = lalonde["age"].to_numpy()
    wanted = expected[cuts]
    assert [len(set(each)) for each in columns] == wanted["occupied"]
    assert found.set_number.max() + 1 == wanted["sets"]
    assert (treated & (weight > 0)).sum() == wanted["treated"]
    assert len(of_control) == wanted["controls"]
    assert of_control.sum() ** 2 / (of_control**2).sum() == pytest.approx(
        wanted["ess_controls"], rel=1e-9
    )
    assert np.average(age[~treated], weights=weight[~treated]) == pytest.approx(
        wanted["age_of_controls"], rel=1e-9
    )
