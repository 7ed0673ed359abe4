# SPDX-License-Identifier: GPL-3.0-or-later
"""Squared magnitudes, without the square root that `numpy.abs` takes first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def squared_magnitude(values: NDArray[np.complex128]) -> NDArray[np.float64]:
    """float64 of the same shape: ``|values|^2``."""
    return values.real**2 + values.imag**2
