# SPDX-License-Identifier: GPL-3.0-or-later
"""Radios without their drivers: what is to be sent where, checks beforehand, and the arithmetic of a calibration."""

from .advice import advise
from .calibration import Calibration, Instrument, calibrate
from .checks import DeviceLimits, check_amplitude, check_device, check_rate
from .front_end import FrontEnd
from .level import Level, measure_level
from .plan import RADIOS, ROLES, DeviceSettings, RadioPlan
from .sounding import Sounding, SoundingResult

__all__ = [
    "RADIOS",
    "ROLES",
    "Calibration",
    "DeviceLimits",
    "DeviceSettings",
    "FrontEnd",
    "Instrument",
    "Level",
    "RadioPlan",
    "Sounding",
    "SoundingResult",
    "advise",
    "calibrate",
    "check_amplitude",
    "check_device",
    "check_rate",
    "measure_level",
]
