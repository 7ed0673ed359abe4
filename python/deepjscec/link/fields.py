# SPDX-License-Identifier: GPL-3.0-or-later
"""The sealed part of a packet's header: which pictures, and which part of them, the payload is."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace

from deepjscec.codec import ModelCard

_LAYOUT = struct.Struct(">I H HH HH B 8s")
FIELD_BYTES = _LAYOUT.size
MAX_PACKETS = 0xFFFF
MAX_PICTURES = 0xFFFF


def system_id(card: ModelCard, cipher: str) -> bytes:
    """8 bytes that both sides must agree on: the model and the name of the cipher."""
    return hashlib.sha256(card.model_hash + cipher.encode()).digest()[:8]


@dataclass(frozen=True)
class PacketFields:
    """What Bob needs to put a payload in its place. Every packet of a group says all of it.

    A *group* is one picture, or several of the same size and rate that share packets.
    """

    image_id: int  # of the group's first picture; the others follow it
    pictures: int  # in the group
    index: int  # of this packet in the group
    count: int  # packets in the group
    height: int
    width: int
    rate_index: int  # into the model card's rising rates
    system: bytes  # 8 bytes, see `system_id`

    def without_index(self) -> PacketFields:
        """What all packets of the group have in common."""
        return replace(self, index=0)

    def pack(self) -> bytes:
        """FIELD_BYTES bytes, big-endian. `ValueError` where a field does not fit."""
        try:
            return _LAYOUT.pack(
                self.image_id,
                self.pictures,
                self.index,
                self.count,
                self.height,
                self.width,
                self.rate_index,
                self.system,
            )
        except struct.error as error:
            raise ValueError(f"packet fields {self}: {error}") from None

    @classmethod
    def unpack(cls, data: bytes) -> PacketFields:
        """Inverse of `pack`. `ValueError` where the fields contradict each other."""
        if len(data) != FIELD_BYTES:
            raise ValueError(f"{len(data)} bytes of packet fields, not {FIELD_BYTES}")
        fields = cls(*_LAYOUT.unpack(data))
        if not (fields.index < fields.count and fields.pictures and fields.height and fields.width):
            raise ValueError(f"packet fields contradict each other: {fields}")
        return fields
