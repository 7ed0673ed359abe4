# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture with a title and a caption, for the windows of Qt flowgraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PyQt5 import QtCore, QtGui, QtWidgets

from deepjscec.app.labels import picture_of

from ._colours import role_colour

SMALLEST = 80  # pixels, side of the room for a picture


def pixels_of(meta: Mapping[str, Any], array: np.ndarray) -> np.ndarray:
    """What to show of a picture PDU, uint8[H, W, 3]; a classifier's is a card. Raises `ValueError` if it is none."""
    pixels = picture_of(meta, array)
    if pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(f"a picture is some pixels of uint8, not {pixels.shape} of {pixels.dtype}")
    return pixels


class PictureWidget(QtWidgets.QWidget):
    """A title, a picture scaled to the room there is, and below it a headline and a caption of up to `lines` lines.

    For the window's thread alone. A `role` has a mark of its colour before the title.
    """

    def __init__(self, title: str, lines: int = 1, role: str | None = None) -> None:
        super().__init__()
        heading = _label(title, bold=True)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        if role is not None:
            row.addWidget(_Mark(role, heading.fontMetrics().ascent()))
        row.addWidget(heading)
        row.addStretch(1)
        self._picture = _label("no picture yet")
        self._picture.setMinimumSize(SMALLEST, SMALLEST)
        self._picture.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Ignored)
        self._headline = _label("", bold=True)
        self._caption = _label("")
        self._caption.setAlignment(QtCore.Qt.AlignHCenter | QtCore.Qt.AlignTop)
        self._caption.setWordWrap(True)
        self._least = lines * self._caption.fontMetrics().lineSpacing()
        self._caption.setMinimumHeight(self._least)
        for label in (self._headline, self._caption):  # text that grows with its numbers must not move the pictures
            policy = QtWidgets.QSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Minimum)
            policy.setHeightForWidth(label.wordWrap())
            label.setSizePolicy(policy)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(row)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self._headline)
        layout.addWidget(self._caption)
        self._pixmap: QtGui.QPixmap | None = None

    def show_picture(self, pixels: np.ndarray) -> None:
        """uint8[H, W, 3], RGB."""
        h, w = pixels.shape[:2]
        image = QtGui.QImage(pixels.tobytes(), w, h, 3 * w, QtGui.QImage.Format_RGB888)
        self._pixmap = QtGui.QPixmap.fromImage(image)  # copies, so the bytes may go
        self._scale()

    def show_caption(self, headline: str, lines: Sequence[str] = ()) -> None:
        """What stands below the picture; empty lines are left out."""
        self._headline.setText(headline)
        self._caption.setText("\n".join(line for line in lines if line))

    def caption_height(self) -> int:
        """Pixels that the caption needs at its width, those of `lines` lines at least."""
        return max(self._least, self._caption.heightForWidth(self._caption.width()))

    def reserve(self, height: int) -> None:
        """Pixels to keep free for the caption; equal ones make pictures side by side equally large."""
        self._caption.setMinimumHeight(height)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._scale()

    def _scale(self) -> None:
        if self._pixmap is None:
            return
        room, size = self._picture.size(), self._pixmap.size()
        enlarged = min(room.width() / size.width(), room.height() / size.height()) >= 2
        # thumbnails show their pixels
        how = QtCore.Qt.FastTransformation if enlarged else QtCore.Qt.SmoothTransformation
        self._picture.setPixmap(self._pixmap.scaled(room, QtCore.Qt.KeepAspectRatio, how))


class _Mark(QtWidgets.QWidget):
    """A square in a role's colour, which follows the palette."""

    def __init__(self, role: str, side: int) -> None:
        super().__init__()
        self._role = role
        self.setFixedSize(side, side)

    def paintEvent(self, event: Any) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), role_colour(self._role, self.palette()))
        painter.end()


def _label(text: str, *, bold: bool = False) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(text, alignment=QtCore.Qt.AlignCenter)
    label.setTextFormat(QtCore.Qt.PlainText)
    font = label.font()
    font.setBold(bold)
    label.setFont(font)
    return label
