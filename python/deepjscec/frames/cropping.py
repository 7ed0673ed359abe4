# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of any shape to squares."""

from __future__ import annotations

import numpy as np


def centre_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """The middle of uint8[H, W, 3], as large as fits, scaled to uint8[size, size, 3]."""
    if pixels.shape[:2] == (size, size):
        return pixels
    from PIL import Image, ImageOps

    return np.array(ImageOps.fit(Image.fromarray(pixels), (size, size)))
