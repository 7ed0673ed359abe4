# SPDX-License-Identifier: GPL-3.0-or-later
"""The isometric cipher's unitary in plain NumPy, at higher precision: slow, for reading and for checking.

Written from the definition in `_kernel.py` with library functions, column by column; shares no code with it.
"""

from __future__ import annotations

import math

import numpy as np


def gaussians(words: np.ndarray, rounded: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary parts, longdouble[n], of the Gaussians that uint64[2 n] key-stream words stand for.

    The uniforms are the cipher's own, of 53 significant bits, or with `rounded=False` those of all 64 bits of
    each word: the nearest thing to continuous uniforms that the same words determine.
    """
    radii, phases = words.reshape(2, -1)
    half, full = np.longdouble(0.5), np.longdouble(2) ** 64
    u = (radii.astype(np.longdouble) + half) / full
    v = (phases.astype(np.longdouble) + half) / full
    if rounded:
        upper, lower = radii >> np.uint64(32), radii & np.uint64(2**32 - 1)
        u = (upper * 2.0**32 + (lower + 0.5)).astype(np.longdouble) / full  # one rounding, that of the sum
        v = ((phases >> np.uint64(11)).astype(np.longdouble) + half) / np.longdouble(2) ** 53
    pi = 4 * np.arctan(np.longdouble(1))
    t = 2 * pi * v - pi / 4
    r = np.sqrt(-np.log(u))
    return r * np.cos(t), r * np.sin(t)


def unitary(words: np.ndarray, rounded: bool = True) -> np.ndarray:
    """The unitary, clongdouble[m, m], of one block's uint64[m (m + 1)] words."""
    m = (math.isqrt(1 + 4 * words.size) - 1) // 2
    if m * (m + 1) != words.size:
        raise ValueError(f"{words.size} words make no block")
    re, im = gaussians(words, rounded)
    x = re + 1j * im
    u = np.eye(m, dtype=x.dtype)
    start = 0
    for n in range(m, 0, -1):
        u[:, m - n :] = times_first_column_unitary(u[:, m - n :], x[start : start + n])
        start += n
    return u


def times_first_column_unitary(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """a W for W = H diag(-p, 1, ..., 1), a unitary whose first column is x / |x|; p = x[0] / |x[0]|."""
    norm = np.sqrt(np.sum(x.real**2 + x.imag**2))
    phase = x[0] / np.sqrt(x[0].real ** 2 + x[0].imag ** 2)
    if x.size == 1:
        return a * phase
    w = x.copy()
    w[0] += phase * norm
    product = a - np.outer(a @ w, 2 * w.conj() / np.sum(w.real**2 + w.imag**2))
    product[:, 0] *= -phase
    return product
