# SPDX-License-Identifier: GPL-3.0-or-later
"""A session opens over the air: Alice sends Bob a capsule for his public key, and he needs nothing but the private one.

A capsule goes as coded bytes (`coded.py`), a half in a packet. Header of such a packet, in clear, as long as others:

    offset  bytes  content
    0       1      version, 2
    1       4      id of the public key
    5       8      start of SHA-256 over the capsule
    13      1      half, 0 or 1
    14      34     zeros
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter, OrderedDict

import numpy as np

from deepjscec.crypto import HEADER_BYTES, CapsuleError, PrivateKey, PublicKey, Secret
from deepjscec.crypto.hybrid import CAPSULE_BYTES
from deepjscec.link.coded import HALVES, CodedBytes, encode_half, half_symbols
from deepjscec.link.interleaver import gather, spread
from deepjscec.link.packet import Packet

OPENING_VERSION = 2
OPENING_SYMBOLS = half_symbols(CAPSULE_BYTES)
_NAME_BYTES = 8
_HEADER = struct.Struct(f">B4s{_NAME_BYTES}sB{HEADER_BYTES - 6 - _NAME_BYTES}x")
_MOST_OPEN = 8  # capsules that are collected at once


def is_opening(header: bytes) -> bool:
    """Whether a header says that its packet carries a capsule."""
    return len(header) == HEADER_BYTES and header[0] == OPENING_VERSION


def _name(capsule: bytes) -> bytes:
    return hashlib.sha256(capsule).digest()[:_NAME_BYTES]


class SessionOpening:
    """Alice's side: a fresh secret for the holder of a private key, and packets that tell him."""

    def __init__(self, recipient: PublicKey) -> None:
        """`ValueError` for a public key that nobody can have made honestly."""
        capsule, self.secret = recipient.encapsulate()
        self._packets = [
            Packet(
                _HEADER.pack(OPENING_VERSION, recipient.id, _name(capsule), half),
                spread(encode_half(capsule, half)),
            )
            for half in range(HALVES)
        ]
        self._next = 0

    def packets(self, count: int) -> list[Packet]:
        """The next `count` packets; they repeat, and what arrives of them adds up."""
        chosen = [self._packets[(self._next + i) % HALVES] for i in range(count)]
        self._next += count
        return chosen


class OpeningReceiver:
    """Bob's side. Counts packets by what became of them in `stats`: `opening_used`, `opening_known`, `opening_foreign`,
    `opening_malformed`; and `openings`, capsules that he opened."""

    def __init__(self, key: PrivateKey, stats: Counter[str] | None = None) -> None:
        self._key = key
        self._open: OrderedDict[bytes, CodedBytes] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self.stats = Counter() if stats is None else stats

    def receive(self, header: bytes, symbols: np.ndarray, noise_var: np.ndarray) -> Secret | None:
        """Take a packet for which `is_opening`; the secret, once a capsule is whole. Never raises for what arrives."""
        _, recipient, name, half = _HEADER.unpack(header)
        if recipient != self._key.public_key.id:
            self.stats["opening_foreign"] += 1
        elif half >= HALVES or len(symbols) != OPENING_SYMBOLS:
            self.stats["opening_malformed"] += 1
        elif name in self._known:
            self.stats["opening_known"] += 1
        else:
            self.stats["opening_used"] += 1
            return self._collect(name, half, gather(symbols), gather(noise_var))
        return None

    def _collect(self, name: bytes, half: int, symbols: np.ndarray, noise_var: np.ndarray) -> Secret | None:
        coded = self._open.setdefault(name, CodedBytes(CAPSULE_BYTES))
        self._open.move_to_end(name)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        coded.add(half, symbols, noise_var)
        alone = CodedBytes(CAPSULE_BYTES)
        alone.add(half, symbols, noise_var)
        capsule = coded.read() or alone.read()  # garbage under this name may have spoiled what was collected
        if capsule is None:
            return None
        del self._open[name]
        try:
            # names are not secret: whoever sends another capsule under one must not shut the genuine one out
            if _name(capsule) != name:
                raise CapsuleError("another capsule's name")
            secret = self._key.decapsulate(capsule)
        except CapsuleError:
            self.stats["opening_malformed"] += 1
            return None
        self._known[name] = None
        while len(self._known) > 4096:
            self._known.popitem(last=False)
        self.stats["openings"] += 1
        return secret
