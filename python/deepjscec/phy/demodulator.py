# SPDX-License-Identifier: GPL-3.0-or-later
"""One packet's samples, start known, to header and equalised payload.

Two passes over the same estimators.  The first sees preamble and pilots of the header and reads the header.
A header with a good CRC is known to the last carrier, so the second pass takes it, encoded again, as nine
more training symbols, next to the preamble and all pilots; nothing is ever decided about the analog payload.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import header_code, ofdm
from .acquisition import Acquisition
from .blanking import blank_foreign, blank_impulses
from .channel_estimate import Channel
from .continuity import BROKEN_OFF
from .equaliser import equalise
from .estimation import NOISE_FLOOR, Estimate, PacketEstimator
from .iq_balance import balance
from .magnitude import squared_magnitude
from .noise_map import loudness, outstanding_carriers, uneven_noise
from .observations import Observations
from .packet import Packet
from .preamble import preamble_carriers
from .profile import Profile
from .reference import PREAMBLE_ROWS, reference
from .sequences import PAYLOAD_SEED, quarter_turns
from .spurs import remove_constant, remove_spurs
from .tracking import Track
from .window import WindowPlacer

#: Residual frequency searched, in carrier spacings: 8 standard deviations of acquisition's estimate (0.019)
#: in the first pass and 10 of the first pass's (0.0019) in the second, measured at Es/N0 = -2 dB.
FIRST_SEARCH = 0.15
SECOND_SEARCH = 0.02
#: A symbol with less than this share of the preamble's power is silent.
QUIET = 0.02


@dataclass(frozen=True)
class Header:
    """A decoded header and what the second pass starts from."""

    header: bytes
    payload_symbols: int
    cfo: float
    advance: int
    channel: Channel
    noise: float
    level: float
    spurs: bool


class PacketDemodulator:
    """Demodulates packets of one profile; holds tables only."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._estimator = PacketEstimator(profile)
        self._placer = WindowPlacer(profile)
        first = profile.preamble_len - 2 * profile.fft_len
        rows = profile.header_ofdm_symbols + profile.max_payload_ofdm_symbols
        later = profile.preamble_len + profile.cp_len + profile.symbol_len * np.arange(rows)
        self._bodies = np.concatenate([[first, first + profile.fft_len], later])
        self._turns = np.conj(quarter_turns(PAYLOAD_SEED, profile.max_payload_symbols))
        self._payload_row = PREAMBLE_ROWS + profile.header_ofdm_symbols

    def read_header(self, samples: NDArray[np.complex64], found: Acquisition) -> Header | None:
        """Decode the header; None when its CRC fails.

        Args:
            samples: complex64[at least profile.overhead_len], from the packet's start.
            found: the acquisition; its ``start`` is not used.
        """
        profile, estimator = self._profile, self._estimator
        part = samples[: profile.overhead_len].astype(np.complex128)
        level = float(np.sqrt(np.mean(squared_magnitude(part[: profile.preamble_len]))))
        if level == 0.0:
            return None
        part = blank_impulses(remove_constant(blank_foreign(part / level)), profile.symbol_len)
        clean = remove_spurs(part)
        sent = preamble_carriers(profile)
        two = ofdm.to_carriers(profile, clean, self._bodies[:PREAMBLE_ROWS] + self._placer.initial, found.cfo)
        raw, noise = _preamble_estimate(two, sent)
        advance = self._placer.place(raw / np.sqrt(loudness(raw[None])), noise / 2)

        windows = self._bodies[: self._payload_row] + advance
        grid = ofdm.to_carriers(profile, clean, windows, found.cfo)
        loud = loudness(grid)
        _, noise = _preamble_estimate(grid[:PREAMBLE_ROWS] / np.sqrt(loud), sent)
        known = reference(profile, grid, windows)
        if np.any(loud > 1.0):
            known = known.whitened(loud, np.ones(len(windows)))
        training = known.until(PREAMBLE_ROWS)
        channel = estimator.static.fit(training, np.ones(len(training.sent), np.complex128), noise)
        track = estimator.tracker.start(len(windows))
        model = channel.response[known.column] * known.sent
        track = estimator.tracker.search(track, known, model, FIRST_SEARCH)
        channel, track, total, misfit = estimator.fit_static(known, channel, track, noise, rounds=1)
        decoded = self._decode(grid, known, channel, track, total)
        if decoded is None:
            # Perhaps an interferer: again, with less trust in what it touches.
            known = known.whitened(*uneven_noise(known, misfit))
            channel, track, total, _ = estimator.fit_static(known, channel, track, noise)
            decoded = self._decode(grid, known, channel, track, total, wary=True)
            if decoded is None:
                return None
        return Header(*decoded, found.cfo + track.frequency, advance, channel, noise, level, clean is not part)

    def _decode(
        self,
        grid: NDArray[np.complex128],
        known: Observations,
        channel: Channel,
        track: Track,
        noise: float,
        wary: bool = False,
    ) -> tuple[bytes, int] | None:
        """Header and payload length from preamble and header symbols, None when the CRC fails.

        ``wary`` gives less weight to carriers with more power than channel and noise explain.
        """
        response = (channel.response * self._estimator.tracker.rotation(track, known.times))[PREAMBLE_ROWS:]
        later = grid[PREAMBLE_ROWS:]
        matched = np.conj(response) * later / noise
        if wary:
            matched /= outstanding_carriers(later, response, noise)
        return header_code.decode(self._profile, matched[~self._profile.pilot_cells(len(later))])

    def samples_needed(self, header: Header) -> int:
        """Samples from the packet's start to the end of its last transform window."""
        return self._profile.packet_len(header.payload_symbols) + header.advance

    def read_payload(self, samples: NDArray[np.complex64], header: Header, start: int) -> tuple[Packet, int]:
        """Equalise the payload.

        Args:
            samples: complex64[at least samples_needed(header)], from the packet's start.
            header: what :meth:`read_header` returned; its payload length is within the profile's bounds.
            start: the packet's place in the stream, handed through.

        Returns:
            The packet, and the sample behind it, counted from its start.  A transmission that is broken off ends before
            its header says.
        """
        profile = self._profile
        count, first = header.payload_symbols, self._payload_row
        part = samples[: self.samples_needed(header)].astype(np.complex128) / header.level
        # Symbol by symbol, for a payload may be louder than the header.
        part = blank_impulses(remove_constant(blank_foreign(part)), profile.symbol_len)
        windows = self._bodies[: first + profile.payload_ofdm_symbols(count)] + header.advance
        clean = remove_spurs(part) if header.spurs else part
        grid, known, estimate = self._estimate(balance(clean), windows, header)
        if not estimate.even and not header.spurs:
            clean = remove_spurs(part)
            if clean is not part:
                grid, known, estimate = self._estimate(balance(clean), windows, header)

        track = estimate.track
        rotation = self._estimator.tracker.rotation(track, known.times)
        symbols, variance = equalise(grid, rotation, estimate, first)
        data = ~profile.pilot_cells(len(grid) - PREAMBLE_ROWS)[first - PREAMBLE_ROWS :]
        symbols, variance = symbols[data][:count], variance[data][:count]
        packet = Packet(
            header=header.header,
            symbols=symbols.astype(np.complex64) * self._turns[:count],
            noise_var=variance.astype(np.float32),
            snr_db=float(10 * np.log10(max(float(np.mean(1.0 / variance)), 1e-30))),
            cfo_hz=(header.cfo + track.frequency) * profile.carrier_spacing,
            start=start,
        )
        announced = profile.packet_len(count)
        return packet, announced if estimate.plain else min(self._end(known, estimate, announced), self._quiet(grid))

    def _estimate(
        self, part: NDArray[np.complex128], windows: NDArray[np.int64], header: Header
    ) -> tuple[NDArray[np.complex128], Observations, Estimate]:
        """Received carriers, the known ones among them, and what they tell."""
        grid = ofdm.to_carriers(self._profile, part, windows, header.cfo)
        known = reference(self._profile, grid, windows, header.header, header.payload_symbols)
        tracker = self._estimator.tracker
        model = header.channel.response[known.column] * known.sent
        track = tracker.search(tracker.start(len(windows)), known, model, SECOND_SEARCH)
        estimate = self._estimator.fit(known, header.channel, track, header.noise, self._payload_row)
        return grid, known, estimate

    def _end(self, known: Observations, estimate: Estimate, announced: int) -> int:
        """Where the packet really ends: at the first symbol from which on its pilots are likelier absent than present.

        The tracked gain is left out, for it would follow the signal into nothing.
        """
        tracker, track = self._estimator.tracker, estimate.track
        present = int(np.count_nonzero(np.isfinite(estimate.symbol)))
        if present < len(estimate.symbol):
            return self._behind(present)
        response = np.broadcast_to(estimate.channel.response, (len(known.times), known.columns))
        model = tracker.rotation_of(tracker.steady(track), known) * response[known.row, known.column] * known.sent
        ratio = squared_magnitude(model) - 2.0 * np.real(np.conj(model) * known.received)
        noise = estimate.noise * (estimate.carrier[known.column] * estimate.symbol[known.row])
        absent = np.cumsum(known.sum_rows(ratio / noise)[::-1])[::-1]
        row = int(np.argmax(absent))
        if row < PREAMBLE_ROWS or absent[row] < BROKEN_OFF:
            return announced
        return self._behind(row)

    def _quiet(self, grid: NDArray[np.complex128]) -> int:
        """Where silence begins, if the packet ends in it; a large number if not.

        A changing channel explains silence by a fade.  It may be one, but where nothing comes nothing can be lost.
        """
        power = np.mean(squared_magnitude(grid), axis=1)
        last = int(np.flatnonzero(power >= QUIET * np.mean(power[:PREAMBLE_ROWS]))[-1])
        return self._behind(last + 1) if last + 1 < len(power) else self._profile.max_packet_len

    def _behind(self, row: int) -> int:
        """Where to go on when ``row`` is the first that is missing: the symbol before it may be cut, too."""
        behind = int(self._bodies[row]) - self._profile.cp_len - self._profile.symbol_len
        return max(behind, self._profile.preamble_len)


def _preamble_estimate(
    two: NDArray[np.complex128], sent: NDArray[np.complex128]
) -> tuple[NDArray[np.complex128], float]:
    """Raw channel (variance noise / 2 per carrier) and noise from the two preamble symbols."""
    turn = np.exp(1j * np.angle(np.vdot(two[0], two[1])))
    second = two[1] * np.conj(turn)
    noise = float(np.sum(squared_magnitude(second - two[0]))) / (2 * len(sent) - 1)
    noise = max(noise, NOISE_FLOOR * float(np.mean(squared_magnitude(two))), 1e-30)
    return 0.5 * (two[0] + second) * np.conj(sent), noise
