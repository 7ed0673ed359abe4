# SPDX-License-Identifier: GPL-3.0-or-later
"""Block error rates of the baseline's 5G LDPC codes over QAM and white noise, against the normal approximation.

    python benchmarks/ldpc_bler.py --json results/ldpc_bler.json

writes the curves there, and each code's distance to the normal approximation into the table from which the library
chooses its modes. `--curves-only` leaves that table as it is. `--quick` measures fewer blocks. A curve's points stop at
`ERRORS` failed blocks.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepjscec.attack.interval import clopper_pearson
from deepjscec.baseline.block_errors import TABLE
from deepjscec.baseline.finite_length import normal_approximation, required_snr_db
from deepjscec.baseline.ldpc import ITERATIONS, MODULATIONS, LdpcCode

RATES = {
    "qpsk": (0.1, 0.2, 0.35, 0.5, 0.65, 0.8),
    "16qam": (0.35, 0.5, 0.65, 0.8),
    "64qam": (0.4, 0.55, 0.7, 0.85),
    "256qam": (0.45, 0.6, 0.75, 0.9),
}
LENGTHS = (256, 512)  # symbols: CIFAR-10 at 1/12 and 1/6
LONG = {"qpsk": 3072, "16qam": 2560, "64qam": 1600, "256qam": 1152}  # one of the code blocks of a large picture
CURVES = [("qpsk", 0.5), ("16qam", 0.5), ("64qam", 0.7), ("256qam", 0.75)]  # at 512 symbols
LADDER_DB = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)  # beyond the approximation's 10 %
ERRORS = 100
BATCH = 100


def simulate(code: LdpcCode, snr_db: float, blocks: int, errors: int, rng: np.random.Generator, **decoder: int) -> dict:
    """Random payloads over white noise, until so many blocks were sent or failed; counts, and a 95 % interval."""
    variance = 10 ** (-snr_db / 10)
    sent = failed = undetected = 0
    while sent < blocks and failed < errors:
        count = min(BATCH, blocks - sent)
        payloads = rng.integers(0, 256, (count, code.payload_bytes), dtype=np.uint8)
        symbols = code.encode(payloads)
        noise = rng.standard_normal((*symbols.shape, 2)) @ np.array([1, 1j]) * np.sqrt(variance / 2)
        found, fine = code.decode(
            (symbols + noise).astype(np.complex64), np.full(symbols.shape, variance, np.float32), **decoder
        )
        wrong = (found != payloads).any(axis=1)
        sent, failed, undetected = sent + count, failed + int(wrong.sum()), undetected + int((wrong & fine).sum())
    return {
        "snr_db": round(snr_db, 3),
        "blocks": sent,
        "errors": failed,
        "undetected": undetected,
        "bler": failed / sent,
        "interval": clopper_pearson(failed, sent, 0.95),
    }


def measured_gap(code: LdpcCode, blocks: int, rng: np.random.Generator) -> dict:
    """How much SNR the code needs beyond the approximation where it fails in about one block of thirty."""
    bits, m = 8 * code.payload_bytes, MODULATIONS[code.modulation]
    gap, tried = 0.4, []
    for target, share in ((0.3, 0.4), (0.05, 1.0), (0.03, 1.0)):
        point = simulate(code, required_snr_db(bits, code.uses, m, target) + gap, int(share * blocks), ERRORS, rng)
        tried.append(point)
        seen = (point["errors"] + 0.5) / (point["blocks"] + 1)
        gap = point["snr_db"] - required_snr_db(bits, code.uses, m, seen)
    return {
        "uses": code.uses,
        "modulation": code.modulation,
        "rate": round(code.rate, 4),
        "payload_bytes": code.payload_bytes,
        "gap_db": round(gap, 3),
        "points": tried,
    }


def curve(code: LdpcCode, blocks: int, rng: np.random.Generator, iterations: int) -> dict:
    """Points down the waterfall, each with what the normal approximation says."""
    bits, m = 8 * code.payload_bytes, MODULATIONS[code.modulation]
    start, points = required_snr_db(bits, code.uses, m, 0.1), []
    for step in LADDER_DB:
        point = simulate(code, start + step, blocks, ERRORS, rng, iterations=iterations)
        points.append(point | {"normal_approximation": normal_approximation(bits, code.uses, m, point["snr_db"])})
        if point["errors"] < 3:
            break
    return {
        "uses": code.uses,
        "modulation": code.modulation,
        "payload_bytes": code.payload_bytes,
        "rate": round(code.rate, 4),
        "iterations": iterations,
        "points": points,
    }


def measured_gaps(short_blocks: int, rng: np.random.Generator, say: Callable[[str], None]) -> list[dict]:
    """Of all modulations, lengths and rates, with so many blocks of the short codes."""
    gaps = []
    for modulation, rates in RATES.items():
        for uses in (*LENGTHS, LONG[modulation]):
            blocks = max(60, short_blocks * 512 // max(uses, 512))
            for rate in rates:
                gaps.append(measured_gap(code_of(uses, modulation, rate), blocks, rng))
                say("{uses} {modulation} {rate}: {gap_db} dB".format(**gaps[-1]))
    return gaps


def code_of(uses: int, modulation: str, rate: float) -> LdpcCode:
    return LdpcCode(uses, modulation, int(rate * uses * MODULATIONS[modulation]) // 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--table", type=Path, default=TABLE, help="default: the library's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--curves-only", action="store_true", help="take the gaps from the table")
    options = parser.parse_args()
    rng, started = np.random.default_rng(options.seed), time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", flush=True)

    if options.curves_only:
        gaps = json.loads(options.table.read_text())["gaps"]
    else:
        gaps = measured_gaps(200 if options.quick else 1000, rng, say)
        options.table.write_text(json.dumps({"iterations": ITERATIONS, "gaps": gaps}, indent=1) + "\n")
    curves = []
    for modulation, rate in CURVES:
        for iterations in (20, ITERATIONS):
            blocks = 600 if options.quick else 4000
            curves.append(curve(code_of(512, modulation, rate), blocks, rng, iterations))
            say(f"{modulation} {rate}, {iterations} iterations: {[round(p['bler'], 5) for p in curves[-1]['points']]}")
    options.json.write_text(json.dumps({"seed": options.seed, "gaps": gaps, "curves": curves}, indent=1) + "\n")


if __name__ == "__main__":
    main()
