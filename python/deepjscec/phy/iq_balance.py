# SPDX-License-Identifier: GPL-3.0-or-later
"""Unequal gain or angle of a receiver's I and Q, found from the samples alone and undone.

An OFDM signal is circular, ``E[x^2] = 0``; imbalance, ``y = a x + b conj(x)``, makes ``E[y^2] = 2 a b E|x|^2``,
whatever the frequency offset.  That gives ``b / conj(a)``, and ``y - b / conj(a) conj(y)`` has no image.
(Anttila, Valkama and Renfors, "Circularity-based I/Q imbalance compensation in wideband direct-conversion receivers",
IEEE Trans. Veh. Technol. 57(4), 2008.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: The quotient is taken for imbalance when its power stands this factor over what chance gives circular samples.
FACTOR = 12.0
#: More is no imbalance: the signal is not circular (a sine about zero frequency, one component alone).
LARGEST = 0.5


def balance(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples without the image, complex128[n]; the very same array where none stands out.

    Args:
        samples: complex128[n], finite, without DC offset.
    """
    power = float(np.vdot(samples, samples).real)
    if power == 0.0:
        return samples
    quotient = complex(np.dot(samples, samples)) / power
    # The samples of an occupied band are fewer independent ones than they are.
    if abs(quotient) ** 2 * len(samples) <= FACTOR or abs(quotient) > LARGEST:
        return samples
    # y^2 / |y|^2 to image over signal, exact for any size: c = q / (1 + sqrt(1 - |q|^2)).
    image = quotient / (1.0 + np.sqrt(max(1.0 - abs(quotient) ** 2, 0.0)))
    return (samples - image * np.conj(samples)) / (1.0 - abs(image) ** 2)
