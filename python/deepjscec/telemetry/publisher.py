# SPDX-License-Identifier: GPL-3.0-or-later
"""The end that tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepjscec.telemetry.pictures import encode_picture
from deepjscec.telemetry.sockets import QUEUED, check_address, refusal
from deepjscec.telemetry.wire import INTEGER_LIMIT, MAX_COUNTERS, ROLES, Picture, Status, serialize

KNOWN = ("snr_db", "packets_received", "packets_sent", "label", "confidence")  # of a PDU's metadata


class Publisher:
    """Sends the pictures and counters of `role` to whoever listens at `address`, and never waits for anybody.

    Without a listener messages go nowhere; where one is slow a few wait and further ones are dropped. Methods may be
    called from several threads. Raises `ValueError` for an unknown role or a bad address, `OSError` where ZeroMQ
    refuses it.
    """

    def __init__(self, role: str, address: str) -> None:
        import zmq

        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}: choose from {', '.join(ROLES)}")
        self.role, self._lock = role, threading.Lock()
        check_address(address)
        # The process's own context: one of this object's, collected as garbage before its socket, would wait for ever.
        self._socket: Any = zmq.Context.instance().socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, QUEUED)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)  # nothing is kept for a listener that is not there yet
        self._socket.setsockopt(zmq.IPV6, "[" in address)
        try:
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise refusal(address, error) from None

    def picture(
        self, image_id: int, pixels: np.ndarray, meta: Mapping[str, Any] | None = None, time_ns: int | None = None
    ) -> None:
        """Send uint8[H, W, 3] with what of `KNOWN` is in `meta`; `time_ns` of CLOCK_MONOTONIC, by default now.

        Raises `ValueError` for what is no picture.
        """
        moment = time.monotonic_ns() if time_ns is None else time_ns
        blob, reduced = encode_picture(pixels)
        height, width = pixels.shape[:2]
        known = {name: meta[name] for name in KNOWN if meta and name in meta}
        self._send(Picture(self.role, image_id, height, width, moment, blob, reduced, **known))

    def status(self, counters: Mapping[str, Any], time_ns: int | None = None) -> None:
        """Send the numbers among `counters`, the first 64. Raises `ValueError` for names that are no identifiers."""
        moment = time.monotonic_ns() if time_ns is None else time_ns
        numbers = {name: _plain(value) for name, value in counters.items() if _is_number(value)}
        self._send(Status(self.role, moment, dict(list(numbers.items())[:MAX_COUNTERS])))

    def close(self) -> None:
        """Drop what waits, and let the socket go."""
        with self._lock:
            self._socket.close()

    def _send(self, message: Picture | Status) -> None:
        import zmq

        parts = serialize(message)
        with self._lock:
            if not self._socket.closed:
                self._socket.send_multipart(parts, zmq.NOBLOCK)


def _is_number(value: Any) -> bool:
    number = isinstance(value, (bool, int, float, np.integer, np.floating, np.bool_))
    return number and abs(_plain(value)) < INTEGER_LIMIT


def _plain(value: Any) -> float | int:
    number = value.item() if isinstance(value, np.generic) else value
    return float(number) if isinstance(number, float) else int(number)
