# SPDX-License-Identifier: GPL-3.0-or-later
"""Impulses, and what is far louder than a packet, set to zero before they spread over all carriers of a symbol.

(Zhidkov, "Analysis and comparison of several simple impulsive noise mitigation schemes for OFDM receivers", IEEE Trans.
Commun. 56(1), 2008.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .magnitude import squared_magnitude

#: A sample is blanked from this factor over the mean power.  An OFDM signal exceeds it once in exp(20) samples.
FACTOR = 20.0
ROUNDS = 3
#: Nothing 40 dB over a packet's preamble belongs to the packet, not even where the preamble was in a fade.
BEYOND = 1e4


def blank_foreign(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples with those zeroed that are too loud for a packet whose preamble has unit power, complex128[n]."""
    foreign = squared_magnitude(samples) > BEYOND
    return np.where(foreign, 0.0, samples) if foreign.any() else samples


def blank_impulses(samples: NDArray[np.complex128], span: int | None = None) -> NDArray[np.complex128]:
    """Samples with impulses zeroed, complex128[n]; the very same array where there are none.

    The mean power is that of ``span`` samples at a time, which must not be mostly silence, or of all.
    """
    span = len(samples) if span is None else span
    for _ in range(ROUNDS):
        power = squared_magnitude(samples)
        starts = np.arange(0, len(samples), span)
        means = np.add.reduceat(power, starts) / np.diff(np.append(starts, len(samples)))
        impulse = power > FACTOR * np.repeat(means, span)[: len(samples)]
        if not impulse.any():
            break
        samples = np.where(impulse, 0.0, samples)
    return samples
