# SPDX-License-Identifier: GPL-3.0-or-later
"""Lost packets, on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class packet_loss(PduBlock):
    """Passes packet PDUs on and drops each with a `probability`, to see how a link degrades.

    `seed` of the draw. Raises `ValueError` for a probability outside 0 to 1.
    """

    def __init__(self, probability: float = 0.1, seed: int = 0) -> None:
        PduBlock.__init__(self, "DeepJSCEC Packet Loss", "packets", "kept")
        self._rng = np.random.default_rng(seed)
        self.set_probability(probability)

    def set_probability(self, probability: float) -> None:
        """Change the probability of loss while running; `ValueError` outside 0 to 1."""
        if not 0 <= probability <= 1:
            raise ValueError(f"probability {probability} is not from 0 to 1")
        self._probability = probability

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        if self._rng.random() < self._probability:
            self.stats["dropped"] += 1
        else:
            self.publish(meta, array)
            self.stats["passed"] += 1
