# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice's, Bob's and Eve's pictures side by side in the window of a Qt flowgraph."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5 import QtCore, QtWidgets

from ._captions import picture_line, quality_line
from ._comparison_block import RECEIVERS, ComparisonBlock
from ._live_widget import LiveWidget
from ._picture_widget import PictureWidget

if TYPE_CHECKING:
    from deepjscec.app.live import Match

SILENT = 3.0  # seconds without a picture, after which the caption says so


class comparison_view(ComparisonBlock):
    """Shows what Alice sends and what Bob and Eve receive, side by side, with quality, SNR, packets and latency below.

    Message inputs: `sent`, the picture PDUs that go into the encoder; `bob` and `eve`, theirs of decoder and
    eavesdropper, and of their OFDM receivers the packet PDUs, which are counted. Any of them may be left open.
    Received pictures are compared with the one last sent under their id. Alice's place shows the original of Bob's
    latest picture (of Eve's, where Bob is silent), and what she sends now while nobody receives it.

    `widget` is the Qt widget to put into a layout; a picture whose title is "" is left out. Raises `RuntimeError`
    where there is no Qt application, `ValueError` where no title is left.
    """

    def __init__(self, title_sent: str = "Alice", title_bob: str = "Bob", title_eve: str = "Eve") -> None:
        titles = {"sent": title_sent, "bob": title_bob, "eve": title_eve}
        if not any(titles.values()):
            raise ValueError("title_sent, title_bob and title_eve are all empty: there is nothing to show")
        ComparisonBlock.__init__(self, "DeepJSCEC Comparison View")
        self.widget = ComparisonWidget(titles)
        self._lines = {role: ["", "", ""] for role in RECEIVERS}
        self._matched = dict.fromkeys(RECEIVERS, -math.inf)  # when each last had a picture whose original is known

    def on_sent(self, meta: dict[str, Any], pixels: np.ndarray, now: float) -> None:
        if now - max(self._matched.values()) > SILENT:
            self._show_sent(meta["image_id"], pixels, now)

    def on_picture(self, role: str, meta: dict[str, Any], pixels: np.ndarray, match: Match | None, now: float) -> None:
        original = self._comparison.original(meta["image_id"])
        if original is not None:
            self._matched[role] = now
            if role == "bob" or now - self._matched["bob"] > SILENT:
                self._show_sent(meta["image_id"], original, now)
        self._lines[role][:2] = quality_line(meta, match), picture_line(meta, match)
        self.widget.post(role, (pixels, now))
        self.widget.post(f"{role} caption", tuple(self._lines[role]))

    def on_packet(self, role: str, snr_db: float, now: float) -> None:
        self._lines[role][2] = f"packets found: {self.stats[f'{role}_packets']}, the last at {snr_db:.1f} dB"
        self.widget.post(f"{role} caption", tuple(self._lines[role]))

    def _show_sent(self, image_id: int, pixels: np.ndarray, now: float) -> None:
        size = f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
        total = f"sent so far: {self._comparison.get_stats()['sent']}"
        self.widget.post("sent", (pixels, now))
        self.widget.post("sent caption", (f"#{image_id}", size, total))


class ComparisonWidget(LiveWidget):
    """Pictures in a row, of those roles whose title is not empty."""

    def __init__(self, titles: dict[str, str]) -> None:
        super().__init__()
        self._pictures: dict[str, PictureWidget] = {}
        self._heard: dict[str, float] = {}
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for role, title in titles.items():
            if title:
                self._pictures[role] = PictureWidget(title, 3, role if role in RECEIVERS else None)
                layout.addWidget(self._pictures[role], 1)
        self._captions: dict[str, tuple[str, ...]] = dict.fromkeys(self._pictures, ("",))
        self._second = QtCore.QTimer(self)
        self._second.timeout.connect(self._show_captions)
        self._second.start(1000)

    def refresh(self, latest: dict[str, Any]) -> None:
        for role, picture in self._pictures.items():
            if role in latest:
                pixels, self._heard[role] = latest[role]
                picture.show_picture(pixels)
            self._captions[role] = latest.get(f"{role} caption", self._captions[role])
        self._show_captions()

    def _show_captions(self) -> None:
        now = time.monotonic()
        for role, picture in self._pictures.items():
            silence = now - self._heard.get(role, now)
            silent = f"no picture for {silence:.0f} s" if silence >= SILENT else ""
            headline, *lines = self._captions[role]
            picture.show_caption(headline, [*lines, silent])
        height = max(picture.caption_height() for picture in self._pictures.values())
        for picture in self._pictures.values():
            picture.reserve(height)
