# SPDX-License-Identifier: GPL-3.0-or-later
"""Carriers and symbols that a smooth channel does not describe: notched out by a filter, or cut from the stream.

What does not fit there is no noise but a missing signal.  Each gets a gain of its own where that explains its misfit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .magnitude import squared_magnitude

#: How many times its standard error a gain must differ from 1, squared.
SIGNIFICANT = 12.0


def own_gains(
    received: NDArray[np.complex128],
    model: NDArray[np.complex128],
    group: NDArray[np.int64],
    suspect: NDArray[np.bool_],
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Least-squares gain of ``received`` over ``model`` (complex128[n]) in each group.

    Args:
        group: int64[n], which group each observation belongs to.
        suspect: bool[groups], the groups to look at.

    Returns:
        complex128[groups] gains and float64[groups] variances of their errors; 1 and 0 where ``suspect`` is false or
        the gain makes no significant difference.
    """
    count = len(suspect)
    product = received * np.conj(model)
    energy = np.bincount(group, squared_magnitude(model), count)
    number = np.bincount(group, minlength=count)
    seen = suspect & (energy > 0) & (number > 1)
    safe = np.where(seen, energy, 1.0)
    gain = (np.bincount(group, product.real, count) + 1j * np.bincount(group, product.imag, count)) / safe
    rest = np.bincount(group, squared_magnitude(received - gain[group] * model), count)
    variance = rest / np.maximum(number - 1, 1) / safe
    seen &= squared_magnitude(gain - 1.0) > SIGNIFICANT * variance
    return np.where(seen, gain, 1.0), np.where(seen, variance, 0.0)
