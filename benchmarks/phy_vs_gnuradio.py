# SPDX-License-Identifier: GPL-3.0-or-later
"""This project's receiver and GNU Radio's `digital.ofdm_rx` side by side: packets received, and speed.

Packets received: bursts of each go through `channels.channel_model` in batches of 25, with a random gap in front of
each burst; "offsets" draws for each batch a frequency offset within +-2 carrier spacings and a clock offset within
+-20 ppm.  A packet counts when its header is right; payloads of `digital.ofdm_tx` that pass their CRC are counted,
too.  Es/N0 is that of a carrier, for both.

Speed: each receiver alone, in a process of its own, on the same number of samples, one after the other and that
several times over; first on one core, then on all.  Packets are each contender's own, back to back at 20 dB.

    python benchmarks/phy_vs_gnuradio.py --json results/phy_vs_gnuradio.json
    python benchmarks/phy_vs_gnuradio.py --packets 100 --samples 1e6 --rounds 1
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import peer_speed
import peer_success
from gnuradio import gr

SNRS_DB = (-4.0, -2.0, 0.0, 5.0, 10.0, 12.0, 15.0, 20.0)
TIMEOUT_S = 600
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@contextmanager
def workers(names: Iterable[str]) -> Iterator[dict[str, Callable[..., Any]]]:
    """For each name a way to call functions in a process of its own, one thread each unless they make their own.

    The calls raise multiprocessing.TimeoutError if they hang.
    """
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, ONE_THREAD))  # read by libraries as they load
        pools = {name: stack.enter_context(spawn.Pool(1)) for name in names}
        yield {
            name: lambda function, *arguments, pool=pool: pool.apply_async(function, arguments).get(TIMEOUT_S)
            for name, pool in pools.items()
        }


def processor() -> str:
    """The processor's name, as far as Linux knows it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), "unknown")


def compare_success(packets: int, seed: int) -> list[dict[str, Any]]:
    """A row per case and party."""
    rows = []
    print(f"{'case':18} {'Es/N0 dB':>8}  {'party':16} {'header right':>12}  [95 % interval]   payload right")
    with workers(peer_success.PARTIES) as call:
        for case in peer_success.all_cases(list(SNRS_DB)):
            for party in peer_success.PARTIES:
                row = call[party](peer_success.measure, party, case, packets, seed)
                rows.append(row)
                low, high = row["rate_interval"]
                snr = "none" if row["snr_db"] is None else f"{row['snr_db']:.0f}"
                print(
                    f"{row['case']:18} {snr:>8}  {party:16} {row['header_right']:6}/{packets:<6} "
                    f"[{low:.4f}, {high:.4f}] {row.get('payload_right', '')}",
                    flush=True,
                )
    return rows


def compare_speed(samples: int, rounds: int, seed: int) -> list[dict[str, Any]]:
    """A row per signal, number of cores and contender."""
    rows = []
    every = len(os.sched_getaffinity(0))
    print(f"{'signal':12} {'cores':>5}  {'contender':22} {'Msamples/s: min median max':>28}  of CPU time  packets")
    for signal, contenders in peer_speed.SIGNALS.items():
        with tempfile.TemporaryDirectory() as folder, workers(contenders) as call:
            files = {name: Path(folder, f"{number}.iq") for number, name in enumerate(contenders)}
            sent = {
                name: call[name](peer_speed.write_signal, signal, name, path, samples, seed)
                for name, path in files.items()
            }
            for cores in sorted({1, every}):
                runs: dict[str, list[peer_speed.Run]] = {name: [] for name in contenders}
                for _ in range(rounds):
                    for name, path in files.items():
                        runs[name].append(call[name](peer_speed.run, name, path, cores))
                for name, done in runs.items():
                    rows.append(_speed_row(signal, cores, name, samples, sent[name], done))
                    print(_speed_line(rows[-1]), flush=True)
    return rows


def _speed_row(
    signal: str, cores: int, name: str, samples: int, sent: float, runs: list[peer_speed.Run]
) -> dict[str, Any]:
    return {
        "signal": signal,
        "cores": cores,
        "contender": name,
        "samples": samples,
        "wall_msps": [samples / run.wall_s / 1e6 for run in runs],
        "cpu_msps": [samples / run.cpu_s / 1e6 for run in runs],
        "packets_sent": sent,
        "packets_received": min(run.packets for run in runs),
    }


def _speed_line(row: dict[str, Any]) -> str:
    wall, cpu = np.sort(row["wall_msps"]), np.median(row["cpu_msps"])
    return (
        f"{row['signal']:12} {row['cores']:5}  {row['contender']:22} {wall[0]:10.2f} {np.median(wall):8.2f} "
        f"{wall[-1]:8.2f} {cpu:12.2f}  {row['packets_received']}/{row['packets_sent']}"
    )


def speed_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The library's rate over that of each peer, round by round: a row per signal, number of cores and peer."""
    found = []
    for row in rows:
        if row["contender"] not in peer_speed.PEERS:
            continue
        (own,) = (
            other
            for other in rows
            if (other["signal"], other["cores"], other["contender"]) == (row["signal"], row["cores"], peer_speed.OWN)
        )
        ratio = {"signal": row["signal"], "cores": row["cores"], "peer": row["contender"]}
        for kind in ("wall", "cpu"):
            values = np.array(own[f"{kind}_msps"]) / np.array(row[f"{kind}_msps"])
            ratio[kind] = [float(values.min()), float(np.median(values)), float(values.max())]
        found.append(ratio)
    return found


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=1000, help="per case and party, 0 for none (%(default)s)")
    parser.add_argument(
        "--samples", type=float, default=4e6, help="per run of the speed test, 0 for none (%(default)g)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of the speed test (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.packets < 0 or options.samples < 0 or options.rounds < 1:
        parser.error("--packets, --samples and --rounds must be positive")
    if options.packets > peer_success.MOST_PACKETS:
        parser.error(f"--packets must be at most {peer_success.MOST_PACKETS}: the peer counts them in 12 bits")

    result: dict[str, Any] = {"seed": options.seed, "gnuradio": gr.version(), "processor": processor()}
    if options.packets:
        result["success"] = compare_success(options.packets, options.seed)
    if options.samples:
        result["speed"] = compare_speed(int(options.samples), options.rounds, options.seed)
        result["speed_ratios"] = speed_ratios(result["speed"])
        print("rate of the library over the peer's: min median max")
        for row in result["speed_ratios"]:
            wall, cpu = (" ".join(f"{value:6.2f}" for value in row[kind]) for kind in ("wall", "cpu"))
            print(f"{row['signal']:12} {row['cores']:5}  {row['peer']:22} {wall}; of CPU time {cpu}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
