"""Weights of clones by covariates that change: by hand, their laws, and the truth."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.propensity.cloning import clone_patients
from twoarm.propensity.cloning_courses import Courses, list_courses
from twoarm.propensity.cloning_models import risk_of, steps_of
from twoarm.propensity.cloning_over_time import share_drawn
from twoarm.propensity.cloning_summary import check_weights
from twoarm.propensity.cloning_weights import refit_clones, weight_clones
from twoarm.survival.spells import estimate_spells

NEVER = np.inf


def six(wait, barred=90.0):
    """Six patients, followed for 90 days."""
    ends = np.full(6, 90.0)
    clones = (np.array(wait, float), np.minimum(ends, barred), ends, ends > 0)
    return clone_patients(*clones, grace_days=30)


def weigh(clones, known, *, interval=None, **how):
    """Weigh by one covariate, known of each patient at each step."""
    steps = steps_of(clones, interval)
    row, step = list_courses(clones, steps)
    size = len(clones.treatment_days)
    matrix = np.array(known, float)[row, step][:, None]
    courses = Courses(steps, np.bincount(row, minlength=size), matrix)
    return weight_clones(clones, np.empty((size, 0)), courses=courses, **how)


def agree(arm, row, expected):
    """(entry, exit, weight) of a patient's clone, equal weights joined."""
    columns = (arm.entry_days, arm.exit_days, arm.weight)
    found = []
    for one in zip(*(each[arm.row == row].tolist() for each in columns), strict=True):
        if found and one[2] == pytest.approx(found[-1][2], rel=1e-9):
            found[-1] = (found[-1][0], *one[1:])
        else:
            found.append(one)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-9)


class TestPooledByHand:
    """On day 10 a is treated of a, b (0) and c of c to f (1); on day 20 d and f.

    By then b has become 1, and d and e 0: half are treated, with 0 as with 1. So 1/2 of
    a and b were treated on day 10, 1/4 of the others, and 1/2 of all who are left. Of
    all patients 2/6 are treated on day 10, and 2/4 on day 20: half of the treatments
    come on either. The model has a term for each day and value: it gives these shares.
    """

    WAIT = (10, NEVER, 10, 20, NEVER, 20)
    KNOWN = ((0, 0), (0, 1), (1, 1), (1, 0), (1, 0), (1, 1))

    def test_on_days_of_treatment(self):
        treated, control = weigh(six(self.WAIT), self.KNOWN, model="pooled")

        # Half of the treatments are due on day 10: (1/2) / (1/2), and (1/2) / (1/4).
        agree(treated, 0, [(0, 90, 1)])
        agree(treated, 2, [(0, 9.5, 1), (9.5, 90, 2)])
        # Untreated then: (1/2) / (1/2) and (1/2) / (3/4); none are due to be after it.
        agree(treated, 1, [(0, 19.5, 1)])
        agree(treated, 4, [(0, 9.5, 1), (9.5, 19.5, 2 / 3)])
        # Treated on day 20: (1/2) / (3/4 * 1/2).
        for row in (3, 5):
            agree(treated, row, [(0, 9.5, 1), (9.5, 19.5, 2 / 3), (19.5, 90, 4 / 3)])
        agree(control, 0, [(0, 9.5, 1)])
        agree(control, 1, [(0, 9.5, 1), (9.5, 19.5, 2), (19.5, 90, 4)])
        agree(control, 4, [(0, 9.5, 1), (9.5, 19.5, 4 / 3), (19.5, 90, 8 / 3)])
        agree(control, 5, [(0, 9.5, 1), (9.5, 19.5, 4 / 3)])

    def test_in_intervals(self):
        treated, control = weigh(
            six(self.WAIT), self.KNOWN, model="pooled", interval=15
        )

        # Half of an interval's treatments have come at its middle.
        agree(treated, 0, [(0, 90, 1)])
        agree(treated, 1, [(0, 15, 1), (15, 30, (1 / 4) / (3 / 8))])
        late = [(0, 15, (3 / 4) / (7 / 8)), (15, 19.5, (1 / 4) / (9 / 16))]
        agree(treated, 3, [*late, (19.5, 90, 4 / 3)])
        agree(control, 1, [(0, 15, 4 / 3), (15, 30, 8 / 3), (30, 90, 4)])
        agree(control, 4, [(0, 15, 8 / 7), (15, 30, 16 / 9), (30, 90, 8 / 3)])

    def test_barred(self):
        # d, who would be treated on day 20, is barred on day 12, e on day 30.
        barred = np.array([90, 90, 90, 12, 30, 90])
        wait = (10, NEVER, 10, NEVER, NEVER, 20)
        known = ((0, 0), (0, 1), (1, 1), (1, 0), (1, 1), (1, 1))

        # Of b, e and f a third is treated on day 20, all with 1: that is no model of
        # values by days, which drops what it cannot tell.
        treated, control = weigh(
            six(wait, barred), known, interval=15, model="pooled", penalty=1
        )

        for arm in (treated, control):
            # Barred after 12 of 15 days: the weight of that day stays.
            mine = arm.weight[arm.row == 3]
            assert len(mine) == 2
        # At the end of the grace period all who could be are treated: e has no weight.
        assert treated.exit_days[treated.row == 4].max() == 30
        assert control.exit_days[control.row == 4].max() == 90

    def test_the_own_future_is_not_used(self):
        known = np.array(self.KNOWN)
        changed = known.copy()
        changed[[0, 2], 1] = 7

        plain = weigh(six(self.WAIT), known, model="pooled")
        other = weigh(six(self.WAIT), changed, model="pooled")

        for one, two in zip(plain, other, strict=True):
            np.testing.assert_array_equal(one.weight, two.weight)

    def test_stabilised(self):
        plain = weigh(six(self.WAIT), self.KNOWN, model="pooled")
        stable = weigh(six(self.WAIT), self.KNOWN, model="pooled", stabilised=True)

        # 4 of 6 are treated within 30 days; of all 2/3, then 1/3 are untreated.
        agree(stable.treated, 2, [(0, 9.5, 1), (9.5, 30, 2), (30, 90, 2 * 4 / 6)])
        agree(stable.control, 1, [(0, 9.5, 1), (9.5, 90, 2 * 2 / 3)])
        assert plain.control.weight.max() == pytest.approx(4)


def test_cox_by_hand():
    """On day 10 one of two with 1 and four with 0 is treated, on day 20 one with 0.

    Then two have 1 and three 0. With r the hazard ratio 2r/(2r + 4) + 2r/(2r + 3) is
    the one treatment with 1: r^2 = 3.
    """
    clones = six((10, NEVER, 20, NEVER, NEVER, NEVER))
    known = ((1, 1), (1, 1), (0, 0), (0, 1), (0, 0), (0, 0))
    r = 3**0.5
    first, second = 1 / (2 * r + 4), 1 / (2 * r + 3)

    treated, control = weigh(clones, known, model="cox")

    both = np.exp(r * first), np.exp(r * (first + second))
    agree(control, 1, [(0, 9.5, 1), (9.5, 19.5, both[0]), (19.5, 90, both[1])])
    agree(
        control,
        3,
        [
            (0, 9.5, 1),
            (9.5, 19.5, np.exp(first)),
            (19.5, 90, np.exp(first + r * second)),
        ],
    )
    # Half of the treatments are due on day 10.
    due = 0.5 / (1 - np.exp(-r * first))
    agree(treated, 0, [(0, 9.5, 1), (9.5, 90, due)])
    late = 0.5 * np.exp(first) / (1 - np.exp(-second))
    waiting = 0.5 * np.exp(first)
    agree(treated, 2, [(0, 9.5, 1), (9.5, 19.5, waiting), (19.5, 90, late)])


def test_two_part_of_one_day_by_hand():
    # On the one day 2 of 3 with 0 are treated, 1 of 3 with 1.
    clones = six((10, 10, NEVER, 10, NEVER, NEVER))
    known = ((0,), (0,), (0,), (1,), (1,), (1,))

    for model in ("two_part", "pooled"):
        treated, control = weigh(clones, known, model=model)

        agree(treated, 0, [(0, 9.5, 1), (9.5, 90, 3 / 2)])
        agree(treated, 3, [(0, 9.5, 1), (9.5, 90, 3)])
        agree(treated, 4, [(0, 9.5, 1)])
        agree(control, 2, [(0, 9.5, 1), (9.5, 90, 3)])
        agree(control, 4, [(0, 9.5, 1), (9.5, 90, 3 / 2)])


PERIOD, GRACE, HORIZON = 30, 90, 360
EFFECT = 0.5


def follow(rng, size, *, plan=None, effect=1.0):
    """Patients whose marker moves each period, and drives treatment and death.

    Returns the marker at time zero and in each period, days of treatment, of the end,
    and events. `plan`: the days of treatment, if not as it comes.
    """
    fixed, marker = rng.normal(size=size), []
    now = 0.5 * fixed + rng.normal(size=size)
    wait, death = np.full(size, NEVER), np.full(size, NEVER)
    due, hazard = rng.exponential(size=size), np.zeros(size)
    for start in range(0, HORIZON, PERIOD):
        marker.append(now)
        wish = rng.random(size) < 1 / (1 + np.exp(1.2 - now))
        day = start + rng.integers(1, PERIOD + 1, size)
        if plan is None:
            goes = np.isinf(wait) & wish & (start < GRACE)
        else:
            goes, day = (plan > start) & (plan <= start + PERIOD), plan
        rate = 0.003 * np.exp(-0.7 * now)
        before = np.clip(np.where(goes, day, wait) - start, 0, PERIOD)
        until = hazard + rate * before
        ends = until + rate * effect * (PERIOD - before)
        died = np.isinf(death) & (due <= ends)
        late = start + before + (due - until) / (rate * effect)
        moment = np.where(due <= until, start + (due - hazard) / rate, late)
        death = np.where(died, moment, death)
        wait = np.where(goes & (day <= death), day, wait)
        hazard = ends
        now = 0.8 * now + 0.8 * rng.normal(size=size)
    end = np.ceil(np.minimum(death, HORIZON))
    wait = np.where(wait <= end, wait, NEVER)
    return fixed, np.column_stack(marker), wait, end, death <= HORIZON


@cache
def estimates(model, *, effect=1.0, over_time=True, seeds=range(20, 32), size=20_000):
    """Mean log hazard ratio and difference of restricted means, in days."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        fixed, marker, wait, end, event = follow(rng, size, effect=effect)
        clones = clone_patients(wait, end, end, event, grace_days=GRACE)
        how = {"model": model, "interval_days": PERIOD}
        matrix = np.column_stack([fixed, marker[:, 0]])
        if over_time:
            steps = steps_of(clones, PERIOD)
            row, step = list_courses(clones, steps)
            known = np.column_stack([fixed[row], marker[row, step]])
            how["courses"] = Courses(steps, np.bincount(row, minlength=size), known)
        spells = weight_clones(clones, matrix, **how)
        found.append(contrast(*(arm[1:] for arm in spells)))
    return np.mean(found, axis=0)


def contrast(treated, control):
    found = estimate_spells(treated, control, horizons=[], rmst_horizon=HORIZON)
    return found.log_hazard_ratio, found.rmst_difference


@cache
def truth(effect, size=200_000):
    """The same patients follow both strategies: treated on a drawn day, and never."""
    _, _, wait, end, event = follow(np.random.default_rng(99), size, effect=effect)
    clones = clone_patients(wait, end, end, event, grace_days=GRACE)
    drawn = share_drawn(risk_of(clones, steps_of(clones, PERIOD)))
    rng, arms = np.random.default_rng(98), []
    period = np.searchsorted(drawn, rng.random(size)) - 1
    day = PERIOD * period + rng.integers(1, PERIOD + 1, size)
    for plan in (day, np.full(size, NEVER)):
        same = np.random.default_rng(97)
        _, _, _, end, event = follow(same, size, plan=plan, effect=effect)
        arms.append([np.zeros(size), end, event, np.ones(size)])
    return contrast(*arms)


@pytest.mark.parametrize("model", ["two_part", "pooled"])
def test_nothing_is_found_where_there_is_nothing(model):
    log_ratio, days = estimates(model)

    assert np.exp(log_ratio) == pytest.approx(1, abs=0.02)
    assert days == pytest.approx(0, abs=2)


@pytest.mark.parametrize("model", ["two_part", "pooled"])
def test_an_effect_is_found(model):
    log_ratio, days = estimates(model, effect=EFFECT)

    expected, gained = truth(EFFECT)
    assert np.exp(log_ratio) == pytest.approx(np.exp(expected), abs=0.02)
    assert days == pytest.approx(gained, abs=2)


@pytest.mark.parametrize("model", ["two_part", "pooled", "cox"])
def test_values_at_time_zero_are_not_enough(model):
    log_ratio, _ = estimates(model, over_time=False, seeds=range(20, 24))

    assert np.exp(log_ratio) < 0.92


@cache
def cohort(size=300, seed=5):
    """Invented patients and their courses, in weeks."""
    rng = np.random.default_rng(seed)
    fixed, marker, wait, end, event = follow(rng, size)
    clones = clone_patients(wait, end, end, event, grace_days=GRACE)
    steps = steps_of(clones, 30)
    row, step = list_courses(clones, steps)
    known = np.column_stack([fixed[row], marker[row, step]])
    return clones, Courses(steps, np.bincount(row, minlength=size), known)


MODELS = st.sampled_from(["two_part", "pooled", "cox"])


@given(st.permutations(range(60)), MODELS)
def test_order_of_the_patients_does_not_matter(order, model):
    clones, courses = cohort(60)
    order, nothing = np.array(order), np.empty((60, 0))
    how = {"model": model, "penalty": 1}

    plain = weight_clones(clones, nothing, courses=courses, **how)
    moved = weight_clones(
        clones.take(order), nothing, courses=courses.take(order), **how
    )

    for one, other in zip(plain, moved, strict=True):
        back = np.lexsort((other.entry_days, order[other.row]))
        np.testing.assert_array_equal(one.exit_days, other.exit_days[back])
        np.testing.assert_allclose(one.weight, other.weight[back], rtol=1e-8)


@given(MODELS, st.booleans(), st.sampled_from([None, (1, 99)]))
def test_laws_of_spells(model, stabilised, truncate):
    clones, courses = cohort()
    how = {"model": model, "stabilised": stabilised, "truncate": truncate}

    found = weight_clones(clones, np.empty((300, 0)), courses=courses, **how)

    for arm, follow_up in zip(found, clones.arms, strict=True):
        assert (arm.weight > 0).all()
        assert (arm.entry_days < arm.exit_days).all()
        new = np.r_[True, np.diff(arm.row) > 0]
        last = np.r_[new[1:], True]
        assert (arm.entry_days[new] == 0).all()
        np.testing.assert_array_equal(arm.entry_days[~new], arm.exit_days[~last])
        assert (arm.exit_days[last] <= follow_up.exit_days[arm.row[last]]).all()
        assert not arm.event[~last].any()


def test_weights_sum_to_the_patients():
    # Before anybody dies: the model has the truth, so each arm stands for them all.
    rng = np.random.default_rng(1)
    size = 4_000
    marker = np.column_stack([(rng.random(size) < 0.5) for _ in range(3)]).astype(float)
    wait = np.full(size, NEVER)
    for step in range(3):
        goes = np.isinf(wait) & (rng.random(size) < 0.2 + 0.3 * marker[:, step])
        wait = np.where(goes, 10.0 * (step + 1), wait)
    ends = np.full(size, 99.0)
    clones = clone_patients(wait, ends, ends, ends > 0, grace_days=30)

    found = weigh(clones, marker, model="pooled")

    for arm in found:
        for day in (5, 15, 25, 60):
            inside = (arm.entry_days <= day) & (day < arm.exit_days)
            assert arm.weight[inside].sum() == pytest.approx(size, rel=0.02)


@pytest.mark.parametrize("model", ["two_part", "pooled", "cox"])
def test_refit_of_the_patients_themselves_is_the_fit(model):
    clones, courses = cohort()
    nothing, how = np.empty((300, 0)), {"courses": courses, "model": model}

    once = weight_clones(clones, nothing, **how)
    again = refit_clones(clones, nothing, **how)(np.arange(300))

    for one, other in zip(once, again, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)


def test_twice_the_patients_weigh_the_same():
    clones, courses = cohort()
    nothing, rows = np.empty((300, 0)), np.repeat(np.arange(300), 2)

    once = weight_clones(clones, nothing, courses=courses)
    twice = refit_clones(clones, nothing, courses=courses)(rows)

    for one, two in zip(once, twice, strict=True):
        order = np.lexsort((two.entry_days, two.row))
        np.testing.assert_allclose(
            np.repeat(one.weight, 2), two.weight[order], rtol=1e-8
        )


def test_a_level_that_nobody_drawn_has_is_left_out():
    clones, courses = cohort()
    rare = np.zeros((len(courses.matrix), 1))
    rare[:2] = 1.0
    wider = courses._replace(matrix=np.hstack([courses.matrix, rare]))
    others = np.arange(150, 300)

    plain, same = (
        refit_clones(clones, np.empty((300, 0)), courses=each, model="pooled")(others)
        for each in (courses, wider)
    )

    np.testing.assert_allclose(plain.treated.weight, same.treated.weight, rtol=1e-9)


def test_weights_of_which_one_clone_has_most_are_refused():
    clones, courses = cohort()
    found = weight_clones(clones, np.empty((300, 0)), courses=courses)
    check_weights(clones, found)
    weight = found.treated.weight.copy()
    weight[np.flatnonzero(found.treated.exit_days > GRACE)[0]] = 1e6
    spoilt = found._replace(treated=found.treated._replace(weight=weight))

    with pytest.raises(InputError, match=r"one of \d+ treated clone.s. has 100% of"):
        check_weights(clones, spoilt)
