# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve transmits: forged, altered, replayed and cut packets against Bob's real link.

She holds back a packet of Alice's, sends some of her own instead (at any strength, with any noise that Bob's receiver
may then report), and delivers the genuine one afterwards, which Bob must still take. An attack has succeeded when
anything of hers was accepted: what Bob accepts becomes part of a picture.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.crypto import HEADER_BYTES, HeaderOpener, HeaderSealer, Secret, Session
from deepjscec.link import LinkReceiver, LinkSender, Packet

SHAPE = (32, 32)
PAYLOAD_SYMBOLS = 11520
REMEMBERED = 64  # packets of Alice's that Eve has at hand
TRIES = 10  # on each of Alice's packets


@dataclass(frozen=True)
class ActiveResult:
    """What came of one kind of attack."""

    name: str
    attempts: int
    accepted: int  # packets of Eve's
    refused: dict[str, int]  # by reason, as Bob counts them
    genuine: int  # packets of Alice's, each delivered after attempts on it
    genuine_refused: int


@dataclass(frozen=True)
class _Situation:
    """What Eve has before her: the packet that Alice just sent, earlier ones that Bob took, and dice."""

    packet: Packet
    earlier: list[Packet]
    rng: np.random.Generator

    def noise(self, size: int) -> np.ndarray:
        return (self.rng.standard_normal((size, 2)) @ [1, 1j] * np.sqrt(0.5)).astype(np.complex64)

    def another(self) -> Packet:
        return self.earlier[self.rng.integers(len(self.earlier))]


def _forged_header(s: _Situation) -> Packet:
    """The clear part as Alice's, with the next number; the sealed part made up."""
    number = (int.from_bytes(s.packet.header[13:17], "big") + 1).to_bytes(4, "big")
    return Packet(s.packet.header[:13] + number + s.rng.bytes(HEADER_BYTES - 17), s.packet.payload)


def _foreign_seal(s: _Situation) -> Packet:
    """A header sealed properly, under Alice's key id and a secret of Eve's."""
    sealer = HeaderSealer(Session.start(Secret.random()), s.packet.header[1:5])
    return Packet(sealer.seal(0, s.rng.bytes(23)), s.packet.payload)


def _flipped_bit(s: _Situation) -> Packet:
    header = bytearray(s.packet.header)
    bit = s.rng.integers(8 * len(header))
    header[bit // 8] ^= 1 << bit % 8
    return Packet(bytes(header), s.packet.payload)


def _noise_payload(s: _Situation) -> Packet:
    return Packet(s.packet.header, s.noise(s.packet.payload.size) * np.float32(10 ** s.rng.uniform(-2, 2)))


def _earlier_payload(s: _Situation) -> Packet:
    return Packet(s.packet.header, s.another().payload)


def _earlier_header(s: _Situation) -> Packet:
    return Packet(s.another().header, s.packet.payload)


def _reordered_symbols(s: _Situation) -> Packet:
    return Packet(s.packet.header, s.rng.permutation(s.packet.payload))


def _rotated_payload(s: _Situation) -> Packet:
    return Packet(s.packet.header, np.roll(s.packet.payload, s.rng.integers(1, s.packet.payload.size)))


def _scaled_payload(s: _Situation) -> Packet:
    """By a complex factor that is off by 0.6 or more, up to 60 dB stronger."""
    while True:
        factor = np.exp(s.rng.uniform(-7, 7) + 2j * np.pi * s.rng.random())
        if abs(factor - 1) >= 0.6:
            return Packet(s.packet.header, (s.packet.payload * factor).astype(np.complex64))


def _truncated_payload(s: _Situation) -> Packet:
    return Packet(s.packet.header, s.packet.payload[: s.rng.integers(s.packet.payload.size)])


def _truncated_header(s: _Situation) -> Packet:
    return Packet(s.packet.header[: s.rng.integers(HEADER_BYTES)], s.packet.payload)


def _replay(s: _Situation) -> Packet:
    return s.another()


ATTACKS: dict[str, Callable[[_Situation], Packet]] = {
    "forged header": _forged_header,
    "header sealed with another secret": _foreign_seal,
    "flipped bit in the header": _flipped_bit,
    "noise for payload": _noise_payload,
    "earlier payload": _earlier_payload,
    "earlier header": _earlier_header,
    "reordered symbols": _reordered_symbols,
    "shifted payload": _rotated_payload,
    "scaled payload": _scaled_payload,
    "truncated payload": _truncated_payload,
    "truncated header": _truncated_header,
    "replay": _replay,
}


class _Field:
    """Alice and Bob, with Eve between them."""

    def __init__(self, card: ModelCard, cipher: str, rng: np.random.Generator) -> None:
        secret = Secret.random()
        self._sender = LinkSender(Session.start(secret), cipher, card, PAYLOAD_SYMBOLS)
        self.receiver = LinkReceiver(HeaderOpener(secret), cipher, card)
        blocks = rng.standard_normal((card.codeword_length(SHAPE, 0) // card.block_size, card.block_size, 2)) @ [1, 1j]
        blocks *= np.sqrt(card.block_size / np.sum(np.abs(blocks) ** 2, axis=1, keepdims=True))
        self._codeword = blocks.astype(np.complex64).reshape(1, -1)
        self._images = 0

    def send(self) -> Packet:
        (packet,) = self._sender.send(self._codeword, self._images, SHAPE, 0)
        self._images += 1
        return packet

    def refusals(self) -> Counter[str]:
        """Bob's, by reason."""
        accepted = ("accepted", "pictures_complete", "pictures_partial")
        return Counter({reason: n for reason, n in self.receiver.stats.items() if reason not in accepted})

    def deliver(self, packet: Packet, noise_var: float) -> bool:
        """Whether Bob made a picture of it."""
        variances = np.full(packet.payload.size, noise_var, np.float32)
        return bool(self.receiver.receive(packet.header, packet.payload, variances))


def run_active(
    card: ModelCard, attempts: int, rng: np.random.Generator, cipher: str = "isometric", names: tuple[str, ...] = ()
) -> list[ActiveResult]:
    """Try each attack `attempts` times, or those of `names`, on packets of small pictures."""
    from tqdm import tqdm

    results = []
    for name in names or tuple(ATTACKS):
        field = _Field(card, cipher, rng)
        earlier = [field.send() for _ in range(REMEMBERED)]
        if not all(field.deliver(packet, 1e-3) for packet in earlier):
            raise RuntimeError("Bob refuses what Alice sends")
        accepted, genuine, genuine_refused, refused = 0, 0, 0, Counter[str]()
        for start in tqdm(range(0, attempts, TRIES), desc=name, leave=False, disable=not sys.stderr.isatty()):
            packet, before = field.send(), field.refusals()
            for _ in range(min(TRIES, attempts - start)):
                forged = ATTACKS[name](_Situation(packet, earlier, rng))
                accepted += field.deliver(forged, float(10 ** rng.uniform(-4, 1)))
            refused += field.refusals() - before
            genuine += 1
            genuine_refused += not field.deliver(packet, 1e-3)
            earlier[rng.integers(REMEMBERED)] = packet
        results.append(ActiveResult(name, attempts, accepted, dict(refused), genuine, genuine_refused))
    return results
