#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture coder made for a handful of bytes, where HEVC's smallest pictures do not fit through the channel.

    python benchmarks/few_bytes.py --pictures TEST.npz --train TRAIN.npz --json results/few_bytes.json

The Karhunen-Loeve transform of the training pictures, the bits given to its coefficients by their variance, quantisers
by Lloyd's algorithm: every picture has the same number of bits, and none more. These go, scrambled as a stream cipher
does, through the 5G LDPC code and QPSK over white noise, as in separate coding; a picture with a wrong bit is shown as
the mean of the training pictures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.app.quality import psnr_db
from deepjscec.baseline.ldpc import LdpcCode
from deepjscec.evaluation.statistics import mean_interval

LIMIT = 423  # test pictures, as in configs/evaluation/cifar_awgn.toml
TRAIN = (200, None)  # training pictures: as many as the configuration gives the other coders, and all
# payloads that arrive, by SNR and complex symbols of a picture: rates 1/12 and 1/6
BYTES = {
    -5.0: {256: (4, 6, 8), 512: (12, 16)},
    -2.5: {256: (8, 12), 512: (24, 28)},
    0.0: {256: (16, 20), 512: (36, 44)},
}
LLOYD_STEPS = 60


class TransformCoder:
    """Pictures uint8[n, H, W, 3] to payloads uint8[n, size] and back."""

    def __init__(self, train: np.ndarray, size: int) -> None:
        flat = train.reshape(len(train), -1).astype(np.float64)
        self._shape, self._mean = train.shape[1:], flat.mean(axis=0)
        basis = np.linalg.svd(flat - self._mean, full_matrices=False)[2]
        coefficients = (flat - self._mean) @ basis.T
        bits = _allocation(coefficients.var(axis=0)[: len(train) // 2], 8 * size)
        self._bits = bits[bits > 0]
        self._basis = basis[: len(bits)][bits > 0]
        self._levels = [_lloyd(coefficients[:, j], bits[j]) for j in np.flatnonzero(bits)]

    def encode(self, images: np.ndarray) -> np.ndarray:
        coefficients = (images.reshape(len(images), -1) - self._mean) @ self._basis.T
        indices = [np.abs(x[:, None] - c).argmin(axis=1) for x, c in zip(coefficients.T, self._levels)]
        bits = [i[:, None] >> np.arange(b)[::-1] & 1 for i, b in zip(indices, self._bits)]
        return np.packbits(np.concatenate(bits, axis=1).astype(np.uint8), axis=1)

    def decode(self, payloads: np.ndarray) -> np.ndarray:
        bits = np.split(np.unpackbits(payloads, axis=1), np.cumsum(self._bits)[:-1], axis=1)
        values = [c[part @ (1 << np.arange(part.shape[1])[::-1])] for part, c in zip(bits, self._levels)]
        flat = self._mean + np.stack(values, axis=1) @ self._basis
        return np.rint(flat).clip(0, 255).astype(np.uint8).reshape(-1, *self._shape)

    @property
    def mean_picture(self) -> np.ndarray:
        return np.rint(self._mean).astype(np.uint8).reshape(self._shape)


def _allocation(variances: np.ndarray, total: int) -> np.ndarray:
    """Bits for each coefficient: one after the other to the one with the largest error left."""
    error, bits = variances.copy(), np.zeros(len(variances), int)
    for _ in range(total):
        j = int(error.argmax())
        bits[j] += 1
        error[j] /= 4 if bits[j] > 1 else 2.75  # a first bit divides a Gaussian's error by 1 / (1 - 2 / pi)
    return bits


def _lloyd(values: np.ndarray, bits: int) -> np.ndarray:
    """The levels of a quantiser that is locally the best for `values`."""
    count = 1 << bits
    levels = np.quantile(values, (np.arange(count) + 0.5) / count)
    for _ in range(LLOYD_STEPS):
        nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, values)
        inside = np.bincount(nearest, minlength=count)
        means = np.bincount(nearest, values, count) / np.maximum(inside, 1)
        levels = np.sort(np.where(inside > 0, means, levels))
    return levels


def measure(
    images: np.ndarray, train: np.ndarray, uses: int, size: int, snr_db: float, rng: np.random.Generator
) -> dict[str, Any]:
    coder = TransformCoder(train, size)
    payloads = coder.encode(images)
    key = rng.integers(0, 256, payloads.shape, dtype=np.uint8)
    code, noise_var = LdpcCode(uses, "qpsk", size), 10 ** (-snr_db / 10)
    sent = code.encode(payloads ^ key)
    noise = rng.standard_normal((*sent.shape, 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
    found, _ = code.decode((sent + noise).astype(np.complex64), np.full(sent.shape, noise_var, np.float32))
    failed = (found != payloads ^ key).any(axis=1)
    shown = coder.decode(found ^ key)
    shown[failed] = coder.mean_picture
    quality = np.array([psnr_db(*pair) for pair in zip(images, shown)])
    return {
        "train": len(train),
        "channel_uses": uses,
        "bytes": size,
        "snr_db": snr_db,
        "failed": float(failed.mean()),
        "psnr_db": round(float(quality.mean()), 3),
        "psnr_db_interval": [round(x, 3) for x in mean_interval(quality)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    images = np.load(arguments.pictures)["images"][:LIMIT]
    train = np.load(arguments.train)["images"]
    rows = []
    for snr_db, by_uses in BYTES.items():
        for uses, sizes in by_uses.items():
            for size in sizes:
                for count in TRAIN:
                    row = measure(images, train[:count], uses, size, snr_db, np.random.default_rng(1))
                    rows.append(row)
                    print(json.dumps(row), flush=True)
    if arguments.json:
        result = {"version": __version__, "pictures": len(images), "rows": rows}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
