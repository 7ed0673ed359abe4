# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures as fast as the radio carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pmt

from ._pdu_block import PduBlock


class picture_feed(PduBlock):
    """Sends `pictures`, uint8[H, W, 3], one after the other and again from the first, as the transmitter reports them
    sent on the message input `sent`: `ahead` of them are under way.

    It sends `count` of them, and the end of the stream; 0 goes on for ever.
    """

    def __init__(self, pictures: Sequence[np.ndarray], count: int, ahead: int = 2) -> None:
        PduBlock.__init__(self, "picture_feed", None, "images")
        self._pictures, self._count, self._ahead = pictures, count, ahead
        self._next = 0  # image id
        self._ended = False
        self.message_port_register_in(pmt.intern("sent"))
        self.set_msg_handler(pmt.intern("sent"), self._take_report)

    def start(self) -> bool:
        self._go_on(self._ahead)
        return True

    def _take_report(self, message: Any) -> None:
        self.attempt(lambda: self._note(pmt.to_python(message)["pictures"]))

    def _note(self, pictures: int) -> None:
        self.stats["sent"] += pictures
        self._go_on(pictures)

    def _go_on(self, pictures: int) -> None:
        for _ in range(pictures):
            if self._count and self._next >= self._count:
                break
            pixels = self._pictures[self._next % len(self._pictures)]
            meta = {"image_id": self._next, "height": pixels.shape[0], "width": pixels.shape[1]}
            self._next += 1
            self.publish(meta, np.ascontiguousarray(pixels).reshape(-1))
        if self._count and self._next >= self._count and not self._ended:
            self._ended = True
            self.publish_end()
