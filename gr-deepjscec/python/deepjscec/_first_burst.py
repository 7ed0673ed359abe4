# SPDX-License-Identifier: GPL-3.0-or-later
"""A timed start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from .ofdm_transmitter import BURST_START

START_TAG = "tx_time"  # the name gr-uhd knows


class first_burst(gr.sync_block):
    """Passes samples on and tags the first burst with the time at which the radio shall begin it.

    That is `delay` seconds after it comes by, on the device's clock `now`: long enough for its samples to get there.
    """

    def __init__(self, now: Callable[[], float], delay: float) -> None:
        gr.sync_block.__init__(self, name="first_burst", in_sig=[np.complex64], out_sig=[np.complex64])
        self._now, self._delay = now, delay
        self._timed = False

    def start(self) -> bool:
        self._timed = False
        return True

    def work(self, input_items: Any, output_items: Any) -> int:
        samples = input_items[0]
        n = len(samples)
        output_items[0][:] = samples
        starts = [] if self._timed else self.get_tags_in_window(0, 0, n, pmt.intern(BURST_START))
        if starts:
            whole, fraction = divmod(self._now() + self._delay, 1.0)
            when = pmt.make_tuple(pmt.from_uint64(int(whole)), pmt.from_double(fraction))
            self.add_item_tag(0, starts[0].offset, pmt.intern(START_TAG), when)
            self._timed = True
        return n
