# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio that receives."""

from __future__ import annotations

from ._radio_block import RadioBlock
from ._slack import add_slack


class radio_source(RadioBlock):
    """A USRP or SoapySDR device that receives: complex samples, full scale being 1 in I and Q.

    Settings, checks and failures as of `radio_sink`.
    """

    def __init__(
        self,
        radio: str = "uhd",
        device_args: str = "",
        frequency: float = 2.45e9,
        sample_rate: float = 1e6,
        gain: float = 30.0,
        antenna: str = "",
        clock_source: str = "internal",
        exit_on_failure: bool = True,
    ) -> None:
        settings = radio, device_args, frequency, sample_rate, gain, antenna, clock_source
        RadioBlock.__init__(self, "DeepJSCEC Radio Source", "rx", settings, exit_on_failure)
        add_slack(self._end.block)
        self.connect(self._end.block, self)
