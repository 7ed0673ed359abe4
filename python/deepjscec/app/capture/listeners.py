# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may listen to received packets: anybody, Bob with his key, Eve without. Each takes packets and gives pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deepjscec.attack import UnkeyedReceiver
from deepjscec.attack.unkeyed import UnkeyedPicture
from deepjscec.codec import Codec
from deepjscec.link import LinkReceiver, ReceivedCodewords
from deepjscec.phy import Packet


@dataclass(frozen=True)
class ReceivedPicture:
    """A picture as it arrived: what its decoder gave, how many of its packets did arrive, and their Es/N0 in dB."""

    shape: tuple[int, int]  # (H, W) as sent
    result: np.ndarray  # uint8[H, W, 3], or the probabilities of a classifier, float32[classes]
    classes: tuple[str, ...]  # of a classifier
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
            ReceivedPicture(got.shape, result, self._codec.classes, got.packets_received, got.packets_sent, got.snr_db)
            for got in groups
            for result in self._results(got)
        ]

    def _results(self, got: ReceivedCodewords) -> Iterable[np.ndarray]:
        rate = self._codec.rates[got.rate_index]
        for symbols, noise_var in zip(got.symbols, got.noise_var, strict=True):  # one by one: pictures may be large
            yield self._codec.receive_batch(symbols[None], noise_var[None], got.shape, rate)[0]


class Eve:
    """The attack without a key."""

    role = "eve"

    def __init__(self, attack: UnkeyedReceiver, codec: Codec) -> None:
        self._attack, self._codec = attack, codec
        self.stats = attack.stats

    def take(self, packet: Packet) -> list[ReceivedPicture]:
        return self._pictures(self._attack.receive(packet.header, packet.symbols, packet.noise_var))

    def finish(self) -> list[ReceivedPicture]:
        return self._pictures(self._attack.flush())

    def _pictures(self, found: Iterable[UnkeyedPicture]) -> list[ReceivedPicture]:
        classes = self._codec.classes
        return [
            ReceivedPicture(p.shape, p.result, classes, p.packets_received, p.packets_sent, p.snr_db) for p in found
        ]
