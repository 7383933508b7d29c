from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.disclosure.clones import (
    suppress_carried,
    suppress_clones,
    suppress_truncations,
)
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


def clones(*days):
    """Rows of at risk, censored and events; the rest was lost."""
    return ClonesOverTime.check(
        ClonesOverTime.of(
            [
                {"endpoint": "os", "design": "cloned", "arm": "A", "days": 30.0 * place,
                 "grace_days": 90.0, "n_at_risk": at_risk, "n_censored": censored,
                 "n_event": events, "n_late": 0, "n_barred": 0, "effective_n": 9.0,
                 "largest_share": 0.1, "largest_weight": 2.0}
                for place, (at_risk, censored, events) in enumerate(days)
            ]
        )
    )  # fmt: skip


def test_day_is_told_if_no_few_left_since_the_last_that_is():
    days = [(60, 0, 0), (50, 10, 0), (48, 10, 2), (45, 10, 5), (45, 10, 5), (38, 10, 9)]
    found = suppress_clones(clones(*days), minimum_mark=5)

    # On the last day three are lost, beside four events: seven, who are not told apart.
    assert found["n_at_risk"].to_list() == [60, 50, None, 45, 45, 38]
    assert found["n_event"].to_list() == [0, 0, None, 5, 5, None]
    assert found["effective_n"].null_count() == found["largest_share"].null_count() == 1
    assert found["largest_weight"].null_count() == 0
    assert suppress_clones(clones(*days), minimum_mark=1).equals(clones(*days))


@given(
    st.lists(st.tuples(*[st.integers(0, 7)] * 3), min_size=1, max_size=12),
    st.integers(2, 8),
)
@settings(max_examples=60, deadline=None)
def test_no_two_days_differ_by_a_small_count(leaving, mark):
    gone = np.cumsum([(0, 0, 0), *leaving], axis=0)
    n = int(gone[-1].sum()) + 3
    rows = clones(*((n - int(each.sum()), *map(int, each[:2])) for each in gone))

    found = suppress_clones(rows, minimum_mark=mark).drop_nulls("n_at_risk")

    counts = found.select("n_at_risk", "n_censored", "n_event").rows()
    told = [(censored, n - left - censored) for left, censored, _ in counts]
    events = [(e, n - left - c - e) for left, c, e in counts if e is not None]
    for rows_told in (told, events):
        for before, after in pairwise([(0, 0), *rows_told]):
            steps = [b - a for a, b in zip(before, after, strict=True)]
            assert all(step == 0 or step >= mark for step in steps)
    assert all(left >= mark for left in found["n_at_risk"])


def test_script_writes_what_may_leave(script, tmp_path):
    Truncations.write(truncations((9.0, 9.0)), tmp_path / "truncations")
    Carried.write(carried(50, 10), tmp_path / "carried")
    ClonesOverTime.write(ClonesOverTime.of([]), tmp_path / "clones")

    script("disclosure/suppress_clones").main(
        tmp_path / "truncations", [tmp_path / "carried"], tmp_path / "clones",
        tmp_path / "t.csv", tmp_path / "c.csv", tmp_path / "o.csv", minimum_count=5,
        minimum_mark=5,
    )  # fmt: skip

    assert Truncations.read_csv(tmp_path / "t.csv")["hazard_ratio"].to_list() == [0.5]
    assert pl.read_csv(tmp_path / "c.csv")["n_stale"].to_list() == [10]
