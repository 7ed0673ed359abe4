# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of Z_q as symbols on the air, and what noisy symbols say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from .wrapping import CELL, MOST_RECEIVED

QAM_SIDE = 64
SAFE_DEVIATIONS = 3.0  # of the errors, from the end of the cell


class LweMapping(Protocol):
    """`symbols` maps centred int32[n] to complex64; `values` gives float32[n] back, and float32[n] variances of them.

    Both in steps of Z_q; the variance is `inf` where a symbol says nothing. `noise_var` is that of complex symbols.
    """

    expansion: int

    def symbols(self, values: np.ndarray) -> np.ndarray: ...

    def values(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...

    def expected(self, values: np.ndarray, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        """Symbols of int32[n] of which errors of that `deviation` are not known, complex64, and float32 variances.

        `inf` where they may wrap.
        """


class AmplitudeMapping:
    """Two elements are the parts of one symbol, uniform over the square cell of mean energy 1: noise adds to errors."""

    expansion = 1

    def __init__(self, q: int) -> None:
        self._step = np.float32(CELL / q)

    def symbols(self, values: np.ndarray) -> np.ndarray:
        return (values.astype(np.float32) * self._step).view(np.complex64)

    def values(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts, variances = usable_parts(symbols, noise_var)
        return parts / self._step, variances / self._step**2

    def expected(self, values: np.ndarray, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        safe = (np.abs(values) < 0.5 * CELL / self._step - SAFE_DEVIATIONS * deviation).reshape(-1, 2).all(axis=1)
        variance = np.float32(2 * (deviation * self._step) ** 2)
        return self.symbols(values), np.where(safe, variance, np.float32(np.inf))


class QamMapping:
    """An element is one point of a 64 x 64 grid of mean energy 1.

    The real part is its upper digit to base 64, the imaginary part the lower one. A digit's mean and variance are taken
    over its 64 values, all as likely before the symbol came. Raises `ValueError` for q above 4096.
    """

    expansion = 2

    def __init__(self, q: int) -> None:
        if q > QAM_SIDE**2:
            raise ValueError(f"4096-QAM carries elements modulo 4096 at most, not {q}")
        self._half = q // 2
        levels = np.arange(QAM_SIDE) - (QAM_SIDE - 1) / 2
        self._levels = (levels / np.sqrt(2 * np.mean(levels**2))).astype(np.float32)

    def symbols(self, values: np.ndarray) -> np.ndarray:
        digits = np.stack(np.divmod(values + self._half, QAM_SIDE), axis=-1)
        return self._levels[digits].reshape(-1).view(np.complex64)

    def values(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts, variances = usable_parts(symbols, noise_var)
        known = np.isfinite(variances)
        means, spreads = self._digits(parts, np.where(known, variances, np.float32(1)))
        weights = np.array([QAM_SIDE, 1], np.float32)
        value = means.reshape(-1, 2) @ weights - self._half
        variance = spreads.reshape(-1, 2) @ weights**2
        return value, np.where(known[::2] & known[1::2], variance, np.float32(np.inf))

    def expected(self, values: np.ndarray, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        symbols = self.symbols(values)
        upper = symbols.real.astype(np.complex64)  # errors are larger than 64: of the lower digit nothing is known
        step = (self._levels[1] - self._levels[0]) / QAM_SIDE
        variance = np.float32(np.mean(self._levels**2) + (deviation * step) ** 2)
        safe = np.abs(values) < self._half - SAFE_DEVIATIONS * deviation
        return upper, np.where(safe, variance, np.float32(np.inf))

    def _digits(self, parts: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the digit, 0 ... 63, that each part carries."""
        half_inverse = (0.5 / np.maximum(variances, np.float32(1e-9)))[:, None]
        exponent = -((parts[:, None] - self._levels) ** 2) * half_inverse
        weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
        moments = weights @ np.stack([np.ones(QAM_SIDE), np.arange(QAM_SIDE), np.arange(QAM_SIDE) ** 2], axis=1)
        mean = moments[:, 1] / moments[:, 0]
        return mean.astype(np.float32), (moments[:, 2] / moments[:, 0] - mean**2).clip(0).astype(np.float32)


MAPPINGS: dict[str, Callable[[int], LweMapping]] = {"amplitude": AmplitudeMapping, "qam4096": QamMapping}


def lwe_mapping(name: str, q: int) -> LweMapping:
    """The mapping called `name` for elements modulo `q`; `ValueError` for an unknown name, or a q that does not fit."""
    if name not in MAPPINGS:
        raise ValueError(f"unknown LWE mapping {name!r}: choose from {', '.join(MAPPINGS)}")
    return MAPPINGS[name](q)


def usable_parts(symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real parts float32[2 k] and their noise variances; 0 and `inf` for symbols lost, not finite or beyond 10^6."""
    parts = symbols.view(np.float32)
    usable = np.isfinite(noise_var) & (np.abs(parts) < MOST_RECEIVED).reshape(-1, 2).all(axis=1)
    variances = np.where(usable, noise_var * np.float32(0.5), np.float32(np.inf))
    return np.where(np.repeat(usable, 2), parts, np.float32(0)), np.repeat(variances, 2)
