import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.survival.covariates import describe_covariates
from twoarm.survival.curves import arms_of
from twoarm.survival.omission import compare_without_centres
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.regression import fit_regression
from twoarm.survival.subgroups import FEW, compare_subgroups, divide_levels
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects

SIZES = pl.Enum(["<=20", "20-50", ">50"])
LABELS = {"treated": "A", "control": "B"}


def rotterdam(cohort):
    """R's patients, with the size of the tumour in R's order of levels."""
    return cohort("rotterdam").with_columns(pl.col("size").cast(pl.String).cast(SIZES))


def arms_from(patients, **changed):
    members = patients.select(
        "patient_id",
        "treated",
        origin_days=pl.lit(0.0),
        entry_days=pl.lit(0.0),
        exit_days=pl.lit(None, pl.Float64),
        weight=changed.get("weight", pl.lit(1.0)),
        set_id=changed.get("set_id", pl.lit(None, pl.String)),
    )
    timed = patients.with_columns(treatment_days=pl.lit(None, pl.Float64))
    return arms_of(timed, members, endpoint="os", labels=LABELS)


def found_of(rows):
    keys = {"endpoint": "os", "design": "unadjusted"}
    table = Effects.check(Effects.of([{**row, **keys} for row in rows]))
    return {row["term"]: row for row in table.iter_rows(named=True)}


def subgroups_of(patients, *subgroups, **changed):
    rows = compare_subgroups(
        patients, arms_from(patients, **changed), subgroups=subgroups, confidence=0.95
    )
    return found_of(rows)


def described(patients, covariates, **splines):
    rows = describe_covariates(
        patients,
        arms_from(patients),
        covariates=covariates,
        splines=splines,
        confidence=0.95,
    )
    return found_of(rows)


def invented(size=300, seed=0):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "patient_id": [f"{row:03}" for row in range(size)],
            "treated": rng.random(size) < 0.5,
            "treatment_days": np.zeros(size),
            "index_date": None,
            "first_dose_days": None,
            "os_days": np.ceil(rng.exponential(300, size)),
            "os_event": rng.random(size) < 0.7,
            "age": rng.normal(60, 10, size),
            "centre": pl.Series(
                rng.choice(["a", "b", "c"], size), dtype=pl.Enum(["a", "b", "c"])
            ),
        },
        schema_overrides={"index_date": pl.Date, "first_dose_days": pl.Float64},
    )


# ------------------------------------------------------------------------ against R


def test_interaction_and_level_are_rs(cohort, oracle):
    found, r = subgroups_of(rotterdam(cohort), {"covariate": "size", "cuts": []}), None
    r = oracle("support")

    test = found["interaction: size"]
    assert test["estimate"] == pytest.approx(r["interaction"][0], rel=1e-6)
    assert test["method"].endswith("chi-squared, 2 degrees of freedom")
    level = found["subgroup: size=>50"]
    assert math.log(level["estimate"]) == pytest.approx(r["level"][0], rel=1e-6)
    assert level["std_error"] == pytest.approx(r["level"][1], rel=1e-6)


def test_interaction_with_weights_and_sets_is_rs_robust_one(cohort, oracle):
    patients = rotterdam(cohort)
    row = pl.int_range(1, pl.len() + 1)
    weight = 0.5 + (row % 7) / 4

    found = subgroups_of(
        patients,
        {"covariate": "size", "cuts": []},
        weight=weight,
        set_id=((row - 1) // 2).cast(pl.String),
    )

    r = oracle("support")["interaction_robust"][0]
    assert found["interaction: size"]["estimate"] == pytest.approx(r, rel=1e-6)
    assert "robust" in found["interaction: size"]["method"]


def test_covariates_alone_and_together_are_rs(cohort, oracle):
    found, r = described(rotterdam(cohort), ["size", "age"], age=4), oracle("support")

    for place, level in enumerate(("20-50", ">50")):
        row = found[f"univariable: size={level}"]
        assert math.log(row["estimate"]) == pytest.approx(r["alone"][place], rel=1e-6)
        assert row["std_error"] == pytest.approx(r["alone_se"][place], rel=1e-6)
    assert found["overall: size"]["estimate"] == pytest.approx(r["overall"][0], 1e-6)
    test = found["linearity: age"]
    assert test["estimate"] == pytest.approx(r["linearity"][0], rel=1e-6)
    assert "4 knots, chi-squared, 2 degrees" in test["method"]
    assert "overall: age" not in found


# ------------------------------------------------------------------------ subgroups


def test_levels_between_cuts():
    values = pl.Series([0.0, 10, 15, 20, 99])

    levels = divide_levels(values, [10, 20])

    assert levels.to_list() == [
        "below 10", "10 to below 20", "10 to below 20", "20 and above", "20 and above",
    ]  # fmt: skip


def test_levels_add_up_to_all_and_each_is_that_of_its_patients():
    patients = invented()

    found = subgroups_of(patients, {"covariate": "age", "cuts": [60]})
    young = patients.filter(pl.col("age") < 60)
    alone = subgroups_of(young, {"covariate": "age", "cuts": [0]})

    low, high = found["subgroup: age=below 60"], found["subgroup: age=60 and above"]
    for name in ("n_treated", "n_control", "events_treated", "events_control"):
        assert low[name] + high[name] == found["interaction: age"][name]
    assert alone["subgroup: age=0 and above"]["estimate"] == low["estimate"]
    assert alone["interaction: age"]["estimate"] is None
    assert alone["interaction: age"]["method"].startswith("not estimated: fewer than")


def test_a_small_level_is_blank_with_its_reason_and_out_of_the_test():
    rare = pl.int_range(pl.len()) < 6
    level = pl.when(rare).then(pl.lit("rare")).otherwise(pl.col("centre").cast(str))
    kinds = pl.Enum(["a", "b", "c", "rare"])
    patients = invented().with_columns(kind=level.cast(kinds))

    found = subgroups_of(patients, {"covariate": "kind", "cuts": []})

    assert found["subgroup: kind=rare"]["estimate"] is None
    assert found["subgroup: kind=rare"]["method"] == FEW
    test = found["interaction: kind"]
    assert "1 levels with few events left out, chi-squared, 2 degrees" in test["method"]
    # the counts are of all, so that no difference tells the level left out
    assert test["n_treated"] + test["n_control"] == patients.height


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_row_order_and_names_of_levels_do_not_matter(seed):
    patients = invented(seed=seed)
    renamed = patients.with_columns(
        centre=pl.col("centre").cast(str).replace({"a": "z"}).cast(pl.Enum("zcb"))
    ).sample(fraction=1, shuffle=True, seed=seed)

    one, other = (
        subgroups_of(each, {"covariate": "centre", "cuts": []})
        for each in (patients, renamed)
    )

    assert one["interaction: centre"]["estimate"] == pytest.approx(
        other["interaction: centre"]["estimate"], rel=1e-7
    )
    assert one["subgroup: centre=a"]["estimate"] == pytest.approx(
        other["subgroup: centre=z"]["estimate"], rel=1e-9
    )


def test_interaction_that_is_there_is_found():
    patients = invented(600, seed=3)
    better = pl.col("treated") & (pl.col("age") > 60)
    slower = pl.when(better).then(4.0).otherwise(1.0)
    changed = patients.with_columns(pl.col("os_days") * slower)

    flat, steep = (
        subgroups_of(each, {"covariate": "age", "cuts": [60]})["interaction: age"]
        for each in (patients, changed)
    )

    assert flat["p_value"] > 0.05 > 1e-6 > steep["p_value"]


# ----------------------------------------------------------------------- covariates


def test_without_covariates_nothing_is_told():
    assert described(invented(), [], age=3) == {}


def test_a_constant_covariate_alone_is_not_estimable_but_faulty_together():
    patients = invented().with_columns(same=pl.lit(1.0))

    with pytest.raises(InputError, match="same is the same in all patients"):
        described(patients, ["age", "same"])


def test_a_straight_line_is_not_called_curved_and_a_curve_is():
    rng, patients = np.random.default_rng(1), invented(800, seed=1)
    centred = (patients["age"].to_numpy() - 60) / 10
    for power, low, high in ((1, 0.01, 1.0), (2, 0.0, 1e-6)):
        days = rng.exponential(1000 * np.exp(-(centred**power)))
        changed = patients.with_columns(os_days=pl.Series(np.ceil(days)))
        found = described(changed, ["age"], age=4)["linearity: age"]
        assert low <= found["p_value"] <= high


def test_inflated_variances_are_said():
    rng, patients = np.random.default_rng(2), invented()
    near = patients["age"] + pl.Series(rng.normal(0, 1, patients.height))
    patients = patients.with_columns(old=near)
    arms = arms_from(patients)

    rows, plain = (
        fit_regression(patients, arms, covariates=names, confidence=0.95)
        for names in (["age", "old"], ["age"])
    )

    assert "inflated" in rows[0]["method"]
    assert "variance of" in rows[0]["method"]
    assert "inflated" not in plain[0]["method"]


# --------------------------------------------------------------- without each centre


def test_without_a_centre_the_others_are_left():
    patients = invented()

    rows = compare_without_centres(patients, arms_from(patients), confidence=0.95)
    found = found_of(rows)

    others = patients.filter(pl.col("centre") != "a")
    expected = fit_regression(
        others.with_columns(x=pl.col("age")), arms_from(others), covariates=[],
        confidence=0.95,
    )  # fmt: skip
    assert expected == []
    same = subgroups_of(others, {"covariate": "age", "cuts": [0]})
    assert list(found) == [f"without centre: {name}" for name in "abc"]
    ratio = same["subgroup: age=0 and above"]["estimate"]
    assert found["without centre: a"]["estimate"] == pytest.approx(ratio, rel=1e-12)


def test_one_centre_or_none_gives_no_rows():
    patients = invented()
    one = patients.with_columns(centre=pl.lit("a"))

    for each in (one, patients.drop("centre")):
        assert not [*compare_without_centres(each, arms_from(each), confidence=0.95)]


# -------------------------------------------------------------------------- pooling


def test_tests_of_several_degrees_are_pooled():
    counts = {"n_treated": 9, "n_control": 9, "events_treated": 5, "events_control": 5}
    words = "Wald test of interaction, chi-squared, 2 degrees of freedom"
    test = {"measure": "wald", "term": "interaction: x", "months": None}
    numbers = {"estimate": 4.0, "p_value": 0.1353, "method": words}
    rows = found_of([{**test, **numbers, **counts}])
    one = rows["interaction: x"]
    table = Effects.many(
        [{**one, "imputation": k, "estimate": 4.0 + k} for k in range(3)]
    )

    pooled = pool_effects(table, confidence=0.95).row(0, named=True)

    # (5/2 - 2 r) / (1 + r), r = 4/3 of the variance of the roots, 0.050553
    assert pooled["estimate"] == pytest.approx(2.21584, abs=1e-4)
    assert "D2 of 3 imputations, F with 2 and" in pooled["method"]


# ---------------------------------------------------------------------------- script


def test_script_writes_each_design_and_endpoint(script, tmp_path):
    patients = invented()
    Patients.write(patients, tmp_path / "patients.parquet")
    members = patients.select(
        "patient_id", "treated", imputation=pl.lit(0, pl.Int64),
        design=pl.lit("unadjusted"), propensity_score=pl.lit(0.5), weight=pl.lit(1.0),
        set_id=pl.lit(None, pl.String), origin_days=pl.lit(0.0),
        entry_days=pl.lit(0.0), exit_days=pl.lit(None, pl.Float64),
    )  # fmt: skip
    both = pl.concat([members, members.with_columns(design=pl.lit("other"))])
    Designs.write(both, tmp_path / "designs.parquet")

    script("survival/estimate_regressions").main(
        [tmp_path / "patients.parquet"],
        tmp_path / "designs.parquet",
        tmp_path / "effects.parquet",
        endpoints=["os"],
        labels=LABELS,
        regressions={"unadjusted": ["age", "centre"]},
        splines={"age": 3},
        subgroups=[{"covariate": "centre", "cuts": []}],
        supporting=["other"],
        confidence=0.95,
    )

    found = Effects.read(tmp_path / "effects.parquet")
    terms = dict(found.group_by("design").agg(pl.col("term").sort()).rows())
    centres = [f"without centre: {name}" for name in "abc"]
    assert terms["unadjusted"] == [
        "linearity: age", "overall: centre", "univariable: age",
        "univariable: centre=b", "univariable: centre=c", *centres,
    ]  # fmt: skip
    levels = [f"subgroup: centre={name}" for name in "abc"]
    assert terms["other"] == ["interaction: centre", *levels, *centres]
