# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio that receives."""

from __future__ import annotations

from gnuradio import gr

from ._radio_end import change, leave, open_end
from ._slack import add_slack


class radio_source(gr.hier_block2):
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
        from deepjscec.radio import DeviceSettings

        gr.hier_block2.__init__(
            self, "DeepJSCEC Radio Source", gr.io_signature(0, 0, 0), gr.io_signature(1, 1, gr.sizeof_gr_complex)
        )
        settings = DeviceSettings(radio, device_args, frequency, sample_rate, gain, antenna, clock_source)
        self._exit_on_failure = exit_on_failure
        try:
            self._end = open_end(settings, "rx")
        except (OSError, ValueError) as error:
            if exit_on_failure:
                leave(error)
            raise
        add_slack(self._end.block)
        self.connect(self._end.block, self)

    def set_frequency(self, frequency: float) -> None:
        """Tune while running, Hz; `ValueError` where the device cannot."""
        change(lambda: self._end.set_frequency(frequency), self._exit_on_failure)

    def set_gain(self, gain: float) -> None:
        """Change the gain while running, dB; `ValueError` outside of the device's range."""
        change(lambda: self._end.set_gain(gain), self._exit_on_failure)

    @property
    def gain_range(self) -> tuple[float, float] | None:
        """Lowest and highest gain, dB."""
        return self._end.limits.gains
