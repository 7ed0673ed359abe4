# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to encrypted packets."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class encryptor(PduBlock):
    """Encrypts codeword PDUs and splits them over packet PDUs: `{header, image_id, pictures, last}` and complex64[n].

    `header` is uint8[48]; `image_id` that of the first of `pictures` that share packets, `last` true on their last one.
    Nothing but header and vector goes on the air.

    `key_file`: of `deepjscec keygen`, shared with Bob or his public key: then the session opens over the air. `cipher`:
    one of `deepjscec.crypto.CIPHER_NAMES`. `model`: the encoder's, for block size and hash. `profile`: name of
    the transmitter's waveform; packets are as long as it allows. Small pictures of one size share a packet: they wait
    until it is full, another size comes, the stream ends, or the first has waited `max_wait` seconds (0: for ever).
    Every encryptor is a new session with a fresh random id. Raises `ValueError` for a bad key file, cipher or profile.
    """

    def __init__(
        self,
        key_file: str,
        cipher: str = "isometric",
        model: str = "photo",
        profile: str = "default",
        max_wait: float = 0.0,
    ) -> None:
        from deepjscec.app.roles import make_sender
        from deepjscec.link import PictureGrouper
        from deepjscec.phy import Profile

        PduBlock.__init__(self, "DeepJSCEC Encryptor", "codewords", "packets")
        if max_wait < 0:
            raise ValueError(f"max_wait {max_wait} is negative")
        self._sender = make_sender(key_file, cipher, model, Profile.named(profile))
        self._grouper = PictureGrouper(self._sender.data_symbols)
        self._max_wait = max_wait
        self._timer: threading.Timer | None = None  # runs while pictures wait
        self._lock = threading.Lock()  # the timer has a thread of its own

    def start(self) -> bool:
        with self._lock:
            self._set_timer(running=bool(self._grouper.waiting))
        return True

    def stop(self) -> bool:
        with self._lock:
            self._set_timer(running=False)
        return True

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        shape = (meta["height"], meta["width"])
        with self._lock:
            for group in self._grouper.add(array, meta["image_id"], shape, meta["rate_index"]):
                self._set_timer(running=False)  # of the group that goes now
                self._send(group)
            self._set_timer(running=bool(self._grouper.waiting))

    def finish(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        self._set_timer(running=False)
        for group in self._grouper.flush():
            self._send(group)

    def _set_timer(self, *, running: bool) -> None:
        if self._timer is not None and not running:
            self._timer.cancel()
            self._timer = None
        elif self._timer is None and running and self._max_wait:
            self._timer = threading.Timer(self._max_wait, self._waited)
            self._timer.daemon = True
            self._timer.start()

    def _waited(self) -> None:
        with self._lock:
            if self._timer is threading.current_thread():  # else its group went while it waited for the lock
                self.attempt(self._flush)

    def _send(self, group: Any) -> None:
        packets = self._sender.send(group.codewords, group.image_id, group.shape, group.rate_index)
        meta = {"image_id": group.image_id, "pictures": len(group.codewords)}
        for number, packet in enumerate(packets, 1):
            header = np.frombuffer(packet.header, np.uint8)
            self.publish({"header": header, **meta, "last": number == len(packets)}, packet.payload)
            self.stats["packets"] += 1
