import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.ties import find_ties, gather_rows

days = st.lists(st.integers(0, 400), max_size=30)


@given(days)
def test_days_are_looked_up_as_they_are_sorted(given_days):
    time = np.array(given_days, float)

    found = find_ties(time)

    times, place = np.unique(time, return_inverse=True)
    np.testing.assert_array_equal(found.times, times)
    np.testing.assert_array_equal(found.place, place)


@pytest.mark.parametrize("scale", [1 / 30.4375, 1e9])
@given(days)
def test_unit_of_time_does_not_matter(scale, given_days):
    time = np.array(given_days, float) + 1

    np.testing.assert_array_equal(find_ties(time * scale).place, find_ties(time).place)


def test_times_apart_by_rounding_are_the_first_of_them():
    time = np.array([2.0, 0.1 + 0.2, 0.3, 0.3 + 1e-8, 0.3 + 2e-8])

    found = find_ties(time)

    np.testing.assert_array_equal(found.times, [0.3, 2.0])
    np.testing.assert_array_equal(found.place, [1, 0, 0, 0, 0])


def test_negative_times_are_sorted():
    np.testing.assert_array_equal(find_ties(np.array([-1.0, 3, -1])).times, [-1, 3])


def test_rows_are_gathered_by_time_and_event():
    time, event = np.array([5.0, 1, 5, 5]), np.array([True, False, False, True])

    plain = gather_rows(find_ties(time), event, None)
    weighted = gather_rows(find_ties(time), event, np.array([0.5, 2, 3, 4]))

    np.testing.assert_array_equal(plain, [[1, 5, 5], [False, False, True], [1, 1, 2]])
    np.testing.assert_array_equal(weighted[2], [2, 3, 4.5])
