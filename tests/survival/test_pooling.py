import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, norm

from twoarm.survival.pooling import (
    pool_chi_squared,
    pool_estimates,
    pool_survival,
)

FIELDS = ("estimate", "std_error", "degrees", "conf_low", "conf_high")
numbers = st.floats(-5, 5)
errors = st.floats(0.05, 3)
shares = st.floats(0.02, 0.98)
some = st.integers(2, 12)


def lists(of):
    return some.flatmap(lambda m: st.lists(of, min_size=m, max_size=m)).map(np.array)


pairs = lists(st.tuples(numbers, errors))


def complete(block):
    given = block["complete_degrees"]
    return np.inf if given is None else given


class TestEstimates:
    @pytest.mark.parametrize("case", range(6))
    def test_are_mices(self, oracle, case):
        block = oracle("pooling")["estimates"][case]

        found = pool_estimates(
            np.array(block["estimates"]),
            np.array(block["std_errors"]),
            complete_degrees=complete(block),
        )

        for field in (*FIELDS, "p_value", "fraction_missing"):
            assert getattr(found, field) == pytest.approx(block[field], rel=1e-9), field

    def test_three_by_hand(self):
        found = pool_estimates(
            np.array([1.0, 2, 3]), np.array([1.0, 1, 1]), complete_degrees=10
        )

        # within 1, between 1: total 1 + 4/3; of it 4/7 is between
        assert found.std_error**2 == pytest.approx(7 / 3)
        # Rubin 2 / (4/7)^2; observed (11/13) 10 (3/7); both 1 / (1/49*8 + 91/330)
        assert found.degrees == pytest.approx(1 / (8 / 49 + 91 / 330))
        lost = 4 / 3
        missing = (lost + 2 / (found.degrees + 3)) / (lost + 1)
        assert found.fraction_missing == pytest.approx(missing)

    @given(numbers, errors, st.integers(1, 30), st.sampled_from([0.9, 0.95]))
    def test_alike_are_the_normal_result_to_the_last_bit(self, b, se, m, confidence):
        found = pool_estimates(
            np.full(m, b), np.full(m, se), complete_degrees=9, confidence=confidence
        )

        z = float(norm.ppf((1 + confidence) / 2))
        limits = (b - z * se, b + z * se)
        assert found == (b, se, np.inf, *limits, 2 * norm.sf(abs(b / se)), 0)

    @given(pairs, st.floats(1, 1000))
    def test_laws(self, pairs, degrees):
        estimates, std_errors = pairs.T

        found = pool_estimates(estimates, std_errors, complete_degrees=degrees)
        endless = pool_estimates(estimates, std_errors)

        assert estimates.min() - 1e-9 <= found.estimate <= estimates.max() + 1e-9
        assert found.std_error >= np.sqrt((std_errors**2).mean()) * (1 - 1e-12)
        assert found.conf_low < found.estimate < found.conf_high
        assert 0 <= found.fraction_missing <= 1
        assert found.std_error == endless.std_error
        if np.isfinite(found.degrees):
            # no more than were nothing missing, and than infinitely many patients give
            assert found.degrees <= min(degrees, endless.degrees) * (1 + 1e-12)
            assert found.conf_high >= endless.conf_high - 1e-12

    @given(pairs, numbers, st.floats(0.1, 10), st.randoms())
    def test_unit_shift_and_order_do_not_matter(self, pairs, shift, scale, random):
        estimates, std_errors = pairs.T
        order = random.sample(range(len(estimates)), len(estimates))

        before = pool_estimates(estimates, std_errors, complete_degrees=50)
        after = pool_estimates(
            (shift + scale * estimates)[order],
            scale * std_errors[order],
            complete_degrees=50,
        )

        moved = shift + scale * np.array([before[0], before[3], before[4]])
        assert np.allclose([after[0], after[3], after[4]], moved, rtol=1e-6, atol=1e-9)

    def test_many_at_once_are_one_after_the_other(self):
        rng = np.random.default_rng(4)
        estimates, std_errors = rng.normal(size=(5, 3)), rng.uniform(0.1, 1, (5, 3))

        at_once = pool_estimates(estimates, std_errors, complete_degrees=20)

        for place in range(3):
            one = pool_estimates(
                estimates[:, place], std_errors[:, place], complete_degrees=20
            )
            assert [field[place] for field in at_once] == pytest.approx(list(one))

    def test_without_an_error_there_are_no_limits(self):
        found = pool_estimates(np.array([1.0, 2]), np.array([np.nan, 0.1]))
        certain = pool_estimates(np.array([3.0, 3]), np.zeros(2), complete_degrees=5)

        assert found.estimate == 1.5
        assert np.isnan([*found[1:2], *found[3:6], *certain[3:6]]).all()
        assert certain[:2] == (3, 0)

    def test_errors_of_zero_leave_the_spread_between(self):
        found = pool_estimates(np.array([1.0, 3]), np.zeros(2), complete_degrees=50)

        assert found.std_error == pytest.approx(3**0.5)
        assert found.degrees == pytest.approx(1)

    def test_limits_cover(self):
        """Of draws from a known posterior the limits cover as often as they say."""
        rng = np.random.default_rng(11)
        within, between, size = 1.0, 0.7, 40_000
        for m in (4, 20):
            centre = rng.normal(0, np.sqrt(within + between), size)
            estimates = rng.normal(centre, np.sqrt(between), (m, size))
            found = pool_estimates(estimates, np.full((m, size), within**0.5))
            covered = ((found.conf_low < 0) & (found.conf_high > 0)).mean()
            assert covered == pytest.approx(0.95, abs=0.005)


class TestSurvival:
    @pytest.mark.parametrize("case", range(2))
    def test_is_pooled_on_the_scale_of_mices(self, oracle, case):
        block = oracle("pooling")["survival"][case]

        found = pool_survival(
            np.array(block["estimates"]),
            np.array(block["std_errors"]),
            n_patients=58,
            complete_degrees=complete(block),
        )

        for field in FIELDS:
            assert getattr(found, field) == pytest.approx(block[field], rel=1e-9), field

    @given(lists(st.tuples(shares, st.floats(0.01, 0.3))))
    def test_limits_are_probabilities(self, pairs):
        estimates, std_errors = pairs.T

        found = pool_survival(estimates, std_errors, n_patients=40)

        assert 0 <= found.conf_low <= found.estimate <= found.conf_high <= 1
        assert estimates.min() - 1e-12 <= found.estimate <= estimates.max() + 1e-12

    @given(shares, st.floats(0.001, 0.3), st.integers(1, 9))
    def test_alike_are_kept_to_the_last_bit(self, share, error, m):
        found = pool_survival(np.full(m, share), np.full(m, error), n_patients=9)

        assert found[:3] == (share, error, np.inf)
        z = norm.ppf(0.975)
        reach = z * error / -(share * np.log(share))
        assert found.conf_low == pytest.approx(share ** np.exp(reach), abs=1e-12)
        assert found.conf_high == pytest.approx(share ** np.exp(-reach), abs=1e-12)

    @pytest.mark.parametrize("bound", [0.0, 1.0])
    def test_all_at_a_bound_stay_there(self, bound):
        found = pool_survival(np.full(3, bound), np.full(3, np.nan), n_patients=9)

        assert found.estimate == bound
        assert np.isnan([found.conf_low, found.conf_high]).all()

    def test_one_with_no_death_yet_counts_as_half_a_death(self):
        estimates, std_errors = np.array([1.0, 0.9]), np.array([0.0, 0.05])

        found = pool_survival(estimates, std_errors, n_patients=10)

        # 1 is taken for 1 - 1/20: the geometric mean of the cumulative hazards
        hazard = np.sqrt(np.log(0.95) * np.log(0.9))
        assert found.estimate == pytest.approx(np.exp(-hazard))
        assert 0 < found.conf_low < found.estimate < found.conf_high < 1

    def test_one_with_nobody_left(self):
        found = pool_survival(
            np.array([0.0, 0.2]), np.array([np.nan, 0.1]), n_patients=10
        )

        assert found.estimate == pytest.approx(
            np.exp(-np.sqrt(np.log(0.05) * np.log(0.2)))
        )


class TestChiSquared:
    @pytest.mark.parametrize("case", range(4))
    def test_is_mitmls(self, oracle, case):
        block = oracle("pooling")["chi_squared"][case]

        found = pool_chi_squared(np.array(block["statistics"]), block["degrees"])

        assert found.statistic == pytest.approx(max(block["statistic"], 0), rel=1e-9)
        for field in ("degrees", "degrees_within", "p_value"):
            assert getattr(found, field) == pytest.approx(block[field], rel=1e-9), field

    @given(st.floats(0, 50), st.integers(1, 5), st.integers(1, 9))
    def test_alike_are_the_chi_squared_test(self, statistic, degrees, m):
        found = pool_chi_squared(np.full(m, statistic), degrees)

        assert found.degrees * found.statistic == pytest.approx(statistic)
        assert found.p_value == pytest.approx(chi2.sf(statistic, degrees))

    @given(lists(st.floats(0, 40)))
    def test_disagreement_makes_it_weaker(self, statistics):
        found = pool_chi_squared(statistics)

        assert 0 <= found.p_value <= 1
        assert found.statistic <= statistics.mean() + 1e-12
