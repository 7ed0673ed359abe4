# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel whose echoes change while the packet lasts: linear MMSE estimate over carriers and time together.

Delay is spanned by the basis of :mod:`channel_estimate`, time by cosines.  Beside the constant part, which has the wide
prior of the static estimate, every echo may vary with a flat Doppler spectrum and the power that the delay profile
gives it.  How fast is decided by the packet: the marginal likelihood of the observations is computed for a few
Doppler spreads, none among them, and the best is taken (type II maximum likelihood).
(Hoeher, Kaiser and Robertson, "Two-dimensional pilot-symbol-aided channel estimation by Wiener filtering",
ICASSP 1997; MacKay, "Bayesian interpolation", Neural Computation 4(3), 1992.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import scipy.fft
import scipy.linalg
from numpy.typing import NDArray

from .channel_estimate import ChannelEstimator
from .magnitude import squared_magnitude
from .observations import Observations
from .posterior import Posterior
from .profile import Profile

#: Doppler spreads tried, two-sided, in cycles over the packet, and where the search begins: at 20 ms from 2.5 Hz to
#: 240 Hz of Doppler frequency.
SPREADS = (0.1, 0.16, 0.26, 0.42, 0.67, 1.1, 1.7, 2.7, 4.2, 6.3, 9.5)
FIRST_SPREAD = 3
#: Functions of time are taken down to this share of the power.
SMALLEST_POWER = 3e-4
#: Share of the power that the delay profile holds ready at every delay, for echoes in a fade when it was taken.
PROFILE_FLOOR = 0.05
#: Deviates over the mean at which known carriers' slow misfit asks for the whole search.
VARIATION_DEVIATE = 3.0
TEST_COSINES = 4
#: Most coefficients fitted; a channel that changes too fast for all of them keeps its strongest components.
MOST_COEFFICIENTS = 300
#: No component is taken for weaker than this share of their mean.
SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class FadingChannel:
    """Channel per symbol and active carrier.

    Attributes:
        response: complex128[rows, columns].
        error: float64[rows, columns], variance of the response's error.
        degrees: number of complex parameters the noise was fitted with.
        spread: two-sided Doppler spread assumed, in cycles over the packet.
    """

    response: NDArray[np.complex128]
    error: NDArray[np.float64]
    degrees: float
    spread: float


@dataclass(frozen=True)
class DelayProfile:
    """Where a channel's echoes are: principal components of its response.

    Attributes:
        basis: complex128[columns, rank], orthonormal, for delays counted from the interval's middle.
        power: float64[rank], descending, variances of its coefficients for a mean power of 1 per carrier.
    """

    basis: NDArray[np.complex128]
    power: NDArray[np.float64]


def cosines(times: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """float64[count, len(times)]: cosines of 0, 1/2, 1, ... cycles from the first time to the last, of unit mean
    square."""
    phase = np.pi * (times - times[0]) / max(float(times[-1] - times[0]), 1.0)
    basis = np.cos(np.arange(count)[:, None] * phase)
    basis[1:] *= np.sqrt(2.0)
    return basis


@lru_cache(maxsize=64)
def slow_functions(rows: int, times: bytes, spread: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Functions of time that span a flat Doppler spectrum (discrete prolate spheroidal sequences where times are even).

    Args:
        rows: number of times.
        times: their bytes, float64.
        spread: two-sided width of the spectrum, cycles from the first time to the last.

    Returns:
        float64[functions, rows], of unit mean square, and float64[functions], each one's share of the power.
    """
    t = np.frombuffer(times, np.float64)
    cycles = (t - t[0]) / max(float(t[-1] - t[0]), 1.0)
    values, vectors = np.linalg.eigh(np.sinc(spread * (cycles[:, None] - cycles)) / rows)
    keep = values > SMALLEST_POWER
    return np.ascontiguousarray(vectors[:, keep].T[::-1]) * np.sqrt(rows), values[keep][::-1]


def varies(known: Observations, model: NDArray[np.complex128], noise: float) -> bool:
    """Whether what a static ``model`` (complex128[n], received without noise) leaves at each carrier wanders slowly."""
    # Carriers that are known at the packet's beginning alone have nothing to say.
    late = np.bincount(known.column[known.row >= len(known.times) // 2], minlength=known.columns) > 0
    seen = late[known.column]
    column, model = known.column[seen], model[seen]
    product = (known.received[seen] - model) * np.conj(model)
    energy = squared_magnitude(model)
    statistic = 0.0
    number = 0
    for function in cosines(known.times, TEST_COSINES)[:, known.row[seen]]:
        real, imaginary = np.bincount(column, function * product.real), np.bincount(column, function * product.imag)
        expected = noise * np.bincount(column, function**2 * energy)
        there = expected > 0
        statistic += float(np.sum((real**2 + imaginary**2)[there] / expected[there]))
        number += int(np.count_nonzero(there))
    return statistic > number + VARIATION_DEVIATE * np.sqrt(number)


class FadingEstimator:
    """Estimator for one profile, over the static estimator's delay basis."""

    def __init__(self, profile: Profile, static: ChannelEstimator) -> None:
        self._basis, self._centre, self._power = static.basis.astype(np.complex128), static.centre, static.power
        self._carriers, self._fft_len, self._width = profile.carriers, profile.fft_len, static.width
        self._differences = profile.carriers[:, None] - profile.carriers

    def fit(
        self,
        known: Observations,
        rotation: NDArray[np.complex128],
        noise: float,
        profile: DelayProfile,
        spread: float | None = None,
    ) -> FadingChannel | None:
        """The likeliest channel, None when that is a static one.

        Args:
            known: the observations.
            rotation: complex128[n], the tracked gain and phase of each.
            noise: variance of the noise per observation, positive.
            profile: what :meth:`delay_profile` told.
            spread: the Doppler spread in cycles over the packet, where it is known.

        Raises:
            numpy.linalg.LinAlgError: where damaged samples make the equations too ill-conditioned to solve.
        """
        model = rotation * known.sent
        shape = len(known.times), known.columns
        weight = np.zeros(shape)
        matched = np.zeros(shape, np.complex128)
        weight[known.row, known.column] = squared_magnitude(model) / noise
        matched[known.row, known.column] = known.received * np.conj(model) / noise
        matched *= np.conj(self._centre)
        sent = float(np.sum(squared_magnitude(model)))
        received = float(np.sum(squared_magnitude(known.received)))
        power = max(received - len(model) * noise, 1e-2 * received) / sent

        @cache
        def posterior(spread: float) -> Posterior:
            functions, share = slow_functions(shape[0], known.times.tobytes(), spread)
            rank = min(len(profile.power), MOST_COEFFICIENTS // len(share))
            prior = power * np.outer(share, profile.power[:rank]).ravel()
            return Posterior(profile.basis[:, :rank], functions, weight, matched, prior)

        if spread is None:
            spread = _highest(lambda value: posterior(value).score)
            static = Posterior(self._basis, np.ones((1, shape[0])), weight, matched, power * self._power)
            if posterior(spread).score <= static.score:
                return None
        best = posterior(spread)
        return FadingChannel(self._centre * best.response(), *best.error(), spread)

    def delay_profile(self, response: NDArray[np.complex128]) -> DelayProfile:
        """What a channel's ``response`` (complex128[columns]) at one time tells about the power of its echoes."""
        # Two points a sample, delays counted from the interval's middle, which the centring has put at zero.
        size = 2 * self._fft_len
        spectrum = np.zeros(size, np.complex128)
        spectrum[self._carriers] = response * np.conj(self._centre) * np.hanning(len(response) + 2)[1:-1]
        seen = squared_magnitude(scipy.fft.ifft(spectrum))
        inside = np.abs(scipy.fft.fftfreq(size, 1 / self._fft_len)) <= self._width / 2
        power = np.where(inside, seen, 0.0)
        power = power / np.sum(power) + PROFILE_FLOOR * inside / np.count_nonzero(inside)
        correlation = scipy.fft.fft(power / np.sum(power))
        covariance = self._basis.T @ correlation[self._differences] @ self._basis
        values, vectors = np.linalg.eigh(covariance)
        floor = SMALLEST_SHARE * float(np.mean(values))
        return DelayProfile(self._basis @ vectors[:, ::-1], np.maximum(values[::-1], floor))


def _highest(score: Callable[[float], float]) -> float:
    """The spread of the highest score, climbing from the first one: the likelihood has one maximum."""
    index = FIRST_SPREAD
    step = 1 if score(SPREADS[index + 1]) > score(SPREADS[index]) else -1
    while 0 <= index + step < len(SPREADS) and score(SPREADS[index + step]) > score(SPREADS[index]):
        index += step
    return SPREADS[index]
