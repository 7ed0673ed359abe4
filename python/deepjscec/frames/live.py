# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that come by themselves: only the newest counts."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator

from .pacing import RETRY, Load, Warn, checked_rate

POLL = 0.1  # seconds; how soon waiting threads see that they are to stop


class LiveFrames(ABC):
    """A device or socket, read in a thread of its own into a slot for one frame.

    With `fps` at most so many frames a second, the others left out. `stats` counts `late` frames, replaced by a newer
    one before they were taken, `skipped` ones, left out for a lower rate, and how often the device `failed`.
    """

    def __init__(self, fps: float = 0.0) -> None:
        self.stats: Counter[str] = Counter()
        self._period = 1 / fps if checked_rate(fps) else 0.0

    @abstractmethod
    def read(self, stop: threading.Event) -> Iterator[Load]:
        """Open the device and give each frame as it comes, until `stop` is set. Raises `OSError` where it fails."""

    def play(self, stop: threading.Event, warn: Warn = lambda text: None) -> Iterator[Load]:
        """The newest frame as soon as there is one, until `stop` is set.

        `warn` gets a line when the device fails, in the reading thread; it is tried again and again.
        """
        slot = Slot()
        # A daemon, and nobody waits for it: a silent device may hold its reader for seconds after `stop`.
        threading.Thread(target=self._fill, args=(slot, stop, warn), name="frames", daemon=True).start()
        while not stop.is_set():
            load = slot.take(POLL)
            if load is not None and not stop.is_set():
                yield load

    def _fill(self, slot: Slot, stop: threading.Event, warn: Warn) -> None:
        failing = False  # one line for an outage, not one for each try
        due: float | None = None  # of the next frame; frames of the very rate asked for may jitter by a quarter
        while not stop.is_set():
            reason = f"{self}: ended"
            try:
                for load in self.read(stop):
                    failing = False
                    now = time.monotonic()
                    if due is not None and now < due - self._period / 4:
                        self.stats["skipped"] += 1
                        continue
                    due = max(due or now, now - self._period / 4) + self._period
                    self.stats["late"] += slot.put(load)
            except OSError as error:
                reason = str(error)
            if stop.is_set():
                return
            self.stats["failed"] += 1
            if not failing:
                warn(f"{reason}; trying again")
            failing = True
            stop.wait(RETRY)


class Slot:
    """Room for one frame between two threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._load: Load | None = None

    def put(self, load: Load) -> bool:
        """Leave a frame; whether one was still there, which it replaces."""
        with self._condition:
            replaced = self._load is not None
            self._load = load
            self._condition.notify()
        return replaced

    def take(self, timeout: float) -> Load | None:
        """The frame, or None where none comes within `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._load is not None, timeout)
            load, self._load = self._load, None
        return load
