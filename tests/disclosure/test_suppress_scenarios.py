"""What leaves of the scenarios: performance alone, as it was."""

from twoarm.tables.validation import Performance

ROW = {
    "scenario": "null",
    "n_patients": 500,
    "endpoint": "os",
    "design": "unadjusted",
    "measure": "hazard_ratio",
    "term": "treated",
    "truth": 0.0,
    "n_replicates": 3,
    "n_failed": 1,
    "bias": -0.5,
    "reason": "=1+1",
}


def test_table_is_let_out_as_it_is(script, tmp_path):
    found = Performance.of([{**ROW, "scenario": "moderate"}, ROW])
    Performance.write(found, tmp_path / "performance.parquet")

    script("disclosure/suppress_scenarios").main(
        tmp_path / "performance.parquet", tmp_path / "performance.csv"
    )

    assert Performance.read_csv(tmp_path / "performance.csv").equals(found)
    assert "'=1+1" in (tmp_path / "performance.csv").read_text(encoding="utf-8")
