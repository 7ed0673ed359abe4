# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of samples, however it is cut, to packets."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deepjscec.fec import viterbi

from .acquisition import Acquisition, PreambleAcquisition
from .blas import one_thread
from .demodulator import Header, PacketDemodulator
from .detector import RepetitionDetector
from .observations import Observations
from .packet import Packet
from .profile import Profile
from .rotors import matched_by_column
from .stream import SampleBuffer
from .tracking import Tracker

#: Samples taken in at a time, and the least that starts a search: small chunks are collected first.
LARGEST_STEP = 1 << 16
SMALLEST_STEP = 1 << 10
#: Grid positions looked at in one go: few behind an event, where the next may be near (what is computed
#: beyond a hit is lost), doubling up to many, where the call's own cost no longer shows.
FIRST_SCAN = 16
LONGEST_SCAN = 128


class Receiver:
    """Push receiver for one :class:`Profile`.

    Every decision is taken at positions in the stream that depend on the samples and never on how they were
    cut into chunks, so the same stream gives the same packets.  Memory stays at one packet and one step.
    Input needs no particular level.

    Args:
        profile: the waveform, equal to the transmitter's.
    """

    def __init__(self, profile: Profile | None = None) -> None:
        self.profile = Profile() if profile is None else profile
        self._detector = RepetitionDetector(self.profile)
        self._acquisition = PreambleAcquisition(self.profile, self._detector)
        self._demodulator = PacketDemodulator(self.profile)
        _compile_kernels()
        scan = (LONGEST_SCAN + 1) * self._detector.step + self._detector.span
        self._reach = max(self.profile.max_packet_len, scan, self._acquisition.lookahead)
        before = self._acquisition.before
        self._stream = SampleBuffer(2 * self._reach + before + 2 * LARGEST_STEP, before)
        self._counts = dict.fromkeys(
            (
                "samples",
                "invalid_samples",
                "candidates",
                "detected",
                "packets",
                "bad_header",
                "bad_length",
                "truncated",
            ),
            0,
        )
        self._last: int | None = None  #: the stream's end, once known
        self._restart(0)

    @property
    def stats(self) -> dict[str, int]:
        """Counters since construction, a copy.

        ``samples`` taken in; ``invalid_samples`` that were NaN or infinite and counted as zero;
        ``candidates`` examined by acquisition; ``detected`` preambles; and what became of these: ``packets``
        handed over, ``bad_header`` (CRC failed), ``bad_length`` (CRC good, payload length impossible in this
        profile), ``truncated`` (the stream ended first).
        """
        return dict(self._counts)

    def process(self, samples: NDArray[np.complex64]) -> list[Packet]:
        """Take in a chunk of any length, also none.

        Args:
            samples: complex64[n]; NaN and infinite samples count as zero.

        Returns:
            Packets that became complete, in order of their start.  A packet may come up to 1024 samples late
            when chunks are short.

        Raises:
            ValueError: if ``samples`` is not a one-dimensional complex64 array.
        """
        if not isinstance(samples, np.ndarray) or samples.dtype != np.complex64:
            raise ValueError(f"samples must be a complex64 array, got {getattr(samples, 'dtype', type(samples))}")
        if samples.ndim != 1:
            raise ValueError(f"samples must have the shape [n], got {samples.shape}")
        packets: list[Packet] = []
        for first in range(0, len(samples), LARGEST_STEP):
            part = samples[first : first + LARGEST_STEP]
            self._counts["samples"] += len(part)
            self._counts["invalid_samples"] += self._stream.append(part)
            if self._stream.end >= self._wake:
                self._advance(packets)
        return packets

    def flush(self) -> list[Packet]:
        """End of the stream: packets still inside; one cut short is counted as ``truncated``.

        The receiver can be used on afterwards.  What comes next is another stretch, that no packet reaches
        into, and sample indices go on.
        """
        end = self._stream.end
        self._last = end
        packets: list[Packet] = []
        # Zeros stand for what never came, so that the search can look as far ahead as it does elsewhere.
        padding = np.zeros(self._reach, np.complex64)
        while self._grid < end:
            self._stream.append(padding)
            self._advance(packets)
        self._stream.clear(end)
        self._restart(end)
        return packets

    def _restart(self, position: int) -> None:
        """Begin a stretch of the stream."""
        self._found: Acquisition | None = None
        self._start = position  #: of the preamble found
        self._header: Header | None = None
        self._last = None
        self._resume(position)

    def _resume(self, position: int) -> None:
        """Search from ``position`` on."""
        self._found = self._header = None
        self._grid = -(-position // self._detector.step) * self._detector.step  #: next position to look at
        self._scan = FIRST_SCAN  #: positions to look at next
        self._wake = position  #: nothing can be done before the stream reaches this sample

    def _resume_behind_preamble(self, counter: str) -> None:
        """The packet failed: search again from where its preamble can no longer be taken for another."""
        self._counts[counter] += 1
        self._resume(self._start + self.profile.preamble_len - self.profile.cp_len)

    def _advance(self, packets: list[Packet]) -> None:
        """Do whatever the samples at hand allow."""
        more = True
        while more:
            if self._found is None:
                more = self._search()
                continue
            with one_thread():
                if self._header is None:
                    more = self._read_header(self._found)
                else:
                    more = self._read_payload(self._header, packets)
        self._stream.forget((self._grid if self._found is None else self._start) - self._acquisition.before)

    def _search(self) -> bool:
        """Look at grid positions; False when more samples are needed."""
        detector, stream = self._detector, self._stream
        ready = (stream.end - self._grid - detector.span) // detector.step + 1
        if ready < 1:
            self._wake = stream.end + SMALLEST_STEP
            return False
        count = min(ready, self._scan)
        values, _ = detector.metric(stream.view(self._grid), count)
        hits = np.flatnonzero(values > detector.threshold)
        if len(hits) == 0:
            self._grid += count * detector.step
            self._scan = min(2 * self._scan, LONGEST_SCAN)
            return True
        self._grid += int(hits[0]) * detector.step
        if stream.end < self._grid + self._acquisition.lookahead:
            self._wake = self._grid + self._acquisition.lookahead
            return False
        self._examine()
        return True

    def _examine(self) -> None:
        """Acquisition at the grid position that the search stopped at."""
        first = self._grid - self._acquisition.before
        self._counts["candidates"] += 1
        self._found = self._acquisition.examine(self._stream.view(first))
        if self._found is None:
            # The last starts just tried are tried again, with another estimate of the frequency's fraction.
            self._resume(self._grid + self._acquisition.after)
            return
        self._counts["detected"] += 1
        self._start = first + self._found.start

    def _missing(self, needed: int) -> bool:
        """Whether the packet's first ``needed`` samples are not all there; sees to what follows from it."""
        needed += self._start
        if self._last is not None and needed > self._last:
            self._resume_behind_preamble("truncated")
            return False
        self._wake = needed
        return self._stream.end < needed

    def _read_header(self, found: Acquisition) -> bool:
        if self._missing(self.profile.overhead_len):
            return False
        if self._found is None:
            return True
        self._header = self._demodulator.read_header(self._stream.view(self._start), found)
        if self._header is None:
            self._resume_behind_preamble("bad_header")
        elif not 1 <= self._header.payload_symbols <= self.profile.max_payload_symbols:
            self._resume_behind_preamble("bad_length")
        return True

    def _read_payload(self, header: Header, packets: list[Packet]) -> bool:
        if self._missing(self._demodulator.samples_needed(header)):
            return False
        if self._found is None:
            return True
        packet, end = self._demodulator.read_payload(self._stream.view(self._start), header, max(self._start, 0))
        packets.append(packet)
        self._counts["packets"] += 1
        self._resume(self._start + end)
        return True


@lru_cache(maxsize=1)
def _compile_kernels() -> None:
    """Numba compiles at the first call, for seconds: better now than while the first packet is on the air."""
    profile = Profile()
    RepetitionDetector(profile).metric(np.zeros(2 * profile.fft_len, np.complex64), 1)
    viterbi.decode(np.zeros(profile.header_coded_bits, np.float32))
    ones = np.ones((2, profile.active_carriers), np.complex128)
    known = Observations.gather(ones, np.array([0.0, 1.0]), ones, np.ones(ones.shape, np.bool_))
    tracker = Tracker(profile)
    tracker.refine(tracker.start(2), known, ones.ravel(), 1.0)
    matched_by_column(known.received, known.sent, known.column, known.columns)
