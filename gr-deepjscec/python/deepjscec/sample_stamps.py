# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers on a stream's samples, by which its receiver sees what was lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pmt
from gnuradio import gr

STAMP_TAG = "deepjscec_sample"


class sample_stamps(gr.sync_block):
    """Passes complex samples on and tags every `interval`-th with its number, for a Gap Counter at the other end.

    For streams that may lose samples between two programs, as a ZeroMQ PUB Sink does when a subscriber is slow. The
    number counts from the start of this flowgraph. Raises `ValueError` for an interval below 1.
    """

    def __init__(self, interval: int = 32768) -> None:
        gr.sync_block.__init__(self, name="DeepJSCEC Sample Stamps", in_sig=[np.complex64], out_sig=[np.complex64])
        if interval < 1:
            raise ValueError(f"interval {interval} is not at least 1 sample")
        self._interval = interval

    def work(self, input_items: Any, output_items: Any) -> int:
        out = output_items[0]
        out[:] = input_items[0]
        written = self.nitems_written(0)
        first = -(-written // self._interval) * self._interval
        for sample in range(first, written + len(out), self._interval):
            self.add_item_tag(0, sample, pmt.intern(STAMP_TAG), pmt.from_uint64(sample))
        return len(out)
