"""Greedy matching against MatchIt, against its rules word by word, and its laws."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.propensity import kernels
from twoarm.propensity.nearest import caliper_of, match_nearest
from twoarm.propensity.sets import check_sets, sets_of, weight_sets

ORACLE = Path(__file__).parents[1] / "oracle"
ORDERS = ["largest", "smallest", "closest", "farthest", "data"]
CONFIGURATIONS = [
    f"nn1_cal0.2_{what}" for what in [*ORDERS, "replace", "exact", "ps_scale"]
] + [
    "nn2_cal0.2_largest",
    "nn2_cal0.2_closest",
    "nn2_cal0.2_replace",
    "nn1_nocaliper_largest",
    "nn1_austin_pooled_caliper",
    "vignette_nn1_ps_default",
]


def match(logit, treated, **rules):
    """Match and return pairs of rows, as a set."""
    found = match_nearest(np.array(logit, float), np.array(treated, bool), **rules)
    return set(zip(found.treated.tolist(), found.control.tolist(), strict=True))


# ------------------------------------------------------------------ against MatchIt


def as_called(setting, patients, strata):
    """MatchIt's call as ours: the distance, who is treated, the rules."""
    distance = patients[setting["scale"]].to_numpy()
    treated = patients["treated"].to_numpy().astype(bool)
    caliper = setting["caliper"]
    if setting["caliper_in_sd"]:
        caliper = caliper_of(distance, treated, caliper)
    rules = {
        "ratio": setting["ratio"],
        "caliper": np.inf if caliper is None else caliper,
        "replace": setting["replace"],
        "order": setting["order"] or "largest",
        "strata": strata if setting["exact"] else None,
    }
    return distance, treated, rules


def pairs_by_matchit(name, configuration):
    rows = pl.read_csv(ORACLE / f"matchit_{name}.csv")
    found = rows.filter(configuration=configuration)
    return set(zip(found["treated_row"] - 1, found["control_row"] - 1, strict=True))


def codes(values):
    return np.unique(values.cast(pl.String).to_numpy(), return_inverse=True)[1]


@pytest.fixture
def called(request, oracle, lalonde, rotterdam):
    name, configuration = request.param
    settings = oracle(f"matchit_{name}")["configurations"]
    setting = settings[configuration]
    patients = pl.read_csv(
        ORACLE / f"matchit_{name}_patients.csv", infer_schema_length=None
    )
    strata = codes({"lalonde": lalonde, "rotterdam": rotterdam}[name][STRATA[name]])
    return name, configuration, setting, patients, strata


FARTHEST = "nn1_cal0.2_farthest"
STRATA = {"lalonde": "race", "rotterdam": "meno"}
ALL = [
    pytest.param((name, configuration), id=f"{name}-{configuration}")
    for name in STRATA
    for configuration in CONFIGURATIONS
    if (name, configuration) != ("rotterdam", "vignette_nn1_ps_default")
]


def test_no_configuration_is_left_out(oracle):
    for name in STRATA:
        held = {each.values[0][1] for each in ALL if each.values[0][0] == name}
        assert held == set(oracle(f"matchit_{name}")["configurations"])


@pytest.mark.parametrize("called", ALL, indirect=True)
def test_pairs_and_weights_are_matchits(called):
    name, configuration, setting, patients, strata = called
    distance, treated, rules = as_called(setting, patients, strata)
    # ORACLE: two treated of lalonde are equally far from their controls but for 4e-16,
    # and by that MatchIt, which does not round, tells who is farther.
    farthest = (name, setting["order"]) == ("lalonde", "farthest")

    found = match_nearest(distance, treated, **rules, digits=None if farthest else 10)

    pairs = set(zip(found.treated.tolist(), found.control.tolist(), strict=True))
    assert len(found.treated) == setting["pairs"]
    assert pairs == pairs_by_matchit(name, configuration)
    if setting["caliper"] is not None:
        assert rules["caliper"] == pytest.approx(setting["caliper_width"], rel=1e-12)
    sets = sets_of(found)
    weight = weight_sets(sets, treated, estimand="ATT")
    expected = patients[f"w_{configuration}"].to_numpy()
    np.testing.assert_allclose(weight, expected, rtol=1e-11)
    promised = {key: rules[key] for key in ("ratio", "caliper", "replace", "strata")}
    check_sets(sets, treated, logit=distance, weight=weight, **promised)


@pytest.mark.parametrize("called", [ALL[CONFIGURATIONS.index(FARTHEST)]], indirect=True)
def test_ties_in_distance_are_ties(called):
    name, configuration, setting, patients, strata = called
    distance, treated, rules = as_called(setting, patients, strata)

    rounded = match(distance, treated, **rules)

    by_matchit = pairs_by_matchit(name, configuration)
    assert {one for one, _ in rounded ^ by_matchit} == {15, 44}


def test_a_pooled_caliper_is_austins(oracle):
    for name in STRATA:
        expected = oracle(f"matchit_{name}")["propensity"]
        patients = pl.read_csv(
            ORACLE / f"matchit_{name}_patients.csv", infer_schema_length=None
        )
        logit, arm = patients["logit"].to_numpy(), patients["treated"].to_numpy() == 1

        pooled = caliper_of(logit, arm, 0.2, scale="pooled")

        assert pooled == pytest.approx(expected["caliper_0.2_austin_pooled"], rel=1e-12)
        assert caliper_of(logit, arm, 0.2) == pytest.approx(
            expected["caliper_0.2_matchit"], rel=1e-12
        )


@pytest.mark.parametrize(("scale", "size"), [("all", 1), ("pooled", 3)])
def test_a_caliper_of_too_few_patients(scale, size):
    arm = np.arange(size) == 0

    with pytest.raises(InputError, match="set caliper_sd to null"):
        caliper_of(np.arange(size) * 1.0, arm, 0.2, scale=scale)
    assert caliper_of(np.arange(size) * 1.0, arm, None, scale=scale) == np.inf


# ------------------------------------------------------------- the rules, literally


class Literal:
    """MatchIt's rules as R's own words have them, each time looking at all controls."""

    def __init__(self, logit, treated, ratio, caliper, replace, order):
        self.line, self.caliper, self.replace = np.round(logit, 10), caliper, replace
        places = np.argsort(self.line, kind="stable")
        self.place = {row: at for at, row in enumerate(places.tolist())}
        self.treated = np.flatnonzero(treated).tolist()
        self.free = set(np.flatnonzero(~treated).tolist())
        self.matched = {row: [] for row in self.treated}
        self.alive = set(self.treated)
        for _ in range(ratio):
            (self.queue if order in ("closest", "farthest") else self.turns)(order)
        self.pairs = {(a, b) for a, found in self.matched.items() for b in found}

    def candidate(self, one):
        at = self.place[one]
        open_ = {self.place[x]: x for x in self.free - set(self.matched[one])}
        left = max((p for p in open_ if p < at), default=None)
        right = min((p for p in open_ if p > at), default=None)
        reach = []
        for side, place in enumerate((left, right)):
            if place is not None:
                gap = abs(self.line[one] - self.line[open_[place]])
                reach.append((gap, abs(place - at), side, open_[place]))
        within = [each for each in reach if each[0] <= self.caliper]
        return (min(within)[0], min(within)[3]) if within else None

    def take(self, one, other):
        self.matched[one].append(other)
        if not self.replace:
            self.free.remove(other)

    def turns(self, order):
        sign = {"largest": -1, "smallest": 1, "data": 0}[order]
        for one in sorted(self.treated, key=lambda row: sign * self.line[row]):
            found = self.candidate(one) if one in self.alive else None
            if found is None:
                self.alive.discard(one)
            else:
                self.take(one, found[1])

    def queue(self, order):
        far = order == "farthest"
        asked = {one: self.candidate(one) for one in self.treated if one in self.alive}
        self.alive = {one for one, found in asked.items() if found}
        waiting = [(*asked[one], one) for one in self.treated if one in self.alive]
        waiting.sort(key=lambda each: -each[0] if far else each[0])
        while waiting:
            _, other, one = waiting.pop(0)
            if other in self.free:
                self.take(one, other)
                continue
            found = self.candidate(one)
            if found is None:
                self.alive.discard(one)
                continue
            before = [
                w for w in waiting if (w[0] >= found[0] if far else w[0] < found[0])
            ]
            waiting.insert(len(before), (*found, one))


def match_literally(
    logit, treated, *, strata=None, ratio=1, caliper=np.inf, replace=False, order
):
    """Match each stratum alone."""
    pairs = set()
    groups = np.zeros(len(logit)) if strata is None else strata
    for stratum in np.unique(groups):
        rows = np.flatnonzero(groups == stratum)
        alone = Literal(logit[rows], treated[rows], ratio, caliper, replace, order)
        pairs |= {(int(rows[one]), int(rows[other])) for one, other in alone.pairs}
    return pairs


grid = st.integers(-6, 6)
cohorts = st.tuples(
    st.lists(st.tuples(grid, st.booleans(), st.integers(0, 2)), max_size=40),
    st.sampled_from([0.1, 0.25, 1 / 3]),
).map(
    lambda drawn: (
        np.array([each for each, _, _ in drawn[0]]) * drawn[1],
        np.array([arm for _, arm, _ in drawn[0]], dtype=bool),
        np.array([stratum for _, _, stratum in drawn[0]], dtype=int),
    )
)
rules = st.fixed_dictionaries(
    {
        "ratio": st.integers(1, 4),
        "caliper": st.sampled_from([0.0, 0.2, 0.25, 0.5, 1.0, np.inf]),
        "replace": st.booleans(),
        "order": st.sampled_from(ORDERS),
    }
)


@given(cohorts, rules, st.booleans())
def test_match_is_what_the_rules_say(cohort, rule, within):
    logit, treated, strata = cohort
    rule = {**rule, "strata": strata if within else None}

    assert match(logit, treated, **rule) == match_literally(logit, treated, **rule)


@given(st.integers(0, 10_000), rules, st.sampled_from([0.5, 0.05, 1e-6]))
def test_match_of_more_patients_is_what_the_rules_say(seed, rule, grain):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 120))
    logit = np.round(rng.normal(size=size) / grain) * grain
    treated = rng.random(size) < rng.random()

    assert match(logit, treated, **rule) == match_literally(logit, treated, **rule)


@given(cohorts, rules, st.booleans())
def test_compiled_loops_say_the_same(cohort, rule, within):
    pytest.importorskip("numba")
    logit, treated, strata = cohort
    rule = {**rule, "strata": strata if within else None}
    plain = match_nearest(logit, treated, **rule)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "COMPILED_FROM", 0)
        compiled = match_nearest(logit, treated, **rule)

    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_numba_the_loop_is_left_plain(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(kernels, "import_module", missing)
    kernels.compile_kernel.cache_clear()
    try:
        kernel = kernels.compile_kernel(kernels.take_in_order)
    finally:
        kernels.compile_kernel.cache_clear()

    assert kernel is kernels.take_in_order


def test_where_nothing_can_be_kept_on_disk_it_is_compiled_all_the_same(monkeypatch):
    class Numba:
        @staticmethod
        def njit(kernel=None, *, cache=False):
            if cache:
                return refuse
            return "compiled"

    def refuse(kernel):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(kernels, "import_module", lambda name: Numba)
    kernels.compile_kernel.cache_clear()
    try:
        assert kernels.compile_kernel(kernels.take_in_order) == "compiled"
    finally:
        kernels.compile_kernel.cache_clear()


# ------------------------------------------------------------------------------ laws


@given(cohorts, rules, st.booleans(), st.sampled_from(["treated", "control"]))
def test_any_match_keeps_its_promises(cohort, rule, within, focal):
    logit, treated, strata = cohort
    strata = strata if within else None

    found = match_nearest(logit, treated, strata=strata, focal=focal, **rule)

    sets = sets_of(found, focal=focal)
    estimand = "ATT" if focal == "treated" else "ATC"
    weight = weight_sets(sets, treated, estimand=estimand)
    promised = {key: rule[key] for key in ("ratio", "caliper", "replace")}
    check_sets(
        sets,
        treated,
        logit=logit,
        strata=strata,
        weight=weight,
        estimand=estimand,
        **promised,
    )
    assert treated[found.treated].all()
    assert not treated[found.control].any()
    apart = np.abs(
        np.round(logit, 10)[found.treated] - np.round(logit, 10)[found.control]
    )
    np.testing.assert_array_equal(found.distance, apart)
    chooser = found.treated if focal == "treated" else found.control
    assert (np.diff(chooser) >= 0).all()
    assert (np.diff(found.distance)[np.diff(chooser) == 0] >= 0).all()


@given(cohorts, rules)
def test_nobody_is_left_who_could_be_matched(cohort, rule):
    logit, treated, _ = cohort
    line = np.round(logit, 10)
    pairs = match(logit, treated, **rule)
    used = set() if rule["replace"] else {other for _, other in pairs}

    for one in np.flatnonzero(treated):
        own = {other for chooser, other in pairs if chooser == one}
        left = [x for x in np.flatnonzero(~treated) if x not in used | own]
        if len(own) < rule["ratio"]:
            assert all(abs(line[one] - line[x]) > rule["caliper"] for x in left)


@given(cohorts, rules, st.integers(-3, 3), st.sampled_from([0.25, 2.0, 8.0]))
def test_shift_and_scale_of_the_logits_leave_the_match(cohort, rule, shift, scale):
    logit, treated = np.round(cohort[0] * 4) / 4, cohort[1]  # exact in binary
    moved = {**rule, "caliper": rule["caliper"] * scale}

    found = match(logit * scale + shift, treated, **moved)

    assert found == match(logit, treated, **rule)


@given(cohorts, rules, st.integers(0, 10_000))
def test_relabelling_leaves_the_match_where_nobody_ties(cohort, rule, seed):
    logit, treated, strata = cohort
    rng = np.random.default_rng(seed)
    logit = rng.normal(size=len(logit))  # no ties
    order = rng.permutation(len(logit))
    rule = {**rule, "order": "largest" if rule["order"] == "data" else rule["order"]}

    moved = match(logit[order], treated[order], strata=strata[order], **rule)

    back = {(int(order[one]), int(order[other])) for one, other in moved}
    assert back == match(logit, treated, strata=strata, **rule)


@given(cohorts, rules, st.integers(0, 10_000))
def test_the_mirror_swaps_largest_and_smallest(cohort, rule, seed):
    _, treated, strata = cohort
    logit = np.random.default_rng(seed).normal(size=len(treated))  # no ties
    mirror = {"largest": "smallest", "smallest": "largest"}
    swapped = {**rule, "order": mirror.get(rule["order"], rule["order"])}

    mirrored = match(-logit, treated, strata=strata, **swapped)

    assert mirrored == match(logit, treated, strata=strata, **rule)


@given(cohorts, rules)
def test_to_focus_on_the_controls_is_to_swap_the_arms(cohort, rule):
    logit, treated, strata = cohort

    found = match(logit, treated, strata=strata, focal="control", **rule)

    swapped = match(logit, ~treated, strata=strata, **rule)
    assert found == {(one, other) for other, one in swapped}


@given(cohorts, rules)
def test_strata_are_matched_as_if_alone(cohort, rule):
    logit, treated, strata = cohort
    alone = set()
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        pairs = match(logit[rows], treated[rows], **rule)
        alone |= {(int(rows[one]), int(rows[other])) for one, other in pairs}

    assert match(logit, treated, strata=strata, **rule) == alone


@given(cohorts, rules)
def test_with_replacement_the_order_does_not_matter(cohort, rule):
    logit, treated, _ = cohort
    found = [
        match(logit, treated, **{**rule, "replace": True, "order": order})
        for order in [*ORDERS, "random"]
    ]

    assert all(each == found[0] for each in found)


@given(cohorts, st.sampled_from([0.25, 0.5, np.inf]))
def test_the_closest_pair_of_all_is_matched_first(cohort, caliper):
    logit, treated, _ = cohort
    line = np.round(logit, 10)
    gaps = np.abs(line[treated][:, None] - line[~treated])
    assume(gaps.size)

    found = match_nearest(logit, treated, caliper=caliper, order="closest")

    least = gaps.min() if gaps.min() <= caliper else None
    assert found.distance.min(initial=np.inf) == (np.inf if least is None else least)


def test_a_random_order_is_that_of_its_seed():
    rng = np.random.default_rng(1)
    logit, treated = rng.normal(size=200), rng.random(200) < 0.5

    def draw(seed):
        return match(logit, treated, order="random", seed=seed)

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


# ---------------------------------------------------------------- worked by hand


def test_who_chooses_first():
    #          0    1    2: treated     3     4     5: controls
    logit = [0.0, 1.0, 2.0, 0.9, 1.4, 5.0]
    treated = [1, 1, 1, 0, 0, 0]
    found = {order: match(logit, treated, order=order, caliper=1.0) for order in ORDERS}

    assert found == {
        "largest": {(2, 4), (1, 3)},
        "smallest": {(0, 3), (1, 4)},
        "data": {(0, 3), (1, 4)},
        "closest": {(1, 3), (2, 4)},
        "farthest": {(0, 3), (2, 4)},
    }


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


def test_caliper_is_of_all_patients():
    assert caliper_of(np.array([0.0, 1.0, 2.0]), np.ones(3, bool), 0.2) == 0.2
    assert caliper_of(np.array([0.0, 1.0, 2.0]), np.ones(3, bool), None) == np.inf


def test_the_closest_looks_again_when_its_control_is_taken():
    # 0 takes 2 (0.1); 1 wanted it too (0.2) and takes 3 (0.5)
    assert match([1.0, 1.3, 1.1, 1.8], [1, 1, 0, 0], order="closest") == {
        (0, 2),
        (1, 3),
    }


def test_who_looks_again_comes_before_those_at_the_same_distance():
    # 2 takes 3 (0); 1 wanted it (0.25), now wants 4, as far (0.75) as from 0
    logit = [2.75, 1.25, 1.0, 1.0, 2.0, 9.0]

    found = match(logit, [1, 1, 1, 0, 0, 0], order="closest")

    assert found == {(2, 3), (1, 4), (0, 5)}


def test_places_are_counted_within_the_stratum():
    # row 0 is equally far from 1 and 2; row 3 makes 1 farther only if it counts
    logit, treated = [1.0, 0.5, 1.5, 0.75], [1, 0, 0, 0]

    assert match(logit, treated, strata=np.array([0, 0, 0, 1])) == {(0, 1)}
    assert match(logit, [1, 0, 0, 1], strata=None) == {(0, 2), (3, 1)}


@pytest.mark.parametrize("order", [*ORDERS, "random"])
@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("treated", [[], [1, 1], [0, 0], [1, 0]])
def test_nobody_to_match(order, replace, treated):
    logit = np.arange(len(treated)) * 3.0

    found = match_nearest(
        logit,
        np.array(treated, bool),
        order=order,
        replace=replace,
        ratio=3,
        caliper=1.0,
        seed=1,
    )

    assert [len(each) for each in found] == [0, 0, 0]
    assert found.treated.dtype == found.control.dtype == np.int64


@pytest.mark.parametrize("replace", [False, True])
def test_fewer_controls_than_the_ratio_asks(replace):
    found = match([0.0, 1.0, 2.0], [1, 0, 0], ratio=5, replace=replace)

    assert found == {(0, 1), (0, 2)}


def test_fewer_controls_than_treated():
    logit, treated = [1.0, 0.5, 0.0], [1, 1, 0]

    assert match(logit, treated, ratio=3) == {(0, 2)}
    assert match(logit, treated, ratio=3, replace=True) == {(0, 2), (1, 2)}


def test_logits_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        match([0.0, np.nan], [1, 0])
