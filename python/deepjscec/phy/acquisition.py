# SPDX-License-Identifier: GPL-3.0-or-later
"""Second look at a candidate: is the preamble there, where does it start, and how far is its frequency off?

The candidate's stretch of samples, freed of the fractional frequency offset, is correlated with the whole
preamble at every delay and every whole number of carrier spacings.  The squared correlation over both
energies is held against a threshold.  In white noise its square at one delay and offset exceeds ``t`` with
probability ``(1 - t)^(L - 1)``, ``L`` the preamble's length; with all trials of a candidate counted as
independent the threshold solves this for `FALSE_ALARM`: t = 0.05 with the default profile.  A preamble at
Es/N0 = -2 dB gives 0.34 on a single path.  A sine reaches at most about 1 / active_carriers = 0.005, so no
sine passes at any level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .blanking import blank_impulses
from .detector import RepetitionDetector
from .magnitude import squared_magnitude
from .preamble import preamble_samples
from .profile import Profile
from .spurs import clip_spectrum

#: Chance that noise passes as a preamble, per candidate.
FALSE_ALARM = 1e-9
#: Whole carrier spacings searched to either side.  With half a spacing from the repetition the receiver
#: stands 4.5 spacings, 17.6 kHz with the default profile: 7 ppm at 2.4 GHz.
CARRIERS_OFF = 4
#: Samples this factor over the candidate's power belong to something else: 20 dB, where the preamble peaks at 6.
LOUDER = 100.0


@dataclass(frozen=True)
class Acquisition:
    """A preamble found: ``start`` of its strongest path (samples from where the search began), ``cfo`` in
    carrier spacings, ``quality`` the squared normalised correlation (0 to 1)."""

    start: int
    cfo: float
    quality: float


class PreambleAcquisition:
    """Examines candidates of the repetition detector.

    A packet's metric crosses the threshold before its plateau, at most ``fft_len`` early with silence in
    front of it, and stays over it behind the preamble's start for nearly as long, which is where a search begins that
    something else has held up.  Starts from `before` samples in front of the candidate up to `after` behind it are
    accepted.  Another ``fft_len`` starts are tried but not accepted: the repeated body makes a second, lower
    peak one ``fft_len`` in front of the true one, and a candidate that sees only that one (a chance hit
    shortly before a packet) must leave the packet to the next candidate.
    """

    def __init__(self, profile: Profile, detector: RepetitionDetector) -> None:
        self._profile = profile
        self._detector = detector
        preamble = preamble_samples(profile)
        self.before = profile.fft_len  #: samples read in front of the candidate
        self.after = profile.fft_len + 2 * profile.cp_len  #: accepted starts behind the candidate
        self._positions = self.after // detector.step + 1  #: grid positions whose metric is compared
        self._lags = self.before + self.after + profile.fft_len
        self._needed = self._lags + len(preamble) - 1
        #: Samples needed from the candidate on.
        self.lookahead = max(self._needed - self.before, (self._positions - 1) * detector.step + detector.span)
        self._size = scipy.fft.next_fast_len(self._needed)
        self._energy = float(np.sum(np.abs(preamble) ** 2))
        self._offsets = np.arange(-CARRIERS_OFF, CARRIERS_OFF + 1)
        turns = self._offsets[:, None] * np.arange(len(preamble)) / profile.fft_len
        shifted = np.exp(2j * np.pi * turns) * preamble
        self._templates = np.conj(scipy.fft.fft(shifted, self._size, axis=1)).astype(np.complex64)
        trials = self._lags * len(self._offsets)
        self.threshold = 1.0 - (FALSE_ALARM / trials) ** (1.0 / (len(preamble) - 1))

    def examine(self, samples: NDArray[np.complex64]) -> Acquisition | None:
        """The best preamble around a candidate, or None.

        Args:
            samples: complex64[before + lookahead], the candidate at index ``before``.

        Returns:
            An acquisition whose ``start`` counts from ``samples[0]``.
        """
        part = self._levelled(samples[: self.before + self.lookahead])
        if part is None:
            return None
        clean = clip_spectrum(part)
        values, turns = self._detector.metric(clean[self.before :].astype(np.complex64), self._positions)
        fraction = float(turns[int(np.argmax(values))])
        if clean is not part and np.max(values) < self._detector.threshold:
            return None  # what repeated itself was the interferer
        # An interferer repeats itself like a preamble, with a phase of its own, and no filter takes it off altogether.
        trials = [fraction] if clean is part else [fraction + quarter / 4 for quarter in range(4)]
        clean = clean[: self._needed]
        power = squared_magnitude(clean)
        mean = float(np.mean(power))
        if mean == 0.0:
            return None
        running = np.concatenate([[0.0], np.cumsum(power / mean)])
        length = self._profile.preamble_len
        energy = running[length : length + self._lags] - running[: self._lags]
        # A stretch 60 dB under the mean of the part is silence and its quotient would be rounding.
        energy = np.maximum(energy, 1e-6 * length).astype(np.float32)
        clean = clean / np.sqrt(mean)
        best, cfo, start = max(self._search(clean, energy, trial) for trial in trials)
        if best < self.threshold:
            return None
        start, cfo = self._align(clean, start, cfo)
        if not 0 <= start < self.before + self.after:
            return None
        return Acquisition(start, cfo, best)

    def _levelled(self, samples: NDArray[np.complex64]) -> NDArray[np.complex128] | None:
        """Samples at the level of what repeats itself, without what is far louder and without DC; None for silence."""
        values, _ = self._detector.metric(samples[self.before :], self._positions)
        first = self.before + int(np.argmax(values)) * self._detector.step
        part = samples.astype(np.complex128)
        power = squared_magnitude(part)
        level = float(np.mean(power[first : first + self._detector.span]))
        if level == 0.0:
            return None
        # A packet may begin right behind another, or behind whatever there was, that is louder by any factor.
        part = np.where(power > LOUDER * level, 0.0, part) / np.sqrt(level)
        part -= np.mean(part)  # a DC offset, which the preamble has no part in, would only lower the quotient
        return blank_impulses(part)

    def _search(
        self, part: NDArray[np.complex128], energy: NDArray[np.float32], fraction: float
    ) -> tuple[float, float, int]:
        """Quality, offset in carrier spacings and start of the best match over all starts and whole offsets."""
        turned = part * np.exp(-2j * np.pi * fraction / self._profile.fft_len * np.arange(len(part)))
        spectrum = scipy.fft.fft(turned.astype(np.complex64), self._size)
        correlation = scipy.fft.ifft(spectrum * self._templates, axis=1, overwrite_x=True)[:, : self._lags]
        quality = (correlation.real**2 + correlation.imag**2) / energy
        row, start = divmod(int(np.argmax(quality)), self._lags)
        return float(quality[row, start]) / self._energy, float(self._offsets[row] + fraction), start

    def _align(self, part: NDArray[np.complex128], start: int, cfo: float) -> tuple[int, float]:
        """Start and offset again, each of the preamble's two bodies correlated with the known one.

        With an offset that is a little wrong, half the preamble may match better than all of it, one body early or
        late: counted is how much power matches.  The phase between the bodies gives the offset, and noise and
        interference have less part in it than in the product of what was received.
        """
        n = self._profile.fft_len
        body = np.conj(preamble_samples(self._profile)[-n:])
        turned = part * np.exp(-2j * np.pi * cfo / n * np.arange(len(part)))
        first = start + self._profile.preamble_len - 3 * n
        places = first + n * np.arange(4)
        matches = [np.dot(turned[i : i + n], body) if 0 <= i <= len(part) - n else 0.0 for i in places]
        power = np.abs(matches) ** 2
        shift = int(np.argmax(power[:-1] + power[1:]))
        phase = float(np.angle(matches[shift + 1] * np.conj(matches[shift])))
        return start + (shift - 1) * n, cfo + phase / (2 * np.pi)
