# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to encrypted packets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class encryptor(PduBlock):
    """Encrypts codeword PDUs and splits them over packet PDUs: `{header: uint8[48]}` and complex64[n].

    `key_file`: of `deepjscec keygen`, shared with Bob or his public key: then the session opens over the air. `cipher`:
    one of `deepjscec.crypto.CIPHER_NAMES`. `model`: the encoder's, for block size and hash. `profile`: name of
    the transmitter's waveform; packets are as long as it allows. Small pictures of one size share a packet: they wait
    until it is full, another size comes or the stream ends. Every encryptor is a new session with a fresh random id.
    Raises `ValueError` for a bad key file, cipher or profile.
    """

    def __init__(
        self, key_file: str, cipher: str = "isometric", model: str = "photo", profile: str = "default"
    ) -> None:
        from deepjscec.app.roles import make_sender
        from deepjscec.link import PictureGrouper
        from deepjscec.phy import Profile

        PduBlock.__init__(self, "DeepJSCEC Encryptor", "codewords", "packets")
        self._sender = make_sender(key_file, cipher, model, Profile.named(profile))
        self._grouper = PictureGrouper(self._sender.data_symbols)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        shape = (meta["height"], meta["width"])
        for group in self._grouper.add(array, meta["image_id"], shape, meta["rate_index"]):
            self._send(group)

    def finish(self) -> None:
        for group in self._grouper.flush():
            self._send(group)

    def _send(self, group: Any) -> None:
        for packet in self._sender.send(group.codewords, group.image_id, group.shape, group.rate_index):
            self.publish({"header": np.frombuffer(packet.header, np.uint8)}, packet.payload)
            self.stats["packets"] += 1
