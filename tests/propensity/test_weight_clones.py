import numpy as np
import polars as pl
import pytest

from twoarm.clocks import spans_of
from twoarm.cohort.arms import derive_arms
from twoarm.cohort.audit import assess_immortal_time
from twoarm.errors import InputError
from twoarm.propensity.cloned import (
    assess_carried,
    clone_design,
    refit_cloned,
    weight_cloned,
    weight_under_limits,
)
from twoarm.propensity.cloning_courses import list_courses
from twoarm.propensity.designs import design_of_clones
from twoarm.survival.clones import estimate_clones
from twoarm.survival.curves import arms_of
from twoarm.survival.effects import estimate_effects
from twoarm.survival.horizons import Reading
from twoarm.survival.resampling import replicate_clones, summarise_resamples
from twoarm.tables.cohort import Histories, Patients
from twoarm.tables.propensity import Carried, Clones

DESIGN = {
    "method": "cloning", "estimand": "ATE", "covariates": ["age"], "grace_days": 30.0,
    "model": "two_part", "interval_days": 7.0, "penalty": 0.0, "stabilised": False,
    "truncate": None, "cap": None, "varying": [], "same_day": False,
    "stale_days": None,
}  # fmt: skip
LABELS = {"treated": "Surgery", "control": "No surgery"}
HOW = {"horizons_months": [3.0, 6.0], "rmst_months": 6.0, "confidence": 0.95}


def members_of(patients, design=DESIGN):
    copies = clone_design(patients, design, ["os", "pfs"], "cloned")
    rows = weight_cloned(patients, copies, design, "cloned")
    table = Clones.check(rows.select(Clones.column_names()))
    return design_of_clones("cloned", table)


def test_script_writes_what_the_contract_asks(script, tmp_path, waiting):
    Patients.write(waiting(120), tmp_path / "patients")

    script("propensity/weight_clones").main(
        tmp_path / "patients", [], tmp_path / "clones", tmp_path / "carried",
        cloned={"cloned": DESIGN}, endpoints=["os", "pfs"],
    )  # fmt: skip

    assert Carried.read(tmp_path / "carried").is_empty()

    clones = Clones.read(tmp_path / "clones")
    assert clones["design"].unique().to_list() == ["cloned"]
    first = clones.filter(pl.col("entry_days") == 0)
    assert (first["weight"] >= 1).all()
    assert first.filter("treated")["weight"].to_list() == [1.0] * 120


def test_without_a_cloned_design_the_table_is_empty(script, tmp_path, waiting):
    Patients.write(waiting(120), tmp_path / "patients")

    script("propensity/weight_clones").main(
        tmp_path / "patients", [], tmp_path / "clones", tmp_path / "carried",
        cloned={}, endpoints=["os"],
    )  # fmt: skip

    assert Clones.read(tmp_path / "clones").is_empty()


def test_clones_are_followed_as_the_arms_say(waiting):
    patients = waiting(120)
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


def test_the_audit_calls_clones_sound(waiting):
    patients = waiting(120)
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


def bootstrapped(refit, replicates):
    """Estimates of clones of 300 patients, with errors of a bootstrap."""
    ends = {key: HOW[key] for key in ("horizons_months", "rmst_months")}
    drawn = replicate_clones(refit, 300, **ends, numbers=range(replicates), seed=1)
    return summarise_resamples(drawn, **HOW, of="clones")


def test_estimates_are_those_of_the_bootstrap_on_its_other_way(waiting):
    patients = waiting(300)
    arms = arms_of(patients, members_of(patients), endpoint="os", labels=LABELS)

    rows = estimate_effects(arms, **HOW)
    copies = clone_design(patients, DESIGN, ["os", "pfs"], "cloned", endpoint="os")
    drawn = bootstrapped(refit_cloned(copies, DESIGN), 40)

    told = {
        (row["measure"], row["months"]): row for row in rows if row["term"] == "treated"
    }
    for row in drawn:
        same = told[row["measure"], row.get("months")]
        assert row["estimate"] == pytest.approx(same["estimate"], rel=1e-9)
        assert row["std_error"] == pytest.approx(same["std_error"], rel=0.5)
        assert row["n_treated"] == row["n_control"] == same["n_treated"] == 300
        assert row["events_control"] == same["events_control"]


def test_each_patient_counts_once_in_an_arm(waiting):
    patients = waiting(120)
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


def test_ratio_of_restricted_means_moves_with_each_patient(waiting):
    patients = waiting(60)
    arms = arms_of(patients, members_of(patients), endpoint="os", labels=LABELS)

    def ratio(who="", step=1e-4):
        changed = {
            name: arm._replace(
                weight=arm.weight * (1 + step * (arm.patient_id == who).to_numpy())
            )
            for name, arm in arms.items()
        }
        ends = {"horizons_months": [], "rmst_months": [6.0], "reading": Reading(0.95)}
        rows = {row["measure"]: row for row in estimate_clones(changed, **ends)}
        return rows["rmst_ratio"]

    found = ratio()
    # The jackknife: by how much the logarithm moves with the weight of a patient.
    moves = [
        np.log(ratio(who)["estimate"] / found["estimate"]) / 1e-4
        for who in patients["patient_id"]
    ]
    assert found["std_error"] == pytest.approx(np.linalg.norm(moves), rel=1e-3)
    reach = 1.959964 * found["std_error"]
    limits = np.log([found["conf_low"], found["conf_high"]])
    assert limits - np.log(found["estimate"]) == pytest.approx([-reach, reach])


def test_few_at_risk_are_told_of_clones(waiting):
    patients = waiting(120)
    arms = arms_of(patients, members_of(patients), endpoint="os", labels=LABELS)
    rows = estimate_effects(arms, **HOW, minimum_at_risk=1000)

    marked = {row["measure"] for row in rows if "fewer than 1000" in row["method"]}
    assert marked == {
        *("survival", "survival_difference"),
        *("rmst", "rmst_difference", "rmst_ratio"),
    }
    assert not any("rests on" in row["method"] for row in estimate_effects(arms, **HOW))


def test_faults_name_the_design(waiting):
    late = {**DESIGN, "grace_days": 5000.0}

    with pytest.raises(InputError, match=r"design cloned: nobody of 120 patients"):
        clone_design(waiting(120), late, ["os", "pfs"], "cloned")


VARYING = {
    **DESIGN, "covariates": ["age", "size"], "varying": ["size"], "model": "pooled",
    "stale_days": 10.0,
}  # fmt: skip


@pytest.fixture
def followed(waiting):
    """Make patients with a size, and a measurement of it on days 7 and 20."""

    def make(n=200, seed=2):
        patients = waiting(n, seed)
        rng = np.random.default_rng(seed)
        histories = pl.DataFrame(
            {
                "patient_id": np.repeat(patients["patient_id"].to_numpy(), 2),
                "days": np.tile([7.0, 20.0], n),
                "size": rng.normal(40, 10, 2 * n).round(),
            }
        )
        size = pl.Series("size", rng.normal(50, 10, n).round())
        return patients.with_columns(size), histories

    return make


def known_of(patients, histories, **changes):
    """Size that is known of each patient at each step, as (patient, step) to size."""
    design = {**VARYING, "interval_days": 10.0, **changes}
    copies = clone_design(
        patients, design, ["os", "pfs"], "cloned", histories=histories
    )
    row, step = list_courses(copies.clones, copies.courses.steps)
    sizes = copies.courses.matrix[:, copies.names.index("size")]
    return dict(zip(zip(row.tolist(), step.tolist(), strict=True), sizes, strict=True))


def first_to_the_end(patients):
    """Row of a patient who could be treated in all of the grace period."""
    return patients.with_row_index().filter(
        pl.col("treatment_days").fill_null(999) > 35, pl.col("pfs_days") > 35
    )["index"][0]


def test_the_value_of_an_interval_is_the_last_before_it(followed):
    patients, histories = followed()
    row = first_to_the_end(patients)
    zero = patients["size"][row]
    day_7, day_20 = histories["size"][2 * row], histories["size"][2 * row + 1]

    known = known_of(patients, histories)
    assert [known[row, step] for step in range(3)] == [zero, day_7, day_20]
    known = known_of(patients, histories, same_day=True)
    assert [known[row, step] for step in range(3)] == [day_7, day_20, day_20]


def test_a_value_of_the_day_of_treatment_counts_if_it_was_known_before(followed):
    patients, histories = followed()
    wait = pl.when(pl.int_range(pl.len()) == 5).then(7.0).otherwise("treatment_days")
    patients = patients.with_columns(treatment_days=wait, pfs_days=pl.lit(90.0))
    day_7 = histories["size"][10]

    for interval, before in ((10.0, 0), (None, None)):
        how = {"interval_days": interval}
        known = known_of(patients, histories, **how)
        last = max(step for row, step in known if row == 5)
        assert known[5, last] == patients["size"][5]
        assert before is None or last == before
        known = known_of(patients, histories, same_day=True, **how)
        assert known[5, last] == day_7


def test_what_comes_after_the_own_treatment_is_of_no_use(followed):
    patients, histories = followed()
    early = patients.filter(pl.col("treatment_days") < 20)["patient_id"]
    spoilt = histories.with_columns(
        size=pl.when(pl.col("patient_id").is_in(early.implode()), pl.col("days") == 20)
        .then(999.0)
        .otherwise("size")
    )

    for same_day in (False, True):
        plain = known_of(patients, histories, same_day=same_day)
        assert plain == known_of(patients, spoilt, same_day=same_day)


def test_script_weighs_by_what_varies_and_counts_what_is_old(
    script, tmp_path, followed
):
    patients, histories = followed()
    Patients.write(patients, tmp_path / "patients")
    Histories.write(histories, tmp_path / "histories")

    script("propensity/weight_clones").main(
        tmp_path / "patients", [tmp_path / "histories"], tmp_path / "clones",
        tmp_path / "carried", cloned={"cloned": VARYING}, endpoints=["os", "pfs"],
    )  # fmt: skip

    clones = Clones.read(tmp_path / "clones")
    assert clones.filter("treated")["weight"].n_unique() > 100
    carried = Carried.read(tmp_path / "carried").row(0, named=True)
    # Of weeks that start on days 0, 7, 14, 21 and 28 none is more than 10 days old.
    assert (carried["covariate"], carried["largest_days"]) == ("size", 8)
    assert carried["n_stale"] == 0
    copies = clone_design(patients, VARYING, ["os"], "cloned", histories=histories)
    older = assess_carried(copies, {**VARYING, "stale_days": 7.5})[0]
    ends = patients.select(pl.min_horizontal("os_days", "treatment_days"))
    assert older["n_stale"] == int((ends.to_series() > 28).sum())


def test_bootstrap_weighs_by_what_varies(followed):
    patients, histories = followed(300)
    one = {"endpoint": "os", "histories": histories}
    copies = clone_design(patients, VARYING, ["os", "pfs"], "cloned", **one)

    rows = bootstrapped(refit_cloned(copies, VARYING), 20)

    assert all(row["std_error"] > 0 for row in rows)
    spells = {
        limit["truncate"]: spells
        for limit, spells in weight_under_limits(copies, VARYING, "cloned")
    }
    assert list(spells) == ["as given", "none", "0 to 99", "0 to 95"]
    largest = [spells[key].treated.weight.max() for key in spells]
    assert largest[0] == largest[1] > largest[2] > largest[3]


def test_a_level_that_comes_later_has_a_term_where_treatment_may_come(followed):
    patients, histories = followed()
    zero = pl.Enum(["0"])
    patients = patients.with_columns(grade=pl.lit("0", zero))
    later = pl.Enum(["0", "1", "2"])
    grade = pl.when(pl.col("days") == 20).then(pl.lit("1")).otherwise(pl.lit("0"))
    histories = histories.with_columns(grade=grade.cast(later))
    design = {**VARYING, "covariates": ["age", "grade"], "varying": ["grade"]}

    for model in ("two_part", "pooled"):
        how = {**design, "model": model}
        copies = clone_design(
            patients, how, ["os", "pfs"], "cloned", histories=histories
        )
        assert copies.names == ["age", "grade=1"]
        assert weight_cloned(patients, copies, how, "cloned").height > 200


def test_what_cannot_be_followed_is_told_with_the_design(followed):
    patients, histories = followed()
    gap = pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise("size")
    nothing = histories.with_columns(size=pl.lit(None, pl.Float64))
    for who, when, words in (
        (patients.with_columns(size=gap), histories, r"size is not known of 3 patient"),
        (patients, nothing, r"after time zero size is measured of nobody"),
        (patients, None, r"without histories"),
    ):
        with pytest.raises(InputError, match=f"design cloned: .*{words}"):
            clone_design(who, VARYING, ["os"], "cloned", histories=when)
