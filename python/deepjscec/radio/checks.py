# SPDX-License-Identifier: GPL-3.0-or-later
"""What is checked before anything is sent: each failure one line that names the value and what would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import DeviceSettings

RATE_TOLERANCE = 1e-6  # relative; the receiver follows some tens of ppm, which the clocks need for themselves


@dataclass(frozen=True)
class DeviceLimits:
    """What one end of a device can do; empty tuples where it does not say.

    `frequencies`: (lowest, highest) of each range, Hz. `gains`: (lowest, highest), dB.
    """

    name: str
    frequencies: Sequence[tuple[float, float]] = ()
    gains: tuple[float, float] | None = None
    antennas: Sequence[str] = ()
    clock_sources: Sequence[str] = ()


def check_amplitude(amplitude: float, max_papr_db: float) -> None:
    """That a burst of this root mean square stays within full scale.

    Gaussian payloads without a limit (`max_papr_db` 0) are taken to peak 12 dB over their mean. Raises `ValueError`.
    """
    if not 0 < amplitude <= 1:
        raise ValueError(f"amplitude {amplitude:g} is not above 0 and up to 1, which is full scale")
    peak_db = max_papr_db or 12.0
    most = 10 ** (-peak_db / 20)
    if amplitude > most * 1.0001:
        highest = math.floor(most * 1000) / 1000
        raise ValueError(
            f"amplitude {amplitude:g} clips with peaks {peak_db:g} dB above: at most {highest:g}, or a lower --max-papr"
        )


def check_device(settings: DeviceSettings, limits: DeviceLimits) -> None:
    """That the device can do what it is asked for. Raises `ValueError`."""
    frequency = settings.frequency
    if limits.frequencies and not any(low <= frequency <= high for low, high in limits.frequencies):
        ranges = ", ".join(f"{low / 1e6:g} to {high / 1e6:g}" for low, high in limits.frequencies)
        raise ValueError(f"{limits.name} does not tune to {frequency / 1e6:g} MHz: it has {ranges} MHz")
    if limits.gains and not limits.gains[0] <= settings.gain <= limits.gains[1]:
        raise ValueError(
            f"{limits.name} has no gain of {settings.gain:g} dB: {limits.gains[0]:g} to {limits.gains[1]:g} dB"
        )
    for what, value, known in (
        ("antenna", settings.antenna, limits.antennas),
        ("clock source", settings.clock_source if settings.clock_source != "internal" else "", limits.clock_sources),
    ):
        if value and known and value not in known:
            raise ValueError(f"{limits.name} has no {what} {value!r}: choose from {', '.join(known)}")


def check_rate(name: str, asked: float, given: float) -> None:
    """That the sample rate which a device really took is the one it was asked for. Raises `ValueError`."""
    if not abs(given - asked) <= RATE_TOLERANCE * asked:
        raise ValueError(
            f"{name} samples at {given:.6f} Hz where {asked:.6f} Hz was asked for: take --sample-rate {given:.6f}, "
            "at Alice's, Bob's and Eve's alike"
        )
