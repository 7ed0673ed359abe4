# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, channel, Bob and Eve as four processes, and what they tell of themselves meanwhile."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from deepjscec.app.quality import psnr_db
from deepjscec.telemetry import Picture, Subscriber, decode_picture

ROLES = ("alice", "channel", "bob", "eve")
PATIENCE = 60.0  # seconds for what takes five on an idle machine
SAMPLE_RATE = 1e6

T = TypeVar("T")


class Programs:
    """The four programs: started, killed, and watched by their telemetry. A context manager that ends them all."""

    def __init__(self, programs: dict[str, Path], folder: Path, pictures: Path, side: int) -> None:
        self.folder, self._programs = folder, programs
        telemetry, air, to_bob, to_eve = (f"tcp://127.0.0.1:{port}" for port in free_ports(4))
        options = {
            "alice": ["--source", pictures, "--size", side, "--publish", air],
            "channel": ["--subscribe", air, "--publish-bob", to_bob, "--publish-eve", to_eve, "--snr-db", 15],
            "bob": ["--subscribe", to_bob],
            "eve": ["--subscribe", to_eve, "--height", side, "--width", side],
        }
        self._options = {role: [*map(str, given), "--telemetry", telemetry] for role, given in options.items()}
        # a key file of this test's own, and no more threads than there is work
        self._environment = os.environ | {"XDG_DATA_HOME": str(folder), "OMP_NUM_THREADS": "1"}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._subscriber = Subscriber(telemetry)
        self._seen: list[object] = []
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Programs:
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        with ExitStack() as stack:
            stack.callback(self._subscriber.close)
            stack.callback(self._watcher.join)
            stack.callback(self._stopping.set)
            for role in [*self._running]:
                stack.callback(self.kill, role)

    def start(self, role: str, *further: object) -> None:
        """Start a program; its pictures go into a folder with its name."""
        out = [] if role == "channel" else ["--out", str(self.folder / role)]
        command = [sys.executable, str(self._programs[role]), *self._options[role], *out, *map(str, further)]
        with open(self.folder / f"{role}.log", "a") as log:
            self._running[role] = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, cwd=self.folder
            )

    def pid(self, role: str) -> int:
        return self._running[role].pid

    def kill(self, role: str) -> None:
        process = self._running.pop(role)
        process.kill()
        process.wait()

    def end(self, role: str, *, ask: bool = True) -> dict[str, int]:
        """The counters that a program prints when it ends, asked to or by itself; it must not have failed."""
        process = self._running[role]
        if ask:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        del self._running[role]
        assert process.returncode == 0, self.log(role)
        counters: dict[str, int] = json.loads(self.log(role).splitlines()[-1])
        return counters

    def wait_for(self, condition: Callable[[], T], what: str) -> T:
        """What `condition` gives as soon as it is true; all programs must be running meanwhile."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            for role, process in self._running.items():
                assert process.poll() is None, f"{role} has ended with {process.returncode}: {self.log(role)}"
            assert time.monotonic() < end, f"{what}: not within {PATIENCE:g} s"
            time.sleep(0.05)
        return found

    def log(self, role: str) -> str:
        return (self.folder / f"{role}.log").read_text()

    def pictures(self, role: str, since: float = 0.0) -> dict[int, Picture]:
        """The role's pictures of which it told after `since`, by id, oldest first."""
        found = [m for m in self._seen if isinstance(m, Picture) and m.role == role and m.time_ns > 1e9 * since]
        return {picture.image_id: picture for picture in found}

    def counters(self, role: str, since: float = 0.0) -> dict[str, float]:
        """The latest counters of which the role told after `since`, with the time `at`; empty where there are none."""
        found = [m for m in self._seen if not isinstance(m, Picture) and m.role == role and m.time_ns > 1e9 * since]
        return {**found[-1].counters, "at": found[-1].time_ns / 1e9} if found else {}

    def hears_since(self, role: str, since: float) -> float:
        """When a program that was started at `since` began to get samples, s of the monotonic clock."""
        told = self.wait_for(
            lambda: (c := self.counters(role, since)).get("stream_samples") and c, f"{role} hears samples"
        )
        return told["at"] - told["stream_samples"] / SAMPLE_RATE

    def psnr_db(self, role: str, image_id: int, since: float = 0.0) -> float:
        """Of a picture of `role` against Alice's."""
        sent, got = (self.pictures(name, since)[image_id] for name in ("alice", role))
        return psnr_db(decode_picture(sent), decode_picture(got))

    def _watch(self) -> None:
        while not self._stopping.is_set():
            message = self._subscriber.receive(0.1)
            if message is not None:
                self._seen.append(message)


def free_ports(count: int) -> list[int]:
    """Numbers of TCP ports that nobody has now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
