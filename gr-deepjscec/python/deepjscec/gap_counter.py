# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that were lost between two programs."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from .sample_stamps import STAMP_TAG

LOG_INTERVAL = 10.0  # seconds from one line about gaps to the next


class gap_counter(gr.sync_block):
    """Counts the samples that are missing from a stream which Sample Stamps numbered.

    What is lost shows at the next stamp. A sender that starts anew counts from 0 again: where that makes numbers fall
    behind, it is a restart, and what was lost at the same time is not known.
    """

    def __init__(self) -> None:
        gr.sync_block.__init__(self, name="DeepJSCEC Gap Counter", in_sig=[np.complex64], out_sig=None)
        self.stats: Counter[str] = Counter()
        self._ahead: int | None = None  # the sender's number less ours
        self._unlogged = 0
        self._next_line = time.monotonic()

    def get_stats(self) -> dict[str, int]:
        """`stream_samples` received, `lost_samples` in `stream_gaps`, and `stream_restarts` of the sender."""
        return {name: self.stats[name] for name in ("stream_samples", "lost_samples", "stream_gaps", "stream_restarts")}

    def start(self) -> bool:
        self._ahead = None  # GNU Radio counts this stream anew
        return True

    def work(self, input_items: Any, output_items: Any) -> int:
        count = len(input_items[0])
        for tag in self.get_tags_in_window(0, 0, count, pmt.intern(STAMP_TAG)):
            self._compare(pmt.to_uint64(tag.value) - tag.offset)
        self.stats["stream_samples"] += count
        return count

    def _compare(self, ahead: int) -> None:
        lost = 0 if self._ahead is None else ahead - self._ahead
        self._ahead = ahead
        if lost > 0:
            self.stats["stream_gaps"] += 1
            self.stats["lost_samples"] += lost
            self._log(lost)
        elif lost < 0:
            self.stats["stream_restarts"] += 1

    def _log(self, lost: int) -> None:
        self._unlogged += lost
        if time.monotonic() >= self._next_line:
            self.logger.warn(f"{self._unlogged} samples of the stream are missing")
            self._unlogged, self._next_line = 0, time.monotonic() + LOG_INTERVAL
