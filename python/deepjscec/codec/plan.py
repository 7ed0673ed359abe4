# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a codeword of unequal shares: two bits an area, as QPSK symbols in its first blocks.

A plan that is not understood costs most of the picture, so it is protected for what the poorest link still carries:
a CRC-16, the convolutional code of rate 1/4, and four repetitions, an eighth of a bit a symbol. Bits are spread over
all blocks, for blocks are what gets lost.
"""

from __future__ import annotations

import binascii
import math

import numpy as np

from deepjscec.fec import CODE_RATE_INVERSE, CODE_TAIL_BITS
from deepjscec.fec.qpsk import modulate, soft_bits

CRC_BITS = 16
SYMBOLS_PER_BIT = 8


def plan_blocks(areas: int, block_size: int) -> int:
    """Blocks that the plan of so many areas takes."""
    return -(-SYMBOLS_PER_BIT * (2 * areas + CRC_BITS + CODE_TAIL_BITS) // block_size)


def encode_plan(levels: np.ndarray, block_size: int) -> np.ndarray:
    """Levels uint8[areas], 0 to 3, as complex64[plan_blocks * block_size], every symbol of energy 1."""
    from deepjscec.fec import viterbi  # compiles; most models never need it

    bits = np.stack([levels >> 1, levels & 1], axis=-1).astype(np.uint8).ravel()
    coded = viterbi.encode(np.concatenate([bits, _checksum(bits)]))
    return modulate(coded[_places(levels.size, block_size)])


def decode_plan(symbols: np.ndarray, noise_var: np.ndarray, areas: int, block_size: int) -> np.ndarray | None:
    """Levels uint8[areas] from what arrived, complex64 and float32, lost symbols of infinite variance; None where the
    checksum fails. Symbols missing at the end count as lost."""
    from deepjscec.fec import viterbi

    places = _places(areas, block_size)
    pairs = soft_bits(symbols, noise_var)
    length = CODE_RATE_INVERSE * (2 * areas + CRC_BITS + CODE_TAIL_BITS)
    added = np.bincount(places[: pairs.size], pairs, minlength=length)
    bits = viterbi.decode(added.astype(np.float32))
    if not np.array_equal(_checksum(bits[:-CRC_BITS]), bits[-CRC_BITS:]):
        return None
    high, low = bits[:-CRC_BITS].reshape(-1, 2).T
    return high << 1 | low


def _checksum(bits: np.ndarray) -> np.ndarray:
    value = binascii.crc_hqx(np.packbits(bits).tobytes(), 0xFFFF)
    return np.array([value >> shift & 1 for shift in range(CRC_BITS - 1, -1, -1)], np.uint8)


def _places(areas: int, block_size: int) -> np.ndarray:
    """Which coded bit each bit on the air is, int[2 * plan_blocks * block_size]: in turn, dealt out in wide strides."""
    total = 2 * plan_blocks(areas, block_size) * block_size
    stride = round(total * (5**0.5 - 1) / 2)
    while math.gcd(stride, total) > 1:
        stride += 1
    coded = CODE_RATE_INVERSE * (2 * areas + CRC_BITS + CODE_TAIL_BITS)
    return np.arange(total) * stride % total % coded
