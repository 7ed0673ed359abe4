# SPDX-License-Identifier: GPL-3.0-or-later
"""Bursts that both sides know, and what becomes of them on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from deepjscec.phy import Profile

NAME = b"deepjscec sounding "
BURSTS = 8  # different ones, then the first again
OFDM_SYMBOLS = 10  # of payload in each


@dataclass(frozen=True)
class SoundingResult:
    """What a receiver made of a capture.

    Attributes:
        packets: sounding bursts received.
        expected: the most that can lie in the capture as a whole; it may be one less.
        snr_db: median over the packets, from the known payload: Es/N0 per payload symbol with all distortion; NaN
            without packets.
        cfo_hz: median frequency offset, Hz; NaN without packets.
        cfo_spread_hz: largest minus smallest offset, Hz.
    """

    packets: int
    expected: int
    snr_db: float
    cfo_hz: float
    cfo_spread_hz: float


class Sounding:
    """A train of bursts with Gaussian payloads, as ciphertext has them, the same wherever it is made.

    Args:
        profile: the waveform.
        amplitude: root mean square of a burst in full scale.
        max_papr_db: see :class:`deepjscec.phy.Transmitter`; 0 for no limit.

    Attributes:
        samples: complex64[n], one round; to be repeated without a break.
        period: samples from one burst to the next; a third of them is silence.
    """

    def __init__(self, profile: Profile, amplitude: float = 0.25, max_papr_db: float = 8.0) -> None:
        from deepjscec.phy import Transmitter  # with Numba, which plans and options have no use for

        self.profile = profile
        transmitter = Transmitter(profile, max_papr_db or None)
        rng = np.random.default_rng(2208)  # public on purpose: both sides make the same
        count = min(OFDM_SYMBOLS, profile.max_payload_ofdm_symbols) * profile.data_carriers
        parts = rng.standard_normal((BURSTS, count, 2)) * np.sqrt(0.5)
        self._payloads = parts.view(np.complex128)[..., 0].astype(np.complex64)
        scale = np.float32(amplitude / profile.mean_power**0.5)
        bursts = [
            transmitter.modulate(self._header(number), payload) * scale for number, payload in enumerate(self._payloads)
        ]
        gap = np.zeros(len(bursts[0]) // 2, np.complex64)
        self.samples = np.concatenate([part for burst in bursts for part in (burst, gap)]).astype(np.complex64)
        self.period = len(bursts[0]) + len(gap)
        self._burst_len = len(bursts[0])

    def _header(self, number: int) -> bytes:
        return (NAME + bytes([number])).ljust(self.profile.header_bytes, b"\0")[: self.profile.header_bytes]

    def evaluate(self, samples: NDArray[np.complex64]) -> SoundingResult:
        """Of a capture, complex64[n], that begins and ends anywhere in the train."""
        from deepjscec.phy import Receiver

        numbers = {self._header(number): number for number in range(BURSTS)}
        receiver = Receiver(self.profile)
        found = [
            packet for packet in [*receiver.process(samples), *receiver.flush()] if bytes(packet.header) in numbers
        ]
        snrs: list[float] = []
        offsets: list[float] = []
        for packet in found:
            sent = self._payloads[numbers[bytes(packet.header)]]
            if len(packet.symbols) != len(sent):
                continue
            error = np.mean(np.abs(packet.symbols - sent) ** 2, dtype=np.float64)
            snrs.append(float(10 * np.log10(np.mean(np.abs(sent) ** 2, dtype=np.float64) / max(float(error), 1e-20))))
            offsets.append(packet.cfo_hz)
        nan = float("nan")
        return SoundingResult(
            packets=len(snrs),
            expected=max(0, (len(samples) - self._burst_len) // self.period + 1),
            snr_db=float(np.median(snrs)) if snrs else nan,
            cfo_hz=float(np.median(offsets)) if snrs else nan,
            cfo_spread_hz=max(offsets) - min(offsets) if snrs else nan,
        )
