# SPDX-License-Identifier: GPL-3.0-or-later
"""The equalised payload: its error against theory, and what the receiver says about it."""

from __future__ import annotations

import numpy as np
import pytest

from deepjscec.phy import Profile, Transmitter
from tests.phy.phy_signals import burst, channel, db, receive

TWO_PATHS = (1.0, *[0] * 18, 0.5j)


def measure(seed, snr_db, packets, symbols, **conditions):
    """Mean squared error, mean reported variance, mean of error over report, mean reported SNR."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(packets):
        samples, header, payload = burst(rng, symbols)
        air = channel(
            rng,
            samples,
            snr_db,
            cfo_hz=rng.uniform(-2, 2) * 3906.25,
            clock=rng.uniform(-20e-6, 20e-6),
            delay=rng.uniform(0, 1),
            **conditions,
        )
        found, _ = receive(air)
        assert [p.header for p in found] == [header]
        error = np.abs(found[0].symbols - payload) ** 2
        variance = found[0].noise_var
        assert found[0].symbols.dtype == np.complex64 and variance.dtype == np.float32
        assert len(error) == len(variance) == symbols
        rows.append((error.mean(), variance.mean(), (error / variance).mean(), found[0].snr_db))
    return np.mean(rows, axis=0)


@pytest.mark.parametrize("snr_db, allowed", [(0, 0.3), (5, 0.3), (10, 0.3), (15, 0.3), (20, 0.3), (25, 0.6)])
def test_payload_error_is_the_noise_of_the_channel(snr_db, allowed):
    error, variance, _, reported = measure(1, snr_db, 8, 11520)
    assert -0.05 < db(error) + snr_db < allowed
    assert 0.9 < variance / error < 1.1
    assert reported == pytest.approx(snr_db, abs=0.3)


@pytest.mark.parametrize("snr_db", [0, 10, 25])
def test_short_packet_is_equalised_as_well(snr_db):
    error, variance, _, _ = measure(2, snr_db, 25, 192)
    assert db(error) + snr_db < (0.6 if snr_db == 25 else 0.45)
    assert 0.9 < variance / error < 1.1


@pytest.mark.parametrize("snr_db", [0, 5, 10, 15, 20, 25])
def test_noise_variance_is_calibrated_on_two_paths(snr_db):
    _, _, ratio, _ = measure(3, snr_db, 6, 5760, taps=TWO_PATHS)
    assert 0.9 < ratio < 1.1


def test_echo_as_long_as_the_prefix_costs_no_interference():
    for taps in ((1.0, *[0] * 29, 0.7), (0.7, *[0] * 29, 1.0)):
        _, _, ratio, reported = measure(4, 25, 4, 5760, taps=taps)
        power = np.abs(np.fft.fft(taps, 256)[np.r_[1:105, 152:256]]) ** 2
        assert reported == pytest.approx(25 + db(power.mean()), abs=0.4)
        assert 0.9 < ratio < 1.1


def test_erased_carriers_give_huge_variances_and_no_nan():
    # Equal paths 16 samples apart: exact nulls at every eighth odd carrier.
    rng = np.random.default_rng(5)
    for snr_db in (np.inf, 20):
        samples, header, payload = burst(rng, 2000)
        found, _ = receive(channel(rng, samples, snr_db, taps=(1.0, *[0] * 15, 1.0)))
        assert [p.header for p in found] == [header]
        symbols, variance = found[0].symbols, found[0].noise_var
        assert np.isfinite(symbols).all() and not np.isnan(variance).any() and (variance > 0).all()
        assert np.isfinite(found[0].snr_db)
        assert variance.max() > 100 * np.median(variance)
        good = variance < 4 * np.median(variance)
        assert np.mean(np.abs(symbols - payload)[good] ** 2) < 0.05


def test_clean_channel_returns_the_payload():
    rng = np.random.default_rng(6)
    samples, header, payload = burst(rng, 11520)
    found, _ = receive(channel(rng, samples, cfo_hz=1234.5))
    assert found[0].header == header
    assert np.max(np.abs(found[0].symbols - payload)) < 1e-3
    assert found[0].snr_db > 60


def test_payload_level_is_kept():
    # Zero forcing to gain one: what is sent at another level comes out at that level.
    rng = np.random.default_rng(7)
    samples, _, payload = burst(rng, 960)
    for gain in (0.0, 0.5, 2.0):
        samples = Transmitter(Profile()).modulate(bytes(48), payload * np.float32(gain))
        found, _ = receive(channel(rng, samples, 30))
        assert np.mean(np.abs(found[0].symbols - gain * payload) ** 2) < 2e-3


def test_phase_noise_is_followed():
    # Random walk of 3 degrees a symbol: 18 dB under the signal if nothing followed it by a tenth of a packet.
    rng = np.random.default_rng(8)
    errors = []
    for _ in range(5):
        samples, header, payload = burst(rng, 11520)
        walk = np.cumsum(rng.normal(0, np.radians(3) / np.sqrt(288), len(samples)))
        found, _ = receive(channel(rng, samples * np.exp(1j * walk), 20))
        assert [p.header for p in found] == [header]
        errors.append(np.mean(np.abs(found[0].symbols - payload) ** 2))
        assert 0.85 < np.mean(found[0].noise_var) / errors[-1] < 1.15
    assert db(np.mean(errors)) < -17.5


def test_slow_flat_fading_is_followed():
    rng = np.random.default_rng(9)
    samples, header, payload = burst(rng, 11520)
    n = np.arange(len(samples))
    fading = 1 + 0.5 * np.exp(2j * np.pi * (15e-6 * n + 0.3))
    found, _ = receive(channel(rng, samples * fading, 25))
    assert [p.header for p in found] == [header]
    error = np.abs(found[0].symbols - payload) ** 2
    # Zero forcing divides the noise by the fading's power.
    symbol = np.abs(fading[11 * 288 + 160 :: 288]) ** 2
    assert db(np.mean(error.reshape(60, 192).mean(axis=1) * symbol)) < -24.4
    assert 0.9 < np.mean(found[0].noise_var) / np.mean(error) < 1.1
