import polars as pl

from twoarm.clocks import spans_of


def test_same_times_after_different_starts_are_tied():
    # An event 0.1 days after each start; as floats the differences are not the same.
    patients = pl.DataFrame(
        {
            "patient_id": ["1", "2", "3"],
            "treated": [False] * 3,
            "treatment_days": pl.Series([None] * 3, dtype=pl.Float64),
            "os_days": [30.1, 60.1, 90.1],
            "os_event": [True] * 3,
        }
    )
    members = pl.DataFrame(
        {
            "patient_id": ["1", "2", "3"],
            "treated": [False] * 3,
            "origin_days": [30.0, 60.0, 90.0],
            "entry_days": [30.0, 60.0, 90.0],
            "exit_days": pl.Series([None] * 3, dtype=pl.Float64),
        }
    )
    assert 30.1 - 30 != 90.1 - 90
    ends = spans_of(patients, members, "os")["end"]
    assert ends.n_unique() == 1
