# SPDX-License-Identifier: GPL-3.0-or-later
"""Received pictures beside those that were sent, while a link runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from deepjscec.app.quality import psnr_db

MOST_BYTES = 256 << 20  # of pictures kept, whatever their size


@dataclass(frozen=True)
class Match:
    """A received picture whose original is known.

    Attributes:
        psnr_db: against the original, in dB; `inf` if they are equal, None where there are no pixels to compare or the
            sizes differ.
        latency_s: from sent to received, in seconds; None where it would be negative, because two clocks disagree.
    """

    psnr_db: float | None
    latency_s: float | None


class LiveComparison:
    """Keeps the latest pictures that were sent and finds a received picture's original by its id.

    `keep`: at most so many, and at most 256 MiB beside the latest. Ids may begin again, as after a restart of the
    sender: an id means the picture last sent under it. `now` is in seconds, of one clock for both ends. Not for several
    threads at once. Raises `ValueError` for `keep` below 1.
    """

    def __init__(self, keep: int = 64) -> None:
        if keep < 1:
            raise ValueError(f"keep {keep} is less than 1 picture")
        self._keep = keep
        self._sent: dict[int, tuple[np.ndarray, float]] = {}  # by id, in the order of sending
        self._bytes = 0
        self._stats: Counter[str] = Counter()

    def sent(self, image_id: int, pixels: np.ndarray, now: float) -> None:
        """A picture, uint8[H, W, 3], was sent. It is kept, not copied."""
        self._forget(image_id)
        self._sent[image_id] = pixels, now
        self._bytes += pixels.nbytes
        while len(self._sent) > self._keep or (self._bytes > MOST_BYTES and len(self._sent) > 1):
            self._forget(next(iter(self._sent)))
        self._stats["sent"] += 1

    def received(self, role: str, image_id: int, pixels: np.ndarray | None, now: float) -> Match | None:
        """`role` received a picture, uint8[H, W, 3], or what a classifier makes of it: None. None if nothing is known
        that was sent under this id, or no longer."""
        original, sent_at = self._sent.get(image_id, (None, 0.0))
        self._stats[f"{role}_{'unmatched' if original is None else 'matched'}"] += 1
        if original is None:
            return None
        psnr = psnr_db(original, pixels) if pixels is not None and pixels.shape == original.shape else None
        return Match(psnr, now - sent_at if now >= sent_at else None)

    def original(self, image_id: int) -> np.ndarray | None:
        """The picture last sent under an id, uint8[H, W, 3]; None if it is not known, or no longer."""
        return self._sent.get(image_id, (None, 0.0))[0]

    def get_stats(self) -> dict[str, int]:
        """Counters: pictures `sent`, and of each role ROLE `ROLE_matched` and `ROLE_unmatched`."""
        return dict(self._stats)

    def _forget(self, image_id: int) -> None:
        if image_id in self._sent:
            self._bytes -= self._sent.pop(image_id)[0].nbytes
