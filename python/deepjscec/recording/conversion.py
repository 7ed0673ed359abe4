# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of samples, in pieces, moved in frequency and brought to another sample rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.complex64]

#: Ratio of two rates is approximated to this, less than what a radio's clock is off.
RATIO_ERROR = 2e-6
#: Largest factor of the ratio; the filter's length follows from it.
LARGEST_FACTOR = 1 << 15
#: Low-pass filter: Kaiser window over so many zero crossings on each side, 80 dB of attenuation.  Passband and
#: stopband begin 8 % of the lower sample rate beside half of it: 0.42 of the rate, outside the carriers' 0.41.
ZERO_CROSSINGS = 16
KAISER_BETA = 8.0
#: Least input samples filtered at a time.
BLOCK = 1 << 16


class FrequencyShift:
    """Moves the spectrum by `hz`, upwards if positive, at `sample_rate` Hz."""

    def __init__(self, hz: float, sample_rate: float) -> None:
        self._turns = hz / sample_rate
        self._phase = 0.0  # turns

    def process(self, samples: Samples) -> Samples:
        """complex64[n] to complex64[n], continuing in phase."""
        turns = (self._phase + self._turns * np.arange(len(samples))) % 1.0
        self._phase = (self._phase + self._turns * len(samples)) % 1.0
        return (samples * np.exp(2j * np.pi * turns)).astype(np.complex64)


class Resampler:
    """Polyphase resampling by a ratio of whole numbers, the same however the stream is cut into pieces.

    Sample 0 of the output is at the time of sample 0 of the input; the filter's delay is taken off.

    Args:
        from_rate, to_rate: sample rates, Hz.

    Raises:
        ValueError: where no ratio of numbers up to `LARGEST_FACTOR` is near enough.
    """

    def __init__(self, from_rate: float, to_rate: float) -> None:
        from scipy.signal import firwin

        self.ratio = _ratio(from_rate, to_rate)  #: samples out per sample in
        up, down = self.ratio.as_integer_ratio()
        largest = max(up, down)
        half = ZERO_CROSSINGS * largest if largest > 1 else 0  # rates as good as equal need no filter
        # resample_poly() scales a window that it is given by `up`, as it does its own.
        taps = firwin(2 * half + 1, 1.0 / largest, window=("kaiser", KAISER_BETA)) if half else np.ones(1)
        self._taps = taps.astype(np.float32)
        # Pieces overlap by the filter's reach; all borders lie on multiples of `down`, where an output sample falls on
        # an input sample.
        self._reach = -(-half // (up * down)) * down
        self._block = -(-BLOCK // down) * down
        self._held: Samples = np.zeros(self._reach, np.complex64)  # silence before the first sample
        self._taken = self._given = 0

    def process(self, samples: Samples) -> Samples:
        """Take complex64[n], give complex64 as far as the filter has all it needs."""
        self._taken += len(samples)
        self._held = np.concatenate([self._held, samples])
        return self._filter(self._block)

    def flush(self) -> Samples:
        """The rest: in all there are ceil(ratio * samples taken) samples."""
        total = -(-self._taken * self.ratio.numerator // self.ratio.denominator)
        silence = np.zeros(2 * self._reach + self.ratio.denominator, np.complex64)
        self._held = np.concatenate([self._held, silence])
        before = self._given
        return self._filter(self.ratio.denominator)[: total - before]

    def _filter(self, least: int) -> Samples:
        from scipy.signal import resample_poly

        up, down = self.ratio.as_integer_ratio()
        ready = (len(self._held) - 2 * self._reach) // down * down
        if ready < least:
            return np.zeros(0, np.complex64)
        part = self._held[: ready + 2 * self._reach]
        skip = self._reach * up // down
        count = ready * up // down
        self._held = self._held[ready:]
        self._given += count
        return resample_poly(part, up, down, window=self._taps)[skip : skip + count].astype(np.complex64, copy=False)


def _ratio(from_rate: float, to_rate: float) -> Fraction:
    exact = Fraction(to_rate) / Fraction(from_rate)
    largest = 1
    while largest <= LARGEST_FACTOR:
        near = exact.limit_denominator(largest)
        if near and abs(near / exact - 1) <= RATIO_ERROR and near.numerator <= LARGEST_FACTOR:
            return near
        largest *= 2
    raise ValueError(f"sample rates {from_rate:g} and {to_rate:g} Hz: no simple ratio to resample by")


def convert(
    pieces: Iterable[Samples], sample_rate: float, *, shift: float = 0.0, to_rate: float | None = None
) -> Iterator[Samples]:
    """A stream moved by `shift` Hz and resampled to `to_rate` Hz, where these ask for anything.

    With neither, the pieces pass as they are.  `ValueError` as `Resampler`, at once.
    """
    shifter = FrequencyShift(shift, sample_rate) if shift else None
    resampler = Resampler(sample_rate, to_rate) if to_rate is not None and to_rate != sample_rate else None

    def stream() -> Iterator[Samples]:
        for samples in pieces:
            moved = shifter.process(samples) if shifter else samples
            yield resampler.process(moved) if resampler else moved
        if resampler:
            yield resampler.flush()

    return stream()
