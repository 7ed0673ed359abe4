# SPDX-License-Identifier: GPL-3.0-or-later
"""Random and mutated samples: `benchmarks/phy_fuzz.py` in short.  The receiver survives and hears the next packet."""

from __future__ import annotations

import numpy as np
import pytest
from fuzz_chunks import LONG, SHORT
from phy_fuzz import GROUP, good_packet, run_batch

from deepjscec.phy import Profile, Receiver, Transmitter


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_good_packet_behind_every_hundred_chunks_is_received(seed):
    batch = run_batch(seed, 0, groups=10)
    assert batch.failures == []
    assert batch.received == batch.good == 10
    assert batch.kinds.total() == 10 * GROUP


@pytest.mark.parametrize("kind", [*SHORT, *LONG])
def test_packet_behind_a_chunk_of_any_kind_is_received(kind):
    rng = np.random.default_rng([104, *kind.encode()])
    transmitter, receiver = Transmitter(Profile()), Receiver(Profile())
    sent, found = [], []
    for _ in range(6):
        with np.errstate(all="ignore"):  # some kinds overflow while they are made
            chunk = (SHORT | LONG)[kind](rng, 3000)
        samples, header = good_packet(rng, transmitter)
        found += receiver.process(chunk) + receiver.process(samples)
        sent.append(header)
    found += receiver.flush()
    assert [packet.header for packet in found if packet.header in sent] == sent
