# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of the isometric cipher over block size and of the modulo cipher, beside the AES-256-CTR key stream.

    python benchmarks/crypto_speed.py [--symbols N] [--repeats N] [--threads N] [--json PATH]

Rates are millions of complex symbols a second, the best of the repeats. "cpu" divides by this process's CPU
time and not by the clock, so that other work on the machine does not count (it adds up threads).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import numpy as np

from deepjscec.crypto import IsometricCipher, KeyStream, ModuloCipher, Secret, Session

BLOCK_SIZES = (16, 32, 64, 128, 256)


def best(repeats: int, work: Callable[[], object]) -> tuple[float, float]:
    """Least wall-clock and least CPU seconds of `repeats` calls; the first call, which compiles, does not
    count."""
    work()
    wall = cpu = float("inf")
    for _ in range(repeats):
        started, started_cpu = time.perf_counter(), time.process_time()
        work()
        wall = min(wall, time.perf_counter() - started)
        cpu = min(cpu, time.process_time() - started_cpu)
    return wall, cpu


def codeword(m: int, symbols: int) -> np.ndarray:
    """complex64[k], k about `symbols`, random with energy m in every block."""
    z = np.random.default_rng(1).standard_normal((max(1, symbols // m), 2 * m))
    z *= np.sqrt(m / np.sum(z * z, axis=1, keepdims=True))
    return z.astype(np.float32).reshape(-1).view(np.complex64)


def measure(m: int, symbols: int, repeats: int, threads: int) -> dict:
    """Rates of one block size, in symbols a second."""
    session = Session.start(Secret.random())
    cipher = IsometricCipher(session, m, threads=threads)
    z = codeword(m, symbols)
    sent = cipher.encrypt(z, session.next_packet())
    words = np.empty(1 << 14, np.uint64)
    stream = KeyStream(Secret.random(), 0, 1)
    bytes_per_symbol = 8 * (m + 1)
    pieces = max(1, z.size * bytes_per_symbol // words.nbytes)

    def key_stream() -> None:
        for _ in range(pieces):
            stream.fill(words)

    row: dict = {"block_size": m, "symbols": z.size, "key_stream_bytes_per_symbol": bytes_per_symbol}
    jobs = {
        "encrypt": (lambda: cipher.encrypt(z, session.next_packet()), z.size),
        "decrypt": (lambda: cipher.decrypt(sent, 0), z.size),
        "key_stream_alone": (key_stream, pieces * words.nbytes / bytes_per_symbol),
    }
    for name, (work, size) in jobs.items():
        wall, cpu = best(repeats, work)
        row[name + "_per_second"], row[name + "_per_cpu_second"] = size / wall, size / cpu
    row["aes_ctr_bytes_per_cpu_second"] = row["key_stream_alone_per_cpu_second"] * bytes_per_symbol
    return row


def measure_modulo(symbols: int, repeats: int) -> dict:
    """The same of the modulo cipher, and of what unwraps its symbols."""
    session = Session.start(Secret.random())
    cipher = ModuloCipher(session)
    z = codeword(64, symbols)
    sent = cipher.encrypt(z, session.next_packet())
    noise_var = np.full(z.size, 0.1, np.float32)
    row: dict = {"symbols": z.size, "key_stream_bytes_per_symbol": 8}
    for name, work in {
        "encrypt": lambda: cipher.encrypt(z, session.next_packet()),
        "decrypt": lambda: cipher.decrypt(sent, 0),
        "observe": lambda: cipher.observe(sent, noise_var),
    }.items():
        wall, cpu = best(repeats, work)
        row[name + "_per_second"], row[name + "_per_cpu_second"] = z.size / wall, z.size / cpu
    return row


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table, write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=50_000, help="symbols per call (default 50000)")
    parser.add_argument("--repeats", type=int, default=15, help="calls of which the best counts (default 15)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the cipher (default 1)")
    parser.add_argument("--json", help="write the results to this file")
    args = parser.parse_args(argv)
    rows = [measure(m, args.symbols, args.repeats, args.threads) for m in BLOCK_SIZES]
    print("   m   encrypt (cpu)   decrypt (cpu)   its key stream alone (cpu)   AES-256-CTR")
    for row in rows:
        cells = (
            f"{row[name + '_per_second'] / 1e6:6.2f} ({row[name + '_per_cpu_second'] / 1e6:.2f})  "
            for name in ("encrypt", "decrypt", "key_stream_alone")
        )
        print(
            f"{row['block_size']:4d} " + " ".join(cells),
            f"               {row['aes_ctr_bytes_per_cpu_second'] / 1e9:.2f} GB/s",
        )
    modulo = measure_modulo(args.symbols, args.repeats)
    speeds = ", ".join(
        f"{name} {modulo[name + '_per_cpu_second'] / 1e6:.1f}" for name in ("encrypt", "decrypt", "observe")
    )
    print(f"modulo cipher (cpu): {speeds}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"threads": args.threads, "rows": rows, "modulo": modulo}, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
