# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets are found where there are packets, and only there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deepjscec.phy import Profile
from deepjscec.phy.acquisition import PreambleAcquisition
from deepjscec.phy.detector import FALSE_ALARM, RepetitionDetector
from deepjscec.phy.preamble import preamble_samples
from tests.phy.phy_signals import burst, channel, gaussian, receive


def test_header_survives_0_db_with_every_offset_at_once():
    success_at(0.0, packets=60, failures_allowed=0, seed=1)


def test_header_survives_minus_2_db_with_every_offset_at_once():
    # At a true rate of 99.5 % three failures in 60 happen once in 250 runs of other seeds.
    success_at(-2.0, packets=60, failures_allowed=2, seed=2)


def success_at(snr_db, packets, failures_allowed, seed):
    rng = np.random.default_rng(seed)
    failed = 0
    for _ in range(packets):
        samples, header, _ = burst(rng, 192)
        before = int(rng.integers(0, 1000))
        air = channel(
            rng,
            samples,
            snr_db,
            before=before,
            cfo_hz=rng.uniform(-2, 2) * 3906.25,
            clock=rng.uniform(-20e-6, 20e-6),
            delay=rng.uniform(0, 1),
        )
        found, _ = receive(air)
        right = [p for p in found if p.header == header]
        assert len(found) == len(right)
        assert all(abs(p.start - before) <= 2 for p in right)
        failed += not right
    assert failed <= failures_allowed


@pytest.mark.parametrize("carriers", [-4.4, -2.5, -2.0, -1.28, -0.5, 0.0, 0.499, 0.5, 0.501, 1.28, 2.0, 4.4])
def test_frequency_offset_is_measured(carriers):
    rng = np.random.default_rng(3)
    samples, header, _ = burst(rng, 500)
    found, _ = receive(channel(rng, samples, 10, cfo_hz=carriers * 3906.25))
    assert [p.header for p in found] == [header]
    assert found[0].cfo_hz == pytest.approx(carriers * 3906.25, abs=4)


def test_no_packet_in_noise():
    rng = np.random.default_rng(4)
    found, stats = receive(gaussian(rng, 4_000_000))
    assert found == [] and stats["detected"] == 0
    # 12.5 grid positions expected to pass in 4 million samples, neighbours often together.
    assert stats["candidates"] < 30


def test_repetition_threshold_keeps_its_false_alarm_rate():
    # Grid positions overlap, which leaves the mean alone.  At 100 times the rate there is something to count.
    rng = np.random.default_rng(5)
    detector = RepetitionDetector(Profile())
    assert (1 - detector.threshold) ** 254 == pytest.approx(FALSE_ALARM)
    count = 60_000
    values, _ = detector.metric(gaussian(rng, count * 32 + 512), count)
    level = 1 - 1e-3 ** (1 / 254)
    assert 0.2e-3 < np.mean(values > level) < 1.2e-3


@pytest.mark.parametrize("early", [600, 450, 330])
def test_candidate_far_in_front_leaves_the_packet_to_the_next(early):
    # There the repeated body's second peak, 256 samples early, is in reach and the true start is not.
    rng = np.random.default_rng(12)
    samples, _, _ = burst(rng, 192)
    acquisition = PreambleAcquisition(Profile(), RepetitionDetector(Profile()))
    air = channel(rng, samples, 20, before=1000)
    assert acquisition.examine(air[1000 - early - acquisition.before :]) is None
    found = acquisition.examine(air[1000 - 200 - acquisition.before :])
    assert found is not None and found.start == acquisition.before + 200


@pytest.mark.parametrize("frequency", [0.0, 1e-7, 3 / 256, 0.0123, 0.25, -0.49])
@pytest.mark.parametrize("snr_db", [0.0, 30.0, np.inf])
def test_no_packet_on_a_sine(frequency, snr_db):
    rng = np.random.default_rng(6)
    sine = np.exp(2j * np.pi * frequency * np.arange(60_000)).astype(np.complex64)
    found, stats = receive(channel(rng, sine, snr_db))
    assert found == [] and stats["detected"] == 0


def test_dc_does_not_keep_the_detector_busy():
    rng = np.random.default_rng(7)
    _, stats = receive(gaussian(rng, 500_000) + np.complex64(30))
    assert stats["candidates"] < 5


@pytest.mark.parametrize("noise", ["other OFDM", "square wave", "pulses", "chirp"])
def test_no_packet_in_other_signals(noise):
    rng = np.random.default_rng(8)
    n = np.arange(100_000)
    signal = {
        "other OFDM": np.tile(gaussian(rng, 256), 400)[:100_000],
        "square wave": np.sign(np.sin(2 * np.pi * n / 64)),
        "pulses": (n % 256 == 0).astype(float),
        "chirp": np.exp(1j * np.pi * n * n / 256),
    }[noise].astype(np.complex64)
    found, stats = receive(channel(rng, signal, 20))
    assert found == [] and stats["detected"] == 0


def test_packet_is_found_beside_a_dc_offset():
    # DC 10 dB under and 10 dB over the signal, at frequency offsets that put it on and between carriers.
    rng = np.random.default_rng(9)
    for carriers, level in itertools.product((0.0, 0.5, 1.28, -2.0), (0.3, 3.0)):
        samples, header, payload = burst(rng, 3000)
        air = channel(rng, samples, 15, cfo_hz=carriers * 3906.25) + np.complex64(level * np.exp(0.7j))
        found, _ = receive(air)
        assert [p.header for p in found] == [header]
        error = np.mean(np.abs(found[0].symbols - payload) ** 2)
        assert 10 * np.log10(error) < -15 + 0.5


def test_preamble_without_a_packet_counts_as_bad_header():
    rng = np.random.default_rng(10)
    samples, _, _ = burst(rng, 500)
    spoilt = samples.copy()
    spoilt[576 : 576 + 9 * 288] = gaussian(rng, 9 * 288)
    found, stats = receive(channel(rng, spoilt, 20))
    assert found == []
    assert stats["detected"] == 1 and stats["bad_header"] == 1


def test_packet_right_behind_a_broken_one_is_received():
    rng = np.random.default_rng(11)
    for cut in (600, 700, 1000, 1500):
        broken, _, _ = burst(rng, 5000)
        samples, header, _ = burst(rng, 500)
        found, stats = receive(channel(rng, np.concatenate([broken[:cut], samples]), 15))
        assert [p.header for p in found] == [header]
        assert stats["detected"] == 2 and stats["packets"] == 1


def test_no_start_is_reported_in_front_of_what_was_looked_at():
    # The second of the preamble's bodies alone, at the view's very beginning, matches a start one body earlier.
    profile = Profile()
    acquisition = PreambleAcquisition(profile, RepetitionDetector(profile))
    rng = np.random.default_rng(0)
    for shift in range(-400, 401, 16):
        samples = np.zeros(acquisition.before + acquisition.lookahead + 800, np.complex64)
        samples[400 + shift : 400 + shift + 576] = preamble_samples(profile)
        samples += gaussian(rng, len(samples)) * 0.1
        found = acquisition.examine(samples[400:])
        assert found is None or 0 <= found.start < acquisition.before + acquisition.after
        assert shift < 0 or (found is not None and abs(found.start - shift) <= 1)
