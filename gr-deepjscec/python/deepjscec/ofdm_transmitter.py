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
from ._slack import add_slack

END_TAG = "deepjscec_end"  # in the idle tail of a finite stream: receivers flush there
BURST_START, BURST_END = "tx_sob", "tx_eob"  # the names gr-uhd knows

MIN_TAIL = 256  # samples; GNU Radio's channel model keeps the last few, and the end tag must not be among them


class ofdm_transmitter(gr.sync_block):
    """Modulates packet PDUs into a stream of OFDM bursts with idle gaps.

    `profile`: name of the waveform. `sample_rate` in samples a second, 0 for the profile's own. `gap`: idle samples
    after each packet. `lead_in`: idle samples before the first. `idle`: between packets send zeros (True: for throttled
    streams and radios that must not starve) or nothing (False: as fast as packets come). At the end of the PDU stream
    it sends `tail` idle samples and ends.

    `amplitude`: root mean square of a burst's samples, up to 1, for radios that take I and Q from -1 to 1; what
    exceeds that is clamped and counted. 0: active carriers of unit mean energy and no limit, for simulations.
    `max_papr_db`: highest peaks of the bursts over their mean power in dB, 3 to 20 (see `deepjscec.phy.Transmitter`),
    0 to leave them alone.

    Each packet is a burst: a tag `tx_sob` on its first sample, `tx_eob` on its last. `bursts_only`, for radios that
    switch on and off by these tags: every sample belongs to a burst. The gap becomes the end of the burst before it,
    `tx_eob` on its last zero (which flushes the radio's filters), and there is no lead-in, no idling and no tail.

    The message output `sent` gives a dictionary `{image_id, pictures}` when the last packet of pictures has gone into
    the stream, from the encryptor's metadata; a packet that is refused counts as gone.
    """

    def __init__(
        self,
        profile: str = "default",
        sample_rate: float = 0.0,
        gap: int = 512,
        lead_in: int = 0,
        idle: bool = False,
        tail: int = 4096,
        amplitude: float = 0.0,
        max_papr_db: float = 0.0,
        bursts_only: bool = False,
    ) -> None:
        from deepjscec.phy import Profile, Transmitter

        gr.sync_block.__init__(self, name="DeepJSCEC OFDM Transmitter", in_sig=None, out_sig=[np.complex64])
        add_slack(self)
        self.profile = Profile.named(profile, sample_rate or None)
        self._transmitter = Transmitter(self.profile, max_papr_db or None)
        if min(gap, lead_in) < 0 or tail < MIN_TAIL:
            raise ValueError(
                f"gap {gap}, lead_in {lead_in} must not be negative, tail {tail} at least {MIN_TAIL} samples"
            )
        if idle and bursts_only:
            raise ValueError("idle zeros lie outside of bursts: idle and bursts_only exclude each other")
        self.set_amplitude(amplitude)
        self._gap, self._idle, self._tail, self._bursts_only = gap, idle, tail, bursts_only
        self._queue: deque[tuple[dict[str, Any], np.ndarray]] = deque()
        self._pending = np.zeros(0 if bursts_only else lead_in, np.complex64)
        self._tags: deque[tuple[int, str]] = deque()  # what is pending: absolute sample, name
        self._modulated: dict[str, Any] | None = None  # metadata of the packet that is pending
        self._ending = self._ended = False
        self.stats: Counter[str] = Counter()
        self.message_port_register_in(pmt.intern("packets"))
        self.set_msg_handler(pmt.intern("packets"), self._take)
        self.message_port_register_out(pmt.intern("sent"))

    def start(self) -> bool:
        """GNU Radio counts a stream's samples anew after a stop: what was half sent is given up, with its tags."""
        if self._tags or self._modulated:
            self._pending = self._pending[:0]
            self._report()
        self._tags.clear()
        return True

    def set_amplitude(self, amplitude: float) -> None:
        """Change the amplitude from the next burst on; `ValueError` outside 0 to 1."""
        if not 0 <= amplitude <= 1:
            raise ValueError(f"amplitude {amplitude} is not from 0 to 1")
        self._amplitude = amplitude

    def get_stats(self) -> dict[str, int]:
        """Packets and samples sent, samples clamped where there is an amplitude, messages rejected, packets queued."""
        return {**self.stats, "queued_packets": len(self._queue)}

    def _take(self, message: Any) -> None:
        if pmt.is_eof_object(message):
            self._ending = True
            return
        try:
            meta, payload = parse_pdu(message)
            meta["header"] = meta["header"].tobytes()
            self._queue.append((meta, payload))
        except (ValueError, KeyError) as error:
            self.stats["rejected"] += 1
            self.logger.warn(f"message rejected: {error}")

    def work(self, input_items: Any, output_items: Any) -> int:
        out = output_items[0]
        if not self._pending.size:
            self._report()
            self._refill()
        n = min(len(out), self._pending.size)
        if n:
            out[:n], self._pending = self._pending[:n], self._pending[n:]
            while self._tags and self._tags[0][0] < self.nitems_written(0) + n:
                at, name = self._tags.popleft()
                self.add_item_tag(0, at, pmt.intern(name), pmt.PMT_T)
        elif self._ended:
            return -1  # work done
        elif self._idle:
            n = min(len(out), 4096)
            out[:n] = 0
        else:
            self._wait()
        self.stats["samples"] += n
        return n

    def _report(self) -> None:
        """That pictures have been sent, if the packet that has gone into the stream was their last."""
        meta, self._modulated = self._modulated, None
        if meta and meta.get("last"):
            report = {"image_id": meta["image_id"], "pictures": meta["pictures"]}
            self.message_port_pub(pmt.intern("sent"), pmt.to_pmt(report))

    def _refill(self) -> None:
        while self._queue:
            self._modulated, payload = self._queue.popleft()
            try:
                burst = self._transmitter.modulate(self._modulated["header"], payload)
            except ValueError as error:
                self.stats["rejected"] += 1
                self.logger.warn(f"packet rejected: {error}")
                self._report()
                continue
            self._pending = np.concatenate([self._scaled(burst), np.zeros(self._gap, np.complex64)])
            self._tag(0, BURST_START)
            self._tag((len(self._pending) if self._bursts_only else len(burst)) - 1, BURST_END)
            self.stats["packets"] += 1
            self.stats["payload_symbols"] += len(payload)
            self.stats["burst_samples"] += len(burst)
            return
        if self._ending and not self._ended:
            self._ended = True
            if not self._bursts_only:
                self._pending = np.zeros(self._tail, np.complex64)
                # not on the last sample: GNU Radio's channel model keeps the last few of a stream
                self._tag(self._tail // 2, END_TAG)

    def _scaled(self, burst: np.ndarray) -> np.ndarray:
        if not self._amplitude:
            return burst
        parts = (burst * np.float32(self._amplitude / self.profile.mean_power**0.5)).view(np.float32).reshape(-1, 2)
        self.stats["clipped_samples"] += int(np.count_nonzero((np.abs(parts) > 1).any(axis=1)))
        return np.clip(parts, -1, 1).reshape(-1).view(np.complex64)

    def _tag(self, index: int, name: str) -> None:
        """Tag the pending sample `index`; nothing of what is pending has been sent yet."""
        self._tags.append((self.nitems_written(0) + index, name))

    @staticmethod
    def _wait() -> None:
        """Give up the processor: GNU Radio calls a source again at once, and messages come in between calls."""
        time.sleep(0.002)
