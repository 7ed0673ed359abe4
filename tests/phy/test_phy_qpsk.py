# SPDX-License-Identifier: GPL-3.0-or-later
"""QPSK in place of learned symbols: bit errors against theory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erfc, erfcinv

from deepjscec.phy import Profile, Transmitter
from tests.phy.phy_signals import channel, db, receive

PACKETS = 20  #: 460,800 bits


@pytest.mark.parametrize("snr_db", [7.4, 9.8])
def test_bit_errors_are_those_of_theory_and_the_stated_loss(snr_db):
    # 4,400 and 460 errors expected: 0.02 and 0.04 dB of standard error.
    rng, transmitter = np.random.default_rng(1), Transmitter(Profile())
    errors, squared, count = 0, [], 2 * Profile().max_payload_symbols
    for _ in range(PACKETS):
        sent = (1 - 2 * rng.integers(0, 2, count).astype(np.float32)) / np.float32(np.sqrt(2))
        burst = transmitter.modulate(rng.bytes(48), sent.view(np.complex64))
        offsets = {"cfo_hz": rng.uniform(-2, 2) * 3906.25, "clock": rng.uniform(-20e-6, 20e-6)}
        (packet,), _ = receive(channel(rng, burst, snr_db, delay=rng.uniform(), **offsets))
        errors += np.count_nonzero((packet.symbols.view(np.float32) < 0) != (sent < 0))
        squared.append(np.mean(np.abs(packet.symbols - sent.view(np.complex64)) ** 2))
    assert errors > erfc(np.sqrt(10 ** (snr_db / 10) / 2)) / 2 * PACKETS * count * 0.8, "better than theory allows"
    gap_db = snr_db - 2 * db(np.sqrt(2) * erfcinv(2 * errors / (PACKETS * count)))
    loss_db = db(np.mean(squared)) + snr_db
    assert gap_db < loss_db + 0.3
    assert loss_db < 0.3
