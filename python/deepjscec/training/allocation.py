# SPDX-License-Identifier: GPL-3.0-or-later
"""Unequal shares of a codeword, as training draws them: busy tiles send more tiers, smooth ones fewer."""

from __future__ import annotations

import numpy as np


def activity(planes: np.ndarray, tile_pixels: int) -> np.ndarray:
    """What a tile has to tell: its mean squared deviation from the means of 4 x 4 pixels, values 0 to 255.

    `planes` [n, 3, H, W] with sides multiples of `tile_pixels`; returns float64[n, H/tile_pixels, W/tile_pixels].
    """
    n, colours, h, w = planes.shape
    cells = planes.reshape(n, colours, h // 4, 4, w // 4, 4).astype(np.float32)
    # exact sums of integers below 2^24: every machine gets the same
    variance = (cells**2).sum((3, 5)) - cells.sum((3, 5)) ** 2 / 16
    t = tile_pixels // 4
    tiles = variance.astype(np.float64).reshape(n, colours, h // tile_pixels, t, w // tile_pixels, t)
    return tiles.sum((1, 3, 5)) / (colours * tile_pixels**2)


def wished_tiers(energy: np.ndarray, mean: float | np.ndarray, exponent: float = 0.5) -> np.ndarray:
    """Tiers per tile, not yet whole: activity to a power, scaled to `mean` over each picture.

    With an error falling as energy / tiers, the square root shares blocks best. `energy` [n, rows, columns].
    """
    weight = (energy + 1.0) ** exponent
    return mean * weight / weight.mean((1, 2), keepdims=True)
