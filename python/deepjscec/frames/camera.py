# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames from cameras, by PyAV."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .live import LiveFrames
from .pacing import Load
from .video import open_video, pixels_of

TIMEOUT = 5.0  # seconds; a network camera that is silent for so long is asked anew


class CameraFrames(LiveFrames):
    """The newest frame of a camera: a Video4Linux device (`/dev/video0`) or a URL (`rtsp://`, `http://`, `udp://`).

    Raises `ValueError` where PyAV is missing, `OSError` where the camera does not open.
    """

    def __init__(self, name: str, fps: float = 0.0) -> None:
        super().__init__(fps)
        self._name = name
        with self._open():
            pass

    def __str__(self) -> str:
        return f"video {self._name}"

    def _open(self) -> Any:
        device = {"format": "v4l2"} if Path(self._name).is_char_device() else {}
        newest = {"fflags": "nobuffer", "flags": "low_delay"}
        return open_video(self._name, options=newest, timeout=TIMEOUT, **device)

    def read(self, stop: threading.Event) -> Iterator[Load]:
        with self._open() as (container, stream):
            for frame in container.decode(stream):
                if stop.is_set():
                    return
                yield lambda frame=frame: pixels_of(frame)  # type: ignore[misc]
