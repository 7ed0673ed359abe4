# SPDX-License-Identifier: GPL-3.0-or-later
"""Feed the receiver random and mutated chunks of IQ samples, and a good packet after every hundred of them.

The receiver must not raise, not hang, say nothing that is no number, find no packet that was not sent, and receive
every good one.  Chunks come in batches of 10,000, each through a new receiver in a process that is given up when it
hangs; a batch depends on the seed and its own number alone: `--first 17 --chunks 10000` repeats number 17.

    python benchmarks/phy_fuzz.py --json results/phy_fuzz.json
    python benchmarks/phy_fuzz.py --chunks 20000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fuzz_chunks import LONG, SHORT, stock_headers
from numpy.typing import NDArray
from phy_bursts import OFF_CARRIERS, gaussian

from deepjscec.phy import Packet, Profile, Receiver, Transmitter

GROUP = 100  #: chunks in front of a good packet
BATCH = 100  #: groups
LONG_SHARE = 0.02  #: of the chunks
LONGEST = 3000  #: samples of the others
PACKET_SNR_DB = 12.0
TIMEOUT_S = 300  #: for a batch, which takes some seconds
FATES = ("packets", "bad_header", "bad_length", "truncated")


@dataclass
class Batch:
    """What became of a batch.

    Attributes:
        samples: fed.
        kinds: chunks of each kind.
        good, received: packets sent as good ones, and those that came out.
        others: packets that came out of the mutated ones.
        failures: a line for each.
    """

    samples: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    good: int = 0
    received: int = 0
    others: int = 0
    failures: list[str] = field(default_factory=list)


def good_packet(rng: np.random.Generator, transmitter: Transmitter) -> tuple[NDArray[np.complex64], bytes]:
    """A packet at any level, noise and silence of any length in front of it."""
    profile = transmitter.profile
    header = rng.bytes(profile.header_bytes)
    burst = transmitter.modulate(header, gaussian(rng, int(rng.integers(1, 4 * profile.data_carriers))))
    air = np.pad(burst, (int(rng.integers(0, 1000)), 0))
    air = air * np.exp(2j * np.pi * rng.uniform(-OFF_CARRIERS, OFF_CARRIERS) / profile.fft_len * np.arange(len(air)))
    air += gaussian(rng, len(air)) * 10 ** (-PACKET_SNR_DB / 20)
    return (air * 10 ** rng.uniform(-6, 6)).astype(np.complex64), header


def chunk(rng: np.random.Generator) -> tuple[str, NDArray[np.complex64]]:
    """A chunk and its kind."""
    kinds = LONG if rng.uniform() < LONG_SHARE else SHORT
    name = list(kinds)[rng.integers(len(kinds))]
    return name, kinds[name](rng, int(LONGEST ** rng.uniform()))


def run_batch(seed: int, number: int, groups: int = BATCH) -> Batch:
    """Batch `number`, or its first `groups` groups."""
    transmitter, receiver = Transmitter(Profile()), Receiver(Profile())
    batch = Batch()
    awaited: dict[bytes, str] = {}
    found: list[Packet] = []
    names: list[str] = []
    raised = False
    with np.errstate(all="ignore"):  # of the chunks made here; the library minds its own
        try:
            for group in range(groups):
                rng = np.random.default_rng([seed, number, group])
                names = []
                for _ in range(GROUP):
                    name, samples = chunk(rng)
                    names.append(name)
                    batch.samples += len(samples)
                    found += receiver.process(samples)
                samples, header = good_packet(rng, transmitter)
                awaited[header] = f"group {group}, behind {', '.join(names[-3:])}"
                batch.samples += len(samples)
                found += receiver.process(samples)
                batch.kinds.update(names)
            found += receiver.flush()
        except Exception:
            raised = True
            batch.failures.append(f"group {group}, {names[-1]}: {traceback.format_exc()}")
    batch.good = len(awaited)
    mutated = set(stock_headers())
    for packet in found:
        if packet.header in awaited:
            del awaited[packet.header]
            batch.received += 1
        elif packet.header in mutated:
            batch.others += 1
        else:
            batch.failures.append(f"false packet at sample {packet.start}")
        if not _is_sound(packet):
            batch.failures.append(f"packet at sample {packet.start} says what is no number")
    batch.failures += [f"missed: {where}" for where in awaited.values()]
    stats = receiver.stats
    if not raised and (stats["detected"] != sum(stats[fate] for fate in FATES) or stats["samples"] != batch.samples):
        batch.failures.append(f"counters disagree: {stats}")
    return batch


def _is_sound(packet: Packet) -> bool:
    numbers = np.isfinite(packet.symbols).all() and np.isfinite([packet.snr_db, packet.cfo_hz]).all()
    return bool(numbers and (packet.noise_var > 0).all())


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status: 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=float, default=1e6, help="how many (default %(default)g)")
    parser.add_argument("--first", type=int, default=0, help="number of the first batch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.chunks < 1 or options.first < 0:
        parser.error("--chunks must be positive, --first not negative")

    total, failures = Batch(), []
    batches = -(-int(options.chunks) // (GROUP * BATCH))
    begin = time.perf_counter()
    spawn = multiprocessing.get_context("spawn")
    pool = spawn.Pool(1)
    for number in range(options.first, options.first + batches):
        try:
            batch = pool.apply_async(run_batch, (options.seed, number)).get(TIMEOUT_S)
        except multiprocessing.TimeoutError:
            pool.terminate()
            pool = spawn.Pool(1)
            batch = Batch(failures=["hangs"])
        failures += [f"batch {number}: {failure}" for failure in batch.failures]
        total.samples += batch.samples
        total.kinds += batch.kinds
        total.good += batch.good
        total.received += batch.received
        total.others += batch.others
        print(
            f"batch {number}: {total.kinds.total()} chunks, {total.samples / 1e6:.1f} million samples, "
            f"{total.received} of {total.good} good packets, {total.others} mutated ones, {len(failures)} failures, "
            f"{time.perf_counter() - begin:.0f} s",
            flush=True,
        )
        for failure in batch.failures:
            print(f"  {failure}", flush=True)
    pool.terminate()
    if options.json:
        result: dict[str, Any] = {
            "seed": options.seed,
            "first_batch": options.first,
            "chunks": total.kinds.total(),
            "samples": total.samples,
            "kinds": dict(sorted(total.kinds.items())),
            "good_packets": total.good,
            "good_received": total.received,
            "mutated_received": total.others,
            "failures": failures,
        }
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
