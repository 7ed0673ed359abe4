# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures share a packet: which codewords travel as one group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PictureGroup:
    """Codewords complex64[n, k] of n pictures of one `shape` (H, W) and rate; `image_id` is the first's."""

    codewords: np.ndarray
    image_id: int
    shape: tuple[int, int]
    rate_index: int


class PictureGrouper:
    """Collects consecutive pictures of one size and rate until they fill a packet."""

    def __init__(self, data_symbols: int) -> None:
        """`data_symbols`: codeword symbols of a full packet, `LinkSender.data_symbols`."""
        self._capacity = data_symbols
        self._waiting: list[np.ndarray] = []
        self._key: tuple[int, tuple[int, int], int] | None = None  # first image id, shape, rate

    @property
    def waiting(self) -> int:
        """Pictures of a group that is not full."""
        return len(self._waiting)

    def add(self, codeword: np.ndarray, image_id: int, shape: tuple[int, int], rate_index: int) -> list[PictureGroup]:
        """Take one picture's complex64[k]; return the groups that are now full, oldest first."""
        groups = []
        if self._key is not None:
            first, known_shape, known_rate = self._key
            if (known_shape, known_rate, first + len(self._waiting)) != (shape, rate_index, image_id):
                groups += self.flush()
        if self._key is None:
            self._key = (image_id, shape, rate_index)
        self._waiting.append(codeword)
        if (len(self._waiting) + 1) * codeword.size > self._capacity:  # no room for one more
            groups += self.flush()
        return groups

    def flush(self) -> list[PictureGroup]:
        """What waits, as a group of its own; for the end of a stream."""
        if self._key is None:
            return []
        image_id, shape, rate_index = self._key
        group = PictureGroup(np.stack(self._waiting), image_id, shape, rate_index)
        self._waiting, self._key = [], None
        return [group]
