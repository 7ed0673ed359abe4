# SPDX-License-Identifier: GPL-3.0-or-later
"""First look at the stream: where does a stretch of one symbol body repeat itself?

Repetition metric of Schmidl and Cox (IEEE Trans. Commun. 45(12), 1997) in three changes.  It is evaluated at
multiples of ``fft_len / 8`` only, from sums over blocks of that length which are added up anew each time:
nothing runs on, so nothing drifts, and a value depends on its own two windows and on no other sample.  The
windows' means are taken out, so that a DC offset does not look like a repetition.  And the larger window
energy normalises, which keeps the metric down while only one window has reached the packet.

False alarms: in white Gaussian noise the squared sample correlation ``c`` of two windows of ``N`` samples,
means removed, has ``P(c > t) = (1 - t)^(N - 2)``; the larger energy makes the metric smaller than ``c``.  The
threshold solves this for `FALSE_ALARM`, t = 0.036 at N = 256.  A preamble at power ratio r (in the band
sampled) gives about (r / (1 + r))^2: 0.25 at r = 0 dB, 0.11 at the -2.9 dB that go with Es/N0 = -2 dB.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .profile import Profile

#: Chance that one grid position in noise alone asks for an acquisition: with the default profile one in
#: 320 thousand samples.  Each costs a fraction of a millisecond and is then held against the whole preamble.
FALSE_ALARM = 1e-4
BLOCKS = 8  #: blocks in a window


class RepetitionDetector:
    """Evaluates the repetition metric of one profile on its grid."""

    def __init__(self, profile: Profile) -> None:
        self.step = profile.fft_len // BLOCKS  #: samples between grid positions
        self.span = 2 * profile.fft_len  #: samples that the metric of one position reads
        self.threshold = 1.0 - FALSE_ALARM ** (1.0 / (profile.fft_len - 2))

    def metric(self, samples: NDArray[np.complex64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metric at ``samples[0]`` and the following ``count - 1`` grid positions.

        Args:
            samples: complex64[at least (count - 1) * step + span], finite.

        Returns:
            float64[count], squared normalised correlation, 0 to 1; and float64[count], phase of the
            correlation in turns, -1/2 to 1/2, which is the frequency offset in carrier spacings up to a
            whole number.
        """
        needed = (count - 1) * self.step + self.span
        result: tuple[NDArray[np.float64], NDArray[np.float64]] = _metric(samples[:needed], count, self.step)
        return result


@njit(cache=True, nogil=True)
def _metric(samples, count, step):  # type: ignore[no-untyped-def]
    window = BLOCKS * step
    pairs = count + BLOCKS - 1
    # Float64 holds the square of any float32, so no input level over- or underflows.
    cross = np.zeros(pairs, np.complex128)
    energy = np.zeros(pairs + BLOCKS, np.float64)
    total = np.zeros(pairs + BLOCKS, np.complex128)
    for block in range(pairs + BLOCKS):
        power = np.float64(0.0)
        sum_re = np.float64(0.0)
        sum_im = np.float64(0.0)
        for n in range(block * step, (block + 1) * step):
            re = np.float64(samples[n].real)
            im = np.float64(samples[n].imag)
            power += re * re + im * im
            sum_re += re
            sum_im += im
        energy[block] = power
        total[block] = complex(sum_re, sum_im)
    for block in range(pairs):
        cross_re = np.float64(0.0)
        cross_im = np.float64(0.0)
        for n in range(block * step, (block + 1) * step):
            a_re = np.float64(samples[n].real)
            a_im = np.float64(samples[n].imag)
            b_re = np.float64(samples[n + window].real)
            b_im = np.float64(samples[n + window].imag)
            cross_re += b_re * a_re + b_im * a_im
            cross_im += b_im * a_re - b_re * a_im
        cross[block] = complex(cross_re, cross_im)

    values = np.zeros(count, np.float64)
    turns = np.zeros(count, np.float64)
    for i in range(count):
        first = 0.0
        second = 0.0
        first_sum = 0j
        second_sum = 0j
        product = 0j
        for block in range(i, i + BLOCKS):
            first += energy[block]
            second += energy[block + BLOCKS]
            first_sum += total[block]
            second_sum += total[block + BLOCKS]
            product += cross[block]
        product -= second_sum * first_sum.conjugate() / window
        first_ac = first - abs(first_sum) ** 2 / window
        second_ac = second - abs(second_sum) ** 2 / window
        larger = max(first_ac, second_ac)
        # Below this share of the energy, what is left beside the mean is rounding.
        if larger > 1e-10 * max(first, second):
            values[i] = min(abs(product) ** 2 / (larger * larger), 1.0)
            turns[i] = np.arctan2(product.imag, product.real) / (2.0 * np.pi)
    return values, turns
