"""Every design of a study on twins: seeds, batches, and cohorts that carry no twin."""

import polars as pl
import pytest

from twoarm.config.replay import replay_of, twins_of
from twoarm.errors import InputError
from twoarm.tables.cohort import Patients
from twoarm.tables.validation import Replicates
from twoarm.validation.replication import analyse_cohort
from twoarm.validation.twin_study import replicate_twins

DESIGNS = {
    "matched": {"method": "nearest"},
    "overlap": {"method": "weighting", "estimand": "ATO"},
    "changing": {"method": "time_dependent"},
    "day_90": {"method": "crude", "landmark_days": 90},
    "cloned": {"method": "cloning", "grace_days": 92, "penalty": 1},
    "at_risk": {"method": "risk_set", "caliper_sd": 0.2},
}


@pytest.fixture(scope="module")
def plan(study):
    return replay_of(study(DESIGNS))


@pytest.fixture(scope="module")
def parent(invented):
    return invented("moderate", 220, seed=21)


@pytest.fixture
def replicate(script, tmp_path, study):
    """Run the rule on patients: `replicate(patients, batch=1, size=2)`."""

    def run(patients, *, batch=1, size=2, replicates=4, effect="1", designs=DESIGNS):
        made = study(designs)
        Patients.write(patients, tmp_path / "patients.parquet")
        script("validation/replicate_twins").main(
            tmp_path / "patients.parquet",
            [],  # no histories: nothing varies over time
            tmp_path / "replicates.parquet",
            effect=effect,
            batch=str(batch),
            settings={"replicates": replicates, "batch": size},
            drawn=twins_of(made)["drawn"],
            plan=replay_of(made),
        )
        return Replicates.read(tmp_path / "replicates.parquet")

    return run


def test_every_design_and_endpoint_of_the_study_is_analysed(replicate, parent):
    found = replicate(parent)

    known = found.filter(pl.col("estimate").is_not_null())
    assert set(known["design"]) == {"unadjusted", *DESIGNS}
    assert set(known["endpoint"]) == {"os", "pfs"}
    assert set(found["replicate"]) == {1, 2}
    assert set(known["term"]) == {"treated", "treated_adjusted"}
    ratios = known.filter(measure="hazard_ratio", term="treated")
    assert ratios.height == 2 * 2 * 7
    assert (ratios["conf_low"] < ratios["estimate"]).all()


@pytest.mark.parametrize("size", [1, 3, 5])
def test_batches_change_nothing(replicate, parent, size):
    designs = {"changing": DESIGNS["changing"], "overlap": DESIGNS["overlap"]}

    def whole(size):
        batches = range(1, -(-4 // size) + 1)
        found = [
            replicate(parent, batch=k, size=size, designs=designs) for k in batches
        ]
        return pl.concat(found).sort(Replicates.key(), nulls_last=True)

    found = whole(size)
    assert set(found["replicate"]) == {1, 2, 3, 4}
    assert found.equals(whole(4))


def test_order_of_the_rows_changes_nothing(replicate, parent):
    mixed = parent.sample(fraction=1.0, shuffle=True, seed=1)

    assert replicate(mixed, size=1).equals(replicate(parent, size=1))


def test_effects_share_their_cohorts(replicate, parent):
    """Who is in, who would be treated when, is the same whatever treatment does."""
    null, half = (replicate(parent, effect=each) for each in ("1", "0.5"))
    ratios = [
        each.filter(design="changing", endpoint="pfs", measure="hazard_ratio")
        for each in (null, half)
    ]
    assert (ratios[0]["estimate"] > ratios[1]["estimate"]).all()


def test_analysis_is_that_of_the_workflow(parent, plan):
    """The plain contrast, and a landmark, by hand."""
    from twoarm.survival.two_arms import fit_two_arms

    rows = analyse_cohort(parent, plan)
    found = {
        (row["design"], row["endpoint"]): row
        for row in rows
        if row["measure"] == "hazard_ratio" and row["term"] == "treated"
    }
    arrays = [parent[name].to_numpy() for name in ("os_days", "os_event", "treated")]
    plain = fit_two_arms(*arrays)
    assert (
        pytest.approx(plain.estimate)
        == pl.Series([found["unadjusted", "os"]["estimate"]]).log()[0]
    )
    free = parent.filter(pl.col("pfs_days") > 90)
    late = [
        (free["os_days"] - 90).to_numpy(),
        free["os_event"].to_numpy(),
        (free["treatment_days"] <= 90).fill_null(value=False).to_numpy(),
    ]
    ratio = pl.Series([found["day_90", "os"]["estimate"]]).log()[0]
    assert pytest.approx(fit_two_arms(*late).estimate) == ratio


def test_design_that_a_cohort_does_not_carry_says_why(parent, study):
    """A landmark that nobody outlives; a level that tells the arms apart."""
    late = {"late": {"method": "crude", "landmark_days": 9000}}
    plan = replay_of(study({**late, "iptw": {"method": "weighting"}}))
    apart = parent.with_columns(
        ecog=pl.when(pl.col("treated"))
        .then(pl.lit("1"))
        .otherwise(pl.lit("0"))
        .cast(parent.schema["ecog"])
    )
    rows = analyse_cohort(apart, plan)
    failed = {row["design"]: row["reason"] for row in rows if row["reason"]}
    assert failed["late"] == "an arm has nobody"
    assert "separate" in failed["iptw"]
    assert any(row["design"] == "unadjusted" and not row["reason"] for row in rows)


def test_endpoint_that_fails_leaves_the_others(parent, plan, monkeypatch):
    from twoarm.validation import replication

    plain = replication.arms_of

    def broken(*given, endpoint, **how):
        if endpoint == "pfs":
            raise InputError("no such day\nand more")
        return plain(*given, endpoint=endpoint, **how)

    monkeypatch.setattr(replication, "arms_of", broken)
    rows = [row for row in analyse_cohort(parent, plan) if row["design"] == "matched"]
    told = [row["reason"] for row in rows if row["endpoint"] == "pfs"]
    assert told == ["no such day"]
    assert any(row["endpoint"] == "os" and row["estimate"] for row in rows)


def test_cohort_without_a_twin_has_a_row_that_says_why(replicate, parent):
    (row,) = replicate(parent.filter("treated")).to_dicts()

    assert row["reason"] == "no twin: fewer than 10 patients are not treated"
    assert (row["replicate"], row["estimate"], row["scenario"]) == (0, None, "1")


def test_endpoints_that_do_not_nest_are_left_out(parent, plan, adjusted):
    crossed = parent.with_columns(
        pfs_days=pl.when("treated")
        .then(pl.col("pfs_days") + 5000)
        .otherwise("pfs_days")
    )
    found = replicate_twins(
        crossed, plan, effect="1", numbers=[1], seed=1, covariates=adjusted, lead="os"
    )
    assert set(found["endpoint"]) == {"os"}


def test_names_of_effects_and_batches(study):
    twins = {"replicates": 51, "batch": 25, "effects": [1, 0.7, "estimated", 1.0]}
    found = twins_of(study({}, validation={"twins": twins}))
    assert found["effects"] == ["1", "0.7", "estimated"]
    assert found["batches"] == ["1", "2", "3"]
    off = twins_of(study({}, validation={"twins": {"replicates": 0}}))
    assert off["batches"] == []
