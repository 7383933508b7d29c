import numpy as np
import polars as pl
import pytest

from twoarm.clocks import spans_of
from twoarm.cohort.arms import derive_arms
from twoarm.cohort.audit import assess_immortal_time
from twoarm.errors import InputError
from twoarm.propensity.cloned import clone_design, refit_cloned, weight_cloned
from twoarm.propensity.designs import design_of_clones
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects
from twoarm.survival.resampling import bootstrap_clones
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Clones

DESIGN = {
    "method": "cloning", "estimand": "ATE", "covariates": ["age"], "grace_days": 30.0,
    "model": "two_part", "interval_days": 7.0, "penalty": 0.0, "stabilised": False,
    "truncate": None, "cap": None,
}  # fmt: skip
LABELS = {"treated": "Surgery", "control": "No surgery"}
HOW = {"horizons_months": [3.0, 6.0], "rmst_months": 6.0, "confidence": 0.95}


def cohort(n=120, seed=1):
    """Patients of whom older ones wait longer and die sooner; whole days."""
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 10, n).round(1)
    wait = np.ceil(rng.exponential(40 * np.exp((age - 60) / 20)))
    ends = np.ceil(rng.exponential(250 * np.exp((60 - age) / 20))) + 1
    barred = np.minimum(ends, np.ceil(rng.exponential(300, n)) + 1)
    return pl.DataFrame(
        {
            "patient_id": [f"p{k:04d}" for k in range(n)],
            "treated": wait <= barred,
            "treatment_days": np.where(wait <= barred, wait, np.nan),
            "index_date": pl.Series([None] * n, dtype=pl.Date),
            "first_dose_days": pl.Series([None] * n, dtype=pl.Float64),
            "os_days": np.minimum(ends, 400.0),
            "os_event": ends <= 400,
            "pfs_days": np.minimum(barred, 400.0),
            "pfs_event": barred <= 400,
            "age": age,
        }
    ).with_columns(pl.col("treatment_days").fill_nan(None))


def members_of(patients, design=DESIGN):
    copies = clone_design(patients, design, ["os", "pfs"], "cloned")
    rows = weight_cloned(patients, copies, design, "cloned")
    table = Clones.check(rows.select(Clones.column_names()))
    return design_of_clones("cloned", table)


def test_script_writes_what_the_contract_asks(script, tmp_path):
    Patients.write(cohort(), tmp_path / "patients")

    script("propensity/weight_clones").main(
        tmp_path / "patients", tmp_path / "clones", cloned={"cloned": DESIGN},
        endpoints=["os", "pfs"],
    )  # fmt: skip

    clones = Clones.read(tmp_path / "clones")
    assert clones["design"].unique().to_list() == ["cloned"]
    first = clones.filter(pl.col("entry_days") == 0)
    assert (first["weight"] >= 1).all()
    assert first.filter("treated")["weight"].to_list() == [1.0] * 120


def test_without_a_cloned_design_the_table_is_empty(script, tmp_path):
    Patients.write(cohort(), tmp_path / "patients")

    script("propensity/weight_clones").main(
        tmp_path / "patients", tmp_path / "clones", cloned={}, endpoints=["os"]
    )

    assert Clones.read(tmp_path / "clones").is_empty()


def test_clones_are_followed_as_the_arms_say():
    patients = cohort()
    clocks = {"cloned": {"clock": "cloning", "grace_days": 30.0}}
    arms = derive_arms(patients, clocks, ["os", "pfs"])
    members = members_of(patients)

    ends = [
        spans_of(patients, rows, "os")
        .group_by("patient_id", "treated")
        .agg(pl.col("start").min(), pl.col("end").max(), pl.col("event").any())
        .sort("patient_id", "treated")
        for rows in (arms, members)
    ]

    assert ends[0].equals(ends[1])
    person_days = spans_of(patients, members, "os")
    assert (person_days["end"] > person_days["start"]).all()


def test_the_audit_calls_clones_sound():
    patients = cohort()
    clocks = {
        "unadjusted": {"clock": "ever"},
        "cloned": {"clock": "cloning", "grace_days": 30.0},
    }
    arms = derive_arms(patients, clocks, ["os", "pfs"])

    found = assess_immortal_time(
        patients, arms, endpoints=["os", "pfs"], labels=LABELS, covariates={}
    )

    verdicts = dict(found.select("design", "verdict").unique().iter_rows())
    assert verdicts == {"cloned": "sound", "unadjusted": "biased: immortal time"}
    # A clone that is put in the treated arm alone has immortal time again.
    alone = arms.filter(design="cloned").filter("treated")
    wrong = assess_immortal_time(
        patients, alone, endpoints=["os"], labels=LABELS, covariates={}
    )
    assert wrong["verdict"].unique().to_list() == ["biased: immortal time"]


def test_estimates_are_those_of_the_bootstrap_on_its_other_way():
    patients = cohort(300)
    arms = arms_of(patients, members_of(patients), endpoint="os", labels=LABELS)

    rows = estimate_effects(arms, **HOW)
    copies = clone_design(patients, DESIGN, ["os", "pfs"], "cloned", endpoint="os")
    drawn = bootstrap_clones(
        refit_cloned(copies, DESIGN), 300, replicates=40, seed=1, **HOW
    )

    told = {
        (row["measure"], row["months"]): row for row in rows if row["term"] == "treated"
    }
    for row in drawn:
        same = told[row["measure"], row.get("months")]
        assert row["estimate"] == pytest.approx(same["estimate"], rel=1e-9)
        assert row["std_error"] == pytest.approx(same["std_error"], rel=0.5)
        assert row["n_treated"] == row["n_control"] == same["n_treated"] == 300
        assert row["events_control"] == same["events_control"]


def test_each_patient_counts_once_in_an_arm():
    patients = cohort()
    arms = arms_of(patients, members_of(patients), endpoint="os", labels=LABELS)

    rows = estimate_effects(arms, **HOW)

    ratio = next(row for row in rows if row["measure"] == "hazard_ratio")
    assert (ratio["n_treated"], ratio["n_control"]) == (120, 120)
    assert ratio["method"].endswith("clustered by patient")
    survival = {
        (row["term"], row["months"]): row
        for row in rows
        if row["measure"] == "survival"
    }
    for arm in LABELS.values():
        assert survival[arm, 3.0]["estimate"] > survival[arm, 6.0]["estimate"]


def test_faults_name_the_design():
    late = {**DESIGN, "grace_days": 5000.0}

    with pytest.raises(InputError, match=r"design cloned: nobody of 120 patients"):
        clone_design(cohort(), late, ["os", "pfs"], "cloned")
