import numpy as np
import polars as pl
import pytest
from sksurv.compare import compare_survival
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.nonparametric import kaplan_meier_estimator

from twoarm.engine import fit_cox, fit_curve
from twoarm.errors import InputError
from twoarm.logrank import compare_logrank
from twoarm.survival.curves import arms_of, estimate_curve
from twoarm.survival.effects import estimate_effects
from twoarm.survival.second_routes import Check, check_designs
from twoarm.survival.verdict import check_contrast, check_verdict, summarise_checks
from twoarm.tables.cohort import Patients
from twoarm.tables.fragility import Checks
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Effects

LABELS = {"treated": "A", "control": "B"}
NAMED = {"endpoint": "os", "design": "unadjusted"}


def invented(size=120, seed=0):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "patient_id": [f"{row:03}" for row in range(size)],
            "treated": np.arange(size) % 2 == 0,
            "treatment_days": np.zeros(size),
            "index_date": None,
            "first_dose_days": None,
            "os_days": np.ceil(rng.exponential(300, size)),
            "os_event": rng.random(size) < 0.7,
        },
        schema_overrides={"index_date": pl.Date, "first_dose_days": pl.Float64},
    )


def members_of(patients, **changed):
    return patients.select(
        "patient_id",
        "treated",
        imputation=pl.lit(0, pl.Int64),
        design=pl.lit("unadjusted"),
        propensity_score=pl.lit(0.5),
        weight=changed.get("weight", pl.lit(1.0)),
        set_id=changed.get("set_id", pl.lit(None, pl.String)),
        origin_days=pl.lit(0.0),
        entry_days=changed.get("entry", pl.lit(0.0)),
        exit_days=pl.lit(None, pl.Float64),
    )


def study(patients, **changed):
    """Members, arms, effects and curves, as the rules before this one make them."""
    members = members_of(patients, **changed)
    arms = arms_of(patients, members, endpoint="os", labels=LABELS)
    rows = estimate_effects(
        arms, horizons_months=[6.0, 12.0], rmst_months=12.0, confidence=0.95
    )
    effects = Effects.check(Effects.of([{**row, **NAMED} for row in rows]))
    lines = [estimate_curve(arm, confidence=0.95) for arm in arms.values()]
    named = [pl.lit(value).alias(name) for name, value in NAMED.items()]
    return members, arms, effects, Curves.check(pl.concat(lines).with_columns(named))


def checked(patients, effects, curves, arms, members, *, pairs=False):
    return check_contrast(
        effects, curves, arms, members=members, patients=patients, pairs=pairs,
        confidence=0.95,
    )  # fmt: skip


def failed(rows):
    return {row["check"] for row in rows if not row["passed"]}


DESIGNS = {
    "plain": {},
    "weighted": {"weight": (pl.int_range(pl.len()) % 5 + 1) / 3},
    "matched": {"set_id": (pl.int_range(pl.len()) // 2).cast(pl.String)},
    "late": {"entry": (pl.int_range(pl.len()) % 3).cast(float)},
}


@pytest.mark.parametrize("design", DESIGNS)
def test_what_is_right_passes(design):
    patients = invented()
    members, arms, effects, curves = study(patients, **DESIGNS[design])

    rows = checked(patients, effects, curves, arms, members, pairs=design == "matched")

    assert failed(rows) == set()
    assert len(rows) >= 10
    asked = {row["check"] for row in rows}
    assert "hazard ratio by the bootstrap's likelihood" in asked
    assert ("log-rank by SciPy" in asked) == (design in ("plain", "matched"))


HAZARD = "hazard ratio by the bootstrap's likelihood"
TAMPERED = [
    ("hazard_ratio", "treated", {"estimate": 1.001}, HAZARD),
    ("logrank", "treated", {"estimate": 1.0001}, "log-rank by SciPy"),
    ("survival", "A", {"estimate": 1.0001}, "survival by SciPy"),
    ("survival", "B", {"estimate": 1.001},
     "survival at a horizon is that of the curve"),
    ("rmst", "A", {"estimate": 1.0001}, "restricted mean as steps of SciPy's curve"),
    ("median", "A", {"estimate": 1.2}, "a curve crosses one half at its median"),
    ("hazard_ratio", "treated", {"conf_low": 1.5},
     "the limits of a ratio are even on the log scale"),
    ("hazard_ratio", "treated", {"p_value": 0.001}, "the limits hold 1 as p says"),
    ("survival", "A", {"conf_low": 3.0}, "an estimate is within its limits"),
    ("survival", "A", {"estimate": 3.0}, "a share is from 0 to 1"),
    ("survival", "A", {"months": 90.0}, "nothing is told beyond the follow-up"),
    ("hazard_ratio", "treated", {"n_treated": 1.1},
     "n_treated are the patients of the arm"),
    ("hazard_ratio", "treated", {"events_control": 1.1},
     "events_control are the patients of the arm"),
    ("hazard_ratio", "treated", {"events_control": 9},
     "events_control are at most the patients"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "term", "factors", "check"), TAMPERED)
def test_what_is_tampered_with_fails(measure, term, factors, check):
    patients = invented()
    members, arms, effects, curves = study(patients)
    at = (pl.col("measure") == measure) & (pl.col("term") == term)
    changes = [
        pl.when(at).then((pl.col(name) * factor).cast(effects.schema[name]))
        .otherwise(pl.col(name)).alias(name)
        for name, factor in factors.items()
    ]  # fmt: skip

    rows = checked(patients, effects.with_columns(changes), curves, arms, members)

    assert check in failed(rows)


def test_limits_of_a_likelihood_need_not_be_even():
    patients = invented()
    members, arms, effects, curves = study(patients)
    ratio = pl.col("measure") == "hazard_ratio"
    uneven = effects.with_columns(
        conf_low=pl.when(ratio).then(pl.col("conf_low") * 0.99).otherwise("conf_low"),
        method=pl.when(ratio)
        .then(pl.lit("Cox, Efron ties, Firth's penalty, profile likelihood limits"))
        .otherwise("method"),
    )

    assert failed(checked(patients, uneven, curves, arms, members)) == set()
    wrong = uneven.with_columns(
        p_value=pl.when(ratio).then(pl.col("p_value") / 1000).otherwise("p_value")
    )
    told = failed(checked(patients, wrong, curves, arms, members))
    assert told == {"the limits hold 1 as p says"}


def test_times_that_differ_by_rounding_are_one_to_both():
    patients = invented().with_columns(
        os_days=(pl.col("os_days") * 30.4375 + 17.3) - pl.when("treated").then(17.3)
        .otherwise(17.3 - 1e-12)
    )  # fmt: skip
    members, arms, effects, curves = study(patients)

    assert failed(checked(patients, effects, curves, arms, members)) == set()


def test_a_curve_that_rises_fails():
    patients = invented()
    members, arms, effects, curves = study(patients)
    late = pl.col("months") == pl.col("months").max()
    risen = curves.with_columns(estimate=pl.when(late).then(0.99).otherwise("estimate"))

    assert "a curve falls" in failed(checked(patients, effects, risen, arms, members))


def test_strangers_widows_and_early_treatment_fail():
    patients = invented()
    pairs = members_of(patients, set_id=(pl.int_range(pl.len()) // 2).cast(pl.String))

    def asked(members, people):
        return failed(summarise_checks(check_designs(members, people, pairs=True)))

    assert asked(pairs, patients) == set()
    assert asked(pairs, patients[1:]) == {"members are analysed patients"}
    assert asked(pairs[1:], patients) == {"pairs times two are the matched"}
    early = patients.with_columns(treatment_days=pl.lit(-1.0))
    assert asked(pairs, early) == {"treatment is not before time zero"}


def test_pooled_numbers_are_of_no_one_data_set():
    patients = invented()
    members, arms, effects, curves = study(patients)
    pooled = effects.with_columns(
        pl.col("method") + "; pooled over 5 imputations", pl.col("n_treated") + 1
    )

    rows = checked(patients, pooled, curves, arms, members)

    assert failed(rows) == set()
    assert HAZARD not in {row["check"] for row in rows}


def test_the_worst_of_several_is_shown_and_what_is_not_a_number_fails():
    near, far = Check("x", 1.0, 1.1, 0.2), Check("x", 1.0, 1.5, 0.2)
    (row,) = summarise_checks([near, far, near])
    assert (row["found"], row["n_compared"], row["passed"]) == (1.5, 3, False)
    (row,) = summarise_checks([Check("x", 1.0, float("nan"), 9.0)])
    assert not row["passed"]


def test_error_names_every_failed_check():
    rows = summarise_checks([Check("x", 0, 1), Check("y", 0, 0), Check("z", 0, 2)])
    table = Checks.of([{**row, **NAMED} for row in rows])

    with pytest.raises(InputError) as caught:
        check_verdict(table)

    told = str(caught.value)
    assert told.startswith("2 of 3 checks of the results failed; nothing was released")
    assert "os, unadjusted: x (of 1 compared)" in told
    assert "unadjusted: z" in told
    assert "unadjusted: y" not in told


# ----------------------------------------------------- the engine and scikit-survival


@pytest.mark.parametrize("seed", range(3))
def test_engine_is_scikit_survival(seed):
    patients = invented(seed=seed)
    time, event = patients["os_days"].to_numpy(), patients["os_event"].to_numpy()
    treated = patients["treated"].to_numpy()
    response = np.array(
        [*zip(event, time, strict=True)], dtype=[("event", bool), ("time", float)]
    )

    curve, _ = fit_curve(time, event)
    times, estimate = kaplan_meier_estimator(event, time)
    assert curve.estimate == pytest.approx(estimate, rel=1e-12)
    assert curve.time == pytest.approx(times)
    statistic, p_value = compare_survival(response, treated)
    test = compare_logrank(time, event, treated)
    assert test.statistic == pytest.approx(statistic, rel=1e-9)
    assert test.p_value == pytest.approx(p_value, rel=1e-9)
    matrix = np.column_stack([treated.astype(float), np.sin(np.arange(len(time)))])
    other = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12).fit(matrix, response)
    assert fit_cox(time, event, matrix).estimate == pytest.approx(other.coef_, rel=1e-6)


# ----------------------------------------------------------------------------- script


def files(tmp_path, patients, effects, curves, members):
    written = {
        Patients: (patients, "patients"),
        Designs: (members, "designs"),
        Effects: (effects, "effects"),
        Curves: (curves, "curves"),
    }
    for contract, (table, name) in written.items():
        contract.write(table, tmp_path / f"{name}.parquet")
    paths = {name: tmp_path / f"{name}.parquet" for _, name in written.values()}
    return {
        "patients": paths["patients"],
        "designs": paths["designs"],
        "estimates": [paths["effects"]],
        "curves": [paths["curves"]],
        "checks": tmp_path / "checks.parquet",
    }


HOW = {"endpoints": ["os"], "labels": LABELS, "paired": [], "confidence": 0.95}


def test_script_writes_the_checks(script, tmp_path):
    patients = invented()
    members, _, effects, curves = study(patients)
    given = files(tmp_path, patients, effects, curves, members)

    script("survival/check_results").main(**given, **HOW)

    found = Checks.read(given["checks"])
    assert found["passed"].all()
    assert set(found["design"]) == {"unadjusted"}


def test_script_stops_on_a_tampered_table(script, tmp_path):
    patients = invented()
    members, _, effects, curves = study(patients)
    wrong = effects.with_columns(pl.col("estimate") * 1.01)
    given = files(tmp_path, patients, wrong, curves, members)

    with pytest.raises(InputError, match="checks of the results failed"):
        script("survival/check_results").main(**given, **HOW)
    assert not given["checks"].exists()
