# SPDX-License-Identifier: GPL-3.0-or-later
"""95 % confidence intervals. The pictures are the sample: repeats of one are averaged before."""

from __future__ import annotations

import numpy as np

from deepjscec.attack.interval import clopper_pearson

CONFIDENCE = 0.95


def mean_interval(values: np.ndarray) -> tuple[float, float] | None:
    """Of a mean, by Student's t, from float[n]; None for fewer than two values."""
    from scipy.stats import t

    if len(values) < 2:
        return None
    half = float(t.isf((1 - CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    mean = float(np.mean(values))
    return mean - half, mean + half


def share_interval(shares: np.ndarray) -> tuple[float, float] | None:
    """Of a probability, from each picture's share of successes, float[n].

    Clopper and Pearson's where every share is 0 or 1; with repeats, whose successes are not independent, Student's t.
    """
    if np.isin(shares, (0.0, 1.0)).all():
        return clopper_pearson(round(float(shares.sum())), len(shares), CONFIDENCE)
    interval = mean_interval(shares)
    return interval and (max(interval[0], 0.0), min(interval[1], 1.0))
