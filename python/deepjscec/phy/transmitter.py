# SPDX-License-Identifier: GPL-3.0-or-later
"""Header bytes and complex payload symbols to one OFDM burst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import header_code, ofdm
from .peak_reduction import PeakReducer
from .preamble import pilots, preamble_carriers, preamble_samples, repeated_body
from .profile import Profile
from .sequences import PAYLOAD_SEED, quarter_turns


class Transmitter:
    """Makes bursts of one :class:`Profile`.  Holds no state between them.

    Args:
        profile: the waveform; receivers must be given an equal one.
        max_papr_db: hold the peaks of every symbol, the preamble's too, to this level in dB over
            ``profile.mean_power``, 3 to 20; None leaves them alone.  The price is an error on the carriers, -29 dB
            at 7 dB; 7 is a good value for radios.  Receivers need not know.

    Raises:
        ValueError: for a ``max_papr_db`` out of range.
    """

    def __init__(self, profile: Profile | None = None, max_papr_db: float | None = None) -> None:
        self.profile = Profile() if profile is None else profile
        self._preamble = preamble_samples(self.profile)
        self._reducer = None if max_papr_db is None else PeakReducer(self.profile, max_papr_db)
        if self._reducer is not None:
            carriers = self._reducer.reduce(preamble_carriers(self.profile)[None])[0]
            self._preamble = repeated_body(self.profile, carriers)

    def modulate(self, header: bytes, payload: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """One burst.

        Args:
            header: exactly ``profile.header_bytes`` bytes.
            payload: complex64[n] (complex128 is rounded), finite, ``1 <= n <= profile.max_payload_symbols``,
                mean energy 1 per symbol by convention; sent at the level given, not normalised.

        Returns:
            complex64[profile.packet_len(n)].  With a unit-energy payload the mean power is
            ``profile.mean_power`` per sample (0.8125) and noise of variance ``v`` per complex sample gives
            ``Es/N0 = 1 / v`` per payload symbol.  Peaks of Gaussian payloads lie some 11 dB above the
            mean where ``max_papr_db`` does not hold them: scale before a converter clips.

        Raises:
            ValueError: for a header of another type or length; for a payload that is not a one-dimensional,
                finite, complex array of 1 to ``max_payload_symbols`` symbols.
        """
        profile = self.profile
        if not isinstance(header, (bytes, bytearray, memoryview)):
            raise ValueError(f"header must be bytes, got {type(header).__name__}")
        header = bytes(header)
        if len(header) != profile.header_bytes:
            raise ValueError(f"header must have {profile.header_bytes} bytes, got {len(header)}")
        if not isinstance(payload, np.ndarray) or payload.dtype not in (np.complex64, np.complex128):
            kind = getattr(payload, "dtype", type(payload).__name__)
            raise ValueError(f"payload must be a complex64 array, got {kind}")
        if payload.ndim != 1 or not 1 <= len(payload) <= profile.max_payload_symbols:
            raise ValueError(
                f"payload must have the shape [n], n from 1 to {profile.max_payload_symbols}, got {payload.shape}"
            )
        if not np.isfinite(payload).all():
            raise ValueError("payload must be finite")

        headers = profile.header_ofdm_symbols
        grid = np.empty((headers + profile.payload_ofdm_symbols(len(payload)), profile.active_carriers), np.complex128)
        known = profile.pilot_cells(len(grid))
        grid[known] = pilots(profile)[: len(grid)].ravel()
        grid[:headers][~known[:headers]] = header_code.encode(profile, header, len(payload)).ravel()
        # Carriers the payload does not fill carry ones, so that every burst has the same power throughout;
        # the quarter turns keep these, or any constant payload, from adding up to a peak.
        data = np.ones((len(grid) - headers) * profile.data_carriers, np.complex128)
        data[: len(payload)] = payload
        data *= quarter_turns(PAYLOAD_SEED, len(data))
        grid[headers:][~known[headers:]] = data
        if self._reducer is not None:
            grid = self._reducer.reduce(grid)
        body = ofdm.with_prefix(profile, ofdm.to_samples(profile, grid))
        return np.concatenate([self._preamble, body]).astype(np.complex64)
