# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that must arrive whole."""

import numpy as np
import pytest

from deepjscec.link.coded import CodedBytes, encode_half, half_symbols

DATA = np.random.default_rng(0).bytes(300)


def received(half, snr_db, rng):
    symbols = encode_half(DATA, half)
    variance = 10 ** (-snr_db / 10)
    noise = rng.standard_normal((symbols.size, 2)) @ [1, 1j] * np.sqrt(variance / 2)
    return (symbols + noise).astype(np.complex64), np.full(symbols.size, variance, np.float32)


@pytest.mark.parametrize(("snr_db", "halves"), [(4.5, (0,)), (4.5, (1,)), (1.5, (0, 1)), (-1.5, (0, 1, 0, 1))])
def test_bytes_arrive_at(snr_db, halves):
    rng = np.random.default_rng(1)
    for _ in range(20):
        coded = CodedBytes(len(DATA))
        for half in halves:
            coded.add(half, *received(half, snr_db, rng))
        assert coded.read() == DATA


def test_nothing_is_better_than_wrong_bytes():
    rng = np.random.default_rng(2)
    for snr_db in (-10, -5, 0):
        coded = CodedBytes(len(DATA))
        coded.add(0, *received(0, snr_db, rng))
        assert coded.read() is None


def test_lost_symbols_are_left_out():
    rng = np.random.default_rng(3)
    symbols, variance = received(0, 20, rng)
    lost = rng.random(symbols.size) < 0.15
    symbols[lost], variance[lost] = np.nan, np.inf
    coded = CodedBytes(len(DATA))
    coded.add(0, symbols, variance)
    assert coded.read() == DATA


def test_symbols_have_energy_1_and_no_bytes_take_none():
    assert half_symbols(len(DATA)) == encode_half(DATA, 1).size == 8 * 304 + 8
    np.testing.assert_allclose(np.abs(encode_half(DATA, 1)), 1, rtol=1e-6)
    assert half_symbols(0) == encode_half(b"", 0).size == 0


def test_enormous_symbols_spoil_nothing_for_good():
    rng = np.random.default_rng(4)
    coded = CodedBytes(len(DATA))
    coded.add(
        0, np.full(half_symbols(len(DATA)), 3e38 + 3e38j, np.complex64), np.zeros(half_symbols(len(DATA)), np.float32)
    )
    assert coded.read() is None
    assert np.isfinite(coded._soft).all()
    coded.add(1, *received(1, 20, rng))
    assert coded.read() is None or coded.read() == DATA
