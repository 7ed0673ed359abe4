# SPDX-License-Identifier: GPL-3.0-or-later
"""What any code of a length can do over QAM with bit-wise demapping: the normal approximation.

Polyanskiy, Poor, Verdú, "Channel coding rate in the finite blocklength regime", 2010, eq. (1): of n channel uses with
capacity C and dispersion V, K = n C - sqrt(n V) Qinv(BLER) + log2(n) / 2 bits can be carried. Here a use is one of the
two real axes of a QAM symbol, and the information density is that of bit-interleaved coded modulation (Martinez,
Guillén i Fàbregas, Caire, Willems, "Bit-interleaved coded modulation revisited: a mismatched decoding perspective",
2009): the sum over an axis' bits, each on its own.
"""

from __future__ import annotations

from functools import cache

import numpy as np

NODES = 96  # of Gauss-Hermite quadrature: enough for 256-QAM at 30 dB


@cache
def bicm_capacity(bits_per_symbol: int, snr_db: float) -> tuple[float, float]:
    """Capacity in bits and dispersion in bits^2 per complex symbol of Gray-mapped QAM; `snr_db` is Es/N0."""
    half = bits_per_symbol // 2
    order = np.arange(2**half)
    gray = order ^ (order >> 1)
    labels = gray[:, None] >> np.arange(half)[::-1] & 1  # along the axis, as in 38.211 up to order and inversion
    levels = 2.0 * order - (2**half - 1)
    levels /= np.sqrt(2 * np.mean(levels**2))  # energy 1/2 an axis
    variance = 10 ** (-snr_db / 10) / 2
    nodes, weights = np.polynomial.hermite.hermgauss(NODES)
    received = levels[:, None] + np.sqrt(2 * variance) * nodes  # [sent level, node]
    metric = -((received[..., None] - levels) ** 2) / (2 * variance)
    total = np.logaddexp.reduce(metric, axis=-1)
    density = np.full(received.shape, float(half))
    for bit in labels.T:
        same = bit[:, None, None] == bit  # [sent level, 1, level]
        density += (np.logaddexp.reduce(np.where(same, metric, -np.inf), axis=-1) - total) / np.log(2)
    probability = weights / np.sqrt(np.pi) / len(levels)
    mean = float(np.sum(probability * density))
    return 2 * mean, 2 * float(np.sum(probability * (density - mean) ** 2))


def normal_approximation(info_bits: int, uses: int, bits_per_symbol: int, snr_db: float) -> float:
    """Block error rate that the best code of `info_bits` over `uses` QAM symbols has, approximately."""
    from scipy.special import ndtr

    capacity, dispersion = bicm_capacity(bits_per_symbol, snr_db)
    margin = uses * capacity - info_bits + 0.5 * np.log2(2 * uses)
    return float(ndtr(-margin / np.sqrt(max(uses * dispersion, 1e-9))))


def required_snr_db(info_bits: int, uses: int, bits_per_symbol: int, bler: float) -> float:
    """SNR in dB at which `normal_approximation` falls to `bler`; by bisection to 0.001 dB."""
    low, high = -20.0, 60.0
    while high - low > 1e-3:
        middle = round((low + high) / 2, 4)
        if normal_approximation(info_bits, uses, bits_per_symbol, middle) > bler:
            low = middle
        else:
            high = middle
    return high
