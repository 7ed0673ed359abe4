# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver's memory on disk, so that recordings are refused after a restart, too.

12 bytes that say what it is, then records of 12 bytes, only ever appended: session id, and a packet number up to which
(included) everything counts as seen, big-endian; the last record of a session holds. A number is written before its
packet is accepted and a few ahead of it, so that not every packet has to wait for the disk: a restart refuses at most
`STEP` packets that are new.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

from .counter import MAX_PACKET
from .session import SESSION_ID_BYTES

MAGIC = b"deepjscec-s1"
STEP = 16  # numbers written ahead
_RECORD = struct.Struct(f">{SESSION_ID_BYTES}sI")
_COMPACT = 4096  # records, above which opening writes the file anew


class SessionFile:
    """Opens or creates `path` (mode 0600) for one receiver.

    Raises `ValueError` where another receiver holds it or it is another kind of file, and `OSError` where it cannot be
    read or written; the messages name it.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self._path = Path(path)
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise type(error)(f"{path}: cannot open the session file: {error.strerror}") from None
        try:
            self._lock()
            self.seen = self._load()
        except BaseException:
            os.close(self._handle)
            raise

    def _lock(self) -> None:
        with contextlib.suppress(ImportError):  # Windows: nobody is kept out there
            import fcntl

            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ValueError(f"{self._path}: another receiver uses this session file") from None

    def _load(self) -> dict[bytes, int]:
        """Greatest number seen of each session, in the order they were last heard."""
        with open(self._handle, "rb", closefd=False) as file:
            file.seek(0)
            data = file.read()
        seen: dict[bytes, int] = {}
        if not MAGIC.startswith(data[: len(MAGIC)]):
            raise ValueError(f"{self._path}: not a session file")
        whole = len(data) - len(data) % _RECORD.size
        for session_id, number in _RECORD.iter_unpack(data[len(MAGIC) : whole]):
            seen[session_id] = max(number, seen.pop(session_id, 0))
        # a record cut short by a crash was of a packet never accepted
        if not data or len(data) > whole or whole // _RECORD.size > max(_COMPACT, 2 * len(seen)):
            self._rewrite(seen)
        return seen

    def _rewrite(self, seen: dict[bytes, int]) -> None:
        """Replace the file by one without repetitions, whole at every moment."""
        packed = MAGIC + b"".join(_RECORD.pack(*item) for item in seen.items())
        partial = self._path.with_name(self._path.name + ".partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(handle, packed)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(partial, self._path)
        os.close(self._handle)
        self._handle = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self._lock()

    def accept(self, session_id: bytes, packet: int) -> None:
        """Note that `packet` is about to be accepted; returns once the disk holds it. `OSError` where it does not."""
        if packet <= self.seen.get(session_id, -1):
            return
        number = min(packet + STEP, MAX_PACKET)
        try:
            _write_all(self._handle, _RECORD.pack(session_id, number))
            os.fsync(self._handle)
        except OSError as error:
            raise OSError(f"{self._path}: cannot write the session file: {error.strerror}") from None
        self.seen[session_id] = number

    def close(self) -> None:
        """Let another receiver have the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
