# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames from a ZeroMQ socket."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .decoding import decode_picture
from .live import POLL, LiveFrames
from .pacing import Load

QUEUED = 4  # messages that ZeroMQ keeps between two looks
MAX_BYTES = 64 << 20  # of a message; a larger one ends the connection, which ZeroMQ makes anew


class SubscribedFrames(LiveFrames):
    """The newest message of a ZeroMQ publisher (PUB) at `address`: a JPEG, PNG or other encoded picture.

    Of messages in several parts the last is the picture. The publisher may come later, and come back. What ZeroMQ drops
    on its own, when the publisher is faster than the network, is not counted. Raises `ValueError` for an address that
    ZeroMQ does not take.
    """

    def __init__(self, address: str, fps: float = 0.0) -> None:
        super().__init__(fps)
        self._address = address
        try:
            with self._connected():
                pass
        except OSError as error:
            raise ValueError(str(error)) from None

    def __str__(self) -> str:
        return f"socket {self._address}"

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        import zmq

        with zmq.Context() as context, context.socket(zmq.SUB) as socket:
            socket.linger = 0
            socket.rcvhwm = QUEUED
            socket.maxmsgsize = MAX_BYTES
            try:
                socket.subscribe(b"")
                socket.connect(self._address)
                yield socket
            except zmq.ZMQError as error:
                raise OSError(f"{self}: {error.strerror}") from None

    def read(self, stop: threading.Event) -> Iterator[Load]:
        with self._connected() as socket:
            while not stop.is_set():
                if socket.poll(1000 * POLL):
                    data = socket.recv_multipart()[-1]
                    yield lambda data=data: decode_picture(io.BytesIO(data), str(self))  # type: ignore[misc]
