# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a row of the matrix, and the channels that change from batch to batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import impairment_blocks as radio
import numpy as np
from impairment_bursts import TAIL, Batch

from deepjscec.phy import Profile

PROFILE = Profile()
SPACING = PROFILE.carrier_spacing
BAND = PROFILE.active_carriers / 2 * SPACING  #: Hz from the middle to the edge
POWER = PROFILE.mean_power
RMS = float(np.sqrt(POWER / 2))  #: of the real part and of the imaginary part of a burst
Build = Callable[[Batch], list[Any]]


def nothing(_: Batch) -> list[Any]:
    """No block."""
    return []


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: by which it is chosen.
        group: heading in the rendered table.
        says: what happens, for the table.
        snr_db: mean Es/N0 wanted; the measured one is reported.
        channel: blocks in front of the white noise.
        front_end: blocks behind it.
        delays: samples by which each path leaves the channel later than it came in; none where the channel has no
            shape, and the ideal receiver's error is that of white noise.
        cfo_carriers: carrier offset at the transmitter, uniform within plus and minus this many spacings.
        tail: samples of silence that a batch needs at its end.
    """

    name: str
    group: str
    says: str
    snr_db: float
    channel: Build = nothing
    front_end: Build = nothing
    delays: tuple[float, ...] = ()
    cfo_carriers: float = 2.0
    tail: int = TAIL


def fixed(blocks: Callable[..., list[Any]], *arguments: float) -> Build:
    """`blocks(*arguments)` for every batch."""
    return lambda _: blocks(*arguments)


def drawn(blocks: Callable[..., list[Any]], *arguments: float) -> Build:
    """`blocks(rng, *arguments)`: fresh randomness for every batch."""
    return lambda batch: blocks(batch.rng, *arguments)


def level(decibels: float) -> float:
    """Power of something `decibels` over the signal."""
    return POWER * 10 ** (decibels / 10)


def two_path(decibels: float, late: int, snr_db: float) -> Case:
    """A second path of constant strength and of a phase that each batch draws; energy 1."""

    def build(batch: Batch) -> list[Any]:
        taps = np.zeros(late + 1, complex)
        taps[0], taps[late] = 1.0, 10 ** (decibels / 20) * np.exp(2j * np.pi * batch.rng.uniform())
        return radio.static_paths(taps / np.linalg.norm(taps))

    says = f"second path {decibels:g} dB, {late} samples late"
    delays = (-radio.CHANNEL_MODEL_ADVANCE, late - radio.CHANNEL_MODEL_ADVANCE)
    return Case(f"two-path{decibels:g}db-{snr_db:g}db", "Static echoes", says, snr_db, build, delays=delays)


def mobile(name: str, share: float, doppler_hz: float, snr_db: float) -> Case:
    """Rayleigh paths as 3GPP's, stretched until the longest is late by `share` of the cyclic prefix."""
    profile = {"EPA": radio.EPA, "EVA": radio.EVA}[name]
    longest = share * PROFILE.cp_len
    delays, powers = radio.scaled(profile, longest)
    stretch = longest / radio.SAMPLE_RATE / (profile[0][-1] * 1e-9)
    return Case(
        f"{name.lower()}-{doppler_hz:g}hz-{snr_db:g}db",
        "Fading",
        f"{name}, delays x {stretch:.1f}: longest {longest:g} samples, rms {radio.rms_delay(delays, powers):.1f}; "
        f"Doppler {doppler_hz:g} Hz",
        snr_db,
        channel=lambda batch: radio.fading(batch.rng, profile, longest, doppler_hz),
        delays=tuple(delays + radio.GUARD),
    )


def gaps(share: float) -> Build:
    """A stretch of `share` of each packet at zero, anywhere behind its header."""

    def build(batch: Batch) -> list[Any]:
        gate = np.ones(len(batch.samples), np.float32)
        length = int(share * batch.packet_len)
        for start in batch.starts:
            first = int(start) + int(batch.rng.integers(PROFILE.overhead_len, batch.packet_len - length))
            gate[first : first + length] = 0.0
        return radio.erasures(gate)

    return build


def overflow(count: int) -> Build:
    """`count` samples missing once in a packet's length, wherever that falls."""
    return lambda batch: radio.dropped(count, batch.packet_len, int(batch.rng.integers(batch.packet_len - count)))
