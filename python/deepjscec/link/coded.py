# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that must arrive without an error, as QPSK symbols: a CRC-32 and the convolutional code of rate 1/4.

The code's four outputs make two halves of rate 1/2, each enough by itself on a good channel; what arrives of either,
and how often, adds up. A half costs 8 symbols a byte and works from about 4 dB, both together from about 1 dB.
"""

from __future__ import annotations

import zlib

import numpy as np

from deepjscec.fec import CODE_RATE_INVERSE, CODE_TAIL_BITS
from deepjscec.fec.qpsk import modulate, soft_bits

HALVES = 2
CRC_BYTES = 4
STRONGEST = 1.5  # part that counts, of a symbol whose parts are 0.7; more would drown what else arrived
_PER_HALF = CODE_RATE_INVERSE // HALVES


def half_symbols(size: int) -> int:
    """Complex symbols of one half of `size` bytes; 0 for none."""
    return 8 * (size + CRC_BYTES) + CODE_TAIL_BITS if size else 0


def encode_half(data: bytes, half: int) -> np.ndarray:
    """Half 0 or 1 of the coded bytes, complex64[half_symbols(len(data))], every symbol of energy 1."""
    from deepjscec.fec import viterbi

    if not data:
        return np.empty(0, np.complex64)
    bits = np.unpackbits(np.frombuffer(data + _checksum(data), np.uint8))
    coded = viterbi.encode(bits).reshape(-1, HALVES, _PER_HALF)[:, half]
    return modulate(coded.ravel())


class CodedBytes:
    """Collects what arrives of `size` bytes."""

    def __init__(self, size: int) -> None:
        self._soft = np.zeros((half_symbols(size), HALVES, _PER_HALF), np.float32)

    def add(self, half: int, symbols: np.ndarray, noise_var: np.ndarray) -> None:
        """A half as it arrived, complex64 and float32[half_symbols(size)], lost symbols of infinite variance."""
        self._soft[:, half] += soft_bits(symbols, noise_var, STRONGEST).reshape(-1, _PER_HALF)

    def read(self) -> bytes | None:
        """The bytes, or None where the checksum does not fit (yet)."""
        from deepjscec.fec import viterbi

        data = np.packbits(viterbi.decode(self._soft.reshape(-1))).tobytes()
        return data[:-CRC_BYTES] if _checksum(data[:-CRC_BYTES]) == data[-CRC_BYTES:] else None


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(CRC_BYTES, "big")
