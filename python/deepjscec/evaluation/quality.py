# SPDX-License-Identifier: GPL-3.0-or-later
"""How close received pictures are to those that were sent."""

from __future__ import annotations

import numpy as np

from deepjscec.baseline.source import psnr_db as psnr_of_batch

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_SMALLEST_SIDE = 11 * 2 ** (len(MS_SSIM_WEIGHTS) - 1)  # the window must fit the smallest scale


def psnr_db(sent: np.ndarray, received: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of two uint8[H, W, 3] pictures against the peak 255; `inf` if equal."""
    return float(psnr_of_batch(sent[None], received[None])[0])


def ms_ssim(sent: np.ndarray, received: np.ndarray) -> float:
    """Multi-scale structural similarity of two uint8[H, W, 3] pictures, mean over the channels; NaN below 176 pixels.

    Source: Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar 2003:
    Gaussian window of 11 x 11 and deviation 1.5, five scales, K1 = 0.01, K2 = 0.03.
    """
    from scipy.ndimage import gaussian_filter

    if min(sent.shape[:2]) < MS_SSIM_SMALLEST_SIDE:
        return float("nan")
    x, y = (picture.astype(np.float32) for picture in (sent, received))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

    def blur(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, (1.5, 1.5, 0), truncate=3.5)[5:-5, 5:-5]

    product = np.ones(3)
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        mean_x, mean_y = blur(x), blur(y)
        var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
        structure = (2 * (blur(x * y) - mean_x * mean_y) + c2) / (var_x + var_y + c2)
        if scale == len(MS_SSIM_WEIGHTS) - 1:
            structure *= (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        product *= np.maximum(structure.mean((0, 1), dtype=np.float64), 0) ** weight
        h, w = (side // 2 * 2 for side in x.shape[:2])
        x, y = (p[:h, :w].reshape(h // 2, 2, w // 2, 2, 3).mean((1, 3)) for p in (x, y))
    return float(product.mean())
