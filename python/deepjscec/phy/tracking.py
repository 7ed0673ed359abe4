# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes over a packet: carrier phase, sample clock, and a common gain that may wander.

Phase and clock are straight lines in time, four numbers for the whole packet, fitted by Gauss-Newton steps
of the maximum-likelihood problem.  What is left (phase noise, flat fading) is one complex gain per symbol,
smoothed as a random walk whose speed the packet itself decides by likelihood: with a steady oscillator it
comes out as zero, the gain is an average over the packet, and the tracking costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .observations import Observations
from .profile import Profile
from .rotors import energies_by_row, rotors, sums_by_row

#: Prior standard deviation of the sample clock's offset: two free-running crystals of 20 to 30 ppm.
CLOCK_DEVIATION = 40e-6
#: The delay itself belongs to the channel estimate; held here at this standard deviation, in samples.
DELAY_DEVIATION = 0.1
#: Variances tried for the random walk's step per symbol: none, and decades from -60 dB (0.06 degrees) to -20
#: dB (6 degrees).
WALK_VARIANCES = np.array([0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
#: Frequency search: turns by which neighbouring trials part over the whole packet.
SEARCH_TURNS = 0.1


@dataclass(frozen=True)
class Track:
    """Rotation ``gain[row] exp(j (phase + 2 pi frequency t / N - 2 pi k (delay + clock t) / N))``.

    ``t`` is in samples, ``frequency`` in carrier spacings, ``clock`` in samples per sample, ``gain``
    complex128[rows] with the error variance ``gain_error`` float64[rows]; ``degrees`` counts what was
    fitted, in complex numbers.
    """

    parameters: NDArray[np.float64]
    gain: NDArray[np.complex128]
    gain_error: NDArray[np.float64]
    degrees: float

    @property
    def frequency(self) -> float:
        """Residual frequency offset, carrier spacings."""
        return float(self.parameters[1])


class Tracker:
    """Fits a :class:`Track` for one profile."""

    def __init__(self, profile: Profile) -> None:
        self._fft_len = profile.fft_len
        self._carriers = profile.carriers

    def start(self, rows: int) -> Track:
        """The track of a packet that nothing changes in."""
        return Track(np.zeros(4), np.ones(rows, np.complex128), np.zeros(rows), 0.0)

    def steady(self, track: Track) -> Track:
        """The track's lines alone, without its gain."""
        return Track(track.parameters, np.ones_like(track.gain), np.zeros_like(track.gain_error), 0.0)

    def rotation(self, track: Track, times: NDArray[np.float64]) -> NDArray[np.complex128]:
        """complex128[rows, active_carriers]: what the channel response is multiplied by in each symbol."""
        rows, columns = len(times), len(self._carriers)
        row, carrier = np.repeat(np.arange(rows), columns), np.tile(self._carriers, rows)
        turn = rotors(*self._lines(track.parameters, times), row, carrier).reshape(rows, columns)
        return np.asarray(track.gain[:, None] * turn)

    def rotation_of(self, track: Track, known: Observations) -> NDArray[np.complex128]:
        """complex128[n]: the same for each observation."""
        turn = rotors(*self._lines(track.parameters, known.times), known.row, self._carriers[known.column])
        return np.asarray(track.gain[known.row] * turn)

    def search(self, track: Track, known: Observations, model: NDArray[np.complex128], limit: float) -> Track:
        """Replace the frequency by the best within ``limit`` carrier spacings, from a grid of trials.

        ``model`` complex128[n]: each observation as it would be without rotation and noise.
        """
        turns = known.times / self._fft_len
        step = SEARCH_TURNS / float(np.ptp(turns))
        count = int(np.ceil(limit / step))
        trials = step * np.arange(-count, count + 1)
        product = known.received * np.conj(model)
        sums = known.sum_rows(product.real) + 1j * known.sum_rows(product.imag)
        combined = np.exp(-2j * np.pi * trials[:, None] * turns) @ sums
        best = int(np.argmax(np.abs(combined)))
        parameters = np.array([np.angle(combined[best]), trials[best], 0.0, 0.0])
        return Track(parameters, track.gain, track.gain_error, track.degrees)

    def refine(
        self,
        track: Track,
        known: Observations,
        model: NDArray[np.complex128],
        noise: float,
        steps: int = 2,
    ) -> Track:
        """Gauss-Newton steps for the lines, then the smoothed gain.

        Args:
            track: where to start from.
            known: the observations.
            model: complex128[n], each observation as it would be without rotation and noise.
            noise: variance of the noise per observation, positive.
            steps: Gauss-Newton steps.
        """
        product = known.received * np.conj(model)
        t = known.times
        u = 2.0 * np.pi * t / self._fft_len
        # Sums over carriers first: what is left is a few numbers a symbol.
        carrier = self._carriers[known.column]
        per_delay = -2.0 * np.pi / self._fft_len
        e0, e1, e2 = energies_by_row(model, known.row, carrier, len(t)) * np.array([[1.0], [per_delay], [per_delay**2]])
        normal = np.array(
            [
                [np.sum(e0), e0 @ u, np.sum(e1), e1 @ t],
                [0.0, e0 @ (u * u), e1 @ u, e1 @ (u * t)],
                [0.0, 0.0, np.sum(e2), e2 @ t],
                [0.0, 0.0, 0.0, e2 @ (t * t)],
            ]
        )
        normal = (normal + np.triu(normal, 1).T) * (2.0 / noise)
        # Phase and frequency are free; the equations must have a solution for silence, too.
        prior = np.array([1e-12, 1e-12, DELAY_DEVIATION**-2, CLOCK_DEVIATION**-2])
        parameters = track.parameters.copy()
        for _ in range(steps):
            turn = rotors(*self._lines(parameters, t), known.row, carrier)
            plain, tilted = sums_by_row(product * np.conj(turn), known.row, carrier, len(t))
            v0, v1 = plain.imag, per_delay * tilted.imag
            slope = np.array([np.sum(v0), v0 @ u, np.sum(v1), v1 @ t]) * (2.0 / noise)
            parameters += np.linalg.solve(normal + np.diag(prior), slope - prior * parameters)

        turn = rotors(*self._lines(parameters, t), known.row, carrier)
        plain, _ = sums_by_row(product * np.conj(turn), known.row, carrier, len(t))
        safe = np.maximum(e0, max(1e-12 * float(np.max(e0)), 1e-300))
        gain, error = _smooth(plain / safe, noise / safe, WALK_VARIANCES)
        return Track(parameters, gain, error, 2.0 + float(np.sum(error * e0)) / noise)

    def _lines(
        self, parameters: NDArray[np.float64], times: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Phase of carrier 0 and its slope per carrier, float64[rows] each."""
        phase, frequency, delay, clock = parameters
        turn = 2.0 * np.pi / self._fft_len
        return phase + turn * frequency * times, -turn * (delay + clock * times)


@njit(cache=True, nogil=True)
def _smooth(seen, variance, walks):  # type: ignore[no-untyped-def]
    """Kalman filter for each speed of the random walk, Rauch-Tung-Striebel smoother for the likeliest."""
    rows = len(seen)
    best = -np.inf
    speed = 0.0
    filtered = np.empty(rows, np.complex128)
    filtered_variance = np.empty(rows, np.float64)
    for trial in range(len(walks) + 1):
        walk = walks[trial] if trial < len(walks) else speed
        state = 1.0 + 0.0j
        spread = 1.0
        score = 0.0
        for i in range(rows):
            if i > 0:
                spread += walk
            total = spread + variance[i]
            surprise = seen[i] - state
            score -= np.log(total) + (surprise.real**2 + surprise.imag**2) / total
            weight = spread / total
            state += weight * surprise
            spread *= 1.0 - weight
            filtered[i] = state
            filtered_variance[i] = spread
        if score > best:
            best = score
            speed = walk
    for i in range(rows - 2, -1, -1):
        ahead = filtered_variance[i] + speed
        weight = filtered_variance[i] / ahead if ahead > 0.0 else 1.0
        filtered[i] += weight * (filtered[i + 1] - filtered[i])
        filtered_variance[i] += weight * weight * (filtered_variance[i + 1] - ahead)
    return filtered, filtered_variance
