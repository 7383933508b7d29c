import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.propensity.designs import design_of_all, design_of_pairs, design_of_score
from twoarm.propensity.score import estimate_score
from twoarm.propensity.weights import weight_by_score
from twoarm.tables.propensity import Designs, Pairs, Scores
from twoarm.terms import expand_terms

NAMES = {"ate": "ATE", "att": "ATT", "ato": "ATO"}


def scores_of(rows):
    """Scores from (name, treated, probability)."""
    return pl.DataFrame(
        rows, schema=["patient_id", "treated", "propensity_score"], orient="row"
    ).with_columns(
        logit=(pl.col("propensity_score") / (1 - pl.col("propensity_score"))).log()
    )


def pairs_from(*rows):
    return pl.DataFrame(rows, schema=["set_id", "patient_id"], orient="row").select(
        "set_id", "patient_id", distance=0.0
    )


SCORES = scores_of([("t1", True, 0.7), ("t2", True, 0.4), ("c1", False, 0.7)])


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


def test_unadjusted_is_everybody_with_weight_one():
    design = Designs.check(design_of_all(SCORES))

    assert design["patient_id"].to_list() == ["t1", "t2", "c1"]
    assert design["weight"].to_list() == [1.0] * 3
    assert design["set_id"].null_count() == 3
    assert set(design["design"]) == {"unadjusted"}


def test_a_weighted_design_is_everybody():
    design = Designs.check(design_of_score("overlap", SCORES, "ATO"))

    assert design["patient_id"].to_list() == ["t1", "t2", "c1"]
    np.testing.assert_allclose(design["weight"], [0.3, 0.6, 0.7])
    assert design["set_id"].null_count() == 3


def test_a_matched_design_is_the_matched():
    design = design_of_pairs("psm", SCORES, pairs_from(("t1", "c1")))

    rows = Designs.check(design).sort("patient_id").rows(named=True)
    assert [row["patient_id"] for row in rows] == ["c1", "t1"]
    assert [row["treated"] for row in rows] == [False, True]
    assert [row["propensity_score"] for row in rows] == [0.7, 0.7]
    assert [row["weight"] for row in rows] == [1.0, 1.0]
    assert [row["set_id"] for row in rows] == ["t1", "t1"]


def test_a_control_in_several_sets_has_their_weights_and_no_set():
    pairs = pairs_from(("t1", "c1"), ("t2", "c1"))

    design = design_of_pairs("psm", SCORES, pairs).sort("patient_id")

    assert design["weight"].to_list() == [1.0, 1.0, 1.0]  # one control, scaled to 1
    assert design["set_id"].to_list() == [None, "t1", "t2"]


def test_a_design_that_matches_nobody_is_refused():
    with pytest.raises(InputError, match=r"psm matches nobody.*designs\.psm\.caliper"):
        design_of_pairs("psm", SCORES, Pairs.create_empty())


def test_script_writes_every_design(script, tmp_path):
    Scores.write(SCORES, tmp_path / "scores")
    Pairs.write(pairs_from(("t1", "c1")), tmp_path / "pairs")

    script("propensity/collect_designs").main(
        tmp_path / "scores",
        [tmp_path / "pairs"],
        tmp_path / "designs",
        matched=["psm"],
        weighted={"iptw": "ATE", "overlap": "ATO"},
    )

    designs = Designs.read(tmp_path / "designs")
    sizes = dict(designs.group_by("design").len().rows())
    assert sizes == {"unadjusted": 3, "psm": 2, "iptw": 3, "overlap": 3}


def test_script_without_designs_writes_the_unadjusted(script, tmp_path):
    Scores.write(SCORES, tmp_path / "scores")

    script("propensity/collect_designs").main(
        tmp_path / "scores", [], tmp_path / "designs", matched=[], weighted={}
    )

    assert Designs.read(tmp_path / "designs").height == 3
