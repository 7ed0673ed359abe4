# SPDX-License-Identifier: GPL-3.0-or-later
"""A widget that a block's thread feeds and the window's thread draws."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

from PyQt5 import QtCore, QtWidgets

INTERVAL_MS = 67  # 15 times a second


def require_application() -> None:
    """Raise `RuntimeError` where there is no Qt application: Qt itself would end the process."""
    if QtWidgets.QApplication.instance() is None:
        raise RuntimeError("a view needs a window: make the QApplication before it, or leave the view out")


class LiveWidget(QtWidgets.QWidget):
    """Takes values from any thread by `post`; the window's thread gets the latest of each key in `refresh`.

    The window looks for them at most 15 times a second and only while it can be seen. A signal for each value would
    queue without bound behind a slow screen. Raises `RuntimeError` where there is no Qt application.
    """

    def __init__(self) -> None:
        require_application()
        super().__init__()
        self._lock = threading.Lock()
        self._latest: dict[Hashable, Any] = {}
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(INTERVAL_MS)

    def post(self, key: Hashable, value: Any) -> None:
        """Show `value` in place of what was posted under `key` before."""
        with self._lock:
            self._latest[key] = value

    def refresh(self, latest: dict[Any, Any]) -> None:
        """Show what has changed since the last time, in the window's thread. For subclasses."""
        raise NotImplementedError

    def _look(self) -> None:
        if not self.isVisible():
            return
        with self._lock:
            latest, self._latest = self._latest, {}
        if latest:
            self.refresh(latest)
