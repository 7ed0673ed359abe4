# SPDX-License-Identifier: GPL-3.0-or-later
"""Numerical error of the isometric cipher, and the bound on secrecy that follows (`docs/security.md`).

Compares the compiled kernel, with 53-bit uniforms and float64, against NumPy in 80-bit floats with 64-bit
uniforms from the same key-stream words. Needs an x86 CPU: elsewhere `numpy.longdouble` is no wider than
float64, or differs.

    python benchmarks/crypto_precision.py [--blocks N] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import math
import sys

import numpy as np

from deepjscec.crypto import _kernel, isometric, reference

BLOCK_SIZES = (16, 32, 64, 128)
GRID = isometric.DEFAULT_GRID
DITHER = 1e-4  # root of the variance per complex symbol, 80 dB below 1


def rotation_errors(m: int, blocks: int, rng: np.random.Generator) -> np.ndarray:
    """float64[blocks]: |kernel - exact| of a random codeword block of energy m, Euclidean norm over the
    block."""
    errors = np.empty(blocks)
    for i in range(blocks):
        words = rng.integers(0, 2**64, m * (m + 1), dtype=np.uint64)
        z = rng.standard_normal((2, m))
        z = (z * np.sqrt(m / np.sum(z * z))).astype(np.float32).astype(np.float64)
        gain = np.sqrt(m / np.sum(z * z))
        re, im = gain * z[:1], gain * z[1:]
        _kernel.rotate(words, re, im, False)
        exact = z[0].astype(np.longdouble) + 1j * z[1]
        exact *= np.sqrt(m / np.sum(exact.real**2 + exact.imag**2))
        exact = reference.unitary(words, rounded=False) @ exact
        errors[i] = float(np.sqrt(np.sum((re[0] - exact.real) ** 2 + (im[0] - exact.imag) ** 2)))
    return errors


def gaussian_error(count: int, rng: np.random.Generator) -> float:
    """Mean |kernel - exact| of a standard complex Gaussian's real part."""
    words = rng.integers(0, 2**64, 2 * count, dtype=np.uint64)
    re, im = np.empty(count), np.empty(count)
    _kernel._gaussians(words, re, im)
    exact, _ = reference.gaussians(words, rounded=False)
    return float(np.mean(np.abs(re - exact)))


def measure(m: int, blocks: int, rng: np.random.Generator) -> dict:
    """Errors and the two terms of the bound for block size m."""
    errors = rotation_errors(m, blocks, rng)
    eta = DITHER * gaussian_error(200_000, rng)
    rotation = errors.mean() / (DITHER * math.sqrt(math.pi))
    dither = 2 * m * 2 * eta * GRID
    return {
        "block_size": m,
        "blocks": blocks,
        "rotation_error_mean": errors.mean(),
        "rotation_error_std_of_mean": errors.std() / math.sqrt(blocks),
        "rotation_error_max": errors.max(),
        "dither_error_mean": eta,
        "distance_rotation": rotation,
        "distance_dither": dither,
        "distance_two_plaintexts": 2 * (rotation + dither),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table, write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=200, help="blocks per block size (default 200)")
    parser.add_argument("--json", help="write the results to this file")
    args = parser.parse_args(argv)
    if np.finfo(np.longdouble).nmant < 63:
        print("numpy.longdouble is no wider than 63 bits here: nothing to compare with", file=sys.stderr)
        return 2
    rng = np.random.default_rng(20)
    rows = [measure(m, args.blocks, rng) for m in BLOCK_SIZES]
    print("   m   mean |error|   max |error|   from rotation   from dither   two plaintexts, per block")
    for row in rows:
        print(
            f"{row['block_size']:4d}   {row['rotation_error_mean']:.2e}       {row['rotation_error_max']:.2e}"
            f"      {row['distance_rotation']:.2e}        {row['distance_dither']:.2e}"
            f"      {row['distance_two_plaintexts']:.2e}"
        )
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"dither_db": 80.0, "rows": rows}, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
