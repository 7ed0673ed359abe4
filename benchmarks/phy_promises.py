# SPDX-License-Identifier: GPL-3.0-or-later
"""What the waveform is meant to reach, beside what the benchmarks measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Promise = tuple[str, str, bool]  #: what was asked for, what was measured, whether the one meets the other
Result = dict[str, Any]

RECEIVED = {0.0: 0.999, -2.0: 0.99}  #: Es/N0 in dB to the least rate
LOSSES_DB = {0.0: 0.3, 5.0: 0.3, 10.0: 0.3, 15.0: 0.3, 20.0: 0.3, 25.0: 0.6}
CALIBRATION = (0.9, 1.1)
QPSK_GAP_DB = 0.3  #: beyond the loss
NOISE_SAMPLES = 10**9
PEER_RATIO = 2.0
NOISE_MSPS = 5.0
HEADER_MS = 1.0
CHUNKS = 10**6
GROWTH_MIB = 1.0


def promises(performance: Result, false_alarms: Result, peer: Result, fuzz: Result) -> list[Promise]:
    """All of them, from the results of the scripts of these names."""
    return [
        *_received(performance),
        *_payload(performance),
        *_false_packets(false_alarms),
        *_speed(performance, peer),
        *_endurance(false_alarms, fuzz),
    ]


def _received(performance: Result) -> Iterator[Promise]:
    rows = {row["snr_db"]: row for row in performance["headers"]}
    for snr_db, least in RECEIVED.items():
        row = rows[snr_db]
        yield (
            f"{100 * least:g} % of the packets at {snr_db:g} dB",
            f"{row['received']} of {row['packets']}, {100 * row['rate_interval'][0]:.2f} % or more (97.5 % sure)",
            row["rate"] >= least,
        )


def _payload(performance: Result) -> Iterator[Promise]:
    rows = {row["snr_db"]: row for row in performance["payload"]}
    for most in sorted(set(LOSSES_DB.values())):
        points = [snr_db for snr_db, limit in LOSSES_DB.items() if limit == most]
        worst = max(rows[point]["loss_db"] for point in points)
        where = f"{points[0]:g} to {points[-1]:g} dB" if len(points) > 1 else f"{points[0]:g} dB"
        yield f"loss within {most:g} dB at {where}", f"{worst:.2f} dB at most", worst <= most
    ratios = [row["reported_over_true"] for row in performance["payload"]]
    low, high = CALIBRATION
    yield (
        f"reported over true noise variance from {low:g} to {high:g} at every point",
        f"{min(ratios):.3f} to {max(ratios):.3f}",
        low <= min(ratios) and max(ratios) <= high,
    )
    excess = max(row["gap_db"] - row["loss_db"] for row in performance["qpsk"])
    yield (
        f"QPSK within {QPSK_GAP_DB:g} dB of theory, the loss aside",
        f"{excess:+.2f} dB at most",
        excess <= QPSK_GAP_DB,
    )


def _false_packets(false_alarms: Result) -> Iterator[Promise]:
    noise = false_alarms["noise"]
    yield (
        f"no false packet in {NOISE_SAMPLES:,} samples of noise",
        f"{noise['false_packets']} in {noise['samples']:,}",
        noise["false_packets"] == 0 and noise["samples"] >= NOISE_SAMPLES,
    )
    found = sum(row["false_packets"] for row in false_alarms["signals"])
    yield (
        "none on a sine or another OFDM signal",
        f"{found} on {len(false_alarms['signals'])} signals",
        found == 0,
    )


def _speed(performance: Result, peer: Result) -> Iterator[Promise]:
    for row in peer["speed_ratios"]:
        if row["signal"] == "back to back" and row["cores"] == 1:
            low, middle, high = row["wall"]
            yield (
                f"{PEER_RATIO:g} times the rate of `{row['peer']}` on packets back to back, one core",
                f"{middle:.1f} times, {low:.1f} to {high:.1f}",
                middle >= PEER_RATIO,
            )
    (noise,) = (
        row["wall_msps"]
        for row in peer["speed"]
        if (row["signal"], row["cores"], row["contender"]) == ("noise", 1, "library")
    )
    yield (
        f"{NOISE_MSPS:g} million samples of noise a second on one core",
        f"{np.median(noise):.0f} million",
        min(noise) >= NOISE_MSPS,
    )
    header = performance["header_decoding"]
    yield (
        f"a header decoded in {HEADER_MS:g} ms",
        f"{header['median_ms']:.2f} ms, 95 % within {header['p95_ms']:.2f} ms",
        header["p95_ms"] < HEADER_MS,
    )


def _endurance(false_alarms: Result, fuzz: Result) -> Iterator[Promise]:
    resident = np.array(false_alarms["noise"]["resident_kib"]) / 1024
    growth = float(resident[-1] - resident[len(resident) // 10])
    yield (
        f"flat memory over {NOISE_SAMPLES:,} samples",
        f"{growth:+.2f} MiB over the last nine tenths of {false_alarms['noise']['samples']:,}",
        abs(growth) < GROWTH_MIB,
    )
    missed = fuzz["good_packets"] - fuzz["good_received"]
    others = len(fuzz["failures"]) - missed
    yield (
        f"{CHUNKS:,} random and mutated chunks without an exception or a hang",
        f"{others} in {fuzz['chunks']:,}",
        fuzz["chunks"] >= CHUNKS and others == 0,
    )
    yield (
        "the next good packet received behind them",
        f"{fuzz['good_received']:,} of {fuzz['good_packets']:,}",
        missed == 0,
    )
