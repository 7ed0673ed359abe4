# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures to files."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class image_sink(PduBlock):
    """Writes picture PDUs as PNG files, and keeps the latest `keep` of them in `pictures`.

    Of a classifier's PDUs it keeps the probabilities, and writes a card with a bar for each class.

    `folder`: where `PREFIX_NNNN.png` go, created if missing; "" writes nothing. `done` is an event that is set at the
    end of the stream. Raises `OSError` where the folder cannot be made.
    """

    def __init__(self, folder: str = "", prefix: str = "picture", keep: int = 1) -> None:
        PduBlock.__init__(self, "DeepJSCEC Image Sink", "images", None)
        self._folder, self._prefix, self._keep = folder, prefix, keep
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
        self.pictures: dict[int, tuple[dict[str, Any], np.ndarray]] = {}  # by image id
        self.done = threading.Event()

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        kept = array if "label" in meta else array.reshape(meta["height"], meta["width"], 3)
        self.pictures[meta["image_id"]] = (meta, kept)
        while len(self.pictures) > self._keep:
            self.pictures.pop(next(iter(self.pictures)))
        self.stats["received"] += 1
        if self._folder:
            from deepjscec.app.labels import picture_of
            from deepjscec.app.pictures import png_bytes

            pixels = picture_of(meta, array)
            Path(self._folder, f"{self._prefix}_{meta['image_id']:04d}.png").write_bytes(png_bytes(pixels))

    def finish(self) -> None:
        self.done.set()
