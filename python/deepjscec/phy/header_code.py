# SPDX-License-Identifier: GPL-3.0-or-later
"""Header bytes and payload length to QPSK carriers, and back from soft decisions.

Length, header and CRC-32 are scrambled (constant bytes would otherwise make a peaky waveform), coded at rate
1/4, spread by a permutation and repeated round and round until the header's carriers are full.
"""

from __future__ import annotations

import math
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deepjscec.fec import viterbi

from .profile import CRC_BYTES, LENGTH_BYTES, Profile
from .sequences import SCRAMBLER_SEED, prbs15, qpsk


@lru_cache(maxsize=16)
def interleaver(profile: Profile) -> NDArray[np.int64]:
    """int64[header_sent_bits]: which coded bit is sent i-th, ``i * step mod coded bits``.

    ``step`` is the first number from the golden section of the coded length upwards that has no common factor
    with it: neighbouring coded bits then lie far apart in time and frequency, for any header length.
    """
    coded = profile.header_coded_bits
    step = int(coded * (math.sqrt(5) - 1) / 2)
    while math.gcd(step, coded) != 1:
        step += 1
    return np.arange(profile.header_sent_bits) * step % coded


def encode(profile: Profile, header: bytes, payload_symbols: int) -> NDArray[np.complex128]:
    """QPSK of the header's data carriers, complex128[header_ofdm_symbols, data_carriers].

    ``header`` has ``profile.header_bytes`` bytes; the caller has checked it and the length.
    """
    block = payload_symbols.to_bytes(LENGTH_BYTES, "big") + header
    block += zlib.crc32(block).to_bytes(CRC_BYTES, "big")
    bits = np.unpackbits(np.frombuffer(block, np.uint8)) ^ prbs15(SCRAMBLER_SEED, profile.header_info_bits)
    sent = viterbi.encode(bits)[interleaver(profile)]
    return qpsk(sent).reshape(profile.header_ofdm_symbols, profile.data_carriers)


def decode(profile: Profile, soft: NDArray[np.complex128]) -> tuple[bytes, int] | None:
    """Header bytes and payload length, or None when the CRC fails.

    Args:
        soft: complex128[header_ofdm_symbols, data_carriers], finite; each part is in proportion to its bit's
            log-likelihood ratio, positive for 0 (a matched-filter output over the noise variance).
    """
    sent = np.ascontiguousarray(soft).view(np.float64).ravel()
    coded = np.bincount(interleaver(profile), weights=sent, minlength=profile.header_coded_bits)
    scale = float(np.max(np.abs(coded))) or 1.0
    bits = viterbi.decode((coded / scale).astype(np.float32)) ^ prbs15(SCRAMBLER_SEED, profile.header_info_bits)
    block = np.packbits(bits).tobytes()
    if zlib.crc32(block[:-CRC_BYTES]) != int.from_bytes(block[-CRC_BYTES:], "big"):
        return None
    return block[LENGTH_BYTES:-CRC_BYTES], int.from_bytes(block[:LENGTH_BYTES], "big")
