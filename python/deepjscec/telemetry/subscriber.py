# SPDX-License-Identifier: GPL-3.0-or-later
"""The end that listens."""

from __future__ import annotations

from collections import Counter
from typing import Any

from deepjscec.telemetry.sockets import QUEUED, check_address, check_free, refusal
from deepjscec.telemetry.wire import MAX_BLOB, TOPIC, Picture, Status, parse


class Subscriber:
    """Binds `address`, so that publishers may come and go, and gives their messages.

    For one thread, which closes it. `stats` counts `received` messages and those `refused` because they are not what
    they should be. Raises `ValueError` for a bad address, `OSError` where it is taken.
    """

    def __init__(self, address: str) -> None:
        import zmq

        check_free(check_address(address))
        self.stats: Counter[str] = Counter()
        self._context = zmq.Context()  # of its own: ending it waits until the address is free again
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, QUEUED)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_BLOB)  # a larger part ends its connection before it is read
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IPV6, "[" in address)
        self._socket.setsockopt(zmq.SUBSCRIBE, f"{TOPIC}/".encode())
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self.close()
            raise refusal(address, error) from None
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def receive(self, timeout: float) -> Picture | Status | None:
        """The next message; None when none came within `timeout` seconds, or one that was refused."""
        parts = self._parts(timeout)
        if parts is None:
            return None
        try:
            message = parse(parts)
        except ValueError:
            self.stats["refused"] += 1
            return None
        self.stats["received"] += 1
        return message

    def _parts(self, timeout: float) -> list[bytes] | None:
        if not self._socket.poll(round(1000 * timeout)):
            return None
        parts: list[Any] = self._socket.recv_multipart()
        return parts

    def close(self) -> None:
        """Let the address go."""
        self._context.destroy(linger=0)

    def __enter__(self) -> Subscriber:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
