# SPDX-License-Identifier: GPL-3.0-or-later
"""What a system makes of the pictures that it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """Of n pictures: either pictures or probabilities of classes."""

    pictures: np.ndarray | None  # uint8[n, H, W, 3]
    classes: np.ndarray | None  # float32[n, classes]
    failed: np.ndarray  # bool[n]: nothing arrived that could be decoded


class System(Protocol):
    """Sender, channel and receiver of one cell."""

    @property
    def channel_uses(self) -> int:
        """Complex symbols sent so far."""

    def transmit(self, images: np.ndarray) -> Outcome:
        """Send uint8[n, H, W, 3]."""
