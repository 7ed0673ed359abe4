# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in the window of a Qt flowgraph."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt5 import QtWidgets

from ._captions import picture_line, quality_line
from ._live_widget import LiveWidget
from ._pdu_block import PduBlock
from ._picture_widget import PictureWidget, pixels_of


class image_view(PduBlock):
    """Shows picture PDUs as they arrive, below `title`, with the measured SNR where there is one.

    `widget` is the Qt widget to put into a layout. It shows the latest picture, at most 15 a second. Raises
    `RuntimeError` where there is no Qt application.
    """

    def __init__(self, title: str = "Picture") -> None:
        PduBlock.__init__(self, "DeepJSCEC Image View", "images", None)
        self.widget = ImageWidget(title)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        self.widget.post("picture", (pixels_of(meta, array), quality_line(meta), picture_line(meta)))
        self.stats["shown"] += 1


class ImageWidget(LiveWidget):
    """One picture."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._picture = PictureWidget(title)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._picture)

    def refresh(self, latest: dict[str, tuple[np.ndarray, str, str]]) -> None:
        pixels, headline, line = latest["picture"]
        self._picture.show_picture(pixels)
        self._picture.show_caption(headline, [line])
