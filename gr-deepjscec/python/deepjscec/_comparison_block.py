# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views share that put Bob's and Eve's pictures beside Alice's."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pmt

from ._pdu import parse_pdu
from ._pdu_block import PduBlock
from ._picture_widget import pixels_of

if TYPE_CHECKING:
    from deepjscec.app.live import Match

RECEIVERS = ("bob", "eve")
MOST_EARLY = 16  # received pictures that wait for those of Alice's before them


class ComparisonBlock(PduBlock):
    """Takes pictures at the inputs `sent`, `bob` and `eve`, each of which may be left open, and compares them.

    `bob` and `eve` take the packet PDUs of their OFDM receivers, too. Subclasses get what arrived in the block's
    thread, and times in seconds of the monotonic clock.
    """

    def __init__(self, name: str) -> None:
        from deepjscec.app.live import LiveComparison

        PduBlock.__init__(self, name, None, None)
        self._comparison = LiveComparison()
        self._early: deque[tuple[str, Any, float]] = deque(maxlen=MOST_EARLY)  # role, message and time
        # methods, because GNU Radio 3.10 looks up a handler by its name on the block
        for port, handler in (("sent", self._take_sent), ("bob", self._take_bob), ("eve", self._take_eve)):
            self.message_port_register_in(pmt.intern(port))
            self.set_msg_handler(pmt.intern(port), handler)

    def on_sent(self, meta: dict[str, Any], pixels: np.ndarray, now: float) -> None:
        """Alice sent a picture, uint8[H, W, 3]."""

    def on_picture(self, role: str, meta: dict[str, Any], pixels: np.ndarray, match: Match | None, now: float) -> None:
        """A picture arrived, or a classifier's card; `match` with its original, None if that is unknown."""

    def on_packet(self, role: str, snr_db: float, now: float) -> None:
        """A receiver found a packet."""

    def get_stats(self) -> dict[str, int]:
        """Pictures `sent`; of Bob and Eve pictures `matched` with their originals and `unmatched`, and packets."""
        return {**super().get_stats(), **self._comparison.get_stats()}

    def _take_sent(self, message: Any) -> None:
        self._unless_end(message, self._sent)
        while self._early and not self._sent_is_queued():
            early = self._early.popleft()
            self.attempt(lambda early=early: self._compare(*early))

    def _take_bob(self, message: Any) -> None:
        self._unless_end(message, lambda message: self._received("bob", message))

    def _take_eve(self, message: Any) -> None:
        self._unless_end(message, lambda message: self._received("eve", message))

    def _unless_end(self, message: Any, take: Callable[[Any], None]) -> None:
        if not pmt.is_eof_object(message):
            self.attempt(lambda: take(message))

    def _sent(self, message: Any) -> None:
        meta, array = parse_pdu(message)
        pixels, now = pixels_of(meta, array), time.monotonic()
        self._comparison.sent(meta["image_id"], pixels, now)
        self.on_sent(meta, pixels, now)

    def _received(self, role: str, message: Any) -> None:
        now = time.monotonic()
        snr_db = _packet_snr_db(message)
        if snr_db is not None:
            self.stats[f"{role}_packets"] += 1
            self.on_packet(role, snr_db, now)
        elif self._sent_is_queued():
            self._early.append((role, message, now))
        else:
            self._compare(role, message, now)

    def _sent_is_queued(self) -> bool:
        """Whether a picture of Alice's waits: GNU Radio empties the inputs one by one, not in the order of arrival."""
        return self.nmsgs(pmt.intern("sent")) > 0

    def _compare(self, role: str, message: Any, arrived: float) -> None:
        meta, array = parse_pdu(message)
        pixels = pixels_of(meta, array)
        match = self._comparison.received(role, meta["image_id"], None if "label" in meta else pixels, arrived)
        self.on_picture(role, meta, pixels, match, time.monotonic())


def _packet_snr_db(message: Any) -> float | None:
    """The SNR of a receiver's packet PDU, None of another message. Packets are many, so symbols are not converted."""
    if not pmt.is_pair(message) or not pmt.is_dict(pmt.car(message)):
        return None
    meta = pmt.car(message)
    if not pmt.dict_has_key(meta, pmt.intern("header")):
        return None
    return float(pmt.to_python(pmt.dict_ref(meta, pmt.intern("snr_db"), pmt.from_double(float("nan")))))
