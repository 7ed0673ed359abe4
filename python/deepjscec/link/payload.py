# SPDX-License-Identifier: GPL-3.0-or-later
"""What a packet's payload is made of: the cipher's prefix, reference blocks and data blocks, in an order of its own.

Where the cipher hides anything, the order of all symbols is secret and new in every packet. Who would jam, replace or
copy chosen symbols cannot choose whose they are, and reaches the reference as surely as the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.crypto import Cipher, ReferenceCheck, Session, check_reference, reference_symbols, secret_order
from deepjscec.link.coded import CodedBytes, encode_half, half_symbols
from deepjscec.link.interleaver import gather, permutation

REFERENCE_SYMBOLS = 256  # a packet, at least: enough to know Alice's payloads down to -5 dB
REFERENCE_SYMBOLS_UNSURE = 512  # of ciphers with errors of the sender's own, near whose wraps nothing can be expected
NOISE_MISREPORTED = 1.4  # ratio of measured to reported noise; chance gives it a deviation of 0.06


@dataclass(frozen=True)
class OpenedPayload:
    """Data blocks in the clear, complex64[blocks, m] with variances float32[blocks, m], and what vouches for them.

    None of either where the check failed.
    """

    blocks: np.ndarray
    noise_var: np.ndarray
    check: ReferenceCheck


class PayloadFormat:
    """The payload of packets under `cipher`, which also gives the block size."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher, self._block_size = cipher, cipher.block_size
        wanted = REFERENCE_SYMBOLS_UNSURE if cipher.prefix_bytes else REFERENCE_SYMBOLS
        self.reference_symbols = -(-wanted // cipher.block_size) * cipher.block_size
        self._prefix = half_symbols(cipher.prefix_bytes)

    def length(self, blocks: int) -> int:
        """Complex symbols of a payload with so many data blocks."""
        return self._prefix + (self.reference_symbols + blocks * self._block_size) * self._cipher.expansion

    def capacity(self, payload_symbols: int) -> int:
        """Data blocks that fit into a payload of so many complex symbols; 0 or less where none does."""
        room = (payload_symbols - self._prefix) // self._cipher.expansion
        if self._cipher.max_symbols is not None:
            room = min(room, self._cipher.max_symbols)
        return (room - self.reference_symbols) // self._block_size

    def seal(self, session: Session, packet: int, blocks: np.ndarray) -> np.ndarray:
        """complex64[length] for the air of data blocks complex64[blocks, m], under a fresh packet number."""
        reference = reference_symbols(session, packet, self.reference_symbols)
        prefix, symbols = self._cipher.encrypt_message(np.concatenate([reference, blocks.reshape(-1)]), packet)
        payload = np.concatenate([encode_half(prefix, 0), symbols])
        return payload[self._order(session, packet, payload.size)]

    def open(
        self, session: Session, packet: int, symbols: np.ndarray, noise_var: np.ndarray, *, unchecked: bool = False
    ) -> OpenedPayload | None:
        """Inverse of `seal` for what arrived, complex64 and float32[length]; None where the prefix is beyond repair.

        Where the reference says that the noise is not as reported, it corrects the variances. Payloads that fail its
        check are not decrypted unless `unchecked`.
        """
        order = self._order(session, packet, symbols.size)
        symbols, noise_var = gather(symbols, order), gather(noise_var, order)
        prefix = self._read_prefix(symbols[: self._prefix], noise_var[: self._prefix])
        if prefix is None:
            return None
        symbols, noise_var = symbols[self._prefix :], noise_var[self._prefix :]
        n, reference = self.reference_symbols, reference_symbols(session, packet, self.reference_symbols)
        try:
            expected, unknown_var = self._cipher.expect(prefix, reference, packet)
        except ValueError:
            if prefix:  # that passed its checksum by chance
                return None
            raise
        check = check_reference(expected, unknown_var, symbols[: expected.size], noise_var[: expected.size])
        if not 1 / NOISE_MISREPORTED < check.noise_ratio < NOISE_MISREPORTED:
            noise_var = noise_var * np.float32(check.noise_ratio)
        layout = (-1, self._block_size)
        if not (unchecked or (check.genuine and check.unscaled)):
            nothing = np.empty((0, self._block_size))
            return OpenedPayload(nothing.astype(np.complex64), nothing.astype(np.float32), check)
        clear, variances = self._cipher.decrypt_message(prefix, symbols, noise_var, packet)
        return OpenedPayload(clear[n:].reshape(layout), variances[n:].reshape(layout), check)

    def _read_prefix(self, symbols: np.ndarray, noise_var: np.ndarray) -> bytes | None:
        """The prefix, empty where the cipher has none; None where it did not arrive."""
        if not self._prefix:
            return b""
        coded = CodedBytes(self._cipher.prefix_bytes)
        coded.add(0, symbols, noise_var)
        return coded.read()

    def data_without_key(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What somebody without a key takes for the data blocks: complex64 and float32[blocks, m]."""
        symbols, noise_var = gather(symbols), gather(noise_var)
        start, layout = self._prefix + self.reference_symbols * self._cipher.expansion, (-1, self._block_size)
        every = slice(start, None, self._cipher.expansion)
        return symbols[every].reshape(layout), noise_var[every].reshape(layout)

    def _order(self, session: Session, packet: int, length: int) -> np.ndarray:
        return secret_order(session, packet, length) if self._cipher.hides else permutation(length)
