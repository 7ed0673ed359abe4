# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve's pictures: decoded from what she has, and how far they are from those that were sent."""

from __future__ import annotations

import numpy as np

from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate

NOISELESS_VAR = 1e-3  # noise variance to decode noise-free symbols with: models are trained for little less


def size_of(pictures: np.ndarray) -> tuple[int, int]:
    """(H, W) of pictures [n, H, W, 3]."""
    return pictures.shape[1], pictures.shape[2]


def decode_noiseless(codec: Codec, symbols: np.ndarray, size: tuple[int, int], rate: Rate) -> np.ndarray:
    """Codewords complex64[n, k] without noise -> uint8[n, H, W, 3]."""
    return codec.decode_batch(symbols, np.full(symbols.shape, NOISELESS_VAR, np.float32), size, rate)


def mean_psnr_db(sent: np.ndarray, found: np.ndarray) -> float:
    """PSNR in dB against peak 255, the mean over pictures uint8[n, H, W, 3]; `inf` where one is met exactly.

    `found` may be one picture for all.
    """
    error = np.square(sent.astype(np.float32) - found.astype(np.float32)).mean(axis=(1, 2, 3), dtype=np.float64)
    with np.errstate(divide="ignore"):
        return float(np.mean(10 * np.log10(255**2 / error)))
