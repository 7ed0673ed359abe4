# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret reference blocks: what Alice sends in every packet that only Bob can expect, and what he learns from it.

An analog payload carries no tag: noise would break it. Reference blocks are encrypted like all others and lie where
only the key says, so nobody can touch the picture and leave them alone. Bob correlates them with what he expects, which
tells a payload of Alice's from any other, and takes the true noise from the difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .keystream import SCHEME_ORDER, SCHEME_REFERENCE
from .session import Session

FALSE_ACCEPTANCE = 1e-9  # probability that a payload made without the key passes, at most, whatever it is
GAIN_TOLERANCE = 0.25  # of the amplitude, for a channel estimate that is off
LEAST_NOISE = 1e-6  # variance; what is reported below it says nothing of the receiver's own errors
GAIN_DEVIATIONS = 3.5  # of the noise in the measured gain, on top: exceeded by noise alone once in 2 10^5


def reference_symbols(session: Session, packet: int, count: int) -> np.ndarray:
    """`count` QPSK symbols of energy 1 that key and packet number determine, complex64[count]."""
    words = session.key_stream(packet, SCHEME_REFERENCE).words(-(-count // 32))
    bits = np.unpackbits(words.astype("<u8", copy=False).view(np.uint8), bitorder="little")[: 2 * count]
    return ((1 - 2 * bits.astype(np.float32)) * np.float32(0.5**0.5)).view(np.complex64)


def secret_order(session: Session, packet: int, length: int) -> np.ndarray:
    """A permutation of `length` indices, int64, that key and packet number determine, each as likely as another.

    It sorts as many 64-bit key-stream words; where two are equal, once in 2^65 / length^2 packets, symbols may swap.
    """
    return np.argsort(session.key_stream(packet, SCHEME_ORDER).words(length))


def correlation_threshold(count: int) -> float:
    """What the correlation of `count` reference symbols must exceed so that at most `FALSE_ACCEPTANCE` is not Alice's.

    For any r that does not depend on the N reference symbols, Re<s, r> is a sum of 2 N terms, each a part of r times an
    independent random sign / sqrt(2); by Hoeffding's inequality (1963) P(correlation >= t) <= exp(-N t^2). Above 1 for
    so few symbols that no correlation would do.
    """
    return math.sqrt(-math.log(FALSE_ACCEPTANCE) / count)


@dataclass(frozen=True)
class ReferenceCheck:
    """What reference symbols say of a packet."""

    correlation: float  # Re<s, r> / |s||r|; about 1 / sqrt(1 + v) for noise variance v, about 0 for foreign payloads
    coherence: float  # |<s, r>| / |s||r|: the same for any phase
    gain: complex  # least squares; 1 for what Alice sent
    noise_ratio: float  # measured noise over the reported
    count: int  # symbols that it rests on

    @property
    def genuine(self) -> bool:
        """Whether this is a payload of Alice's for this packet number."""
        return self.correlation >= correlation_threshold(self.count)

    @property
    def unscaled(self) -> bool:
        """Whether amplitude and phase are as sent, within what noise and channel estimate explain."""
        # with signal energy a and noise v a symbol, coherence^2 = a / (a + v)
        noise = (1 / max(self.coherence, 1e-3) ** 2 - 1) * abs(self.gain) ** 2
        return abs(self.gain - 1) <= GAIN_TOLERANCE + GAIN_DEVIATIONS * math.sqrt(max(noise, 0) / self.count)


def check_reference(expected: np.ndarray, symbols: np.ndarray, noise_var: np.ndarray) -> ReferenceCheck:
    """Compare reference symbols complex64[n] with what arrived, complex64[n] with noise variances float32[n].

    Each counts by what it is worth, 1 / (1 + variance); one of infinite variance not at all.
    """
    weights = 1 / (1 + noise_var.astype(np.float64))
    received = np.where(weights > 0, symbols, 0) * weights
    inner = complex(np.vdot(expected, received))
    norms = math.sqrt(float(np.sum(np.abs(received) ** 2)) * expected.size)
    correlation, coherence = (inner.real / norms, abs(inner) / norms) if norms > 0 else (0.0, 0.0)
    total = float(weights.sum())
    gain = inner / total if total > 0 else 0j
    known = weights > 0
    errors = np.abs(symbols[known] - expected[known]) ** 2
    ratio = float(np.mean(errors / np.maximum(noise_var[known], LEAST_NOISE))) if known.any() else 1.0
    return ReferenceCheck(correlation, coherence, gain, ratio, expected.size)
