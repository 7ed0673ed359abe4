# SPDX-License-Identifier: GPL-3.0-or-later
"""OFDM bursts: header bytes and complex payload symbols to IQ samples and back.

The waveform is specified in `docs/waveform.md`.
"""

from .packet import Packet
from .profile import Profile
from .profiles import PROFILES
from .receiver import Receiver
from .transmitter import Transmitter

__all__ = ["PROFILES", "Packet", "Profile", "Receiver", "Transmitter"]
