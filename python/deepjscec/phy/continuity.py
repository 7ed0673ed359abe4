# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a packet goes on: where samples were lost, or another transmission began, pilots have nothing in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .magnitude import squared_magnitude

#: Share of the channel's power that may change from a symbol to the next but one: 130 Hz of Doppler at 1 MHz.
CHANGE = 0.1
#: Logarithm of the likelihood ratio from which a packet counts as broken off.
BROKEN_OFF = 25.0


def coherent_rows(raw: NDArray[np.complex128], noise: float) -> int:
    """Number of symbols up to which the channel seen by pilots goes on from that of two symbols before.

    A common change of phase is allowed, for a frequency offset or a few lost samples make one.

    Args:
        raw: complex128[rows, pilots], raw channel estimates at the pilots of consecutive symbols, their combs
            alternating.
        noise: their noise variance, positive.

    Returns:
        ``rows`` when all belong together, else the first one that does not.
    """
    rows, pilots = raw.shape
    if rows < 3:
        return rows
    power = np.sum(squared_magnitude(raw), axis=1)
    power = 0.5 * (power[2:] + power[:-2])
    common = np.abs(np.sum(raw[2:] * np.conj(raw[:-2]), axis=1))
    # Half the squared difference is Gamma distributed: about the noise where the channel goes on, about the power where
    # the two are independent.
    difference = power - common
    apart = power / pilots
    together = noise + CHANGE * apart
    apart = np.maximum(apart, together)
    ratio = difference * (1.0 / together - 1.0 / apart) - pilots * np.log(apart / together)
    # Halved, because every symbol is in two pairs.
    tail = 0.5 * np.cumsum(ratio[::-1])[::-1]
    first = int(np.argmax(tail))
    return rows if tail[first] < BROKEN_OFF else first + 2
