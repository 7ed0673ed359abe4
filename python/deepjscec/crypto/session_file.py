# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver's memory on disk, so that recordings are refused after a restart, too.

16 bytes that say what it is, then records of 16 bytes, only ever appended: a session's name, and a packet number up to
which (included) everything counts as seen, big-endian; the last record of a session holds. A number is written before
its packet is accepted and a few ahead of it, so that not every packet has to wait for the disk: a restart refuses at
most `STEP` packets that are new.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

from .counter import MAX_PACKET
from .session import SESSION_NAME_BYTES

MAGIC = b"deepjscec-sess-1"
STEP = 16  # numbers written ahead
_RECORD = struct.Struct(f">{SESSION_NAME_BYTES}sI")
_COMPACT = 4096  # records, above which opening writes the file anew


class SessionFile:
    """Opens or creates `path` (mode 0600) for one receiver.

    Raises `ValueError` where another receiver holds it or it is another kind of file, and `OSError` where it cannot be
    read or written; the messages name it.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self._path = Path(path)
        self._handle = -1
        try:
            # a file of its own, because the other one is replaced now and then
            self._lock_handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._lock()
                self.seen = self._load()
                self._handle = os.open(self._path, os.O_RDWR | os.O_APPEND)
                self._size = os.fstat(self._handle).st_size
            except BaseException:
                os.close(self._lock_handle)
                raise
        except OSError as error:
            raise type(error)(f"{path}: cannot open the session file: {error.strerror}") from None

    def _lock(self) -> None:
        with contextlib.suppress(ImportError):  # Windows: nobody is kept out there
            import fcntl

            try:
                fcntl.flock(self._lock_handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ValueError(f"{self._path}: another receiver uses this session file") from None

    def _load(self) -> dict[bytes, int]:
        """Greatest number seen of each session, in the order they were last heard."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        seen: dict[bytes, int] = {}
        if not MAGIC.startswith(data[: len(MAGIC)]):
            raise ValueError(f"{self._path}: not a session file")
        whole = len(data) - len(data) % _RECORD.size
        for name, number in _RECORD.iter_unpack(data[len(MAGIC) : whole]):
            seen[name] = max(number, seen.pop(name, 0))
        # a record cut short by a crash was of a packet never accepted
        if not data or len(data) > whole or whole // _RECORD.size > max(_COMPACT, 2 * len(seen)):
            self._rewrite(seen)
        return seen

    def _rewrite(self, seen: dict[bytes, int]) -> None:
        """Replace the file by one without repetitions, whole at every moment."""
        packed = MAGIC + b"".join(_RECORD.pack(*item) for item in seen.items())
        partial = self._path.with_name(self._path.name + ".partial")
        partial.unlink(missing_ok=True)  # of a process that ended here
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(handle, packed)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(partial, self._path)
        if os.name == "posix":  # so that the new name, too, outlives a power cut
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def accept(self, name: bytes, packet: int) -> None:
        """Note that `packet` is about to be accepted; returns once the disk holds it. `OSError` where it does not."""
        if packet <= self.seen.get(name, -1):
            return
        number = min(packet + STEP, MAX_PACKET)
        try:
            _write_all(self._handle, _RECORD.pack(name, number))
            os.fsync(self._handle)
        except OSError as error:
            with contextlib.suppress(OSError):  # half a record would shift all that follow
                os.ftruncate(self._handle, self._size)
            raise OSError(f"{self._path}: cannot write the session file: {error.strerror}") from None
        self._size += _RECORD.size
        self.seen[name] = number

    def close(self) -> None:
        """Let another receiver have the file."""
        if self._handle >= 0:
            os.close(self._handle)
            os.close(self._lock_handle)
            self._handle = -1


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
