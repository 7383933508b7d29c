import numpy as np
import polars as pl
import pytest

from twoarm.engine import fit_cox
from twoarm.propensity.assessment import assess_overlap, assess_size, weights_of
from twoarm.propensity.balance import DesignWeights, assess_balance, assess_values
from twoarm.propensity.interactions import assess_interactions
from twoarm.propensity.prognosis import estimate_prognosis
from twoarm.propensity.verdicts import (
    judge_design,
    summarise_diagnostics,
    summarise_imputations,
)
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.diagnostics import Diagnostics
from twoarm.tables.propensity import (
    Balance,
    Designs,
    Interactions,
    Prognosis,
    Scores,
    Weights,
)
from twoarm.terms import expand_terms

THRESHOLDS = {"smd": 0.1, "variance_ratio": (0.5, 2.0)}
SEX = pl.Enum(["f", "m"])
PATIENTS = pl.DataFrame(
    {
        "patient_id": list("abcdef"),
        "treated": [True, True, True, False, False, False],
        "age": [50.0, 60.0, 70.0, 40.0, 50.0, 90.0],
        "sex": pl.Series(list("fmmfmf"), dtype=SEX),
    }
)
TREATED = PATIENTS["treated"].to_numpy()
EVEN = DesignWeights(TREATED * 1.0, ~TREATED * 1.0, None)


def balance_of(*rows):
    usual = {"design": "one", "mean_treated": 0.0, "mean_control": 0.0, "ks": 0.0}
    usual |= {"ecdf_mean": 0.0}
    return Balance.of(
        [
            {**usual, "covariate": name, "smd_max": smd, **more}
            for name, smd, more in rows
        ]
    )


def judge(balance, interactions=(), prognosis=()):
    return judge_design(
        balance,
        Interactions.of(list(interactions)),
        Prognosis.of(list(prognosis)),
        **THRESHOLDS,
    )


# ------------------------------------------------------------------------ verdicts


def test_verdict_names_what_is_furthest_apart():
    found = judge(balance_of(("age", 0.05, {}), ("sex", 0.234, {}), ("size", 0.12, {})))

    assert found["verdict"] == "not balanced: sex 0.23"
    assert (found["n_over"], found["n_levels"]) == (2, 3)
    assert (found["smd_max"], found["smd_covariate"]) == (0.234, "sex")


def test_distances_of_functions_are_those_of_continuous_covariates():
    rows = [
        ("age", 0.0, {"ks": 0.2, "ecdf_mean": 0.05}),
        ("size", 0.0, {"ks": 0.1, "ecdf_mean": 0.06}),
        ("sex", 0.0, {"level": "m", "ks": 0.9, "ecdf_mean": 0.9}),
    ]

    found = judge(balance_of(*rows))

    assert (found["ks_max"], found["ecdf_max"]) == (0.2, 0.06)


def test_a_difference_of_the_threshold_is_balanced():
    found = judge(balance_of(("age", 0.1, {}), ("size", None, {})))

    assert found["verdict"] == "balanced"
    assert found["n_levels"] == 2


def test_ratios_products_and_prognosis_stand_beside():
    rows = [
        ("age", 0.0, {"variance_ratio": 2.5}),
        ("size", 0.0, {"variance_ratio": 0.5}),
    ]
    products = [
        {"design": "one", "term": "age^2", "smd_max": 0.3},
        {"design": "one", "term": "age:size", "smd_max": 0.4},
    ]
    prognosis = [
        {"design": "one", "endpoint": end, "smd_max": smd, "why": ""}
        for end, smd in (("os", 0.2), ("pfs", 0.25), ("rfs", None))
    ]

    found = judge(balance_of(*rows), products, prognosis)

    assert found["verdict"] == "balanced"
    assert found["n_ratios_over"] == 1
    assert (found["interaction_max"], found["interaction_term"]) == (0.4, "age:size")
    assert found["prognosis_max"] == 0.25


def test_means_apart_without_spread_are_not_balanced():
    # all the treated are at the level: nothing to measure the difference by under ATT
    sex = pl.Series(list("mmmfmf"), dtype=SEX)
    design = {"one": DesignWeights(TREATED * 1.0, ~TREATED * 1.0, "ATT")}

    table = assess_balance(PATIENTS.with_columns(sex=sex), design, ["sex"])

    found = judge(table)
    assert table["smd"].to_list() == [None]
    assert found["verdict"] == "not balanced: sex=m without spread"
    assert found["n_over"] == 1


@pytest.mark.parametrize(
    ("smd", "verdict"),
    [(0.104, "not balanced: grade=3 0.104"), (0.1 + 1e-12, "not balanced: grade=3 ")],
)
def test_verdict_never_shows_the_threshold_itself(smd, verdict):
    found = judge(balance_of(("grade", smd, {"level": "3"})))

    assert found["verdict"].startswith(verdict)


def test_imputations_are_summarised_as_mean_and_greatest():
    parts = [
        balance_of(("age", abs(smd), {"smd": smd, "n_treated": n})).with_columns(
            imputation=pl.lit(k)
        )
        for k, (smd, n) in enumerate(((0.1, 10), (-0.3, 13)), start=1)
    ]

    found = summarise_imputations(pl.concat(parts), Balance.key())

    (row,) = Balance.check(found).rows(named=True)
    assert row["smd"] == pytest.approx(-0.1)
    assert row["smd_max"] == 0.3
    assert row["n_treated"] == 12


def test_figure_that_one_imputation_lacks_is_null():
    parts = [
        balance_of(("age", smd, {"smd": smd})).with_columns(imputation=pl.lit(k))
        for k, smd in enumerate((0.1, None))
    ]

    assert summarise_imputations(pl.concat(parts), Balance.key())["smd"][0] is None


def test_diagnostics_are_means_with_whole_counts():
    found = summarise_diagnostics([{"n": 10, "share": 0.1}, {"n": 13, "share": 0.3}])

    assert found == {"n": 12, "share": pytest.approx(0.2)}


# --------------------------------------------------------------- size and overlap


def test_size_of_a_weighted_design():
    design = DesignWeights(
        np.array([1.0, 1, 2, 0, 0, 0]), np.array([0, 0, 0, 4.0, 0, 0]), "ATE"
    )

    found = assess_size(TREATED, design, 3)

    assert found["ess_treated"] == pytest.approx(16 / 6)
    assert found["ess_control"] == pytest.approx(1)
    assert (found["n_treated"], found["n_control"]) == (3, 1)
    assert (found["n_treated_out"], found["n_control_out"]) == (0, 2)
    assert found["weight_share"] == 1.0
    assert found["weight_max"] == pytest.approx(1.5)
    assert found["n_truncated"] == 3


def test_overlap_by_hand():
    score = np.array([0.9, 0.6, 0.5, 0.5, 0.4, 0.1])

    found = assess_overlap(score, score, TREATED, 0.1)

    # of nine pairs the treated is higher in eight, and one ties
    assert found["c_statistic"] == pytest.approx(8.5 / 9)
    assert found["overlap"] == pytest.approx(1 / 3)
    assert found["share_unsupported"] == pytest.approx(1 / 3)


def test_c_statistic_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    treated, score = rng.random(500) < 0.3, rng.integers(1, 20, 500) / 20

    found = assess_overlap(score, score, treated, 0.1)

    assert found["c_statistic"] == pytest.approx(roc_auc_score(treated, score))


def test_weights_are_laid_beside_the_patients():
    rows = pl.DataFrame(
        {
            "design": ["one"] * 3,
            "patient_id": ["b", "d", "b"],
            "treated": [True, False, False],
            "weight": [1.0, 0.5, 2.0],
        }
    ).with_columns(set_id=pl.lit(None, pl.String), exit_days=pl.lit(None, pl.Float64))

    design = weights_of(PATIENTS, rows, {"one": "ATT"})["one"]

    assert design.treated.tolist() == [0, 1, 0, 0, 0, 0]
    assert design.control.tolist() == [0, 2, 0, 0.5, 0, 0]
    assert design.share.tolist() == [0, 1 - 0.8, 0, -0.2, 0, 0]


def test_of_clones_the_last_weight_of_those_who_stay_counts():
    rows = pl.DataFrame(
        {
            "design": ["one"] * 4,
            "patient_id": ["b", "b", "b", "d"],
            "treated": [True, True, False, False],
            "weight": [1.0, 3.0, 1.0, 2.0],
            "set_id": ["b", "b", "b", "d"],
            "exit_days": [30.0, None, 12.5, None],
            "origin_days": [0.0] * 4,
        }
    )

    design = weights_of(PATIENTS, rows, {"one": "ATE"})["one"]

    assert design.treated.tolist() == [0, 3, 0, 0, 0, 0]
    assert design.control.tolist() == [0, 0, 0, 2, 0, 0]


# ------------------------------------------------------- squares, products, prognosis


def test_squares_and_products_by_hand():
    found = assess_interactions(PATIENTS, {"one": EVEN}, ["age", "sex"])

    age = PATIENTS["age"].to_numpy() - 60.0
    male = np.array([0, 1, 1, 0, 1, 0.0])
    by_term = dict(found.select("term", "smd").iter_rows())
    for term, values in (("age^2", age**2), ("age:sex=m", age * male)):
        first, second = values[TREATED], values[~TREATED]
        scale = ((first.var(ddof=1) + second.var(ddof=1)) / 2) ** 0.5
        assert by_term.pop(term) == pytest.approx((first - second).mean() / scale)
    assert not by_term
    assert found["smd_max"].to_list() == found["smd"].abs().to_list()


def test_levels_of_one_covariate_are_not_multiplied():
    grade = pl.Series(list("123312"), dtype=pl.Enum(list("123")))
    patients = PATIENTS.with_columns(grade=grade)

    found = assess_interactions(patients, {"one": EVEN}, ["grade", "sex"])

    assert found["term"].to_list() == [f"grade={k}:sex=m" for k in "123"]


def test_product_that_is_the_same_in_one_arm_has_no_variance_there():
    arm = np.arange(100) < 40
    rising = np.linspace(0, 1, 60)
    one, other = np.r_[[0.3] * 40, rising], np.r_[[0.7] * 40, rising[::-1]]
    patients = pl.DataFrame({"treated": arm, "one": one, "other": other})
    design = DesignWeights(arm * 1.0, ~arm * 1.0, "ATT")

    found = assess_interactions(patients, {"one": design}, ["one", "other"])

    assert found["smd"].to_list() == [None] * 3


def test_product_of_two_levels_is_a_level():
    yes = pl.Enum(["no", "yes"])
    patients = PATIENTS.with_columns(
        pl.Series("ill", ["no", "yes", "yes", "yes", "no", "no"], dtype=yes)
    )

    found = assess_interactions(patients, {"one": EVEN}, ["sex", "ill"])

    # two of three of the treated are male and ill, of the controls none
    assert found["smd"].to_list() == pytest.approx([(2 / 3) / (2 / 9 / 2) ** 0.5])


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_products_are_those_of_columns_multiplied_first(cohort, estimand):
    patients = cohort("rotterdam")
    names = ["age", "nodes", "grade", "meno"]
    matrix, terms = expand_terms(patients, names, full=True)
    centre = [0.0 if t.level else patients[t.covariate].mean() for t in terms]
    columns = dict(zip([t.name for t in terms], (matrix - centre).T, strict=True))
    arm = patients["treated"].to_numpy()
    weight = np.random.default_rng(1).random(len(arm))
    design = DesignWeights(weight * arm, weight * ~arm, estimand)

    found = assess_interactions(patients, {"one": design}, names)

    for term, smd in found.select("term", "smd").iter_rows():
        one, other = [term[:-2]] * 2 if term.endswith("^2") else term.split(":")
        row = assess_values(
            columns[one] * columns[other],
            arm,
            design,
            continuous="age" in term or "nodes" in term,
        )
        assert smd == pytest.approx(row["smd"], rel=1e-9, abs=1e-12), term
    assert found.height == 2 + 6


def test_prognosis_is_the_controls_outlook(cohort):
    patients = cohort("rotterdam")
    matrix, _ = expand_terms(patients, ["age", "nodes"])
    time, event, arm = (
        patients[name].to_numpy() for name in ("os_days", "os_event", "treated")
    )

    found = estimate_prognosis(time, event, arm, matrix)

    fit = fit_cox(time[~arm], event[~arm], matrix[~arm])
    expected = matrix @ fit.estimate
    np.testing.assert_allclose(
        found.score - found.score.mean(), expected - expected.mean(), rtol=1e-6
    )
    row = assess_values(found.score, arm, DesignWeights(arm * 1.0, ~arm * 1.0, None))
    assert row["smd"] > 0.2  # the treated have more nodes


def test_prognosis_needs_events_and_covariates_that_vary():
    time, event = np.arange(1.0, 21), np.arange(20) < 4
    arm = np.arange(20) % 2 == 0
    matrix = np.arange(20.0)[:, None]

    few = estimate_prognosis(time, event, arm, matrix)
    flat = estimate_prognosis(time, event | True, arm, np.where(arm, 1.0, 0.0)[:, None])

    assert few.score is None
    assert "fewer than 5 events" in few.why
    assert flat.score is None
    assert "no covariate varies" in flat.why


# -------------------------------------------------------------------------- the script


def members(number, weight):
    none = pl.lit(None, pl.Float64)
    return PATIENTS.select(
        "patient_id", "treated", imputation=pl.lit(number, pl.Int64),
        design=pl.lit("unadjusted"), propensity_score=0.5, weight=pl.lit(weight),
        set_id=pl.lit(None, pl.String), origin_days=0.0, entry_days=0.0, exit_days=none,
    )  # fmt: skip


def test_script_writes_a_row_a_design(script, tmp_path, filled, everybody):
    paths = {"patients": [], "scores": [], "weights": []}
    for number in (1, 2):
        for name, each in paths.items():
            each.append(tmp_path / f"{name}{number}")
        Patients.write(filled(PATIENTS), paths["patients"][-1])
        scores = PATIENTS.select(
            "patient_id", "treated", imputation=pl.lit(number, pl.Int64),
            score=pl.lit("unadjusted"), logit=pl.col("age") / 100 - 0.3 * number,
            propensity_score=pl.col("age") / 100, preference_score=0.5,
        )  # fmt: skip
        Scores.write(scores.select(Scores.column_names()), paths["scores"][-1])
        Weights.write(Weights.of([]), paths["weights"][-1])
    Arms.write(everybody(PATIENTS, "unadjusted", "plain"), tmp_path / "arms")
    designs = pl.concat([members(1, 1.0), members(2, 1.0)])
    unscored = designs.with_columns(
        design=pl.lit("plain"), propensity_score=pl.lit(None, pl.Float64)
    )
    designs = pl.concat([designs, unscored])
    Designs.write(designs.select(Designs.column_names()), tmp_path / "designs")
    rows = [("age", 0.5, {"design": name}) for name in ("unadjusted", "plain")]
    Balance.write(balance_of(*rows), tmp_path / "balance")
    Interactions.write(Interactions.of([]), tmp_path / "interactions")
    Prognosis.write(Prognosis.of([]), tmp_path / "prognosis")
    one = ("arms", "designs", "balance", "interactions", "prognosis", "diagnostics")

    script("propensity/assess_designs").main(
        **paths, **{name: tmp_path / name for name in one},
        methods={"plain": {"score": ""}}, thresholds=THRESHOLDS, endpoints=["os"],
        estimands={"unadjusted": None, "plain": None},
    )  # fmt: skip

    plain, found = Diagnostics.read(tmp_path / "diagnostics").rows(named=True)
    assert (plain["design"], plain["n_treated"]) == ("plain", 3)
    assert (plain["c_statistic"], plain["overlap"]) == (None, None)
    assert found["c_statistic"] > 0.5
    assert found["verdict"] == "not balanced: age 0.50"
    assert found["n_treated"] == 3
    assert found["prognosis_max"] is None
