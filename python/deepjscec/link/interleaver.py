# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixed public permutations that spread neighbours apart.

Regular strides meet pictures whose number of blocks has a factor in common with them and then take whole areas with
one packet; a permutation that looks random has no such sizes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def permutation(length: int) -> np.ndarray:
    """A permutation of `length` indices, int64, the same on every machine.

    Indices are sorted by the splitmix64 finaliser (Steele, Lea and Flood, OOPSLA 2014) of their value.
    """
    with np.errstate(over="ignore"):
        x = (np.arange(length, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    order = np.argsort(x ^ (x >> np.uint64(31)), kind="stable")
    order.setflags(write=False)
    return order


def blocks_of_packet(blocks: int, count: int, index: int) -> np.ndarray:
    """Indices of the codeword blocks that packet `index` of `count` carries, int64, in the order it carries them.

    All packets carry the same number of blocks, or one less.
    """
    return permutation(blocks)[index * blocks // count : (index + 1) * blocks // count]


def spread(symbols: np.ndarray) -> np.ndarray:
    """Reorder a packet's symbols so that each block lies all over the packet's carriers and time."""
    return symbols[permutation(len(symbols))]


def gather(symbols: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    """Symbols, or their noise variances, before they were indexed by `order`; by default the inverse of `spread`."""
    result = np.empty_like(symbols)
    result[permutation(len(symbols)) if order is None else order] = symbols
    return result
