# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends or listens, on what device and frequency, how loud."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .checks import check_amplitude

if TYPE_CHECKING:
    from deepjscec.phy import Profile

RADIOS = ("uhd", "soapy", "sim")  #: drivers; "sim" is a simulated front end
ROLES = ("loopback", "alice", "bob", "eve")  #: "loopback": one device with two antennas is Alice, Bob and Eve
CLOCKS = ("internal", "external", "gpsdo")

LEGAL = "transmitting needs a licence or a licence-free band at any power: cable and attenuators, or make sure"


@dataclass(frozen=True)
class DeviceSettings:
    """One end of a device, transmitting or receiving.

    Attributes:
        radio: "uhd" or "soapy".
        device_args: how the driver finds the device, such as "serial=30AD123" or "driver=plutosdr"; "" takes the first.
        frequency: of the carrier, Hz.
        sample_rate: complex samples a second.
        gain: dB, of the device's whole chain.
        antenna: its name; "" leaves the device's own.
        clock_source: "internal", "external" or "gpsdo".
    """

    radio: str
    device_args: str
    frequency: float
    sample_rate: float
    gain: float
    antenna: str = ""
    clock_source: str = "internal"


@dataclass(frozen=True)
class RadioPlan:
    """All that a run over the air is told, checked as far as that goes without a device.

    Attributes as in :class:`DeviceSettings`, one gain and antenna for each direction, and:
        role: one of :data:`ROLES`.
        profile: the waveform, with the sample rate that is used.
        amplitude: root mean square of a burst, full scale being 1 in I and in Q.
        max_papr_db: highest peaks of a burst over its mean power in dB, 0 for no limit.

    Raises:
        ValueError: naming the setting that is out of range.
    """

    radio: str
    role: str
    frequency: float
    profile: Profile
    device_args: str = ""
    tx_gain: float = 0.0
    rx_gain: float = 30.0
    tx_antenna: str = ""
    rx_antenna: str = ""
    clock_source: str = "internal"
    amplitude: float = 0.25
    max_papr_db: float = 8.0

    def __post_init__(self) -> None:
        for name, known in (("radio", RADIOS), ("role", ROLES), ("clock_source", CLOCKS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        if not (math.isfinite(self.frequency) and self.band[0] > 0):
            raise ValueError(f"frequency {self.frequency:g} Hz leaves no room for a band of {self.bandwidth:g} Hz")
        for name in ("tx_gain", "rx_gain"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a number of dB, got {getattr(self, name)!r}")
        check_amplitude(self.amplitude, self.max_papr_db)

    @property
    def transmits(self) -> bool:
        return self.role in ("loopback", "alice")

    @property
    def receives(self) -> bool:
        return self.role != "alice"

    @property
    def bandwidth(self) -> float:
        """Occupied bandwidth in Hz: from the outer edge of the lowest active carrier to that of the highest."""
        return (self.profile.active_carriers + 1) * self.profile.carrier_spacing  # and the empty one between them

    @property
    def band(self) -> tuple[float, float]:
        """Lower and upper edge of what is occupied, Hz."""
        return self.frequency - self.bandwidth / 2, self.frequency + self.bandwidth / 2

    def device(self, direction: str) -> DeviceSettings:
        """What the transmitting ("tx") or the receiving end ("rx") is to be set to."""
        gain, antenna = (self.tx_gain, self.tx_antenna) if direction == "tx" else (self.rx_gain, self.rx_antenna)
        return DeviceSettings(
            self.radio, self.device_args, self.frequency, self.profile.sample_rate, gain, antenna, self.clock_source
        )

    def to_json(self) -> dict[str, Any]:
        """All settings, and the band."""
        return {**asdict(self), "bandwidth": self.bandwidth, "band": self.band}

    def describe(self) -> list[str]:
        """Lines for people: device, band, gains and levels."""
        profile, (low, high) = self.profile, self.band
        lines = [
            f"role          {self.role}",
            f"device        {self.radio}, arguments {self.device_args!r}, clock {self.clock_source}",
            f"frequency     {self.frequency / 1e6:.6f} MHz",
            f"occupied      {low / 1e6:.6f} to {high / 1e6:.6f} MHz, {self.bandwidth / 1e3:.1f} kHz",
            f"sample rate   {profile.sample_rate / 1e6:g} Msps, carriers {profile.carrier_spacing:g} Hz apart",
        ]
        if self.transmits:
            peak = f"peaks {self.max_papr_db:g} dB above" if self.max_papr_db else "peaks not limited"
            lines.append(f"transmits     gain {self.tx_gain:g} dB, antenna {self.tx_antenna or 'of the device'}")
            lines.append(f"amplitude     {self.amplitude:g} of full scale ({dbfs(self.amplitude):.1f} dBFS), {peak}")
        if self.receives:
            lines.append(f"receives      gain {self.rx_gain:g} dB, antenna {self.rx_antenna or 'of the device'}")
        if self.transmits:
            lines.append(f"legal         {LEGAL}")
        return lines


def dbfs(amplitude: float) -> float:
    """A root mean square amplitude in dB over full scale, -200 at the least."""
    return 20 * math.log10(max(amplitude, 1e-10))
