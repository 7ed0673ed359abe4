# SPDX-License-Identifier: GPL-3.0-or-later
"""Random and mutated chunks of IQ samples, each kind by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from phy_bursts import gaussian

from deepjscec.phy import Profile, Transmitter

Samples = NDArray[np.complex64]
Maker = Callable[[np.random.Generator, int], Samples]

FULL_SCALE = np.float32(3.4e38)
DENORMAL = np.float32(1e-45)
STOCK = 32  #: packets that mutations start from


@lru_cache(maxsize=1)
def stock() -> list[Samples]:
    """Packets of 1 to 60 payload OFDM symbols, half of them of 4 at most."""
    rng, transmitter = np.random.default_rng(0), Transmitter(Profile())
    profile = transmitter.profile
    lengths = rng.integers(1, [4 * profile.data_carriers, profile.max_payload_symbols], (STOCK // 2, 2)).ravel()
    return [
        transmitter.modulate(header, gaussian(rng, int(length)))
        for header, length in zip(stock_headers(), lengths, strict=True)
    ]


def stock_headers() -> list[bytes]:
    """Their headers."""
    return [bytes([number]) * Profile().header_bytes for number in range(STOCK)]


def _any_packet(rng: np.random.Generator) -> Samples:
    return stock()[rng.integers(STOCK)]


def _piece(rng: np.random.Generator, n: int) -> Samples:
    """`n` samples at most, from anywhere in a packet."""
    packet = _any_packet(rng)
    first = int(rng.integers(len(packet)))
    return packet[first : first + n].copy()


def _constant(value: complex) -> Maker:
    return lambda rng, n: np.full(n, value, np.complex64)


def _bits(rng: np.random.Generator, n: int) -> Samples:
    return np.frombuffer(rng.bytes(8 * n), np.complex64)


def _signs(level: np.float32) -> Maker:
    return lambda rng, n: ((1 - 2 * rng.integers(0, 2, 2 * n).astype(np.float32)) * level).view(np.complex64)


def _specials(rng: np.random.Generator, n: int) -> Samples:
    values = np.array([0, -0.0, np.nan, np.inf, -np.inf, FULL_SCALE, -FULL_SCALE, DENORMAL, 1], np.float32)
    return rng.choice(values, 2 * n).view(np.complex64)


def _any_level(rng: np.random.Generator, n: int) -> Samples:
    return gaussian(rng, n) * np.float32(10 ** rng.uniform(-30, 30))


def _sine(rng: np.random.Generator, n: int) -> Samples:
    return np.exp(2j * np.pi * (rng.uniform(-0.5, 0.5) * np.arange(n) + rng.uniform())).astype(np.complex64)


def _impulses(rng: np.random.Generator, n: int) -> Samples:
    return ((rng.uniform(size=n) < 0.01) * 10 ** rng.uniform(0, 6)).astype(np.complex64)


def _cut_off(rng: np.random.Generator, n: int) -> Samples:
    """A packet that ends anywhere."""
    packet = _any_packet(rng)
    return packet[: rng.integers(1, len(packet))]


def _cut_behind_header(rng: np.random.Generator, n: int) -> Samples:
    profile = Profile()
    return _any_packet(rng)[: profile.overhead_len + rng.integers(0, profile.symbol_len)]


def _preambles(rng: np.random.Generator, n: int) -> Samples:
    return np.tile(_any_packet(rng)[: rng.integers(256, Profile().preamble_len + 1)], rng.integers(1, 4))


def _spliced(rng: np.random.Generator, n: int) -> Samples:
    """The beginning of one packet and the end of another."""
    return np.concatenate([_cut_off(rng, n), _any_packet(rng)[-int(rng.integers(1, 2000)) :]])


def _without(rng: np.random.Generator, n: int) -> Samples:
    """A packet with samples left out: what a full buffer does."""
    packet = _any_packet(rng)
    first = int(rng.integers(len(packet)))
    return np.delete(packet, slice(first, first + int(rng.integers(1, 500))))


def _overwritten(rng: np.random.Generator, n: int) -> Samples:
    packet = _any_packet(rng).copy()
    first = int(rng.integers(len(packet)))
    part = packet[first : first + n]
    part[:] = (_bits, _specials, _any_level, _signs(FULL_SCALE))[rng.integers(4)](rng, len(part))
    return packet


def _stepped(rng: np.random.Generator, n: int) -> Samples:
    """A packet whose level changes on the way."""
    packet = _any_packet(rng).copy()
    packet[rng.integers(len(packet)) :] *= np.float32(10 ** rng.uniform(-20, 20))
    return packet


def _collided(rng: np.random.Generator, n: int) -> Samples:
    """Two packets over each other."""
    first, second = _any_packet(rng), _any_packet(rng)
    at = int(rng.integers(len(first)))
    sum_ = np.zeros(max(len(first), at + len(second)), np.complex64)
    sum_[: len(first)] = first
    sum_[at : at + len(second)] += second * np.float32(10 ** rng.uniform(-1, 1))
    return sum_


#: Kinds of `n` samples at most.
SHORT: dict[str, Maker] = {
    "zeros": _constant(0),
    "not a number": _constant(complex(np.nan, np.nan)),
    "infinite": _constant(complex(np.inf, -np.inf)),
    "denormal": _signs(DENORMAL),
    "full scale": _signs(FULL_SCALE),
    "constant": _constant(0.5 - 0.25j),
    "random bits": _bits,
    "special values": _specials,
    "noise": gaussian,
    "noise at any level": _any_level,
    "sine": _sine,
    "impulses": _impulses,
    "piece of a packet": _piece,
    "piece, conjugated": lambda rng, n: _piece(rng, n).conj(),
    "piece, reversed": lambda rng, n: _piece(rng, n)[::-1].copy(),
}
#: Kinds as long as a packet or two.
LONG: dict[str, Maker] = {
    "packet cut off": _cut_off,
    "packet cut behind its header": _cut_behind_header,
    "preambles alone": _preambles,
    "packets spliced": _spliced,
    "samples lost": _without,
    "packet overwritten": _overwritten,
    "level stepped": _stepped,
    "packets collided": _collided,
}
