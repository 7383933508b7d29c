"""What leaves of the twins: performance alone, as it was, and safe in a spreadsheet."""

import polars as pl
import pytest

from twoarm.disclosure.twins import suppress_levels
from twoarm.tables.validation import Performance

ROW = {
    "scenario": "1",
    "n_patients": 128,
    "endpoint": "os",
    "design": "unadjusted",
    "measure": "hazard_ratio",
    "term": "treated",
    "truth": 0.0,
    "n_replicates": 3,
    "n_failed": 1,
    "mean": -0.5,
    "bias": -0.5,
    "reason": "+cmd|'/c calc'!A1",
}


def test_table_is_let_out_as_it_is(script, tmp_path):
    found = Performance.of([ROW, {**ROW, "scenario": "0.7"}])
    Performance.write(found, tmp_path / "performance.parquet")

    script("disclosure/suppress_twins").main(
        tmp_path / "performance.parquet", tmp_path / "twins.csv"
    )

    # Counts are of invented cohorts: small ones may be seen.
    told = Performance.read_csv(tmp_path / "twins.csv")
    assert told.equals(found.sort("scenario"))
    text = (tmp_path / "twins.csv").read_text(encoding="utf-8")
    assert "'+cmd" in text
    assert not {"patient_id", "index_date", "replicate"} & set(told.columns)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (None, None),
        ("an arm has nobody", "an arm has nobody"),
        (
            "no twin: fewer than 10 patients are treated",
            "no twin: fewer than 10 patients are treated",
        ),
        (
            "the covariates of the propensity score separate the arms: node=1",
            "the covariates separate the arms",
        ),
        (
            "analysis.cox.covariates: spread=1 is the same in all patients",
            "a covariate is the same in all patients",
        ),
        ("nobody has grade=3", "a level of a covariate is too rare"),
    ],
)
def test_reasons_name_no_level(reason, words):
    found = suppress_levels(Performance.of([{**ROW, "reason": reason}]))

    assert found["reason"].to_list() == [words]


def test_no_column_is_of_a_patient():
    """One row a design over all cohorts; a new column has to be thought about."""
    counts = {name for name in Performance.column_names() if name.startswith("n_")}
    assert counts == {"n_patients", "n_replicates", "n_failed"}
    assert pl.Date not in Performance.create_empty().schema.values()
