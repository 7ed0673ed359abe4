# SPDX-License-Identifier: GPL-3.0-or-later
"""Values over the last minutes: nothing is invented, nothing piles up."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.app.series import TimeSeries


def test_sparse_values_stay_as_they_are():
    series = TimeSeries(span=10.0, bins=10)
    for now, value in ((0.3, 5.0), (2.9, -7.5), (4.0, 6.0)):
        series.add(now, value)
    ages, values = series.points(5.0)
    np.testing.assert_allclose(ages, [4.7, 2.1, 1.0])
    np.testing.assert_allclose(values, [5.0, -7.5, 6.0])


def test_values_of_one_stretch_become_their_mean():
    series = TimeSeries(span=10.0, bins=10)
    for now, value in ((1.2, 1.0), (1.4, 3.0), (1.9, 8.0)):
        series.add(now, value)
    ages, values = series.points(2.0)
    np.testing.assert_allclose(ages, [0.5])
    np.testing.assert_allclose(values, [4.0])


def test_what_is_older_than_the_span_goes():
    series = TimeSeries(span=10.0, bins=10)
    series.add(0.0, 1.0)
    series.add(6.0, 2.0)
    assert series.points(10.0)[1].tolist() == [1.0, 2.0]
    assert series.points(10.5)[1].tolist() == [2.0]
    assert [part.size for part in series.points(100.0)] == [0, 0]


def test_values_that_are_not_finite_leave_no_mark():
    series = TimeSeries(span=10.0)
    for value in (np.inf, -np.inf, np.nan):
        series.add(1.0, value)
    assert series.points(1.0)[1].size == 0


def test_ten_years_into_a_clock_values_are_bounded_and_their_times_exact():
    series = TimeSeries(span=120.0, bins=300)
    start = 3.0e8  # seconds
    for number in range(5000):
        series.add(start + number, number)
    ages, values = series.points(start + 4999)
    assert ages.size == 121  # one a second, of the last 120 seconds
    np.testing.assert_allclose(ages, np.arange(120, -1, -1), atol=1e-6)
    np.testing.assert_array_equal(values, np.arange(4879, 5000))
    for number in range(100_000):
        series.add(start + 5000 + 0.01 * number, 1.0)
    assert series.points(start + 6000)[0].size <= 301


def test_threads_may_add_and_read_at_once():
    series, failures = TimeSeries(span=1e6, bins=1000), []

    def read():
        for _ in range(2000):
            ages, values = series.points(0.0)
            if ages.size != values.size or not np.isfinite(ages).all():
                failures.append((ages, values))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5000):
        series.add(float(number), 1.0)
    reader.join()
    assert not failures


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-100, 100)), min_size=1, max_size=60))
def test_the_mean_over_all_values_is_kept(steps):
    series, now = TimeSeries(span=1e4, bins=1000), 0.0
    times, values = [], []
    for step, value in steps:
        now += step
        series.add(now, value)
        times.append(now)
        values.append(value)
    ages, means = series.points(now)
    counts = np.unique(np.floor_divide(times, 10.0), return_counts=True)[1]
    assert ages.size == counts.size
    np.testing.assert_allclose(np.average(means, weights=counts), np.mean(values), atol=1e-9)
    np.testing.assert_allclose(np.average(now - ages, weights=counts), np.mean(times), atol=1e-9)


@pytest.mark.parametrize(("span", "bins"), [(0.0, 10), (-1.0, 10), (float("inf"), 10), (float("nan"), 10), (1.0, 0)])
def test_settings_that_make_no_sense_are_refused(span, bins):
    with pytest.raises(ValueError, match=r"span|bins"):
        TimeSeries(span, bins)
