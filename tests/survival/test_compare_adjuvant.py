import polars as pl
import pytest

from twoarm.survival.adjuvant import compare_adjuvant
from twoarm.tables.cohort import Patients
from twoarm.tables.outcomes import Adjuvant, Outcomes
from twoarm.tables.survival import Effects


def operated(*rows):
    """Rows of (resumed, free, days from time zero, event); surgery is on day 10."""
    names = [f"p{place}" for place in range(len(rows))]
    adjuvant = Adjuvant.of(
        [
            {
                "patient_id": name,
                "surgery_days": 10.0,
                "resumed_days": row[0],
                "free_days": row[1],
            }
            for name, row in zip(names, rows, strict=True)
        ]
    )
    outcomes = [
        {"patient_id": name, "endpoint": "os", "start_days": 0.0, "days": row[2],
         "event": row[3], "competing": False}
        for name, row in zip(names, rows, strict=True)
    ]  # fmt: skip
    outcomes += [
        {**row, "endpoint": "rfs", "start_days": 10.0, "days": row["days"] - 10}
        for row in outcomes
    ]
    patients = pl.DataFrame({"patient_id": names, "treated": True}).with_columns(
        age=pl.int_range(pl.len()).cast(float) % 3,
        treatment_days=pl.lit(10.0),
        index_date=pl.lit(None, pl.Date),
        first_dose_days=pl.lit(None, pl.Float64),
    )
    return patients, adjuvant, Outcomes.of(outcomes)


def compare(*rows, covariates=(), landmark=60.0, tables=None):
    found = compare_adjuvant(
        *(tables or operated(*rows)),
        landmark_days=landmark,
        covariates=list(covariates),
        horizons_months=[1],
        confidence=0.95,
    )
    table = Effects.of([{**row, "design": "resumed_60"} for row in found])
    return {
        (row["endpoint"], row["measure"], row["term"]): row
        for row in Effects.check(table).iter_rows(named=True)
    }


ROWS = [
    (30.0, 500.0, 600.0, True),  # resumed in time
    (59.0, 400.0, 300.0, True),
    (60.0, 400.0, 500.0, False),  # on the day itself: resumed
    (61.0, 400.0, 200.0, True),  # later: not resumed by then
    (None, 300.0, 150.0, True),
    (None, 200.0, 400.0, False),
    (30.0, 60.0, 700.0, True),  # recurred on the day: out
    (None, 20.0, 900.0, True),  # recurred before: out
    (None, 100.0, 70.0, False),  # followed to the landmark and not beyond: out
]


def test_who_is_in_and_on_which_side():
    row = compare(*ROWS)["os", "hazard_ratio", "resumed"]

    counts = [row[f"{what}_{arm}"] for what in ("n", "events")
              for arm in ("treated", "control")]  # fmt: skip
    assert counts == [3, 3, 2, 2]
    assert row["method"].endswith("; from day 60 after surgery")


def test_clock_starts_at_the_landmark_whatever_the_endpoint_counts_from():
    found = compare(*ROWS)

    for measure in ("hazard_ratio", "logrank"):
        one, other = (found[end, measure, "resumed"] for end in ("os", "rfs"))
        assert one["estimate"] == other["estimate"]
    # of those not resumed one had the event 80, one 130 days after the landmark
    median = found["os", "median", "Not resumed"]
    assert median["estimate"] == pytest.approx(130 / 30.4375)


def test_time_before_the_landmark_is_given_to_nobody():
    """Who must live to resume does not look better for that."""
    late = [(50.0, 1000.0, 80.0 + 10 * k, True) for k in range(20)]
    never = [(None, 1000.0, 80.0 + 10 * k, True) for k in range(20)]
    early_deaths = [(None, 10.0 + k, 20.0 + k, True) for k in range(20)]

    row = compare(*late, *never, *early_deaths)["os", "hazard_ratio", "resumed"]

    assert row["estimate"] == pytest.approx(1.0, abs=1e-9)


def test_competing_endpoints_are_left_out():
    patients, adjuvant, outcomes = operated(*ROWS)
    ends = (pl.col("endpoint") == "rfs") & (pl.col("patient_id") == "p8")
    changed = outcomes.with_columns(competing=ends)

    found = compare(tables=(patients, adjuvant, changed))

    assert {endpoint for endpoint, *_ in found} == {"os"}


def test_nobody_resumed_is_said():
    rows = [(None, *rest) for _, *rest in ROWS]

    row = compare(*rows)["os", "hazard_ratio", "resumed"]

    assert row["estimate"] is None
    assert row["method"].startswith("not estimable: an arm has no patient")


def test_covariates_stand_beside_it_and_faulty_ones_are_said():
    rows = [(30.0 if k % 2 else None, 900.0, 100.0 + 13 * k, k % 5 > 0)
            for k in range(40)]  # fmt: skip
    patients, adjuvant, outcomes = operated(*rows)

    crude = compare(*rows)["os", "hazard_ratio", "resumed"]
    beside = compare(*rows, covariates=["age"])[
        "os", "hazard_ratio", "resumed_adjusted"
    ]
    same = (patients.with_columns(age=1.0), adjuvant, outcomes)
    faulty = compare(tables=same, covariates=["age"])

    assert beside["estimate"] != crude["estimate"]
    assert "events a term" in beside["method"]
    row = faulty["os", "hazard_ratio", "resumed_adjusted"]
    assert row["estimate"] is None
    assert "age is the same in all patients" in row["method"]


def test_script_writes_each_landmark(script, tmp_path):
    patients, adjuvant, outcomes = operated(*ROWS)
    Patients.write(patients, tmp_path / "patients.parquet")
    Adjuvant.write(adjuvant, tmp_path / "adjuvant.parquet")
    Outcomes.write(outcomes, tmp_path / "outcomes.parquet")

    script("survival/compare_adjuvant").main(
        [tmp_path / "patients.parquet"],
        tmp_path / "adjuvant.parquet",
        tmp_path / "outcomes.parquet",
        tmp_path / "effects.parquet",
        settings={"landmark_days": [60.0, 90.0], "covariates": []},
        horizons=None,
        confidence=0.95,
    )

    found = Effects.read(tmp_path / "effects.parquet")
    assert set(found["design"]) == {"resumed_60", "resumed_90"}
    assert not found["term"].str.starts_with("treated").any()
