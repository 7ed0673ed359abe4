# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the waveform through GNU Radio's channel and hardware-impairment blocks, one row per impairment.

Every packet has a random header, a Gaussian payload, a random gap before it, a random fraction of a sample of delay
and, where the row says nothing else, a carrier offset uniform within +-2 carrier spacings.  Packets come in
batches; each batch is a flowgraph with fresh seeds, and time-variant channels run on through all of it.  The receiver
runs on over all batches.

    python benchmarks/impairments.py --packets 1000 --json results/impairments.json
    python benchmarks/impairments.py --cases epa-10hz-15db awgn-10db --packets 50
    python benchmarks/impairments.py --table results/impairments.json    # as Markdown
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import gr
from impairment_bursts import Batch, Sender, make_batch
from impairment_case import PROFILE, Case
from impairment_cases import all_cases
from impairment_flow import Passed, run_batch
from impairment_measures import Ideal, flat_ideal, genie, packet_figures, proportion, summary
from impairment_table import HEADING, markdown, text_row

from deepjscec.app.results import write_json
from deepjscec.phy import Receiver, Transmitter

BATCH = 20  #: packets; less than half a second of full ones
CHUNK = 8192  #: samples handed to the receiver at a time


def measure(case: Case, packets: int, payload_symbols: int, seed: int) -> dict[str, Any]:
    """One row of the matrix."""
    begin = time.perf_counter()
    sender = Sender(Transmitter(PROFILE), case.name, payload_symbols, seed)
    receiver = Receiver(PROFILE)
    ideals: list[Ideal] = []
    figures: dict[int, list[float]] = {}
    false = sent = 0
    energy = noise = samples = 0.0
    for first in range(0, packets, BATCH):
        batch = make_batch(sender, first, min(BATCH, packets - first), case.cfo_carriers, case.tail)
        passed = run_batch(case, batch)
        sent = first + len(batch.starts)
        batch_energy = float(np.sum(np.abs(passed.clean) ** 2))
        energy += batch_energy
        noise += passed.noise_var * len(passed.clean)
        samples += len(passed.clean)
        ideals += _ideals(case, sender, batch, passed, batch_energy)
        parts = range(0, len(passed.received), CHUNK)
        found = [packet for at in parts for packet in receiver.process(passed.received[at : at + CHUNK])]
        if sent == packets:
            found += receiver.flush()
        for packet in found:
            number = sender.number_of(packet.header, sent)
            if number is None or number in figures:
                false += 1
            else:
                figures[number] = packet_figures(packet, sender.packet(number)[1], ideals[number])
    signal = energy / (sent * PROFILE.packet_len(payload_symbols)) / PROFILE.mean_power
    row: dict[str, Any] = {
        "case": case.name,
        "group": case.group,
        "says": case.says,
        "snr_db": 10 * float(np.log10(signal / (noise / samples))),
        "packets": packets,
        "received": len(figures),
        "rate": len(figures) / packets,
        "rate_interval": list(proportion(len(figures), packets)),
        "false_packets": false,
    }
    if figures:
        row |= summary(np.array(list(figures.values())), sender.generator(2, 0))
    return row | {"seconds": time.perf_counter() - begin}


def _ideals(case: Case, sender: Sender, batch: Batch, passed: Passed, energy: float) -> list[Ideal]:
    """What a receiver that knows the channel would make of each packet."""
    count = len(batch.starts)
    if not case.delays:
        power = energy / (count * batch.packet_len) / PROFILE.mean_power
        return [flat_ideal(passed.noise_var / power)] * count
    bursts = (sender.transmitter.modulate(*sender.packet(batch.first + index)) for index in range(count))
    return [
        genie(PROFILE, burst, passed.clean, start, cfo_hz, case.delays, passed.noise_var)
        for burst, start, cfo_hz in zip(bursts, batch.starts, batch.cfo_hz)
    ]


def _measure_named(job: tuple[str, int, int, int]) -> dict[str, Any]:
    """`measure` for another process, to which a case cannot be sent."""
    name, *rest = job
    return measure(next(case for case in all_cases() if case.name == name), *rest)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in all_cases()]
    parser.add_argument("--packets", type=int, default=1000, help="packets per row (default %(default)s)")
    parser.add_argument("--payload", type=int, default=PROFILE.max_payload_symbols, help="payload symbols per packet")
    parser.add_argument("--cases", nargs="+", metavar="NAME", default=names, help="rows to measure; see --list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--list", action="store_true", help="say what rows there are, and end")
    parser.add_argument("--table", metavar="FILE", help="print a JSON file of this program as Markdown, and end")
    options = parser.parse_args(argv)
    if options.list:
        print("\n".join(f"{case.name:24} {case.snr_db:4.0f} dB  {case.says}" for case in all_cases()))
        return 0
    if options.table:
        try:
            print(markdown(json.loads(Path(options.table).read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            parser.error(f"--table: {error}")
        return 0
    if options.json and not Path(options.json).absolute().parent.is_dir():
        parser.error(f"--json: there is no folder for {options.json}")
    if options.packets < 1 or options.workers < 1:
        parser.error("--packets and --workers must be positive")
    if not 1 <= options.payload <= PROFILE.max_payload_symbols:
        parser.error(f"--payload must be from 1 to {PROFILE.max_payload_symbols}, got {options.payload}")
    if unknown := set(options.cases) - set(names):
        parser.error(f"--cases: no row {', '.join(sorted(unknown))}; see --list")

    print(HEADING, flush=True)
    rows = []
    jobs = [(name, options.packets, options.payload, options.seed) for name in options.cases]
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        for row in pool.imap(_measure_named, jobs):
            rows.append(row)
            print(text_row(row), flush=True)
    if options.json:
        about = {"gnuradio": gr.version(), "payload_symbols": options.payload, "batch": BATCH, "seed": options.seed}
        kept = [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
        write_json(Path(options.json), {**about, "rows": kept})
    return 0


if __name__ == "__main__":
    sys.exit(main())
