# SPDX-License-Identifier: GPL-3.0-or-later
"""Bursts and the channel that the waveform's benchmarks send them through, written apart from the library."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deepjscec.phy import Transmitter

OFF_CARRIERS = 2.0  #: the carrier offset is uniform within this many carrier spacings
OFF_CLOCK = 20e-6  #: and that of the sample clock within this
TAPS, PHASES = 33, 4096  #: of the interpolator


def gaussian(rng: np.random.Generator, n: int) -> NDArray[np.complex64]:
    """complex64[n], circular, unit variance."""
    return (rng.standard_normal(2 * n, np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)


@lru_cache(maxsize=1)
def _kernels() -> NDArray[np.float32]:
    """float32[PHASES + 1, TAPS]: sinc under a Kaiser window, for each fraction of a sample."""
    offset = np.arange(TAPS) - TAPS // 2 - np.arange(PHASES + 1)[:, None] / PHASES
    window = np.i0(10 * np.sqrt(np.maximum(1 - (offset / (TAPS // 2 + 1)) ** 2, 0))) / np.i0(10.0)
    return (np.sinc(offset) * window).astype(np.float32)


def resampled(samples: NDArray[np.complex64], delay: float, clock: float) -> NDArray[np.complex64]:
    """complex64[n]: `samples` at the instants `n (1 + clock) - delay`, zero outside; errors 65 dB down in 13/16 of
    the band."""
    at = np.arange(len(samples)) * (1 + clock) - delay
    whole = np.floor(at).astype(np.int64)
    phase = np.round((at - whole) * PHASES).astype(np.int64)
    edge = TAPS + abs(int(np.ceil(delay + len(samples) * abs(clock))))
    padded = np.pad(samples, edge)
    windows = np.lib.stride_tricks.sliding_window_view(padded, TAPS)[whole + edge - TAPS // 2]
    return np.einsum("nt,nt->n", windows, _kernels()[phase])


@dataclass(frozen=True)
class Sent:
    """A stretch of stream with one packet in it.

    Attributes:
        samples: complex64[n], as received.
        header, payload: the packet's.
    """

    samples: NDArray[np.complex64]
    header: bytes
    payload: NDArray[np.complex64]


def one_packet(
    rng: np.random.Generator,
    transmitter: Transmitter,
    snr_db: float,
    payload: NDArray[np.complex64],
    taps: tuple[complex, ...] = (1.0,),
) -> Sent:
    """A packet with a random header, random silence around it and a random fraction of a sample of delay, through
    `taps` one sample apart, with random carrier offset, clock offset and phase, in white noise."""
    profile = transmitter.profile
    header = rng.bytes(profile.header_bytes)
    before, after = rng.integers(100, 1500, 2)
    air = resampled(
        np.pad(transmitter.modulate(header, payload), (before, after)),
        rng.uniform(0, 1),
        rng.uniform(-OFF_CLOCK, OFF_CLOCK),
    )
    air = np.convolve(air, np.array(taps, np.complex64))[: len(air)]
    cycles = rng.uniform(-OFF_CARRIERS, OFF_CARRIERS) / profile.fft_len * np.arange(len(air)) + rng.uniform()
    air = air * np.exp(2j * np.pi * cycles) + gaussian(rng, len(air)) * 10 ** (-snr_db / 20)
    return Sent(air.astype(np.complex64), header, payload)
