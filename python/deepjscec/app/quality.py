# SPDX-License-Identifier: GPL-3.0-or-later
"""How close a received picture is to the one that was sent."""

from __future__ import annotations

import numpy as np

from deepjscec.evaluation.quality import ms_ssim, psnr_db

__all__ = ["mean_colour_psnr_db", "ms_ssim", "psnr_db", "ssim"]


def ssim(sent: np.ndarray, received: np.ndarray) -> float:
    """Structural similarity of two uint8[H, W, 3] pictures, mean over the channels.

    Gaussian window of deviation 1.5 as in Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 13(4), 2004.
    """
    from skimage.metrics import structural_similarity

    return float(
        structural_similarity(
            sent,
            received,
            channel_axis=2,
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def mean_colour_psnr_db(sent: np.ndarray) -> float:
    """PSNR in dB of a flat picture in the mean colour of `sent`: what guessing without looking reaches at best."""
    flat = np.broadcast_to(np.rint(sent.mean(axis=(0, 1))), sent.shape)
    return psnr_db(sent, flat.astype(np.uint8))
