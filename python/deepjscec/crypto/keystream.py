# SPDX-License-Identifier: GPL-3.0-or-later
"""AES-256-CTR key stream with random access, and the layout of its counter.

The 128-bit counter block (NIST SP 800-38A, big-endian) is

    bits 127..96  packet number
    bits  95..80  scheme (1 = isometric, 2 = modulo, 3 = reference symbols, 4 = order of a payload, 5 = seed of an LWE
                  key; a new use takes a new number, 0 is never used)
    bits  79..64  parameter of the scheme (isometric: block size m; others: 0)
    bits  63..0   number of the AES block within the packet

so two packets, two schemes and two block sizes never share key stream. The isometric cipher takes m (m + 1) /
2 AES blocks (one per complex Gaussian) for a block of m symbols: block b starts at AES block b m (m + 1) / 2.
"""

from __future__ import annotations

import struct
import sys

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher as AesCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from .counter import check_packet
from .secret import Secret

SCHEME_ISOMETRIC = 1
SCHEME_MODULO = 2
SCHEME_REFERENCE = 3
SCHEME_ORDER = 4
SCHEME_LWE = 5
WORDS_PER_AES_BLOCK = 2

_ZEROS = bytes(1 << 16)


def counter_block(packet: int, scheme: int, parameter: int, first: int) -> bytes:
    """The 16 bytes of the first counter block; `ValueError` when a field does not fit."""
    packet = check_packet(packet)
    if not 0 < scheme < 2**16:
        raise ValueError(f"key-stream scheme must be 1 ... 65535, got {scheme}")
    if not 0 <= parameter < 2**16:
        raise ValueError(f"key-stream parameter must be 0 ... 65535, got {parameter}")
    if not 0 <= first < 2**63:  # half the range: what follows in one packet cannot run into the next field
        raise ValueError(f"key-stream position must be 0 ... 2^63 - 1, got {first}")
    return struct.pack(">IHHQ", packet, scheme, parameter, first)


class KeyStream:
    """Key stream of one (packet, scheme, parameter) from AES block `first` on.

    It hands out the same words however the reads are cut. Not thread-safe: give each thread its own.
    """

    def __init__(self, key: Secret, packet: int, scheme: int, parameter: int = 0, first: int = 0) -> None:
        nonce = counter_block(packet, scheme, parameter, first)
        self._encryptor = AesCipher(algorithms.AES(key.reveal()), modes.CTR(nonce)).encryptor()

    def fill(self, words: np.ndarray) -> np.ndarray:
        """Overwrite contiguous uint64[n] `words` with the next `8 n` bytes, little-endian; returns it."""
        if words.dtype != np.uint64 or not words.flags.c_contiguous:
            raise ValueError(f"key-stream words are a contiguous uint64 array, got {words.dtype}")
        buffer = words.reshape(-1).view(np.uint8).data
        for start in range(0, len(buffer), len(_ZEROS)):
            piece = buffer[start : start + len(_ZEROS)]
            self._encryptor.update_into(_ZEROS[: len(piece)], piece)
        if sys.byteorder == "big":
            words.byteswap(inplace=True)
        return words

    def words(self, count: int) -> np.ndarray:
        """The next `count` words, uint64[count]."""
        return self.fill(np.empty(count, np.uint64))
