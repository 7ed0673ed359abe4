# SPDX-License-Identifier: GPL-3.0-or-later
"""A transmitter, a cable and a receiver that are simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
from gnuradio import gr

from deepjscec.radio import FrontEnd


class simulated_front_end(gr.sync_block):
    """What a radio of 12 bits makes of a stream: `deepjscec.radio.FrontEnd`, whose gains may change while it runs."""

    def __init__(self, front_end: FrontEnd) -> None:
        gr.sync_block.__init__(self, name="simulated_front_end", in_sig=[np.complex64], out_sig=[np.complex64])
        self.front_end = front_end

    def work(self, input_items: Any, output_items: Any) -> int:
        output_items[0][:] = self.front_end.process(input_items[0])
        return len(output_items[0])
