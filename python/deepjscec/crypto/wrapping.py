# SPDX-License-Identifier: GPL-3.0-or-later
"""What a noisy symbol says of a codeword sent modulo a cell: it may have wrapped, and noise may have wrapped it.

The codeword is taken for Gaussian; its mean and variance given what arrived are taken over all numbers of wraps, and
expressed as a channel without wrapping that would have told as much.
"""

from __future__ import annotations

import numpy as np

# A smaller scale stands lower above the noise; a larger one, or less of a margin, leaves more symbols near the ends of
# the cell, where noise makes them wrap. At 10 to 20 dB (`benchmarks/lwe_noise.py --scan`) 0.55 and 0.12 leave the least
# noise of Gaussian codewords, by 0.3 dB; those of pictures have more large parts, and were best off with 0.5.
DEFAULT_SCALE = 0.5
MARGIN = 0.12  # of the cell that is left free at either end: larger symbols are cut, which costs less than wrapping
CELL = 6**0.5  # side of the square in which a uniform symbol has mean energy 1
MOST_RECEIVED = 1e6  # what still counts in steps of the cell
MOST_UNCERTAIN = np.float32(0.999)  # beyond it no channel says as little; of a symbol between two ways to have wrapped
WRAPS = (np.arange(-2, 3)[:, None] * CELL).astype(np.float32)  # what may have been lost, in so many cells


def observe_wrapped(parts: np.ndarray, noise: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Codeword complex64[k] and noise variances float32[k] from `parts`, float32[2 k] of scale times it and noise.

    `parts` are modulo the cell; `noise`, float32[2 k], is twice the variance of each part's noise (that of a complex
    symbol whose parts are alike), `inf` for a part without information, which takes the other part with it.
    """
    known = np.repeat((np.isfinite(noise) & np.isfinite(parts)).reshape(-1, 2).all(axis=1), 2)
    noise = np.where(known, noise, np.float32(1))
    signal = np.float32(scale**2)
    candidates = np.where(known, parts, np.float32(0)) + WRAPS
    exponent = -(candidates**2) / (signal + noise)  # parts have half the variances, and the density half of that
    weights = np.exp(exponent - exponent.max(axis=0))
    weights /= weights.sum(axis=0)
    means = candidates * (scale / (signal + noise))
    mean = (weights * means).sum(axis=0)
    spread = (weights * (means - mean) ** 2).sum(axis=0)
    variance = (spread + noise / (2 * (signal + noise))).reshape(-1, 2).sum(axis=1)
    variance = np.minimum(variance, MOST_UNCERTAIN)
    # a channel of noise variance v leaves a Gaussian of variance 1 with v / (1 + v), and its mean 1 / (1 + v) short
    equivalent = variance / (1 - variance)
    unbiased = mean.astype(np.float32).view(np.complex64) * (1 + equivalent)
    return np.where(known[::2], unbiased, 0), np.where(known[::2], equivalent, np.float32(np.inf))
