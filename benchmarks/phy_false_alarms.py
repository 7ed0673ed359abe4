# SPDX-License-Identifier: GPL-3.0-or-later
"""Count packets that the receiver finds where there are none: white noise, sines, chirps, other OFDM signals.

Noise comes in parts of 2^22 samples, each from its own seed, through one receiver; `--first` goes on where another run
ended.  A packet stands at the end of each part, which must be received: a deaf receiver raises no false alarms
either.  The process's resident memory is noted after each part.

    python benchmarks/phy_false_alarms.py --json results/phy_false_alarms.json
    python benchmarks/phy_false_alarms.py --samples 2e8 --first 12 --signal-samples 0
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from foreign_signals import all_signals
from numpy.typing import NDArray
from phy_bursts import gaussian
from phy_statistics import rate_limit

from deepjscec.phy import Profile, Receiver, Transmitter

PART = 1 << 22
CHUNK = 1 << 16
PACKET_SNR_DB = 10.0
SIGNAL_SNRS_DB = (None, 20.0, 0.0)
LEVELS = (1.0, 1e-6, 1e6)  #: of signals, in turn


def resident_kib() -> int:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def feed(receiver: Receiver, samples: NDArray[np.complex64]) -> list[bytes]:
    """Headers of the packets found."""
    parts = range(0, len(samples), CHUNK)
    return [packet.header for first in parts for packet in receiver.process(samples[first : first + CHUNK])]


def noise(first: int, samples: int, seed: int) -> dict[str, Any]:
    """White noise from part `first` on."""
    transmitter, receiver = Transmitter(Profile()), Receiver(Profile())
    sent, found, memory = set(), [], []
    begin = time.perf_counter()
    seconds = 0.0
    parts = -(-samples // PART)
    for part in range(first, first + parts):
        rng = np.random.default_rng([seed, part])
        header = rng.bytes(transmitter.profile.header_bytes)
        sent.add(header)
        burst = transmitter.modulate(header, gaussian(rng, transmitter.profile.data_carriers))
        stream = gaussian(rng, PART)
        at = len(stream) - len(burst) - int(rng.integers(0, CHUNK))
        stream[at : at + len(burst)] += burst * np.float32(10 ** (PACKET_SNR_DB / 20))
        before = time.process_time()
        found += feed(receiver, stream)
        seconds += time.process_time() - before
        memory.append(resident_kib())
        if part == first + parts - 1:
            found += [packet.header for packet in receiver.flush()]
        done = part - first + 1
        if done % 40 == 0 or done == parts:
            print(
                f"{done * PART / 1e6:8.0f} million samples, {len(sent & set(found))} of {done} packets, "
                f"{len(found) - len(sent & set(found))} false, {memory[-1] / 1024:.1f} MiB, "
                f"{time.perf_counter() - begin:.0f} s",
                flush=True,
            )
    false = len(found) - len(sent & set(found))
    total = parts * PART
    return {
        "first_part": first,
        "samples": total,
        "packets_sent": parts,
        "packets_received": len(sent & set(found)),
        "false_packets": false,
        "false_per_sample_limit": rate_limit(false, total),
        "stats": receiver.stats,
        "msps_cpu": total / seconds / 1e6,
        "resident_kib": memory,
    }


def signal(name: str, samples: int, seed: int) -> dict[str, Any]:
    """One signal, clean and at each SNR, `samples` samples altogether."""
    make = all_signals()[name]
    rng = np.random.default_rng([seed, *name.encode()])
    row: dict[str, Any] = {"signal": name, "samples": 0, "false_packets": 0, "preambles": 0}
    begin = time.process_time()
    for snr_db, level in zip(SIGNAL_SNRS_DB, LEVELS, strict=True):
        stream = make(rng, samples // len(SIGNAL_SNRS_DB))
        if snr_db is not None:
            stream = stream + gaussian(rng, len(stream)) * np.float32(10 ** (-snr_db / 20))
        receiver = Receiver(Profile())
        found = feed(receiver, stream * np.float32(level)) + [packet.header for packet in receiver.flush()]
        row["samples"] += len(stream)
        row["false_packets"] += len(found)
        row["preambles"] += receiver.stats["detected"]
    return row | {"msps_cpu": row["samples"] / (time.process_time() - begin) / 1e6}


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status: 1 if there was a false packet or a true one was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=float, default=1e9, help="of noise (default %(default)g)")
    parser.add_argument("--first", type=int, default=0, help="number of the first part of noise")
    parser.add_argument("--signal-samples", type=float, default=3e6, help="of each other signal (default %(default)g)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.samples < 0 or options.signal_samples < 0 or options.first < 0:
        parser.error("--samples, --signal-samples and --first must not be negative")

    result: dict[str, Any] = {"seed": options.seed, "part": PART, "signals": []}
    bad = False
    if options.samples:
        result["noise"] = row = noise(options.first, int(options.samples), options.seed)
        bad |= bool(row["false_packets"]) or row["packets_received"] < row["packets_sent"]
        print(f"fewer than {row['false_per_sample_limit']:.1e} false packets per sample with 95 % confidence")
    if options.signal_samples:
        print(f"{'signal':50} {'samples':>10} {'false':>6} {'preambles':>9} {'Msamples/s':>11}")
        for name in all_signals():
            result["signals"].append(row := signal(name, int(options.signal_samples), options.seed))
            bad |= bool(row["false_packets"])
            print(
                f"{name:50} {row['samples']:10} {row['false_packets']:6} {row['preambles']:9} {row['msps_cpu']:11.2f}",
                flush=True,
            )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
