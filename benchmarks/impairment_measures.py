# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of each packet received, and what is said of all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from deepjscec.phy import Packet, Profile

RESAMPLES = 1000
#: Samples that the genie's transform windows begin before the first path's symbol body.
GENIE_ADVANCE = 2


@dataclass(frozen=True)
class Ideal:
    """A receiver that knows the response of every carrier at any time and suffers from the white noise alone.

    Attributes:
        mse: mean squared error after division by the response.
        combined: the same after MMSE combining.
    """

    mse: float
    combined: float


def flat_ideal(variance: float) -> Ideal:
    """Of a channel without a shape; `variance` relative to the signal."""
    return Ideal(variance, variance)


def genie(
    profile: Profile,
    sent: NDArray[np.complex64],
    clean: NDArray[np.complex64],
    start: float,
    cfo_hz: float,
    delays: tuple[float, ...],
    noise_var: float,
) -> Ideal:
    """Fit the gains of all paths, in each symbol anew, to what came out of the channel before noise was added.

    Args:
        sent: the burst as it was made.
        clean: complex64[n] behind the channel.
        start: where in `clean` the burst would begin without delay, in samples.
        cfo_hz: carrier offset of the burst.
        delays: of the paths, in samples.
        noise_var: of the noise to come, per sample.
    """
    n, step, k = profile.fft_len, profile.symbol_len, profile.carriers
    rows = (len(sent) - profile.overhead_len) // step
    body = profile.overhead_len + profile.cp_len + step * np.arange(rows)[:, None] + np.arange(n)
    window = math.floor(start + min(delays)) - GENIE_ADVANCE
    late = start + np.array(delays) - window
    turn = np.exp(-2j * np.pi * cfo_hz / profile.sample_rate * (body + window))
    before, after = np.fft.fft(sent[body])[:, k], np.fft.fft(clean[body + window] * turn)[:, k]
    paths = np.exp(-2j * np.pi * np.outer(k, late) / n)
    normal = np.einsum("kp,rk,kq->rpq", paths.conj(), np.abs(before) ** 2, paths, optimize=True)
    # Paths less than a sample apart can hardly be told from each other; the response does not mind which is which.
    normal += 1e-6 * len(k) * np.mean(np.abs(before) ** 2) * np.eye(len(late))
    gains = np.linalg.solve(normal, ((before.conj() * after) @ paths.conj())[..., None])[..., 0]
    energy = np.abs(gains @ paths.T) ** 2
    weight = float(np.mean(energy / (energy + noise_var)))
    return Ideal(float(np.mean(noise_var / energy)), 1 / weight - 1)


#: Columns of the array that `packet_figures` fills a row of.
FIGURES = ("mse", "promised", "normalised", "weighted_error", "weighted_promise", "combined", "combined_promise",
           "erased", "ideal_mse", "ideal_combined")  # fmt: skip


def packet_figures(packet: Packet, payload: NDArray[np.complex64], ideal: Ideal) -> list[float]:
    """One row of figures.

    Symbols reported as erased are left out of error and promised variance.  `combined` is the error after symbols
    were weighted by w = 1 / (1 + v), mixed by a unitary and divided by the mean of w, as the link does; the
    promised value is 1 / mean w - 1.
    """
    variance = packet.noise_var.astype(np.float64)
    kept = np.isfinite(variance)
    error = np.abs(packet.symbols - payload)[kept].astype(np.float64) ** 2
    told = variance[kept]
    weight = 1 / (1 + variance)
    # A packet of which nothing is left has no symbols to combine.
    gain = float(np.mean(weight)) if np.mean(weight) > 1e-3 else np.nan
    combined = np.mean(np.abs(weight / gain * packet.symbols - payload) ** 2)
    return [
        float(np.mean(error)) if kept.any() else np.nan,
        float(np.mean(told)) if kept.any() else np.nan,
        float(np.mean(error / told)) if kept.any() else np.nan,
        float(np.sum(weight[kept] * error)),
        float(np.sum(weight[kept] * told)),
        float(combined),
        1 / gain - 1,
        float(np.mean(~kept)),
        ideal.mse,
        ideal.combined,
    ]


def proportion(hits: int, trials: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion at 95 %."""
    low = float(beta.ppf(0.025, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def summary(figures: NDArray[np.float64], rng: np.random.Generator) -> dict[str, float | list[float]]:
    """Means, losses and ratios over packets, float64[packets, len(FIGURES)], at least one.  `*_interval` holds
    95 % by bootstrap over packets; in fading, packets of a batch are not independent and it is too narrow."""
    of = {name: figures[:, column] for column, name in enumerate(FIGURES)}
    draws = rng.integers(0, len(figures), (RESAMPLES, len(figures)))
    result: dict[str, float | list[float]] = {"erased": float(np.mean(of["erased"]))}

    def ratio(name: str, over: str, under: str, decibels: bool = False) -> None:
        values = np.array([_mean(of[over]), *_mean(of[over][draws])])
        values /= np.array([_mean(of[under]), *_mean(of[under][draws])])
        values = 10 * np.log10(values) if decibels else values
        result[name] = float(values[0])
        result[f"{name}_interval"] = [float(edge) for edge in np.nanpercentile(values[1:], [2.5, 97.5])]

    for name in ("mse", "combined", "ideal_mse", "ideal_combined"):
        result[f"{name}_db"] = 10 * float(np.log10(_mean(of[name])))
    ratio("loss_db", "mse", "ideal_mse", decibels=True)
    ratio("combined_loss_db", "combined", "ideal_combined", decibels=True)
    ratio("reported_over_true", "promised", "mse")
    ratio("weighted_reported_over_true", "weighted_promise", "weighted_error")
    ratio("combined_reported_over_true", "combined_promise", "combined")
    of["one"] = np.ones(len(figures))
    ratio("true_over_reported", "normalised", "one")
    return result


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis, without packets of which nothing was kept."""
    mean: NDArray[np.float64] = np.nanmean(values, axis=-1)
    return mean
