import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.propensity.cloning import clone_patients
from twoarm.propensity.cloning_summary import summarise_clones
from twoarm.propensity.cloning_weights import weight_clones

NEVER = np.inf


def cloned(wait, barred, ends, event, grace=30):
    columns = (np.array(each, float) for each in (wait, barred, ends))
    return clone_patients(*columns, np.array(event, bool), grace_days=grace)


def courses(follow):
    return list(zip(*(part.tolist() for part in follow), strict=True))


def six(**changes):
    """Patients a to f; c progresses on day 15 and dies on day 50."""
    patients = {
        "wait": [10, NEVER, NEVER, 10, 20, NEVER],
        "barred": [90, 80, 15, 100, 60, 70],
        "ends": [90, 80, 50, 100, 60, 70],
        "event": [1, 0, 1, 0, 1, 1],
    }
    return cloned(**{**patients, **changes})


SICK = np.array([0, 0, 0, 1, 1, 1.0])[:, None]


def test_six_patients_by_hand():
    clones = six()

    assert courses(clones.arms.treated) == [
        (90, True, False),
        (30, False, True),
        (50, True, False),
        (100, False, False),
        (60, True, False),
        (30, False, True),
    ]
    assert courses(clones.arms.control) == [
        (9.5, False, True),
        (80, False, False),
        (50, True, False),
        (9.5, False, True),
        (19.5, False, True),
        (70, True, False),
    ]


def test_treatment_comes_first_on_its_day():
    # Treated on the day of death; and one on whose day another is treated.
    clones = cloned([20, 25, NEVER], [20, 60, 45], [20, 60, 45], [1, 0, 1])

    assert courses(clones.arms.treated)[0] == (20, True, False)
    assert courses(clones.arms.control)[0] == (19.5, False, True)


def test_event_on_the_last_day_of_grace_counts_in_both_arms():
    clones = cloned([NEVER, 30, NEVER], [30, 90, 90], [30, 90, 90], [1, 0, 0])

    for arm in clones.arms:
        assert courses(arm)[0] == (30, True, False)
    assert courses(clones.arms.control)[1] == (29.5, False, True)


def test_treatment_after_grace_is_no_departure():
    clones = cloned([31, 10, NEVER], [90] * 3, [90] * 3, [0] * 3)

    assert courses(clones.arms.control)[0] == (90, False, False)
    assert courses(clones.arms.treated)[0] == (30, False, True)


def test_who_is_treated_at_time_zero_does_not_wait():
    clones = cloned([0, NEVER], [90, 90], [90, 90], [1, 0])

    assert clones.arms.control.exit_days.tolist() == [0, 90]


def test_treatment_after_it_became_impossible_changes_nothing():
    before, after = six(), six(wait=[10, NEVER, 16, 10, 20, NEVER])

    assert courses(after.arms.control) == courses(before.arms.control)
    assert after.n_barred_treated == 1
    found = weight_clones(after, SICK)
    assert any(
        "1 patient(s) are treated after" in each
        for each in summarise_clones(after, found, labels=LABELS, days=[30]).warnings
    )


LABELS = {"treated": "surgery", "control": "none"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wait": [-1, -3, 1, 10, 20, 9]}, "2 of 6 patients are treated before time"),
        ({"barred": [np.nan, 80, 15, 100, 60, 70]}, "1 of 6 patients are without"),
        ({"ends": [90, 80, 50, 100, 60, 0], "barred": [1] * 5 + [0]}, "for 0 days"),
        ({"barred": [-1, 80, 15, 100, 60, 70]}, "1 of 6 patients are barred from"),
        ({"barred": [91, 80, 51, 100, 60, 70]}, "2 of 6 .* only after the end"),
        ({"grace": 0}, "grace_days is 0"),
        ({"grace": 100}, "nobody of 6 patients could still be treated after 100 days"),
        ({"wait": [NEVER] * 6}, "0 are treated within 30 days, and nobody of the 5"),
        ({"wait": [10] * 6}, "all 5 patients who could still be treated"),
    ],
)
def test_bad_input(changes, words):
    with pytest.raises(InputError, match=words):
        six(**changes)


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError, match=r"before time zero; 1 of 6 .*; grace_days"):
        six(wait=[-1] + [9] * 5, ends=[90, 80, 50, 100, 60, 0], grace=-2)


def test_summary_by_hand():
    clones = six()

    found = summarise_clones(
        clones,
        weight_clones(clones, SICK, interval_days=None),
        labels=LABELS,
        days=[0, 15, 65],
    )

    rows = found.follow_up.select(
        "arm", "days", "n_at_risk", "n_censored", "n_event"
    ).rows()
    assert rows == [
        ("surgery", 0, 6, 0, 0),
        ("surgery", 15, 6, 0, 0),
        ("surgery", 65, 2, 2, 2),
        ("none", 0, 6, 0, 0),
        ("none", 15, 4, 2, 0),
        ("none", 65, 2, 3, 1),
    ]
    # At 65 a and d, of weights 2 and 3/2; b and f, of 371/200 and 371/143.
    ess = found.follow_up["effective_n"].to_list()
    assert ess[2] == pytest.approx(3.5**2 / (4 + 2.25))
    one, other = 371 / 200, 371 / 143
    assert ess[5] == pytest.approx((one + other) ** 2 / (one**2 + other**2))
    assert found.follow_up["largest_weight"][5] == pytest.approx(other)
    assert found.follow_up["largest_share"][2] == pytest.approx(2 / 3.5)
    assert found.follow_up["weight_q50"][2] == pytest.approx(1.75)
    assert found.follow_up["weight_q95"][2] == pytest.approx(1.5 + 0.95 / 2)
    censored = found.censored.rows(named=True)
    assert [row["n_censored"] for row in censored] == [2, 3]
    assert [row["median_days"] for row in censored] == [30, 9.5]


def test_warnings_of_weights_and_late_treatment():
    # Of 40 with the covariate one is not treated; and some are treated after grace.
    x = np.repeat([0.0, 1.0], 40)
    wait = np.r_[np.full(20, 5.0), np.full(20, NEVER), np.full(39, 6.0), NEVER]
    wait[20:25] = 45
    size = len(x)
    clones = cloned(wait, [90] * size, [90] * size, [0] * size)
    found = weight_clones(clones, x[:, None])

    summary = summarise_clones(clones, found, labels=LABELS, days=[30, 45])
    warnings = summary.warnings

    assert summary.follow_up["n_late"].to_list() == [0, 0, 0, 5]
    assert any("5 of 64 treatments come after" in each for each in warnings)
    assert any("largest weight of none, 40" in each for each in warnings)
    capped = weight_clones(clones, x[:, None], cap=3)
    again = summarise_clones(clones, capped, labels=LABELS, days=[30]).warnings
    assert not any("largest weight" in each for each in again)


days = st.integers(1, 60)
person = st.tuples(st.one_of(st.just(NEVER), st.integers(0, 60)), days, days, days)


@given(st.lists(person, min_size=1, max_size=30))
def test_laws_of_clones(drawn):
    wait, one, other, _ = (np.array(each, float) for each in zip(*drawn, strict=True))
    barred, ends = np.minimum(one, other), np.maximum(one, other)
    event = np.array([more % 2 == 0 for *_, more in drawn])
    try:
        clones = clone_patients(wait, barred, ends, event, grace_days=20)
    except InputError:
        return

    treated, control = clones.arms
    assert not (treated.censored & control.censored).any()
    assert (treated.exit_days <= ends).all()
    assert (control.exit_days <= ends).all()
    for arm in clones.arms:
        assert not (arm.event & arm.censored).any()
        # Who never departs is followed to the end.
        np.testing.assert_array_equal(arm.exit_days[~arm.censored], ends[~arm.censored])
        np.testing.assert_array_equal(arm.event[~arm.censored], event[~arm.censored])
    # Nobody leaves both; who leaves neither was barred by then.
    neither = ~treated.censored & ~control.censored
    assert (barred[neither] <= 20).all()
