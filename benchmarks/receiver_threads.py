#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OFDM receivers cost each other: some at once, as threads of one process or each in a process of its own.

    python benchmarks/receiver_threads.py --json results/receiver_threads.json

Each takes in the same stream of packets, end to end at 15 dB, in chunks of 8192 samples. Threads take turns with a
packet (`deepjscec.phy.blas`); without turns, linear algebra stays on one thread all the same. Switches are those that a
thread asked for, as one does that waits for the interpreter or for its turn.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import threading
import time
from contextlib import ExitStack, nullcontext
from multiprocessing.pool import Pool, ThreadPool
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from deepjscec import __version__
from deepjscec.app.results import write_json
from deepjscec.phy import Profile, Receiver, Transmitter

CHUNK = 8192  # samples, what GNU Radio hands over at a time
SNR_DB = 15.0
WARM_UP = 10 * CHUNK  # samples, until kernels are loaded
JOIN = 120.0  # seconds for the slowest to be ready
CASES = [  # receivers, what each is, whether threads take turns
    (1, "threads", True),
    (2, "threads", False),
    (2, "threads", True),
    (2, "processes", True),
    (3, "threads", False),
    (3, "threads", True),
]

_barrier: Any = None  # of each process


def stream(packets: int) -> NDArray[np.complex64]:
    """Full packets of Gaussian symbols, end to end, in white noise."""
    profile, rng = Profile(), np.random.default_rng(1)
    transmitter = Transmitter(profile)

    def normal(count: int) -> NDArray[np.complex128]:
        values: NDArray[np.complex128] = rng.standard_normal((count, 2)) @ [1, 1j] / np.sqrt(2)
        return values

    bursts = []
    for _ in range(packets):
        symbols = normal(profile.max_payload_symbols).astype(np.complex64)
        bursts.append(transmitter.modulate(rng.bytes(profile.header_bytes), symbols))
    clean = np.concatenate(bursts)
    # active carriers have unit energy, and the FFT is orthonormal
    noise = normal(len(clean)) * np.sqrt(10 ** (-SNR_DB / 10))
    return (clean + noise).astype(np.complex64)


def share_barrier(barrier: Any) -> None:
    global _barrier
    _barrier = barrier


def receive(packets: int) -> dict[str, float]:
    """One receiver's cost, begun together with the others'."""
    samples, receiver = stream(packets), Receiver()
    for first in range(0, WARM_UP, CHUNK):
        receiver.process(samples[first : first + CHUNK])
    receiver.flush()
    before = receiver.stats["packets"]
    _barrier.wait(JOIN)
    begin, used = time.monotonic(), resource.getrusage(resource.RUSAGE_THREAD)
    for first in range(0, len(samples), CHUNK):
        receiver.process(samples[first : first + CHUNK])
    end, used_then = time.monotonic(), resource.getrusage(resource.RUSAGE_THREAD)
    receiver.flush()
    millions = len(samples) / 1e6
    return {
        "processor_s": (used_then.ru_utime + used_then.ru_stime - used.ru_utime - used.ru_stime) / millions,
        "clock_s": (end - begin) / millions,
        "switches": (used_then.ru_nvcsw - used.ru_nvcsw) / millions,
        "packets": receiver.stats["packets"] - before,
    }


def together(count: int, kind: str, turns: bool, packets: int) -> dict[str, Any]:
    """`count` receivers at once, `kind` threads or processes: means over them, per million samples of each."""
    pool: Pool
    with ExitStack() as stack:
        if not turns:
            stack.enter_context(threadpool_limits(1, user_api="blas"))
            stack.enter_context(mock.patch("deepjscec.phy.receiver.one_thread", nullcontext))
        if kind == "threads":
            pool = ThreadPool(count, share_barrier, (threading.Barrier(count),))
        else:
            context = multiprocessing.get_context("spawn")
            pool = context.Pool(count, share_barrier, (context.Barrier(count),))
        with pool:
            each = pool.map(receive, [packets] * count, chunksize=1)
    return {
        "receivers": count,
        "as": kind,
        "turns": turns,
        "packets": [round(one["packets"]) for one in each],
        **{name: float(np.mean([one[name] for one in each])) for name in ("processor_s", "clock_s", "switches")},
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=300, help="for each receiver")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    runs = []
    for count, kind, turns in tqdm(CASES, disable=None):
        runs.append(run := together(count, kind, turns, arguments.packets))
        how = "in turns" if turns else "without turns"
        tqdm.write(
            f"{count} as {kind}, {how}: a million samples take each {run['processor_s']:.2f} s of processor and "
            f"{run['clock_s']:.2f} s, with {run['switches']:.0f} switches of threads"
        )
    if arguments.json:
        result = {"version": __version__, "cores": len(os.sched_getaffinity(0)), "packets": arguments.packets}
        write_json(arguments.json, {**result, "runs": runs})
    return 0


if __name__ == "__main__":
    sys.exit(main())
