import polars as pl
import pytest

from twoarm.disclosure.clones import suppress_windows
from twoarm.tables.propensity import Windows


def windows(n_patients, n_treated):
    row = {"design": "sequential", "n_windows": 14, "n_trials": 9}
    counts = {"n_patients": n_patients, "n_treated": n_treated, "n_entries": 300}
    return Windows.of([{**row, **counts}])


@pytest.mark.parametrize(
    ("patients", "treated", "shown"),
    [(60, 20, True), (60, 4, False), (24, 20, False), (25, 20, True)],
)
def test_counts_of_few_are_blank(patients, treated, shown):
    row = suppress_windows(windows(patients, treated), minimum_count=5).row(0)

    assert row[:3] == ("sequential", 14, 9)
    assert row[3:] == ((patients, treated, 300) if shown else (None,) * 3)


def test_script_writes_what_may_leave(script, tmp_path):
    Windows.write(windows(60, 20), tmp_path / "windows")

    script("disclosure/suppress_trials").main(
        [tmp_path / "windows"], tmp_path / "windows.csv", minimum_count=5
    )

    assert pl.read_csv(tmp_path / "windows.csv")["n_trials"].to_list() == [9]
