# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames from video files, decoded by PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .pacing import Frame, StoredFrames, checked_rate

FPS = 25.0  # of files that do not say


class VideoFrames(StoredFrames):
    """The frames of a video file at its own pace; with `fps` at most so many a second, the others left out.

    Raises `ValueError` where PyAV is missing or the file holds no video.
    """

    def __init__(self, path: str | Path, fps: float = 0.0, repeat: bool = False) -> None:
        super().__init__(repeat)
        self._path = str(path)
        try:
            with open_video(self._path) as (_, stream):
                own = float(stream.average_rate or stream.guessed_rate or FPS)
        except OSError as error:
            raise ValueError(str(error)) from None
        self._thinned = 0 < checked_rate(fps) < own
        self._period = 1 / (fps if self._thinned else own)

    @property
    def period(self) -> float:
        return self._period

    def frames(self) -> Iterator[Frame]:
        begin = None
        number = 0  # of the next frame to give
        with open_video(self._path) as (container, stream):
            for index, frame in enumerate(container.decode(stream)):
                time = index * self._period if frame.time is None else frame.time
                begin = time if begin is None else begin
                at = max(0.0, time - begin)
                if self._thinned and round(at / self._period, 3) < number:
                    self.stats["skipped"] += 1
                    continue
                number = int(round(at / self._period, 3)) + 1
                yield Frame(at, lambda frame=frame: pixels_of(frame))  # type: ignore[misc]


@contextmanager
def open_video(name: str, **options: Any) -> Iterator[tuple[Any, Any]]:
    """PyAV's container and its first video stream, closed afterwards. What FFmpeg reports becomes an `OSError`.

    Raises `ValueError` where PyAV is missing.
    """
    try:
        import av
    except ImportError:
        raise ValueError(f"video {name}: PyAV is missing, install it by `pip install av`") from None
    try:
        with av.open(name, **options) as container:
            if not container.streams.video:
                raise OSError(f"video {name}: no pictures in it")
            yield container, container.streams.video[0]
    except av.FFmpegError as error:
        raise OSError(f"video {name}: {error.strerror}") from None


def pixels_of(frame: Any) -> np.ndarray:
    """PyAV's frame upright as uint8[H, W, 3], RGB."""
    pixels = frame.to_ndarray(format="rgb24")
    return np.rot90(pixels, frame.rotation // 90) if frame.rotation else pixels
