# SPDX-License-Identifier: GPL-3.0-or-later
"""The public permutations."""

import numpy as np
import pytest

from deepjscec.crypto.combining import mmse_weights
from deepjscec.link.interleaver import blocks_of_packet, gather, permutation, spread


@pytest.mark.parametrize("length", [1, 2, 64, 11520])
def test_permutation_is_one_and_spread_and_gather_undo_each_other(length):
    assert sorted(permutation(length)) == list(range(length))
    symbols = np.arange(length) * 1j
    np.testing.assert_array_equal(gather(spread(symbols)), symbols)


def test_permutation_is_frozen():
    """Part of the waveform: another value here and older receivers read nothing."""
    assert permutation(12).tolist() == [2, 4, 6, 8, 5, 10, 1, 11, 7, 0, 9, 3]


@pytest.mark.parametrize(("blocks", "count"), [(1, 1), (7, 3), (2048, 12), (180, 1)])
def test_packets_share_all_blocks_evenly(blocks, count):
    parts = [blocks_of_packet(blocks, count, index) for index in range(count)]
    assert sorted(np.concatenate(parts)) == list(range(blocks))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert max(map(len, parts)) == -(-blocks // count)


def test_equal_variances_pass_through_the_weights():
    for value in (1e-4, 0.1, 1.0, 10.0):
        weights, variance = mmse_weights(np.full((2, 8), value, np.float32))
        np.testing.assert_allclose(weights, 1, rtol=1e-6)
        np.testing.assert_allclose(variance, value, rtol=1e-4)


def test_block_without_information_is_erased():
    weights, variance = mmse_weights(np.full((1, 8), np.inf))
    assert (weights == 0).all()
    assert np.isinf(variance).all()
