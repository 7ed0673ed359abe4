# SPDX-License-Identifier: GPL-3.0-or-later
"""What the link hands to the transmitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Packet:
    """`header` bytes and `payload` complex64[n], both ready for the air."""

    header: bytes
    payload: np.ndarray
