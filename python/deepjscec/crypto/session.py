# SPDX-License-Identifier: GPL-3.0-or-later
"""A session: one shared secret, one random session id, and the keys that follow from both."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import NoReturn

from .counter import PacketCounter, ReusedCounterError
from .keystream import KeyStream
from .secret import SECRET_BYTES, Secret, hkdf

SESSION_ID_BYTES = 8
KEY_ID_BYTES = 4
SESSION_NAME_BYTES = KEY_ID_BYTES + SESSION_ID_BYTES


def key_id(secret: Secret | bytes) -> bytes:
    """4 public bytes that name a secret: the start of SHA-256 over an HKDF output made for this alone.

    Packets carry it in clear, so an observer can tell which packets share a secret. It is a name, not a
    proof: two secrets share a key id once in 2^32.
    """
    return hashlib.sha256(hkdf(Secret.of(secret).reveal(), b"key id")).digest()[:KEY_ID_BYTES]


class Session:
    """Keys and counters of one session. Make one with `start` (to send) or `derive`; never copy or pickle it.

    The counters live here, so two ciphers on one session cannot use one packet number twice. They guard this
    *object*: deriving the same (secret, session id) a second time starts them again at 0. A sender therefore
    uses `start`.
    """

    def __init__(self, secret: Secret, session_id: bytes, receive_only: bool, entropy: Callable[[int], bytes]) -> None:
        self._id = session_id
        self._key_id = key_id(secret)
        self._header_key = Secret(hkdf(secret.reveal(), b"header " + session_id))
        self._stream_key = Secret(hkdf(secret.reveal(), b"key stream " + session_id))
        self._receive_only = receive_only
        self._entropy = entropy
        self._issued = PacketCounter("numbered")
        self._payloads = PacketCounter("payload of")
        self._headers = PacketCounter("header of")

    @classmethod
    def derive(
        cls,
        shared_secret: Secret | bytes,
        session_id: bytes,
        *,
        receive_only: bool = False,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Session:
        """The session that a 32-byte secret and 8 session-id bytes determine.

        With `receive_only` it decrypts and opens, and refuses to encrypt or seal. `entropy` gives so many
        private random bytes; another source than the operating system's is for reproducible measurements only, never
        for the air: who can guess its bytes reads what LWE sends. Raises `ValueError` for wrong lengths.
        """
        if not isinstance(session_id, (bytes, bytearray)):
            raise TypeError(f"a session id is bytes, not {type(session_id).__name__}")
        if len(session_id) != SESSION_ID_BYTES:
            raise ValueError(f"a session id has {SESSION_ID_BYTES} bytes, not {len(session_id)}")
        return cls(Secret.of(shared_secret), bytes(session_id), receive_only, entropy)

    @classmethod
    def start(cls, shared_secret: Secret | bytes) -> Session:
        """A session to send with, under a fresh random id."""
        return cls.derive(shared_secret, secrets.token_bytes(SESSION_ID_BYTES))

    @property
    def id(self) -> bytes:
        """The 8 public bytes of this session."""
        return self._id

    @property
    def name(self) -> bytes:
        """12 public bytes: key id and session id. Who holds another secret can take any session id, but not both."""
        return self._key_id + self._id

    @property
    def key_id(self) -> bytes:
        """The 4 public bytes that name the secret; see `key_id`."""
        return self._key_id

    @property
    def header_key(self) -> Secret:
        """AES-256 key of the header seal."""
        return self._header_key

    def key_stream(self, packet: int, scheme: int, parameter: int = 0, first: int = 0) -> KeyStream:
        """Key stream of one packet (layout: `keystream.py`). Reading it marks nothing as used."""
        return KeyStream(self._stream_key, packet, scheme, parameter, first)

    def private_key(self) -> Secret:
        """A fresh key that nobody shares, for randomness of the sender's own: dither, and errors of LWE."""
        return Secret(self._entropy(SECRET_BYTES))

    def next_packet(self) -> int:
        """A fresh packet number for a header and its payload; `CounterExhaustedError` at 2^32."""
        self._check_sender()
        return self._issued.next()

    def claim_payload(self, packet: int) -> int:
        """Mark the payload of `packet` as encrypted; `ReusedCounterError` unless it exceeds all before."""
        self._check_sender()
        return self._payloads.claim(packet)

    def claim_header(self, packet: int) -> int:
        """Mark the header of `packet` as sealed; `ReusedCounterError` unless it exceeds all before."""
        self._check_sender()
        return self._headers.claim(packet)

    def _check_sender(self) -> None:
        if self._receive_only:
            raise ReusedCounterError("this session belongs to a sender and was opened to receive: start one to send")

    def __repr__(self) -> str:
        return f"Session(id={self._id.hex()}, key_id={self._key_id.hex()}, receive_only={self._receive_only})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session cannot be pickled or copied: the copy would reuse packet numbers")
