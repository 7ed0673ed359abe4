# SPDX-License-Identifier: GPL-3.0-or-later
"""Received pictures find the pictures that were sent, and memory stays bounded."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.app import live
from deepjscec.app.live import LiveComparison
from deepjscec.app.quality import psnr_db


def picture(seed, shape=(8, 8, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_a_received_picture_is_compared_with_the_one_of_its_id():
    comparison = LiveComparison()
    for image_id in range(3):
        comparison.sent(image_id, picture(image_id), now=10.0 + image_id)
    off_by_one = picture(1) ^ 1
    match = comparison.received("bob", 1, off_by_one, now=11.25)
    assert match.psnr_db == pytest.approx(20 * math.log10(255))
    assert match.latency_s == pytest.approx(0.25)
    assert comparison.received("eve", 2, picture(9), now=13.0).psnr_db == psnr_db(picture(2), picture(9))
    assert comparison.received("bob", 0, picture(0), now=13.0).psnr_db == math.inf


def test_an_unknown_id_matches_nothing_and_is_counted():
    comparison = LiveComparison()
    comparison.sent(0, picture(0), now=0.0)
    assert comparison.received("bob", 7, picture(0), now=1.0) is None
    assert comparison.received("eve", 0, picture(0), now=1.0) is not None
    assert comparison.get_stats() == {"sent": 1, "bob_unmatched": 1, "eve_matched": 1}


def test_after_a_restart_of_the_sender_the_newest_picture_of_an_id_counts():
    comparison = LiveComparison(keep=3)
    for image_id in (0, 1, 2):
        comparison.sent(image_id, picture(image_id), now=float(image_id))
    comparison.sent(0, picture(50), now=10.0)
    match = comparison.received("bob", 0, picture(50), now=10.5)
    assert (match.psnr_db, match.latency_s) == (math.inf, 0.5)
    comparison.sent(1, picture(51), now=11.0)  # drives out nothing: ids are kept once
    comparison.sent(3, picture(53), now=12.0)  # drives out 2, the last of before the restart
    assert comparison.received("bob", 2, picture(2), now=13.0) is None
    assert comparison.original(2) is None
    np.testing.assert_array_equal(comparison.original(0), picture(50))
    assert comparison.received("bob", 0, picture(50), now=13.0) is not None


def test_only_the_latest_pictures_are_kept():
    comparison = LiveComparison(keep=4)
    for image_id in range(10):
        comparison.sent(image_id, picture(image_id), now=float(image_id))
    known = [i for i in range(10) if comparison.received("bob", i, picture(i), now=20.0)]
    assert known == [6, 7, 8, 9]


def test_large_pictures_are_kept_by_their_bytes_but_the_latest_always(monkeypatch):
    monkeypatch.setattr(live, "MOST_BYTES", 3 * picture(0).nbytes)
    comparison = LiveComparison(keep=64)
    for image_id in range(5):
        comparison.sent(image_id, picture(image_id), now=0.0)
    assert [i for i in range(5) if comparison.received("bob", i, None, now=1.0)] == [2, 3, 4]
    comparison.sent(5, picture(5, (64, 64, 3)), now=0.0)
    assert [i for i in range(6) if comparison.received("bob", i, None, now=1.0)] == [5]


def test_a_picture_of_another_size_and_a_classifiers_answer_have_a_latency_but_no_psnr():
    comparison = LiveComparison()
    comparison.sent(0, picture(0), now=1.0)
    for received in (picture(0, (8, 16, 3)), None):
        match = comparison.received("eve", 0, received, now=1.5)
        assert (match.psnr_db, match.latency_s) == (None, 0.5)


def test_clocks_that_disagree_give_no_latency_but_a_psnr():
    comparison = LiveComparison()
    comparison.sent(0, picture(0), now=100.0)
    match = comparison.received("bob", 0, picture(1), now=3.0)
    assert match.latency_s is None
    assert match.psnr_db == psnr_db(picture(0), picture(1))


def test_keeping_nothing_is_refused():
    with pytest.raises(ValueError, match="keep 0"):
        LiveComparison(keep=0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([4, 8, 40])), max_size=40), st.integers(1, 5))
def test_any_order_of_sending_agrees_with_a_list(sends, keep):
    most = 8 * 8 * 3 * 3
    comparison, sent = LiveComparison(keep), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "MOST_BYTES", most)
        for now, (image_id, side) in enumerate(sends):
            pixels = picture(now, (side, side, 3))
            comparison.sent(image_id, pixels, float(now))
            sent = [entry for entry in sent if entry[0] != image_id] + [(image_id, now, pixels)]
            while len(sent) > keep or (len(sent) > 1 and sum(entry[2].nbytes for entry in sent) > most):
                sent.pop(0)
    end = float(len(sends))
    for image_id in range(7):
        match = comparison.received("bob", image_id, None, end)
        times = [now for known, now, _ in sent if known == image_id]
        assert (match.latency_s if match else None) == (end - times[0] if times else None)
