# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered packets and stretches of stream with some of them: what goes into the impairments."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepjscec.phy import Transmitter

LONGEST_GAP = 2000  #: samples of silence between packets, at most
TAIL = 3000  #: samples of silence behind a batch, so that every block's delay fits in
#: Half the length of the windowed sinc that shifts a burst by a fraction of a sample; its error is 70 dB down.
REACH = 16


class Sender:
    """Packets that anybody who knows seed and number can make again: nothing sent has to be kept."""

    def __init__(self, transmitter: Transmitter, case: str, payload_symbols: int, seed: int) -> None:
        self.transmitter = transmitter
        self.profile = transmitter.profile
        self.payload_symbols = payload_symbols
        self._entropy = [seed, zlib.crc32(case.encode())]

    def generator(self, stream: int, number: int) -> np.random.Generator:
        """Randomness of packet `number` (stream 0) or of batch `number` (stream 1)."""
        return np.random.default_rng([*self._entropy, stream, number])

    def packet(self, number: int) -> tuple[bytes, NDArray[np.complex64]]:
        """Header (eight bytes of number, then random ones) and Gaussian payload of unit variance."""
        rng = self.generator(0, number)
        header = number.to_bytes(8, "big") + rng.bytes(self.profile.header_bytes - 8)
        real = rng.standard_normal(2 * self.payload_symbols, np.float32) * np.float32(np.sqrt(0.5))
        return header, real.view(np.complex64)

    def number_of(self, header: bytes, sent: int) -> int | None:
        """Which of the first `sent` packets has this header; None when none has."""
        number = int.from_bytes(header[:8], "big")
        return number if number < sent and self.packet(number)[0] == header else None


@dataclass(frozen=True)
class Batch:
    """A stretch of stream.

    Attributes:
        samples: complex64[n], bursts at the level the transmitter makes them.
        first: number of its first packet.
        starts: float64[packets], where each burst begins, in samples.
        packet_len: samples of each burst.
        cfo_hz: float64[packets], carrier offset of each, turned from sample 0 on.
        rng: for whatever a case draws once per batch.
    """

    samples: NDArray[np.complex64]
    first: int
    starts: NDArray[np.float64]
    packet_len: int
    cfo_hz: NDArray[np.float64]
    rng: np.random.Generator


def make_batch(sender: Sender, first: int, count: int, cfo_carriers: float, tail: int = TAIL) -> Batch:
    """`count` packets from number `first` on: random gaps, random fraction of a sample, carrier offset and phase.

    `cfo_carriers`: the offset is uniform within plus and minus this many carrier spacings.  `tail`: samples
    of silence at the end.
    """
    profile = sender.profile
    rng = sender.generator(1, first)
    pieces, starts, offsets, at = [], [], [], 0
    for number in range(first, first + count):
        gap = int(rng.integers(2 * REACH, LONGEST_GAP))
        fraction = rng.uniform()
        offset = rng.uniform(-cfo_carriers, cfo_carriers) * profile.carrier_spacing
        burst = _delayed(sender.transmitter.modulate(*sender.packet(number)), fraction)
        begin = at + gap - REACH
        turns = offset / profile.sample_rate * (begin + np.arange(len(burst))) + rng.uniform()
        pieces += [np.zeros(gap - REACH, np.complex64), burst * np.exp(2j * np.pi * turns)]
        starts.append(at + gap + fraction)
        offsets.append(offset)
        at = begin + len(burst)
    samples = np.concatenate([*pieces, np.zeros(tail, np.complex64)]).astype(np.complex64)
    packet_len = profile.packet_len(sender.payload_symbols)
    return Batch(samples, first, np.array(starts), packet_len, np.array(offsets), rng)


def _delayed(burst: NDArray[np.complex64], fraction: float) -> NDArray[np.complex128]:
    """`burst` later by a fraction of a sample, with `REACH` samples more on either side."""
    at = np.arange(-REACH, REACH + 1) - fraction
    return np.convolve(
        burst, np.sinc(at) * np.i0(9.0 * np.sqrt(np.maximum(1 - (at / (REACH + 1)) ** 2, 0))) / np.i0(9.0)
    )
