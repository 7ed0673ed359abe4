# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights for symbols of unequal noise that a rotation is about to mix."""

from __future__ import annotations

import numpy as np


def mmse_weights(noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights before a block is rotated back, and the noise variance of the block after it.

    `noise_var` float[blocks, m], per complex symbol of unit energy, `inf` for a symbol without information. Returns
    weights float32[blocks, m] and variances float32[blocks].

    With w_i = 1 / (1 + v_i) and g = mean w_i, the rotated-back block sum U^H (w y) / g is unbiased and its error is
    spread evenly over the block, with variance 1 / g - 1 a symbol. A faded carrier then costs every symbol of the
    block a little instead of one symbol everything. Equal variances v give back v. Source: linear MMSE estimation
    of a vector whose covariance is the identity, which a Haar rotation makes it.
    """
    weights = 1 / (1 + noise_var.astype(np.float64))
    gain = weights.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        variance = 1 / gain - 1
    normalised = np.divide(weights, gain, out=np.zeros_like(weights), where=gain > 0)
    return normalised.astype(np.float32), variance[:, 0].astype(np.float32)
