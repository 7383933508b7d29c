"""Shares of the cured under one curve of the uncured, by EM."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.engine import fit_curve
from twoarm.survival.latency import fit_latency, log_odds_ratio


def draw(seed, size=300, *, shares=(0.5, 0.2)):
    """Two arms of which shares are cured, the others' times in two humps."""
    rng = np.random.default_rng(seed)
    treated = np.arange(size) % 2 == 0
    share = np.where(treated, *shares)
    early = rng.random(size) < 0.6
    ends = np.where(early, rng.uniform(1, 4, size), rng.uniform(14, 17, size))
    ends = np.where(rng.random(size) < share, np.inf, ends)
    lost = rng.uniform(5, 60, size)
    return np.minimum(ends, lost), ends <= lost, treated


@pytest.mark.parametrize("name", ["plain", "weighted"])
def test_numbers_are_those_of_the_em_in_r(oracle, name):
    rows = {each: np.array(of) for each, of in oracle("cure")["rows"].items()}
    treated = np.arange(1, 151) % 3 == 0
    weight = rows["weight"] if name == "weighted" else None
    found = fit_latency(rows["time"], rows["event"] == 1, treated, weight)

    expected = oracle("latency")[name]
    assert [*found.shares, found.log_odds_ratio] == pytest.approx(expected, rel=1e-8)


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_of_arms_alike_the_share_is_the_end_of_their_curve(seed):
    time, event, _ = draw(seed, 60)
    both = (np.tile(time, 2), np.tile(event, 2), np.repeat([True, False], 60))

    curve, _ = fit_curve(time, event)
    expected = curve.estimate[-1]
    assert fit_latency(*both).shares == pytest.approx([expected] * 2, abs=1e-7)


def test_known_shares_are_found_whatever_the_shape_of_the_times():
    found = np.array([fit_latency(*draw(seed, 1500)).shares for seed in range(30)])

    assert found.mean(axis=0) == pytest.approx([0.5, 0.2], abs=0.012)


def test_spread_of_resamples_is_that_of_cohorts():
    odds = [fit_latency(*draw(seed)).log_odds_ratio for seed in range(60)]
    rng = np.random.default_rng(1)
    copies = rng.multinomial(300, np.full(300, 1 / 300), 300)
    found = fit_latency(*draw(1), None, copies)

    error = np.nanstd(log_odds_ratio(found.shares_drawn), ddof=1)
    assert error == pytest.approx(np.std(odds, ddof=1), rel=0.25)


def test_copies_are_rows_written_out():
    time, event, treated = draw(2, 40)
    copies = np.random.default_rng(2).integers(0, 3, (1, 40))
    drawn = fit_latency(time, event, treated, None, copies).shares_drawn

    rows = np.repeat(np.arange(40), copies[0])
    expected = fit_latency(time[rows], event[rows], treated[rows]).shares
    assert drawn[0] == pytest.approx(expected, abs=1e-3)


def test_shares_of_none_or_all_have_no_odds_ratio():
    time, treated = np.array([1.0, 2, 3, 4]), np.array([True, True, False, False])
    found = fit_latency(time, np.array([True, True, True, False]), treated)

    assert found.shares == pytest.approx([0, 0.5])
    assert np.isnan(found.log_odds_ratio)
