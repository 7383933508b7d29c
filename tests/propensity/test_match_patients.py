from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.weights import weight_sets
from twoarm.tables.propensity import Pairs, Scores

ORACLE = Path(__file__).parents[1] / "oracle"
LARGEST = [
    "nn1_cal0.2_largest",
    "nn2_cal0.2_largest",
    "nn1_nocaliper_largest",
    "nn1_cal0.2_replace",
    "nn2_cal0.2_replace",
    "nn1_austin_pooled_caliper",
]


def pairs_of(found, names):
    """Matches as the contract Pairs."""
    return pl.DataFrame(
        {
            "set_id": names[found.treated],
            "patient_id": names[found.control],
            "distance": found.distance,
        }
    )


def match(logit, treated, **rules):
    """Match and return pairs of rows, as a set."""
    found = match_nearest(np.array(logit, float), np.array(treated, bool), **rules)
    return set(zip(found.treated.tolist(), found.control.tolist(), strict=True))


# ------------------------------------------------------------------ against MatchIt


def caliper_as_called(setting, logit):
    if setting["caliper"] is None:
        return np.inf
    return (
        caliper_of(logit, setting["caliper"])
        if setting["caliper_in_sd"]
        else setting["caliper"]
    )


def pairs_by_matchit(name, configuration):
    rows = pl.read_csv(ORACLE / f"matchit_{name}.csv")
    found = rows.filter(configuration=configuration)
    return set(zip(found["treated_row"] - 1, found["control_row"] - 1, strict=True))


def test_score_is_matchits(matchit):
    expected = matchit.expected["propensity"]
    coefficients = [x["coef"] for x in expected["coefficients"].values()]

    np.testing.assert_allclose(matchit.estimate, coefficients, rtol=1e-9)
    logit = matchit.patients["logit"].to_numpy()
    caliper = caliper_of(logit, 0.2)
    # MatchIt's logits stop where glm does by default.
    assert caliper == pytest.approx(expected["caliper_0.2_matchit"], rel=1e-8)
    assert logit.std(ddof=1) == pytest.approx(expected["logit_sd_all_units"], rel=1e-8)


@pytest.mark.parametrize("configuration", LARGEST)
def test_pairs_are_matchits(matchit, configuration):
    setting = matchit.expected["configurations"][configuration]
    assert setting["order"] in ("largest", None)
    logit = matchit.patients["logit"].to_numpy()

    found = match(
        logit,
        matchit.patients["treated"],
        ratio=setting["ratio"],
        caliper=caliper_as_called(setting, logit),
        replace=setting["replace"],
    )

    assert len(found) == setting["pairs"]
    assert found == pairs_by_matchit(matchit.expected["name"], configuration)


def test_pairs_are_matchits_on_the_scale_of_probability(matchit):
    configuration = "nn1_cal0.2_ps_scale"
    score = matchit.patients["propensity_score"].to_numpy()

    found = match(score, matchit.patients["treated"], caliper=caliper_of(score, 0.2))

    assert found == pairs_by_matchit(matchit.expected["name"], configuration)


@pytest.mark.parametrize("configuration", LARGEST)
def test_counts_and_weights_are_matchits(matchit, configuration):
    setting = matchit.expected["configurations"][configuration]
    patients = matchit.patients
    rows = pairs_by_matchit(matchit.expected["name"], configuration)
    names, logit = patients["patient_id"], patients["logit"]
    treated, control = (list(each) for each in zip(*rows, strict=True))
    pairs = pl.DataFrame(
        {"set_id": names[treated], "patient_id": names[control], "distance": 0.0}
    )

    weights = weight_sets(pairs).join(
        patients.select("patient_id", "treated"), on="patient_id"
    )

    of_control = weights.filter(~pl.col("treated"))["weight"].to_numpy()
    n_treated = weights["treated"].sum()
    assert n_treated == setting["n_treated_matched"]
    assert len(of_control) == setting["n_control_matched"]
    assert patients["treated"].sum() - n_treated == setting["n_unmatched_treated"]
    size = of_control.sum() ** 2 / (of_control**2).sum()
    assert size == pytest.approx(setting["ess_control"], rel=1e-10)
    distance = np.abs(logit[treated].to_numpy() - logit[control].to_numpy())
    assert distance.max() == pytest.approx(setting["max_abs_diff"], rel=1e-7)
    assert distance.mean() == pytest.approx(setting["mean_abs_diff"], rel=1e-7)


# ------------------------------------------------------------- any match is valid


def check_match(found, logit, treated, *, ratio=1, caliper=np.inf, replace=False):
    """Check that a match keeps its rules and its weights those of its sets."""
    rounded = np.round(logit, 10)
    sets = {}
    for one, other, distance in zip(*found, strict=True):
        assert treated[one]
        assert not treated[other]
        assert distance == abs(rounded[one] - rounded[other])
        assert distance <= caliper
        sets.setdefault(one, []).append(other)
    uses = Counter(other for members in sets.values() for other in members)
    for members in sets.values():
        assert 1 <= len(members) <= ratio
        assert len(set(members)) == len(members)
    if not replace:
        assert max(uses.values(), default=1) == 1
    check_nobody_left(sets, rounded, treated, ratio, caliper, replace)
    check_weights(found, sets, uses)


def check_nobody_left(sets, rounded, treated, ratio, caliper, replace):
    """Who has fewer than asked for had no one left within reach."""
    used = set() if replace else {each for members in sets.values() for each in members}
    for one in np.flatnonzero(treated):
        members = sets.get(one, [])
        if len(members) < ratio:
            free = set(np.flatnonzero(~treated)) - used - set(members)
            assert all(abs(rounded[one] - rounded[each]) > caliper for each in free)


def check_weights(found, sets, uses):
    names = pl.Series([f"P{row:04}" for row in range(10_000)])
    if not sets:
        return
    table = Pairs.check(pairs_of(found, names))
    weights = {row: (weight, of) for row, weight, of in weight_sets(table).rows()}
    assert len(weights) == len(sets) + len(uses)
    assert all(weights[names[one]] == (1, names[one]) for one in map(int, sets))
    share = Counter()
    for members in sets.values():
        share.update({other: 1 / len(members) for other in members})
    scale = len(uses) / sum(share.values())
    for other, sum_of_shares in share.items():
        weight, of = weights[names[int(other)]]
        assert weight == pytest.approx(sum_of_shares * scale, rel=1e-11)
        assert (of is None) == (uses[other] > 1)
    total = sum(weights[names[int(other)]][0] for other in uses)
    assert total == pytest.approx(len(uses), rel=1e-11)


grid = st.integers(-6, 6)
cohorts = st.tuples(
    st.lists(st.tuples(grid, st.booleans()), min_size=1, max_size=40),
    st.sampled_from([0.1, 0.25, 1 / 3]),
).map(
    lambda drawn: (
        np.array([each for each, _ in drawn[0]]) * drawn[1],
        np.array([arm for _, arm in drawn[0]]),
    )
)
rules = st.fixed_dictionaries(
    {
        "ratio": st.integers(1, 4),
        "caliper": st.sampled_from([0.0, 0.2, 0.25, 0.5, 1.0, np.inf]),
        "replace": st.booleans(),
    }
)


@given(cohorts, rules)
def test_any_match_is_valid(cohort, rule):
    found = match_nearest(*cohort, **rule)

    check_match(found, *cohort, **rule)


def match_by_definition(logit, treated, *, ratio=1, caliper=np.inf, replace=False):
    """Match as the rules say, word by word, each time looking at all controls."""
    line = np.round(logit, 10)
    place = {row: at for at, row in enumerate(np.argsort(line, kind="stable").tolist())}
    waiting = [row for row in place if treated[row]]
    waiting.sort(key=lambda row: (-line[row], place[row]))
    pairs = []
    for _ in range(ratio):
        still = []
        for one in waiting:
            taken = {b for a, b in pairs if not replace or a == one}
            reach = [
                (abs(line[one] - line[row]), abs(place[one] - at), at > place[one], row)
                for row, at in place.items()
                if not treated[row] and row not in taken
            ]
            within = [each for each in reach if each[0] <= caliper]
            if within:
                pairs.append((one, min(within)[-1]))
                still.append(one)
        waiting = still
    return set(pairs)


@given(cohorts, rules)
def test_match_is_what_the_rules_say(cohort, rule):
    assert match(*cohort, **rule) == match_by_definition(*cohort, **rule)


@given(st.integers(0, 10_000), rules)
def test_match_without_ties_is_what_the_rules_say(seed, rule):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 50))
    cohort = rng.normal(size=size), rng.random(size) < 0.4

    assert match(*cohort, **rule) == match_by_definition(*cohort, **rule)


@given(cohorts, rules, st.integers(-3, 3))
def test_shift_of_the_logits_leaves_the_match(cohort, rule, shift):
    logit, treated = np.round(cohort[0] * 4) / 4, cohort[1]  # exact in binary

    moved = match(logit + shift, treated, **rule)

    assert moved == match(logit, treated, **rule)


@given(cohorts, rules)
def test_a_wider_caliper_matches_no_fewer_with_replacement(cohort, rule):
    wide = {**rule, "replace": True, "caliper": 2 * rule["caliper"]}

    narrow = match(*cohort, **{**rule, "replace": True})

    assert narrow <= match(*cohort, **wide)


# ----------------------------------------------------------------- worked by hand


def test_the_largest_logit_chooses_first():
    # rows 0 and 1 treated; both are nearest to row 2, row 1 has the larger logit
    assert match([0.9, 1.0, 0.95, 0.5], [1, 1, 0, 0]) == {(1, 2), (0, 3)}


def test_second_matches_come_after_all_first_ones():
    # 3.0 first takes 2.5, then 2.0 takes 2.25; only then 3.0 takes its second
    logit, treated = [3.0, 2.0, 2.5, 2.25, 0.0], [1, 1, 0, 0, 0]

    assert match(logit, treated, ratio=2) == {(0, 2), (1, 3), (0, 4)}


def test_who_finds_none_is_out_of_later_rounds():
    logit, treated = [3.0, 2.0, 2.5, 2.25, 0.0], [1, 1, 0, 0, 0]

    found = match(logit, treated, ratio=2, caliper=1.0)

    assert found == {(0, 2), (1, 3)}


def test_with_replacement_each_gets_its_nearest():
    logit, treated = [3.0, 2.0, 2.5, 2.25, 0.0], [1, 1, 0, 0, 0]

    assert match(logit, treated, replace=True) == {(0, 2), (1, 3)}
    assert match(logit, treated, replace=True, ratio=2) == {
        (0, 2),
        (0, 3),
        (1, 3),
        (1, 2),
    }


def test_of_equally_near_controls_fewer_places_away_wins():
    # 1.0 lies between 0.5 and 1.5; another treated at 0.75 makes the left one farther
    logit, treated = [1.0, 0.5, 1.5, 0.75], [1, 0, 0, 1]

    assert (0, 2) in match(logit, treated)


def test_of_equally_near_controls_as_many_places_away_the_left_wins():
    assert match([1.0, 1.5, 0.5], [1, 0, 0]) == {(0, 2)}


def test_ties_of_the_logit_keep_the_order_of_rows():
    # sorted places: 0 control, 1 treated, 2 control, 3 control; left and right are
    # equally far, so the left
    assert match([0.0] * 4, [0, 1, 0, 0]) == {(1, 0)}
    # the treated at place 0 has only the right; next to it is row 1
    assert match([0.0] * 3, [1, 0, 0]) == {(0, 1)}


def test_a_distance_equal_to_the_caliper_is_accepted():
    logit, treated = [1.0, 0.75], [1, 0]

    assert match(logit, treated, caliper=0.25) == {(0, 1)}
    assert match(logit, treated, caliper=np.nextafter(0.25, 0)) == set()


def test_logits_are_tied_to_ten_decimals():
    logit, treated = [1.0, 1.0 + 4e-11, 1.0 - 4e-11], [1, 0, 0]

    found = match_nearest(np.array(logit), np.array(treated, bool))

    assert found.control.tolist() == [1]
    assert found.distance.tolist() == [0]


def test_entries_go_by_row_and_nearest_first():
    found = match_nearest(
        np.array([3.0, 3.5, 2.5, 3.25, 0.0, 4.0]),
        np.array([1, 1, 0, 0, 0, 0], bool),
        ratio=2,
    )

    assert found.treated.tolist() == [0, 0, 1, 1]
    assert found.control.tolist() == [2, 4, 3, 5]
    assert found.distance.tolist() == [0.5, 3.0, 0.25, 0.5]


def test_fewer_controls_than_asked_for():
    logit, treated = np.array([1.0, 0.5, 0.0]), np.array([True, True, False])

    assert match(logit, treated, ratio=3) == {(0, 2)}
    assert match(logit, treated, ratio=3, replace=True) == {(0, 2), (1, 2)}


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("arm", [False, True])
def test_an_empty_arm_gives_no_match(arm, replace):
    assert match([0.0, 1.0], [arm, arm], replace=replace) == set()


@pytest.mark.parametrize("replace", [False, True])
def test_nobody_within_the_caliper_gives_no_match(replace):
    assert match([5.0, 0.0], [1, 0], caliper=1.0, replace=replace) == set()


def test_caliper_is_of_all_patients():
    assert caliper_of(np.array([0.0, 1.0, 2.0]), 0.2) == 0.2
    assert caliper_of(np.array([0.0, 1.0, 2.0]), None) == np.inf


def test_weights_of_sets_by_hand():
    # c1 alone with t1; c2 and c3 with t2; c3 also with t3
    pairs = pl.DataFrame(
        [("t1", "c1", 0.0), ("t2", "c2", 0.0), ("t2", "c3", 0.0), ("t3", "c3", 0.0)],
        schema=["set_id", "patient_id", "distance"],
        orient="row",
    )

    weights = weight_sets(pairs)

    # shares 1, 1/2, 3/2 sum to 3 controls
    assert weights.rows() == [
        ("c1", 1.0, "t1"),
        ("c2", 0.5, "t2"),
        ("c3", 1.5, None),
        ("t1", 1.0, "t1"),
        ("t2", 1.0, "t2"),
        ("t3", 1.0, "t3"),
    ]


@pytest.mark.parametrize("ratio", range(1, 8))
@pytest.mark.parametrize("n_sets", [1, 3, 7, 49, 100])
def test_complete_sets_weigh_exactly_one(ratio, n_sets):
    logit = np.zeros(n_sets * (ratio + 1))
    found = match_nearest(logit, np.arange(len(logit)) < n_sets, ratio=ratio)
    names = pl.Series([f"P{row:04}" for row in range(len(logit))])

    weights = weight_sets(pairs_of(found, names))

    assert weights.height == len(logit)
    assert set(weights["weight"]) == {1.0}


# ----------------------------------------------------------------------- the script


def scores_of(logit, treated):
    logit = np.array(logit, float)
    return pl.DataFrame(
        {
            "patient_id": [f"P{row:03}" for row in range(len(logit))],
            "treated": np.array(treated, bool),
            "propensity_score": 1 / (1 + np.exp(-logit)),
            "logit": logit,
        }
    )


def test_row_order_of_the_table_does_not_matter(script, tmp_path):
    rng = np.random.default_rng(3)
    scores = scores_of(rng.integers(0, 12, 80) / 4, rng.random(80) < 0.3)
    main, found = script("propensity/match_patients").main, []

    for seed in range(4):
        shuffled = scores.sample(fraction=1, shuffle=True, seed=seed)
        Scores.write(shuffled, tmp_path / "scores")
        paths = tmp_path / "scores", tmp_path / f"pairs{seed}"
        main(*paths, ratio=2, caliper_sd=0.2, replace=False)
        found.append(paths[1].read_bytes())

    assert len(set(found)) == 1


def test_script_writes_the_pairs(script, tmp_path):
    Scores.write(
        scores_of([3.0, 2.0, 2.5, 2.25, 0.0], [1, 1, 0, 0, 0]), tmp_path / "in"
    )

    script("propensity/match_patients").main(
        tmp_path / "in", tmp_path / "out", ratio=2, caliper_sd=None, replace=False
    )

    assert Pairs.read(tmp_path / "out").rows() == [
        ("P000", "P002", 0.5),
        ("P000", "P004", 3.0),
        ("P001", "P003", 0.25),
    ]


def test_script_writes_an_empty_table_where_nobody_matches(script, tmp_path):
    Scores.write(scores_of([3.0, -3.0], [1, 0]), tmp_path / "in")

    script("propensity/match_patients").main(
        tmp_path / "in", tmp_path / "out", ratio=1, caliper_sd=0.01, replace=False
    )

    assert Pairs.read(tmp_path / "out").height == 0
