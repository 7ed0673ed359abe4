# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry of the OFDM burst: every size in samples, carriers, symbols or bytes comes from here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepjscec.fec import CODE_RATE_INVERSE, CODE_TAIL_BITS

LENGTH_BYTES = 2  #: payload length in front of the header
CRC_BYTES = 4  #: CRC-32 behind it
HEADER_REPETITION = 2  #: aimed-at number of times a coded header bit is sent


@dataclass(frozen=True)
class Profile:
    """Frozen, validated description of the waveform.  Transmitter and receiver must hold equal ones.

    Attributes:
        sample_rate: complex samples per second, Hz.
        fft_len: carriers of the transform, a power of two from 64 to 4096; carrier spacing is
            ``sample_rate / fft_len``.
        cp_len: cyclic prefix in samples, and the longest channel the receiver estimates;
            ``fft_len / 16 <= cp_len <= 3/8 fft_len``.
        active_carriers: data and pilot carriers together, even, symmetric about the empty DC carrier.
        pilot_carriers: comb pilots in each header and payload symbol; divides ``active_carriers``.
        header_bytes: length of the header the user sends with each packet, 1 to 255.
        max_payload_ofdm_symbols: longest payload, in OFDM symbols.

    Raises:
        ValueError: naming the parameter that is out of range.
    """

    sample_rate: float = 1e6
    fft_len: int = 256
    cp_len: int = 32
    active_carriers: int = 208
    pilot_carriers: int = 16
    header_bytes: int = 48
    max_payload_ofdm_symbols: int = 60

    def __post_init__(self) -> None:
        for name in (
            "fft_len",
            "cp_len",
            "active_carriers",
            "pilot_carriers",
            "header_bytes",
            "max_payload_ofdm_symbols",
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise ValueError(f"{name} must be an integer, got {value!r}")
        rate = self.sample_rate
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.integer, np.floating)):
            raise ValueError(f"sample_rate must be a number, got {rate!r}")
        _require(0 < rate <= 1e12, "sample_rate", rate, "above 0 and at most 1e12 Hz")
        n = self.fft_len
        _require(64 <= n <= 4096 and n & (n - 1) == 0, "fft_len", n, "a power of two from 64 to 4096")
        # The preamble has two prefixes and two bodies: near half a body, the prefixes look like a third.
        _require(n // 16 <= self.cp_len <= 3 * n // 8, "cp_len", self.cp_len, "from fft_len/16 to 3/8 fft_len")
        _require(
            self.active_carriers % 2 == 0 and n // 4 <= self.active_carriers <= n - 2,
            "active_carriers",
            self.active_carriers,
            "even, from fft_len/4 to fft_len-2",
        )
        _require(
            4 <= self.pilot_carriers <= self.active_carriers // 2 and self.active_carriers % self.pilot_carriers == 0,
            "pilot_carriers",
            self.pilot_carriers,
            "a divisor of active_carriers, from 4 to half of it",
        )
        _require(1 <= self.header_bytes <= 255, "header_bytes", self.header_bytes, "from 1 to 255")
        _require(
            self.max_payload_ofdm_symbols >= 1 and self.max_payload_symbols < 1 << 16,
            "max_payload_ofdm_symbols",
            self.max_payload_ofdm_symbols,
            "at least 1, and at most 65535 payload symbols in all",
        )

    @classmethod
    def named(cls, name: str, sample_rate: float | None = None) -> Profile:
        """One of :data:`~deepjscec.phy.PROFILES`.

        Args:
            name: its name.
            sample_rate: Hz, in place of the profile's own; everything on the air scales with it.

        Raises:
            ValueError: for an unknown name, listing the known ones; for a bad ``sample_rate``.
        """
        from .profiles import PROFILES  # made of Profiles, so not before this class

        if name not in PROFILES:
            raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {name!r}")
        profile = PROFILES[name]
        return profile if sample_rate is None else replace(profile, sample_rate=sample_rate)

    # Carriers -----------------------------------------------------------------------------------------

    @cached_property
    def carriers(self) -> NDArray[np.int64]:
        """int64[active_carriers]: signed carrier numbers, ascending, 0 (DC) left out."""
        half = self.active_carriers // 2
        return _frozen(np.concatenate([np.arange(-half, 0), np.arange(1, half + 1)]))

    @cached_property
    def pilot_index(self) -> NDArray[np.int64]:
        """int64[2, pilot_carriers]: positions of the pilots in :attr:`carriers`, in the first, third, ... header or
        payload symbol and in the second, fourth, ...

        The comb alternates between two places half its spacing apart: any two symbols together sample the channel
        twice as densely, which resolves echoes as late as the prefix, as one comb alone would not.
        """
        spacing = self.active_carriers // self.pilot_carriers
        comb = spacing // 4 + spacing * np.arange(self.pilot_carriers)
        return _frozen(np.stack([comb, comb + spacing // 2]))

    def pilot_cells(self, rows: int) -> NDArray[np.bool_]:
        """bool[rows, active_carriers]: which carriers of the first ``rows`` header and payload symbols are pilots."""
        pattern = np.zeros((2, self.active_carriers), np.bool_)
        pattern[np.arange(2)[:, None], self.pilot_index] = True
        return pattern[np.arange(rows) % 2]

    @property
    def data_carriers(self) -> int:
        """Payload symbols in one OFDM symbol."""
        return self.active_carriers - self.pilot_carriers

    @property
    def carrier_spacing(self) -> float:
        """Hz between neighbouring carriers."""
        return self.sample_rate / self.fft_len

    # Sizes in samples ---------------------------------------------------------------------------------

    @property
    def symbol_len(self) -> int:
        """Samples of one OFDM symbol with its cyclic prefix."""
        return self.fft_len + self.cp_len

    @property
    def preamble_len(self) -> int:
        """Samples of the preamble: a prefix of two ``cp_len``, then one symbol body twice."""
        return 2 * self.symbol_len

    @property
    def header_len(self) -> int:
        """Samples of the header."""
        return self.header_ofdm_symbols * self.symbol_len

    @property
    def overhead_len(self) -> int:
        """Samples in front of the payload: preamble and header."""
        return self.preamble_len + self.header_len

    def payload_ofdm_symbols(self, payload_symbols: int) -> int:
        """OFDM symbols that carry ``payload_symbols`` complex symbols.

        Raises:
            ValueError: if ``payload_symbols`` is not from 1 to :attr:`max_payload_symbols`.
        """
        if not 1 <= payload_symbols <= self.max_payload_symbols:
            raise ValueError(f"payload_symbols must be from 1 to {self.max_payload_symbols}, got {payload_symbols}")
        return -(-int(payload_symbols) // self.data_carriers)

    def packet_len(self, payload_symbols: int) -> int:
        """Samples of a whole packet that carries ``payload_symbols`` complex symbols (ValueError as
        above)."""
        return self.overhead_len + self.payload_ofdm_symbols(payload_symbols) * self.symbol_len

    @property
    def max_payload_symbols(self) -> int:
        """Most payload symbols in one packet."""
        return self.max_payload_ofdm_symbols * self.data_carriers

    @property
    def max_packet_len(self) -> int:
        """Samples of the longest packet."""
        return self.packet_len(self.max_payload_symbols)

    # Header code --------------------------------------------------------------------------------------

    @property
    def header_info_bits(self) -> int:
        """Bits in front of the header's encoder: length, header, CRC, without the tail."""
        return 8 * (LENGTH_BYTES + self.header_bytes + CRC_BYTES)

    @property
    def header_coded_bits(self) -> int:
        """Bits behind the rate 1/4 encoder, tail included."""
        return CODE_RATE_INVERSE * (self.header_info_bits + CODE_TAIL_BITS)

    @property
    def header_ofdm_symbols(self) -> int:
        """OFDM symbols of the header: the whole number nearest to ``HEADER_REPETITION`` repetitions."""
        return max(1, round(HEADER_REPETITION * self.header_coded_bits / (2 * self.data_carriers)))

    @property
    def header_sent_bits(self) -> int:
        """Coded bits on air (QPSK on every data carrier of the header)."""
        return 2 * self.data_carriers * self.header_ofdm_symbols

    # Power and overhead -------------------------------------------------------------------------------

    @property
    def mean_power(self) -> float:
        """Mean power per sample of a burst whose payload has unit mean energy.

        Active carriers have unit mean energy and the transforms are unitary, so white noise of variance
        ``v`` per complex *sample* is noise of variance ``v`` per complex *payload symbol*:
        ``Es/N0 = 1 / v`` for a burst received at the level it was made.
        """
        return self.active_carriers / self.fft_len

    def gross_per_net(self, payload_symbols: int) -> float:
        """Complex channel uses (samples) per payload symbol, preamble to last prefix (ValueError as
        above)."""
        return self.packet_len(payload_symbols) / payload_symbols


def _require(ok: bool, name: str, value: object, wanted: str) -> None:
    if not ok:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")


def _frozen(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array.setflags(write=False)
    return array
