import numpy as np
import polars as pl
import pytest

from twoarm.engine import fit_residuals
from twoarm.months import DAYS_PER_MONTH
from twoarm.survival.curves import arms_of
from twoarm.survival.proportionality import smooth_residuals
from twoarm.survival.smooths import estimate_smooths, pool_smooths
from twoarm.survival.stack import stack_arms
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Proportionality

LABELS = {"treated": "Treated", "control": "Control"}
CLOCK = {"origin_days": 0.0, "entry_days": 0.0, "exit_days": None}


@pytest.fixture(scope="module")
def patients(rotterdam, filled):
    rows = pl.concat(
        [rotterdam.filter(hormon=k).gather_every(2 + 6 * (1 - k)) for k in (1, 0)]
    )
    place = pl.int_range(pl.len()).cast(pl.String).str.zfill(4)
    return filled(
        rows.select(
            patient_id=place,
            treated=pl.col("hormon") == 1,
            os_days=pl.col("dtime").cast(pl.Float64),
            os_event=pl.col("death") == 1,
            age=pl.col("age").cast(pl.Float64),
        )
    )


def members_of(patients, *, weight=1.0, design="unadjusted", imputation=1):
    return patients.select(
        "patient_id",
        "treated",
        imputation=pl.lit(imputation, pl.Int64),
        design=pl.lit(design),
        propensity_score=0.5,
        weight=pl.lit(weight),
        set_id=pl.lit(None, pl.String),
        **{name: pl.lit(value, pl.Float64) for name, value in CLOCK.items()},
    )


def rows_of(patients, members, covariates=(), imputation=1):
    found = estimate_smooths(
        patients, members, endpoint="os", labels=LABELS, covariates=covariates
    )
    keys = {"endpoint": "os", "design": "unadjusted", "imputation": imputation}
    return [{**row, **keys} for row in found]


def test_table_holds_the_smooth_at_round_months(patients):
    members = members_of(patients)
    rows = rows_of(patients, members)
    found = pool_smooths(Proportionality.many(rows), confidence=0.95)

    both = stack_arms(arms_of(patients, members, endpoint="os", labels=LABELS))
    matrix = both.treated[:, None]
    fit = fit_residuals(both.time, both.event, matrix)
    months = found["months"].to_numpy()
    ends = fit.time[[0, -1]] / DAYS_PER_MONTH
    assert (ends[0] <= months[0]) & (months[-1] <= ends[1])
    assert len(months) <= 61
    # On 1 - S(t-) a month lies where the next event does.
    next_event = [fit.place[fit.time >= each * DAYS_PER_MONTH][0] for each in months]
    smooth = smooth_residuals(fit, both, matrix, np.array(next_event))
    assert np.log(found["estimate"].to_numpy()) == pytest.approx(smooth.estimate[:, 0])
    reach = np.log((found["conf_high"] / found["estimate"]).to_numpy())
    assert reach == pytest.approx(1.959964 * smooth.std_error[:, 0])
    at_risk = ((both.time >= months[5] * DAYS_PER_MONTH) & (both.treated == 1)).sum()
    assert found["n_risk_treated"][5] == at_risk


def test_imputations_are_pooled_where_all_tell_a_month(patients):
    alike = [
        row
        for number in (1, 2)
        for row in rows_of(patients, members_of(patients), imputation=number)
    ]
    one = pool_smooths(
        Proportionality.many([r for r in alike if r["imputation"] == 1]), confidence=0.9
    )
    both = pool_smooths(Proportionality.many(alike), confidence=0.9)
    assert both["conf_low"].to_list() == pytest.approx(one["conf_low"].to_list())

    moved = [{**r, "estimate": r["estimate"] + (r["imputation"] == 2)} for r in alike]
    wider = pool_smooths(Proportionality.many(moved[:-1]), confidence=0.9)
    assert wider.height == one.height - 1
    assert (wider["std_error"] > one["std_error"][:-1]).all()

    (blank,) = rows_of(patients, members_of(patients)[[0, 1, -1]])
    gone = pool_smooths(
        Proportionality.many([*alike, {**blank, "imputation": 3}]), confidence=0.9
    )
    assert gone["estimate"].to_list() == [None]


def test_few_events_have_no_smooth_and_say_so(patients):
    few = patients.with_columns(
        os_event=pl.col("os_event") & (pl.int_range(pl.len()) % 40 == 0)
    )
    (row,) = rows_of(few, members_of(few))

    assert row["method"] == "not estimable: fewer than 20 events"


def test_script_writes_each_term_of_each_design(script, tmp_path, patients):
    Patients.write(patients, tmp_path / "patients")
    members = pl.concat(
        [members_of(patients), members_of(patients, weight=2.0, design="iptw")]
    )
    designs = pl.concat([members, members.with_columns(design=pl.lit("other"))])
    Designs.write(designs.unique(["design", "patient_id"]), tmp_path / "designs")

    script("survival/assess_proportionality").main(
        [tmp_path / "patients"], tmp_path / "designs", tmp_path / "smooths",
        endpoints=["os"], labels=LABELS, regressions={"unadjusted": ["age"]},
        supporting=["unadjusted", "iptw"], confidence=0.95,
    )  # fmt: skip

    found = Proportionality.read(tmp_path / "smooths")
    terms = found.select("design", "term").unique().sort("design", "term").rows()
    assert terms == [
        ("iptw", "treated"),
        *(("unadjusted", term) for term in ("age", "treated", "treated_adjusted")),
    ]
    words = found.filter(design="iptw")["method"][0]
    assert words.endswith("robust variance")
