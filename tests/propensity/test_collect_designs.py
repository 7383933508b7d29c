import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.designs import (
    design_of_all,
    design_of_clones,
    design_of_sets,
    design_of_weights,
)
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.tables.cohort import Arms
from twoarm.tables.propensity import Clones, Designs, Scores, Sets, Trials, Weights
from twoarm.terms import expand_terms

NAMES = {"ate": "ATE", "att": "ATT", "ato": "ATO"}


SCORES = pl.DataFrame(
    {
        "imputation": [0, 0, 0],
        "score": ["unadjusted"] * 3,
        "patient_id": ["t1", "t2", "c1"],
        "treated": [True, True, False],
        "propensity_score": [0.7, 0.4, 0.7],
        "preference_score": [0.6, 0.3, 0.6],
    }
).with_columns(
    logit=(pl.col("propensity_score") / (1 - pl.col("propensity_score"))).log()
)


@pytest.mark.parametrize(
    ("estimand", "treated", "control"),
    [("ATE", 1 / 0.7, 1 / 0.3), ("ATT", 1.0, 2.3333333333), ("ATO", 0.3, 0.7)],
)
def test_weights_of_a_score_of_seven_tenths(estimand, treated, control):
    score, arms = np.array([0.7, 0.7]), np.array([True, False])

    weight = weight_by_score(score, arms, estimand=estimand)

    np.testing.assert_allclose(weight, [treated, control], rtol=1e-10)


@given(
    st.lists(st.tuples(st.floats(1e-6, 1 - 1e-6), st.booleans()), min_size=1),
    st.sampled_from(list(NAMES.values())),
)
def test_weights_are_the_tilt_over_the_chance_of_ones_own_arm(patients, estimand):
    score, treated = (np.array(each) for each in zip(*patients, strict=True))

    weight = weight_by_score(score, treated, estimand=estimand)

    assert (weight > 0).all()
    own = np.where(treated, score, 1 - score)
    tilt = {"ATE": 1, "ATT": score, "ATO": score * (1 - score)}[estimand]
    np.testing.assert_allclose(weight * own, tilt * np.ones_like(own), rtol=1e-9)
    exchanged = weight_by_score(1 - score, ~treated, estimand=estimand)
    if estimand != "ATT":
        np.testing.assert_allclose(exchanged, weight, rtol=1e-9)


@pytest.mark.parametrize("name", ["rotterdam", "hepatocellular", "sysucc"])
@pytest.mark.parametrize("estimand", NAMES)
def test_sums_of_weights_are_rs(cohort, oracle, name, estimand):
    patients, expected = cohort(name), oracle(name)
    expected = expected.get("reduced", expected)
    matrix, _ = expand_terms(patients, expected["covariates"])
    treated = patients["treated"].to_numpy()
    score = estimate_score(treated, matrix).probability

    weight = weight_by_score(score, treated, estimand=NAMES[estimand])

    for arm, rows in (("treated", treated), ("control", ~treated)):
        of_arm, r = weight[rows], expected["weights"][estimand]
        assert of_arm.sum() == pytest.approx(r["sum"][arm], rel=1e-12)
        size = of_arm.sum() ** 2 / (of_arm**2).sum()
        assert size == pytest.approx(r["ess"][arm], rel=1e-12)


def test_overlap_weights_of_the_arms_have_one_sum(cohort):
    patients = cohort("rotterdam")
    matrix, _ = expand_terms(patients, ["age", "meno", "grade", "nodes"])
    treated = patients["treated"].to_numpy()
    score = estimate_score(treated, matrix).probability

    weight = weight_by_score(score, treated, estimand="ATO")

    # the score of the likelihood for the intercept
    assert weight[treated].sum() == pytest.approx(weight[~treated].sum(), rel=1e-12)


def arms_of(name, rows=(("t1", True), ("t2", True), ("c1", False)), **clock):
    """Rows of the contract Arms, from time zero unless told otherwise."""
    clock = {"origin_days": 0.0, "entry_days": 0.0, "exit_days": None, **clock}
    made = [{"design": name, "patient_id": p, "treated": t, **clock} for p, t in rows]
    return Arms.of(made)


def checked(design):
    """The rows of a design after their contract."""
    rows = design.with_columns(imputation=pl.lit(0, pl.Int64))
    return Designs.check(rows.select(Designs.column_names()))


def test_unadjusted_is_everybody_with_weight_one():
    design = checked(design_of_all("unadjusted", arms_of("unadjusted"), SCORES))

    assert design["patient_id"].to_list() == ["t1", "t2", "c1"]
    assert design["weight"].to_list() == [1.0] * 3
    assert design["set_id"].null_count() == 3
    assert design["propensity_score"].to_list() == [0.7, 0.4, 0.7]
    assert set(design["design"]) == {"unadjusted"}
    assert design["origin_days"].to_list() == [0.0] * 3
    assert design["entry_days"].to_list() == [0.0] * 3
    assert design["exit_days"].null_count() == 3


def test_a_design_without_a_score_is_its_arms_on_its_clock():
    arms = pl.concat(
        [
            arms_of("changing", [("c1", False), ("t1", False)], exit_days=9.0),
            arms_of("changing", [("t1", True)], entry_days=9.0),
        ]
    )

    design = checked(design_of_all("changing", arms, SCORES.clear()))

    same = arms.columns[1:]
    assert design.select(same).equals(arms.select(same))
    assert design["propensity_score"].null_count() == 3
    assert design["weight"].to_list() == [1.0] * 3


WEIGHTS = pl.DataFrame(
    {
        "design": ["trimmed", "trimmed", "iptw", "iptw", "iptw"],
        "patient_id": ["t1", "c1", "t1", "t2", "c1"],
        "weight": [0.3, 0.7, 1.0, 2.0, 3.0],
        "altered": [False, True, False, False, False],
    }
)


def test_a_weighted_design_is_who_has_a_weight_in_it():
    arms = arms_of("trimmed", origin_days=90.0, entry_days=90.0)

    design = checked(design_of_weights("trimmed", arms, SCORES, WEIGHTS))

    assert design.select("patient_id", "weight").rows() == [("t1", 0.3), ("c1", 0.7)]
    assert design["treated"].to_list() == [True, False]
    assert design["set_id"].null_count() == 2
    assert design["origin_days"].to_list() == [90.0] * 2
    assert design["entry_days"].to_list() == [90.0] * 2


def test_the_arms_of_a_weighted_design_are_those_of_its_clock():
    # who is treated after the landmark is a control of it
    arms = arms_of("iptw", [("t1", True), ("t2", False), ("c1", False)])

    design = checked(design_of_weights("iptw", arms, SCORES, WEIGHTS))

    assert design.select("patient_id", "treated").rows() == [
        ("t1", True),
        ("t2", False),
        ("c1", False),
    ]


def sets_from(*rows):
    """Members from (set, patient, treated), with an even weight and no own clock."""
    table = pl.DataFrame(rows, schema=["set_id", "patient_id", "treated"], orient="row")
    none = pl.lit(None, pl.Float64)
    return table.with_columns(weight=1.0, entry_days=none, exit_days=none)


PAIR = sets_from(("1", "t1", True), ("1", "c1", False))


def test_a_matched_design_is_the_matched():
    arms = arms_of("psm", origin_days=90.0, entry_days=90.0)

    design = checked(design_of_sets("psm", arms, SCORES, Sets.check(PAIR)))

    rows = design.sort("patient_id").rows(named=True)
    assert [row["patient_id"] for row in rows] == ["c1", "t1"]
    assert [row["treated"] for row in rows] == [False, True]
    assert [row["propensity_score"] for row in rows] == [0.7, 0.7]
    assert [row["weight"] for row in rows] == [1.0, 1.0]
    assert [row["set_id"] for row in rows] == ["1", "1"]
    assert [row["origin_days"] for row in rows] == [90.0, 90.0]
    assert [row["entry_days"] for row in rows] == [90.0, 90.0]
    assert [row["exit_days"] for row in rows] == [None, None]


def test_a_control_in_several_sets_stands_once_and_has_no_set():
    both = [*PAIR.select("set_id", "patient_id", "treated").rows()]
    sets = sets_from(*both, ("2", "t2", True), ("2", "c1", False))

    design = checked(design_of_sets("psm", arms_of("psm"), SCORES, sets))

    design = design.sort("patient_id")
    assert design["patient_id"].to_list() == ["c1", "t1", "t2"]
    assert design["set_id"].to_list() == [None, "1", "2"]


def test_a_control_who_is_treated_later_stands_twice():
    sets = sets_from(
        ("1", "t1", True), ("1", "t2", False), ("2", "t2", True), ("2", "c1", False)
    ).with_columns(entry_days=pl.Series([5.0, 5.0, 9.0, 9.0]))

    design = checked(design_of_sets("late", arms_of("late"), SCORES, sets))

    twice = design.filter(patient_id="t2").sort("treated")
    assert twice["treated"].to_list() == [False, True]
    assert twice["entry_days"].to_list() == [5.0, 9.0]
    assert twice["origin_days"].to_list() == [5.0, 9.0]
    assert twice["set_id"].to_list() == ["1", "2"]


CLONES = Clones.of(
    [
        {"design": "cloned", "patient_id": "t1", "treated": treated, "weight": weight}
        | {"entry_days": entry, "exit_days": end}
        for treated, entry, end, weight in (
            (True, 0.0, 30.25, 1.0),
            (True, 30.25, None, 2.0),
            (False, 0.0, 4.5, 1.0),
        )
    ]
)
TRIALS = Trials.of(
    [
        {"design": "nested", "patient_id": "t1", "treated": treated, "weight": 1.0}
        | {"origin_days": origin, "entry_days": origin, "exit_days": None}
        for treated, origin in ((False, 7.0), (False, 14.0), (True, 21.0))
    ]
)


def test_clones_of_a_patient_are_a_set():
    design = checked(design_of_clones("cloned", CLONES))

    assert design["set_id"].to_list() == ["t1"] * 3
    assert design["origin_days"].to_list() == [0.0] * 3
    assert design["propensity_score"].null_count() == 3
    whole = design.sort("treated", "entry_days").select("entry_days", "exit_days")
    assert whole.rows() == [(0.0, 4.5), (0.0, 30.25), (30.25, None)]


def collect(script, folder, methods, sets=(), numbers=("0",)):
    paths = {"scores": [], "sets": [], "weights": [], "designs": folder / "designs"}
    paths["arms"], paths["clones"], paths["trials"] = folder / "arms", [], []
    Arms.write(pl.concat(arms_of(name) for name in methods), paths["arms"])
    for number in numbers:
        for name in ("scores", "weights"):
            (folder / name).mkdir(exist_ok=True)
            paths[name].append(folder / name / f"{number}.parquet")
        scores = SCORES.with_columns(imputation=pl.lit(int(number), pl.Int64))
        Scores.write(scores, paths["scores"][-1])
        Weights.write(WEIGHTS.filter(design="iptw"), paths["weights"][-1])
        paths["clones"].append(folder / f"clones{number}.parquet")
        Clones.write(CLONES, paths["clones"][-1])
        paths["trials"].append(folder / f"trials{number}.parquet")
        Trials.write(TRIALS, paths["trials"][-1])
        (folder / "sets" / number).mkdir(parents=True, exist_ok=True)
        for name in sets:
            paths["sets"].append(folder / "sets" / number / f"{name}.parquet")
            Sets.write(PAIR, paths["sets"][-1])
    script("propensity/collect_designs").main(**paths, methods=methods)
    return Designs.read(paths["designs"])


def test_script_writes_every_design_of_every_imputation(script, tmp_path):
    methods = dict.fromkeys(("unadjusted", "psm", "iptw"), "unadjusted")
    methods |= {"plain": "", "cloned": "", "nested": ""}

    designs = collect(script, tmp_path, methods, ["psm"], ["1", "2"])

    sizes = designs.group_by("imputation", "design").len().sort(pl.all()).rows()
    assert sizes == [
        (k, name, n)
        for k in (1, 2)
        for name, n in (
            ("cloned", 3),
            ("iptw", 3),
            ("nested", 3),
            ("plain", 3),
            ("psm", 2),
            ("unadjusted", 3),
        )
    ]
    unscored = designs.filter(pl.col("propensity_score").is_null())
    assert set(unscored["design"]) == {"cloned", "nested", "plain"}


def test_script_without_designs_writes_the_unadjusted(script, tmp_path):
    found = collect(script, tmp_path, {"unadjusted": "unadjusted"})

    assert found.height == 3
