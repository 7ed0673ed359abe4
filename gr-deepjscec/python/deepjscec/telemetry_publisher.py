# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and counters of a running flowgraph, for `deepjscec live`."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._pdu_block import PduBlock

WAITING = 4  # pictures; a later one takes the place of the oldest


class telemetry_publisher(PduBlock):
    """Publishes picture PDUs and counters of `role`: alice, bob, eve or channel.

    Alice's pictures are the plaintext, and telemetry is in the clear: on a bench only. `address`: where a viewer
    listens, now or later; "" publishes nothing. `stats`: a function that gives the counters, called each `interval`
    seconds. A thread of its own makes the messages; pictures that come faster are dropped and counted, and the
    flowgraph never waits. Raises `ValueError` for bad settings, `OSError` where ZeroMQ refuses the address.
    """

    def __init__(
        self,
        role: str = "bob",
        address: str = "tcp://127.0.0.1:5599",
        interval: float = 1.0,
        stats: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        from deepjscec.telemetry import ROLES, Publisher

        PduBlock.__init__(self, "DeepJSCEC Telemetry Publisher", "images", None)
        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}: choose from {', '.join(ROLES)}")
        if not interval > 0:
            raise ValueError(f"interval {interval} s is not above 0")
        if stats is not None and not callable(stats):
            raise ValueError(f"stats {stats!r} is no function")
        self._publisher = Publisher(role, address) if address else None
        self._interval, self._stats_of = interval, stats
        self._waiting: deque[tuple[int, dict[str, Any], np.ndarray]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        moment = time.monotonic_ns()  # before any waiting: latency is measured by it
        if self._publisher is None:
            return
        with self._changed:
            if len(self._waiting) == WAITING:
                self._waiting.popleft()
                self.stats["dropped"] += 1
            self._waiting.append((moment, meta, array))
            self._changed.notify()

    def start(self) -> bool:
        self._stopping = False
        if self._publisher is not None:
            self._thread = threading.Thread(target=self._run, name="telemetry_publisher", daemon=True)
            self._thread.start()
        return True

    def stop(self) -> bool:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        return True

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping, max(0.0, due - time.monotonic()))
                picture = self._waiting.popleft() if self._waiting else None
                stopping = self._stopping and picture is None
            if picture is not None:
                self.attempt(lambda picture=picture: self._send_picture(*picture))  # type: ignore[misc]
            if stopping or time.monotonic() >= due:
                due = time.monotonic() + self._interval
                self.attempt(self._send_status)
            if stopping:
                return

    def _send_picture(self, moment: int, meta: dict[str, Any], array: np.ndarray) -> None:
        from deepjscec.app.labels import picture_of

        assert self._publisher is not None
        self._publisher.picture(meta["image_id"], picture_of(meta, array), meta, moment)
        self.stats["published"] += 1

    def _send_status(self) -> None:
        """Also without `stats`: it tells that the role is there."""
        assert self._publisher is not None
        self._publisher.status(self._stats_of() if self._stats_of is not None else {})
