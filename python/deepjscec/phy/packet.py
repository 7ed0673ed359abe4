# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receiver hands over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Packet:
    """One received packet, its header's CRC-32 verified.

    Attributes:
        header: bytes[profile.header_bytes], as sent.
        symbols: complex64[n], payload symbols after equalisation (zero forcing: signal gain 1).
        noise_var: float32[n], variance of the error of each symbol, per *complex* symbol, relative to
            unit-energy symbols; the channel estimate's own error is counted in.  ``inf`` marks a symbol on a
            carrier that the channel erased (its symbol is 0); never NaN.
        snr_db: Es/N0 at the equaliser's output, dB: the mean of ``1 / noise_var`` over the payload.
        cfo_hz: carrier frequency offset, Hz.
        start: index in the stream of the packet's first sample, by its strongest path.
    """

    header: bytes
    symbols: NDArray[np.complex64]
    noise_var: NDArray[np.float32]
    snr_db: float
    cfo_hz: float
    start: int
