# SPDX-License-Identifier: GPL-3.0-or-later
"""The burst: power, spectrum, peaks, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from deepjscec.phy import Profile, Transmitter
from tests.phy.phy_signals import burst, db, gaussian


def test_mean_power_is_the_documented_one():
    samples, _, _ = burst(np.random.default_rng(1), 11520)
    assert samples.dtype == np.complex64
    assert np.mean(np.abs(samples) ** 2) == pytest.approx(Profile().mean_power, rel=0.01)


def test_payload_sits_on_the_data_carriers_at_its_own_level():
    # Straight from the specification, with numpy's transform: symbol 11 is the first of the payload.
    samples, _, payload = burst(np.random.default_rng(2), 192)
    body = samples[11 * 288 + 32 : 12 * 288]
    carriers = np.fft.fft(body, norm="ortho")
    k = np.array([*range(-104, 0), *range(1, 105)])
    data = np.delete(k, np.arange(9, 208, 13))
    assert np.allclose(np.abs(carriers[data % 256]), np.abs(payload), atol=1e-5)
    assert np.allclose(np.abs(carriers[k[9::13] % 256]), 1, atol=1e-5)
    assert np.abs(carriers[0]) < 1e-5 and np.max(np.abs(carriers[105:152])) < 1e-5


def test_prefixes_repeat_the_end_of_their_symbol():
    samples, _, _ = burst(np.random.default_rng(3), 400)
    assert np.array_equal(samples[:64], samples[256:320])
    assert np.allclose(samples[64:320], samples[320:576])
    for first in range(576, len(samples), 288):
        assert np.array_equal(samples[first : first + 32], samples[first + 256 : first + 288])


@pytest.mark.parametrize("payload", [np.ones(11520), np.zeros(11520), np.ones(1), 1j * np.ones(5000)])
def test_constant_bytes_and_symbols_make_no_peak(payload):
    samples = Transmitter(Profile()).modulate(bytes(48), payload.astype(np.complex64))
    power = np.abs(samples) ** 2
    assert power.max() < 20 * Profile().mean_power
    preamble = power[:576]
    assert db(preamble.max() / preamble.mean()) < 6


@pytest.mark.parametrize("header", [bytes(47), bytes(49), "x" * 48, None, 48])
def test_wrong_header_is_an_error(header):
    with pytest.raises(ValueError, match="header"):
        Transmitter(Profile()).modulate(header, np.ones(10, np.complex64))


@pytest.mark.parametrize(
    "payload",
    [
        np.zeros(0, np.complex64),
        np.ones(11521, np.complex64),
        np.ones((2, 5), np.complex64),
        np.ones(5),
        [1 + 1j],
        np.array([np.nan], np.complex64),
        np.array([1, np.inf], np.complex64),
    ],
)
def test_wrong_payload_is_an_error(payload):
    with pytest.raises(ValueError, match="payload"):
        Transmitter(Profile()).modulate(bytes(48), payload)


def test_modulation_is_repeatable_and_leaves_its_input_alone():
    payload = gaussian(np.random.default_rng(4), 300)
    before = payload.copy()
    transmitter = Transmitter(Profile())
    one, two = (transmitter.modulate(bytearray(48), payload) for _ in range(2))
    assert np.array_equal(one, two) and np.array_equal(payload, before)
