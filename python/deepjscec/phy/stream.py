# SPDX-License-Identifier: GPL-3.0-or-later
"""The stretch of the stream that is still needed, addressed by absolute sample index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class SampleBuffer:
    """Fixed-size buffer.  In front of the stream's first sample it reads as ``margin`` zeros.

    Args:
        capacity: most samples held at a time, margin included.
        margin: zeros in front of a stretch.
    """

    def __init__(self, capacity: int, margin: int) -> None:
        self._data = np.zeros(capacity, np.complex64)
        self._margin = margin
        self.clear(0)

    @property
    def end(self) -> int:
        """Index behind the last sample taken in."""
        return self._base + self._fill

    def clear(self, position: int) -> None:
        """Forget everything and begin a stretch whose first sample has the index ``position``."""
        self._data[: self._margin] = 0
        self._base = position - self._margin  #: index of _data[0]
        self._fill = self._margin  #: samples in _data
        self._keep = 0  #: samples in _data that nobody needs any more

    def append(self, samples: NDArray[np.complex64]) -> int:
        """Take in complex64[n]; non-finite samples become zero.  Returns how many were."""
        if self._fill + len(samples) > len(self._data):
            held = self._fill - self._keep
            self._data[:held] = self._data[self._keep : self._fill]
            self._base += self._keep
            self._fill, self._keep = held, 0
        taken = self._data[self._fill : self._fill + len(samples)]
        taken[:] = samples
        self._fill += len(samples)
        finite = np.isfinite(taken)
        if finite.all():
            return 0
        taken[~finite] = 0
        return int(np.count_nonzero(~finite))

    def forget(self, position: int) -> None:
        """Samples before ``position`` may go."""
        self._keep = max(self._keep, min(position - self._base, self._fill))

    def view(self, position: int) -> NDArray[np.complex64]:
        """Samples from ``position`` to the end, complex64[n]; valid until the next append."""
        return self._data[position - self._base : self._fill]
