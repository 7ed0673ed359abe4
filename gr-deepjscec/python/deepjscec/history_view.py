# SPDX-License-Identifier: GPL-3.0-or-later
"""SNR and quality over the last minutes in the window of a Qt flowgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5 import QtCore, QtWidgets

from ._chart_widget import ChartWidget, Curve
from ._comparison_block import RECEIVERS, ComparisonBlock
from ._live_widget import require_application

if TYPE_CHECKING:
    from deepjscec.app.live import Match

INTERVAL_MS = 250


class history_view(ComparisonBlock):
    """Draws the SNR that Bob and Eve measure, and the PSNR of their pictures, over the last `span` seconds.

    Message inputs: `sent`, the picture PDUs that go into the encoder, without which there is no PSNR; `bob` and `eve`,
    theirs of decoder and eavesdropper, and of their OFDM receivers the packet PDUs. Any of them may be left open. The
    SNR is that of packets, where they come, or else the mean over each picture.

    `widget` is the Qt widget to put into a layout; a curve whose title is "" is left out. Raises `RuntimeError` where
    there is no Qt application, `ValueError` for a span that is not positive.
    """

    def __init__(self, span: float = 120.0, title_bob: str = "Bob", title_eve: str = "Eve") -> None:
        from deepjscec.app.series import TimeSeries

        require_application()
        ComparisonBlock.__init__(self, "DeepJSCEC History View")
        self._snr = {role: TimeSeries(span) for role in RECEIVERS}
        self._psnr = {role: TimeSeries(span) for role in RECEIVERS}
        names = {role: title for role, title in zip(RECEIVERS, (title_bob, title_eve)) if title}
        if not names:
            raise ValueError("title_bob and title_eve are both empty: there is nothing to draw")
        self.widget = HistoryWidget(
            [
                ChartWidget("SNR in dB", [Curve(role, name, self._snr[role]) for role, name in names.items()]),
                ChartWidget("PSNR in dB", [Curve(role, name, self._psnr[role]) for role, name in names.items()]),
            ]
        )

    def on_picture(self, role: str, meta: dict[str, Any], pixels: np.ndarray, match: Match | None, now: float) -> None:
        if match is not None and match.psnr_db is not None:
            self._psnr[role].add(now, match.psnr_db)
        if "snr_db" in meta and not self.stats[f"{role}_packets"]:
            self._snr[role].add(now, meta["snr_db"])

    def on_packet(self, role: str, snr_db: float, now: float) -> None:
        self._snr[role].add(now, snr_db)


class HistoryWidget(QtWidgets.QWidget):
    """Charts one below the other, which move on with time."""

    def __init__(self, charts: list[ChartWidget]) -> None:
        super().__init__()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._timer = QtCore.QTimer(self)
        for chart in charts:
            layout.addWidget(chart, 1)
            self._timer.timeout.connect(chart.update)
        self._timer.start(INTERVAL_MS)
