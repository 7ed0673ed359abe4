# SPDX-License-Identifier: GPL-3.0-or-later
"""Payload carriers divided by their channel, and how wrong the result is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .estimation import Estimate
from .magnitude import squared_magnitude

#: Carriers this far under the mean power of the response count as erased.
ERASED = 1e-12
TINY = 1e-300
#: What float32 cannot hold (a burst of enormous samples) says nothing either.
LARGEST_SYMBOL = 1e30


def equalise(
    grid: NDArray[np.complex128], rotation: NDArray[np.complex128], estimate: Estimate, first: int
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Zero forcing: unbiased symbols, whose noise the decoder is told.

    Args:
        grid: complex128[rows, active_carriers], received.
        rotation: the same shape, the tracked gain and phase.
        estimate: what happened to the packet.
        first: the first payload row.

    Returns:
        complex128 and float64[rows - first, active_carriers]: symbols, and the variance of their errors by noise and
        by the errors of the estimate; 0 and infinite for an erased carrier.
    """
    channel = estimate.channel
    shape = np.broadcast_to(channel.response, grid.shape)[first:]
    shape_error = np.broadcast_to(channel.error, grid.shape)[first:]
    rotation = rotation[first:]
    response = rotation * shape
    gain = squared_magnitude(response)
    error = estimate.noise * estimate.carrier * estimate.symbol[first:, None]
    error = error + shape_error * squared_magnitude(rotation)
    error += estimate.track.gain_error[first:, None] * squared_magnitude(shape)
    safe = np.maximum(gain, ERASED * np.mean(squared_magnitude(shape)) + TINY)
    with np.errstate(over="ignore", invalid="ignore"):
        symbols = grid[first:] * np.conj(response) / safe
        variance = error / safe
        erased = (gain < safe) | ~(np.abs(symbols) < LARGEST_SYMBOL) | ~(variance < LARGEST_SYMBOL)
    symbols[erased] = 0.0
    variance[erased] = np.inf
    return symbols, variance
