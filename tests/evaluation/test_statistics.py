# SPDX-License-Identifier: GPL-3.0-or-later
"""Intervals hold what they promise."""

import numpy as np
import pytest

from deepjscec.evaluation.statistics import mean_interval, share_interval


def test_interval_of_a_mean_is_students():
    # mean 3, deviation sqrt(2.5), t(0.975, 4) = 2.776445
    half = 2.776445 * np.sqrt(2.5 / 5)
    assert mean_interval(np.arange(1.0, 6.0)) == pytest.approx((3 - half, 3 + half), abs=1e-5)


def test_one_value_has_no_interval():
    assert mean_interval(np.array([3.0])) is None


def test_intervals_cover_the_mean_95_times_of_100():
    rng = np.random.default_rng(0)
    hits = [low < 0 < high for low, high in (mean_interval(rng.standard_normal(12)) for _ in range(2000))]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)


def test_interval_of_a_share_is_clopper_and_pearsons():
    assert share_interval(np.array([1.0] * 9 + [0.0])) == pytest.approx((0.55498, 0.99747), abs=1e-4)
    assert share_interval(np.zeros(10)) == pytest.approx((0, 0.30850), abs=1e-4)


def test_shares_of_repeats_have_an_interval_inside_of_0_and_1():
    low, high = share_interval(np.array([1.0, 1.0, 1.0, 0.5]))
    assert 0 < low < 0.875 < high == 1
