# SPDX-License-Identifier: GPL-3.0-or-later
"""Positive controls whose key never changes: what the isometric cipher would be without fresh unitaries."""

from __future__ import annotations

import secrets

import numpy as np

from deepjscec.attack.oracle import Ciphertexts, without_prefix
from deepjscec.crypto import SESSION_ID_BYTES, IsometricCipher, Secret, Session


def haar_unitaries(count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """complex128[count, size, size], independent and Haar-distributed.

    Source: Mezzadri, "How to generate random matrices from the classical compact groups", 2007: QR of Gaussian
    matrices, with the phases of R's diagonal taken out.
    """
    gaussian = rng.standard_normal((count, size, size, 2)) @ [1, 1j]
    q, r = np.linalg.qr(gaussian)
    diagonal = np.einsum("bii->bi", r)
    return q * (diagonal / np.abs(diagonal))[:, None, :]


class StaticIsometry:
    """Turns the block at each position by a unitary that stays."""

    name, cell, scale = "static_isometry", None, 1.0

    def __init__(self, block_size: int, length: int, rng: np.random.Generator) -> None:
        self.block_size = block_size
        self._unitaries = haar_unitaries(length // block_size, block_size, rng).astype(np.complex64)

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        blocks = np.reshape(codewords, (len(codewords), -1, self.block_size)).transpose(1, 2, 0)
        return without_prefix((self._unitaries @ blocks).transpose(2, 0, 1).reshape(len(codewords), -1))


class StaticShuffling:
    """Permutes a codeword's real parts and flips signs, always the same."""

    name, cell, scale = "static_shuffling", None, 1.0

    def __init__(self, block_size: int, length: int, rng: np.random.Generator) -> None:
        self.block_size = block_size
        self._order = rng.permutation(2 * length)
        self._signs = rng.choice(np.array([-1, 1], np.float32), 2 * length)

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        parts = np.ascontiguousarray(codewords, np.complex64).view(np.float32)
        shuffled = np.ascontiguousarray(parts[:, self._order]) * self._signs
        return without_prefix(shuffled.view(np.complex64))


class ReusedCounter:
    """The isometric cipher with one packet number for all messages.

    `Session` refuses that, so this derives the same session anew for each message, which its documentation forbids.
    """

    name, cell, scale = "reused_counter", None, 1.0

    def __init__(self, block_size: int) -> None:
        self.block_size = block_size
        self._secret, self._id = Secret.random(), secrets.token_bytes(SESSION_ID_BYTES)

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        symbols = np.empty(np.shape(codewords), np.complex64)
        for codeword, out in zip(codewords, symbols, strict=True):
            session = Session.derive(self._secret, self._id)
            out[:] = IsometricCipher(session, self.block_size).encrypt(codeword, packet=0)
        return without_prefix(symbols)
