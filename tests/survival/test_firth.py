import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twoarm.engine import fit_cox
from twoarm.survival.firth import draws_of, fit_profile
from twoarm.survival.stack import Stack
from twoarm.survival.varying import fit_period, fit_trend


def stack(time, event, treated, entry=None):
    return Stack(
        np.asarray(time, float),
        np.asarray(event, bool),
        np.asarray(treated, float),
        None,
        None,
        entry,
    )


@given(st.integers(0, 10_000), st.booleans())
def test_maximum_is_that_of_cox(invent, seed, ties):
    time, event, treated, _ = invent(seed, 60, ties=ties)

    found = fit_profile(draws_of(stack(time, event, treated)), confidence=0.9)

    fit = fit_cox(time, event, treated[:, None].astype(float))
    assert found.estimate == pytest.approx(fit.estimate[0], abs=1e-7, nan_ok=True)
    assert found.std_error == pytest.approx(fit.std_error[0], rel=1e-6, nan_ok=True)


@given(st.integers(0, 10_000))
def test_penalty_draws_towards_one(invent, seed):
    time, event, treated, _ = invent(seed, 30, ties=True)
    draws = draws_of(stack(time, event, treated))

    plain, firth = (fit_profile(draws, confidence=0.95, firth=f) for f in (False, True))

    if not np.isnan(plain.estimate):
        assert plain.conf_low < plain.estimate < plain.conf_high
        # No further than the bias of few events: a small share of the error.
        assert abs(firth.estimate - plain.estimate) < plain.std_error
    if not np.isnan(firth.estimate):
        assert (
            firth.conf_low < firth.estimate < firth.conf_high
            or np.isnan([firth.conf_low, firth.conf_high]).any()
        )


@given(st.integers(0, 10_000), st.booleans())
def test_exchanged_arms_negate(invent, seed, firth):
    time, event, treated, _ = invent(seed, 30, ties=True)

    one, other = (
        fit_profile(draws_of(stack(time, event, arm)), confidence=0.95, firth=firth)
        for arm in (treated, ~treated)
    )

    assert one.estimate == pytest.approx(-other.estimate, abs=1e-7, nan_ok=True)
    assert one.conf_low == pytest.approx(-other.conf_high, abs=1e-6, nan_ok=True)


def test_arm_without_an_event_has_a_penalised_ratio_alone():
    both = stack([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])
    draws = draws_of(both)

    plain, firth = (fit_profile(draws, confidence=0.95, firth=f) for f in (False, True))

    assert np.isnan(plain).all()
    assert np.isfinite(firth.estimate)
    assert firth.estimate < 0
    assert firth.conf_low < firth.estimate < firth.conf_high


@pytest.mark.parametrize(
    ("time", "event", "treated"),
    [
        ([1, 2, 3], [0, 0, 0], [1, 0, 1]),
        ([1], [1], [1]),
        ([1, 2, 3], [1, 1, 1], [1, 1, 1]),
        ([1, 2, 3, 4], [0, 0, 1, 1], [0, 0, 1, 1]),
    ],
    ids=["no event", "one patient", "one arm", "never both at risk"],
)
def test_what_tells_no_arms_apart_has_no_ratio(time, event, treated):
    draws = draws_of(stack(time, event, treated))

    for firth in (False, True):
        assert np.isnan(fit_profile(draws, confidence=0.95, firth=firth)).all()
    assert np.isnan(fit_trend(draws).estimate).all()


def test_trend_without_a_spread_of_times_is_none():
    both = stack([2, 2, 2, 3], [1, 1, 0, 0], [1, 0, 1, 0])

    assert np.isnan(fit_trend(draws_of(both)).estimate).all()


@given(st.integers(0, 10_000))
def test_one_period_is_the_whole(invent, seed):
    time, event, treated, _ = invent(seed, 60, ties=True)
    both = stack(time, event, treated)

    fit, part = fit_period(both, 0.0, np.inf)

    expected = fit_cox(time, event, treated[:, None].astype(float))
    assert len(part.time) == len(time)
    if fit is not None:
        assert fit.estimate == pytest.approx(expected.estimate, nan_ok=True)


@given(seed=st.integers(0, 10_000), cut=st.floats(1, 20))
@example(seed=0, cut=1.9999999999999964)
@example(seed=0, cut=2.0000000000000004)
def test_periods_share_the_events(invent, seed, cut):
    """A cut that is on a whole time but for rounding is on it."""
    time, event, treated, _ = invent(seed, 60, ties=True)
    both = stack(time, event, treated)

    counts = [
        fit_period(both, *span)[1].event.sum() for span in ((0, cut), (cut, np.inf))
    ]

    assert sum(counts) == event.sum()
    assert counts[0] == (event & (time <= cut + 2e-8 * time.max())).sum()
