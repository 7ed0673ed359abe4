# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence intervals of what the waveform's benchmarks count and average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

CONFIDENCE = 0.95
RESAMPLES = 1000


def proportion(hits: int, trials: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion."""
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def rate_limit(events: int, exposure: float) -> float:
    """Upper limit of a Poisson rate per unit of exposure, one-sided."""
    return float(chi2.ppf(CONFIDENCE, 2 * (events + 1))) / 2 / exposure


def ratio_of_means(over: NDArray[np.float64], under: NDArray[np.float64]) -> tuple[float, float, float]:
    """Ratio of two means of paired values, and its interval by bootstrap over the pairs."""
    draws = np.random.default_rng(0).integers(0, len(over), (RESAMPLES, len(over)))
    edges = np.percentile(
        over[draws].mean(axis=1) / under[draws].mean(axis=1), [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)]
    )
    return float(over.mean() / under.mean()), float(edges[0]), float(edges[1])
