#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the whole system keep up? Alice, the channels, Bob and Eve, 256 x 256 pixels at 1 Msps.

    python benchmarks/real_time.py --json results/real_time.json

Every rate runs *paced* by the clock, as on the air, with several numbers of frames a second, all roles in one process
and each in its own: pictures that arrive, time from picture in to picture out, what waits in queues, frames dropped
because the air was taken. And *unpaced*, in one process, as fast as the processor allows, packets end to end. The
*real-time factor* is the samples sent per second over 1 million, times the share of pictures that came out at Bob and
at Eve within a second. Processor time is that of each block's thread. Times on the clock mean something on an idle
machine only: `other_processes_cores` says how many processors something else had meanwhile.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import deepjscec, gr
from real_time_flow import FourRoles
from real_time_processes import ROLES, FourProcesses
from real_time_roles import SAMPLE_RATE, SIDE, Settings
from real_time_tables import pace
from tqdm import tqdm

from deepjscec import __version__
from deepjscec.app.results import write_json

WARM_UP = 4.0  # seconds until networks are built, kernels loaded and queues settled
LOOK = 0.05  # seconds from one look at the queues to the next
UNPACED_FPS = 200.0  # frames a second: one is there whenever a place gets free
LATE = 1.0  # seconds from picture in to picture out, from which on a picture does not count
PERCENTILES = (50, 90, 99, 100)


@dataclass(frozen=True)
class State:
    """What was so far, at one moment; `process_s` of all processes under the stopwatch."""

    at: float
    cpu_s: dict[tuple[str, str], float]
    process_s: float
    busy_s: float
    counters: dict[str, int]


def state(flow: FourRoles | FourProcesses) -> State:
    """Now; processes are asked one after the other."""
    return State(time.monotonic(), flow.block_seconds(), flow.processor_seconds(), busy_seconds(), flow.counters())


def busy_seconds() -> float:
    """Processor seconds that all processes of the machine have used."""
    user, nice, system, _, _, irq, softirq, *_ = (
        int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def measure(seconds: float, settings: Settings, in_one: bool) -> dict[str, Any]:
    """One run, watched for `seconds` after the warm-up: all roles `in_one` process or each in its own."""
    flow = FourRoles(settings) if in_one else FourProcesses(settings)
    try:
        flow.start()
        time.sleep(WARM_UP)
        begin, depths = state(flow), []
        while time.monotonic() < begin.at + seconds:
            time.sleep(LOOK)
            depths.append(flow.queues())
        end = state(flow)
        figures = speed(flow.passed(), begin, end)
        quality = flow.psnr_db()
    finally:
        flow.stop()
        flow.wait()
    return {**figures, "queues": depth_figures(depths), "bob_psnr_db": quality}


def speed(when: dict[str, dict[int, float]], begin: State, end: State) -> dict[str, Any]:
    """What went through between two moments, how long it took on its way, and the processor time for it."""
    elapsed = end.at - begin.at
    passed = {
        role: {image_id: at for image_id, at in times.items() if begin.at <= at < end.at}
        for role, times in when.items()
    }
    sent = when["sent"]
    count = {name: end.counters[name] - begin.counters[name] for name in end.counters}
    ripe = [image_id for image_id, at in passed["sent"].items() if at < end.at - LATE]
    arrived = sum(
        all(when[role].get(image_id, np.inf) - sent[image_id] < LATE for role in ("bob", "eve")) for image_id in ripe
    )
    used: dict[str, dict[str, float]] = {}
    for (role, block), total in sorted(end.cpu_s.items()):
        share = (total - begin.cpu_s.get((role, block), 0.0)) * 1e6 / count["sent_samples"]
        if share > 0.0005:
            used.setdefault(role, {})[block] = share
    process = end.process_s - begin.process_s
    return {
        "seconds": elapsed,
        "real_time_factor": count["sent_samples"] / elapsed / SAMPLE_RATE * arrived / max(len(ripe), 1),
        "pictures_in_time": arrived / max(len(ripe), 1),
        "pictures_per_second": {role: len(times) / elapsed for role, times in passed.items()},
        "samples_per_second": {name: count[f"{name}_samples"] / elapsed for name in ("sent", "bob", "eve")},
        "share_of_bursts": count["burst_samples"] / count["sent_samples"],
        "frames": {name: count[name] for name in ("frames_sent", "frames_dropped_late")},
        "refused_packets": count["refused"],
        "latency_s": {
            role: {
                str(percent): float(np.percentile([at - sent[i] for i, at in passed[role].items()], percent))
                for percent in PERCENTILES
            }
            for role in ("bob", "eve")
            if passed[role]
        },
        "cpu_s_per_million_samples": used,
        "cpu_s_per_million_samples_in_all": process * 1e6 / count["sent_samples"],
        "cores_used": process / elapsed,
        "other_processes_cores": (end.busy_s - begin.busy_s - process) / elapsed,  # below 0: ticks of the clock
    }


def depth_figures(depths: list[dict[str, int]]) -> dict[str, dict[str, float]]:
    """Mean and most of what waited in each place."""
    columns = {name: [depth[name] for depth in depths] for name in depths[0]}
    return {name: {"mean": float(np.mean(values)), "most": max(values)} for name, values in columns.items()}


def describe(rate: str, run: dict[str, Any]) -> str:
    where = "one process" if run["processes"] == 1 else f"{run['processes']} processes"
    return (
        f"rate {rate}, {where}, {pace(run)}: real-time factor {run['real_time_factor']:.2f}, "
        f"{run['pictures_per_second']['bob']:.1f} pictures a second, "
        f"latency {run['latency_s'].get('bob', {}).get('50', float('nan')):.2f} s, "
        f"{run['cpu_s_per_million_samples_in_all']:.2f} s of processor a million samples, "
        f"others had {max(run['other_processes_cores'], 0.0):.1f} processors"
    )


def processor() -> str:
    names = [
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "name" in line
    ]
    return names[0] if names else platform.machine()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=25.0, help="of each run, after the warm-up")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--rate", action="append", help="may be given several times; 1/6 and 1/12")
    parser.add_argument(
        "--fps", type=float, action="append", help="frames a second that the paced source offers; 5, 10, 16"
    )
    parser.add_argument("--snr", type=float, default=15.0, help="at Bob, dB")
    parser.add_argument("--threads", type=int, default=1, help="of ONNX Runtime in each block")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder, key, cases = deepjscec.demo_video(), deepjscec.fresh_key(), []
    for rate in tqdm(arguments.rate or ["1/6", "1/12"], disable=None):
        common = {"folder": folder, "key": key, "model": arguments.model, "rate": rate}
        common |= {"snr_db": arguments.snr, "threads": arguments.threads}
        runs = []
        paced = arguments.fps or [5.0, 10.0, 16.0]
        for fps, processes in [*((fps, 1) for fps in [*paced, None]), *((fps, len(ROLES)) for fps in paced)]:
            settings = Settings(**common, paced=fps is not None, fps=fps or UNPACED_FPS)
            runs.append({"fps": fps, "processes": processes, **measure(arguments.seconds, settings, processes == 1)})
            tqdm.write(describe(rate, runs[-1]))
        cases.append({"rate": rate, "runs": runs})
    if arguments.json:
        result = {
            "version": __version__,
            "gnuradio": gr.version(),
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)),
            "model": arguments.model,
            "pixels": f"{SIDE}x{SIDE}",
            "snr_db": arguments.snr,
            "threads": arguments.threads,
            "cases": cases,
        }
        write_json(arguments.json, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
