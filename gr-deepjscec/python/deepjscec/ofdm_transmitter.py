# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets to IQ samples."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from ._pdu import parse_pdu

END_TAG = "deepjscec_end"  # in the idle tail of a finite stream: receivers flush there

MIN_TAIL = 256  # samples; GNU Radio's channel model keeps the last few, and the end tag must not be among them


class ofdm_transmitter(gr.sync_block):
    """Modulates packet PDUs into a stream of OFDM bursts with idle gaps.

    `sample_rate` in samples a second. `gap`: idle samples after each packet. `lead_in`: idle samples before the
    first. `idle`: between packets send zeros (True: for radios and throttled streams, which must not starve) or
    nothing (False: as fast as packets come). At the end of the PDU stream it sends `tail` idle samples and ends.
    """

    def __init__(
        self, sample_rate: float = 1e6, gap: int = 512, lead_in: int = 0, idle: bool = False, tail: int = 4096
    ) -> None:
        from deepjscec.phy import Profile, Transmitter

        gr.sync_block.__init__(self, name="DeepJSCEC OFDM Transmitter", in_sig=None, out_sig=[np.complex64])
        self.profile = Profile(sample_rate=sample_rate)
        self._transmitter = Transmitter(self.profile)
        if min(gap, lead_in) < 0 or tail < MIN_TAIL:
            raise ValueError(
                f"gap {gap}, lead_in {lead_in} must not be negative, tail {tail} at least {MIN_TAIL} samples"
            )
        self._gap, self._idle, self._tail = gap, idle, tail
        self._queue: deque[tuple[bytes, np.ndarray]] = deque()
        self._pending = np.zeros(lead_in, np.complex64)
        self._ending = self._ended = False
        self._end_tag: int | None = None
        self.stats: Counter[str] = Counter()
        self.message_port_register_in(pmt.intern("packets"))
        self.set_msg_handler(pmt.intern("packets"), self._take)

    def get_stats(self) -> dict[str, int]:
        """Packets and samples sent, and messages rejected."""
        return dict(self.stats)

    def _take(self, message: Any) -> None:
        if pmt.is_eof_object(message):
            self._ending = True
            return
        try:
            meta, payload = parse_pdu(message)
            self._queue.append((meta["header"].tobytes(), payload))
        except (ValueError, KeyError) as error:
            self.stats["rejected"] += 1
            self.logger.warn(f"message rejected: {error}")

    def work(self, input_items: Any, output_items: Any) -> int:
        out = output_items[0]
        if not self._pending.size:
            self._refill()
        n = min(len(out), self._pending.size)
        if n:
            out[:n], self._pending = self._pending[:n], self._pending[n:]
            if self._end_tag is not None and self._end_tag < self.nitems_written(0) + n:
                self.add_item_tag(0, self._end_tag, pmt.intern(END_TAG), pmt.PMT_T)
                self._end_tag = None
        elif self._ended:
            return -1  # work done
        elif self._idle:
            n = min(len(out), 4096)
            out[:n] = 0
        else:
            self._wait()
        self.stats["samples"] += n
        return n

    def _refill(self) -> None:
        while self._queue:
            header, payload = self._queue.popleft()
            try:
                burst = self._transmitter.modulate(header, payload)
            except ValueError as error:
                self.stats["rejected"] += 1
                self.logger.warn(f"packet rejected: {error}")
                continue
            self._pending = np.concatenate([burst, np.zeros(self._gap, np.complex64)])
            self.stats["packets"] += 1
            self.stats["payload_symbols"] += len(payload)
            self.stats["burst_samples"] += len(burst)
            return
        if self._ending and not self._ended:
            self._pending, self._ended = np.zeros(self._tail, np.complex64), True
            # not on the last sample: GNU Radio's channel model keeps the last few of a stream
            self._end_tag = self.nitems_written(0) + self._tail // 2

    @staticmethod
    def _wait() -> None:
        """Give up the processor: GNU Radio calls a source again at once, and messages come in between calls."""
        time.sleep(0.002)
