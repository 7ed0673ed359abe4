# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminated convolutional code of constraint length 9 and rate 1/4, with a soft-decision Viterbi decoder.

Generators 765, 671, 513, 473 (octal, the current bit is the most significant), as in 3GPP2 C.S0002
(cdma2000); free distance 24.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepjscec.fec import CODE_RATE_INVERSE, CODE_TAIL_BITS

GENERATORS = (0o765, 0o671, 0o513, 0o473)
STATES = 1 << CODE_TAIL_BITS


def _labels() -> NDArray[np.uint8]:
    """The four output bits, first generator most significant, for each content of the 9-bit register."""
    labels = [
        sum((bin(register & g).count("1") & 1) << (CODE_RATE_INVERSE - 1 - i) for i, g in enumerate(GENERATORS))
        for register in range(2 * STATES)
    ]
    return np.array(labels, np.uint8)


LABELS = _labels()


def encode(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Coded bits, uint8[4 (bits + 8)]: eight zeros are appended, four outputs a bit in generator order."""
    padded = np.concatenate([bits, np.zeros(CODE_TAIL_BITS, np.uint8)]).astype(np.int64)
    register = np.zeros(len(padded), np.int64)
    for age in range(CODE_TAIL_BITS + 1):
        register[age:] |= padded[: len(padded) - age] << (CODE_TAIL_BITS - age)
    shifts = np.arange(CODE_RATE_INVERSE - 1, -1, -1)
    return ((LABELS[register][:, None] >> shifts) & 1).astype(np.uint8).ravel()


def decode(soft: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Most likely bits of a terminated block.

    Args:
        soft: float32[4 (bits + 8)], finite, positive for a coded 0, in proportion to log-likelihood ratios.

    Returns:
        uint8[bits], tail removed.
    """
    steps = len(soft) // CODE_RATE_INVERSE
    bits: NDArray[np.uint8] = _decode(soft.reshape(steps, CODE_RATE_INVERSE), LABELS)
    return bits[: steps - CODE_TAIL_BITS]


@njit(cache=True, nogil=True)
def _decode(soft, labels):  # type: ignore[no-untyped-def]
    steps, outputs = soft.shape
    states = labels.shape[0] // 2
    half = states // 2
    survivors = np.empty((steps, states), np.uint8)
    old = np.full(states, np.float32(-1e30))
    old[0] = 0.0
    new = np.empty(states, np.float32)
    branch = np.empty(1 << outputs, np.float32)
    for step in range(steps):
        for label in range(1 << outputs):
            total = np.float32(0.0)
            for i in range(outputs):
                if label >> (outputs - 1 - i) & 1:
                    total -= soft[step, i]
                else:
                    total += soft[step, i]
            branch[label] = total
        # The register (state << 1 | oldest bit) leads to `state`; both registers share all but that bit.
        for state in range(states):
            before = (state & (half - 1)) << 1
            zero = old[before] + branch[labels[state << 1]]
            one = old[before | 1] + branch[labels[state << 1 | 1]]
            if one > zero:
                new[state] = one
                survivors[step, state] = 1
            else:
                new[state] = zero
                survivors[step, state] = 0
        old, new = new, old
    bits = np.empty(steps, np.uint8)
    state = 0
    for step in range(steps - 1, -1, -1):
        bits[step] = state >> 7
        state = (state & (half - 1)) << 1 | survivors[step, state]
    return bits
