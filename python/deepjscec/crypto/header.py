# SPDX-License-Identifier: GPL-3.0-or-later
"""The sealed packet header: 48 bytes, a clear part that is authenticated and fields that are also encrypted.

    offset  bytes  content
    0       1      version, 1
    1       4      key id
    5       8      session id
    13      4      packet number, big-endian
    17      23     fields, encrypted (opaque here; the link layer gives them their meaning)
    40      8      tag

AES-256-CCM (NIST SP 800-38C, RFC 3610) with an 8-byte tag under the session's header key; the clear part is
the associated data and the 13-byte nonce is 9 zero bytes and the packet number. CCM, because GCM loses more
than the length when its tag is short (Ferguson, 2005; NIST SP 800-38D, appendix C).
"""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from .counter import check_packet
from .secret import Secret
from .session import KEY_ID_BYTES, SESSION_ID_BYTES, Session, key_id

HEADER_VERSION = 1
FIELD_BYTES = 23
TAG_BYTES = 8

_CLEAR = struct.Struct(f">B{KEY_ID_BYTES}s{SESSION_ID_BYTES}sI")
CLEAR_BYTES = _CLEAR.size
HEADER_BYTES = CLEAR_BYTES + FIELD_BYTES + TAG_BYTES


class HeaderError(ValueError):
    """A received header that is not for us or not genuine. Only subclasses are raised."""


class HeaderLengthError(HeaderError):
    """Not `HEADER_BYTES` long."""


class HeaderVersionError(HeaderError):
    """Another header version: a newer sender, or noise."""


class ForeignKeyError(HeaderError):
    """The key id names another secret."""


class HeaderTagError(HeaderError):
    """The tag does not fit: damaged, forged, or another secret with the same key id."""


class OpenedHeader(NamedTuple):
    """An authenticated header: its session (receive-only), packet number and 23 field bytes."""

    session: Session
    packet: int
    fields: bytes


def _aead(session: Session) -> AESCCM:
    return AESCCM(session.header_key.reveal(), tag_length=TAG_BYTES)


def _nonce(packet: int) -> bytes:
    return packet.to_bytes(13, "big")


class HeaderSealer:
    """Seals the headers of one session. Thread-safe. `key_id`: 4 bytes, by default the session's own."""

    def __init__(self, session: Session, key_id: bytes | None = None) -> None:
        self._session = session
        self._key_id = session.key_id if key_id is None else key_id
        if not isinstance(self._key_id, bytes):
            raise TypeError(f"a key id is bytes, not {type(key_id).__name__}")
        if len(self._key_id) != KEY_ID_BYTES:
            raise ValueError(f"a key id has {KEY_ID_BYTES} bytes, not {len(self._key_id)}")
        self._aead = _aead(session)

    def seal(self, packet: int, fields: bytes) -> bytes:
        """48 header bytes for `packet`, which must exceed every packet sealed in this session before.

        Raises `ValueError` unless `fields` has 23 bytes, `ReusedCounterError` and `CounterExhaustedError` for
        the number.
        """
        if len(fields) != FIELD_BYTES:
            raise ValueError(f"header fields have {FIELD_BYTES} bytes, not {len(fields)}")
        packet = self._session.claim_header(packet)
        clear = _CLEAR.pack(HEADER_VERSION, self._key_id, self._session.id, packet)
        return clear + self._aead.encrypt(_nonce(packet), bytes(fields), clear)


class HeaderOpener:
    """Opens headers made under one of its secrets, of any session.

    Several secrets make a change of keys possible without a gap: give Bob the new one beside the old, then let Alice
    change, then take the old one away. The header's key id says which it is.

    Keys of the `max_sessions` sessions last heard are kept; a session enters only once a tag verified, so
    forged headers cannot push genuine ones out. Opening says that a header is genuine, not that it is new:
    ask `SessionMemory` next. Thread-safe.
    """

    def __init__(self, *secrets: Secret | bytes, max_sessions: int = 16, max_added: int = 64) -> None:
        """Raises `ValueError` for two secrets of one key id. Of those that `add` brings, `max_added` are kept."""
        if max_sessions < 1 or max_added < 1:
            raise ValueError(f"need max_sessions >= 1 and max_added >= 1, got {max_sessions} and {max_added}")
        self._secrets = {key_id(secret): Secret.of(secret) for secret in secrets}
        if len(self._secrets) < len(secrets):
            raise ValueError("a header opener needs each secret once")
        self._max_sessions, self._max_added = max_sessions, max_added
        self._added: OrderedDict[bytes, bytes] = OrderedDict()  # key id -> session that was worth keeping, if any
        self._sessions: OrderedDict[tuple[bytes, bytes], tuple[Session, AESCCM]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """The names of the secrets, in the order given."""
        return tuple(self._secrets)

    def add(self, secret: Secret | bytes) -> bytes | None:
        """Take one more secret, as from a capsule, for a single session; nothing changes for a key id that is taken.

        Where there are too many, one is forgotten: the oldest of those that `keep` was never called for, or else the
        one for which it was called the longest ago. Returns its key id, if any.
        """
        with self._lock:
            name = key_id(secret)
            if name in self._secrets:
                return None
            oldest = None
            if len(self._added) >= self._max_added:
                oldest = next((n for n, kept in self._added.items() if not kept), next(iter(self._added)))
                del self._added[oldest], self._secrets[oldest]
            self._secrets[name] = Secret.of(secret)
            self._added[name] = b""
            return oldest

    def keep(self, session: Session) -> None:
        """This session brought something worth having. If its secret came by `add`, no other session has it now."""
        with self._lock:
            if session.key_id in self._added:
                self._added[session.key_id] = session.id
                self._added.move_to_end(session.key_id)

    def open(self, header: bytes) -> OpenedHeader:
        """Authenticate and decrypt 48 bytes.

        Raises `HeaderLengthError`, `HeaderVersionError`, `ForeignKeyError` or `HeaderTagError`, checked in
        this order.
        """
        header = bytes(header)
        if len(header) != HEADER_BYTES:
            raise HeaderLengthError(f"a header has {HEADER_BYTES} bytes, not {len(header)}")
        clear = header[:CLEAR_BYTES]
        version, sent_key_id, session_id, packet = _CLEAR.unpack(clear)
        if version != HEADER_VERSION:
            raise HeaderVersionError(f"header version {version}, this library reads {HEADER_VERSION}")
        session, aead = self._keys(sent_key_id, session_id)
        try:
            fields = aead.decrypt(_nonce(check_packet(packet)), header[CLEAR_BYTES:], clear)
        except InvalidTag:
            raise HeaderTagError("header tag does not verify") from None
        name = sent_key_id, session_id
        with self._lock:
            self._sessions[name] = session, aead
            self._sessions.move_to_end(name)
            while len(self._sessions) > self._max_sessions:
                self._sessions.popitem(last=False)
        return OpenedHeader(session, packet, fields)

    def _keys(self, sent_key_id: bytes, session_id: bytes) -> tuple[Session, AESCCM]:
        """Session and keys; `ForeignKeyError` where the secret is not ours."""
        with self._lock:
            secret = self._secrets.get(sent_key_id)
            known = self._sessions.get((sent_key_id, session_id))
            ours = ", ".join(name.hex() for name in self._secrets) or "none yet"
            only = self._added.get(sent_key_id)
        if secret is None:
            raise ForeignKeyError(f"header for key {sent_key_id.hex()}, ours is {ours}")
        if only and only != session_id:
            raise ForeignKeyError(f"header of another session under key {sent_key_id.hex()}, which is good for one")
        if known is None:
            session = Session.derive(secret, session_id, receive_only=True)
            known = session, _aead(session)
        return known


def open_header(secret: Secret | bytes, header: bytes) -> OpenedHeader:
    """`HeaderOpener(secret).open(header)`, for a single header."""
    return HeaderOpener(secret).open(header)


class ClearPart(NamedTuple):
    """What anyone can read of a header, and nobody has verified."""

    version: int
    key_id: bytes
    session_id: bytes
    packet: int


def read_clear_part(header: bytes) -> ClearPart:
    """The clear part of 48 bytes of header. Raises `HeaderLengthError`."""
    if len(header) != HEADER_BYTES:
        raise HeaderLengthError(f"a header has {HEADER_BYTES} bytes, got {len(header)}")
    return ClearPart(*_CLEAR.unpack_from(header))
