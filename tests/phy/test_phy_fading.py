# SPDX-License-Identifier: GPL-3.0-or-later
"""Echoes that change while the packet lasts."""

import numpy as np
import pytest

from deepjscec.phy import Profile
from deepjscec.phy.continuity import coherent_rows
from deepjscec.phy.fading import slow_functions
from tests.phy.phy_signals import burst, db, gaussian, receive

# 3GPP TS 36.101, Annex B.2: Extended Vehicular A, delays in ns and powers in dB; here 25 samples long.
DELAYS = np.array([0, 30, 150, 310, 370, 710, 1090, 1730, 2510]) * 25 / 2510
POWERS = 10 ** (np.array([0, -1.5, -1.4, -3.6, -0.6, -9.1, -7.0, -12.0, -16.9]) / 10)


def faded(rng, samples, doppler_hz, sample_rate=1e6, waves=16):
    """``samples`` through Rayleigh-fading echoes (sums of plane waves), and the power of the channel in each payload
    cell of a default-profile packet that begins at the first sample, float64[rows, 208]."""
    n = len(samples)
    spectrum, frequency = np.fft.fft(samples, n + 64), np.fft.fftfreq(n + 64)
    angles, phases = rng.uniform(0, 2 * np.pi, (2, len(DELAYS), waves))
    doppler = doppler_hz / sample_rate * np.cos(angles)

    def gains(at):
        turns = 2 * np.pi * doppler[:, :, None] * at + phases[:, :, None]
        return np.sqrt(POWERS / POWERS.sum() / waves)[:, None] * np.exp(1j * turns).sum(axis=1)

    knots = np.arange(0, n + 512, 256)
    coarse = gains(knots)
    out = np.zeros(n, complex)
    for delay, gain in zip(DELAYS, coarse, strict=True):
        echo = np.fft.ifft(spectrum * np.exp(-2j * np.pi * frequency * delay))[:n]
        out += echo * (np.interp(np.arange(n), knots, gain.real) + 1j * np.interp(np.arange(n), knots, gain.imag))
    rows = (n - 576) // 288 - 9
    times = 576 + (9 + np.arange(rows)) * 288 + 160
    response = np.exp(-2j * np.pi * Profile().carriers[:, None] * DELAYS / 256) @ gains(times)
    return out, np.abs(response.T) ** 2


def through_fading(seed, doppler_hz, snr_db, packets=8):
    """Per packet: error power over reported variance, what MMSE weighting makes of the symbols, and what it would with
    the channel known (the mean of weights, from which the effective SNR follows)."""
    rng = np.random.default_rng(seed)
    ratio, weight, ideal = [], [], []
    for _ in range(packets):
        samples, header, payload = burst(rng, 11520)
        air, power = faded(rng, samples, doppler_hz)
        noise = 10 ** (-snr_db / 10)
        stream = np.concatenate([np.zeros(300), air, np.zeros(300)])
        stream = (stream + gaussian(rng, len(stream)) * np.sqrt(noise)).astype(np.complex64)
        found, _ = receive(stream)
        assert [packet.header for packet in found] == [header]
        error = np.abs(found[0].symbols - payload) ** 2
        ratio.append(np.mean(error / found[0].noise_var))
        weight.append(np.mean(1 / (1 + found[0].noise_var)))
        ideal.append(np.mean(1 / (1 + noise / power)))
    return np.array(ratio), np.mean(weight), np.mean(ideal)


@pytest.mark.parametrize(
    "doppler_hz, snr_db, loss_db",
    [(0, 15, 0.3), (10, 5, 0.4), (10, 15, 0.4), (10, 25, 0.8), (50, 15, 0.8), (100, 15, 1.5)],
)
def test_changing_echoes_are_followed_and_the_noise_is_calibrated(doppler_hz, snr_db, loss_db):
    ratio, weight, ideal = through_fading([doppler_hz, snr_db], doppler_hz, snr_db)
    assert 0.9 < np.median(ratio) < 1.1
    assert np.mean(ratio) < 1.2
    assert db(ideal / (1 - ideal)) - db(weight / (1 - weight)) < loss_db


def test_a_steady_channel_costs_no_more_for_it():
    ratio, weight, ideal = through_fading(7, 0, 25)
    assert 0.95 < np.median(ratio) < 1.05
    assert db(ideal / (1 - ideal)) - db(weight / (1 - weight)) < 0.3


@pytest.mark.parametrize("spread", [0.1, 1.1, 9.5])
def test_functions_of_time_hold_the_power_of_their_spectrum(spread):
    times = 288.0 * np.arange(71)
    functions, share = slow_functions(71, times.tobytes(), spread)
    assert np.allclose(functions @ functions.T / 71, np.eye(len(share)), atol=1e-9)
    assert np.all(np.diff(share) <= 1e-12) and 0.99 < np.sum(share) < 1 + 1e-9
    # A wave from the spectrum's edge is a sum of them.
    wave = np.exp(1j * np.pi * spread * (times / times[-1]))
    rest = wave - (wave @ functions.T / 71) @ functions
    assert np.mean(np.abs(rest) ** 2) < 0.05


@pytest.mark.parametrize("snr_db", [10, 20, 30])
def test_channel_of_unrelated_symbols_is_not_coherent(snr_db):
    rng = np.random.default_rng(snr_db)
    noise = 10 ** (-snr_db / 10)
    for begin in (2, 7, 30, 60):
        raw = np.ones((60, 16), complex) * np.exp(2j * np.pi * rng.uniform(size=16))
        raw[begin:] = gaussian(rng, (60 - begin) * 16).reshape(-1, 16)
        raw += np.sqrt(noise) * gaussian(rng, 960).reshape(60, 16)
        assert coherent_rows(raw, noise) == (begin if begin < 59 else 60)


def test_noise_alone_breaks_no_packet_off():
    rng = np.random.default_rng(0)
    for snr_db in (-5, 0, 10, 30):
        noise = 10 ** (-snr_db / 10)
        for _ in range(50):
            raw = 1 + np.sqrt(noise) * gaussian(rng, 960).reshape(60, 16)
            assert coherent_rows(raw, noise) == 60
