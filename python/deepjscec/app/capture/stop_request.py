# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end a command between two pieces of its work.

An exception raised by a signal's handler may surface in compiled code, which makes a crash of it.
"""

from __future__ import annotations

import signal
from typing import Any


class StopRequest:
    """Turns the first Ctrl-C or SIGTERM into the wish to stop; a second one does what it always does."""

    def __init__(self) -> None:
        self.signal = 0  #: number of the signal that came, 0 for none
        self._before: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether the wish is there."""
        return self.signal != 0

    def __enter__(self) -> StopRequest:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: object) -> None:
        self.signal = number
        signal.signal(number, self._before[number])

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
