# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusing what was received before: a window per session and a bounded memory of sessions.

Call `accept` only with numbers from a header whose tag verified, or anyone can shut genuine packets out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from .counter import check_packet
from .session import SESSION_NAME_BYTES
from .session_file import SessionFile


class ReplayWindow:
    """Sliding window over the packet numbers of one session, as IPsec has it (RFC 4303, 3.4.3; RFC 6479).

    Takes each number once, in any order, as long as it is less than `size` below the greatest taken so far.
    Not thread-safe on its own.
    """

    def __init__(self, size: int = 1024, seen: int = -1) -> None:
        """`seen`: all numbers up to this one count as taken."""
        if size < 1:
            raise ValueError(f"window size must be at least 1, got {size}")
        self._size = size
        self._mask = (1 << size) - 1
        self._top = seen
        self._seen = self._mask if seen >= 0 else 0  # bit i: number top - i was taken

    def is_new(self, packet: int) -> bool:
        """Whether `accept` would take `packet`."""
        behind = self._top - check_packet(packet)
        return behind < 0 or (behind < self._size and not (self._seen >> behind) & 1)

    def accept(self, packet: int) -> bool:
        """True, and remembered, when `packet` is new; False when it was taken or is too old to tell."""
        if not self.is_new(packet):
            return False
        ahead = packet - self._top
        if ahead > 0:
            # A jump beyond the window forgets all of it; shifting by up to 2^32 bits would build a huge
            # integer.
            self._seen = ((self._seen << ahead) & self._mask if ahead < self._size else 0) | 1
            self._top = packet
            return True
        self._seen |= 1 << -ahead
        return True


class SessionMemory:
    """A window for each of the `max_sessions` sessions last heard, and the ids of `max_retired` sessions
    before them.

    A session pushed out of the first set is retired: all its later packets are refused, new ones too. Ids
    pushed out of the second set are forgotten, and a recording of such a session would be taken again, as
    would any recording after the receiver restarts, but with a `file` that remembers. A new secret closes both gaps.
    Thread-safe.
    """

    def __init__(
        self, max_sessions: int = 1024, max_retired: int = 65536, window: int = 1024, file: SessionFile | None = None
    ) -> None:
        if max_sessions < 1 or max_retired < 0:
            raise ValueError(f"need max_sessions >= 1 and max_retired >= 0, got {max_sessions} and {max_retired}")
        self._max_sessions = max_sessions
        self._max_retired = max_retired
        self._window = window
        self._windows: OrderedDict[bytes, ReplayWindow] = OrderedDict()
        self._retired: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()
        ReplayWindow(window)  # complain about a bad size now and not at the first packet
        self._file = file
        for name, seen in file.seen.items() if file else ():
            self._windows[name] = ReplayWindow(window, seen)
            if len(self._windows) > max_sessions:
                self._retire(next(iter(self._windows)))

    def is_new(self, name: bytes, packet: int) -> bool:
        """Whether `accept` would take this packet, as far as memory alone can say. Changes nothing."""
        with self._lock:
            if name in self._retired:
                return False
            window = self._windows.get(name)
            return window is None or window.is_new(packet)

    def accept(self, name: bytes, packet: int) -> bool:
        """True, and remembered, when this authenticated packet of the session called `name` (`Session.name`) is new;
        False for a replay or a retired session. `OSError` where a file is to remember and cannot.
        """
        name = bytes(name)
        if len(name) != SESSION_NAME_BYTES:
            raise ValueError(f"a session's name has {SESSION_NAME_BYTES} bytes, not {len(name)}")
        with self._lock:
            if name in self._retired:
                return False
            window = self._windows.setdefault(name, ReplayWindow(self._window))
            self._windows.move_to_end(name)
            if len(self._windows) > self._max_sessions:
                self._retire(next(iter(self._windows)))
            if not window.accept(packet):
                return False
            if self._file:
                self._file.accept(name, packet)
            return True

    def retire(self, name: bytes) -> None:
        """Refuse this session from now on, as when its end was announced."""
        with self._lock:
            self._retire(bytes(name))

    def _retire(self, name: bytes) -> None:
        self._windows.pop(name, None)
        self._retired[name] = None
        while len(self._retired) > self._max_retired:
            self._retired.popitem(last=False)
