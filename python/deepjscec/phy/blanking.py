# SPDX-License-Identifier: GPL-3.0-or-later
"""Impulses set to zero before they spread over all carriers of a symbol.

(Zhidkov, "Analysis and comparison of several simple impulsive noise mitigation schemes for OFDM receivers", IEEE Trans.
Commun. 56(1), 2008.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A sample is blanked from this factor over the mean power.  An OFDM signal exceeds it once in exp(20) samples.
FACTOR = 20.0
ROUNDS = 3


def blank_impulses(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples with impulses zeroed, complex128[n]; the very same array where there are none."""
    for _ in range(ROUNDS):
        power = samples.real**2 + samples.imag**2
        impulse = power > FACTOR * np.mean(power)
        if not impulse.any():
            break
        samples = np.where(impulse, 0.0, samples)
    return samples
