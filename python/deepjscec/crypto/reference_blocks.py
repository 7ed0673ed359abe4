# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret reference blocks: what Alice sends in every packet that only Bob can expect, and what he learns from it.

An analog payload carries no tag: noise would break it. Reference blocks are encrypted like all others and lie where
only the key says, so nobody can touch the picture and leave them alone. Bob encrypts them, too, and correlates what
arrives with what he expects: on the air, where every channel is linear and noise is noise, whatever the cipher. That
tells a payload of Alice's from any other, and the difference tells the true noise.
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
MOST_GAIN_NOISE = 0.4  # of the amplitude that noise may explain: what it does at -5 dB
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


def correlation_threshold(energy: float) -> float:
    """What the correlation with reference symbols of that `energy` must exceed so that no more than
    `FALSE_ACCEPTANCE` of foreign payloads do.

    For any r that does not depend on the symbols s, Re<s, r> is a sum whose terms are a part of r times an independent
    part of s, which is symmetric and sub-Gaussian with its variance, 1/2: signs, uniform over a cell, or a direction
    on a sphere. So P(correlation >= t) <= exp(-energy t^2), after Hoeffding (1963). Above 1 for so few symbols that no
    correlation would do.
    """
    return math.sqrt(-math.log(FALSE_ACCEPTANCE) / energy) if energy > 0 else math.inf


@dataclass(frozen=True)
class ReferenceCheck:
    """What reference symbols say of a packet."""

    correlation: float  # Re<s, r> / |s||r|; about 1 / sqrt(1 + v) for noise variance v, about 0 for foreign payloads
    coherence: float  # |<s, r>| / |s||r|: the same for any phase
    gain: complex  # least squares; 1 for what Alice sent
    noise_ratio: float  # measured noise over the reported
    energy: float  # of the symbols that it rests on, about their number

    @property
    def genuine(self) -> bool:
        """Whether this is a payload of Alice's for this packet number."""
        return self.correlation >= correlation_threshold(self.energy)

    @property
    def unscaled(self) -> bool:
        """Whether amplitude and phase are as sent, within what noise and channel estimate explain."""
        # with signal energy a and noise v a symbol, coherence^2 = a / (a + v)
        noise = (1 / max(self.coherence, 1e-3) ** 2 - 1) * abs(self.gain) ** 2
        deviation = math.sqrt(max(noise, 0) / max(self.energy, 1))
        return abs(self.gain - 1) <= GAIN_TOLERANCE + min(GAIN_DEVIATIONS * deviation, MOST_GAIN_NOISE)


def check_reference(
    expected: np.ndarray, unknown_var: np.ndarray, symbols: np.ndarray, noise_var: np.ndarray
) -> ReferenceCheck:
    """Compare symbols on the air, complex64[n] as `Cipher.expect` gives them with its variances, with what arrived,
    complex64[n] with noise variances float32[n].

    Each counts by what it is worth, 1 / (1 + variance); one of infinite variance not at all.
    """
    usable = np.isfinite(unknown_var)
    expected = expected[usable].astype(np.complex128)
    variance = np.maximum(noise_var[usable].astype(np.float64) + unknown_var[usable], LEAST_NOISE)
    weights = 1 / (1 + variance)
    arrived = np.where(weights > 0, symbols[usable], 0)
    received = arrived * weights
    inner = complex(np.vdot(expected, received))
    energy = float(np.sum(np.abs(expected) ** 2))
    norms = math.sqrt(float(np.sum(np.abs(received) ** 2)) * energy)
    correlation, coherence = (inner.real / norms, abs(inner) / norms) if norms > 0 else (0.0, 0.0)
    total = float(np.sum(weights * np.abs(expected) ** 2))
    gain = inner / total if total > 0 else 0j
    known = weights > 0
    errors = np.abs(arrived[known] - expected[known]) ** 2
    ratio = float(np.mean(errors / variance[known])) if known.any() else 1.0
    return ReferenceCheck(correlation, coherence, gain, ratio, energy)
