# SPDX-License-Identifier: GPL-3.0-or-later
"""A chart of values over the last minutes, painted by Qt alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5 import QtCore, QtGui, QtWidgets

from ._axis import time_axis, time_label, value_axis
from ._colours import role_colour

if TYPE_CHECKING:
    from deepjscec.app.series import TimeSeries

FEW = 60  # points that are marked one by one
LONGEST_GAP = 1 / 12  # of the span; a line over a longer one would hide that nothing was received
DASHES = {"bob": QtCore.Qt.SolidLine, "eve": QtCore.Qt.DashLine}


@dataclass(frozen=True)
class Curve:
    """`role` gives colour, dashes and mark, `name` stands in the legend."""

    role: str
    name: str
    series: TimeSeries


class ChartWidget(QtWidgets.QWidget):
    """Curves of one quantity in dB over the same span of time, with axes, grid and a legend that tells the latest."""

    def __init__(self, title: str, curves: list[Curve]) -> None:
        super().__init__()
        self._title, self._curves = title, curves
        self._span = curves[0].series.span
        self.setMinimumSize(200, 110)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(400, 180)

    def paintEvent(self, event: Any) -> None:
        now = time.monotonic()
        points = [curve.series.points(now) for curve in self._curves]
        values = np.concatenate([value for _, value in points])
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        metrics = self.fontMetrics()
        margin = metrics.horizontalAdvance("−00") + 12
        top, bottom = metrics.height() + 8, metrics.height() + 10
        area = QtCore.QRectF(margin, top, self.width() - margin - 14, self.height() - top - bottom)
        self._paint_heading(painter, area, points)
        most = min(6, max(3, int(area.height() / (1.5 * metrics.height()))))
        ticks = value_axis(values if values.size else [0.0], most)
        self._paint_grid(painter, area, ticks if values.size else [])
        painter.setClipRect(area.adjusted(-5, -5, 5, 5))
        for curve, (ages, levels) in zip(self._curves, points):
            x = area.right() - ages / self._span * area.width()
            y = area.bottom() - (levels - ticks[0]) / (ticks[-1] - ticks[0]) * area.height()
            self._paint_curve(painter, curve.role, ages, x, y)
        painter.end()

    def _paint_heading(self, painter: QtGui.QPainter, area: QtCore.QRectF, points: list[Any]) -> None:
        """The title on the left, the legend on the right, from the right."""
        metrics = self.fontMetrics()
        base = metrics.ascent() + 3
        painter.setPen(self.palette().color(QtGui.QPalette.WindowText))
        painter.drawText(QtCore.QPointF(area.left(), base), self._title)
        right = area.right()
        for curve, (_, levels) in reversed(list(zip(self._curves, points))):
            text = f"{curve.name} {levels[-1]:.1f} dB" if levels.size else curve.name
            right -= metrics.horizontalAdvance(text)
            painter.setPen(self.palette().color(QtGui.QPalette.WindowText))
            painter.drawText(QtCore.QPointF(right, base), text)
            painter.setPen(self._pen(curve.role))
            middle = base - metrics.ascent() / 2 + 1
            painter.drawLine(QtCore.QPointF(right - 30, middle), QtCore.QPointF(right - 6, middle))
            self._paint_mark(painter, curve.role, right - 18, middle)
            right -= 46

    def _paint_grid(self, painter: QtGui.QPainter, area: QtCore.QRectF, ticks: list[float]) -> None:
        """Grid lines with their labels; without `ticks` there is nothing to show yet, and the chart says so."""
        text = self.palette().color(QtGui.QPalette.WindowText)
        grid = QtGui.QColor(text)
        grid.setAlpha(50)
        height = self.fontMetrics().height()
        for age in time_axis(self._span, max(2, int(area.width() / 120))):
            x = area.right() - age / self._span * area.width()
            painter.setPen(grid)
            painter.drawLine(QtCore.QPointF(x, area.top()), QtCore.QPointF(x, area.bottom()))
            painter.setPen(text)
            left = min(max(x - 40, 0), self.width() - 80)
            centred = QtCore.Qt.AlignHCenter if 0 < left < self.width() - 80 else None
            side = QtCore.Qt.AlignLeft if left == 0 else QtCore.Qt.AlignRight
            painter.drawText(QtCore.QRectF(left, area.bottom() + 7, 80, height), centred or side, time_label(age))
        for number, level in enumerate(ticks):
            y = area.bottom() - number / (len(ticks) - 1) * area.height()
            painter.setPen(grid)
            painter.drawLine(QtCore.QPointF(area.left(), y), QtCore.QPointF(area.right(), y))
            painter.setPen(text)
            box = QtCore.QRectF(0, y - height / 2, area.left() - 6, height)
            painter.drawText(box, QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter, f"{level:g}".replace("-", "−"))
        painter.setPen(grid)
        painter.drawRect(area)
        if not ticks:
            painter.setPen(text)
            painter.drawText(area, QtCore.Qt.AlignCenter, "nothing received yet")

    def _paint_curve(self, painter: QtGui.QPainter, role: str, ages: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
        painter.setPen(self._pen(role))
        painter.setBrush(QtCore.Qt.NoBrush)
        breaks = np.flatnonzero(-np.diff(ages) > LONGEST_GAP * self._span) + 1
        for xs, ys in zip(np.split(x, breaks), np.split(y, breaks)):
            if len(xs):
                painter.drawPolyline(QtGui.QPolygonF([QtCore.QPointF(*point) for point in zip(xs, ys)]))
            if len(xs) == 1 or len(x) <= FEW:
                for point in zip(xs, ys):
                    self._paint_mark(painter, role, *point)

    def _paint_mark(self, painter: QtGui.QPainter, role: str, x: float, y: float) -> None:
        painter.setPen(QtCore.Qt.NoPen)
        painter.setBrush(role_colour(role, self.palette()))
        box = QtCore.QRectF(x - 3, y - 3, 6, 6)
        painter.drawEllipse(box) if role == "bob" else painter.drawRect(box)
        painter.setBrush(QtCore.Qt.NoBrush)

    def _pen(self, role: str) -> QtGui.QPen:
        return QtGui.QPen(role_colour(role, self.palette()), 1.8, DASHES[role])
