import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.cohort.imputed_values import assess_imputation, round_edges
from twoarm.tables.cohort import ImputedValues, Patients

STAGE = pl.Enum(["late", "early"])
AGES = [31.0, 39.5, 52.0, None, None, 40.0]
STAGES = ["late", "early", "early", "early", None, "late"]


def patients_of(ages=AGES, stages=STAGES):
    n = len(ages)
    return pl.DataFrame(
        {
            "patient_id": [f"P{k}" for k in range(n)],
            "treated": [k % 2 == 0 for k in range(n)],
            "treatment_days": pl.Series([None] * n, dtype=pl.Float64),
            "index_date": pl.Series([None] * n, dtype=pl.Date),
            "first_dose_days": pl.Series([None] * n, dtype=pl.Float64),
            "age": pl.Series(ages, dtype=pl.Float64),
            "stage": pl.Series(stages, dtype=STAGE),
            "full": pl.Series([1.0] * n),
        }
    )


def fill(ages, stage):
    return patients_of([*AGES[:3], *ages, AGES[5]], [*STAGES[:4], stage, STAGES[5]])


NAMES = ["age", "stage", "full"]
SETS = [fill([31.0, 52.0], "late"), fill([40.0, 40.0], "early")]


def test_values_are_counted_by_bin_and_level():
    table = ImputedValues.check(
        assess_imputation(patients_of(), SETS, covariates=NAMES)
    )

    assert set(table["covariate"]) == {"age", "stage"}  # `full` has no gap
    stage = table.filter(covariate="stage").sort("imputation", "bin")
    assert stage["level"].to_list() == ["late", "early"] * 2
    assert stage["n_observed"].to_list() == [2, 3] * 2
    assert stage["n_imputed"].to_list() == [1, 0, 0, 1]
    assert stage["share_observed"].to_list() == [0.4, 0.6] * 2
    age = table.filter(covariate="age")
    # 31 to 52 in 20 parts of about 1: of 2, since 1 is less than 21/20.
    assert (age["low"].min(), age["high"].max()) == (30.0, 54.0)
    assert set(age["high"] - age["low"]) == {2.0}
    for number, expected in ((1, {30.0: 1, 52.0: 1}), (2, {40.0: 2})):
        drawn = age.filter(pl.col("n_imputed") > 0, imputation=number)
        assert dict(drawn.select("low", "n_imputed").iter_rows()) == expected
    seen = age.filter(pl.col("n_observed") > 0, imputation=1)
    expected = {30.0: 1, 38.0: 1, 40.0: 1, 52.0: 1}
    assert dict(seen.select("low", "n_observed").iter_rows()) == expected


def test_whole_numbers_have_bins_of_their_own():
    scores = [5.0, 6.0, 9.0, None, None, 7.0]
    filled = patients_of([5.0, 6.0, 9.0, 5.0, 7.0, 7.0])

    table = assess_imputation(patients_of(scores), [filled], covariates=["age"])

    assert table["low"].to_list() == [5, 6, 7, 8, 9]
    assert table["n_observed"].to_list() == [1, 1, 1, 0, 1]
    assert table["n_imputed"].to_list() == [1, 0, 1, 0, 0]


@given(st.permutations(range(6)))
def test_order_of_rows_does_not_matter(order):
    rows = list(order)

    found = assess_imputation(
        patients_of()[rows], [each[rows] for each in SETS], covariates=NAMES
    )

    expected = assess_imputation(patients_of(), SETS, covariates=NAMES)
    assert found.equals(expected)


@given(
    st.floats(-1e6, 1e6),
    st.floats(0, 1e6).filter(lambda x: x == 0 or x > 1e-3),
    st.integers(2, 40),
)
def test_round_edges_hold_the_range_and_are_not_far_more_than_asked(low, span, bins):
    edges = round_edges(low, low + span, bins)

    assert edges[0] <= low + 1e-9
    assert edges[-1] > low + span - 1e-9
    assert 2 <= len(edges) <= bins + 3
    widths = np.diff(edges)
    assert widths == pytest.approx(widths[0], rel=1e-6)


def test_script_reads_every_data_set(script, tmp_path):
    paths = []
    for k, each in enumerate([patients_of(), *SETS]):
        paths.append(tmp_path / f"{k}.parquet")
        Patients.write(each, paths[-1])

    script("cohort/assess_imputation").main(
        paths[0], paths[1:], tmp_path / "values.parquet", covariates=NAMES
    )

    table = ImputedValues.read(tmp_path / "values.parquet")
    assert set(table["imputation"]) == {1, 2}
