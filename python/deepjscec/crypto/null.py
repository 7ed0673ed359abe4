# SPDX-License-Identifier: GPL-3.0-or-later
"""No encryption, behind the interface of the ciphers: for comparison and for tests."""

from __future__ import annotations

import numpy as np

from .cipher import SymbolCipher, as_codeword, check_block_size
from .counter import check_packet
from .session import Session


class NullCipher(SymbolCipher):
    """Copies. Everyone can read what it sends, and it does not guard packet numbers."""

    name = "none"
    hides = False

    def __init__(self, session: Session | None = None, block_size: int = 64) -> None:
        self.block_size = check_block_size(block_size)

    def encrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """A copy, complex64[k]; `ValueError` for a shape or packet number that other ciphers would refuse."""
        check_packet(packet)
        return as_codeword(symbols, self.block_size).copy()

    def encrypted(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """A copy, complex64[k]."""
        return self.encrypt(symbols, packet)

    def decrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """A copy, complex64[k]."""
        return self.encrypt(symbols, packet)

    def decrypt_noisy(self, symbols: np.ndarray, noise_var: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """What came, complex64[k] and float32[k]; 0 for a symbol without information."""
        return np.where(np.isfinite(noise_var), self.decrypt(symbols, packet), np.complex64(0)), noise_var
