import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from twoarm.disclosure.clones import suppress_carried, suppress_truncations
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.propensity import Carried
from twoarm.tables.survival import Truncations


def truncations(*numbers):
    """Rows of effective numbers of the treated and the controls."""
    return Truncations.of(
        [
            {
                "endpoint": "os", "design": "cloned", "truncate": f"0 to {place}",
                "hazard_ratio": 0.5, "rmst_difference": 1.0, "largest_weight": 9.0,
                "effective_n_treated": treated, "effective_n_control": control,
            }
            for place, (treated, control) in enumerate(numbers)
        ]
    )  # fmt: skip


def test_what_rests_on_few_is_blank():
    found = suppress_truncations(
        truncations((9.0, 9.0), (4.9, 9.0), (9.0, 4.0)), minimum_count=5
    )

    assert found["truncate"].null_count() == 0
    shown = found.select("hazard_ratio", "effective_n_treated", "largest_weight")
    assert shown.rows() == [(0.5, 9.0, 9.0), (None,) * 3, (None,) * 3]


def carried(total, old):
    row = {"design": "cloned", "covariate": "size", "n_intervals": total}
    ages = {"median_days": 3.0, "largest_days": 9.0, "stale_days": 5.0}
    return Carried.of([{**row, **ages, "n_stale": old}])


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 10))
def test_no_small_count_is_shown_or_can_be_told(total, old, fewest):
    old = min(total, old)

    row = suppress_carried(carried(total, old), minimum_count=fewest).row(0, named=True)

    assert row["n_intervals"] in (total, None)
    if row["n_intervals"] is None:
        assert total < fewest
        assert row["n_stale"] is row["largest_days"] is None
    if row["n_stale"] is not None:
        for count in (old, total - old):
            assert count == 0 or count >= fewest


def test_script_writes_what_may_leave(script, tmp_path):
    Truncations.write(truncations((9.0, 9.0)), tmp_path / "truncations")
    Carried.write(carried(50, 10), tmp_path / "carried")
    ClonesOverTime.write(ClonesOverTime.of([]), tmp_path / "clones")

    script("disclosure/suppress_clones").main(
        tmp_path / "truncations", [tmp_path / "carried"], tmp_path / "clones",
        tmp_path / "t.csv", tmp_path / "c.csv", tmp_path / "o.csv", minimum_count=5,
    )  # fmt: skip

    assert Truncations.read_csv(tmp_path / "t.csv")["hazard_ratio"].to_list() == [0.5]
    assert pl.read_csv(tmp_path / "c.csv")["n_stale"].to_list() == [10]
