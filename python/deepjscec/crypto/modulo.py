# SPDX-License-Identifier: GPL-3.0-or-later
"""The modulo cipher: key stream is added to every real part of a codeword, modulo the constellation's cell.

The symmetric twin of the mask that Tung and Gündüz (arXiv 2208.09245) take from learning with errors. On the air every
symbol is uniform over a square whatever was sent, so secrecy asks nothing of block energies; but symbols must be made
small enough not to wrap, noise makes them wrap all the same, and both cost quality that the isometric cipher keeps.
"""

from __future__ import annotations

import numpy as np

from .cipher import SymbolCipher, as_codeword, check_block_size
from .counter import check_packet
from .keystream import SCHEME_MODULO
from .session import Session
from .wrapping import CELL, DEFAULT_SCALE, MARGIN, MOST_RECEIVED, observe_wrapped

STEPS = 2.0**32  # the cell in integers: their sum modulo 2^32 with a uniform one is uniform, exactly


class ModuloCipher(SymbolCipher):
    """Encrypts by `c = scale z + k mod cell`, decrypts by `(c - k mod cell) / scale`, both for each real part.

    `scale`: of symbols before they wrap, 0.1 ... 1: smaller ones wrap less and stand lower above the noise. Parts
    beyond `MARGIN` of the cell's end are cut. Raises `ValueError` for a value out of range.
    """

    name = "modulo"

    def __init__(self, session: Session, block_size: int = 64, *, scale: float = DEFAULT_SCALE) -> None:
        if not 0.1 <= scale <= 1:
            raise ValueError(f"scale must be 0.1 ... 1, got {scale}")
        self.block_size = check_block_size(block_size)
        self.scale = float(scale)
        self._session = session

    def encrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """Encrypt complex64[k] under `packet`, which must exceed every number used for this before.

        Returns complex64[k]. Raises `ValueError` for a shape or a value that is not finite, before the packet number is
        used up; `ReusedCounterError` and `CounterExhaustedError` for the number.
        """
        parts = as_codeword(symbols, self.block_size).view(np.float32)
        if not (np.abs(parts) < MOST_RECEIVED).all():
            raise ValueError("a codeword holds a value that is not finite, or beyond 10^6")
        return self._masked(parts, self._session.claim_payload(packet))

    def encrypted(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """What `encrypt` gives, complex64[k]; `ValueError` for shape or number."""
        return self._masked(as_codeword(symbols, self.block_size).view(np.float32), check_packet(packet))

    def decrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """Decrypt complex64[k] of `packet`; a value that is not finite, or beyond 10^6, becomes NaN.

        Raises `ValueError` for shape or number.
        """
        parts = as_codeword(symbols, self.block_size).view(np.float32)
        usable = np.abs(parts) < MOST_RECEIVED  # false for NaN
        steps = _to_steps(np.where(usable, parts, 0), 1.0)
        steps -= self._key(check_packet(packet), steps.size)
        clear = _from_steps(steps, 1 / self.scale)
        clear[~usable.reshape(-1, 2).all(axis=1)] = np.nan
        return clear

    def decrypt_noisy(self, symbols: np.ndarray, noise_var: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """Decrypt complex64[k] with the noise variances float32[k], and `observe` the result."""
        return self.observe(self.decrypt(symbols, packet), noise_var)

    def observe(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What decrypted symbols complex64[k] say of the codeword, `noise_var` float32[k] being that on the air.

        Returns symbols and noise variances as of a channel without wrapping that would have told as much: the codeword
        taken for Gaussian, its mean and variance given what arrived, over all numbers of wraps.
        """
        parts = np.asarray(symbols, np.complex64).view(np.float32) * np.float32(self.scale)
        return observe_wrapped(parts, np.repeat(np.asarray(noise_var, np.float32), 2), self.scale)

    def _masked(self, parts: np.ndarray, packet: int) -> np.ndarray:
        limit = np.float32((0.5 - MARGIN) * CELL / self.scale)
        steps = _to_steps(parts.clip(-limit, limit), self.scale)
        steps += self._key(packet, steps.size)
        return _from_steps(steps, 1.0)

    def _key(self, packet: int, count: int) -> np.ndarray:
        """uint32[count]: the halves of key-stream words, the lower first."""
        words = self._session.key_stream(packet, SCHEME_MODULO).words(-(-count // 2))
        return words.astype("<u8", copy=False).view("<u4")[:count]


def _to_steps(parts: np.ndarray, scale: float) -> np.ndarray:
    """float32[n] as uint32[n] in steps of the cell, wrapped."""
    steps = np.multiply(parts, np.float32(scale * STEPS / CELL))
    return np.rint(steps, out=steps).astype(np.int64).astype(np.uint32)


def _from_steps(steps: np.ndarray, scale: float) -> np.ndarray:
    parts = steps.view(np.int32).astype(np.float32)
    parts *= np.float32(scale * CELL / STEPS)
    return parts.view(np.complex64)
