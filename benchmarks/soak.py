#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Half an hour of the video link: does its memory grow, do its counters add up, does its latency drift?

    python benchmarks/soak.py --minutes 30 --json results/soak.json

Alice sends 256 x 256 pixels with the model `lite` at 1 Msps, by the clock, to Bob and Eve in the same process. Every
ten seconds one line. *Slopes* are least squares over the means of a minute, because what is ten seconds apart is not
independent, with 95 % intervals (Student's t), and leave out the first third: in its first minutes malloc still finds
room that it keeps. At the end the source stops, what is under way arrives, and every sum
below must come out:

- frames offered = sent + dropped + skipped + failed, and no more of them than the clock allows;
- pictures sent = received + missing, at Bob and at Eve, by their ids; each once;
- packets sent = accepted + refused + not found, at Bob;
- samples sent = received, to within what buffers hold.

Exit code 1 where one does not, or where memory may grow or latency drift by more than 1 MiB or 50 ms in half an hour,
by the upper end of the slope's interval. The machine must be idle for that: to wait for a processor is latency, too.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import gr
from scipy import stats
from soak_flow import SAMPLE_RATE, SIDE, VideoLink

from deepjscec import __version__
from deepjscec.app.refusals import REASONS
from deepjscec.app.results import write_json

WARM_UP = 60.0  # seconds: networks are built, kernels loaded, allocators settled
STEP = 10.0  # seconds from line to line
DRAIN = 3.0  # seconds for what is under way
GROWTH = 1.0  # MiB in half an hour
DRIFT = 0.05  # seconds in half an hour
MIB = 1 << 20
BUFFERS = 200_000  # samples; a hundred milliseconds in GNU Radio's buffers on either way, and a packet in the receiver


def resident_mib() -> float:
    """Memory of this process that is in RAM."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def watch(link: VideoLink, seconds: float) -> list[dict[str, float]]:
    """One row every `STEP` seconds, for `seconds` from now."""
    begin, rows = time.monotonic(), []
    link.ear.take()
    while time.monotonic() < begin + seconds:
        time.sleep(max(0.0, begin + STEP * (len(rows) + 1) - time.monotonic()))
        counters, matches = link.counters(), link.ear.take()
        row = {
            "seconds": time.monotonic() - begin,
            "rss_mib": resident_mib(),
            "objects": float(len(gc.get_objects())),
            "sent": float(counters["source"]["sent"]),
            "dropped_late": float(counters["source"]["dropped_late"]),
            "samples": float(counters["alice"]["samples"]),
            "queued_packets": float(counters["alice"]["queued_packets"]),
        }
        for role in ("bob", "eve"):
            quality = [psnr for name, psnr, _ in matches if name == role]
            latency = [seconds for name, _, seconds in matches if name == role]
            if quality:
                row |= {f"{role}_psnr_db": float(np.mean(quality)), f"{role}_latency_s": float(np.median(latency))}
                row |= {f"{role}_latency_most_s": max(latency)}
        rows.append(row)
        print(line(row, counters), flush=True)
    return rows


def line(row: dict[str, float], counters: dict[str, dict[str, int]]) -> str:
    ear = counters["ear"]
    return (
        f"{row['seconds']:6.0f} s  {row['rss_mib']:7.1f} MiB  sent {counters['source']['sent']}, "
        f"late {counters['source']['dropped_late']}, Bob {ear.get('bob', 0)} ({ear.get('bob_missing', 0)} missing), "
        f"Eve {ear.get('eve', 0)} ({ear.get('eve_missing', 0)} missing), "
        f"latency {row.get('bob_latency_s', float('nan')):.3f} s, PSNR {row.get('bob_psnr_db', float('nan')):.2f} dB"
    )


def slope(rows: list[dict[str, float]], name: str, block: int) -> dict[str, float] | None:
    """Change of a column in half an hour, with a 95 % interval, over means of `block` rows; None with too few."""
    usable = [(row["seconds"], row[name]) for row in rows if name in row]
    count = len(usable) // block
    if count < 3:
        return None
    at, value = np.array(usable[: count * block]).reshape(count, block, 2).mean(axis=1).T
    fit = stats.linregress(at, value)
    margin = float(stats.t.ppf(0.975, count - 2) * fit.stderr)
    scale = 1800.0
    return {
        "per_half_hour": float(fit.slope) * scale,
        "low": (float(fit.slope) - margin) * scale,
        "high": (float(fit.slope) + margin) * scale,
        "means": count,
    }


def rises(found: dict[str, float] | None, least: float) -> bool:
    """Whether a slope may be more than `least`. One that could not be measured counts, too."""
    return found is None or found["high"] > least


def real_time_factor(rows: list[dict[str, float]]) -> float | None:
    """Samples that Alice sent per second, over the sample rate; None with one row."""
    if len(rows) < 2:
        return None
    first, last = rows[0], rows[-1]
    return (last["samples"] - first["samples"]) / (last["seconds"] - first["seconds"]) / SAMPLE_RATE


def balance(counters: dict[str, dict[str, int]], fps: float, seconds: float) -> dict[str, dict[str, Any]]:
    """The sums, each with `holds`. `seconds` from start to the source's stop."""
    source, alice, bob, ear = (Counter(counters[name]) for name in ("source", "alice", "bob", "ear"))
    offered = sum(source[name] for name in ("sent", "dropped_late", "skipped", "failed"))
    refused = sum(bob[reason] for reason in REASONS) + bob["replayed"]
    not_found = alice["packets"] - bob["published"]
    sums: dict[str, dict[str, Any]] = {
        "frames": {
            "offered": offered,
            "due": fps * seconds,
            "sent": source["sent"],
            "dropped_late": source["dropped_late"],
            "holds": abs(offered - fps * seconds) <= max(3.0, 0.002 * fps * seconds),
        },
        "reports": {
            "sent": source["sent"],
            "encoded": alice["encoded"],
            "unreported": source["unreported"],
            "in_flight": source["in_flight"],
            "holds": source["sent"] == alice["encoded"] == ear["sent"]
            and source["unreported"] == source["in_flight"] == 0,
        },
        "packets": {
            "sent": alice["packets"],
            "published": bob["published"],
            "accepted": bob["accepted"],
            "refused": refused,
            "not_found": not_found,
            "holds": not_found >= 0 and bob["published"] == bob["accepted"] + refused,
        },
        "samples": {
            "sent": alice["samples"],
            "at_bob": bob["samples"],
            "at_eve": counters["eve"]["samples"],
            "holds": all(0 <= alice["samples"] - counters[role]["samples"] < BUFFERS for role in ("bob", "eve")),
        },
    }
    for role in ("bob", "eve"):
        behind = source["sent"] - ear[role] - ear[f"{role}_missing"]  # lost at the end, where no later id tells
        sums[f"pictures_{role}"] = {
            "sent": source["sent"],
            "received": ear[role],
            "missing": ear[f"{role}_missing"] + behind,
            "again": ear[f"{role}_again"],
            "unmatched": ear[f"{role}_unmatched"],
            "decoded": counters[role]["decoded"],
            "holds": behind >= 0
            and ear[f"{role}_again"] == ear[f"{role}_unmatched"] == 0
            and counters[role]["decoded"] == ear[role],
        }
    return sums


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="after the warm-up")
    parser.add_argument("--fps", type=float, default=10.0, help="frames a second that the source offers")
    parser.add_argument("--snr", type=float, default=10.0, help="at Bob, dB")
    parser.add_argument("--rate", default="1/6")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if not arguments.minutes > 0:
        parser.error(f"argument --minutes: {arguments.minutes:g} is not above 0")
    link = VideoLink(arguments.fps, arguments.snr, arguments.rate)
    link.start()
    begin = time.monotonic()
    try:
        time.sleep(WARM_UP)
        rows = watch(link, 60 * arguments.minutes)
        link.source.stop()
        ran = time.monotonic() - begin
        time.sleep(DRAIN)
    finally:
        link.stop()
        link.wait()
    counters = link.counters()
    block = 6 if arguments.minutes >= 5 else 1
    settled = rows[len(rows) // 3 :]
    slopes = {name: slope(settled, name, block) for name in ("rss_mib", "objects", "bob_latency_s", "eve_latency_s")}
    sums = balance(counters, arguments.fps, ran)
    flat = not rises(slopes["rss_mib"], GROWTH)
    steady = not any(rises(slopes[f"{role}_latency_s"], DRIFT) for role in ("bob", "eve"))
    for name, found in slopes.items():
        if found:
            print(
                f"{name}: {found['per_half_hour']:+.3f} ({found['low']:+.3f} ... {found['high']:+.3f}) in half an hour"
            )
    for name, found in sums.items():
        print(f"{name}: {'add up' if found['holds'] else 'DO NOT ADD UP'}: {found}")
    print(f"memory: {'flat' if flat else 'GROWS'}, latency: {'steady' if steady else 'DRIFTS'}")
    if arguments.json:
        result = {
            "version": __version__,
            "gnuradio": gr.version(),
            "machine": platform.machine(),
            "cores": len(os.sched_getaffinity(0)),
            "pixels": f"{SIDE}x{SIDE}",
            "model": "lite",
            "rate": arguments.rate,
            "snr_db": arguments.snr,
            "sample_rate": SAMPLE_RATE,
            "frames_offered_per_second": arguments.fps,
            "seconds": rows[-1]["seconds"],
            "real_time_factor": real_time_factor(rows),
            "memory_flat": flat,
            "latency_steady": steady,
            "slopes": slopes,
            "sums": sums,
            "counters": counters,
            "rows": rows,
        }
        write_json(arguments.json, result)
    return 0 if flat and steady and all(found["holds"] for found in sums.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
