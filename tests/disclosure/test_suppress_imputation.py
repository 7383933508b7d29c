import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from twoarm.disclosure.imputation import suppress_traces, suppress_values
from twoarm.tables.cohort import ImputedValues, Trace


def values_of(observed, imputed, *, levels=None, name="age", imputation=1):
    rows = []
    for k, (seen, drawn) in enumerate(zip(observed, imputed, strict=True)):
        place = {"low": float(k), "high": float(k + 1)}
        rows.append(
            {
                "covariate": name,
                "bin": k + 1,
                "imputation": imputation,
                **({"level": levels[k]} if levels else place),
                "n_observed": seen,
                "n_imputed": drawn,
                "share_observed": seen / max(sum(observed), 1),
                "share_imputed": drawn / max(sum(imputed), 1),
            }
        )
    return ImputedValues.of(rows)


def suppress(values, fewest=5):
    return suppress_values(values, minimum_count=fewest)


def test_bins_of_few_join_their_neighbours():
    found = suppress(values_of([9, 0, 2, 3, 6], [1, 0, 2, 0, 7]))

    assert found.columns == [
        name for name in ImputedValues.columns() if not name.startswith("n_")
    ]
    ends = found.select("bin", "low", "high").rows()
    assert ends == [(1, 0, 1), (2, 1, 2), (3, 2, 4), (4, 4, 5)]
    assert found["share_observed"].to_list() == [9 / 20, 0, 5 / 20, 6 / 20]
    assert found["share_imputed"].to_list() == [0.1, 0, 0.2, 0.7]


def test_a_last_bin_of_few_joins_those_before():
    found = suppress(values_of([9, 6, 0, 2], [5, 5, 0, 0]))

    assert found.select("low", "high").rows() == [(0, 1), (1, 4)]


def test_covariate_with_a_small_level_or_few_values_is_left_out():
    parts = [
        values_of([9, 4], [5, 5], levels=["f", "m"], name="sex"),
        values_of([9, 0], [5, 5], levels=["1", "2"], name="grade"),
        values_of([9, 9], [2, 2], name="few_imputed"),
        values_of([2, 2], [9, 9], name="few_observed"),
    ]

    found = suppress(pl.concat(parts))

    assert set(found["covariate"]) == {"grade"}
    assert set(suppress(pl.concat(parts), 1)["covariate"]) == {
        "sex",
        "grade",
        "few_imputed",
        "few_observed",
    }


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=15),
    st.integers(1, 8),
)
def test_no_bin_tells_of_few_and_no_share_is_lost(observed, fewest):
    values = values_of(observed, [3] * len(observed))

    found = suppress(values, fewest)

    if min(sum(observed), 3 * len(observed)) < fewest:
        assert found.is_empty()
        return
    counts = (found["share_observed"] * sum(observed)).round().to_list()
    assert not any(0 < count < fewest for count in counts)
    assert sum(counts) == sum(observed)
    assert found["low"].to_list()[1:] == found["high"].to_list()[:-1]


def trace_of(name, imputation=1):
    return {"imputation": imputation, "iteration": 1, "covariate": name, "mean": 1.0}


def test_traces_of_few_draws_are_left_out(script, tmp_path):
    values = pl.concat(
        [values_of([9], [4], name="few"), values_of([9], [5], name="enough")]
    )
    traces = Trace.of([trace_of("few"), trace_of("enough")])

    found = suppress_traces(traces, values, minimum_count=5)

    assert found["covariate"].to_list() == ["enough"]
    ImputedValues.write(values, tmp_path / "values.parquet")
    Trace.write(traces, tmp_path / "trace.parquet")
    tables = [tmp_path / "values.csv", tmp_path / "traces.csv"]
    script("disclosure/suppress_imputation").main(
        tmp_path / "values.parquet",
        [tmp_path / "trace.parquet"],
        tables,
        minimum_count=5,
    )
    for contract, path in zip((ImputedValues, Trace), tables, strict=True):
        assert contract.read_csv(path)["covariate"].to_list() == ["enough"]
