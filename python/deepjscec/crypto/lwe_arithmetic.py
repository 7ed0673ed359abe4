# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact arithmetic modulo q: products on floating-point units, and elements packed into bits.

Elements of Z_q are kept *centred*, -floor(q / 2) ... ceil(q / 2) - 1.
"""

from __future__ import annotations

import numpy as np

_ROWS = 1024  # converted at a time: 1024 x 192 float32 stay in a level 2 cache
_EXACT_FLOAT32 = 2**24


def centred(values: np.ndarray, q: int) -> np.ndarray:
    """int32 of any integers, modulo q."""
    half = q // 2
    return np.mod(np.asarray(values, np.int64) + half, q).astype(np.int32) - np.int32(half)


def product(rows: np.ndarray, vectors: np.ndarray, q: int) -> np.ndarray:
    """`vectors` @ `rows`.T modulo q, exactly: integers [l, n] and [count, n] to centred int32[count, l].

    The sums stay below 2^53, for n up to 2048 and elements up to 2^16, and where they stay below 2^24 float32 serves.
    """
    peak = rows.shape[1] * _peak(rows) * _peak(vectors)
    dtype: np.dtype = np.dtype(np.float32 if peak < _EXACT_FLOAT32 else np.float64)
    factors = vectors.astype(dtype)
    out = np.empty((vectors.shape[0], rows.shape[0]), np.int32)
    for start in range(0, rows.shape[0], _ROWS):
        block = rows[start : start + _ROWS].astype(dtype)
        out[:, start : start + _ROWS] = centred((factors @ block.T).astype(np.int64), q)
    return out


def _peak(values: np.ndarray) -> int:
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def pack(values: np.ndarray, bits: int) -> bytes:
    """Integers 0 ... 2^bits - 1, `bits` each, the most significant first, the last byte filled with zeros."""
    words = values.reshape(-1).astype(">u2")
    return np.packbits(np.unpackbits(words.view(np.uint8)).reshape(-1, 16)[:, 16 - bits :]).tobytes()


def unpack(data: bytes, bits: int, count: int) -> np.ndarray:
    """int32[count], the inverse of `pack`."""
    digits = np.unpackbits(np.frombuffer(data, np.uint8), count=count * bits).reshape(-1, bits)
    padded = np.zeros((count, 16), np.uint8)
    padded[:, 16 - bits :] = digits
    return np.packbits(padded).view(">u2").astype(np.int32)
