# SPDX-License-Identifier: GPL-3.0-or-later
"""The header's code against the definition, and against noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.fec import viterbi
from deepjscec.phy import Profile, header_code
from deepjscec.phy.sequences import prbs15
from tests.phy.phy_signals import gaussian


def test_impulse_response_of_the_code_is_its_generators():
    coded = viterbi.encode(np.array([1], np.uint8)).reshape(9, 4)
    for column, generator in zip(coded.T, (0o765, 0o671, 0o513, 0o473), strict=True):
        assert int("".join(map(str, column)), 2) == generator


def test_code_is_linear_and_its_lightest_word_has_weight_24():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 2, (2, 60), dtype=np.uint8)
    assert np.array_equal(viterbi.encode(a) ^ viterbi.encode(b), viterbi.encode(a ^ b))
    words = [viterbi.encode(np.array([int(bit) for bit in f"{i:b}"], np.uint8)) for i in range(1, 512, 2)]
    assert min(int(word.sum()) for word in words) == 24


def test_decoder_corrects_eleven_flips_anywhere():
    # Free distance 24: any 11 hard errors leave the sent word nearest.
    rng = np.random.default_rng(2)
    for _ in range(50):
        bits = rng.integers(0, 2, 100, dtype=np.uint8)
        soft = (1.0 - 2.0 * viterbi.encode(bits)).astype(np.float32)
        first = rng.integers(0, len(soft) - 20)
        soft[first + rng.permutation(20)[:11]] *= -1
        assert np.array_equal(viterbi.decode(soft), bits)


def test_prbs15_has_its_full_period_and_balance():
    bits = prbs15(1, 2 * 32767)
    assert np.array_equal(bits[:32767], bits[32767:])
    assert bits[:32767].sum() == 16384
    assert np.array_equal(bits[15:1000], bits[1:986] ^ bits[:985])


def test_interleaver_sends_every_coded_bit_and_copies_far_apart():
    profile = Profile()
    order = header_code.interleaver(profile)
    counts = np.bincount(order, minlength=profile.header_coded_bits)
    assert counts.min() >= 1 and counts.max() <= 2
    for bit in range(0, profile.header_coded_bits, 97):
        at = np.flatnonzero(order == bit)
        if len(at) == 2:
            symbols, carriers = np.divmod(at // 2, profile.data_carriers)
            assert symbols[1] - symbols[0] >= 4
            assert abs(carriers[1] - carriers[0]) > 40


@settings(max_examples=25, deadline=None)
@given(header=st.binary(min_size=48, max_size=48), length=st.integers(0, 65535), gain=st.floats(1e-6, 1e6))
def test_any_header_comes_back_at_any_level(header, length, gain):
    profile = Profile()
    sent = header_code.encode(profile, header, length)
    assert header_code.decode(profile, sent * gain) == (header, length)


def test_constant_headers_give_balanced_symbols():
    profile = Profile()
    for byte in (0, 255):
        symbols = header_code.encode(profile, bytes([byte]) * 48, 11520)
        assert abs(symbols.mean()) < 0.1
        assert np.allclose(np.abs(symbols), 1)


def test_code_alone_survives_minus_3_db():
    # Eb/N0 = 2.9 dB.  Known channel, so this is the code's own reserve under the waveform's -2 dB.
    profile, rng = Profile(), np.random.default_rng(3)
    failed = 0
    for _ in range(300):
        header = rng.bytes(48)
        sent = header_code.encode(profile, header, 100)
        noisy = sent + gaussian(rng, sent.size).reshape(sent.shape) * 10 ** (3 / 20)
        failed += header_code.decode(profile, noisy) != (header, 100)
    assert failed <= 3


@pytest.mark.parametrize("soft", ["noise", "zeros"])
def test_junk_never_passes_the_crc(soft):
    profile, rng = Profile(), np.random.default_rng(4)
    for _ in range(200):
        shape = (profile.header_ofdm_symbols, profile.data_carriers)
        values = gaussian(rng, shape[0] * shape[1]).reshape(shape) if soft == "noise" else np.zeros(shape, complex)
        assert header_code.decode(profile, values.astype(complex)) is None
