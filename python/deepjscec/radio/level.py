# SPDX-License-Identifier: GPL-3.0-or-later
"""How loud samples are, and what a front end did to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plan import dbfs

WINDOW = 256  # samples; the level of a pause is that of the quietest tenth of such windows
CLIPPED = 0.995  # of full scale: a 12-bit converter's largest value is 0.9995


@dataclass(frozen=True)
class Level:
    """Levels in dB over full scale, which is 1 in I and in Q.

    Attributes:
        rms_dbfs: of all samples, without their mean.
        quiet_dbfs: of the quietest tenth of windows of 256 samples: the noise between bursts.
        peak_dbfs: the largest of I and Q.
        dc_dbfs: the mean of all samples.
        image_db: the mirror image that unequal I and Q branches make, under the signal; a capture of n samples shows
            no image below about 10 log10(1 / 2n).
        clipped: share of samples with I or Q at full scale.
    """

    rms_dbfs: float
    quiet_dbfs: float
    peak_dbfs: float
    dc_dbfs: float
    image_db: float
    clipped: float


def measure_level(samples: NDArray[np.complex64]) -> Level:
    """Of complex64[n] in full scale, n at least 256.

    A front end that turns x into x + r conj(x) gives a signal whose real and imaginary parts are uncorrelated and
    equally strong, as modulated carriers are, a mean square E[y^2] = 2 r E[|y|^2]: that is how `image_db` finds r.

    Raises:
        ValueError: for fewer samples, or where they are not finite.
    """
    if samples.ndim != 1 or len(samples) < WINDOW:
        raise ValueError(f"a level needs at least {WINDOW} samples in one row, got shape {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("samples must be finite")
    mean = samples.mean(dtype=np.complex128)
    centred = samples - mean
    power = np.mean(np.abs(centred) ** 2, dtype=np.float64)
    image = abs(np.mean(centred**2, dtype=np.complex128)) / (2 * power) if power else 0.0
    parts = np.maximum(np.abs(samples.real), np.abs(samples.imag))
    windows = np.abs(centred[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)) ** 2
    quiet = np.quantile(windows.mean(axis=1), 0.1)
    return Level(
        rms_dbfs=dbfs(float(power) ** 0.5),
        quiet_dbfs=dbfs(float(quiet) ** 0.5),
        peak_dbfs=dbfs(float(parts.max())),
        dc_dbfs=dbfs(abs(mean)),
        image_db=dbfs(float(image)),
        clipped=float(np.mean(parts >= CLIPPED)),
    )
