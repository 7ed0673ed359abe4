# SPDX-License-Identifier: GPL-3.0-or-later
"""The waveforms on offer.

All carry the same 48 header bytes, keep a packet under 50 ms, and hold a multiple of 64 payload symbols, the
cipher's block.  The transform never has fewer than 256 points: detection works on one repeated body, whose
energy at Es/N0 = -2 dB is too little in a shorter one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .profile import Profile

#: Name to :class:`Profile`, read-only, "default" first.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "default": Profile(),
        "narrowband": Profile(sample_rate=250e3, max_payload_ofdm_symbols=30),
        "wideband": Profile(
            sample_rate=5e6,
            fft_len=1024,
            cp_len=128,
            active_carriers=832,
            pilot_carriers=64,
            max_payload_ofdm_symbols=20,
        ),
    }
)
