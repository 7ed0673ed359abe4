# SPDX-License-Identifier: GPL-3.0-or-later
"""Coded bits as QPSK symbols, and how much what arrived speaks for each."""

from __future__ import annotations

import numpy as np

LOWEST_VARIANCE = 1e-3  # a reliability above this decides nothing any more


def modulate(bits: np.ndarray) -> np.ndarray:
    """uint8[2 n] -> complex64[n] of energy 1: the first bit of two in the real part, 0 positive."""
    return ((1 - 2 * bits.astype(np.float32)) * np.float32(0.5**0.5)).view(np.complex64)


def soft_bits(symbols: np.ndarray, noise_var: np.ndarray, strongest: float = np.inf) -> np.ndarray:
    """Reliabilities float[2 n], positive for 0, of complex64[n] with noise variances float32[n].

    0 for a symbol that is not finite, and where the variance is infinite, negative or no number. Real parts beyond
    `strongest` count as that.
    """
    usable = np.isfinite(symbols) & (noise_var >= 0)
    weights = np.where(usable, 1 / np.maximum(np.where(usable, noise_var, 1), LOWEST_VARIANCE), 0)
    parts = np.where(usable, symbols, 0).astype(np.complex64, copy=False).view(np.float32).reshape(-1, 2)
    return (parts.clip(-strongest, strongest) * weights[:, None]).ravel()
