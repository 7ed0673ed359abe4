#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often Bob refuses a payload of Alice's, and takes one that is not hers, over SNR.

    python benchmarks/reference_blocks.py --packets 10000 --json results/reference_blocks.json
    python benchmarks/reference_blocks.py --packets 100000 --cipher isometric --snr 0 --json ...

Payloads are short (8 data blocks), the reference is as long as in every packet. What is foreign: a payload of Alice's
under another packet number. The equaliser's noise variance is the true one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from deepjscec.crypto import Secret, Session, correlation_threshold, make_cipher
from deepjscec.link import PayloadFormat

BLOCK_SIZE, BLOCKS = 64, 8


def measure(cipher: str, snr_db: float, packets: int, rng: np.random.Generator) -> dict:
    """Refusals of genuine payloads and acceptances of foreign ones."""
    session = Session.start(Secret.random())
    payload_format = PayloadFormat(make_cipher(cipher, session, BLOCK_SIZE))
    z = rng.standard_normal((BLOCKS, BLOCK_SIZE, 2)) @ [1, 1j]
    z *= np.sqrt(BLOCK_SIZE / np.sum(np.abs(z) ** 2, axis=1, keepdims=True))
    z = z.astype(np.complex64)
    variance = 10 ** (-snr_db / 10)
    length = payload_format.length(BLOCKS)
    noise_var = np.full(length, variance, np.float32)
    scale = np.float32(np.sqrt(variance / 2))
    refused, lost, accepted, correlations, foreign, energies = 0, 0, 0, [], [], []
    for _ in range(packets):
        packet = session.next_packet()
        noise = rng.standard_normal((length, 2), np.float32).view(np.complex64)[:, 0] * scale
        received = payload_format.seal(session, packet, z) + noise
        got = payload_format.open(session, packet, received, noise_var)
        other = payload_format.open(session, packet + 1, received, noise_var)
        if got is None:
            lost += 1
        else:
            refused += not (got.check.genuine and got.check.unscaled)
            correlations.append(got.check.correlation)
            energies.append(got.check.energy)
        if other is not None:
            accepted += other.check.genuine
            foreign.append(other.check.correlation)
    row = {"cipher": cipher, "snr_db": snr_db, "packets": packets, "refused": refused, "prefix_lost": lost}
    row |= {"foreign_accepted": accepted, "reference_symbols": payload_format.reference_symbols}
    if correlations:
        row["threshold"] = correlation_threshold(float(np.mean(energies)))
        row |= {"correlation_mean": float(np.mean(correlations)), "correlation_least": float(np.min(correlations))}
    if foreign:
        row["foreign_correlation_greatest"] = float(np.max(foreign))
    return row


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table, write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=2000, help="per cipher and SNR (default %(default)s)")
    parser.add_argument("--cipher", nargs="+", default=["isometric", "modulo"], help="names (default %(default)s)")
    parser.add_argument("--snr", nargs="+", type=float, default=[-7.5, -5.0, -2.5, 0.0, 5.0, 10.0], metavar="DB")
    parser.add_argument(
        "--json", type=Path, help="write the results there, in place of those of the same cipher and SNR"
    )
    options = parser.parse_args(argv)
    rows = []
    conditions = [(cipher, snr_db) for cipher in options.cipher for snr_db in options.snr]
    for cipher, snr_db in tqdm(conditions, disable=not sys.stderr.isatty()):
        row = measure(cipher, snr_db, options.packets, np.random.default_rng(0))
        rows.append(row)
        print(
            f"{cipher:10s} {snr_db:5.1f} dB: {row['refused']} of {options.packets} genuine refused "
            f"(correlation at least {row.get('correlation_least', float('nan')):.3f}), "
            f"{row['foreign_accepted']} foreign accepted "
            f"(at most {row.get('foreign_correlation_greatest', float('nan')):.3f}), "
            f"threshold {row.get('threshold', float('nan')):.3f}",
            flush=True,
        )
    if options.json:
        earlier = json.loads(options.json.read_text())["rows"] if options.json.exists() else []
        merged = {(row["cipher"], row["snr_db"]): row for row in [*earlier, *rows]}
        options.json.write_text(json.dumps({"rows": [merged[key] for key in sorted(merged)]}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
