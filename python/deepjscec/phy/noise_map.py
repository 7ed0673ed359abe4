# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise that is not the same everywhere: carriers under an interferer, symbols under a burst.

What known carriers leave unexplained is held, carrier by carrier and symbol by symbol, against the mean of all.  Only
what exceeds it beyond chance counts, so that white noise stays white: a mean over ``n`` squared magnitudes of
complex Gaussian noise is Gamma distributed, and the threshold is its quantile.  A single carrier is looked at first,
then wider neighbourhoods of those not yet singled out, which find the flanks of an interferer.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from .magnitude import squared_magnitude
from .observations import Observations

#: Carriers, and symbols, in the neighbourhoods that are looked at.
CARRIER_WIDTHS = (1, 5, 17)
SYMBOL_WIDTHS = (1, 3)
#: Normal deviate of the threshold: one neighbourhood in a million exceeds it by chance.
DEVIATE = 4.75
ROUNDS = 4
#: Next to what stands out, within this many, means over so many neighbours are taken as they are, without a threshold.
FLANK = 41
FLANK_WIDTH = 5
#: Rayleigh fading lifts one carrier in 250 this factor over the median.
LOUD = 8.0
#: Carriers, and symbols, that are taken for the surroundings of one.
CARRIER_SURROUNDINGS = 41
SYMBOL_SURROUNDINGS = 17


def uneven_noise(
    known: Observations, misfit: NDArray[np.float64], *, abrupt: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise variance of each carrier and of each symbol, relative to the ordinary ones'.

    Args:
        known: the observations.
        misfit: float64[n], squared magnitude of what the model leaves of each.
        abrupt: count only what stands out of its surroundings, and carriers only by symbols known throughout.  A model
            that does not follow a changing channel leaves a misfit that is smooth in time and frequency.

    Returns:
        float64[columns] and float64[rows], 1 where nothing stands out, else larger.  The variance of carrier ``k`` in
        symbol ``t`` is their product times that of an ordinary one.
    """
    carrier = np.ones(known.columns)
    symbol = np.ones(len(known.times))
    counts = known.sum_rows(np.ones(len(misfit)))
    # Where only pilots are known, their carriers would stand out for being seen later than the others.
    counted = (counts[known.row] > np.min(counts)) if abrupt else np.ones(len(misfit), np.bool_)
    if not counted.any():
        counted[:] = True
    for _ in range(ROUNDS):
        level = float(np.mean(misfit / (carrier[known.column] * symbol[known.row])))
        if level <= 0.0:
            break
        before = carrier, symbol
        scaled = counted * misfit / (level * symbol[known.row])
        sums, numbers = known.sum_columns(scaled), known.sum_columns(counted.astype(np.float64))
        carrier = _outstanding(sums, numbers, CARRIER_WIDTHS, CARRIER_SURROUNDINGS if abrupt else 0)
        scaled = misfit / (level * carrier[known.column])
        symbol = _outstanding(known.sum_rows(scaled), counts, SYMBOL_WIDTHS, SYMBOL_SURROUNDINGS if abrupt else 0)
        if np.array_equal(before[0], carrier) and np.array_equal(before[1], symbol):
            break
    return carrier, symbol


def loudness(grid: NDArray[np.complex128]) -> NDArray[np.float64]:
    """float64[columns]: power of carriers louder than echoes make them, relative to the loudest that do, else 1.

    Until the noise on each carrier is known this keeps an interferer from drowning the channel estimate.  ``grid`` is
    complex128[rows, columns].
    """
    power = np.mean(squared_magnitude(grid), axis=0)
    usual = LOUD * float(np.median(power))
    return np.maximum(power / usual, 1.0) if usual > 0.0 else np.ones(len(power))


def outstanding_carriers(
    grid: NDArray[np.complex128], response: NDArray[np.complex128], noise: float
) -> NDArray[np.float64]:
    """Noise of each carrier relative to ``noise``, from symbols of unit energy that are not known.

    Args:
        grid: complex128[rows, columns], received.
        response: the same, the channel.
        noise: variance of ordinary noise.

    Returns:
        float64[columns], 1 where the received power is what channel and noise explain.
    """
    signal = squared_magnitude(response)
    excess = np.sum(squared_magnitude(grid) / (signal + noise), axis=0)
    ratio = _outstanding(excess, np.full(len(excess), float(len(grid))), CARRIER_WIDTHS)
    mean = np.mean(signal, axis=0)
    return np.asarray(np.where(ratio > 1.0, (ratio * (mean + noise) - mean) / noise, 1.0))


def _outstanding(
    sums: NDArray[np.float64], counts: NDArray[np.float64], widths: tuple[int, ...], surroundings: int = 0
) -> NDArray[np.float64]:
    """Means that stand out of 1, or of the median of their ``surroundings``, from sums of values whose mean is 1 by
    default; 1 elsewhere."""
    ratio = np.ones(len(sums))
    left = counts > 0
    usual = np.ones(len(sums))
    if surroundings:
        means = np.divide(sums, counts, out=np.ones(len(sums)), where=left)
        usual = np.maximum(scipy.ndimage.median_filter(means, min(surroundings, len(sums)), mode="nearest"), 1e-12)
    for width in widths:
        window = np.ones(width)
        total = np.convolve(np.where(left, sums / usual, 0.0), window, "same")[: len(sums)]
        number = np.convolve(np.where(left, counts, 0.0), window, "same")[: len(sums)]
        mean = total / np.maximum(number, 1.0)
        outside = left & (mean > _threshold(np.maximum(number, 1.0)))
        # The mean of what the variance may be, given what was seen of it; few squares make it uncertain.
        ratio[outside] = mean[outside] * number[outside] / np.maximum(number[outside] - 1.0, 1.0)
        left = left & ~outside
    near = np.convolve(ratio > 1.0, np.ones(FLANK), "same")[: len(sums)] > 0
    if near.any():
        window = np.ones(FLANK_WIDTH)
        total = np.convolve(np.where(left, sums / usual, 0.0), window, "same")[: len(sums)]
        number = np.convolve(np.where(left, counts, 0.0), window, "same")[: len(sums)]
        flank = near & left & (number > 0)
        ratio[flank] = np.maximum(total[flank] / number[flank], 1.0)
    return ratio


def _threshold(number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantile of a Gamma distribution of shape ``number`` and mean 1 (Wilson and Hilferty, 1931)."""
    spread = 1.0 / (9.0 * number)
    quantile: NDArray[np.float64] = (1.0 - spread + DEVIATE * np.sqrt(spread)) ** 3
    return quantile
