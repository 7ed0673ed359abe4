# SPDX-License-Identifier: GPL-3.0-or-later
"""Processor time of each block."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gnuradio import deepjscec
from real_time_roles import ALICE, CHANNEL, Named


class BlockThreads:
    """Which thread works for which block, and how long it has had a processor.

    GNU Radio names threads after their blocks, but Linux keeps 15 letters: blocks in Python are noted as they work.
    Blocks in C++ all count for `role`: the channels' in one process, with the throttle.
    """

    def __init__(self, python_blocks: Named, role: str = CHANNEL) -> None:
        self._role = role
        self._names: dict[int, tuple[str, str]] = {}
        self._before = set(_tasks())
        for name, block in python_blocks.items():
            # what each calls in its own thread: a source of messages publishes, a stream's block works
            is_source = isinstance(block, deepjscec.frame_source)
            entry = "publish" if is_source else "handle" if hasattr(block, "handle") else "work"
            setattr(block, entry, self._noting(name, getattr(block, entry)))

    def _noting(self, name: tuple[str, str], call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            self._names[threading.get_native_id()] = name
            return call(*arguments)

        return noted

    def seconds(self) -> dict[tuple[str, str], float]:
        """Processor seconds so far by role and block; blocks in C++ count for one role."""
        result: dict[tuple[str, str], float] = {}
        program = Path("/proc/self/comm").read_text().strip()
        for task, (comm, used) in _tasks().items():
            if task in self._names:
                name = self._names[task]
            elif task in self._before or comm == program:  # what GNU Radio did not name has the program's name
                name = ("other", "Python and ONNX Runtime's threads")
            elif comm.startswith("Stopwatch"):
                name = ("other", "stopwatch")
            elif comm.startswith("DeepJSCEC"):  # reports that the frame source takes
                name = (ALICE, "frame source")
            else:
                name = (self._role, "GNU Radio's blocks")
            result[name] = result.get(name, 0.0) + used
        return result


def _tasks() -> dict[int, tuple[str, float]]:
    """Name and processor seconds of each thread of this process."""
    tasks = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            name, used = (task / "comm").read_text().strip(), (task / "schedstat").read_text().split()[0]
        except OSError:  # it has ended
            continue
        tasks[int(task.name)] = name, int(used) / 1e9
    return tasks
