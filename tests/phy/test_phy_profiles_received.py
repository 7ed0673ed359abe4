# SPDX-License-Identifier: GPL-3.0-or-later
"""Every profile on the air: found and decoded at 0 dB, whatever the delay and the carrier offset."""

from __future__ import annotations

import numpy as np
import pytest

from deepjscec.phy import PROFILES, Receiver, Transmitter
from tests.phy.phy_signals import channel, db, gaussian, receive

PACKETS = 8


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("max_papr_db", [None, 7.0])
def test_packets_arrive_at_0_db(name, max_papr_db):
    profile = PROFILES[name]
    transmitter = Transmitter(profile, max_papr_db)
    rng = np.random.default_rng(7)
    errors = []
    for index in range(PACKETS):
        count = profile.max_payload_symbols if index % 2 else int(rng.integers(1, profile.max_payload_symbols))
        header, payload = rng.bytes(48), gaussian(rng, count)
        offset = rng.uniform(-2, 2) * profile.carrier_spacing
        air = channel(
            rng,
            transmitter.modulate(header, payload),
            0.0,
            before=int(rng.integers(100, 5000)),
            delay=rng.uniform(),
            cfo_hz=offset,
            sample_rate=profile.sample_rate,
        )
        (packet,), _ = receive(air, profile)
        assert packet.header == header
        assert packet.symbols.shape == payload.shape
        assert packet.cfo_hz == pytest.approx(offset, abs=0.02 * profile.carrier_spacing)
        if index % 2:
            errors.append(np.mean(np.abs(packet.symbols - payload) ** 2))
    assert db(np.mean(errors)) < 0.6


@pytest.mark.parametrize("name", PROFILES)
def test_longest_echo_is_the_prefix(name):
    profile = PROFILES[name]
    rng = np.random.default_rng(8)
    taps = np.zeros(profile.cp_len * 3 // 4 + 1, complex)
    taps[[0, -1]] = 0.8, 0.6j
    header, payload = rng.bytes(48), gaussian(rng, profile.max_payload_symbols)
    air = channel(rng, Transmitter(profile).modulate(header, payload), 30.0, taps=tuple(taps))
    (packet,), _ = receive(air, profile)
    assert packet.header == header
    weight = 1 / packet.noise_var
    assert db(np.sum(weight * np.abs(packet.symbols - payload) ** 2) / np.sum(weight)) < -28


@pytest.mark.parametrize("name", PROFILES)
def test_another_profile_hears_nothing(name):
    rng = np.random.default_rng(9)
    profile = PROFILES[name]
    burst = Transmitter(profile).modulate(rng.bytes(48), gaussian(rng, 2000))
    air = channel(rng, burst, 20.0, sample_rate=profile.sample_rate)
    for other in PROFILES.values():
        if (other.fft_len, other.cp_len) != (profile.fft_len, profile.cp_len):
            receiver = Receiver(other)
            assert receiver.process(air) + receiver.flush() == []
