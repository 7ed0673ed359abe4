# SPDX-License-Identifier: GPL-3.0-or-later
"""A session opens over the air: Alice sends Bob a capsule for his public key, and he needs nothing but the private one.

A capsule goes as coded bytes (`coded.py`), a half in a packet, or in as many pieces as short packets need. Header of
such a packet, in clear, as long as others:

    offset  bytes  content
    0       1      version, 2
    1       4      id of the public key
    5       8      start of SHA-256 over the capsule
    13      1      half, 0 or 1
    14      1      piece of it
    15      1      pieces of each half, all of one length or the last one shorter
    16      32     zeros
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter, OrderedDict

import numpy as np

from deepjscec.crypto import HEADER_BYTES, CapsuleError, PrivateKey, PublicKey, Secret, key_id
from deepjscec.crypto.hybrid import CAPSULE_BYTES
from deepjscec.link.coded import HALVES, CodedBytes, encode_half, half_symbols
from deepjscec.link.interleaver import gather, spread
from deepjscec.link.packet import Packet

OPENING_VERSION = 2
OPENING_SYMBOLS = half_symbols(CAPSULE_BYTES)
_NAME_BYTES = 8
_HEADER = struct.Struct(f">B4s{_NAME_BYTES}sBBB{HEADER_BYTES - 8 - _NAME_BYTES}x")
_MOST_PIECES = 32
_MOST_OPEN = 64  # capsules that are collected at once
_ROUNDS = 3  # of all pieces, after which what was collected in vain is dropped
_LEAST_NOISE = 0.1  # variance; garbage reported as clean must not outweigh many genuine packets


def is_opening(header: bytes) -> bool:
    """Whether a header says that its packet carries a capsule."""
    return len(header) == HEADER_BYTES and header[0] == OPENING_VERSION


def _name(capsule: bytes) -> bytes:
    return hashlib.sha256(capsule).digest()[:_NAME_BYTES]


def _places(piece: int, pieces: int) -> slice:
    """Which symbols of a half a piece of it holds."""
    size = -(-OPENING_SYMBOLS // pieces)
    return slice(piece * size, min((piece + 1) * size, OPENING_SYMBOLS))


def _length(piece: int, pieces: int) -> int:
    return len(range(OPENING_SYMBOLS)[_places(piece, pieces)])


class SessionOpening:
    """Alice's side: a fresh secret for the holder of a private key, and packets that tell him."""

    def __init__(self, recipient: PublicKey, payload_symbols: int = OPENING_SYMBOLS) -> None:
        """`payload_symbols`: of the longest packet. `ValueError` for a public key that nobody can have made honestly,
        and for packets far too short.
        """
        pieces = -(-OPENING_SYMBOLS // max(payload_symbols, 1))
        if pieces > _MOST_PIECES:
            raise ValueError(f"a packet of {payload_symbols} symbols is too short to open a session")
        capsule, self.secret = recipient.encapsulate()
        halves = [spread(encode_half(capsule, half)) for half in range(HALVES)]
        self._packets = [
            Packet(
                _HEADER.pack(OPENING_VERSION, recipient.id, _name(capsule), half, piece, pieces),
                halves[half][_places(piece, pieces)],
            )
            for half in range(HALVES)
            for piece in range(pieces)
        ]
        self._next = 0

    @property
    def first(self) -> list[Packet]:
        """Packets to begin with: all that there are, twice, which arrive at -2 dB."""
        return self._packets * 2

    def one_more(self) -> Packet:
        """The next packet of a round that never ends; what arrives of them adds up."""
        packet = self._packets[self._next % len(self._packets)]
        self._next += 1
        return packet


class OpeningReceiver:
    """Bob's side. Counts packets by what became of them in `stats`: `opening_used`, `opening_known`, `opening_foreign`,
    `opening_malformed`; and `openings`, capsules that he opened."""

    def __init__(self, key: PrivateKey, stats: Counter[str] | None = None) -> None:
        self._key = key
        self._open: OrderedDict[bytes, tuple[CodedBytes, int]] = OrderedDict()  # and how many packets are in it
        self._known: OrderedDict[bytes, bytes] = OrderedDict()  # key id of the secret inside
        self.stats = Counter() if stats is None else stats

    def receive(self, header: bytes, symbols: np.ndarray, noise_var: np.ndarray) -> Secret | None:
        """Take a packet for which `is_opening`; the secret, once a capsule is whole. Never raises for what arrives."""
        _, recipient, name, half, piece, pieces = _HEADER.unpack(header)
        if recipient != self._key.public_key.id:
            self.stats["opening_foreign"] += 1
        elif half >= HALVES or not piece < pieces <= _MOST_PIECES or len(symbols) != _length(piece, pieces):
            self.stats["opening_malformed"] += 1
        elif name in self._known:
            self.stats["opening_known"] += 1
        else:
            self.stats["opening_used"] += 1
            whole = np.zeros(OPENING_SYMBOLS, np.complex64)
            variances = np.full(OPENING_SYMBOLS, np.inf, np.float32)
            whole[_places(piece, pieces)], variances[_places(piece, pieces)] = symbols, noise_var
            variances = np.maximum(variances, np.float32(_LEAST_NOISE))  # keeps what is no number
            return self._collect(name, half, pieces, gather(whole), gather(variances))
        return None

    def forget(self, secret_id: bytes) -> None:
        """The secret of that key id is known no more: its capsule counts as new when it comes again."""
        for name in [name for name, known in self._known.items() if known == secret_id]:
            del self._known[name]

    def _collect(
        self, name: bytes, half: int, pieces: int, symbols: np.ndarray, noise_var: np.ndarray
    ) -> Secret | None:
        coded, packets = self._open.pop(name, (CodedBytes(CAPSULE_BYTES), 0))
        coded.add(half, symbols, noise_var)
        capsule = coded.read()
        if capsule is None and pieces == 1:  # garbage under this name may have spoiled what was collected
            alone = CodedBytes(CAPSULE_BYTES)
            alone.add(half, symbols, noise_var)
            capsule = alone.read()
        if capsule is None:
            if packets + 1 < _ROUNDS * HALVES * pieces:
                self._open[name] = coded, packets + 1
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
            return None
        try:
            # names are not secret: whoever sends another capsule under one must not shut the genuine one out
            if _name(capsule) != name:
                raise CapsuleError("another capsule's name")
            secret = self._key.decapsulate(capsule)
        except CapsuleError:
            self.stats["opening_malformed"] += 1
            return None
        self._known[name] = key_id(secret)
        while len(self._known) > 4096:
            self._known.popitem(last=False)
        self.stats["openings"] += 1
        return secret
