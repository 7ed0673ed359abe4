# SPDX-License-Identifier: GPL-3.0-or-later
"""What all blocks that take and give PDUs have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from ._pdu import make_pdu, parse_pdu


class PduBlock(gr.basic_block):
    """A block with message ports alone: `handle` for each PDU, `finish` at the end of the stream.

    The end of a stream is the message PMT_EOF, passed on from block to block: GNU Radio's own `done` can overtake
    PDUs that are still queued.
    """

    def __init__(self, name: str, takes: str | None, gives: str | None) -> None:
        gr.basic_block.__init__(self, name=name, in_sig=None, out_sig=None)
        self.stats: Counter[str] = Counter()
        self._gives = gives
        if gives:
            self.message_port_register_out(pmt.intern(gives))
        if takes:
            self.message_port_register_in(pmt.intern(takes))
            self.set_msg_handler(pmt.intern(takes), self._take)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        """Process one PDU. A `ValueError` or `KeyError` is logged and counted, and the stream goes on."""
        raise AssertionError(f"{type(self).__name__} takes no messages")

    def finish(self) -> None:
        """Give out what is still held back; called at the end of the stream."""

    def too_many_wait(self, port: str, most: int) -> bool:
        """Whether more than `most` messages wait at the input `port`, so that the one at hand, the oldest, is late.

        0: never. A stream in real time cannot wait, and its queue would grow without bound.
        """
        return bool(most) and self.nmsgs(pmt.intern(port)) > most

    def publish(self, meta: Mapping[str, Any], array: np.ndarray) -> None:
        self.message_port_pub(pmt.intern(self._gives), make_pdu(meta, array))

    def publish_end(self) -> None:
        if self._gives:
            self.message_port_pub(pmt.intern(self._gives), pmt.PMT_EOF)

    def get_stats(self) -> dict[str, int]:
        """Counters of what the block saw, `rejected` messages among them."""
        return dict(self.stats)

    def attempt(self, action: Callable[[], None]) -> None:
        """Do what may fail, in any thread: logged and counted, and the stream goes on."""
        try:
            action()
        except (ValueError, KeyError) as error:
            self.stats["rejected"] += 1
            self.logger.warn(f"message rejected: {error}")
        except Exception as error:  # an exception that leaves a handler ends the block's thread without a word
            self.stats["failed"] += 1
            self.logger.error(f"message failed: {type(error).__name__}: {error}")

    def _take(self, message: Any) -> None:
        self.attempt(lambda: self._pass_on(message))

    def _pass_on(self, message: Any) -> None:
        if pmt.is_eof_object(message):
            self.finish()
            self.publish_end()
        else:
            self.handle(*parse_pdu(message))
