# SPDX-License-Identifier: GPL-3.0-or-later
"""What every cipher on codewords can do, and how to get one by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

import numpy as np

from .session import Session

# of LWE: parameters and mapping; as the paper has it, as it is safe today, and what is between
LWE_VARIANTS = {
    "lwe": ("lp192", "amplitude"),
    "lwe-qam4096": ("lp192", "qam4096"),
    "lwe-lp256": ("lp256", "amplitude"),
    "lwe-lp320": ("lp320", "amplitude"),
    "lwe-frodo640": ("frodo640", "amplitude"),
}
CIPHER_NAMES = ("isometric", "modulo", *LWE_VARIANTS, "none")
MAX_BLOCK_SIZE = 1024


@runtime_checkable
class Cipher(Protocol):
    """Encrypts codewords: complex64[k], mean energy 1 per complex symbol, `k` a multiple of `block_size`."""

    name: str
    block_size: int
    prefix_bytes: int  # that must reach Bob without an error, beside the symbols of each packet
    expansion: int  # complex symbols on the air for each of the codeword
    hides: bool  # from all who lack the key

    @property
    def max_symbols(self) -> int | None:
        """Of the longest codeword that is taken; None for any."""

    def encrypt_message(self, symbols: np.ndarray, packet: int) -> tuple[bytes, np.ndarray]:
        """complex64[k] under number `packet` -> the prefix and complex64[k * expansion].

        Raises `ValueError` for a wrong shape or number, `ReusedCounterError` for a number not above all before.
        """

    def decrypt_message(
        self, prefix: bytes, symbols: np.ndarray, noise_var: np.ndarray, packet: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """What arrived says of the codeword: complex64[k], and noise variances float32[k] to decode it with.

        `symbols` complex64[k * expansion] and `noise_var` float32 of the same length as the equaliser gave them, `inf`
        for a symbol without information. Any packet, in any order, any number of times. `ValueError` for wrong lengths.
        """

    def expect(self, prefix: bytes, symbols: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """What a message that begins with `symbols` begins with on the air, as whoever decrypts can tell.

        complex64[k] under the number and prefix of a received packet -> complex64[k * expansion], and float32 variances
        of what only the sender knows, `inf` where nothing can be expected. Marks nothing as used.
        """


class SymbolCipher(ABC):
    """A cipher that turns symbols into as many, and needs nothing beside them."""

    prefix_bytes = 0
    expansion = 1
    max_symbols: int | None = None
    hides = True

    @abstractmethod
    def encrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """complex64[k] -> complex64[k] under number `packet`."""

    @abstractmethod
    def decrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """complex64[k] -> complex64[k]; inverts `encrypt`."""

    @abstractmethod
    def encrypted(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """What `encrypt` gives but for private dither, under a number that it marks as used no more than decryption."""

    @abstractmethod
    def decrypt_noisy(self, symbols: np.ndarray, noise_var: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """`decrypt_message` without a prefix."""

    def encrypt_message(self, symbols: np.ndarray, packet: int) -> tuple[bytes, np.ndarray]:
        """No prefix, and the symbols encrypted; see `Cipher`."""
        return b"", self.encrypt(symbols, packet)

    def expect(self, prefix: bytes, symbols: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """Symbols on the air, all of them known; see `Cipher`."""
        return self.encrypted(symbols, packet), np.zeros(len(symbols), np.float32)

    def decrypt_message(
        self, prefix: bytes, symbols: np.ndarray, noise_var: np.ndarray, packet: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Symbols and noise variances in the clear; see `Cipher`."""
        if prefix:
            raise ValueError(f"cipher {type(self).__name__} has no prefix, got {len(prefix)} bytes")
        if np.shape(noise_var) != np.shape(symbols):
            raise ValueError(f"{np.size(symbols)} symbols with noise variances of {np.size(noise_var)}")
        return self.decrypt_noisy(symbols, np.asarray(noise_var, np.float32), packet)


def make_cipher(name: str, session: Session | None, block_size: int = 64) -> Cipher:
    """The cipher called `name`, one of `CIPHER_NAMES`; `none` needs no session.

    Raises `ValueError` for an unknown name (and lists the known ones), a bad block size or a missing session.
    """
    from .isometric import IsometricCipher
    from .lwe import LweCipher
    from .modulo import ModuloCipher
    from .null import NullCipher

    if name == "none":
        return NullCipher(session, block_size)
    if name not in CIPHER_NAMES:
        raise ValueError(f"unknown cipher {name!r}: choose from {', '.join(CIPHER_NAMES)}")
    if session is None:
        raise ValueError(f"cipher {name!r} needs a session")
    if name in LWE_VARIANTS:
        parameters, mapping = LWE_VARIANTS[name]
        return LweCipher(session, block_size, parameters=parameters, mapping=mapping)
    return (IsometricCipher if name == "isometric" else ModuloCipher)(session, block_size)


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
