# SPDX-License-Identifier: GPL-3.0-or-later
"""A linear estimate of the codeword from a ciphertext, learned from known plaintexts under other packets.

Where the cipher wraps symbols, Eve first unwraps each real part around an offset of its own, the circular mean of
ciphertext minus plaintext: a mask that never changes is that offset, a fresh one leaves it anywhere. Then comes ridge
regression (Hoerl and Kennard, 1970) from all real parts, and the prefix, to all real parts of the codeword.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.attack.oracle import Ciphertexts, Oracle

CHUNK = 8192
RIDGES = (1e-6, 1e-4, 1e-2, 1.0, 100.0)  # in units of the features' mean variance
MOST_PARTS = 8192  # whose squares still fit into memory
LEAST_ERROR = 1e-3  # share of a symbol's energy: as decoders are trained for
MOST_ERROR = 0.999  # nothing known


@dataclass(frozen=True)
class FrontEnd:
    """Ciphertexts in, estimated codewords out."""

    cell: float | None  # side of the square in which symbols wrap
    offset: np.ndarray  # float32[2 k], of each real part on the air
    weights: np.ndarray  # float32[features, 2 k]
    intercept: np.ndarray  # float32[2 k]
    error: np.ndarray  # float32[k], share of each symbol's energy that is missed

    def features(self, seen: Ciphertexts) -> np.ndarray:
        """What the estimate is linear in, float32[n, features]: unwrapped real parts, then the prefix."""
        return np.concatenate([_unwrap(seen.parts(), self.offset, self.cell), seen.prefix], axis=1)

    def estimate(self, features: np.ndarray) -> np.ndarray:
        """float32[n, features] -> the least-squares estimate, complex64[n, k]."""
        return (features @ self.weights + self.intercept).view(np.complex64)

    def as_received(self, estimate: np.ndarray, noise_var: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """The estimate as symbols with noise, complex64[n, k] and variances float32[k], as a decoder wants them.

        A least-squares estimate that misses a share e of a symbol's energy is 1 - e times the symbol in noise of
        variance e / (1 - e). `noise_var` per complex symbol of Eve's channel comes through the weights on top.
        """
        kept = 1 - self.error
        own = np.square(self.weights[: len(self.offset)]).sum(0).reshape(-1, 2).sum(1) / 2
        return estimate / kept, self.error / kept + np.float32(noise_var) * own / kept**2


def fit_front_end(oracle: Oracle, codewords: np.ndarray, pairs: int, rng: np.random.Generator) -> FrontEnd:
    """Learn from so many `pairs` of ciphertext and plaintext, drawn from `codewords` complex64[n, k] by `rng`.

    A tenth of the pairs, of the last codewords alone, chooses the ridge. Raises `ValueError` for codewords too long for
    a full regression, or too few codewords or pairs.
    """
    if 2 * codewords.shape[1] > MOST_PARTS:
        raise ValueError(f"codewords of {codewords.shape[1]} symbols are too long: {MOST_PARTS // 2} at most")
    if len(codewords) < 20 or pairs < 100:
        raise ValueError(f"{pairs} pairs of {len(codewords)} codewords are too few to learn from")
    learned, checked = np.split(codewords, [len(codewords) * 9 // 10])
    sample = learned[rng.integers(len(learned), size=min(CHUNK, pairs))]
    offset = _offset(oracle, sample, oracle.encrypt(sample))
    mean = learned.mean(0).astype(np.complex64).view(np.float32)
    probe = FrontEnd(oracle.cell, offset, np.empty(0), np.empty(0), np.empty(0))
    centre = probe.features(oracle.encrypt(sample)).mean(0)

    gram, cross, total = 0.0, 0.0, pairs * 9 // 10
    for start in range(0, total, CHUNK):
        clear = learned[rng.integers(len(learned), size=min(CHUNK, total - start))]
        x = probe.features(oracle.encrypt(clear)) - centre
        z = np.ascontiguousarray(clear).view(np.float32) - mean
        gram, cross = gram + (x.T @ x).astype(np.float64), cross + (x.T @ z).astype(np.float64)
    values, vectors = np.linalg.eigh(gram / total)
    turned = vectors.T @ (cross / total)

    clear = checked[rng.integers(len(checked), size=max(pairs - total, 10))]
    features = probe.features(oracle.encrypt(clear))
    best: tuple[float, FrontEnd] | None = None
    for ridge in RIDGES:
        weights = (vectors @ (turned / (values.clip(0) + ridge * values.mean())[:, None])).astype(np.float32)
        candidate = FrontEnd(oracle.cell, offset, weights, mean - centre @ weights, np.empty(0))
        missed = np.square(np.abs(candidate.estimate(features) - clear)).mean(0)
        share = missed / np.square(np.abs(clear)).mean(0)
        if best is None or missed.mean() < best[0]:
            error = share.clip(LEAST_ERROR, MOST_ERROR).astype(np.float32)
            best = float(missed.mean()), FrontEnd(oracle.cell, offset, weights, candidate.intercept, error)
    assert best is not None
    return best[1]


def _offset(oracle: Oracle, codewords: np.ndarray, seen: Ciphertexts) -> np.ndarray:
    """Circular mean of ciphertext minus plaintext for each real part, float32[2 k]; zeros where nothing wraps."""
    parts = seen.parts()
    if oracle.cell is None:
        return np.zeros(parts.shape[1], np.float32)
    clear = np.ascontiguousarray(codewords).view(np.float32) * oracle.scale
    turn = 2 * np.pi / oracle.cell
    return (np.angle(np.exp(1j * turn * (parts - clear)).mean(0)) / turn).astype(np.float32)


def _unwrap(parts: np.ndarray, offset: np.ndarray, cell: float | None) -> np.ndarray:
    """Real parts less their offsets, brought into -cell/2 ... cell/2 where there is a cell."""
    if cell is None:
        return parts
    moved = parts - offset
    return moved - np.float32(cell) * np.rint(moved / np.float32(cell))
