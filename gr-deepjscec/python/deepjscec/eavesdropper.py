# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve: received packets to the picture of an attacker without the key."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ._codecs import label_fields_of
from ._pdu_block import PduBlock


class eavesdropper(PduBlock):
    """Takes Eve's packet PDUs of a receiver and makes pictures of them without the key.

    Gives picture PDUs like the decoder's. She is told what the radio alone would not tell her: `model`, `rate` and
    the `shapes` (height, width) of the pictures, one for all or a list in the order of sending. `profile`: name of
    her receiver's waveform, which says how much a packet holds; `cipher`: the name of Alice's. `attack`:
    "unencrypted" decodes as if nothing were encrypted, "wrong-key" goes Bob's way with a key of her own, "average"
    decodes the mean of all transmissions so far. `max_waiting`: when more packets than that wait, the oldest is dropped
    and counted (`dropped_late`); 0 for streams that can wait. Raises `ValueError` for unknown names.
    """

    def __init__(
        self,
        model: str = "photo",
        rate: str = "1/6",
        shapes: Sequence[Any] = (512, 512),
        threads: int = 0,
        profile: str = "default",
        cipher: str = "isometric",
        attack: str = "unencrypted",
        max_waiting: int = 0,
    ) -> None:
        from deepjscec.attack import UnkeyedReceiver
        from deepjscec.phy import Profile

        from ._codecs import shared_codec

        PduBlock.__init__(self, "DeepJSCEC Eavesdropper", "packets", "images")
        self._max_waiting = max_waiting
        codec = self._codec = shared_codec(model, threads)
        if len(shapes) == 2 and all(isinstance(side, int) for side in shapes):
            shapes = itertools.repeat(tuple(shapes))  # type: ignore[assignment]
        payload_symbols = Profile.named(profile).max_payload_symbols
        self._attack = UnkeyedReceiver(codec, shapes, codec.rate_index(rate), payload_symbols, cipher, attack)

    def get_stats(self) -> dict[str, int]:
        return {**super().get_stats(), **self._attack.stats}

    def handle(self, meta: dict[str, Any], array: Any) -> None:
        if self.too_many_wait("packets", self._max_waiting):
            self.stats["dropped_late"] += 1
            return
        for picture in self._attack.receive(meta["header"].tobytes(), array, meta["noise_var"]):
            self._send(picture)

    def finish(self) -> None:
        for picture in self._attack.flush():
            self._send(picture)

    def _send(self, picture: Any) -> None:
        meta = {
            "image_id": picture.image_id,
            "height": picture.shape[0],
            "width": picture.shape[1],
            "snr_db": picture.snr_db,
            "packets_received": picture.packets_received,
            "packets_sent": picture.packets_sent,
        }
        self.publish(meta | label_fields_of(self._codec, picture.result), picture.result.reshape(-1))
        self.stats["decoded"] += 1
