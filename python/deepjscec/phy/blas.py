# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear algebra on one thread, of one receiver at a time.

The receiver's matrices are small.  Shared between threads they take ten times as long, and more, wherever another
thread wants the same cores, and in a flowgraph every block is one.

Receivers in threads of one process take turns.  NumPy gives the interpreter away in each of their many short steps, and
with two at once each waits to get it back: together they took longer than one after the other
(``benchmarks/receiver_threads.py``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_turn = threading.RLock()
_outside: list[int] = []  # threads of each library behind, while a thread is inside


def _after_fork() -> None:
    """A fork copies a lock that is held, but not the thread that would release it."""
    global _turn
    _turn = threading.RLock()
    if _outside:
        _set_threads(_outside)
        _outside.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _libraries() -> list[Any]:
    """Controllers of the process's BLAS libraries; numpy and scipy may bring one each."""
    import scipy.linalg  # noqa: F401  so that its BLAS is among them
    from threadpoolctl import ThreadpoolController

    libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return libraries


def _set_threads(counts: list[int]) -> None:
    """Threads of each library, from whatever thread this is called."""
    for library, count in zip(_libraries(), counts, strict=True):
        # Since threadpoolctl 3.8 OpenBLAS belongs to the first thread that sets its threads, and calls of others do
        # nothing without a word. Here threads take turns, under a lock.
        release = getattr(library, "clear_controlling_thread", lambda force: None)
        release(force=True)
        library.set_num_threads(count)
        release(force=True)  # for whoever comes next


@contextmanager
def one_thread() -> Iterator[None]:
    """Limits the process's BLAS to one thread while inside, where the program's threads take turns."""
    with _turn:
        if _outside:  # this thread is inside already
            yield
            return
        before = [library.get_num_threads() for library in _libraries()]
        _outside[:] = before
        _set_threads([1] * len(before))
        try:
            yield
        finally:
            _outside.clear()
            _set_threads(before)
