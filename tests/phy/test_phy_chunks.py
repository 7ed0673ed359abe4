# SPDX-License-Identifier: GPL-3.0-or-later
"""Long packets in chunks of every order of size."""

from __future__ import annotations

import numpy as np
import pytest

from deepjscec.phy import Profile, Receiver
from tests.phy.phy_signals import burst, channel, receive


def chunked(rng, stream, longest):
    """Packets and counters of `stream` in chunks of 1 to `longest` samples, as many short as long."""
    receiver, packets, first = Receiver(Profile()), [], 0
    while first < len(stream):
        size = int((longest + 1) ** rng.uniform())
        packets += receiver.process(stream[first : first + size])
        first += size
    return packets + receiver.flush(), receiver.stats


@pytest.mark.parametrize("longest", [3, 300, 30_000])
@pytest.mark.parametrize("impaired", ["white noise", "two paths", "a packet broken off"])
def test_random_chunks_down_to_one_sample_give_the_same_packets(longest, impaired):
    rng = np.random.default_rng([longest, *impaired.encode()])
    bursts = [burst(rng, n) for n in (11520, 1000, 1, 5000)]
    samples, headers = [one for one, _, _ in bursts], [header for _, header, _ in bursts]
    if impaired == "a packet broken off":
        samples[1] = samples[1][: int(rng.integers(3300, 4500))]
    taps = (1.0, *[0] * 18, 0.5j) if impaired == "two paths" else (1.0,)
    offsets = {"cfo_hz": rng.uniform(-7000, 7000), "clock": rng.uniform(-20e-6, 20e-6), "delay": rng.uniform()}
    stream = channel(rng, np.concatenate(samples), 12, before=int(rng.integers(2000)), taps=taps, **offsets)
    whole, stats = receive(stream)
    assert [packet.header for packet in whole] == headers
    cut, cut_stats = chunked(rng, stream, longest)
    assert cut_stats == stats
    assert [(p.header, p.start) for p in cut] == [(p.header, p.start) for p in whole]
    for one, other in zip(cut, whole, strict=True):
        assert np.max(np.abs(one.symbols - other.symbols)) <= 1e-5
        assert np.allclose(one.noise_var, other.noise_var, rtol=1e-5)
