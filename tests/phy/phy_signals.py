# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that the phy tests share.  The channel is written apart from the library: it must not share its
mistakes."""

from __future__ import annotations

import numpy as np

from deepjscec.phy import Packet, Profile, Receiver, Transmitter


def gaussian(rng: np.random.Generator, n: int) -> np.ndarray:
    """complex64[n], circular, unit variance."""
    return (rng.standard_normal(2 * n, np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)


def burst(rng: np.random.Generator, n: int, profile: Profile | None = None) -> tuple[np.ndarray, bytes, np.ndarray]:
    """A burst with a random header and ``n`` Gaussian payload symbols: samples, header, payload."""
    profile = profile or Profile()
    header, payload = rng.bytes(profile.header_bytes), gaussian(rng, n)
    return Transmitter(profile).modulate(header, payload), header, payload


def shifted(samples: np.ndarray, delay: float, clock: float) -> np.ndarray:
    """``samples`` at the instants ``n (1 + clock) - delay``, by a windowed sinc; 0 <= delay < 1."""
    at = np.arange(len(samples)) * (1.0 + clock) - delay
    whole = np.floor(at).astype(int)
    padded = np.concatenate([np.zeros(32, np.complex64), samples, np.zeros(32, np.complex64)])
    result = np.zeros(len(samples), complex)
    for tap in range(-16, 17):
        offset = tap - (at - whole)
        window = np.i0(10 * np.sqrt(np.maximum(1 - (offset / 17) ** 2, 0))) / np.i0(10.0)
        result += padded[np.clip(whole + tap + 32, 0, len(padded) - 1)] * np.sinc(offset) * window
    return result


def channel(
    rng: np.random.Generator,
    samples: np.ndarray,
    snr_db: float = np.inf,
    *,
    before: int = 500,
    after: int = 500,
    cfo_hz: float = 0.0,
    clock: float = 0.0,
    delay: float = 0.0,
    taps: tuple[complex, ...] = (1.0,),
    sample_rate: float = 1e6,
) -> np.ndarray:
    """complex64: silence, ``samples``, silence, through echoes, offsets and noise (variance per complex
    sample)."""
    air = np.concatenate([np.zeros(before, np.complex64), samples, np.zeros(after, np.complex64)])
    if clock or delay:
        air = shifted(air, delay, clock)
    air = np.convolve(air, np.asarray(taps))[: len(air)]
    air = air * np.exp(2j * np.pi * (cfo_hz / sample_rate * np.arange(len(air)) + rng.uniform()))
    if np.isfinite(snr_db):
        air = air + gaussian(rng, len(air)) * 10 ** (-snr_db / 20)
    return air.astype(np.complex64)


def receive(samples: np.ndarray, profile: Profile | None = None) -> tuple[list[Packet], dict[str, int]]:
    """Everything a fresh receiver finds, and its counters."""
    receiver = Receiver(profile or Profile())
    packets = receiver.process(samples) + receiver.flush()
    return packets, receiver.stats


def db(power: float) -> float:
    """Decibels of a power ratio."""
    return float(10 * np.log10(power))
