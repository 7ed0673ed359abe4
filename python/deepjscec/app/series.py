# SPDX-License-Identifier: GPL-3.0-or-later
"""A measured value over the last minutes, in bounded memory."""

from __future__ import annotations

import math
import threading
from collections import deque

import numpy as np


class TimeSeries:
    """Values of the last `span` seconds, as means over `bins` equal stretches of time.

    A stretch with one value holds that value at its own time. Any number of threads may use it. Raises `ValueError`
    for a span that is not positive or fewer bins than 1.
    """

    def __init__(self, span: float, bins: int = 300) -> None:
        if not (span > 0 and math.isfinite(span)):
            raise ValueError(f"span {span} is not a positive number of seconds")
        if bins < 1:
            raise ValueError(f"bins {bins} is less than 1")
        self.span, self._width = span, span / bins
        self._sums: deque[list[float]] = deque(maxlen=bins + 1)  # stretch, count, sum of times within it, sum of values
        self._lock = threading.Lock()

    def add(self, now: float, value: float) -> None:
        """A value at the time `now` in seconds, which never runs backwards; one that is not finite leaves no mark."""
        if not math.isfinite(value):
            return
        stretch = now // self._width
        offset = now - stretch * self._width  # sums of offsets keep their precision however long the clock has run
        with self._lock:
            if not self._sums or self._sums[-1][0] != stretch:
                self._sums.append([stretch, 0.0, 0.0, 0.0])
            sums = self._sums[-1]
            sums[1] += 1
            sums[2] += offset
            sums[3] += value

    def points(self, now: float) -> tuple[np.ndarray, np.ndarray]:
        """Ages in seconds, falling, and values, both float64[n], of what is younger than the span."""
        with self._lock:
            table = np.array(self._sums, np.float64).reshape(-1, 4)
        stretch, count, offsets, values = table.T
        ages = now - (stretch * self._width + offsets / count)
        young = ages <= self.span
        return ages[young], (values / count)[young]
