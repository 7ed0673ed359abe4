# SPDX-License-Identifier: GPL-3.0-or-later
"""How many frames may be under way at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE = 10.0  # seconds without a report, at least
REMEMBERED = 64  # frames given up whose report may still come


class Places:
    """`count` places for frames that were handed on and not yet reported as sent; 0: no limit, and nothing is kept.

    Frames are reported in the order in which they were handed on. One that was passed over got lost on the way, and so
    did one without a report for `patience` seconds, or three times the longest time that any report took, whichever is
    more: their places are free again, and `unreported` counts them. Safe to use from several threads.
    """

    def __init__(self, count: int, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        if count < 0:
            raise ValueError(f"in_flight {count} is negative")
        self.unreported = 0
        self._count, self._patience, self._clock = count, patience, clock
        self._lock = threading.Lock()
        self._taken: dict[int, float] = {}  # image id and when it was handed on, oldest first
        self._given_up: dict[int, float] = {}

    @property
    def taken(self) -> int:
        return len(self._taken)

    def free(self) -> bool:
        """Whether one more frame may be handed on."""
        with self._lock:
            now = self._clock()
            self._give_up([key for key, since in self._taken.items() if now - since > self._patience])
            return not self._count or len(self._taken) < self._count

    def take(self, image_id: int) -> None:
        """The frame `image_id` is being handed on; ids rise."""
        if self._count:
            with self._lock:
                self._taken[image_id] = self._clock()

    def report(self, image_id: int, pictures: int = 1) -> None:
        """`pictures` frames from `image_id` on have been sent."""
        with self._lock:
            now = self._clock()
            self._give_up([key for key in self._taken if key < image_id])
            for key in range(image_id, image_id + pictures):
                since = self._taken.pop(key, None) or self._given_up.pop(key, None)
                if since is not None:
                    self._patience = max(self._patience, 3 * (now - since))

    def resume(self) -> None:
        """Time spent standing still does not count."""
        with self._lock:
            now = self._clock()
            self._taken = dict.fromkeys(self._taken, now)

    def _give_up(self, keys: list[int]) -> None:
        self.unreported += len(keys)
        self._given_up.update((key, self._taken.pop(key)) for key in keys)
        while len(self._given_up) > REMEMBERED:
            del self._given_up[next(iter(self._given_up))]
