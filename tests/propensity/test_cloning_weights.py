from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.engine import fit_cox, fit_curve
from twoarm.errors import InputError
from twoarm.propensity.cloning import clone_patients
from twoarm.propensity.cloning_courses import Courses, list_courses
from twoarm.propensity.cloning_models import steps_of
from twoarm.propensity.cloning_weights import refit_clones, weight_clones

NEVER = np.inf
SICK = np.array([0, 0, 0, 1, 1, 1.0])[:, None]


def six():
    """Patients a to f; c progresses on day 15 and dies on day 50."""
    return clone_patients(
        np.array([10, NEVER, NEVER, 10, 20, NEVER]),
        np.array([90.0, 80, 15, 100, 60, 70]),
        np.array([90.0, 80, 50, 100, 60, 70]),
        np.array([1, 0, 1, 0, 1, 1], bool),
        grace_days=30,
    )


def spells_of(arm, row):
    """(entry, exit, event, weight) of a patient's clone."""
    mine = arm.row == row
    columns = (arm.entry_days, arm.exit_days, arm.event, arm.weight)
    return list(zip(*(each[mine].tolist() for each in columns), strict=True))


def agree(found, expected):
    assert [row[2] for row in found] == [row[2] for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


class TestSixPatientsByHand:
    """Of a, b (well) and d, e, f (sick) 1/2 and 2/3 are treated; c is barred before.

    On day 10 all six could be: chances sum to 3 (1/2) + 3 (2/3) = 7/2, so of all
    treatments 2 / (7/2) = 4/7 have come. Not treated by then: well 5/7, sick 13/21. On
    day 20 b, e and f are left; given that, their chances of ever being treated are 7/10
    and twice 14/13, which sum to 371/130: 130/371 more come, 342/371 in all. By then
    200/371 of the well are not treated, 143/371 of the sick.
    """

    def test_on_days_of_treatment(self):
        treated, control = weight_clones(six(), SICK, interval_days=None)

        agree(spells_of(treated, 0), [(0, 30, False, 1), (30, 90, True, 2)])
        agree(spells_of(treated, 1), [(0, 30, False, 1)])
        agree(spells_of(treated, 2), [(0, 50, True, 1)])
        agree(spells_of(treated, 3), [(0, 30, False, 1), (30, 100, False, 1.5)])
        agree(spells_of(treated, 4), [(0, 30, False, 1), (30, 60, True, 1.5)])
        agree(spells_of(treated, 5), [(0, 30, False, 1)])
        agree(spells_of(control, 0), [(0, 9.5, False, 1)])
        agree(
            spells_of(control, 1),
            [
                (0, 9.5, False, 1),
                (9.5, 19.5, False, 7 / 5),
                (19.5, 80, False, 371 / 200),
            ],
        )
        # Barred on day 15, c stays what it was worth then.
        agree(spells_of(control, 2), [(0, 9.5, False, 1), (9.5, 50, True, 7 / 5)])
        agree(spells_of(control, 3), [(0, 9.5, False, 1)])
        sick = [(0, 9.5, False, 1), (9.5, 19.5, False, 21 / 13)]
        agree(spells_of(control, 4), sick)
        agree(spells_of(control, 5), [*sick, (19.5, 70, True, 371 / 143)])

    def test_in_intervals(self):
        _, control = weight_clones(six(), SICK, interval_days=15)

        # Halfway to 5/7, between it and 200/371, and there.
        half = 2 / (5 / 7 + 200 / 371)
        agree(
            spells_of(control, 1),
            [(0, 15, False, 7 / 6), (15, 30, False, half), (30, 80, False, 371 / 200)],
        )
        agree(spells_of(control, 2), [(0, 15, False, 7 / 6), (15, 50, True, 7 / 5)])

    def test_stabilised(self):
        # Of all six 2 are treated on day 10, of b, e and f one on day 20: 2/3, 4/9 are
        # not; and 3 of the 5 who could be to the end are treated.
        treated, control = weight_clones(
            six(), SICK, interval_days=None, stabilised=True
        )

        agree(spells_of(treated, 0)[1:], [(30, 90, True, 2 * 3 / 5)])
        agree(spells_of(treated, 2), [(0, 30, False, 1), (30, 50, True, 3 / 5)])
        agree(spells_of(control, 1)[2:], [(19.5, 80, False, 371 / 200 * 4 / 9)])
        # Of who is barred the chance no longer falls, that of all does.
        weights = [row[3] for row in spells_of(control, 2)]
        assert weights == pytest.approx([1, 7 / 5 * 2 / 3, 7 / 5 * 4 / 9])

    def test_limits(self):
        treated, control = weight_clones(six(), SICK, interval_days=None, cap=1.5)

        assert spells_of(treated, 0)[1][3] == 1.5
        assert [row[3] for row in spells_of(control, 5)] == pytest.approx([1, 1.5])
        treated, _ = weight_clones(six(), SICK, truncate=(0, 50))
        # After day 30 a, c, d and e weigh 2, 1, 3/2, 3/2; before it all weigh 1.
        assert spells_of(treated, 0)[1][3] == pytest.approx(1.5)
        treated, _ = weight_clones(six(), SICK, truncate=(25, 100))
        lower = 1 + 0.75 * 0.5
        assert [row[3] for row in spells_of(treated, 2)] == pytest.approx([1, lower])

    def test_treated_at_time_zero(self):
        clones = clone_patients(
            np.array([0, 0, 10, NEVER, NEVER, NEVER]),
            np.full(6, 90.0),
            np.full(6, 90.0),
            np.zeros(6, bool),
            grace_days=30,
        )
        sick = np.array([0, 1, 0, 1, 0, 1.0])[:, None]

        # Ever treated are 2/3 of the well, 1/3 of the sick; 2/3 of that on day 0. Of
        # rows 2 to 5 the chances then sum to 2 (6/5) + 2 (3/7) = 114/35: 35/114 more.
        for days, first in ((None, 9 / 7), (30, 2 / (7 / 9 + 77 / 114))):
            _, control = weight_clones(clones, sick, interval_days=days)
            assert not np.isin([0, 1], control.row).any()
            weights = [row[3] for row in spells_of(control, 3)]
            assert weights == pytest.approx([first, 114 / 77])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"cap": 0.5}, "cap is 0.5"),
        ({"truncate": (99, 1)}, "truncate is 99 and 1"),
        ({"interval_days": 0}, "interval_days is 0"),
    ],
)
def test_settings_without_sense(how, words):
    with pytest.raises(InputError, match=words):
        weight_clones(six(), SICK, **how)


def test_covariates_that_are_missing():
    # Of c, whom no model of whether is fitted to.
    matrix = np.column_stack([SICK, SICK[::-1]])
    matrix[2] = np.nan

    with pytest.raises(InputError, match=r"fit in 1 patient\(s\), old in 1 patient"):
        weight_clones(six(), matrix, ["fit", "old"])
    with pytest.raises(InputError, match="6 patients are cloned, and 5 have"):
        weight_clones(six(), SICK[:5])


def test_covariates_that_separate_the_arms():
    matrix = np.array([1, 0, 0, 1, 1, 0.0])[:, None]

    with pytest.raises(
        InputError,
        match=r"within the grace period: .*separate.*: fit; of clones, penalty",
    ):
        weight_clones(six(), matrix, ["fit"])
    weights = weight_clones(six(), matrix, ["fit"], penalty=1).treated.weight
    assert np.isfinite(weights).all()


@cache
def cohort(size=400, seed=3):
    """Invented patients: clones, and covariates that drive treatment and events."""
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.normal(size=size), rng.random(size) < 0.4])
    wish = rng.random(size) < 1 / (1 + np.exp(-0.4 - matrix @ [0.8, -0.7]))
    wait = np.where(wish, np.ceil(rng.uniform(0, 80, size)), NEVER)
    barred = np.ceil(rng.exponential(200 * np.exp(0.3 * matrix[:, 0])))
    ends = barred + np.ceil(rng.exponential(80, size))
    event = rng.random(size) < 0.7
    return clone_patients(wait, barred, ends, event, grace_days=90), matrix


HOW = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["two_part", "pooled", "cox"]),
        "interval_days": st.sampled_from([None, 7, 30.4375]),
        "stabilised": st.booleans(),
        "truncate": st.sampled_from([None, (1, 99)]),
        "cap": st.sampled_from([None, 5]),
        "penalty": st.sampled_from([0, 1]),
    }
)


@given(HOW)
def test_laws_of_spells(how):
    clones, matrix = cohort()

    found = weight_clones(clones, matrix, **how)

    for arm, follow in zip(found, clones.arms, strict=True):
        assert (np.diff(arm.row) >= 0).all()
        assert (arm.entry_days < arm.exit_days).all()
        assert (arm.weight > 0).all()
        if not how["stabilised"]:
            assert (arm.weight >= 1).all()
        # The spells of a clone join, from 0 to its exit; its weight changes there.
        new = np.r_[True, np.diff(arm.row) > 0]
        last = np.r_[new[1:], True]
        assert (arm.entry_days[new] == 0).all()
        np.testing.assert_array_equal(arm.entry_days[~new], arm.exit_days[~last])
        assert (arm.weight[1:] != arm.weight[:-1])[~new[1:]].all()
        np.testing.assert_array_equal(
            arm.exit_days[last], follow.exit_days[arm.row[last]]
        )
        np.testing.assert_array_equal(arm.event[last], follow.event[arm.row[last]])
        assert not arm.event[~last].any()
        assert set(arm.row) == set(np.flatnonzero(follow.exit_days > 0))


@given(st.permutations(range(60)), st.sampled_from(["two_part", "pooled", "cox"]))
def test_order_of_the_patients_does_not_matter(order, model):
    clones, matrix = cohort(60)
    order = np.array(order)

    how = {"model": model, "interval_days": 30, "penalty": 1}
    plain = weight_clones(clones, matrix, **how)
    moved = weight_clones(clones.take(order), matrix[order], **how)

    for one, other in zip(plain, moved, strict=True):
        back = np.lexsort((other.entry_days, order[other.row]))
        np.testing.assert_array_equal(one.exit_days, other.exit_days[back])
        np.testing.assert_allclose(one.weight, other.weight[back], rtol=1e-9)


def test_twice_the_patients_weigh_the_same():
    clones, matrix = cohort()
    rows = np.repeat(np.arange(len(matrix)), 2)

    once = weight_clones(clones, matrix)
    twice = refit_clones(clones, matrix)(rows)

    for one, two in zip(once, twice, strict=True):
        order = np.lexsort((two.entry_days, two.row))
        np.testing.assert_array_equal(np.repeat(one.row, 2), two.row[order])
        np.testing.assert_allclose(
            np.repeat(one.weight, 2), two.weight[order], rtol=1e-9
        )


def test_refit_of_the_patients_themselves_is_the_fit():
    clones, matrix = cohort()

    once = weight_clones(clones, matrix, cap=9)
    again = refit_clones(clones, matrix, cap=9)(np.arange(len(matrix)))

    for one, other in zip(once, again, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)


def test_a_resample_without_a_choice_has_no_estimate():
    with pytest.raises(InputError, match="of 3 patients drawn, 0 of 3"):
        refit_clones(six(), SICK)(np.array([1, 1, 5]))


def curve_of(arm):
    return fit_curve(arm.exit_days, arm.event, arm.weight, entry=arm.entry_days)[0]


def test_stabilising_leaves_the_curve_of_an_arm():
    clones, matrix = cohort()
    plain = weight_clones(clones, matrix)
    stabilised = weight_clones(clones, matrix, stabilised=True)

    for one, other in zip(plain, stabilised, strict=True):
        np.testing.assert_allclose(
            curve_of(one).estimate, curve_of(other).estimate, rtol=1e-9
        )


def test_short_intervals_come_near_the_days():
    clones, matrix = cohort()
    days = weight_clones(clones, matrix, interval_days=None)
    single, month = (
        weight_clones(clones, matrix, interval_days=each) for each in (1, 30)
    )

    horizon = 150
    at = [
        np.interp(horizon, curve_of(each.control).time, curve_of(each.control).estimate)
        for each in (days, single, month)
    ]
    assert at[1] == pytest.approx(at[0], abs=1e-3)
    assert at[2] == pytest.approx(at[0], abs=5e-3)


@pytest.fixture(scope="module")
def r(oracle):
    return oracle("cloning")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("two_part", {}),
        ("two_part_days", {"interval_days": None}),
        ("pooled", {"model": "pooled"}),
        ("cox", {"model": "cox"}),
        ("cox_days", {"model": "cox", "interval_days": None}),
    ],
)
def test_agrees_with_r(r, name, how):
    patients, expected = r["patients"], r[name]
    wait, barred, ends = (
        np.array(patients[each], float) for each in ("wait", "barred", "end")
    )
    matrix = np.column_stack([patients["x1"], patients["x2"]]).astype(float)
    clones = clone_patients(
        wait, barred, ends, np.array(patients["event"]), grace_days=r["grace_days"]
    )
    found = weight_clones(clones, matrix, **how)

    compare_with_r(found, expected, r["horizon"])


def compare_with_r(found, expected, horizon):
    for arm, own in zip(("treated", "control"), found, strict=True):
        # R has a row a day, ours leave half a day before the day of treatment.
        days = np.floor(own.exit_days) - np.floor(own.entry_days)
        assert own.weight @ days == pytest.approx(
            expected["weight_days"][arm], rel=1e-6
        )
        assert own.weight.max() == pytest.approx(expected["largest"][arm], rel=1e-6)
        curve, curves = curve_of(own), expected["curves"][arm]
        place = np.searchsorted(curve.time, [30, 60, 90, 120, 150], side="right")
        steps = np.r_[1, curve.estimate]
        np.testing.assert_allclose(steps[place], curves["survival"], rtol=1e-6)
        edges = np.minimum(np.r_[0, curve.time, np.inf], horizon)
        assert steps @ np.diff(edges) == pytest.approx(curves["rmst"], rel=1e-6)
    joined = [np.concatenate(part) for part in zip(*found, strict=True)]
    row, entry, exits, event, weight = joined
    arm = np.repeat([1.0, 0.0], [len(each.row) for each in found])
    cox = fit_cox(exits, event, arm[:, None], weight=weight, entry=entry, cluster=row)
    assert cox.estimate[0] == pytest.approx(expected["log_hr"], abs=1e-6)
    assert cox.std_error[0] == pytest.approx(expected["std_error"], rel=1e-6)


@pytest.mark.parametrize("model", ["two_part", "pooled", "cox"])
def test_covariates_over_time_agree_with_r(r, model):
    patients, z = r["patients"], np.array(r["z"])
    wait, barred, ends = (
        np.array(patients[each], float) for each in ("wait", "barred", "end")
    )
    clones = clone_patients(
        wait, barred, ends, np.array(patients["event"]), grace_days=r["grace_days"]
    )
    steps = steps_of(clones, r["interval_days"])
    row, step = list_courses(clones, steps)
    first, second = (np.array(patients[name], float)[row] for name in ("x1", "x2"))
    matrix = np.column_stack([first, second, z[row, step]])
    courses = Courses(steps, np.bincount(row, minlength=len(wait)), matrix)

    found = weight_clones(clones, np.empty((150, 0)), courses=courses, model=model)

    compare_with_r(found, r[f"{model}_over_time"], r["horizon"])


def six_treated(*wait):
    """Six patients with 1, 1, 0, 0, 0, 0, or half of each, followed for 90 days."""
    ends = np.full(6, 90.0)
    wait = np.array(wait, float)
    return clone_patients(wait, ends, ends, ends > 0, grace_days=30)


class TestOtherModelsByHand:
    def test_pooled_on_one_day(self):
        # Of a, b, c two are treated, of d, e, f one.
        clones = six_treated(10, 10, NEVER, 10, NEVER, NEVER)

        treated, control = weight_clones(
            clones, SICK, model="pooled", interval_days=None
        )

        agree(spells_of(treated, 0), [(0, 30, False, 1), (30, 90, True, 3 / 2)])
        agree(spells_of(treated, 3), [(0, 30, False, 1), (30, 90, True, 3)])
        agree(spells_of(control, 2), [(0, 9.5, False, 1), (9.5, 90, True, 3)])
        agree(spells_of(control, 5), [(0, 9.5, False, 1), (9.5, 90, True, 3 / 2)])

    def test_pooled_on_two_days(self):
        # Of either three one is treated on day 10, of the two left one on day 20.
        clones = six_treated(10, 20, NEVER, 10, 20, NEVER)

        treated, control = weight_clones(
            clones, SICK, model="pooled", interval_days=None
        )

        assert [row[3] for row in spells_of(treated, 1)] == pytest.approx([1, 3 / 2])
        for row in (2, 5):
            steps = [(0, 9.5, False, 1), (9.5, 19.5, False, 3 / 2), (19.5, 90, True, 3)]
            found = spells_of(control, row)
            assert [each[3] for each in found] == pytest.approx([1, 3 / 2, 3])
            assert [each[:3] for each in found] == [each[:3] for each in steps]

    def test_cox(self):
        # On day 10 one of two with 1 and four with 0 is treated, on day 20 one with 0;
        # then one has 1 and four have 0: 2r/(2r + 4) + r/(r + 4) = 1, so r^2 = 8.
        fit = np.array([1, 1, 0, 0, 0, 0.0])[:, None]
        clones = six_treated(10, NEVER, 20, NEVER, NEVER, NEVER)
        r = 8**0.5
        first, second = 1 / (2 * r + 4), 1 / (r + 4)

        treated, control = weight_clones(clones, fit, model="cox", interval_days=None)

        for row, ratio in ((1, r), (3, 1)):
            weights = [1, np.exp(ratio * first), np.exp(ratio * (first + second))]
            found = [each[3] for each in spells_of(control, row)]
            assert found == pytest.approx(weights)
        # One of two with 1 is treated, one of four with 0.
        assert spells_of(treated, 0)[1][3] == pytest.approx(2)
        assert spells_of(treated, 2)[1][3] == pytest.approx(4)
