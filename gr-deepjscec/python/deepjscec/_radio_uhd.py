# SPDX-License-Identifier: GPL-3.0-or-later
"""USRPs, through GNU Radio's blocks for UHD."""

from __future__ import annotations

import os
import time
from typing import Any

from deepjscec.radio import DeviceLimits, DeviceSettings

from ._radio_end import RadioEnd, opened

LOCK_TIME = 2.0  # seconds that a device is given to lock to an external clock


class UhdEnd(RadioEnd):
    """A USRP Source or Sink of one channel."""

    bursts = True

    def __init__(self, settings: DeviceSettings, direction: str) -> None:
        super().__init__(settings)
        uhd = _load()
        stream = uhd.stream_args(cpu_format="fc32", channels=[0])
        make = uhd.usrp_sink if direction == "tx" else uhd.usrp_source
        asked = f" with device arguments {settings.device_args!r}" if settings.device_args else ""
        self.block = opened(
            lambda: make(settings.device_args, stream),
            f"no USRP answers{asked}: is it connected, and does uhd_find_devices list it?",
        )
        opened(lambda: self._set_up(settings), "the USRP refuses its settings")

    def _set_up(self, settings: DeviceSettings) -> None:
        limits = self._read_limits()
        if settings.clock_source != "internal":
            self.configure_clock(settings.clock_source, limits)
        self.configure(limits)

    def _read_limits(self) -> DeviceLimits:
        usrp = self.block
        info = usrp.get_usrp_info()
        name = info.get("mboard_id", "the USRP")
        frequencies, gains = usrp.get_freq_range(), usrp.get_gain_range()
        return DeviceLimits(
            name,
            ((frequencies.start(), frequencies.stop()),),
            (gains.start(), gains.stop()),
            tuple(usrp.get_antennas()),
            tuple(usrp.get_clock_sources(0)),
        )

    def configure_clock(self, source: str, limits: DeviceLimits) -> None:
        """Take clock and pulse from `source`, and wait until the device has locked to it. Raises `ValueError`."""
        if limits.clock_sources and source not in limits.clock_sources:
            raise ValueError(f"{limits.name} has no clock source {source!r}: {', '.join(limits.clock_sources)}")
        self.block.set_clock_source(source)
        if source in self.block.get_time_sources(0):
            self.block.set_time_source(source)
        if "ref_locked" not in self.block.get_mboard_sensor_names():
            return
        until = time.monotonic() + LOCK_TIME
        while not self.block.get_mboard_sensor("ref_locked").to_bool():
            if time.monotonic() > until:
                raise ValueError(f"{limits.name} does not lock to its {source} clock: is it connected?")
            time.sleep(0.05)

    def now(self) -> float:
        return float(self.block.get_time_now().get_real_secs())

    def apply_sample_rate(self, sample_rate: float) -> float:
        self.block.set_samp_rate(sample_rate)
        return float(self.block.get_samp_rate())

    def apply_frequency(self, frequency: float) -> None:
        self.block.set_center_freq(frequency)

    def apply_gain(self, gain: float) -> None:
        self.block.set_gain(gain)

    def apply_antenna(self, antenna: str) -> None:
        self.block.set_antenna(antenna)


def _load() -> Any:
    # UHD greets and logs on stderr, which is for our own lines; set before its library is loaded, and not over the user
    os.environ.setdefault("UHD_LOG_CONSOLE_LEVEL", "fatal")
    try:
        from gnuradio import uhd
    except ImportError as error:
        raise OSError(f"GNU Radio's blocks for UHD are missing: apt install gnuradio ({error})") from None
    return uhd
