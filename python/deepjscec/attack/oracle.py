# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption oracles: codewords in, what Eve observes out, under the real ciphers and under broken ones.

Eve gets every advantage short of the key: ciphertexts without noise, straight from the cipher, in the order of their
blocks, and she knows which codeword each belongs to. The broken ciphers are positive controls: an attack that does not
succeed against them proves nothing where it fails against a real one.

A batch of codewords goes under one packet number as consecutive blocks of one message. The key stream has a counter for
each block, so to Eve these are as fresh as blocks of different packets, and a million of them take minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deepjscec.crypto import Secret, Session, make_cipher
from deepjscec.crypto.wrapping import CELL

REAL_CIPHERS = ("isometric", "modulo", "lwe")
CONTROLS = (
    "none",  # no encryption
    "static_isometry",  # one unitary for each block position, for ever
    "static_shuffling",  # one permutation with signs of a codeword's real parts, for ever
    "reused_counter",  # the isometric cipher with the same packet number each time
    "lwe_reused_errors",  # LWE with the same error vectors for every message
    "lwe_public_seed",  # LWE with errors from a seed that Eve knows
)
ORACLE_NAMES = REAL_CIPHERS + CONTROLS


@dataclass(frozen=True)
class Ciphertexts:
    """What Eve observes of n codewords."""

    symbols: np.ndarray  # complex64[n, k]
    prefix: np.ndarray  # float32[n, p], mean 0 and variance about 1: the digital part of each message; p may be 0

    def __len__(self) -> int:
        return len(self.symbols)

    def parts(self) -> np.ndarray:
        """Real and imaginary parts in turn, float32[n, 2 k]."""
        return np.ascontiguousarray(self.symbols, np.complex64).view(np.float32)


class Oracle(Protocol):
    """Encrypts what Eve hands it, each codeword afresh."""

    @property
    def name(self) -> str: ...

    @property
    def block_size(self) -> int: ...

    @property
    def cell(self) -> float | None:
        """Side of the square in which symbols wrap, where they do."""

    @property
    def scale(self) -> float:
        """Of symbols before they wrap."""

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        """complex64[n, k], every block of the energy of its length -> what Eve observes of each."""


class CipherOracle:
    """One of the project's ciphers that need no prefix, as Alice uses it, under a secret of its own."""

    def __init__(self, name: str, block_size: int) -> None:
        self.name, self.block_size = name, block_size
        self._session = Session.start(Secret.random())
        self._cipher = make_cipher(name, self._session, block_size)
        self.scale = float(getattr(self._cipher, "scale", 1.0))
        self.cell = CELL if name == "modulo" else None

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        _, symbols = self._cipher.encrypt_message(np.ravel(codewords), self._session.next_packet())
        return without_prefix(symbols.reshape(np.shape(codewords)))


def without_prefix(symbols: np.ndarray) -> Ciphertexts:
    """Ciphertexts that are complex64[n, k] symbols and nothing else."""
    return Ciphertexts(symbols, np.empty((len(symbols), 0), np.float32))


def make_oracle(name: str, block_size: int, length: int, rng: np.random.Generator) -> Oracle:
    """The oracle called `name`, one of `ORACLE_NAMES`, for codewords of `length` symbols.

    `rng` draws the keys of the static controls; the ciphers draw theirs from the operating system. Raises `ValueError`
    for an unknown name (and lists the known ones) or a length that is no multiple of `block_size`.
    """
    if name not in ORACLE_NAMES:
        raise ValueError(f"unknown cipher or control {name!r}: choose from {', '.join(ORACLE_NAMES)}")
    if length < 1 or length % block_size:
        raise ValueError(f"a codeword of {length} symbols is not a multiple of {block_size}")
    if name.startswith("lwe"):
        from deepjscec.attack.lwe_oracle import make_lwe_oracle

        return make_lwe_oracle(name, block_size, length)
    if name in ("none", "isometric", "modulo"):
        return CipherOracle(name, block_size)
    from deepjscec.attack.static_controls import ReusedCounter, StaticIsometry, StaticShuffling

    if name == "reused_counter":
        return ReusedCounter(block_size)
    return (StaticIsometry if name == "static_isometry" else StaticShuffling)(block_size, length, rng)
