import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from twoarm.errors import InputError
from twoarm.propensity import balance as library
from twoarm.propensity import interactions
from twoarm.propensity.interactions import assess_interactions
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.propensity import Balance, Designs, Interactions, Prognosis
from twoarm.terms import expand_terms

BINARY = pl.Enum(["0", "1"])
ESTIMANDS = {"ate": "ATE", "att": "ATT", "ato": "ATO"}
MATCHED = [
    "nn1_cal0.2_largest",
    "nn1_cal0.2_data",
    "nn1_cal0.2_smallest",
    "nn1_cal0.2_closest",
    "nn2_cal0.2_closest",
    "nn2_cal0.2_largest",
    "nn1_nocaliper_largest",
    "nn1_cal0.2_replace",
    "nn2_cal0.2_replace",
    "nn1_cal0.2_exact",
    "nn1_cal0.2_ps_scale",
    "nn1_austin_pooled_caliper",
]


def assess_balance(patients, weights, covariates, *, estimand):
    """Assess the one design of a frame of weights."""
    rows = patients.join(weights, on="patient_id", how="left", maintain_order="left")
    weight = rows["weight"].fill_null(0.0).to_numpy()
    treated = patients["treated"].to_numpy()
    design = library.DesignWeights(weight * treated, weight * ~treated, estimand)
    return library.assess_balance(patients, {"one": design}, covariates)


def ones(patients):
    return patients.select("patient_id", weight=1.0)


def two_arms(treated, control):
    """Patients with one continuous covariate `x`, the treated first."""
    values = [*treated, *control]
    return pl.DataFrame(
        {
            "patient_id": [f"P{row:03}" for row in range(len(values))],
            "treated": [True] * len(treated) + [False] * len(control),
            "x": [float(each) for each in values],
        }
    )


def one_row(patients, weights=None, covariate="x", estimand=None):
    weights = ones(patients) if weights is None else weights
    table = assess_balance(patients, weights, [covariate], estimand=estimand)
    (row,) = table.rows(named=True)
    return row


def nearly(value):
    return value if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


def r_name(row, names):
    """What R calls a covariate level: `grade3`; `meno` where it is a number there."""
    full = row["covariate"] + (row["level"] or "")
    return full if full in names else row["covariate"]


# ------------------------------------------------------------------------ against R


def check_balance(rows, expected, smd):
    compared = set()
    for row in rows:
        name = r_name(row, expected)
        r = expected[name]
        compared.add(name)
        for column in ("mean_treated", "mean_control"):
            assert row[column] == pytest.approx(r[column], rel=1e-10), name
        # R's null is an infinite difference: the level is in no treated patient.
        assert row["smd"] == nearly(r[smd]), name
        if row["level"] is None:
            ratio = r["variance_ratio"]
            assert row["variance_ratio"] == pytest.approx(ratio, rel=1e-9), name
        else:
            assert row["variance_ratio"] is None
    assert compared == set(expected)


@pytest.mark.parametrize("name", ["rotterdam", "hepatocellular", "sysucc"])
@pytest.mark.parametrize(
    ("estimand", "smd"), [(None, "smd_pooled"), ("ATT", "smd_treated_sd")]
)
def test_unadjusted_balance_is_rs(cohort, oracle, name, estimand, smd):
    patients, expected = cohort(name), oracle(name)

    table = assess_balance(
        patients, ones(patients), expected["covariates"], estimand=estimand
    )

    check_balance(table.rows(named=True), expected["balance"], smd)


@pytest.mark.parametrize("name", ["rotterdam", "hepatocellular", "sysucc"])
@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_weighted_balance_is_rs(cohort, oracle, name, estimand):
    patients, expected = cohort(name), oracle(name)
    expected = expected.get("reduced", expected)
    covariates = expected["covariates"]
    matrix, _ = expand_terms(patients, covariates)
    treated, meant = patients["treated"].to_numpy(), ESTIMANDS[estimand]
    score = estimate_score(treated, matrix).probability
    weight = weight_by_score(score, treated, estimand=meant)

    table = assess_balance(
        patients,
        patients.select("patient_id", weight=weight),
        covariates,
        estimand=meant,
    )

    smd = "smd_treated_sd" if meant == "ATT" else "smd_pooled"
    r = expected["weights"][estimand]["balance"]
    check_balance(table.rows(named=True), r, smd)


@pytest.mark.parametrize("configuration", MATCHED)
def test_matched_balance_is_matchits(matchit, matchit_weights, configuration):
    expected = matchit.expected["configurations"][configuration]["balance"]
    weight = matchit_weights(matchit.expected["name"], configuration)
    weights = matchit.patients.select("patient_id", weight=weight)

    table = assess_balance(
        matchit.patients, weights, matchit.covariates, estimand="ATT"
    )

    rows = table.rows(named=True)
    assert {r_name(row, expected) for row in rows} == set(expected)
    for row in rows:
        name = r_name(row, expected)
        r = expected[name]
        assert row["mean_treated"] == pytest.approx(r["mean_treated"], rel=1e-10)
        assert row["mean_control"] == pytest.approx(r["mean_control"], rel=1e-10)
        assert row["smd"] == nearly(r["smd_treated_sd_unadj"])
        if row["level"] is None:
            ratio = row["variance_ratio"]
            assert ratio == pytest.approx(r["var_ratio_adj"], rel=1e-9)


def test_overlap_weights_balance_the_means(cohort):
    patients, covariates = cohort("rotterdam"), ["age", "meno", "grade", "nodes"]
    matrix, _ = expand_terms(patients, covariates)
    treated = patients["treated"].to_numpy()
    score = estimate_score(treated, matrix).probability
    weight = weight_by_score(score, treated, estimand="ATO")

    table = assess_balance(
        patients,
        patients.select("patient_id", weight=weight),
        covariates,
        estimand="ATO",
    )

    assert table["smd"].abs().max() < 1e-12


# ------------------------------------------------------------------- worked by hand


def with_moments(mean, spread):
    """Two values with this mean and standard deviation."""
    return mean - spread / 2**0.5, mean + spread / 2**0.5


def test_difference_and_ratio_of_two_ages():
    patients = two_arms(with_moments(54.2, 10.1), with_moments(58.0, 11.3))

    row = one_row(patients)

    assert row["smd"] == pytest.approx(-0.3546, abs=5e-5)
    assert row["variance_ratio"] == pytest.approx(0.7989, abs=5e-5)
    assert row["smd"] == pytest.approx(-3.8 / ((10.1**2 + 11.3**2) / 2) ** 0.5)
    of_treated = one_row(patients, estimand="ATT")["smd"]
    assert of_treated == pytest.approx(-3.8 / 10.1)


def test_difference_of_two_shares():
    shares = [1] * 62 + [0] * 38, [1] * 41 + [0] * 59
    patients = two_arms(*shares).with_columns(
        x=pl.col("x").cast(int).cast(pl.String).cast(BINARY)
    )

    row = one_row(patients)

    assert (row["mean_treated"], row["mean_control"]) == (0.62, 0.41)
    assert row["smd"] == pytest.approx(0.4298, abs=5e-5)
    assert row["level"] == "1"
    assert row["variance_ratio"] is None
    assert row["ks"] == pytest.approx(0.21)
    assert (row["n_treated"], row["n_control"]) == (62, 41)


def test_every_level_of_three_is_there_and_one_of_two():
    three, two = pl.Enum(["a", "b", "c"]), pl.Enum(["no", "yes"])
    patients = two_arms([0, 0, 0, 0], [0, 0, 0, 0]).with_columns(
        pl.Series("three", [*"aabc", *"abbc"], dtype=three),
        pl.Series("two", ["no", "yes"] * 4, dtype=two),
    )

    table = assess_balance(patients, ones(patients), ["three", "two"], estimand=None)

    columns = ["covariate", "level", "mean_treated", "mean_control"]
    assert table.select(*columns, "n_treated", "n_control").rows() == [
        ("three", "a", 0.5, 0.25, 2, 1),
        ("three", "b", 0.25, 0.5, 1, 2),
        ("three", "c", 0.25, 0.25, 1, 1),
        ("two", "yes", 0.5, 0.5, 2, 2),
    ]


def test_greatest_distance_by_hand():
    # distribution functions at 1, 2, 3, 4: treated 1/4, 2/4, 3/4, 1; control 0, 1/2,
    # 1/2, 1
    row = one_row(two_arms([1, 2, 3, 4], [2, 4]))

    assert row["ks"] == pytest.approx(0.25)


def test_weighted_greatest_distance_by_hand():
    patients = two_arms([1, 2], [1, 2])
    weights = patients.select("patient_id", weight=pl.Series([3.0, 1.0, 1.0, 1.0]))

    assert one_row(patients, weights)["ks"] == pytest.approx(0.75 - 0.5)


def test_who_is_not_in_the_design_does_not_count():
    patients = two_arms([1, 2, 90], [1, 3, 50])
    inside = ones(patients).filter(pl.col("patient_id").is_in(["P000", "P001", "P004"]))

    row = one_row(patients, inside)

    assert (row["mean_treated"], row["mean_control"]) == (1.5, 3.0)
    spread = np.var([1, 2, 90], ddof=1), np.var([1, 3, 50], ddof=1)
    # the denominator is of all patients, whoever is in
    assert row["smd"] == pytest.approx(-1.5 / (sum(spread) / 2) ** 0.5)
    assert row["variance_ratio"] is None  # one control has no variance
    assert row["ks"] == 1.0


def test_counts_are_of_patients_not_of_weights():
    level = pl.Series("x", ["1", "1", "0", "1", "1"], dtype=BINARY)
    patients = two_arms([0, 0], [0, 0, 0]).with_columns(level)
    weights = ones(patients).with_columns(weight=0.25)[1:4]

    row = one_row(patients, weights)

    assert (row["n_treated"], row["n_control"]) == (1, 1)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e6 + 0.1])
@pytest.mark.parametrize("estimand", [None, "ATT"])
def test_a_constant_covariate_has_no_difference(value, estimand):
    patients = two_arms([value] * 7, [value] * 13)
    weights = patients.select(
        "patient_id", weight=pl.int_range(pl.len()).cast(float) / 7 + 0.1
    )

    row = one_row(patients, weights, estimand=estimand)

    assert row["smd"] is None
    assert row["variance_ratio"] is None
    assert row["ks"] == pytest.approx(0, abs=1e-12)


def test_a_level_of_all_patients_has_no_difference():
    level = pl.Series("x", ["1"] * 9, dtype=BINARY)
    patients = two_arms([0] * 4, [0] * 5).with_columns(level)
    weights = patients.select("patient_id", weight=pl.Series([0.1, 0.2, 0.7] * 3))

    assert one_row(patients, weights)["smd"] is None


def test_a_covariate_constant_in_the_treated_has_no_difference_under_att():
    row = one_row(two_arms([0.1] * 3, [1, 2, 3]), estimand="ATT")

    assert row["smd"] is None
    assert row["variance_ratio"] == 0


def test_one_treated_patient_has_no_variance():
    patients = two_arms([1, 2, 4], [1, 3, 8])
    weights = patients.select("patient_id", weight=pl.Series([1.0, 0, 0, 1, 1, 1]))
    nearly_all = weights.with_columns(
        weight=pl.Series([1.0, 1e-300, 0.0, 1.0, 1.0, 1.0])
    )

    assert one_row(patients, weights)["variance_ratio"] is None
    assert one_row(patients, nearly_all)["variance_ratio"] is None


def test_empty_arms_and_missing_values_are_named_at_once():
    patients = two_arms([1, 2, 4], [1, 3, 8]).with_columns(
        x=pl.Series([None, float("nan"), 1.0, 2.0, 3.0, 4.0])
    )
    weights = patients.select("patient_id", weight=pl.Series([0.0] * 3 + [1.0] * 3))

    with pytest.raises(InputError, match=r"nobody in its treated arm.* 2 patient"):
        assess_balance(patients, weights, ["x"], estimand=None)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("assess", [library.assess_balance, assess_interactions])
def test_numbers_do_not_depend_on_threads(monkeypatch, assess, threads):
    rng = np.random.default_rng(3)
    arm, weight = rng.random(100_003) < 0.3, rng.random(100_003)
    columns = {f"x{k}": rng.normal(size=len(arm)) for k in range(6)}
    patients = pl.DataFrame({"treated": arm, **columns})
    design = {"one": library.DesignWeights(weight * arm, weight * ~arm, "ATE")}
    with threadpool_limits(3, "blas"):
        before = assess(patients, design, list(columns))

    monkeypatch.setattr(library, "THREADS", threads)
    monkeypatch.setattr(interactions, "THREADS", threads)

    with threadpool_limits(1, "blas"):
        assert assess(patients, design, list(columns)).equals(before)


# ------------------------------------------------------------------------------ laws

values = st.lists(st.integers(0, 5).map(float), min_size=2, max_size=12)


def with_copies(patients, copies):
    repeated = patients.select(pl.all().repeat_by(pl.Series(copies)).explode())
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(4)
    return repeated.with_columns(patient_id=number)


@given(values, values, st.data())
def test_whole_weights_are_copies(treated, control, data):
    patients = two_arms(treated, control)
    size = patients.height
    copies = data.draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))
    weights = patients.select("patient_id", weight=pl.Series(copies).cast(float))

    weighted, copied = (
        one_row(patients, weights),
        one_row(with_copies(patients, copies)),
    )

    for column in ("mean_treated", "mean_control", "ks"):
        assert weighted[column] == pytest.approx(copied[column], abs=1e-12)


@given(values, values, st.floats(0.1, 10))
def test_weights_of_one_size_are_none(treated, control, size):
    patients = two_arms(treated, control)
    same = patients.select("patient_id", weight=pl.lit(size))

    plain, weighted = one_row(patients), one_row(patients, same)

    for column in ("mean_treated", "mean_control", "smd", "variance_ratio", "ks"):
        assert weighted[column] == nearly(plain[column])


@given(values, values, st.integers(-5, 5), st.sampled_from([0.25, 2.0, 1000.0]))
def test_unit_of_a_covariate_does_not_matter(treated, control, shift, scale):
    patients = two_arms(treated, control)
    changed = patients.with_columns(x=(pl.col("x") + shift) * scale)

    before, after = one_row(patients), one_row(changed)

    for column in ("smd", "variance_ratio", "ks"):
        assert after[column] == nearly(before[column])


@given(values, values)
def test_exchanged_arms_exchange_the_sign(treated, control):
    one, other = (
        one_row(two_arms(treated, control)),
        one_row(two_arms(control, treated)),
    )

    assert one["mean_treated"] == other["mean_control"]
    assert one["ks"] == pytest.approx(other["ks"], abs=1e-12)
    if one["smd"] is not None:
        assert one["smd"] == pytest.approx(-other["smd"])
    if one["variance_ratio"] and other["variance_ratio"]:
        assert one["variance_ratio"] == pytest.approx(1 / other["variance_ratio"])


@given(values, values, st.randoms())
def test_row_order_does_not_matter(treated, control, random):
    patients = two_arms(treated, control)
    order = list(range(patients.height))
    random.shuffle(order)

    before, after = one_row(patients), one_row(patients[order], ones(patients))

    for column in ("mean_treated", "mean_control", "smd", "variance_ratio", "ks"):
        assert after[column] == nearly(before[column])


# ------------------------------------------------------------------------ the script


@pytest.fixture
def assess(script, tmp_path, filled, everybody):
    """Run the rule on two designs of all patients; return the balance."""

    def run(patients, covariates):
        return _assess(script, tmp_path, filled(patients), everybody, covariates)

    return run


def _assess(script, tmp_path, patients, everybody, covariates):
    designs = pl.concat(
        patients.select(
            "patient_id",
            "treated",
            design=pl.lit(name),
            propensity_score=0.5,
            weight=pl.lit(weight),
            set_id=pl.lit(None, pl.String),
            imputation=pl.lit(0, pl.Int64),
            origin_days=0.0,
            entry_days=0.0,
            exit_days=pl.lit(None, pl.Float64),
        )
        for name, weight in (("unadjusted", 1.0), ("iptw", 2.0))
    )
    names = ("patients", "arms", "designs", "balance", "interactions", "prognosis")
    paths = {name: tmp_path / name for name in names}
    row = pl.int_range(1, pl.len() + 1)
    timed = patients.with_columns(
        os_days=(row * 7919 % 1009 + 1).cast(float),
        os_event=row % 3 > 0,
    )
    Patients.write(timed, paths["patients"])
    Arms.write(everybody(patients, "unadjusted", "iptw"), paths["arms"])
    Designs.write(designs.select(Designs.column_names()), paths["designs"])
    paths["patients"] = [paths["patients"]]

    script("propensity/assess_balance").main(
        **paths,
        covariates=covariates,
        endpoints=["os"],
        estimands={"unadjusted": None, "iptw": "ATE"},
    )
    products = Interactions.read(paths["interactions"])
    assert set(products["design"]) <= {"unadjusted", "iptw"}
    assert Prognosis.read(paths["prognosis"]).height == 2
    return Balance.read(paths["balance"])


def test_script_writes_the_balance_of_every_design(assess, cohort):
    table = assess(cohort("rotterdam"), ["age", "grade"])

    assert table.select("design", "covariate", "level").rows() == [
        ("iptw", "age", None),
        ("iptw", "grade", "3"),
        ("unadjusted", "age", None),
        ("unadjusted", "grade", "3"),
    ]


@pytest.mark.parametrize("covariates", [["age"], ["grade"], ["age", "nodes"]])
def test_script_writes_covariates_of_one_kind(assess, cohort, covariates):
    table = assess(cohort("rotterdam"), covariates)

    assert set(table["covariate"]) == set(covariates)


def test_script_writes_a_covariate_that_is_the_same_in_all(assess):
    patients = two_arms([0.1, 0.1, 0.1], [0.1, 0.1])

    assert assess(patients, ["x"])["smd"].null_count() == 2
