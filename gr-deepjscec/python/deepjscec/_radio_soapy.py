# SPDX-License-Identifier: GPL-3.0-or-later
"""Every other radio, through GNU Radio's blocks for SoapySDR."""

from __future__ import annotations

import os
from typing import Any

from deepjscec.radio import DeviceLimits, DeviceSettings

from ._radio_end import RadioEnd, opened


class SoapyEnd(RadioEnd):
    """A Soapy Source or Sink of one channel. It sends without a break: GNU Radio's sink knows no bursts by tags."""

    def __init__(self, settings: DeviceSettings, direction: str) -> None:
        super().__init__(settings)
        soapy = _load()
        make = soapy.sink if direction == "tx" else soapy.source
        asked = f" with device arguments {settings.device_args!r}" if settings.device_args else ""
        self.block = opened(
            lambda: make(settings.device_args, "fc32", 1, "", "", [""], [""]),
            f"no SoapySDR device answers{asked}: is it connected, and does SoapySDRUtil --find list it?",
        )
        opened(lambda: self._set_up(settings), "the SoapySDR device refuses its settings")

    def _set_up(self, settings: DeviceSettings) -> None:
        limits = self._read_limits(settings.device_args)
        if settings.clock_source != "internal":
            if settings.clock_source not in limits.clock_sources:
                raise ValueError(f"{limits.name} has no clock source {settings.clock_source!r}")
            self.block.set_clock_source(settings.clock_source)
        self.configure(limits)

    def _read_limits(self, name: str) -> DeviceLimits:
        radio = self.block
        gains = radio.get_gain_range(0)
        return DeviceLimits(
            name or "the SoapySDR device",
            tuple((part.minimum(), part.maximum()) for part in radio.get_frequency_range(0)),
            (gains.minimum(), gains.maximum()),
            tuple(radio.list_antennas(0)),
            tuple(radio.list_clock_sources()),
        )

    def apply_sample_rate(self, sample_rate: float) -> float:
        self.block.set_sample_rate(0, sample_rate)
        return float(self.block.get_sample_rate(0))

    def apply_frequency(self, frequency: float) -> None:
        self.block.set_frequency(0, frequency)

    def apply_gain(self, gain: float) -> None:
        self.block.set_gain(0, gain)

    def apply_antenna(self, antenna: str) -> None:
        self.block.set_antenna(0, antenna)


def _load() -> Any:
    os.environ.setdefault("SOAPY_SDR_LOG_LEVEL", "FATAL")  # its lines go to stderr, which is for ours
    try:
        from gnuradio import soapy
    except ImportError as error:
        raise OSError(f"GNU Radio's blocks for SoapySDR are missing: apt install gnuradio ({error})") from None
    return soapy
