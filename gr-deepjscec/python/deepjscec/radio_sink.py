# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio that transmits."""

from __future__ import annotations

from ._first_burst import first_burst
from ._radio_block import RadioBlock


class radio_sink(RadioBlock):
    """A USRP or SoapySDR device that transmits what comes in, complex samples within -1 and 1.

    `radio`: "uhd" or "soapy". `device_args` as the driver takes them, such as "serial=30AD123" or "driver=plutosdr".
    `frequency` in Hz, `sample_rate` in samples a second, `gain` in dB over the device's whole range. `antenna`: its
    name, "" for the device's own. `clock_source`: "internal", "external" or "gpsdo". `start_delay`: the first burst
    begins so many seconds after it came here, on the device's clock (UHD). Under UHD the device switches on and off by
    the tags `tx_sob` and `tx_eob`; SoapySDR transmits without a break.

    Frequency, gain, antenna, clock and the sample rate that the device really takes are checked first. Raises `OSError`
    where no device answers or its driver is missing, `ValueError` for what it cannot do. With `exit_on_failure` the
    program ends instead, with one line and exit code 2, and what a running device refuses is said and left: for
    flowgraphs of GNU Radio Companion.
    """

    def __init__(
        self,
        radio: str = "uhd",
        device_args: str = "",
        frequency: float = 2.45e9,
        sample_rate: float = 1e6,
        gain: float = 0.0,
        antenna: str = "",
        clock_source: str = "internal",
        start_delay: float = 0.1,
        exit_on_failure: bool = True,
    ) -> None:
        settings = radio, device_args, frequency, sample_rate, gain, antenna, clock_source
        RadioBlock.__init__(self, "DeepJSCEC Radio Sink", "tx", settings, exit_on_failure)
        now = self._end.now
        if start_delay > 0 and now() is not None:
            self._start = first_burst(now, start_delay)
            self.connect(self, self._start, self._end.block)
        else:
            self.connect(self, self._end.block)

    @property
    def bursts(self) -> bool:
        """Whether the device switches on and off by tags, and the stream should hold bursts alone."""
        return self._end.bursts
