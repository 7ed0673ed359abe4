# SPDX-License-Identifier: GPL-3.0-or-later
"""The modulo cipher: exact inverse, uniform on the air, and what it says of symbols that wrapped."""

import numpy as np
import pytest
from scipy import stats

from deepjscec.crypto import ModuloCipher, ReusedCounterError, Secret, Session
from deepjscec.crypto.wrapping import CELL, MARGIN

SECRET = bytes(range(32))


def session():
    return Session.derive(SECRET, b"session1")


def gaussian(count, rng):
    return (rng.standard_normal((count, 2)).astype(np.float32) * np.float32(0.5**0.5)).view(np.complex64)[:, 0]


def transmit(z, snr_db, rng, **options):
    """Codeword, through the cipher and white noise: symbols and variances to decode with."""
    cipher = ModuloCipher(session(), 64, **options)
    variance = 10 ** (-snr_db / 10)
    received = cipher.encrypt(z, 0) + gaussian(z.size, rng) * np.float32(variance**0.5)
    return cipher.observe(cipher.decrypt(received, 0), np.full(z.size, variance, np.float32))


def test_decryption_inverts_encryption_but_cuts_large_parts():
    z = gaussian(1 << 14, np.random.default_rng(0)).view(np.float32)
    cipher = ModuloCipher(session(), 64)
    back = cipher.decrypt(cipher.encrypt(z.view(np.complex64), 3), 3).view(np.float32)
    limit = (0.5 - MARGIN) * CELL / cipher.scale
    assert 0.98 < np.mean(np.abs(z) < limit) < 1
    np.testing.assert_allclose(back, z.clip(-limit, limit), atol=1e-6)


def test_noise_at_the_cells_end_wraps_and_is_unwrapped():
    z = np.full(1 << 12, 1.8 + 0j, np.complex64)
    symbols, variance = transmit(z, 8, np.random.default_rng(3))
    assert np.mean(symbols.real < 0) > 0.01  # some wrapped
    assert np.median(variance[symbols.real < 0]) > 2 * np.median(variance[symbols.real > 0])


def test_key_stream_is_frozen():
    """A known answer: whoever changes these values cuts off everyone in the field."""
    sent = ModuloCipher(session(), 4, scale=0.5).encrypt(np.array([1, 1j, -1, 0.25 - 0.5j], np.complex64), 17)
    expected = [1.0778310 + 0.2812094j, -0.1072839 + 0.9934049j, 0.9983279 + 0.3740778j, 0.4939832 - 0.0194850j]
    np.testing.assert_allclose(sent, expected, atol=2e-7)


@pytest.mark.parametrize("value", [0, 0.3 + 0.1j, 100, -7j])
def test_symbols_on_the_air_are_uniform_whatever_was_sent(value):
    z = np.full(1 << 16, value, np.complex64)
    parts = ModuloCipher(Session.start(Secret.random()), 64).encrypt(z, 0).view(np.float32)
    assert np.abs(parts).max() <= CELL / 2 * (1 + 1e-6)
    assert stats.kstest(parts / CELL + 0.5, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(parts[::2], parts[1::2])[0, 1]) < 0.02
    assert np.mean(parts**2) * 2 == pytest.approx(1, abs=0.02)


def test_a_packet_number_serves_once_and_a_bad_codeword_uses_none_up():
    cipher = ModuloCipher(session(), 4)
    with pytest.raises(ValueError, match="not finite"):
        cipher.encrypt(np.array([1, 2, np.nan, 0], np.complex64), 0)
    with pytest.raises(ValueError, match="multiple of 4"):
        cipher.encrypt(np.ones(3, np.complex64), 0)
    cipher.encrypt(np.ones(4, np.complex64), 0)
    with pytest.raises(ReusedCounterError):
        cipher.encrypt(np.ones(4, np.complex64), 0)


def test_what_is_no_number_tells_nothing():
    cipher = ModuloCipher(session(), 4)
    received = np.array([np.nan, 1 + 1j * np.inf, 1e30, 1j], np.complex64)
    symbols, variance = cipher.observe(cipher.decrypt(received, 0), np.full(4, 0.01, np.float32))
    assert np.isinf(variance[:3]).all() and (symbols[:3] == 0).all()
    assert np.isfinite(variance[3])


@pytest.mark.parametrize("scale", [0.05, 1.5, float("nan")])
def test_scales_out_of_range_are_refused(scale):
    with pytest.raises(ValueError, match="scale must be"):
        ModuloCipher(session(), 64, scale=scale)


@pytest.mark.parametrize("snr_db", [-5, 0, 5, 10, 20, 40])
@pytest.mark.parametrize("scale", [0.3, 0.4])
def test_variances_are_those_of_the_errors(snr_db, scale):
    """What `observe` returns, weighted as a decoder does, is the conditional mean; it errs as its variance says."""
    rng = np.random.default_rng(1)
    z = gaussian(1 << 17, rng)
    symbols, variance = transmit(z, snr_db, rng, scale=scale)
    estimate, predicted = symbols / (1 + variance), variance / (1 + variance)
    error = z - estimate
    assert abs(np.mean(error * estimate.conj())) < 0.005
    # beyond, a symbol may have wrapped either way, and err by more than a variance can say
    known = np.flatnonzero(predicted < 0.998)
    assert known.size > 1000
    # the last group may hold a few that wrapped: too rare and too far off for a mean
    for group in np.array_split(known[np.argsort(predicted[known])], 6)[:-1]:
        assert np.mean(np.abs(error[group]) ** 2) == pytest.approx(predicted[group].mean(), rel=0.08)


def test_without_wrapping_it_is_a_channel_of_more_noise():
    rng = np.random.default_rng(2)
    z = gaussian(1 << 12, rng) * np.float32(0.3)
    _, variance = transmit(z, 30, rng, scale=0.4)
    np.testing.assert_allclose(variance, 10**-3 / 0.4**2, rtol=1e-2)


def test_erased_symbols_stay_erased():
    cipher = ModuloCipher(session(), 4)
    symbols, variance = cipher.observe(np.ones(4, np.complex64), np.array([0.1, np.inf, 0.1, np.inf], np.float32))
    assert np.isinf(variance[[1, 3]]).all() and np.isfinite(variance[[0, 2]]).all()
    assert (symbols[[1, 3]] == 0).all()
