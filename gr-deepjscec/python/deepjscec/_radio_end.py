# SPDX-License-Identifier: GPL-3.0-or-later
"""One end of a radio, transmitting or receiving, whatever its driver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deepjscec.radio import DeviceLimits, DeviceSettings, check_device, check_rate


class RadioEnd(ABC):
    """A driver's block, set up and checked. What drivers differ in is in `_radio_uhd.py` and `_radio_soapy.py`.

    `block` is the source or sink, `bursts` whether it switches on and off by `tx_sob` and `tx_eob`.
    """

    block: Any
    bursts = False

    def __init__(self, settings: DeviceSettings) -> None:
        self.settings = settings

    def configure(self, limits: DeviceLimits) -> None:
        """Check the settings against the device's `limits`, apply them, check the result. Raises `ValueError`."""
        check_device(self.settings, limits)
        self.limits = limits
        check_rate(limits.name, self.settings.sample_rate, self.apply_sample_rate(self.settings.sample_rate))
        self.apply_frequency(self.settings.frequency)
        self.apply_gain(self.settings.gain)
        if self.settings.antenna:
            self.apply_antenna(self.settings.antenna)

    def set_frequency(self, frequency: float) -> None:
        """Tune while running, Hz. Raises `ValueError` where the device cannot, `OSError` where it fails."""
        changed = replace(self.settings, frequency=frequency)
        check_device(changed, self.limits)
        opened(lambda: self.apply_frequency(frequency), "the radio refuses the frequency")
        self.settings = changed

    def set_gain(self, gain: float) -> None:
        """Change the gain while running, dB. Raises `ValueError` outside of its range, `OSError` where it fails."""
        changed = replace(self.settings, gain=gain)
        check_device(changed, self.limits)
        opened(lambda: self.apply_gain(gain), "the radio refuses the gain")
        self.settings = changed

    def now(self) -> float | None:
        """The device's clock, seconds; None where bursts cannot be timed by it."""
        return None

    @abstractmethod
    def apply_sample_rate(self, sample_rate: float) -> float:
        """Set it; what the device made of it."""

    @abstractmethod
    def apply_frequency(self, frequency: float) -> None:
        """Tune, Hz."""

    @abstractmethod
    def apply_gain(self, gain: float) -> None:
        """Over the device's whole range, dB."""

    @abstractmethod
    def apply_antenna(self, antenna: str) -> None:
        """By its name."""


def open_end(settings: DeviceSettings, direction: str) -> RadioEnd:
    """Open the device's transmitting ("tx") or receiving ("rx") end.

    Raises `OSError` where the driver is missing or no device answers, `ValueError` where it cannot do what is asked.
    """
    if settings.radio == "uhd":
        from ._radio_uhd import UhdEnd

        return UhdEnd(settings, direction)
    if settings.radio == "soapy":
        from ._radio_soapy import SoapyEnd

        return SoapyEnd(settings, direction)
    raise ValueError(f"radio {settings.radio!r} is neither uhd nor soapy")


def opened(make: Callable[[], Any], failure: str) -> Any:
    """What `make` gives; a driver's exception as an `OSError` of one line that begins with `failure`."""
    try:
        return make()
    except RuntimeError as error:
        raise OSError(f"{failure} ({' '.join(str(error).split())})") from None


def arguments_of(settings: DeviceSettings) -> tuple[Any, ...]:
    """The first arguments of `radio_sink` and `radio_source`."""
    s = settings
    return s.radio, s.device_args, s.frequency, s.sample_rate, s.gain, s.antenna, s.clock_source
