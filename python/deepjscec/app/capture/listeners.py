# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may listen to received packets: anybody, Bob with his key, Eve without. Each takes packets and gives pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deepjscec.attack import UnkeyedReceiver
from deepjscec.codec import Codec
from deepjscec.link import LinkReceiver, ReceivedCodewords
from deepjscec.phy import Packet


@dataclass(frozen=True)
class ReceivedPicture:
    """A picture as it arrived: uint8[H, W, 3], how many of its packets did, and their Es/N0 in dB."""

    pixels: np.ndarray
    packets_received: int
    packets_sent: int
    snr_db: float


class Listener(Protocol):
    """What makes pictures of packets."""

    @property
    def role(self) -> str:
        """Names its pictures' files; "" where it makes none."""
        ...

    @property
    def stats(self) -> Mapping[str, int]:
        """Counts packets by what became of them, and pictures."""
        ...

    def take(self, packet: Packet) -> list[ReceivedPicture]:
        """Take one packet; the pictures that it completed."""
        ...

    def finish(self) -> list[ReceivedPicture]:
        """Pictures that are still incomplete, at the end of the stream."""
        ...


class Bystander:
    """Anybody: hears that there are packets."""

    role = ""

    def __init__(self) -> None:
        self.stats: Counter[str] = Counter()

    def take(self, packet: Packet) -> list[ReceivedPicture]:
        self.stats["heard"] += 1
        return []

    def finish(self) -> list[ReceivedPicture]:
        return []


class Bob:
    """The link's receiver and the decoder."""

    role = "bob"

    def __init__(self, link: LinkReceiver, codec: Codec) -> None:
        self._link, self._codec = link, codec
        self.stats = link.stats

    def take(self, packet: Packet) -> list[ReceivedPicture]:
        return self._decode(self._link.receive(packet.header, packet.symbols, packet.noise_var))

    def finish(self) -> list[ReceivedPicture]:
        return self._decode(self._link.flush())

    def _decode(self, groups: Iterable[ReceivedCodewords]) -> list[ReceivedPicture]:
        return [
            ReceivedPicture(
                self._codec.decode(symbols, noise_var, got.shape, self._codec.rates[got.rate_index]),
                got.packets_received,
                got.packets_sent,
                got.snr_db,
            )
            for got in groups
            for symbols, noise_var in zip(got.symbols, got.noise_var, strict=True)
        ]


class Eve:
    """The attack without a key."""

    role = "eve"

    def __init__(self, attack: UnkeyedReceiver) -> None:
        self._attack = attack
        self.stats = attack.stats

    def take(self, packet: Packet) -> list[ReceivedPicture]:
        return self._pictures(self._attack.receive(packet.header, packet.symbols, packet.noise_var))

    def finish(self) -> list[ReceivedPicture]:
        return self._pictures(self._attack.flush())

    @staticmethod
    def _pictures(found: Iterable) -> list[ReceivedPicture]:
        return [ReceivedPicture(p.pixels, p.packets_received, p.packets_sent, p.snr_db) for p in found]
