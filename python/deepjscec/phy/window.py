# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in the symbol the transform window goes, so that every echo falls into the cyclic prefix."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .profile import Profile

#: An echo counts from this level under the strongest, and this factor over the noise.  The Hann taper's side
#: lobes are 31 dB down; noise alone passes the second test once in exp(12) taps.
ECHO_LEVEL = 10**-2.5
NOISE_FACTOR = 12.0
#: Half the width, in taps of a 13/16 occupied band, at which the taper's main lobe falls below `ECHO_LEVEL`.
MAIN_LOBE = 2


class WindowPlacer:
    """Finds the window's place from a raw channel estimate."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        taper = np.hanning(profile.active_carriers + 2)[1:-1]
        self._taper = taper / np.sum(taper)
        self._noise_gain = float(np.sum(self._taper**2))

    @property
    def initial(self) -> int:
        """Advance of the first window, samples: half the prefix, good for echoes on both sides of the
        peak."""
        return -(self._profile.cp_len // 2)

    def place(self, response: NDArray[np.complex128], noise: float) -> int:
        """Advance of the window that puts the channel into the prefix's middle.

        Args:
            response: complex128[active_carriers], seen through windows at :attr:`initial`.
            noise: variance of each of its entries.

        Returns:
            Samples by which windows start after (negative: before) the symbol body's start on the path that
            acquisition found, ``-cp_len`` to 0.
        """
        profile = self._profile
        n, cp = profile.fft_len, profile.cp_len
        spectrum = np.zeros(n, np.complex128)
        spectrum[profile.carriers % n] = response * self._taper
        delays = np.arange(-cp, cp + 1)
        taps = np.abs(scipy.fft.ifft(spectrum, norm="forward")[(delays - self.initial) % n]) ** 2
        echoes = np.flatnonzero(taps > max(ECHO_LEVEL * float(np.max(taps)), NOISE_FACTOR * noise * self._noise_gain))
        if len(echoes) == 0:
            return self.initial
        first, last = int(echoes[0]), int(echoes[-1])
        if last - first - 2 * MAIN_LOBE <= cp:
            middle = (int(delays[first]) + int(delays[last])) // 2
        else:
            # More than the prefix holds: keep the stretch of a prefix's length with the most energy.
            energy = np.convolve(taps, np.ones(cp + 1), "valid")
            middle = int(delays[int(np.argmax(energy))]) + cp // 2
        return int(np.clip(middle - cp // 2, -cp, 0))
