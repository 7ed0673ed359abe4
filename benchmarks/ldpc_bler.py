# SPDX-License-Identifier: GPL-3.0-or-later
"""Block error rates of the baseline's 5G LDPC codes over QAM and white noise.

Beside them stand the normal approximation of the best code of a length, and curves that others published.

    python benchmarks/ldpc_bler.py --json results/ldpc_bler.json

writes the curves there, and each code's distance to the normal approximation into the table from which the library
chooses its modes. `--gaps` names the series of codes whose distance is measured anew; the others stay as the table has
them. `--quick` measures fewer blocks. A curve's points stop at `ERRORS` failed blocks.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ldpc_published import beside_published

from deepjscec.attack.interval import clopper_pearson
from deepjscec.baseline.block_errors import TABLE, largest_block_bits
from deepjscec.baseline.finite_length import normal_approximation, required_snr_db
from deepjscec.baseline.ldpc import ITERATIONS, MODULATIONS, LdpcCode

RATES = {
    "qpsk": (0.1, 0.2, 0.35, 0.5, 0.65, 0.8),
    "16qam": (0.35, 0.5, 0.65, 0.8),
    "64qam": (0.4, 0.55, 0.7, 0.85),
    "256qam": (0.45, 0.6, 0.75, 0.9),
}
FULL_RATES = RATES | {"qpsk": (0.1, 0.15, 0.2, 0.25, 0.26, 0.35, 0.5, 0.65, 0.8)}  # the base graph changes at 1/4
LENGTHS = {"256": 256, "512": 512}  # symbols: CIFAR-10 at 1/12 and 1/6
SERIES = (*LENGTHS, "full")  # full: the longest code block there is, as in a large picture
CURVES = [("qpsk", 0.5), ("16qam", 0.5), ("64qam", 0.7), ("256qam", 0.75)]  # at 512 symbols
LADDER_DB = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)  # beyond the approximation's 10 %
ERRORS = 100
BATCH = 100
SHORT_STEPS = ((0.3, 0.4), (0.05, 1.0), (0.03, 1.0))  # aimed at, and share of the blocks
SHORT_BLOCKS, FULL_BLOCKS = 1000, 500
FULL_STEPS = ((0.3, 0.2), (0.03, 0.5), (0.01, 1.0))


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


def measured_gap(code: LdpcCode, series: str, blocks: int, rng: np.random.Generator) -> dict:
    """How much SNR the code needs beyond the approximation where it fails in about one block of thirty.

    Of full blocks a picture has many, and lives where fewer of them fail: one in a hundred.
    """
    bits, m = 8 * code.payload_bytes, MODULATIONS[code.modulation]
    gap, tried = 0.4, []
    for target, share in FULL_STEPS if series == "full" else SHORT_STEPS:
        point = simulate(code, required_snr_db(bits, code.uses, m, target) + gap, int(share * blocks), ERRORS, rng)
        tried.append(point)
        seen = (point["errors"] + 0.5) / (point["blocks"] + 1)
        gap = point["snr_db"] - required_snr_db(bits, code.uses, m, seen)
    return {
        "series": series,
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


def measured_gaps(
    series: str, modulation: str, blocks: int, rng: np.random.Generator, say: Callable[[str], None]
) -> list[dict]:
    """Of all rates of a modulation."""
    gaps = []
    for rate in (FULL_RATES if series == "full" else RATES)[modulation]:
        code = code_of(LENGTHS[series], modulation, rate) if series in LENGTHS else full_code(modulation, rate)
        gaps.append(measured_gap(code, series, blocks, rng))
        say("{series} {uses} {modulation} {rate}: {gap_db} dB".format(**gaps[-1]))
    return gaps


def code_of(uses: int, modulation: str, rate: float) -> LdpcCode:
    return LdpcCode(uses, modulation, int(rate * uses * MODULATIONS[modulation]) // 8)


def full_code(modulation: str, rate: float) -> LdpcCode:
    """One block with as many information bits as its base graph takes."""
    bits = largest_block_bits(rate)
    return LdpcCode(math.ceil(bits / (rate * MODULATIONS[modulation])), modulation, bits // 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--table", type=Path, default=TABLE, help="default: the library's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--gaps", nargs="*", choices=SERIES, default=SERIES, help="default: all")
    parser.add_argument("--modulations", nargs="+", choices=list(RATES), default=list(RATES), help="default: all")
    parser.add_argument("--no-curves", action="store_true", help="keep those of the JSON file")
    options = parser.parse_args()
    rng, started = np.random.default_rng(options.seed), time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", flush=True)

    gaps = json.loads(options.table.read_text())["gaps"] if options.table.exists() else []
    for series in options.gaps:
        blocks = FULL_BLOCKS if series == "full" else SHORT_BLOCKS
        for modulation in options.modulations:
            new = measured_gaps(series, modulation, blocks // 5 if options.quick else blocks, rng, say)
            gaps = [g for g in gaps if (g["series"], g["modulation"]) != (series, modulation)] + new
            options.table.write_text(json.dumps({"iterations": ITERATIONS, "gaps": gaps}, indent=1) + "\n")
    earlier = json.loads(options.json.read_text()) if options.no_curves else {"curves": [], "published": []}
    curves, published = earlier["curves"], earlier["published"]
    for modulation, rate in [] if options.no_curves else CURVES:
        for iterations in (20, ITERATIONS, 2 * ITERATIONS):
            blocks = 600 if options.quick else 2000
            curves.append(curve(code_of(512, modulation, rate), blocks, rng, iterations))
            say(f"{modulation} {rate}, {iterations} iterations: {[round(p['bler'], 5) for p in curves[-1]['points']]}")
    if not options.no_curves:
        published = beside_published(simulate, 1000 if options.quick else 6000, rng)
        say(f"published beside ours: {[(round(row['published'], 4), round(row['bler'], 4)) for row in published]}")
    results = {"seed": options.seed, "gaps": gaps, "curves": curves, "published": published}
    options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
