# SPDX-License-Identifier: GPL-3.0-or-later
"""Sine waves in the band (carriers of other services, spurs of the receiver) found and taken off.

A transform over the whole stretch gathers a sine into one line, while a packet spreads over all of them: the line
stands out even where it is weaker than the packet, and taken off in the time domain it does not leak into the
other carriers as it would behind the OFDM transform.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .magnitude import squared_magnitude

#: A constant is taken for DC, and taken off, when its power stands this factor over its own noise: exp(-12)
#: by chance.  Taking it off always would cut a notch into clean packets, the deeper the shorter they are.
DC_FACTOR = 12.0
MOST_SPURS = 4
#: A line counts when it stands this factor over the mean of all.  In white noise one of ``n`` lines does with
#: probability ``n exp(-30)``, and a packet is noise enough.
LINE_FACTOR = 30.0
#: Newton steps towards the peak of the periodogram.
STEPS = 4


def remove_spurs(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples without their sine waves; the very same array where none stands out.

    Args:
        samples: complex128[n], finite, n at least some hundreds.
    """
    size = scipy.fft.next_fast_len(len(samples))
    n = np.arange(len(samples))
    for _ in range(MOST_SPURS):
        power = squared_magnitude(scipy.fft.fft(samples, size))
        line = int(np.argmax(power))
        # Without its own surroundings: a strong sine between two lines has side lobes everywhere.
        near = np.arange(line - 2, line + 3) % size
        rest = float(np.sum(power) - np.sum(power[near])) / (size - len(near))
        if power[line] <= LINE_FACTOR * rest:
            break
        frequency = _peak(samples, line / size)
        wave = np.exp(2j * np.pi * frequency * n)
        samples = samples - np.vdot(wave, samples) / len(samples) * wave
    return samples


def remove_constant(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples less their mean where that stands out of them, the same array where it does not."""
    mean = complex(np.mean(samples))
    power = float(np.mean(squared_magnitude(samples)))
    return samples - mean if abs(mean) ** 2 * len(samples) > DC_FACTOR * power else samples


def clip_spectrum(samples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Samples with outstanding lines of their spectrum cut down to the others' mean; the same array where none is.

    Coarser than :func:`remove_spurs` and good for stretches that are mostly noise, also where the interferer is wider
    than a line.
    """
    spectrum = scipy.fft.fft(samples)
    power = squared_magnitude(spectrum)
    ordinary = np.sort(power)[: -max(len(power) // 16, 1)]
    mean = float(np.mean(ordinary))
    high = power > LINE_FACTOR * mean
    if mean == 0.0 or not high.any():
        return samples
    # The flanks of a line between two bins fall slowly.
    high = np.convolve(high, np.ones(5), "same") > 0
    spectrum[high] *= np.sqrt(np.minimum(mean / np.maximum(power[high], mean), 1.0))
    clipped: NDArray[np.complex128] = scipy.fft.ifft(spectrum)
    return clipped


def _peak(samples: NDArray[np.complex128], frequency: float) -> float:
    """Maximum of the periodogram near ``frequency`` (cycles per sample), by Newton steps."""
    n = np.arange(len(samples)) - (len(samples) - 1) / 2
    # Newton's steps lead to the maximum from within 0.4 of a line only.
    near = frequency + np.array([-0.5, -0.25, 0.0, 0.25, 0.5]) / len(samples)
    frequency = max(near, key=lambda f: abs(np.sum(samples * np.exp(-2j * np.pi * f * n))))
    for _ in range(STEPS):
        turned = samples * np.exp(-2j * np.pi * frequency * n)
        zeroth, first, second = np.sum(turned), np.sum(n * turned), np.sum(n * n * turned)
        # d/df of |zeroth|^2, with d zeroth / df = -2 pi j first.
        slope = 2 * np.real(np.conj(zeroth) * (-2j * np.pi) * first)
        bend = 2 * (abs(2 * np.pi * first) ** 2 - (2 * np.pi) ** 2 * np.real(np.conj(zeroth) * second))
        if bend >= 0.0:
            break
        frequency += float(np.clip(-slope / bend, -0.5 / len(samples), 0.5 / len(samples)))
    return frequency
