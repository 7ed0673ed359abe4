# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in the window of a Qt flowgraph."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt5 import QtCore, QtGui, QtWidgets

from deepjscec.app.labels import picture_of

from ._pdu_block import PduBlock


class image_view(PduBlock):
    """Shows picture PDUs as they arrive, below `title`, with the measured SNR where there is one.

    `widget` is the Qt widget to put into a layout.
    """

    def __init__(self, title: str = "Picture") -> None:
        PduBlock.__init__(self, "DeepJSCEC Image View", "images", None)
        self.widget = PictureWidget(title)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        text = f"#{meta['image_id']}"
        if "snr_db" in meta:
            text += f", {meta['snr_db']:.1f} dB SNR, {meta['packets_received']}/{meta['packets_sent']} packets"
        if "label" in meta:
            text += f": {meta['label']}, {meta['confidence']:.0%}"
        pixels = picture_of(meta, array)
        self.widget.arrived.emit(pixels, text)  # a signal, because this is not the thread of the window
        self.stats["shown"] += 1


class PictureWidget(QtWidgets.QWidget):
    """A title, a picture scaled to the room there is, and a line below."""

    arrived = QtCore.pyqtSignal(object, str)

    def __init__(self, title: str) -> None:
        super().__init__()
        layout = QtWidgets.QVBoxLayout(self)
        heading = QtWidgets.QLabel(f"<b>{title}</b>", alignment=QtCore.Qt.AlignCenter)
        self._picture = QtWidgets.QLabel("no picture yet", alignment=QtCore.Qt.AlignCenter)
        self._picture.setMinimumSize(160, 160)
        self._picture.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Ignored)
        self._caption = QtWidgets.QLabel("", alignment=QtCore.Qt.AlignCenter)
        layout.addWidget(heading)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self._caption)
        self._pixmap: QtGui.QPixmap | None = None
        self.arrived.connect(self._show)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._scale()

    def _show(self, pixels: np.ndarray, text: str) -> None:
        h, w = pixels.shape[:2]
        image = QtGui.QImage(pixels.tobytes(), w, h, 3 * w, QtGui.QImage.Format_RGB888)
        self._pixmap = QtGui.QPixmap.fromImage(image)  # copies, so the bytes may go
        self._caption.setText(text)
        self._scale()

    def _scale(self) -> None:
        if self._pixmap is not None:
            size = self._picture.size()
            self._picture.setPixmap(
                self._pixmap.scaled(size, QtCore.Qt.KeepAspectRatio, QtCore.Qt.SmoothTransformation)
            )
