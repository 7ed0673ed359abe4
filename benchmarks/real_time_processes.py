# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, the channels, Bob and Eve as four processes joined by ZeroMQ, as `grc/zmq_*.grc` are, watched from a fifth."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import gr, zeromq
from real_time_roles import (
    ALICE,
    BOB,
    CHANNEL,
    EVE,
    Alice,
    Bob,
    Eve,
    Settings,
    Stopwatch,
    bob_channel,
    eve_channel,
    psnr_of_latest,
)
from real_time_threads import BlockThreads

ROLES = (BOB, EVE, CHANNEL, ALICE)  # whoever hears is there before whoever speaks
TIMEOUT = 100  # ms, of ZeroMQ
QUEUE = 256  # messages that each end keeps, as in the flowgraphs
START = 60.0  # seconds for imports and networks on a busy machine
ANSWER = 10.0  # seconds


class FourProcesses:
    """As `FourRoles`, with a process for each role; paced only, for a publisher does not wait for its subscribers."""

    def __init__(self, settings: Settings) -> None:
        if not settings.paced:
            raise ValueError("four processes are paced by the clock")
        self._folder = tempfile.TemporaryDirectory(prefix="deepjscec-")
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self._pipes: dict[str, Connection] = {}
        self._processes = []
        for role in ROLES:
            self._pipes[role], theirs = context.Pipe()
            arguments = (role, settings, self._folder.name, theirs)
            self._processes.append(context.Process(target=_serve, args=arguments, name=role, daemon=True))

    def start(self) -> None:
        """A `RuntimeError` names the role that does not start; `wait` then ends the others."""
        for process in self._processes:
            process.start()
        for role in ROLES:
            self._answer(role, START)
        for role in ROLES:
            self._ask(role, "start")

    def stop(self) -> None:
        for role in reversed(ROLES):
            with suppress(RuntimeError):  # it has ended by itself
                self._ask(role, "stop")

    def wait(self) -> None:
        for pipe in self._pipes.values():
            pipe.close()
        for process in self._processes:
            if process.pid:
                process.join(ANSWER)
                process.kill()
        self._folder.cleanup()

    def queues(self) -> dict[str, int]:
        return self._united("queues", (ALICE, BOB, EVE))

    def counters(self) -> dict[str, int]:
        return self._united("counters", (ALICE, BOB, EVE))

    def passed(self) -> dict[str, dict[int, float]]:
        """As `FourRoles.passed`: processes of one machine share the monotonic clock."""
        return {port: self._ask(role, "passed")[port] for role, port in ((ALICE, "sent"), (BOB, "bob"), (EVE, "eve"))}

    def block_seconds(self) -> dict[tuple[str, str], float]:
        total: Counter[tuple[str, str]] = Counter()
        for role in ROLES:
            total.update(self._ask(role, "block_seconds"))
        return dict(total)

    def processor_seconds(self) -> float:
        return sum(self._ask(role, "processor_seconds") for role in ROLES)

    def psnr_db(self) -> float | None:
        return psnr_of_latest(self._ask(ALICE, "pictures", "sent"), self._ask(BOB, "pictures", "bob"))

    def _united(self, question: str, roles: tuple[str, ...]) -> dict[str, int]:
        return {name: value for role in roles for name, value in self._ask(role, question).items()}

    def _ask(self, role: str, *question: str) -> Any:
        with suppress(OSError):  # the missing answer tells
            self._pipes[role].send(question)
        return self._answer(role, ANSWER)

    def _answer(self, role: str, seconds: float) -> Any:
        try:
            if self._pipes[role].poll(seconds):
                return self._pipes[role].recv()
        except (EOFError, OSError) as error:
            raise RuntimeError(f"{role}'s process has ended") from error
        raise RuntimeError(f"{role}'s process did not answer within {seconds:g} s")


class _RoleFlow(gr.top_block):
    """One role between ZeroMQ blocks; `FourProcesses` asks for what its methods give."""

    def __init__(self, role: str, settings: Settings, folder: str) -> None:
        gr.top_block.__init__(self, role, catch_exceptions=True)
        self._watch = Stopwatch()
        self._part: Alice | Bob | Eve | None = None
        self._kept: list[Any] = []
        if role == ALICE:
            self._part = alice = Alice(self, self._watch, settings)
            self.connect(alice.out, self._publisher(folder, ALICE))
        elif role == CHANNEL:
            heard = self._subscriber(folder, ALICE)
            for receiver, channel in ((BOB, bob_channel(settings)), (EVE, eve_channel())):
                self._kept.append(channel)
                self.connect(heard, channel, self._publisher(folder, receiver))
        else:
            self._part = listener = (Bob if role == BOB else Eve)(self, self._watch, settings)
            self.connect(self._subscriber(folder, role), listener.into)
        self._threads = BlockThreads(self._part.python_blocks if self._part else {}, role)

    def queues(self) -> dict[str, int]:
        return self._part.queues() if self._part else {}

    def counters(self) -> dict[str, int]:
        return self._part.counters() if self._part else {}

    def passed(self) -> dict[str, dict[int, float]]:
        return self._watch.passed()

    def pictures(self, port: str) -> dict[int, np.ndarray]:
        return self._watch.pictures(port)

    def block_seconds(self) -> dict[tuple[str, str], float]:
        return self._threads.seconds()

    def processor_seconds(self) -> float:
        return time.process_time()

    def _publisher(self, folder: str, name: str) -> Any:
        block = zeromq.pub_sink(gr.sizeof_gr_complex, 1, _address(folder, name), TIMEOUT, pass_tags=True, hwm=QUEUE)
        self._kept.append(block)
        return block

    def _subscriber(self, folder: str, name: str) -> Any:
        block = zeromq.sub_source(gr.sizeof_gr_complex, 1, _address(folder, name), TIMEOUT, pass_tags=True, hwm=QUEUE)
        self._kept.append(block)
        return block


def _address(folder: str, name: str) -> str:
    return f"ipc://{Path(folder) / name}"


def _serve(role: str, settings: Settings, folder: str, pipe: Connection) -> None:
    """Run one role and answer questions until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    flow = _RoleFlow(role, settings, folder)
    try:
        pipe.send("ready")
        while True:
            question, *arguments = pipe.recv()
            pipe.send(getattr(flow, question)(*arguments))
    except (EOFError, OSError):
        pass
    finally:  # a flowgraph's threads would outlive this one
        flow.stop()
        flow.wait()
