# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored frames at the pace they were made for."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

Load = Callable[[], np.ndarray]  # gives uint8[H, W, 3], raises ValueError or OSError
Warn = Callable[[str], None]

MAX_LAG = 2.0  # seconds behind, after which the timeline moves: a decoder that is too slow shall still give frames
RETRY = 1.0  # seconds from a failure to the next try


def checked_rate(fps: float) -> float:
    """`fps`; `ValueError` where it is no rate."""
    if not 0 <= fps < math.inf:
        raise ValueError(f"fps {fps} is not a rate from 0 on")
    return fps


class Frame(NamedTuple):
    """`at`: seconds from the first frame to this one."""

    at: float
    load: Load


class StoredFrames(ABC):
    """Frames that can be read again: `play` gives them when they are due.

    `stats` counts `late` frames, dropped because the next one was due before they were ready, `skipped` ones, left out
    for a lower rate, and passes through the frames that `failed`.
    """

    def __init__(self, repeat: bool) -> None:
        self.stats: Counter[str] = Counter()
        self._repeat = repeat

    @property
    @abstractmethod
    def period(self) -> float:
        """Seconds from one frame to the next."""

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """One pass through the frames, as fast as they are asked for. Raises `OSError` where they end too early."""

    def play(self, stop: threading.Event, warn: Warn = lambda text: None) -> Iterator[Load]:
        """Each frame when it is due, until `stop` is set, the frames end, or for ever where they repeat.

        `warn` gets a line when a pass failed, the next one only after frames have come again.
        """
        timeline = Timeline(self.period)
        failing = False
        while not stop.is_set():
            empty = True
            try:
                for frame in self.frames():
                    empty = failing = False
                    delay = timeline.delay(frame.at)
                    if delay > self.period:
                        self.stats["late"] += 1
                    elif not stop.wait(max(0.0, -delay)):
                        yield frame.load
                    if stop.is_set():
                        return
            except OSError as error:
                self.stats["failed"] += 1
                if not failing:
                    warn(str(error))
                empty = failing = True
            if not self._repeat:
                return
            if empty:
                stop.wait(RETRY)
            timeline.next_pass()


class Timeline:
    """When frames are due, by the monotonic clock."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._begin: float | None = None  # of this pass
        self._last = 0.0

    def delay(self, at: float) -> float:
        """Seconds by which the frame `at` seconds into its pass is late, negative before its time."""
        now = time.monotonic()
        if self._begin is None:
            self._begin = now - at
        if now - self._begin - at > max(MAX_LAG, self._period):
            self._begin = now - at
        self._last = at
        return now - self._begin - at

    def next_pass(self) -> None:
        if self._begin is not None:
            self._begin += self._last + self._period
        self._last = -self._period  # should the pass be empty
