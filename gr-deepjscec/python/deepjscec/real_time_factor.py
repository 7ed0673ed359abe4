# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a flowgraph keep up with its sample rate?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

SHORTEST = 0.5  # seconds: buffers make the samples of a shorter time come in lumps


class real_time_factor:
    """Counters with how fast the samples among them come: `real_time_factor(bob.get_stats, samp_rate)`.

    Called without arguments it gives what `stats` gives and, from the second call on, `real_time_factor`: samples per
    second since the last call, over `sample_rate` in Hz. 1 keeps up; less, and samples wait or are lost. `stats` is a
    function that gives a dictionary with the number of `samples` so far, such as `get_stats` of transmitter and
    receivers; what comes out is made for the Telemetry Publisher. Raises `ValueError` for a sample rate that is not
    positive.
    """

    def __init__(
        self,
        stats: Callable[[], Mapping[str, Any]],
        sample_rate: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not sample_rate > 0:
            raise ValueError(f"sample_rate {sample_rate} is not positive")
        self._stats, self._sample_rate, self._clock = stats, sample_rate, clock
        self._last: tuple[float, int] | None = None  # when it was looked at, and samples so far
        self._factor: float | None = None

    def __call__(self) -> dict[str, Any]:
        stats, now = dict(self._stats()), self._clock()
        samples = stats.get("samples", 0)
        if self._last is None or samples < self._last[1]:  # the first look, or the flowgraph was started anew
            self._last, self._factor = (now, samples), None
        elif now - self._last[0] >= SHORTEST:
            self._factor = (samples - self._last[1]) / ((now - self._last[0]) * self._sample_rate)
            self._last = now, samples
        return stats if self._factor is None else {**stats, "real_time_factor": round(self._factor, 3)}
