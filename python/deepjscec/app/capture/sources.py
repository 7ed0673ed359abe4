# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the samples of a recording come from: a GNU Radio flowgraph by ZeroMQ, or a file or pipe of raw samples.

Each source is an iterator over raw bytes. It gives an empty piece when nothing came for a while, so that whoever
records can look whether to stop.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Generator

POLL_SECONDS = 0.1
READ_BYTES = 1 << 20


def zmq_messages(address: str, *, pull: bool = False, topic: str = "", sample_bytes: int = 8) -> Generator[bytes]:
    """Messages of a ZMQ PUB Sink of GNU Radio, or with `pull` of a PUSH Sink, which waits for us and loses nothing.

    `address` such as tcp://127.0.0.1:5555. `topic`: only messages whose key begins so. Raises `ValueError` for a bad
    address and for messages that are no whole number of samples, as those with stream tags are.
    """
    import zmq

    context = zmq.Context()
    try:
        socket = context.socket(zmq.PULL if pull else zmq.SUB)
        if not pull:
            socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
        try:
            socket.connect(address)
        except zmq.ZMQError as error:
            raise ValueError(
                f"{address}: {zmq.strerror(error.errno or 0)}; an address is such as tcp://127.0.0.1:5555"
            ) from None
        while True:
            if not socket.poll(round(1000 * POLL_SECONDS)):
                yield b""
                continue
            message = socket.recv_multipart()[-1]  # in front of it is the key, if the sink has one
            if len(message) % sample_bytes:
                raise ValueError(
                    f"{address}: a message of {len(message)} bytes is no whole number of samples of {sample_bytes} "
                    "bytes: is the sink's type the one given, and Pass Tags off?"
                )
            yield message
    finally:
        context.destroy(linger=0)


def file_bytes(name: str) -> Generator[bytes]:
    """A file's or pipe's bytes to its end; "-" is standard input. Raises `OSError` where it cannot be read."""
    handle = 0 if name == "-" else None
    try:
        if handle is None:
            handle = os.open(name, os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise IsADirectoryError(f"{name}: is a folder")
        while True:
            if not select.select([handle], [], [], POLL_SECONDS)[0]:
                yield b""
                continue
            data = os.read(handle, READ_BYTES)
            if not data:
                return
            yield data
    except OSError as error:
        if error.strerror is None:  # raised above, with its message
            raise
        raise type(error)(f"{name}: {error.strerror}") from None
    finally:
        if handle:
            os.close(handle)
