"""Table 1: worked examples by hand, R's numbers, and laws."""

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twoarm.propensity.balance import DesignWeights, assess_balance
from twoarm.propensity.description import (
    QUARTILES,
    describe_arms,
    quantiles_of,
    summarise_descriptions,
)
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.description import Description
from twoarm.tables.propensity import Balance, Designs

STAGE = pl.Enum(["late", "early", "middle"])  # an order of its own, not the alphabet's
BINARY = pl.Enum(["no", "yes"])


def patients_of(ages, stages, male, n_treated):
    n = len(ages)
    return pl.DataFrame(
        {
            "patient_id": [f"P{row:03}" for row in range(n)],
            "treated": [row < n_treated for row in range(n)],
            "stage": pl.Series(stages, dtype=STAGE),
            "age": pl.Series(ages, dtype=pl.Float64),
            "male": pl.Series(male, dtype=BINARY),
        }
    )


# Treated: P000 to P002, control: P003 to P005.
SIX = patients_of(
    [40, 50, 70, 60, 60, 80],
    ["early", "late", "early", "middle", "late", "early"],
    ["yes", "no", "yes", "no", "no", "yes"],
    3,
)
NAMES = ["stage", "age", "male"]


def weights_of(patients, weight, estimand="ATE"):
    treated = patients["treated"].to_numpy()
    weight = np.asarray(weight, float)
    return DesignWeights(weight * treated, weight * ~treated, estimand)


def describe(patients, weight, *, before=None, covariates=NAMES):
    designs = {"one": weights_of(patients, weight)}
    before = patients if before is None else before
    return describe_arms(patients, before, designs, covariates)


def row_of(table, covariate, level=None):
    same = pl.col("level").eq_missing(pl.lit(level, pl.String))
    return table.filter(same, covariate=covariate).row(0, named=True)


def arm_of(row, arm):
    end = f"_{arm}"
    return {k.removesuffix(end): v for k, v in row.items() if k.endswith(end)}


def nearly(**figures):
    return {k: pytest.approx(v) if v is not None else v for k, v in figures.items()}


NONE = dict.fromkeys(("weighted", "share", "mean", "sd", *QUARTILES))


# --------------------------------------------------------------------- worked by hand


def test_arms_as_they_are():
    table = describe(SIX, [1] * 6)

    # 40, 50, 70: mean 160/3, squares 178 (-13.3), 11 (-3.3), 278 (16.7): 466.7 / 2.
    figures = {"mean": 160 / 3, "sd": (1400 / 6) ** 0.5, "median": 50}
    figures |= {"lower_quartile": 40, "upper_quartile": 70}
    found = arm_of(row_of(table, "age"), "treated")
    assert found == nearly(**{**NONE, "n_missing": 0, "n": 3, **figures})
    # 60, 60, 80, a tie: mean 200/3, squares 44.4, 44.4, 177.8: 266.7 / 2.
    figures = {"mean": 200 / 3, "sd": (800 / 6) ** 0.5, "median": 60}
    figures |= {"lower_quartile": 60, "upper_quartile": 80}
    found = arm_of(row_of(table, "age"), "control")
    assert found == nearly(**{**NONE, "n_missing": 0, "n": 3, **figures})
    # Two of three treated are early, one of three controls.
    early = row_of(table, "stage", "early")
    counted = {"n_missing": 0, "n": 2, "weighted": 2.0, "share": 2 / 3}
    assert arm_of(early, "treated") == nearly(**{**NONE, **counted})
    counted = {"n_missing": 0, "n": 1, "weighted": 1.0, "share": 1 / 3}
    assert arm_of(early, "control") == nearly(**{**NONE, **counted})
    nobody = arm_of(row_of(table, "stage", "middle"), "treated")
    assert nobody == {**NONE, "n_missing": 0, "n": 0, "weighted": 0.0, "share": 0.0}


def test_weights_and_ties():
    # Treated 40, 50, 70 weigh 1, 1, 2 of 4; P004 is not in the design.
    table = describe(SIX, [1, 1, 2, 3, 0, 1])

    age = row_of(table, "age")
    # Mean (40 + 50 + 140) / 4 = 57.5. Squares 306.25, 56.25, 2 x 156.25 = 675 over 4,
    # divided by 1 - (1 + 1 + 4) / 16 = 10/16: 168.75 / 0.625 = 270.
    figures = {"mean": 57.5, "sd": 270**0.5}
    # 1/4 of the weight at 40: the midpoint of 40 and 50. 2/4 at 50: that of 50 and 70.
    figures |= {"lower_quartile": 45, "median": 60, "upper_quartile": 70}
    found = arm_of(age, "treated")
    assert found == nearly(**{**NONE, "n_missing": 0, "n": 3, **figures})
    # Controls: 60 has 3/4 and 80 has 1/4. Mean 65; squares 3 x 25 + 225 = 300 over 4,
    # divided by 1 - 10/16: 75 / 0.375 = 200. 3/4 at 60: the midpoint.
    figures = {"mean": 65, "sd": 200**0.5}
    figures |= {"lower_quartile": 60, "median": 60, "upper_quartile": 70}
    found = arm_of(age, "control")
    assert found == nearly(**{**NONE, "n_missing": 0, "n": 2, **figures})
    # Early are P000 (1) and P002 (2): 3/4, and 3/4 of the 3 patients.
    early = arm_of(row_of(table, "stage", "early"), "treated")
    counted = {"n_missing": 0, "n": 2, "weighted": 2.25, "share": 0.75}
    assert early == nearly(**{**NONE, **counted})
    # Male: P000 and P002 of the treated; P005, a quarter of the controls' weight.
    male = row_of(table, "male", "yes")
    assert (male["n_treated"], male["share_treated"]) == (2, 0.75)
    assert (male["n_control"], male["share_control"]) == (1, 0.25)
    assert male["weighted_control"] == 0.5


def test_rows_follow_the_study_and_the_levels_their_own_order():
    designs = {name: weights_of(SIX, [1] * 6) for name in ("unadjusted", "iptw")}

    table = describe_arms(SIX, SIX, designs, NAMES)

    assert table["row"].to_list() == list(range(1, 13))
    one = [("stage", level) for level in ("late", "early", "middle")]
    one += [("age", None), ("male", "no"), ("male", "yes")]
    assert table.select("covariate", "level").rows() == one * 2
    assert table["design"].to_list() == ["unadjusted"] * 6 + ["iptw"] * 6


def test_missing_are_those_before_imputation_within_the_design():
    gaps = SIX.with_columns(
        age=pl.Series([None, 50, None, None, 60, 80], dtype=pl.Float64),
        male=pl.Series(["yes", None, "yes", "no", "no", "yes"], dtype=BINARY),
    ).reverse()

    row = row_of(describe(SIX, [1, 1, 0, 1, 1, 1], before=gaps), "age")
    assert (row["n_missing_treated"], row["n_missing_control"]) == (1, 1)
    assert row["n_treated"] == 2  # completed
    for level in ("no", "yes"):
        row = row_of(describe(SIX, [1] * 6, before=gaps), "male", level)
        assert (row["n_missing_treated"], row["n_missing_control"]) == (1, 0)


def test_who_has_no_value_is_in_no_number():
    # A structural gap stays: of P000, P003, P004 and P005 nothing is known.
    gaps = SIX.with_columns(
        age=pl.Series([None, 50, 70, None, None, None], dtype=pl.Float64),
        stage=pl.Series([None, "late", "early", None, None, None], dtype=STAGE),
    )

    table = describe(gaps, [1] * 6)

    age, late = row_of(table, "age"), row_of(table, "stage", "late")
    assert (age["n_treated"], age["mean_treated"], age["median_treated"]) == (2, 60, 60)
    assert (age["n_missing_treated"], age["n_missing_control"]) == (1, 3)
    assert arm_of(age, "control") == {**NONE, "n_missing": 3, "n": 0}
    assert (late["n_treated"], late["share_treated"]) == (1, 0.5)
    assert arm_of(late, "control") == {**NONE, "n_missing": 3, "n": 0}


def test_one_patient_has_no_deviation():
    row = row_of(describe(SIX, [1, 0, 0, 1, 1, 1]), "age")

    assert (row["mean_treated"], row["sd_treated"], row["median_treated"]) == (
        40,
        None,
        40,
    )


def test_numbers_are_means_over_completed_data_sets():
    other = SIX.with_columns(
        age=pl.Series([46, 50, 70, 60, 60, 80], dtype=pl.Float64),
        male=pl.Series(["no", "no", "no", "no", "no", "yes"], dtype=BINARY),
    )
    designs = {"unadjusted": weights_of(SIX, [1] * 6)}
    both = (SIX, other)
    parts = [describe_arms(each, SIX, designs, NAMES) for each in both]
    balance = assess_balance(SIX, designs, NAMES)

    table = Description.check(summarise_descriptions(parts, balance))

    age, male = row_of(table, "age"), row_of(table, "male", "yes")
    assert age["mean_treated"] == pytest.approx((160 / 3 + 166 / 3) / 2)
    assert age["lower_quartile_treated"] == 43  # 40 and 46
    assert (male["n_treated"], male["share_treated"]) == (1, pytest.approx(1 / 3))
    assert age["smd"] == row_of(balance, "age")["smd"]


# --------------------------------------------------------------------------- against R


WEIGHTS = {
    "alike": lambda row: np.ones(len(row)),
    "whole": lambda row: 1.0 + row % 3,
    "uneven": lambda row: np.sqrt(1.0 + row % 17),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_numbers_are_rs(name, rotterdam, oracle):
    expected = oracle("description")[name]
    sizes, grades = pl.Enum(["<=20", "20-50", ">50"]), pl.Enum(["2", "3"])
    patients = rotterdam.select(
        pl.col("age", "nodes", "pgr", "er").cast(float),
        pl.col("size").cast(sizes),
        pl.col("grade").cast(pl.String).cast(grades),
        treated=pl.col("hormon") == 1,
        patient_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(5),
    )
    weight = WEIGHTS[name](np.arange(1, patients.height + 1))
    covariates = ["age", "nodes", "pgr", "er", "size", "grade"]

    table = describe(patients, weight, covariates=covariates)

    compared = 0
    for row in table.iter_rows(named=True):
        for arm in ("treated", "control"):
            kind = "levels" if row["level"] else "continuous"
            figures = expected[arm][kind][row["covariate"]]
            figures = figures[row["level"]] if row["level"] else figures
            for figure, number in figures.items():
                found = row[f"{figure}_{arm}"]
                assert found == pytest.approx(number, rel=1e-12), (row, figure)
                compared += 1
    assert compared == 2 * (4 * 6 + 5 * 3)


def test_differences_means_and_shares_are_those_of_the_balance_to_the_bit(cohort):
    patients = cohort("rotterdam")
    weight = np.sqrt(1.0 + np.arange(patients.height) % 17)
    designs = {
        "unadjusted": weights_of(patients, np.ones(patients.height), None),
        "iptw": weights_of(patients, weight, "ATT"),
    }
    names = ["age", "meno", "grade", "nodes"]
    balance = assess_balance(patients, designs, names)

    part = describe_arms(patients, patients, designs, names)
    table = summarise_descriptions([part], balance)

    for row in balance.iter_rows(named=True):
        own = row_of(table.filter(design=row["design"]), row["covariate"], row["level"])
        assert own["smd"] == row["smd"]
        for arm in ("treated", "control"):
            figure = "mean" if row["level"] is None else "share"
            assert own[f"{figure}_{arm}"] == row[f"mean_{arm}"]
    assert table["smd"].count() == balance.height


# -------------------------------------------------------------------------------- laws


numbers = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=1, max_size=25
).filter(lambda rows: any(weight for _, weight in rows))


@given(numbers)
def test_whole_weights_are_repeated_patients(rows):
    values, weight = (np.array(each, float) for each in zip(*rows, strict=True))
    shares = [0.1, *QUARTILES.values()]

    repeated = np.repeat(values, weight.astype(int))

    found = quantiles_of(values, weight, shares)
    assert list(found) == list(quantiles_of(repeated, np.ones(len(repeated)), shares))


@given(numbers)
def test_median_is_numpys(rows):
    values = np.array([value for value, _ in rows], float)

    (found,) = quantiles_of(values, np.ones(len(values)), [0.5])

    assert found == np.median(values)


@given(numbers, st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_scale_and_order_change_no_quantile(rows, scale, random):
    values, weight = (np.array(each, float) for each in zip(*rows, strict=True))
    order = random.sample(range(len(rows)), len(rows))
    shares = [*QUARTILES.values()]

    found = quantiles_of(values[order], weight[order] * scale, shares)

    assert list(found) == list(quantiles_of(values, weight, shares))


ROWS = st.lists(
    st.tuples(
        st.integers(20, 90),
        st.sampled_from(STAGE.categories.to_list()),
        st.sampled_from(["no", "yes"]),
        st.floats(0.01, 50),
    ),
    min_size=4,
    max_size=20,
)


def frame_of(rows):
    ages, stages, male, weight = zip(*rows, strict=True)
    return patients_of(ages, stages, male, len(rows) // 2), np.array(weight)


def check_alike(found, expected):
    for column in found.columns:
        for one, other in zip(found[column], expected[column], strict=True):
            if isinstance(other, float):
                other = pytest.approx(other, rel=1e-9, abs=1e-7)
            assert one == other, column


@given(ROWS, st.floats(1e-3, 1e3), st.randoms(use_true_random=False))
def test_scale_of_weights_and_order_of_rows_change_nothing(rows, scale, random):
    patients, weight = frame_of(rows)
    order = random.sample(range(len(rows)), len(rows))

    found = describe(patients[order], weight[order] * scale)

    check_alike(found, describe(patients, weight))


@given(ROWS, st.floats(0.1, 10))
def test_equal_weights_are_none(rows, scale):
    patients, _ = frame_of(rows)
    weight = np.full(len(rows), scale)

    found = describe(patients, weight)

    for arm, inside in (("treated", True), ("control", False)):
        ages = patients.filter(treated=inside)["age"]
        row = row_of(found, "age")
        assert row[f"mean_{arm}"] == pytest.approx(ages.mean())
        assert row[f"sd_{arm}"] == pytest.approx(ages.std(), abs=1e-7)
        assert row[f"median_{arm}"] == ages.median()


@given(ROWS)
def test_levels_of_an_arm_add_up(rows):
    patients, weight = frame_of(rows)
    assume(len(rows) > 3)

    table = describe(patients, weight)

    for name in ("stage", "male"):
        part = table.filter(covariate=name)
        for arm, inside in (("treated", True), ("control", False)):
            n = patients.filter(treated=inside).height
            assert part[f"n_{arm}"].sum() == n
            assert part[f"weighted_{arm}"].sum() == pytest.approx(n)
            assert part[f"share_{arm}"].sum() == pytest.approx(1)


# ------------------------------------------------------------------------------ script


def test_script_describes_every_data_set(script, tmp_path):
    days = dict.fromkeys(
        ("treatment_days", "first_dose_days"), pl.lit(None, pl.Float64)
    )
    extra = {**days, "index_date": pl.lit(None, pl.Date)}
    second = SIX.with_columns(age=pl.col("age") + 10)
    for k, cohort in enumerate([SIX, SIX, second]):  # 0 is before imputation
        Patients.write(cohort.with_columns(**extra), tmp_path / f"{k}.parquet")
    rows = [
        {
            "imputation": k,
            "design": "unadjusted",
            "patient_id": row["patient_id"],
            "treated": row["treated"],
            "propensity_score": 0.5,
            "weight": 1.0,
            "origin_days": 0.0,
            "entry_days": 0.0,
        }
        for k in (1, 2)
        for row in SIX.iter_rows(named=True)
    ]
    Designs.write(Designs.of(rows), tmp_path / "designs.parquet")
    arms = Designs.of(rows).filter(imputation=1)
    Arms.write(arms.select(Arms.column_names()), tmp_path / "arms.parquet")
    balance = assess_balance(SIX, {"unadjusted": weights_of(SIX, [1] * 6)}, ["age"])
    Balance.write(balance, tmp_path / "balance.parquet")

    script("propensity/describe_arms").main(
        [tmp_path / "1.parquet", tmp_path / "2.parquet"],
        tmp_path / "arms.parquet",
        tmp_path / "0.parquet",
        tmp_path / "designs.parquet",
        tmp_path / "balance.parquet",
        tmp_path / "description.parquet",
        covariates=NAMES,
        estimands={"unadjusted": None},
        endpoints=[],
    )

    table = Description.read(tmp_path / "description.parquet")
    age = row_of(table, "age")
    assert age["median_treated"] == 55
    assert age["smd"] == balance["smd"][0]
    assert row_of(table, "male", "yes")["smd"] is None
