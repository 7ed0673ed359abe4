# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet counters that never take a number twice: a repeated one is any cipher's fatal mistake."""

from __future__ import annotations

import operator
import os
import threading

MAX_PACKET = 2**32 - 1


class ReusedCounterError(ValueError):
    """Encrypting under a packet number that was used before, or could have been."""


class CounterExhaustedError(ValueError):
    """The packet number does not fit into 32 bits: start a new session, numbers never wrap."""


def check_packet(packet: int) -> int:
    """`packet` as an `int` in 0 ... 2^32 - 1.

    Raises `TypeError` for a non-integer, `ValueError` below 0, `CounterExhaustedError` above 2^32 - 1.
    """
    packet = operator.index(packet)
    if packet < 0:
        raise ValueError(f"packet number must not be negative, got {packet}")
    if packet > MAX_PACKET:
        raise CounterExhaustedError(f"packet number {packet} is above {MAX_PACKET}: start a new session")
    return packet


class PacketCounter:
    """Accepts each packet number at most once, in rising order. Thread-safe, constant memory.

    Gaps are allowed, going back is not: `claim(p)` needs `p` greater than every number claimed before, so
    threads that share a session must claim in order. After a fork the child process is refused, since it and
    its parent would otherwise claim the same numbers.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._last = -1
        self._process = os.getpid()
        self._lock = threading.Lock()

    @property
    def last(self) -> int:
        """The greatest number claimed so far, -1 before the first."""
        return self._last

    def claim(self, packet: int) -> int:
        """Mark `packet` as used and return it; `ReusedCounterError` unless it exceeds all before.

        Raises `TypeError`, `ValueError` and `CounterExhaustedError` as `check_packet` does.
        """
        packet = check_packet(packet)
        with self._lock:
            self._check_process()
            if packet <= self._last:
                raise ReusedCounterError(
                    f"{self._what} packet {packet} cannot be used: numbers rise within a session, "
                    f"and the last was {self._last}"
                )
            self._last = packet
        return packet

    def next(self) -> int:
        """Claim and return the number after the greatest so far."""
        with self._lock:
            self._check_process()
            self._last = check_packet(self._last + 1)
            return self._last

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ReusedCounterError("this session was started in another process: start a new one after a fork")
