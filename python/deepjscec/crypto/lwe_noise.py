# SPDX-License-Identifier: GPL-3.0-or-later
"""Discrete Gaussian errors and uniform matrices from key stream.

An error takes one 64-bit word and one look at an alias table (Walker, 1977; Vose, 1991) of 128 places: the upper 7
bits choose a place, the lower 57 one of its two values. Probabilities are multiples of 2^-64, the nearest to those of
p(x) ~ exp(-x^2 / (2 sigma^2)), so the statistical distance to it is below 128 * 2^-65 = 2^-58 an error.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from .keystream import KeyStream

PLACES = 128
_PLACE_BITS = 57
_CAPACITY = 1 << _PLACE_BITS
_TOTAL = 1 << 64
_PIECE = 1 << 15  # words at a time: what a level 2 cache holds


@cache
def gaussian_weights(sigma: float) -> tuple[int, ...]:
    """2^64 times the probabilities of -64 ... 63, integers whose sum is 2^64.

    In decimal arithmetic: the same on every machine, which the library's `exp` is not.
    """
    with localcontext() as context:
        context.prec = 60
        twice_variance = 2 * Decimal(sigma) ** 2
        density = [(-Decimal(x * x) / twice_variance).exp() for x in range(-PLACES // 2, PLACES // 2)]
        total = sum(density)
        weights = [int((_TOTAL * d / total).to_integral_value()) for d in density]
    weights[PLACES // 2] += _TOTAL - sum(weights)
    return tuple(weights)


def largest_error(sigma: float) -> int:
    """The largest magnitude that errors take."""
    return max(abs(x - PLACES // 2) for x, weight in enumerate(gaussian_weights(sigma)) if weight)


@cache
def _alias_table(sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """uint64[128] thresholds and int8[256] values: of a place below its threshold, and 128 further on, from it up."""
    weights = list(gaussian_weights(sigma))
    thresholds, others = [_CAPACITY] * PLACES, list(range(PLACES))
    small = [i for i in range(PLACES) if weights[i] < _CAPACITY]
    large = [i for i in range(PLACES) if weights[i] >= _CAPACITY]
    while small:
        i, j = small.pop(), large[-1]
        thresholds[i], others[i] = weights[i], j
        weights[j] -= _CAPACITY - weights[i]
        if weights[j] < _CAPACITY:
            small.append(large.pop())
    values = np.array([*range(PLACES), *others]) - PLACES // 2
    return np.array(thresholds, np.uint64), values.astype(np.int8)


def draw_errors(stream: KeyStream, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    """int8[shape] discrete Gaussian of standard deviation `sigma`, one word of `stream` each, in C order."""
    thresholds, values = _alias_table(sigma)
    errors = np.empty(shape, np.int8)
    flat = errors.reshape(-1)
    words = np.empty(min(_PIECE, flat.size), np.uint64)
    for start in range(0, flat.size, _PIECE):
        piece = stream.fill(words[: min(_PIECE, flat.size - start)])
        places = (piece >> np.uint64(_PLACE_BITS)).view(np.int64)
        places += PLACES * ((piece & np.uint64(_CAPACITY - 1)) >= thresholds[places])
        flat[start : start + piece.size] = values[places]
    return errors


def draw_uniform(stream: KeyStream, shape: tuple[int, ...], q: int) -> np.ndarray:
    """int32[shape] uniform over 0 ... q - 1.

    From each 16 bits of `stream` the lower ceil(log2 q) are taken, unless they are q or more.
    """
    count = int(np.prod(shape))
    mask = (1 << (q - 1).bit_length()) - 1
    found = np.empty(0, np.uint16)
    while found.size < count:
        words = stream.words(_PIECE // 4).astype("<u8", copy=False)
        values = words.view("<u2") & np.uint16(mask)
        found = np.concatenate([found, values[values < q]])
    return found[:count].astype(np.int32).reshape(shape)
