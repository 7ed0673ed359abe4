# SPDX-License-Identifier: GPL-3.0-or-later
"""What every cipher on codewords can do, and how to get one by name."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from .session import Session

CIPHER_NAMES = ("isometric", "modulo", "none")
MAX_BLOCK_SIZE = 1024


@runtime_checkable
class Cipher(Protocol):
    """Encrypts codewords: complex64[k], mean energy 1 per complex symbol, `k` a multiple of `block_size`."""

    name: str
    block_size: int
    spreads_noise: bool  # decryption mixes the symbols of a block, and their noise with them

    def encrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """complex64[k] -> complex64[k] under number `packet`; `ValueError` for a wrong shape or number."""

    def decrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """complex64[k] -> complex64[k]; inverts `encrypt`. Any packet, in any order, any number of times."""

    def observe(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What decrypted symbols say of the codeword: complex64[k] and noise variances float32[k] to decode with.

        `noise_var` float32[k] as it was on the air; `inf` for a symbol without information, before and after.
        """


def make_cipher(name: str, session: Session | None, block_size: int = 64) -> Cipher:
    """The cipher called `name`: `isometric`, `modulo` or `none` (which needs no session).

    Raises `ValueError` for an unknown name (and lists the known ones), a bad block size or a missing session.
    """
    from .isometric import IsometricCipher
    from .modulo import ModuloCipher
    from .null import NullCipher

    if name == "none":
        return NullCipher(session, block_size)
    if name in CIPHER_NAMES:
        if session is None:
            raise ValueError(f"cipher {name!r} needs a session")
        return (IsometricCipher if name == "isometric" else ModuloCipher)(session, block_size)
    raise ValueError(f"unknown cipher {name!r}: choose from {', '.join(CIPHER_NAMES)}")


def check_block_size(block_size: int) -> int:
    """`block_size` if it is 1 ... 1024; `ValueError` otherwise."""
    if not isinstance(block_size, (int, np.integer)) or not 1 <= block_size <= MAX_BLOCK_SIZE:
        raise ValueError(f"block_size must be an integer from 1 to {MAX_BLOCK_SIZE}, got {block_size!r}")
    return int(block_size)


def as_codeword(symbols: np.ndarray, block_size: int) -> np.ndarray:
    """`symbols` as complex64[k] ready for use, `k` a multiple of `block_size`; `ValueError` otherwise."""
    symbols = np.asarray(symbols)
    if symbols.ndim != 1:
        raise ValueError(f"a codeword has one dimension, got shape {symbols.shape}")
    if symbols.dtype.kind != "c":
        raise ValueError(f"a codeword is complex64, got {symbols.dtype}")
    if symbols.size % block_size:
        raise ValueError(f"a codeword has a multiple of {block_size} symbols, got {symbols.size}")
    # Read-only or unaligned memory (of a received buffer, say) would make Numba compile a second kernel.
    return np.require(symbols, np.complex64, ["C", "A", "W"])
