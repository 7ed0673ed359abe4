# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels on symbols: white noise, and a gain a picture under it."""

from __future__ import annotations

import numpy as np


class SymbolChannel:
    """Adds white noise of variance 10^(-snr_db / 10) per complex symbol, and keeps account of what it did.

    `fading`: every row has a gain of its own first, complex Gaussian of mean energy 1 (slow Rayleigh fading), which the
    receiver knows and undoes; its symbols then have the noise variance 10^(-snr_db / 10) / |gain|^2.
    """

    def __init__(self, snr_db: float, rng: np.random.Generator, *, fading: bool = False) -> None:
        self._variance = 10 ** (-snr_db / 10)
        self._rng = rng
        self._gains = rng.spawn(1)[0] if fading else None  # the same for rows of any length
        self._signal, self._noise, self._symbols = 0.0, 0.0, 0

    def carry(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """complex64[n, k], a row a picture -> what arrived, equalised, and float32[n, k] noise variances."""
        noise = _gaussian(self._rng, symbols.shape) * np.float32(np.sqrt(self._variance))
        gain = np.ones((1, 1), np.complex64) if self._gains is None else _gaussian(self._gains, (len(symbols), 1))
        self._signal += float(np.sum(np.abs(symbols * gain) ** 2, dtype=np.float64))
        self._noise += float(np.sum(np.abs(noise) ** 2, dtype=np.float64))
        self._symbols += symbols.size
        variance = np.float32(self._variance) / np.abs(gain) ** 2
        return symbols + noise / gain, np.broadcast_to(variance, symbols.shape).astype(np.float32)

    @property
    def true_snr_db(self) -> float:
        """Es/N0 that the symbols carried so far really had, in dB."""
        return float(10 * np.log10(self._signal / self._noise))

    @property
    def symbols(self) -> int:
        """Complex symbols carried so far."""
        return self._symbols


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """complex64 of variance 1."""
    parts = rng.standard_normal((*shape, 2), np.float32) * np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]
